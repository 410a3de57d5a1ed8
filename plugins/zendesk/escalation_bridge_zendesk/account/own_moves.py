"""Statuses that the bridge's own updates brought about without being asked to: a new ticket is open once it is answered."""

import threading
from collections import OrderedDict
from dataclasses import replace

from escalation_bridge.plugin import Ticket
from escalation_bridge_zendesk.translation.shapes import Json, entries, member, text

_MOST = 2000
_FIELDS = ("custom_status_id", "status")


class OwnMoves:
    """What the answers to the bridge's own updates told of a ticket's status; shared by a connection's threads.

    A restart forgets it: then such a move looks like somebody else's, and the change is decided anew.
    """

    def __init__(self) -> None:
        self._moves: OrderedDict[str, frozenset[tuple[str, str]]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, ticket_id: str, audit: Json) -> None:
        """Keep what an update's audit tells. What a trigger did in the same update is not the bridge's."""
        moves = frozenset(
            (str(event.get("previous_value")), str(event.get("value")))
            for event in entries(audit, "events")
            if text(event, "type") == "Change" and text(event, "field_name") in _FIELDS
            if text(member(event, "via"), "channel") != "rule"
        )
        if not moves:
            return
        with self._lock:
            self._moves[ticket_id] = moves
            self._moves.move_to_end(ticket_id)
            while len(self._moves) > _MOST:
                self._moves.popitem(last=False)

    def as_left(self, expected: Ticket, current: Ticket) -> Ticket:
        """The ticket as a change expects it, with the status where the bridge's own last update has taken it from there."""
        with self._lock:
            moves = self._moves.get(current.ref.id, frozenset())
        if (expected.status.id, current.status.id) not in moves:
            return expected
        return replace(expected, status=current.status)
