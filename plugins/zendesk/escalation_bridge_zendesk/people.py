"""Who the users are that an answer names by id only."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from escalation_bridge.domain.tickets import Person
from escalation_bridge.errors import PermissionDenied, TicketNotFound
from escalation_bridge_zendesk import mapping
from escalation_bridge_zendesk.client import ZendeskClient
from escalation_bridge_zendesk.shapes import identifier

_KEPT = timedelta(minutes=10)
_AT_ONCE = 100
"""How many ids Zendesk takes in one request."""


class People:
    """The account's users; safe to use from several threads.

    Zendesk documents that `include=users` brings the users of a list of comments for the sake of e-mail CCs, and does not
    promise the authors. Whether an author is a customer decides over clocks and echoes, so he is looked up if need be.
    """

    def __init__(self, client: ZendeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Person, datetime]] = {}

    def complete(self, beside: mapping.Sideloads, user_ids: Iterable[object]) -> mapping.Sideloads:
        """What stands beside an answer, with these users added as far as Zendesk shows them."""
        wanted = {found for user_id in user_ids if (found := identifier(user_id)) is not None}
        missing = wanted - beside.users.keys()
        if not missing:
            return beside
        return replace(beside, users={**self._people(missing), **beside.users})

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
        return mapping.sideloads(answer).users
