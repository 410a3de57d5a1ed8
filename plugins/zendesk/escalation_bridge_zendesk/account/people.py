"""Users: those that an answer names only by id, and agents named in a change."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from escalation_bridge.plugin import (
    JsonPart,
    PermissionDenied,
    Person,
    Role,
    TicketNotFound,
    read_identifier,
)
from escalation_bridge_zendesk.http.client import ZendeskClient
from escalation_bridge_zendesk.translation import mapping

_KEPT = timedelta(minutes=10)
_UNKNOWN_KEPT = timedelta(minutes=1)
"""A negative result is cached for a shorter time: the admin who reads of it adds the agent."""
_AT_ONCE = 100
"""The maximum number of ids in one request."""
_MOST_AGENTS = 5000
_LIGHT_AGENT = 1
_ADDRESS = re.compile(r'[^@\s":]+@[^@\s":]+')


class People:
    """The account's users. Thread-safe.

    Zendesk documents that `include=users` returns the users of a list of comments for the sake of email CCs, and does not
    promise the authors. Clocks and echoes depend on whether an author is a customer, so missing ones are looked up.
    """

    def __init__(self, client: ZendeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Person, datetime]] = {}
        self._agents: dict[str, tuple[Person | None, datetime]] = {}
        self._groups: dict[str, tuple[frozenset[str], datetime]] = {}

    def complete(self, beside: mapping.Sideloads, user_ids: Iterable[object]) -> mapping.Sideloads:
        """The sideloaded records of an answer, completed with these users as far as Zendesk shows them."""
        wanted = {found for user_id in user_ids if (found := read_identifier(user_id)) is not None}
        missing = wanted - beside.users.keys()
        if not missing:
            return beside
        return replace(beside, users={**self._people(missing), **beside.users})

    def agent(self, word: str) -> Person | None:
        """The agent with this id or email address; None if nobody has it or the user cannot be assigned.

        This is checked before a change is written: the effect of an unknown `assignee_email` is not documented.
        """
        asked = word.strip().casefold()
        with self._lock:
            known = self._agents.get(asked)
        if known is not None and self._now() - known[1] < (_KEPT if known[0] else _UNKNOWN_KEPT):
            return known[0]
        found = self._read_agent(asked)
        with self._lock:
            if len(self._agents) >= _MOST_AGENTS:
                self._agents.clear()
            self._agents[asked] = (found, self._now())
        return found

    def groups_of(self, user_id: str) -> frozenset[str]:
        """The ids of an agent's groups; empty if the bridge's role may not read them."""
        with self._lock:
            known = self._groups.get(user_id)
        if known is not None and self._now() - known[1] < _KEPT:
            return known[0]
        try:
            answer = self._client.read("read_people", f"/users/{user_id}/groups")
        except (PermissionDenied, TicketNotFound):
            return frozenset()
        listed = (answer / "groups").as_list().objects()
        groups = frozenset(found for raw in listed if (found := (raw / "id").maybe_identifier()) is not None)
        with self._lock:
            if len(self._groups) >= _MOST_AGENTS:
                self._groups.clear()
            self._groups[user_id] = (groups, self._now())
        return groups

    def _read_agent(self, asked: str) -> Person | None:
        user_id = read_identifier(asked)
        if user_id is not None:
            answer = self._client.read("read_people", "/users/show_many", {"ids": user_id})
        elif _ADDRESS.fullmatch(asked):
            # The quotation marks keep the address one word of the search.
            answer = self._client.read("read_people", "/users/search", {"query": f'email:"{asked}"'})
        else:
            return None
        for raw in (answer / "users").as_list().objects():
            person = mapping.user(raw)
            if person is None or not may_be_assigned(raw, person):
                continue
            if asked in (person.id, (person.email or "").casefold()) or user_id == person.id:
                return person
        return None

    def _people(self, user_ids: set[str]) -> Mapping[str, Person]:
        fresh = self._now() - _KEPT
        with self._lock:
            self._kept = {user_id: kept for user_id, kept in self._kept.items() if kept[1] > fresh}
            known = {user_id: self._kept[user_id][0] for user_id in user_ids & self._kept.keys()}
        unknown = sorted(user_ids - known.keys())
        for start in range(0, len(unknown), _AT_ONCE):
            read = self._read(unknown[start : start + _AT_ONCE])
            with self._lock:
                self._kept.update({user_id: (person, self._now()) for user_id, person in read.items()})
            known.update(read)
        return known

    def _read(self, user_ids: list[str]) -> Mapping[str, Person]:
        try:
            answer = self._client.read("read_people", "/users/show_many", {"ids": ",".join(user_ids)})
        except (PermissionDenied, TicketNotFound):
            return {}  # a role that may not see users; they stay without a name and a role
        (answer / "users").as_list().objects()
        return mapping.sideloads(answer).users


def may_be_assigned(raw: JsonPart, person: Person) -> bool:
    """Whether a user can get tickets: light agents, suspended and deleted users cannot."""
    return may_sign_in(raw, person) and (raw / "role_type").value != _LIGHT_AGENT


def may_sign_in(raw: JsonPart, person: Person) -> bool:
    """Whether a user works for the helpdesk: suspended and deleted users do not."""
    return (
        person.role is Role.AGENT
        and (raw / "suspended").value is not True
        and (raw / "active").value is not False
    )
