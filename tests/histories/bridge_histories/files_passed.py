"""What has become of files when all is quiet: each on the other side once, for those who may see it, or named there with the reason."""

from collections import defaultdict

from bridge_histories.files import EXPOSED, MOST_BYTES, NOT_PASSED_ON, File, Parcel
from bridge_histories.history import History
from bridge_histories.refusals import Work
from bridge_histories.remarks import Remark
from bridge_histories.said import counts_as_public, is_followed, rule_of, takes
from bridge_histories.seen import End, Seen
from escalation_bridge.domain.routes.routes import Take
from escalation_bridge.domain.tickets.tickets import Visibility

REASONS = {
    Parcel.LARGE: "larger than this route allows",
    Parcel.REFUSED: "does not copy attachments of this type",
}


def judge_files(history: History, seen: dict[End, Seen]) -> None:
    """Judge the files at both ends.

    Raises:
        AssertionError: One is not there as promised.
    """
    for end in End:
        senders: dict[bytes, list[Remark]] = defaultdict(list)
        for remark in history.remarks:
            if remark.end is end and remark.file is not None:
                senders[remark.file.content].append(remark)
        there = seen[end.other]
        for file in there.files:
            assert not file.by_bridge or file.content in senders, f"at the {end.other} end: whose is {file}?"
        for content, remarks in senders.items():
            _Verdict(history, remarks, there, content).judge()


class _Verdict:
    """Some bytes, those who sent them at one end, and the other ticket."""

    def __init__(self, history: History, remarks: list[Remark], there: Seen, content: bytes) -> None:
        self.history = history
        self.remarks = remarks
        self.there = there
        self.rule = rule_of(history, remarks[0].end)
        self.found = [file for file in there.files if file.by_bridge and file.content == content]

    def judge(self) -> None:
        if not self.history.world.rulebook.files:
            assert not self.found, f"{self.found}: the route passes no files on"
            return
        lets = [each for each in self.remarks if each.file and each.file.parcel not in REASONS]
        for remark in self.remarks:
            if remark not in lets:
                self._is_refused(remark)
        if any(self._may_go(each) for each in lets):
            self._is_passed_on(lets)
        else:
            assert not self.found, f"{self.found}: not for the other side"

    def _is_passed_on(self, remarks: list[Remark]) -> None:
        public = [file for file in self.found if file.public]
        assert len(public) <= 1, f"{public}: twice for customers"
        assert len(self.found) - len(public) <= 1, f"{self.found}: twice for colleagues"
        writes_publicly = self.rule.write is Visibility.PUBLIC
        may_be_public = writes_publicly and any(self._was_public(each) for each in remarks)
        assert may_be_public or not public, f"{public}: customers can open it"
        must_go = [each for each in remarks if self._must_go(each)]
        assert self.found or not must_go, f"{must_go[0]}: its file is not there"
        if writes_publicly and self._has_customers and any(self._counts(each.public) for each in must_go):
            assert public, f"{self.found}: customers cannot open it"
        if public and self._can_alarm and not any(each.public for each in remarks):
            alarms = [said.text for said in self.there.comments if EXPOSED in said.text]
            told = any(file.name in text for file in self._files(remarks) for text in alarms)
            assert told, f"{public}: its comment is private, and nobody was told"

    def _is_refused(self, remark: Remark) -> None:
        """It is named in the other ticket, once, with its size and the reason."""
        (file,) = self._files([remark])
        notes = [
            said for said in self.there.comments if NOT_PASSED_ON in said.text and file.name in said.text
        ]
        assert len(notes) <= 1, f"{file}: told {len(notes)} times"
        assert notes or not self._must_go(remark), f"{file}: nobody was told"
        for note in notes:
            assert note.by_bridge
            assert not note.public
            assert REASONS[file.parcel] in note.text, f"without a reason: {note.text}"
            assert f"{len(file.content)} B" in note.text, f"without its size: {note.text}"
            assert file.parcel is not Parcel.LARGE or str(MOST_BYTES) in note.text

    def _must_go(self, remark: Remark) -> bool:
        """Whether it goes whatever was seen when: nothing has become of its comment."""
        refused = self.history.troubles.refused
        if refused is not None and refused.concerns(remark.end.other, Work.FILES, Work.COMMENTS):
            return False
        quiet = not (remark.is_gone or remark.was_hidden or remark.was_shown)
        if remark.end is End.ORIGIN and remark.before_link:
            return quiet and remark.public  # with the description that quotes it
        return quiet and takes(self.history, remark.end, public=remark.public)

    def _may_go(self, remark: Remark) -> bool:
        if remark.end is End.ORIGIN and remark.before_link and self.rule.take is Take.NONE:
            return self._was_public(remark)
        return any(takes(self.history, remark.end, public=each.public) for each in remark.wordings)

    def _was_public(self, remark: Remark) -> bool:
        return any(self._counts(wording.public) for wording in remark.wordings)

    def _counts(self, public: bool) -> bool:
        return counts_as_public(self.history, self.remarks[0].end, public=public)

    def _files(self, remarks: list[Remark]) -> list[File]:
        return [each.file for each in remarks if each.file is not None]

    @property
    def _has_customers(self) -> bool:
        return bool(self.there.shown)

    @property
    def _can_alarm(self) -> bool:
        refused, there = self.history.troubles.refused, self.remarks[0].end.other
        return is_followed(self.history) and (refused is None or not refused.concerns(there, Work.COMMENTS))
