"""Read, find, create and change tickets."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn

import structlog

from escalation_bridge.plugin import (
    NUMBER,
    Channel,
    Connection,
    FieldsRefused,
    FileDraft,
    FoundNothing,
    JsonPart,
    LeftOut,
    LeftOutByKey,
    OutcomeUnknown,
    PersonRefused,
    Presence,
    Rejected,
    RichText,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketNotFound,
    TicketRef,
    UnknownPerson,
    VendorError,
    Visibility,
    carry_out,
    find_named,
    found_nothing,
    refuse_unwritten,
    sparing,
    write_whole,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.account.people import People
from escalation_bridge_zendesk.account.standing import Standing
from escalation_bridge_zendesk.comments.comments import Listed
from escalation_bridge_zendesk.comments.conversations import Conversations, requester_has_address
from escalation_bridge_zendesk.comments.uploads import Uploads
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path
from escalation_bridge_zendesk.http.refusals import FieldsNotTaken, explain, is_about_assignee, names_error
from escalation_bridge_zendesk.settings import ZendeskSettings
from escalation_bridge_zendesk.tickets.changes import (
    WRITTEN,
    Nobody,
    TicketWish,
    Unresolvable,
    Update,
    comparable,
    wishes,
)
from escalation_bridge_zendesk.tickets.lifecycle import Lifecycle
from escalation_bridge_zendesk.translation import mapping
from escalation_bridge_zendesk.translation.answered import described as described_as
from escalation_bridge_zendesk.translation.answered import ticket_of
from escalation_bridge_zendesk.translation.drafts import LONGEST_COMMENT, UnknownField, new_ticket, own_fields
from escalation_bridge_zendesk.translation.messages import with_opening

_log = structlog.get_logger(__name__)

_UNPROCESSABLE = 422
_ALWAYS = "subject"
_NOT_KEPT = (
    "Zendesk kept no such value: the field is inactive, is none of the account's, or has no such choice"
)
_BESIDE = {"include": "users,groups,organizations,metric_sets"}
_SOLVED_ADVICE = (
    "Zendesk solves only tickets with an assignee and with all fields filled that are required for solving: "
    "fill them in the ticket or set them in the route, then retry the case."
)


class Tickets:
    """The account's tickets."""

    def __init__(
        self,
        connection: Connection[ZendeskSettings],
        client: ZendeskClient,
        account: Account,
        people: People,
        uploads: Uploads,
        standing: Standing,
        conversations: Conversations,
    ) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client
        self._account = account
        self._people = people
        self._uploads = uploads
        self._standing = standing
        self._conversations = conversations
        self._left_out = LeftOutByKey()
        self._lifecycle = Lifecycle(client, account, connection.now)

    def fetch(self, ticket_id: str, operation: str = "fetch_ticket", listed: Listed | None = None) -> Ticket:
        """Read a ticket and its people; `listed`: its comments, if they are read, too."""
        return self._ticket(self._read(ticket_id, operation), operation, listed)

    def find(self, key: str, sent_at: datetime | None) -> "Ticket | FoundNothing":
        """Find the ticket that was created with this key.

        The list by external id reads the tickets themselves, not the search index, and still may lag for a moment.
        """
        answer = self._client.read("find_ticket", "/tickets", {"external_id": key})
        # An external id is not unique. The first one is ours; a later one would be somebody's copy.
        found = sorted(
            int(ticket_id)
            for raw in (answer / "tickets").as_list().objects()
            if (raw / "external_id").value == key
            and (ticket_id := (raw / "id").maybe_identifier()) is not None
        )
        if found:
            return replace(self.fetch(str(found[0]), "find_ticket"), left_out=self._left_out.get(key))
        return found_nothing(self._connection, sent_at, timedelta(seconds=self._settings.search_lag_seconds))

    def find_by_number(self, text: str) -> "Ticket | FoundNothing":
        """Find a ticket by its number, with or without "#"."""
        return find_named(text, NUMBER, lambda number: self.fetch(number, "find_by_key"))

    def create(self, draft: TicketDraft, key: str) -> Ticket:
        """Create a ticket with the key as external id, unless it exists already."""
        there = self.find(key, None)
        if not isinstance(there, FoundNothing):
            return there

        def write(body: RichText, whole: FileDraft | None) -> Ticket:
            with self._uploads.held("create_ticket", whole) if whole else nullcontext() as token:
                return self._create(replace(draft, description=body), key, (token,) if token else ())

        visibility = self._first_visibility(draft)
        return write_whole(draft.description, LONGEST_COMMENT, visibility, write)

    def _create(self, draft: TicketDraft, key: str, uploads: tuple[str, ...] = ()) -> Ticket:
        """Create the ticket, without custom fields that Zendesk refuses: they must not prevent an escalation.

        If a refusal names no field, all custom fields are left out at once.
        """
        own = own_fields(draft)
        others = {
            name: value for name, value in draft.fields.items() if name not in own and name != "custom_fields"
        }

        def send(wanted: Mapping[str, object]) -> Ticket:
            kept = {name: value for name, value in wanted.items() if name in own}
            missing = sorted(own.keys() - kept.keys())
            bare = replace(draft, fields={**others, **kept})
            try:
                return self._send(bare, key, uploads, without=missing)
            except PersonRefused:
                raise
            except Rejected as refusal:
                if refusal.at.status != _UNPROCESSABLE:
                    raise
                raise FieldsRefused(_words_to(kept, refusal), partial(_fail, refusal)) from refusal

        def note(refused: Mapping[str, str]) -> None:
            self._left_out.put(key, _named(refused))

        note({})
        # The subject stands for all that is always sent.
        ticket, refused = sparing({_ALWAYS: draft.summary, **own}, own.keys(), send, note)
        if ticket is None:
            self._client.refuse(Rejected, "create_ticket", "nothing is left to be created")
        # Zendesk takes a value of a field that is inactive or not there, and keeps none.
        lost = {
            name: _NOT_KEPT
            for name, value in own.items()
            if name not in refused and comparable(ticket.custom_fields.get(name)) != comparable(value)
        }
        return replace(ticket, left_out=_named({**refused, **lost}))

    def _send(
        self, draft: TicketDraft, key: str, uploads: tuple[str, ...], *, without: Iterable[str]
    ) -> Ticket:
        operation = "create_ticket"
        try:
            members = new_ticket(draft, key, self._first_visibility(draft), uploads)
        except UnknownField as unknown:
            self._client.refuse(Rejected, operation, str(unknown))
        response = self._client.write(
            operation,
            "POST",
            "/tickets",
            {"ticket": members},
            # Zendesk keeps it for two hours and answers a repetition with the first ticket. Whether it keeps the key of a
            # refused create is not documented, so the same ticket with fewer people or fields has another one.
            headers={"Idempotency-Key": "-".join((key, *sorted(draft.without), *without))},
            accept=frozenset({400, 409}),
        )
        if response.status_code == 400 and names_error(response, "IdempotentRequestError"):
            # The key was used with another text: the first create went through.
            self._client.refuse(
                OutcomeUnknown, operation, "a ticket was created with this key before", response
            )
        if response.status_code == 400:
            self._client.refuse(Rejected, operation, explain(response), response)
        if response.status_code == 409:
            self._client.refuse(OutcomeUnknown, operation, "a create with this key is under way", response)
        created = self._client.parsed(operation, response) / "ticket"
        ticket_id = (created / "id").maybe_identifier()
        if ticket_id is None:
            self._client.refuse(OutcomeUnknown, operation, "Zendesk says yes and names no ticket", response)
        try:
            ticket = self.fetch(ticket_id, operation)
        except VendorError as error:
            raise OutcomeUnknown(
                f"ticket {ticket_id} was created, but could not be read back: {error.message}", error.at
            ) from error
        if "via_followup_source_id" in members and ticket.follows_up is None:
            # Refusing it now would only make a second one. Zendesk: it "has no effect" unless that ticket is closed.
            _log.warning("zendesk.no_follow_up", connection=self._connection.name, ticket=ticket_id)
        return ticket

    def update(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        """Write the properties that differ, unless somebody else changed the ticket meanwhile, and check the result."""
        operation = "update_ticket"
        answer = self._read(ticket_id, operation)
        current = self._ticket(answer, operation, described=expected)
        raw = answer / "ticket"
        refuse_unwritten(self._client.transport, operation, change, WRITTEN)
        statuses = self._account.statuses_with((raw / "custom_status_id").maybe_identifier())
        try:
            wanted = tuple(
                wishes(change, current, expected, statuses, self._account.groups, self._people.agent)
            )
        except Nobody as nobody:
            self._client.refuse(UnknownPerson, operation, str(nobody))
        except (Unresolvable, UnknownField) as unknown:
            self._client.refuse(Rejected, operation, str(unknown))

        def write(unmet: Sequence[TicketWish]) -> Ticket:
            update = Update.of(wish.write for wish in unmet)
            written = self._write(ticket_id, update, (raw / "updated_at").maybe_text())
            after = self._answered(written, current, mapping.sideloads(answer)) if written else None
            return after or self.fetch(ticket_id, operation)

        return carry_out(self._client.transport, operation, wanted, current, write)

    def _answered(self, answer: JsonPart, known: Ticket, beside: mapping.Sideloads) -> Ticket | None:
        custom_status = (answer / "ticket" / "custom_status_id").maybe_identifier()
        return ticket_of(
            answer,
            known,
            beside,
            account_url=self._settings.url,
            statuses=self._account.statuses_with(custom_status),
        )

    def _write(self, ticket_id: str, update: Update, stamp: str | None) -> JsonPart | None:
        """Send the updates. Returns the answer if a single update did it all, otherwise None."""
        operation = "update_ticket"
        answer: JsonPart | None = None
        if update.members:
            # All fields in one update: Zendesk takes thirty of a ticket in ten minutes.
            members = {**update.members, **_guard(stamp, True)}
            try:
                answer = self._client.write_and_read(
                    operation, "PUT", ticket_path(ticket_id), {"ticket": members}
                )
            except Rejected as refusal:
                # Nothing of the update was taken: status and assignee come in one.
                if "assignee_id" in update.members and is_about_assignee(refusal.message):
                    raise UnknownPerson(refusal.message, refusal.at) from refusal
                if "status" in update.members:
                    raise Rejected(refusal.message, refusal.at, advice=_SOLVED_ADVICE) from refusal
                raise
            stamp = (answer / "ticket" / "updated_at").maybe_text()
        # Only these endpoints leave other people's tags alone: `tags` in an update replaces the whole list.
        for method, tags in (("PUT", update.add_tags), ("DELETE", update.remove_tags)):
            if tags:
                # Zendesk's own example has the flag as a text here.
                body = {"tags": list(tags), **_guard(stamp, "true")}
                self._client.write(operation, method, ticket_path(ticket_id, "tags"), body)
                stamp = None  # the answer does not tell it
                answer = None
        return answer

    def _read(self, ticket_id: str, operation: str) -> JsonPart:
        try:
            return self._client.read(operation, ticket_path(ticket_id), _BESIDE)
        except TicketNotFound as missing:
            raise self._lifecycle.explained(ticket_id, missing) from missing

    def _ticket(
        self,
        answer: JsonPart,
        operation: str,
        listed: Listed | None = None,
        described: Ticket | None = None,
    ) -> Ticket:
        """The ticket of an answer.

        Args:
            answer: With the sideloaded records.
            operation: The hook.
            listed: Its comments, if they are read, too.
            described: The same ticket with a known description, which is then not read again.
        """
        raw = answer / "ticket"
        self._standing.keep(raw)
        custom_status_id = (raw / "custom_status_id").maybe_identifier()
        ticket = mapping.ticket(
            raw,
            mapping.sideloads(answer),
            connection=self._connection.name,
            account_url=self._settings.url,
            statuses=self._account.statuses_with(custom_status_id),
            first_comment=None if described else self._first_comment(raw, operation, listed),
        )
        conversation = self._conversations.of(
            raw,
            operation,
            has_address=requester_has_address(answer, raw),
            again=operation != "update_ticket",
        )
        if conversation is not None:
            # New kinds of messaging have channel words of their own.
            channel = Channel.CHAT if ticket.channel is Channel.UNKNOWN else ticket.channel
            ticket = with_opening(replace(ticket, channel=channel), conversation)
        if described is not None:
            ticket = described_as(ticket, described)
        if ticket.presence is not Presence.MERGED:
            return ticket
        target = self._lifecycle.merged_into(ticket.ref.id)
        return replace(ticket, merged_into=TicketRef(self._connection.name, target)) if target else ticket

    def _first_comment(self, raw: JsonPart, operation: str, listed: Listed | None) -> JsonPart | None:
        """The description's comment, for its visibility, formatting and files; None if no comment is public. Then it is private, its files
        are not copied, and a request is saved.
        """
        ticket_id = (raw / "id").maybe_identifier()
        if (raw / "is_public").value is not True or ticket_id is None:
            return None
        if listed is not None and (found := listed.first()) is not None:
            return found
        first = self._client.read(
            operation,
            ticket_path(ticket_id, "comments"),
            {"page[size]": 1, "sort": "created_at", "include_inline_images": "true"},
        )
        return next(iter((first / "comments").as_list().objects()), None)

    def _first_visibility(self, draft: TicketDraft) -> Visibility:
        asked = draft.fields.get("public")
        if isinstance(asked, bool):
            return Visibility.PUBLIC if asked else Visibility.PRIVATE
        return self._settings.new_ticket_visibility


def _words_to(own: Iterable[str], refusal: Rejected) -> Mapping[str, str]:
    """The fields that a refusal is about: those that it names; all fields if it names none."""
    if isinstance(refusal, FieldsNotTaken):
        return refusal.named
    return dict.fromkeys(own, refusal.message)


def _named(refused: Mapping[str, str]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(name, name, reason) for name, reason in refused.items())


def _fail(refusal: Rejected) -> NoReturn:
    raise refusal


def _guard(stamp: str | None, flag: object) -> Mapping[str, object]:
    """The guard that makes Zendesk answer 409 if the ticket's `updated_at` has changed."""
    return {"safe_update": flag, "updated_stamp": stamp} if stamp else {}
