"""What people said, as it has to stand on the other side when all is quiet: once, as it says now, and for those who may read it."""

from datetime import timedelta

from bridge_histories.at_jira import JiraDesk, ServiceDesk
from bridge_histories.desks import Desk
from bridge_histories.history import History
from bridge_histories.refusals import Work
from bridge_histories.remarks import Remark, Wording
from bridge_histories.seen import End, Said, Seen
from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.case.writes.comments import EditComment
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.tickets.tickets import Visibility

LONGEST_HISTORY = timedelta(hours=12)
"""What is followed for longer than this is always followed."""
BAR = "\u2587"
EDITED = "edited a comment in"
TAKEN_BACK = "deleted a comment of"
EXPOSED = "Customers can read here what is no longer public"
EXPOSED_IN_DESCRIPTION = "Customers can read in the description here what is no longer public"
"""What the bridge's notes about such things say in English."""


def judge_remark(history: History, remark: Remark, there: Seen) -> None:
    """Judge what became of a remark on the other side.

    Raises:
        AssertionError: It is not there as promised.
    """
    verdict = _Verdict(history, remark, there)
    verdict.never()
    refused = history.troubles.refused
    if refused is not None and refused.concerns(remark.end.other, Work.COMMENTS, Work.REWORDING):
        return
    if remark.end is End.ORIGIN and remark.before_link:
        verdict.as_described()
    else:
        verdict.as_carried()


def is_told_in_a_note(history: History, intent: Write) -> bool:
    """Whether a write may fail for good, for a note tells of it.

    The vendor may let nobody reword what the bridge wrote; and a file is kept where its comment was deleted or made private before it went.
    """
    if isinstance(intent, PassFile):
        said = [
            each
            for each in history.remarks
            if each.id == intent.comment and each.end == intent.source.connection
        ]
        return any(each.is_gone or each.was_hidden for each in said)
    if not isinstance(intent, EditComment):
        return False
    desk = history.world.desks[intent.ticket.connection]
    return not desk.can_reword(public=intent.visibility is Visibility.PUBLIC)


def rule_of(history: History, end: End) -> CommentRule:
    """The rule for what is said at one end."""
    rulebook = history.world.rulebook
    return rulebook.to_linked if end is End.ORIGIN else rulebook.to_origin


def counts_as_public(history: History, end: End, *, public: bool) -> bool:
    """Comments of a software project are all read by colleagues alone, so that none counts as public."""
    desk = history.desk(end)
    return public and (isinstance(desk, ServiceDesk) or not isinstance(desk, JiraDesk))


def takes(history: History, end: End, *, public: bool) -> bool:
    """Whether the route carries such words over."""
    take = rule_of(history, end).take
    return take is Take.ALL or (take is Take.PUBLIC and counts_as_public(history, end, public=public))


def is_followed(history: History) -> bool:
    """Whether all that becomes of comments has to be carried over; else it may be, as far as it was seen in time."""
    window = history.world.rulebook.follow
    return window is not None and window > LONGEST_HISTORY


class _Verdict:
    """One remark and the other ticket.

    Attributes:
        copies: The comments there that carry it.
        notes: Those that tell of its edits.
    """

    def __init__(self, history: History, remark: Remark, there: Seen) -> None:
        self.history = history
        self.remark = remark
        self.there = there
        self.rule = rule_of(history, remark.end)
        self.is_followed = is_followed(history)
        told = [said for said in there.comments if remark.is_told_in(said.text)]
        self.copies = [said for said in told if EDITED not in said.text]
        self.notes = [said for said in told if EDITED in said.text]
        self.told = told

    def never(self) -> None:
        """What must not be, whatever was done when, and whatever is followed."""
        may_be_public = self.rule.write is Visibility.PUBLIC
        for said in self.told:
            assert said.by_bridge
            assert said.public <= may_be_public, f"{self.remark} became public"
        assert not any(note.public for note in self.notes), f"{self.remark}: a note about its edit is public"
        # What is private there at once cannot wait for what is public and should not be: that needs no permission.
        most = 2 if self._is_refused(Work.REWORDING) else 1
        assert len(self.copies) <= most, f"{self.remark}: carried over {len(self.copies)} times"
        for wording in self.remark.wordings:
            assert self._count(wording, self.notes) <= 1, f"{wording}: told twice that it was edited"
            if not self._takes(wording.public):
                assert self._count(wording, self.told) == 0, f"{wording}: not for the other side"

    def as_carried(self) -> None:
        """What was said since there is a link, or behind it."""
        remark = self.remark
        taken = self._takes(remark.public)
        if remark.is_gone:
            assert not (self.copies and self._has_to_follow()), f"{remark}: taken back, and still there"
        elif not taken:
            stays = self.rule.write is Visibility.PRIVATE or not self.is_followed
            assert stays or not self.copies, f"{remark}: made private, and still there"
        elif remark.is_barred:
            self._barred()
        elif self.is_followed or self.rule.take is Take.ALL or not (remark.was_hidden or remark.was_shown):
            assert len(self.copies) == 1, f"{remark}: {len(self.copies)} times"
            self._says_now(self.copies[0])
            self._is_read_by_all(self.copies[0])
        if self._has_to_follow() and (remark.is_gone or not remark.public):
            assert not any(said.public for said in self.told), f"{remark}: still public"
            alarm = any(EXPOSED in said.text for said in self.there.comments)
            could_fail = remark.end.other in self.history.troubles.refused_ever
            assert could_fail or not alarm, f"{remark}: not taken back"

    def as_described(self) -> None:
        """What was said before there was a link: the linked ticket's description tells it, and its agents may change that alone."""
        remark, words = self.remark, self.there.words
        for wording in remark.wordings:
            # So much of it as is public, or the route takes besides.
            most = int(wording.public or self.rule.take is Take.ALL)
            count = sum(text.count(wording.token) for text in words) if wording.token else 0
            assert count <= most, f"{wording}: {count} times"
        in_words = any(remark.is_told_in(text) for text in words)
        if remark.was_hidden and not remark.public and self.is_followed:
            self._is_exposed_with_an_alarm()
        if not remark.public or remark.was_shown or self.rule.take is Take.NONE:
            return
        if remark.is_gone:
            told = any(TAKEN_BACK in said.text for said in self.there.comments)
            assert told or not in_words or not self._has_to_follow(), (
                f"{remark}: taken back, and nobody was told"
            )
        elif remark.is_barred:
            assert not self.is_followed or not in_words or self._is_barred_in_a_note(), f"{remark}: not told"
        else:
            assert in_words, f"{remark}: not told"
            now = sum(text.count(remark.token) for text in words)
            assert now == 1 or not self.is_followed, f"{remark}: its newest words are not told"

    def _is_exposed_with_an_alarm(self) -> None:
        """What customers read in the description and is private now, nobody but the agents there can take back."""
        shown = any(self.remark.is_told_in(text) for text in self.there.shown)
        alarmed = any(EXPOSED_IN_DESCRIPTION in said.text for said in self.there.comments)
        assert alarmed or not shown, f"{self.remark}: customers read it still, and nobody was told"

    def _says_now(self, copy: Said) -> None:
        if not self.is_followed:
            return
        # Where it cannot be reworded, the newest of all that tell it counts.
        newest = copy if self._desk.can_reword(public=copy.public) else self.told[-1]
        assert self.remark.token in newest.text, f"{self.remark}: there it says {newest.text!r}"

    def _is_read_by_all(self, copy: Said) -> None:
        """What everybody could read all the time is public there too, if the route says so."""
        remark = self.remark
        has_customers = isinstance(self._desk, ServiceDesk) or not isinstance(self._desk, JiraDesk)
        if has_customers and self._counts(remark.public) and not (remark.was_hidden or remark.was_shown):
            assert copy.public is (self.rule.write is Visibility.PUBLIC), f"{remark}: not public there"

    def _barred(self) -> None:
        if self.copies and self.is_followed:
            (copy,) = self.copies
            assert not self._desk.can_reword(public=copy.public), f"{self.remark}: redacted, and still there"
            assert self._is_barred_in_a_note(), f"{self.remark}: redacted, and nobody was told"

    def _is_barred_in_a_note(self) -> bool:
        return any(EDITED in said.text and BAR in said.text for said in self.there.comments)

    def _has_to_follow(self) -> bool:
        """Whether what became of it has to be believed: not if all of a kind vanished, as if the bridge had lost sight of them."""
        if not self.is_followed or not self.remark.is_gone:
            return self.is_followed
        here = [each for each in self.history.remarks if each.end is self.remark.end]
        if sum(each.is_gone for each in here) == 1:
            return True
        stay = [self._kinds(each) for each in here if not each.is_gone]
        return all({kind} in stay for kind in self._kinds(self.remark))

    def _kinds(self, remark: Remark) -> set[bool]:
        """Whether it was public, private, or both in its time."""
        return {self._counts(remark.public), *(self._counts(wording.public) for wording in remark.wordings)}

    def _is_refused(self, work: Work) -> bool:
        refused = self.history.troubles.refused
        return refused is not None and refused.concerns(self.remark.end.other, work)

    def _takes(self, public: bool) -> bool:
        return takes(self.history, self.remark.end, public=public)

    def _counts(self, public: bool) -> bool:
        return counts_as_public(self.history, self.remark.end, public=public)

    @property
    def _desk(self) -> Desk:
        return self.history.desk(self.remark.end.other)

    def _count(self, wording: Wording, among: list[Said]) -> int:
        return sum(said.text.count(wording.token) for said in among) if wording.token else 0
