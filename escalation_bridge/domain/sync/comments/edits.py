"""Copies follow their originals: edited, deleted, or made private.

The writes contain the last copied text, so an edit is a difference between that and the current
comment. If a copy cannot be changed, the agents there get a note; and none of this is ever more visible than the
first copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import DeleteComment, EditComment, WriteComment
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.routes.quoting import quote
from escalation_bridge.domain.routes.routes import CommentRule, Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments.carry_over import Carriers, in_their_words, is_taken
from escalation_bridge.domain.sync.comments.chains import comments_on
from escalation_bridge.domain.tickets.messages import MessageRequest, Quote
from escalation_bridge.domain.tickets.same_words import same_words
from escalation_bridge.domain.tickets.tickets import Comment, Ticket, TicketRef, Visibility

_PAUSE_FOR_BREATH = timedelta(seconds=10)
"""The debounce of edits: edits within this time are copied as one."""


def follow_originals(
    view: CaseView, link: Link, route: Route, now: datetime, *, only_hidden: bool = False
) -> Part:
    """Copy changes of comments that were copied before.

    Args:
        view: The case.
        link: The link of the copies.
        route: What it allows.
        now: The instant of deciding.
        only_hidden: Whether only copies of hidden comments are deleted: that never waits.
    """
    part, changes, carriers = NOTHING, _changes(view), Carriers.of(view)
    shown_files = _shown_files(view, link)
    for side in Side:
        source, target = view.tickets.get(link.ticket(side)), view.tickets.get(link.ticket(side.other))
        if source is None or target is None or view.absence(target.ref) is not None:
            continue
        for comment in comments_on(view, link, side):
            key = carriers.key(link, comment)
            follower = _Follower(
                view=view,
                route=route,
                rule=route.comment_rule(side),
                source=source,
                target=target,
                comment=comment,
                key=key,
                changes=tuple(changes.get(key, ())),
                now=now,
                only_hidden=only_hidden,
            )
            part += follower.files_alarm(shown_files.get((comment.ticket, comment.id), ()))
            for undone in carriers.earlier(link, comment):
                part += replace(follower, key=undone, changes=tuple(changes.get(undone, ()))).alarm()
            if key in view.intents:
                part += follower.after(view.intents[key])
            elif side is Side.ORIGIN and comment.id in link.excluded:
                part += follower.after_description(view.intents.get(link.id))
    return part


def _shown_files(view: CaseView, link: Link) -> dict[tuple[TicketRef, str | None], list[str]]:
    """The names of files that were put where customers see them, by the comment that they came with."""
    names: dict[tuple[TicketRef, str | None], list[str]] = {}
    for record in view.intents.values():
        intent = record.intent
        if (
            isinstance(intent, PassFile)
            and (intent.link, intent.visibility) == (link.id, Visibility.PUBLIC)
            and record.state is IntentState.DONE
        ):
            names.setdefault((intent.source, intent.comment), []).append(intent.attachment.name)
    return names


def _changes(view: CaseView) -> dict[str, list[IntentRecord]]:
    """The writes about copied comments, by the key of the copy, in order."""
    changes: dict[str, list[IntentRecord]] = {}
    for record in view.intents.values():
        if isinstance(record.intent, EditComment | DeleteComment):
            changes.setdefault(record.intent.written, []).append(record)
        elif (edited := keys.Edited.read(record.key)) is not None:
            changes.setdefault(edited.of, []).append(record)
    return changes


@dataclass(frozen=True, slots=True)
class _Follower:
    """One comment, its copy's key, and the later writes about it."""

    view: CaseView
    route: Route
    rule: CommentRule
    source: Ticket
    target: Ticket
    comment: Comment
    key: str
    changes: tuple[IntentRecord, ...]
    now: datetime
    only_hidden: bool

    def after(self, carried: IntentRecord) -> Part:
        """The follow-up of a comment's copy."""
        intent = carried.intent
        if not isinstance(intent, WriteComment):
            return NOTHING
        if carried.state is IntentState.PENDING and not _may_go_over(
            self.view, intent, self.comment, self.rule
        ):
            return Part(withdrawn=(self.key,))
        if carried.state is not IntentState.DONE:
            return NOTHING
        last = self._last_change()
        if self._is_hidden(intent.visibility) or (self._is_gone() and not self.only_hidden):
            return self._take_back(last)
        if self.only_hidden:
            return NOTHING
        if intent.visibility is Visibility.PUBLIC and self.rule.write is not Visibility.PUBLIC:
            return self._report(intent.message.quotes[0])  # the route no longer allows public edits
        return self._edit(intent, last)

    def alarm(self) -> Part:
        """The alarm about a copy that should be deleted and is still there."""
        last = self._last_change()
        failed = last is not None and last.state is IntentState.FAILED
        return self._could_not_be_taken_back(last) if last is not None and failed else NOTHING

    def files_alarm(self, names: Sequence[str]) -> Part:
        """The alarm about files that customers see although their comment became private: files cannot be deleted."""
        if not names or self.comment.visibility is Visibility.PUBLIC:
            return NOTHING
        facts = {**self._facts(), "files": ", ".join(names)}
        alarm = MessageRequest("files_exposed", facts, visibility=Visibility.PRIVATE)
        return self._note(keys.FilesExposed(self.comment.ticket, self.comment.id, self.target.ref), alarm)

    def after_description(self, created: IntentRecord | None) -> Part:
        """The follow-up of a comment that the linked ticket's description quotes, which only its team may change."""
        if created is None or not isinstance(created.intent, CreateTicket):
            return NOTHING
        quoted = [each for each in created.intent.description.quotes if each.comment == self.comment.id]
        if not quoted:
            return NOTHING
        alarm = self._quote_alarm()
        if self.only_hidden:
            return alarm
        if self._is_gone():
            return alarm + self._note(keys.Gone(self.key), self._taken_back())
        return alarm + self._report(quoted[-1])

    def _quote_alarm(self) -> Part:
        """The alarm about a description that shows customers what has become private since."""
        is_read = self.target.description_visibility is Visibility.PUBLIC
        if not is_read or self.comment.visibility is Visibility.PUBLIC:
            return NOTHING
        alarm = MessageRequest("quote_exposed", self._facts(), visibility=Visibility.PRIVATE)
        return self._note(keys.QuoteExposed(self.key), alarm)

    # --- deleted, or made private -------------------------------------------------------------------------------------

    def _is_gone(self) -> bool:
        at, window = self.view.taken_back.get((self.comment.ticket, self.comment.id)), self.route.follow_edits
        return at is not None and window is not None and at - self.comment.created_at <= window

    def _is_hidden(self, carried_as: Visibility) -> bool:
        return carried_as is Visibility.PUBLIC and self.comment.visibility is Visibility.PRIVATE

    def _take_back(self, last: IntentRecord | None) -> Part:
        if last is not None and isinstance(last.intent, DeleteComment):
            return self._could_not_be_taken_back(last) if last.state is IntentState.FAILED else NOTHING
        intent = DeleteComment(
            self.target.ref, self.key, (self.source.ref, self.comment.id), is_hidden=not self._is_gone()
        )
        return Part(
            intents=(KeyedIntent(keys.Delete(self.key, self._next).text, intent),),
            withdrawn=(last.key,) if last is not None and last.state is IntentState.PENDING else (),
        )

    def _could_not_be_taken_back(self, last: IntentRecord) -> Part:
        key = keys.NotChanged(last.key)
        if key.text in self.view.intents:
            return NOTHING
        if isinstance(last.intent, DeleteComment) and not last.intent.is_hidden:
            return self._note_of_failure(last, self._taken_back())
        facts = {**self._facts(), "to_key": self.target.key, "error": last.error or ""}
        alarm = MessageRequest("comment_exposed", facts, visibility=Visibility.PRIVATE)
        entry = TimelineEntry(self.now, "comment_exposed", facts)
        return self._note(key, alarm) + Part(timeline=(entry,))

    def _taken_back(self) -> MessageRequest:
        return MessageRequest("comment_taken_back", self._facts(), visibility=Visibility.PRIVATE)

    # --- edited -------------------------------------------------------------------------------------------------------

    def _is_followed(self) -> bool:
        """Whether the comment's edits are copied: it exists, is young enough, and the route allows it."""
        window = self.route.follow_edits
        young = window is not None and self.now - self.comment.created_at <= window
        gone = (self.comment.ticket, self.comment.id) in self.view.taken_back
        return young and not gone and is_taken(self.comment, self.rule)

    def _says(self, words: Quote | None) -> bool:
        return words is not None and same_words(words.body.text, self.comment.body.text)

    def _edit(self, carried: WriteComment, last: IntentRecord | None) -> Part:
        copied = self._last_text(carried, last)
        if last is not None and last.state is IntentState.SENT:
            return NOTHING  # whether it was carried out is found out first
        if last is not None and last.state is IntentState.PENDING:
            if isinstance(last.intent, EditComment) and self._says(last.intent.message.quotes[0]):
                return NOTHING
            withdrawn = Part(withdrawn=(last.key,))
            if self._says(copied) or not self._is_followed():
                return withdrawn
            return withdrawn + self._edited(carried, last.next_attempt_at)
        if not self._says(copied) and self._is_followed():
            return self._edited(carried, self.now + _PAUSE_FOR_BREATH)
        if last is not None and last.state is IntentState.FAILED and isinstance(last.intent, EditComment):
            return self._note_of_failure(last, self._edit_note(last.intent.message.quotes[0]))
        return NOTHING

    def _last_text(self, carried: WriteComment, last: IntentRecord | None) -> Quote | None:
        """The last copied text, without unsent writes; None if the copy was deleted."""
        earlier = self._last_change(before=last) if last and last.state is IntentState.PENDING else last
        if earlier is None:
            return carried.message.quotes[0]
        return earlier.intent.message.quotes[0] if isinstance(earlier.intent, EditComment) else None

    def _edited(self, carried: WriteComment, not_before: datetime | None) -> Part:
        message = in_their_words(self.view, self.source, self.comment, self.route, carried.visibility)
        source = (self.source.ref, self.comment.id)
        intent = EditComment(self.target.ref, self.key, carried.visibility, message, source)
        return Part(intents=(KeyedIntent(keys.Edit(self.key, self._next).text, intent, not_before),))

    def _report(self, reported: Quote) -> Part:
        """Report an edit in a note, once for all edits before it was sent."""
        notes = [record for record in self.changes if isinstance(record.intent, WriteComment)]
        standing = [record for record in notes if record.state is not IntentState.CANCELLED]
        last = standing[-1] if standing else None
        if last is not None and isinstance(last.intent, WriteComment):
            reported = last.intent.message.quotes[0]
        if self._says(reported) or not self._is_followed():
            return NOTHING
        waits = last is not None and last.state is IntentState.PENDING
        at = last.next_attempt_at if last is not None and waits else self.now + _PAUSE_FOR_BREATH
        message = self._edit_note(quote(self.comment, self.route))
        note = self._note(keys.Edited(self.key, len(notes) + 1), message, at)
        return note + Part(withdrawn=(last.key,)) if last is not None and waits else note

    def _edit_note(self, words: Quote) -> MessageRequest:
        facts = {"from_key": self.source.key, "from_vendor": self._vendor()}
        return MessageRequest("comment_edited", facts, (words,), Visibility.PRIVATE)

    # --- rooms behind -------------------------------------------------------------------------------------------------

    def _note_of_failure(self, last: IntentRecord, message: MessageRequest) -> Part:
        """Report what could not be changed, unless the same failure was reported before."""
        note = keys.NotChanged(last.key)
        is_reported = any(
            (earlier := keys.NotChanged.read(key)) is not None
            and earlier.failed == note.failed
            and isinstance(record.intent, WriteComment)
            and record.intent.message == message
            and record.state is not IntentState.CANCELLED
            for key, record in self.view.intents.items()
        )
        return NOTHING if is_reported else self._note(note, message)

    def _note(self, key: keys.Key, message: MessageRequest, not_before: datetime | None = None) -> Part:
        if key.text in self.view.intents:
            return NOTHING
        note = WriteComment(self.target.ref, Visibility.PRIVATE, message)
        return Part(intents=(KeyedIntent(key.text, note, not_before),))

    def _last_change(self, before: IntentRecord | None = None) -> IntentRecord | None:
        """The last effective change of the copy, or the one before another."""
        standing = [
            record
            for record in self.changes
            if isinstance(record.intent, EditComment | DeleteComment)
            and record.state is not IntentState.CANCELLED
        ]
        if before is not None:
            standing = standing[: standing.index(before)]
        return standing[-1] if standing else None

    @property
    def _next(self) -> int:
        return len(self.changes) + 1

    def _vendor(self) -> str:
        return self.view.vendors.get(self.source.ref.connection, "")

    def _facts(self) -> dict[str, str]:
        return {
            "author": self.comment.author.name,
            "at": self.comment.created_at.isoformat(),
            "from_key": self.source.key,
            "from_vendor": self._vendor(),
        }


def is_wanted(view: CaseView, intent: WriteComment, rule: CommentRule | None = None) -> bool:
    """Whether the original of a write still exists, and is visible enough.

    Args:
        view: The case.
        intent: The write.
        rule: What the route carries over; None: only that it would not be shown to more people than its original is.
    """
    if intent.source is None:
        return True
    ticket, comment_id = intent.source
    original = next((c for c in view.comments_of(ticket) if c.id == comment_id), None)
    return original is None or _may_go_over(view, intent, original, rule)


def _may_go_over(view: CaseView, intent: WriteComment, original: Comment, rule: CommentRule | None) -> bool:
    if intent.source in view.taken_back:
        return False
    if intent.visibility is Visibility.PUBLIC and original.visibility is Visibility.PRIVATE:
        return False
    return rule is None or is_taken(original, rule)
