"""Catching up: which tickets changed, by the three lists that together hold all tickets."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog

from escalation_bridge.plugin import (
    ChangePage,
    Rejected,
)
from escalation_bridge_freshdesk.http.api import LAST_PAGE
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.shapes import TicketShape

_log = structlog.get_logger(__name__)

_OPERATION = "changes_since"
_LISTS = (None, "deleted", "spam")
"""The values of `filter`. Without one neither deleted nor spam tickets are listed; the two exclude each other."""
_OVERLAP = 60
"""Seconds before the newest change seen that are read again: a change may show a little after its own time."""
_CLOCKS_APART = timedelta(minutes=5)
_MOST_SEEN = 300
_VERSION = 1

Seen = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ListPlace:
    """How far one of the lists was read; instants are Unix seconds, as Freshdesk stores no finer ones.

    Attributes:
        newest: The newest change that was seen.
        since: Where the pass that is under way goes on; None where none is.
        page: The page of it.
        seen: What was handed out and will be listed again: ticket -> when it had changed.
    """

    newest: int
    since: int | None = None
    page: int = 1
    seen: Seen = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where all lists stand, and which one comes next."""

    lists: tuple[ListPlace, ...]
    turn: int = 0

    def __str__(self) -> str:
        lists = [[one.newest, one.since, one.page, dict(one.seen)] for one in self.lists]
        return json.dumps({"v": _VERSION, "turn": self.turn, "lists": lists}, separators=(",", ":"))


def read_place(stored: str) -> Place | None:
    """The place that was stored; None where it cannot be read."""
    try:
        raw = json.loads(stored)
        if raw["v"] != _VERSION or raw["turn"] not in range(len(_LISTS)) or len(raw["lists"]) != len(_LISTS):
            return None
        lists = tuple(
            ListPlace(
                int(newest),
                None if since is None else int(since),
                min(max(int(page), 1), LAST_PAGE),
                {str(number): int(changed) for number, changed in seen.items()},
            )
            for newest, since, page, seen in raw["lists"]
        )
        return Place(lists, int(raw["turn"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


class CatchUp:
    """The tickets of an account that changed: present, deleted and spam."""

    def __init__(self, client: FreshdeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    def since(self, stored: str | None) -> ChangePage:
        """The next page.

        The lists are sorted by the time of the change, and a pass goes on from the newest change it has seen, not from
        page to page: a ticket that changes again leaves its place, everything behind it moves up, and a next page would
        leave one out. So the limit of 300 pages is only met where more tickets than that changed in one second.

        Raises:
            Rejected: The cursor is not one that this plugin made.
        """
        if stored is None:
            # The first pass begins a little early, as Freshdesk's clock may be behind.
            begin = int((self._now() - _CLOCKS_APART).timestamp()) + _OVERLAP
            return ChangePage((), str(Place((ListPlace(begin),) * len(_LISTS))), more=False)
        place = read_place(stored)
        if place is None:
            self._client.transport.refuse(
                Rejected, _OPERATION, "the cursor is not one of Freshdesk's: catch up anew, without one"
            )
        rows, after = self._read(_LISTS[place.turn], place.lists[place.turn])
        known = place.lists[place.turn].seen
        ids = dict.fromkeys(str(raw.id) for raw in rows if known.get(str(raw.id)) != _changed(raw))
        lists = (*place.lists[: place.turn], after, *place.lists[place.turn + 1 :])
        turn = place.turn + (after.since is None)
        done = turn == len(_LISTS)
        return ChangePage(tuple(ids), str(Place(lists, 0 if done else turn)), more=not done)

    def _read(self, name: str | None, place: ListPlace) -> tuple[Sequence[TicketShape], ListPlace]:
        """A page of a list, and where to go on."""
        since = place.newest - _OVERLAP if place.since is None else place.since
        rows, more = self._page(name, since, place.page)
        newest = max([place.newest, *map(_changed, rows)])
        if place.page > 1:
            # Only where one second has more tickets than a page: what moved up meanwhile is on the page before.
            rows = (*self._page(name, since, place.page - 1)[0], *rows)
        seen = _still_listed({**place.seen, **{str(raw.id): _changed(raw) for raw in rows}}, newest)
        after = ListPlace(newest, seen=seen)
        if not more or not rows:
            return rows, after
        # A second earlier: whether the list begins at `updated_since` or just after it is not documented.
        last = _changed(rows[-1])
        if last - 1 > since and _in_order(rows):
            return rows, replace(after, since=last - 1)
        if place.page < LAST_PAGE:
            return rows, replace(after, since=since, page=place.page + 1)
        _log.warning("freshdesk.too_many_at_once", connection=self._client.connection, list=name, since=since)
        return rows, replace(after, since=max(last, since + 1))

    def _page(self, name: str | None, since: int, page: int) -> tuple[tuple[TicketShape, ...], bool]:
        return self._client.list_changed_tickets(datetime.fromtimestamp(since, UTC), name, page)


def _changed(raw: TicketShape) -> int:
    return int((raw.updated_at or raw.created_at).timestamp())


def _in_order(rows: Sequence[TicketShape]) -> bool:
    changes = [_changed(raw) for raw in rows]
    return changes == sorted(changes)


def _still_listed(seen: Seen, newest: int) -> Seen:
    """What the next request will list again; where that is a lot, doubles are better than an endless cursor."""
    recent = sorted(
        ((changed, number) for number, changed in seen.items() if changed >= newest - _OVERLAP), reverse=True
    )
    return {number: changed for changed, number in recent[:_MOST_SEEN]}
