"""Reconciliation: changed tickets, by the three lists that together contain all tickets."""

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
"""Seconds before the newest change that are read again: a change may appear a little late."""
_CLOCKS_APART = timedelta(minutes=5)
_MOST_SEEN = 300
_VERSION = 1

Seen = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ListPlace:
    """The position in one of the lists; instants are Unix seconds, Freshdesk's precision.

    Attributes:
        newest: The newest change that was read.
        since: The start of the next page of a pass; None between passes.
        page: The page from there.
        seen: Returned tickets that will be listed again: ticket -> its time of change.
    """

    newest: int
    since: int | None = None
    page: int = 1
    seen: Seen = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """The positions in all lists, and which one is next."""

    lists: tuple[ListPlace, ...]
    turn: int = 0

    def __str__(self) -> str:
        lists = [[one.newest, one.since, one.page, dict(one.seen)] for one in self.lists]
        return json.dumps({"v": _VERSION, "turn": self.turn, "lists": lists}, separators=(",", ":"))


def read_place(stored: str) -> Place | None:
    """Parse a stored position; None if it is invalid."""
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
    """The changed tickets of an account: present, deleted and spam."""

    def __init__(self, client: FreshdeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    def since(self, stored: str | None) -> ChangePage:
        """The next page.

        The lists are sorted by the time of change, and a pass continues from the newest change, not from
        page to page: a ticket that changes again moves, everything behind it moves up, and the next page would
        skip one. So the limit of 300 pages only matters if more tickets changed in one second.

        Raises:
            Rejected: This plugin did not create the cursor.
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
        """A page of a list, and the next position."""
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
    """The tickets that the next request lists again; if they are many, repetitions are better than an endless cursor."""
    recent = sorted(
        ((changed, number) for number, changed in seen.items() if changed >= newest - _OVERLAP), reverse=True
    )
    return {number: changed for changed, number in recent[:_MOST_SEEN]}
