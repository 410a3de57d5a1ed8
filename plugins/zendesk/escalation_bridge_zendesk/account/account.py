"""The account itself: the bridge's user, the statuses, groups and fields. Cached for a while."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from escalation_bridge.plugin import (
    AuthenticationFailed,
    Group,
    GroupMember,
    JsonPart,
    PermissionDenied,
    Person,
    Rejected,
    TicketNotFound,
    read_identifier,
)
from escalation_bridge_zendesk.account.people import may_be_assigned, may_sign_in
from escalation_bridge_zendesk.http.client import ZendeskClient
from escalation_bridge_zendesk.translation import mapping
from escalation_bridge_zendesk.translation.statuses import StatusBook, status_book

_KEPT = timedelta(minutes=10)
_STANDARD_ROLES = ("admin", "agent")
"""What `role` of a user may be; an agent's own role is in `custom_role_id`."""

T = TypeVar("T")


class Account:
    """The account of a connection. Thread-safe: at worst, two threads read the same thing."""

    def __init__(self, client: ZendeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._me = _Kept(self._read_me, now)
        self._statuses = _Kept(self._read_statuses, now)
        self._groups = _Kept(self._read_groups, now)
        self._fields = _Kept(self._read_fields, now)
        self._largest_file = _Kept(self._read_largest_file, now)

    def me(self) -> Person:
        """The user that the bridge signs in as.

        Raises:
            AuthenticationFailed: Zendesk answers with its anonymous user: the credentials were ignored.
        """
        found = mapping.user(self._me.value())
        if found is None:
            self._me.forget()
            self._client.refuse(AuthenticationFailed, "who_am_i", "Zendesk took the bridge for nobody")
        return found

    def known_id(self) -> str | None:
        """The id of that user if it was ever read; None otherwise. Sends no request."""
        raw = self._me.last()
        found = mapping.user(raw) if raw is not None else None
        return found.id if found is not None else None

    def raw_me(self) -> JsonPart:
        """The full record of that user, always read again."""
        self._me.forget()
        self.me()
        return self._me.value()

    def statuses(self) -> StatusBook:
        """The account's statuses."""
        return self._statuses.value()

    def statuses_with(self, custom_id: str | None) -> StatusBook:
        """The account's statuses; read again if a ticket has an unknown one."""
        book = self._statuses.value()
        if not book.custom or book.knows(custom_id):
            return book
        self._statuses.forget()
        return self._statuses.value()

    def groups(self) -> tuple[Group, ...]:
        """The account's groups of agents."""
        return self._groups.value()

    def members(self, word: str) -> tuple[GroupMember, ...]:
        """The agents of the group with this id or name, without the bridge's own user.

        Raises:
            Rejected: There is none.
        """
        asked, operation = word.strip().casefold(), "fetch_group_members"
        group = next((each for each in self.groups() if asked in (each.id, each.name.casefold())), None)
        if group is None:
            self._client.refuse(Rejected, operation, f"there is no group {word!r}")
        own = self.me().id
        pages = self._client.pages(operation, f"/groups/{group.id}/users")
        found = ((raw, mapping.user(raw)) for page in pages for raw in (page / "users").as_list().objects())
        people = {
            person.id: GroupMember(person)
            for raw, person in found
            if person is not None and person.id != own and may_be_assigned(raw, person)
        }
        return tuple(people.values())

    def having_role(self, word: str) -> tuple[Person, ...]:
        """The agents with a role, without the bridge's own user: admin, agent, or a role of the account by its name or id.

        Raises:
            Rejected: There is none.
        """
        asked, operation = word.strip().casefold(), "fetch_role_members"
        if asked in _STANDARD_ROLES:
            query, field, wanted = {"role": asked}, "role", asked
        else:
            wanted = self._custom_role(operation, word, asked)
            # One role per request, on accounts with roles of their own only. The records are compared, too.
            query, field = {"permission_set": wanted}, "custom_role_id"
        own = self.me().id
        raws = (
            raw
            for page in self._client.pages(operation, "/users", query)
            for raw in (page / "users").as_list().objects()
            if read_identifier((raw / field).value) == wanted or (raw / field).value == wanted
        )
        found = ((raw, mapping.user(raw)) for raw in raws)
        people = {
            person.id: person
            for raw, person in found
            if person is not None and person.id != own and may_sign_in(raw, person)
        }
        return tuple(people.values())

    def _custom_role(self, operation: str, word: str, asked: str) -> str:
        message = f"there is no role {word!r}; every account has admin and agent"
        try:
            answer = self._client.read(operation, "/custom_roles")
        except TicketNotFound:  # the account's plan has no roles of its own
            self._client.refuse(Rejected, operation, message)
        found = (
            role_id
            for raw in (answer / "custom_roles").as_list().objects()
            if (role_id := (raw / "id").identifier())
            and asked in (role_id, ((raw / "name").maybe_text() or "").casefold())
        )
        return next(found, None) or self._client.refuse(Rejected, operation, message)

    def fields(self) -> tuple[JsonPart, ...]:
        """The account's ticket fields, in Zendesk's JSON."""
        return self._fields.value()

    def text_field(self, name: str) -> int | str:
        """The id of the custom text field with this id or title; otherwise the reason why there is none, for an admin."""
        asked = name.strip()
        found = [
            raw
            for raw in self.fields()
            if asked in ((raw / "id").maybe_identifier(), (raw / "title").maybe_text())
        ]
        active = [raw for raw in found if (raw / "active").value is not False]
        if not active:
            return f"the account has no {'active ' if found else ''}ticket field {name!r}"
        if len(active) > 1:
            return f"the account has several ticket fields {name!r}: write the id of the one that is meant"
        (raw,) = active
        field_id = (raw / "id").maybe_identifier()
        if (
            field_id is None
            or (raw / "type").maybe_text() not in ("text", "textarea")
            or (raw / "removable").value is False
        ):
            return f"ticket field {name!r} must be a text field of your own"
        if (raw / "visible_in_portal").value is True:
            return f"customers can see ticket field {name!r}: its permissions must be *Agents only*"
        return int(field_id)

    def largest_file(self) -> int | None:
        """The maximum size of an attachment in bytes; None if the bridge's role may not read it."""
        return self._largest_file.value()

    def _read_me(self) -> JsonPart:
        # Of its anonymous user Zendesk shows everything but the id; an answer without a user is none.
        return (self._client.read("who_am_i", "/users/me") / "user").as_object()

    def _read_statuses(self) -> StatusBook:
        try:
            answer = self._client.read("read_statuses", "/custom_statuses")
        except (TicketNotFound, PermissionDenied):
            return StatusBook()  # an account or a role without custom statuses has the six categories
        return status_book((answer / "custom_statuses").as_list().objects())

    def _read_groups(self) -> tuple[Group, ...]:
        return tuple(
            Group(found, (raw / "name").maybe_text() or "")
            for page in self._client.pages("read_groups", "/groups")
            for raw in (page / "groups").as_list().objects()
            if (found := (raw / "id").maybe_identifier()) is not None
        )

    def _read_fields(self) -> tuple[JsonPart, ...]:
        pages = self._client.pages("read_fields", "/ticket_fields")
        return tuple(raw for page in pages for raw in (page / "ticket_fields").as_list().objects())

    def _read_largest_file(self) -> int | None:
        try:
            answer = self._client.read("read_settings", "/account/settings")
        except (TicketNotFound, PermissionDenied):
            return None
        limit = (answer / "settings" / "limits" / "attachment_size").maybe_number()
        return limit if limit is not None and limit > 0 else None


class _Kept(Generic[T]):
    """A cached value, read on demand."""

    def __init__(self, read: Callable[[], T], now: Callable[[], datetime]) -> None:
        self._read = read
        self._now = now
        self._kept: tuple[T, datetime] | None = None

    def value(self) -> T:
        kept = self._kept
        if kept is None or self._now() - kept[1] > _KEPT:
            kept = self._kept = (self._read(), self._now())
        return kept[0]

    def last(self) -> T | None:
        """The last value, however old it is."""
        kept = self._kept
        return kept[0] if kept is not None else None

    def forget(self) -> None:
        self._kept = None
