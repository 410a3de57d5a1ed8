"""What a hook is asked for, with what it needs made ready, and how it is seen that it came about. For promises about all hooks."""

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
    """Something that a hook is asked for.

    Attributes:
        run: Asks for it, and returns what the hook told. Asked again, it does what the engine does after an error.
        is_done: Whether what was told is true, and what was asked for came about exactly once.
    """

    run: Callable[[], object]
    is_done: Callable[[object], bool]


@dataclass(frozen=True)
class Errands:
    """Errands at one vendor.

    Attributes:
        bench: The people at the vendor.
        helper: A face of the plugin by which things are made ready and looked at.
        desk: The face that is asked; it knows nothing from before.
    """

    bench: Bench
    helper: Helpdesk
    desk: Helpdesk

    def make(self, hook: str) -> Errand:
        """An errand for a hook; skips what the plugin does not implement."""
        need(self.desk, hook)
        make: Callable[[], Errand] = getattr(self, f"_{hook}")
        return make()

    # --- reading ------------------------------------------------------------------------------------------------------

    def _told_as(self, run: Callable[[Helpdesk], object]) -> Errand:
        return Errand(lambda: run(self.desk), lambda told: told == run(self.helper))

    def _check_connection(self) -> Errand:
        return self._told_as(Helpdesk.check_connection)

    def _describe_fields(self) -> Errand:
        # How large a file may be need not be told: a vendor that takes none of that size says so.
        return self._told_as(lambda desk: replace(desk.describe_fields(), largest_file=None))

    def _fetch_ticket(self) -> Errand:
        ticket_id = self._opened()
        return self._told_as(lambda desk: desk.fetch_ticket(ticket_id))

    def _fetch_comments(self) -> Errand:
        ticket_id = self._opened()
        self.bench.agent_says(ticket_id, "I look into it.", Visibility.PRIVATE)
        return self._told_as(lambda desk: desk.fetch_comments(ticket_id, None))

    def _native_clocks(self) -> Errand:
        ticket_id = self._opened()
        return self._told_as(lambda desk: [clock.name for clock in desk.native_clocks(ticket_id)])

    def _find_by_key(self) -> Errand:
        ticket = self.helper.fetch_ticket(self._opened())
        return Errand(lambda: self.desk.find_by_key(ticket.key), lambda told: _is(told, ticket))

    def _find_ticket(self) -> Errand:
        need(self.desk, "create_ticket")
        key = new_key()
        ticket = self.helper.create_ticket(self.bench.draft(new_subject()), key)
        return Errand(lambda: self._found(self.desk, key), lambda told: _is(told, ticket))

    # --- writing ------------------------------------------------------------------------------------------------------

    def _create_ticket(self) -> Errand:
        draft, key = self.bench.draft(new_subject()), new_key()
        began: list[bool] = []

        def run() -> Ticket:
            there = self._found(self.desk, key) if began else None
            began.append(True)
            return there or self.desk.create_ticket(draft, key)

        def is_done(told: object) -> bool:
            return cast(Ticket, told).bridge_key == key and self.bench.count_tickets(draft.summary) == 1

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
            lambda _: self._said(ticket_id, _WORDS) == [False],
        )

    def _edit_comment(self) -> Errand:
        ticket_id, comment_id, key = self._spoken()
        draft = CommentDraft(from_text(_OTHER_WORDS), _PRIVATE)
        return Errand(
            lambda: self.desk.edit_comment(ticket_id, comment_id, draft, key),
            lambda _: self._said(ticket_id, _OTHER_WORDS) == [False],
        )

    def _delete_comment(self) -> Errand:
        ticket_id, comment_id, _ = self._spoken()
        return Errand(
            lambda: self.desk.delete_comment(ticket_id, comment_id),
            lambda _: not self._said(ticket_id, _WORDS),
        )

    def _add_attachment(self) -> Errand:
        need(self.desk, "fetch_comments")
        ticket_id, key = self._opened(), new_key()

        def is_done(_: object) -> bool:
            said = self.helper.fetch_comments(ticket_id, None)
            files = [file for comment in said for file in comment.attachments if NAME in file.name]
            return len(files) <= 1  # none where the vendor's files are not at its comments

        return Errand(lambda: self.desk.add_attachment(ticket_id, file_of(CONTENT, _PRIVATE), key), is_done)

    def _link_ticket(self) -> Errand:
        ticket_id, key = self._opened(), new_key()
        return Errand(
            lambda: self.desk.link_ticket(ticket_id, POINTER, key),
            lambda _: len(self._said(ticket_id, POINTER.key)) <= 1,
        )

    # --- following ----------------------------------------------------------------------------------------------------

    def _changes_since(self) -> Errand:
        ticket_id = self._opened()
        _, cursor = _followed(self.helper, None)
        self.bench.agent_sets(ticket_id, priority=Priority.URGENT)
        self.bench.wait(self.bench.settling)
        return Errand(lambda: _followed(self.desk, cursor)[0], lambda told: ticket_id in cast(set[str], told))

    def _open_tickets(self) -> Errand:
        ticket_id = self._opened()
        self.bench.wait(self.bench.settling)
        return Errand(lambda: open_tickets_of(self.desk), lambda told: ticket_id in cast(set[str], told))

    def _list_subscriptions(self) -> Errand:
        need(self.desk, "subscribe_webhooks")
        callback = self._callback()
        made = {one.id for one in self.helper.subscribe_webhooks(callback, SECRET)}
        return Errand(lambda: self._listed(self.desk, callback), lambda told: told == made)

    def _subscribe_webhooks(self) -> Errand:
        need(self.desk, "list_subscriptions")
        callback = self._callback()
        return Errand(
            lambda: {one.id for one in self.desk.subscribe_webhooks(callback, SECRET)},
            lambda told: told == self._listed(self.helper, callback) != set(),
        )

    # --- the vendor ---------------------------------------------------------------------------------------------------

    def _opened(self) -> str:
        need(self.desk, "fetch_ticket")
        return self.bench.customer_writes(new_subject(), "The checkout fails.")

    def _spoken(self) -> tuple[str, str, str]:
        need(self.desk, "add_comment")
        ticket_id, key = self._opened(), new_key()
        said = self.helper.add_comment(ticket_id, CommentDraft(from_text(_WORDS), _PRIVATE), key)
        return ticket_id, said.id, key

    def _said(self, ticket_id: str, words: str) -> list[bool]:
        return [spoken.public for spoken in self.bench.look(ticket_id).comments if words in spoken.text]

    def _callback(self) -> str:
        """An address that nothing is subscribed to yet."""
        return f"https://bridge.example/{new_key()}/webhooks/{self.desk.name}"

    def _listed(self, desk: Helpdesk, callback: str) -> set[str]:
        return {one.id for one in desk.list_subscriptions() if one.url == callback}

    def _found(self, desk: Helpdesk, key: str) -> Ticket | None:
        """What the engine does: ask again when the plugin says that it cannot be told yet."""
        sent_at = self.bench.now()
        for _ in range(_MOST_QUESTIONS):
            try:
                return desk.find_ticket(key, sent_at)
            except NotSettled as unsettled:
                self.bench.wait((unsettled.at.retry_after or 0.0) + 0.1)
        return desk.find_ticket(key, None)  # the plugin's clock may not be the one that was moved on


def _is(told: object, ticket: Ticket) -> bool:
    return isinstance(told, Ticket) and told.ref == ticket.ref


def open_tickets_of(desk: Helpdesk) -> set[str]:
    """All tickets that are not done, over all pages."""
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
