"""Find, create and change tickets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import NoReturn

import structlog

from escalation_bridge.plugin import (
    NUMBER,
    Circumstances,
    Connection,
    FileRefused,
    FoundNothing,
    LeftOut,
    LeftOutByKey,
    NativeClock,
    PermissionDenied,
    PersonRefused,
    Priority,
    Rejected,
    StatusChange,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketNotFound,
    UnknownPerson,
    VendorError,
    Visibility,
    carry_out,
    find_named,
    found_nothing,
    from_text,
    is_too_long,
    refuse_unwritten,
    shortened,
    sparing,
    whole_text,
)
from escalation_bridge_freshdesk.account import Account
from escalation_bridge_freshdesk.comments.comments import ensure_seen_by
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.refusals import IDENTITIES, RESPONDER
from escalation_bridge_freshdesk.http.shapes import TicketShape
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.translation import changes, history, mapping, marks
from escalation_bridge_freshdesk.translation.properties import PRIORITY_CODES

_log = structlog.get_logger(__name__)

_OPEN = 2
_SEE_ALL = (
    "Give the bridge's agent the ticket scope Global access (Admin > Team > Agents), then it can be told."
)
_NAME_BY_ID = (
    "Name agents by their id in the route's table of users, or give the bridge's agent the role Administrator: "
    "Freshdesk shows agents' addresses to nobody else."
)
_REQUESTERS = IDENTITIES | {"requester", "requester_email"}
_AGENT = "agent"
_LONGEST_SUBJECT = 255
_CLOCKS_APART = timedelta(minutes=5)
_MOST_LISTED = 1000
_REQUIRED = frozenset({"subject", "description", "status", "priority"})


class Tickets:
    """The tickets of one account."""

    def __init__(
        self, connection: Connection[FreshdeskSettings], client: FreshdeskClient, account: Account
    ) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client
        self._account = account
        self._left_out = LeftOutByKey()

    def fetch(self, ticket_id: str) -> Ticket:
        """Read a ticket. If it cannot be read, the cause is examined.

        Raises:
            TicketNotFound: It does not exist, or was deleted for good, and the agent would see it.
            PermissionDenied: The agent may not see it, or this is unknown because the agent does not see all tickets.
        """
        return self.as_ticket(self.read(ticket_id))

    def read(self, ticket_id: str, *, conversations: bool = False) -> TicketShape:
        """Read a ticket in Freshdesk's form, with its statistics; for the errors see `fetch`. With its first conversations, if they
        are wanted.
        """
        include = "requester,company,stats" + (",conversations" if conversations else "")
        try:
            return self._client.fetch_ticket(ticket_id, include=include)
        except (TicketNotFound, PermissionDenied) as refusal:
            if refusal.at.status is None or self._account.sees_everything():
                raise
            raise PermissionDenied(
                f"ticket {ticket_id} is outside of the agent's ticket scope, or deleted for good",
                refusal.at,
                advice=_SEE_ALL,
            ) from refusal

    def native_clocks(self, ticket_id: str) -> tuple[NativeClock, ...]:
        raw = self._client.fetch_ticket(ticket_id, include="stats")
        return self.clocks_of(raw)

    def clocks_of(self, raw: TicketShape) -> tuple[NativeClock, ...]:
        """Freshdesk's own clocks of a ticket that was read with its statistics."""
        return mapping.native_clocks(raw, self._account.status(raw.status))

    def status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        return self.changes_of(self._client.fetch_ticket(ticket_id, include="stats"), since)

    def changes_of(self, raw: TicketShape, since: datetime) -> tuple[StatusChange, ...]:
        """The status changes since an instant of a ticket that was read with its statistics."""
        return history.status_changes(raw, since, self._account.status)

    # --- find or create ---

    def find_by_number(self, text: str) -> Ticket | FoundNothing:
        """Find a ticket by its number, which is its id, with or without "#"."""
        return find_named(text, NUMBER, self.fetch)

    def find(self, key: str, sent_at: datetime | None) -> Ticket | FoundNothing:
        """Find the ticket with this key.

        Raises:
            NotSettled: There is none yet, and one created at `sent_at` might still appear.
        """
        found = self._number_of(key, None if sent_at is None else sent_at - _CLOCKS_APART)
        if found is not None:
            return replace(self.fetch(found), left_out=self._left_out.get(key))
        return found_nothing(self._connection, sent_at, self._lag)

    def create(self, draft: TicketDraft, key: str) -> Ticket:
        """Create a ticket with the key, unless it exists already. A description that is too long is cut."""
        there = self._number_of(key, self._connection.now() - self._lag - _CLOCKS_APART)
        left_out = self._left_out.get(key)
        if there is None:
            raw, left_out = self._create(draft, key)
            there = str(raw.id)
            if not self._has_key(raw, key):
                # Refusing it now would only make a second one: it is there, and the caller keeps its id.
                _log.warning(
                    "freshdesk.key_not_kept", connection=self._connection.name, field=self._settings.key_field
                )
        self._add_rest(there, draft, key)
        return replace(self.fetch(there), left_out=left_out)

    def _create(self, draft: TicketDraft, key: str) -> tuple[TicketShape, tuple[LeftOut, ...]]:
        """Create it. The refusal of a person names the person; refused fields that are not required are left out.

        Raises:
            PersonRefused: The contact is blocked or deleted, the address is invalid, or the agent was deactivated.
            Rejected: Freshdesk requires a field, or has no field for the key.
        """
        wanted, unknown = self._creation(draft, key)
        never = {*_REQUIRED, *IDENTITIES, "name", RESPONDER, self._settings.key_field}
        names = {"group_id": "group", "tags": "labels"}

        def left_out(refused: Mapping[str, str]) -> tuple[LeftOut, ...]:
            named = ((names.get(field, field), reason) for field, reason in refused.items())
            return (*unknown, *(LeftOut(name, name, reason) for name, reason in named))

        def note(refused: Mapping[str, str]) -> None:
            self._left_out.put(key, left_out(refused))

        note({})
        try:
            made, refused = sparing(wanted, wanted.keys() - never, self._send, note)
        except PersonRefused as refusal:
            people = {self._named(draft, field) for field in refusal.people}
            raise PersonRefused(refusal.message, refusal.at, people=frozenset(people)) from refusal
        if made is None:
            self._refuse(Rejected, "create_ticket", "nothing is left to be created")
        return made, left_out(refused)

    def _send(self, wanted: Mapping[str, object]) -> TicketShape:
        return self._client.create_ticket(changes.as_body(wanted))

    def _named(self, draft: TicketDraft, field: str) -> str:
        """The source of a person of a new ticket: a field of the route, the connection, or the customer's ticket."""
        if field in (RESPONDER, _AGENT):
            return _AGENT if _AGENT in draft.fields else RESPONDER
        of_route = next((name for name in sorted(IDENTITIES) if name in draft.fields), None)
        return of_route or ("requester_email" if self._settings.requester_email else "requester")

    def _number_of(self, key: str, since: datetime | None) -> str | None:
        """Search the index, which lags by minutes, and the tickets created since, which are listed at once."""
        searched = self._client.search_tickets(f"{self._settings.key_field}:'{key}'")
        found = min((raw.id for raw in searched if self._has_key(raw, key)), default=None)
        if found is None and since is not None:
            made_since = self._made_since(since)
            found = min((raw.id for raw in made_since if self._has_key(raw, key)), default=None)
        return None if found is None else str(found)

    @property
    def _lag(self) -> timedelta:
        return timedelta(seconds=self._settings.search_lag_seconds)

    def _add_rest(self, ticket_id: str, draft: TicketDraft, key: str) -> None:
        """Attach the full text of a cut description, in a private note: never more visible than the description."""
        if not is_too_long(draft.description, self._settings.longest_shown):
            return
        earlier = self._client.list_conversations(ticket_id)
        note = marks.find_marked(earlier, key)
        if note is None:
            file = whole_text(draft.description, Visibility.PRIVATE)
            markup = marks.marked_note(from_text(file.name).html, key)
            try:
                note = self._client.attach(ticket_id, markup, file, file.name, private=True)
            except FileRefused as refusal:
                _log.warning(
                    "freshdesk.rest_of_a_description_left_out",
                    connection=self._connection.name,
                    ticket=ticket_id,
                    reason=refusal.message,
                )
                return
        ensure_seen_by(self._client, note, Visibility.PRIVATE, "create_ticket")

    def _made_since(self, instant: datetime) -> Iterator[TicketShape]:
        """The tickets created since then, or the newest of them: long after the create the search alone has to find it."""
        for raw in islice(self._client.list_newest_tickets(instant), _MOST_LISTED):
            if raw.created_at < instant:
                return
            yield raw

    def _has_key(self, raw: TicketShape, key: str) -> bool:
        return raw.custom_fields.get(self._settings.key_field) == key

    def _creation(self, draft: TicketDraft, key: str) -> tuple[dict[str, object], list[LeftOut]]:
        """All fields of a new ticket, including custom ones; and those that the account does not have."""
        extra = {name: value for name, value in draft.fields.items() if name not in draft.without}
        fields: dict[str, object] = {
            "subject": _shortened(draft.summary),
            # It must not be blank.
            "description": shortened(draft.description, self._settings.longest_shown).html or "-",
            "priority": PRIORITY_CODES[draft.priority or Priority.NORMAL],
            **self._requester(draft, extra),
        }
        tags = changes.merge_tags(draft.labels, _words(extra.pop("tags", ())), ())
        if tags:
            fields["tags"] = tags
        unknown: list[LeftOut] = []
        own = extra.pop("custom_fields", {})
        extra |= own if isinstance(own, Mapping) else {}
        ways: dict[str, tuple[str, Callable[[str, str], int]]] = {
            "status": ("status", self._code),
            "group": ("group_id", self._group),
            "agent": ("responder_id", self._agent),
            "product_id": ("product_id", self._product),
        }
        for name, (member, find) in ways.items():
            if name in extra:
                try:
                    fields[member] = find(str(extra.pop(name)), "create_ticket")
                except PersonRefused:
                    raise  # the ticket itself names whom it lacks
                except Rejected as refusal:
                    unknown.append(LeftOut(name, name, refusal.message))
        return {"status": _OPEN, **fields, **extra, self._settings.key_field: key}, unknown

    def _requester(self, draft: TicketDraft, extra: Mapping[str, object]) -> dict[str, object]:
        if extra.keys() & IDENTITIES:
            return {}
        if draft.without & _REQUESTERS:
            # Never the customer in the place of a requester who was configured: Freshdesk would write to the customer.
            return {"requester_id": self._account.me().id}
        if self._settings.requester_email:
            return {"email": self._settings.requester_email}
        if draft.requester and draft.requester.email:
            named = {"name": draft.requester.name} if draft.requester.name else {}
            return {"email": draft.requester.email, **named}
        # An agent can be a requester too: agents and contacts share their ids.
        return {"requester_id": self._account.me().id}

    # --- change ---

    def update(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        refuse_unwritten(self._client.transport, "update_ticket", change, changes.WRITTEN)
        current = self._client.fetch_ticket(ticket_id)
        change = replace(change, fields=self._with_ids(change.fields))
        wanted = changes.wishes(current, change, expected, self._resolved(change))

        def write(unmet: Sequence[changes.TicketWish]) -> TicketShape:
            return self._write(current, changes.as_body({wish.name: wish.write for wish in unmet}))

        return self.as_ticket(carry_out(self._client.transport, "update_ticket", wanted, current, write))

    def _write(self, ticket: TicketShape, body: Mapping[str, object]) -> TicketShape:
        try:
            return self._client.update_ticket(ticket, body)
        except Rejected as refusal:
            # All of an update is refused together, so nothing was changed. An agent outside of the group, for example.
            if "responder_id" in body and "responder_id:" in refusal.message:
                raise UnknownPerson(refusal.message, refusal.at) from refusal
            raise

    def _with_ids(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Fields with the id of a product that is named."""
        word = fields.get("product_id")
        known = {"product_id": self._product(word, "update_ticket")} if isinstance(word, str) else {}
        return {**fields, **known}

    def _product(self, word: str, operation: str) -> int:
        found = self._account.find_product(word)
        if found is None:
            self._refuse(
                Rejected, operation, f"product_id: there is no product {word!r}; write its name or id"
            )
        return found

    def _resolved(self, change: TicketChange) -> changes.Resolved:
        operation = "update_ticket"
        return changes.Resolved(
            status=self._code(change.status, operation) if change.status else None,
            assignee=self._assignee(change.assignee, operation) if change.assignee else None,
            group=self._group(change.group, operation) if change.group else None,
        )

    def _code(self, word: str, operation: str) -> int:
        if word.isdigit():
            return int(word)
        known = self._account.statuses()
        chosen = mapping.choose_status(known, word)
        if chosen is None:
            names = ", ".join(f"{status.name} ({status.id})" for status in known)
            self._refuse(Rejected, operation, f"status: the account has no {word!r}, only {names}")
        return int(chosen.id)

    def _group(self, word: str, operation: str) -> int:
        found = self._account.find_group(word)
        if found is None:
            self._refuse(Rejected, operation, f"group: there is no group {word!r}; write its name or id")
        return found

    def _agent(self, word: str, operation: str) -> int:
        """The agent of a new ticket.

        Raises:
            PersonRefused: There is none, or Freshdesk does not show the agent with this key.
        """
        at = Circumstances(self._connection.name, operation)
        message = f"agent: there is no agent {word!r}; write the name, e-mail address or id"
        try:
            found = self._account.find_agent(word)
        except PermissionDenied as denied:
            message, found, at = f"agent: who has the address {word!r} is not shown", None, denied.at
        if found is None:
            raise PersonRefused(message, at, people=frozenset({_AGENT}))
        return found

    def _assignee(self, word: str, operation: str) -> int:
        """The agent to assign.

        Raises:
            UnknownPerson: Unknown, or impossible to find out: other changes must not wait for it.
        """
        try:
            found = self._account.find_agent(word)
        except PermissionDenied as denied:
            message = f"who has the address {word!r} is not shown to the bridge's agent"
            raise UnknownPerson(message, denied.at, advice=_NAME_BY_ID) from denied
        if found is None:
            self._refuse(UnknownPerson, operation, f"no agent has the id, name or e-mail address {word!r}")
        return found

    def _refuse(self, error: type[VendorError], operation: str, message: str) -> NoReturn:
        self._client.transport.refuse(error, operation, message)

    def as_ticket(self, raw: TicketShape) -> Ticket:
        return mapping.ticket(
            raw,
            connection=self._connection.name,
            url=self._settings.url,
            key_field=self._settings.key_field,
            own=mapping.own_fields(raw, self._account.fields()),
            status=self._account.status(raw.status),
            group=self._account.group(raw.group_id) if raw.group_id else None,
            assignee=self._account.agent(raw.responder_id) if raw.responder_id else None,
        )


def _words(value: object) -> tuple[str, ...]:
    """A route's list of words, or a single word."""
    return tuple(str(word) for word in value) if isinstance(value, list | tuple) else (str(value),)


def _shortened(subject: str) -> str:
    line = " ".join(subject.split()) or "-"
    return line if len(line) <= _LONGEST_SUBJECT else line[: _LONGEST_SUBJECT - 1] + "…"
