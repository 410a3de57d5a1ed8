"""A call of each hook, with its setup and a check of its effect. For promises about all hooks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from escalation_bridge.domain.tickets.tickets import CommentDraft, Priority, Ticket, TicketChange, Visibility
from escalation_bridge.errors import NotSettled
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import SECRET, Bench, need, new_key, new_subject
from escalation_bridge.testing.conformance.files import CONTENT, NAME, file_of
from escalation_bridge.testing.conformance.speaking import POINTER
from escalation_bridge.text.rich_text import from_text

_WORDS = "Secretly ours."
_OTHER_WORDS = "Secretly theirs."
_MOST_PAGES = 50
_MOST_QUESTIONS = 5
_PRIVATE = Visibility.PRIVATE


@dataclass(frozen=True)
class Errand:
    """A call of a hook.

    Attributes:
        run: Calls it, and returns its result. A second call does what the engine does after an error.
        is_done: Whether the result is true, and took effect exactly once.
    """

    run: Callable[[], object]
    is_done: Callable[[object], bool]


@dataclass(frozen=True)
class Errands:
    """Calls at one vendor.

    Attributes:
        bench: The people at the vendor.
        helper: An interface to the plugin for setup and checks.
        desk: The interface under test, without any cache.
    """

    bench: Bench
    helper: Helpdesk
    desk: Helpdesk

    def make(self, hook: str) -> Errand:
        """A call of a hook; skips hooks that the plugin lacks."""
        need(self.desk, hook)
        make: Callable[[], Errand] = getattr(self, f"_{hook}")
        return make()

    # --- reading ------------------------------------------------------------------------------------------------------

    def _same_as_helper(self, run: Callable[[Helpdesk], object]) -> Errand:
        return Errand(lambda: run(self.desk), lambda result: result == run(self.helper))

    def _check_connection(self) -> Errand:
        return self._same_as_helper(Helpdesk.check_connection)

    def _describe_fields(self) -> Errand:
        # The maximum file size is optional: a vendor that accepts none of that size reports it.
        return self._same_as_helper(lambda desk: replace(desk.describe_fields(), largest_file=None))

    def _fetch_ticket(self) -> Errand:
        ticket_id = self._opened()
        return self._same_as_helper(lambda desk: desk.fetch_ticket(ticket_id))

    def _fetch_comments(self) -> Errand:
        ticket_id = self._opened()
        self.bench.agent_comments(ticket_id, "I look into it.", Visibility.PRIVATE)
        return self._same_as_helper(lambda desk: desk.fetch_comments(ticket_id, None))

    def _native_clocks(self) -> Errand:
        ticket_id = self._opened()
        return self._same_as_helper(lambda desk: [clock.name for clock in desk.native_clocks(ticket_id)])

    def _find_by_key(self) -> Errand:
        ticket = self.helper.fetch_ticket(self._opened())
        return Errand(lambda: self.desk.find_by_key(ticket.key), lambda result: _is(result, ticket))

    def _find_ticket(self) -> Errand:
        need(self.desk, "create_ticket")
        key = new_key()
        ticket = self.helper.create_ticket(self.bench.draft(new_subject()), key)
        return Errand(lambda: self._found(self.desk, key), lambda result: _is(result, ticket))

    # --- writing ------------------------------------------------------------------------------------------------------

    def _create_ticket(self) -> Errand:
        draft, key = self.bench.draft(new_subject()), new_key()
        began: list[bool] = []

        def run() -> Ticket:
            there = self._found(self.desk, key) if began else None
            began.append(True)
            return there or self.desk.create_ticket(draft, key)

        def is_done(result: object) -> bool:
            return cast(Ticket, result).bridge_key == key and self.bench.count_tickets(draft.summary) == 1

        return Errand(run, is_done)

    def _update_ticket(self) -> Errand:
        ticket = self.helper.fetch_ticket(self._opened())
        status = next(iter(self.bench.statuses), None)
        change = TicketChange(status=status, priority=Priority.URGENT, add_tags=("ours",))

        def is_done(_: object) -> bool:
            seen = self.bench.look(ticket.ref.id)
            return seen.priority is Priority.URGENT and (status is None or seen.status == status)

        return Errand(lambda: self.desk.update_ticket(ticket.ref.id, change, ticket), is_done)

    def _add_comment(self) -> Errand:
        ticket_id, key, draft = self._opened(), new_key(), CommentDraft(from_text(_WORDS), _PRIVATE)
        return Errand(
            lambda: self.desk.add_comment(ticket_id, draft, key),
            lambda _: self._visibilities(ticket_id, _WORDS) == [False],
        )

    def _edit_comment(self) -> Errand:
        ticket_id, comment_id, key = self._own_comment()
        draft = CommentDraft(from_text(_OTHER_WORDS), _PRIVATE)
        return Errand(
            lambda: self.desk.edit_comment(ticket_id, comment_id, draft, key),
            lambda _: self._visibilities(ticket_id, _OTHER_WORDS) == [False],
        )

    def _delete_comment(self) -> Errand:
        ticket_id, comment_id, _ = self._own_comment()
        return Errand(
            lambda: self.desk.delete_comment(ticket_id, comment_id),
            lambda _: not self._visibilities(ticket_id, _WORDS),
        )

    def _add_attachment(self) -> Errand:
        need(self.desk, "fetch_comments")
        ticket_id, key = self._opened(), new_key()

        def is_done(_: object) -> bool:
            comments = self.helper.fetch_comments(ticket_id, None)
            files = [file for comment in comments for file in comment.attachments if NAME in file.name]
            return len(files) <= 1  # none if the vendor's files do not belong to comments

        return Errand(lambda: self.desk.add_attachment(ticket_id, file_of(CONTENT, _PRIVATE), key), is_done)

    def _link_ticket(self) -> Errand:
        ticket_id, key = self._opened(), new_key()
        return Errand(
            lambda: self.desk.link_ticket(ticket_id, POINTER, key),
            lambda _: len(self._visibilities(ticket_id, POINTER.key)) <= 1,
        )

    # --- following ----------------------------------------------------------------------------------------------------

    def _changes_since(self) -> Errand:
        ticket_id = self._opened()
        _, cursor = _followed(self.helper, None)
        self.bench.agent_sets(ticket_id, priority=Priority.URGENT)
        self.bench.wait(self.bench.settling)
        return Errand(
            lambda: _followed(self.desk, cursor)[0], lambda result: ticket_id in cast(set[str], result)
        )

    def _open_tickets(self) -> Errand:
        ticket_id = self._opened()
        self.bench.wait(self.bench.settling)
        return Errand(lambda: open_tickets_of(self.desk), lambda result: ticket_id in cast(set[str], result))

    def _list_subscriptions(self) -> Errand:
        need(self.desk, "subscribe_webhooks")
        callback = self._callback()
        made = {one.id for one in self.helper.subscribe_webhooks(callback, SECRET)}
        return Errand(lambda: self._listed(self.desk, callback), lambda result: result == made)

    def _subscribe_webhooks(self) -> Errand:
        need(self.desk, "list_subscriptions")
        callback = self._callback()
        return Errand(
            lambda: {one.id for one in self.desk.subscribe_webhooks(callback, SECRET)},
            lambda result: result == self._listed(self.helper, callback) != set(),
        )

    # --- the vendor ---------------------------------------------------------------------------------------------------

    def _opened(self) -> str:
        need(self.desk, "fetch_ticket")
        return self.bench.customer_writes(new_subject(), "The checkout fails.")

    def _own_comment(self) -> tuple[str, str, str]:
        need(self.desk, "add_comment")
        ticket_id, key = self._opened(), new_key()
        comment = self.helper.add_comment(ticket_id, CommentDraft(from_text(_WORDS), _PRIVATE), key)
        return ticket_id, comment.id, key

    def _visibilities(self, ticket_id: str, words: str) -> list[bool]:
        return [comment.public for comment in self.bench.look(ticket_id).comments if words in comment.text]

    def _callback(self) -> str:
        """An address without a subscription."""
        return f"https://bridge.example/{new_key()}/webhooks/{self.desk.name}"

    def _listed(self, desk: Helpdesk, callback: str) -> set[str]:
        return {one.id for one in desk.list_subscriptions() if one.url == callback}

    def _found(self, desk: Helpdesk, key: str) -> Ticket | None:
        """Retry as the engine does, if the plugin does not know yet."""
        sent_at = self.bench.now()
        for _ in range(_MOST_QUESTIONS):
            try:
                return desk.find_ticket(key, sent_at)
            except NotSettled as unsettled:
                self.bench.wait((unsettled.at.retry_after or 0.0) + 0.1)
        return desk.find_ticket(key, None)  # the plugin's clock may not be the one that was advanced


def _is(result: object, ticket: Ticket) -> bool:
    return isinstance(result, Ticket) and result.ref == ticket.ref


def open_tickets_of(desk: Helpdesk) -> set[str]:
    """All open tickets, over all pages."""
    ids: set[str] = set()
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = desk.open_tickets(cursor)
        ids.update(page.ids)
        if page.cursor is None:
            return ids
        cursor = page.cursor
    raise AssertionError(f"open_tickets: after {_MOST_PAGES} pages there is still more")


def _followed(desk: Helpdesk, cursor: str | None) -> tuple[set[str], str]:
    ids: set[str] = set()
    for _ in range(_MOST_PAGES):
        page = desk.changes_since(cursor)
        ids.update(page.ids)
        cursor = page.cursor
        if not page.more:
            break
    return ids, cursor or ""
