"""Clocks that do not exist, and the sources of the times of status changes, for `sla explain`."""

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from escalation_bridge.domain.sla.events import EventKind, TicketEvent, order
from escalation_bridge.domain.sla.ledger import zulu
from escalation_bridge.domain.sla.promises import Absence
from escalation_bridge.messages.catalogue import phrase
from escalation_bridge.messages.ledger import local_instant


def absent_lines(absent: Sequence[Absence], connection: str, language: str) -> Iterator[str]:
    """For each clock that does not exist although the policy has a target for it: the reason."""
    if not absent:
        return
    yield ""
    yield phrase("absent", "title", language) + ":"
    for each in absent:
        why = phrase("absent", str(each.why), language, connection=connection)
        yield "  " + phrase("absent", "line", language, name=each.metric, why=why)


def time_lines(events: Iterable[TicketEvent], zone: ZoneInfo, language: str) -> Iterator[str]:
    """Each status change with the source of its time."""
    changes = _status_changes(events)
    if not changes:
        return
    yield ""
    yield phrase("times", "title", language) + ":"
    for event in changes:
        source = phrase("times", str(event.source or "not_kept"), language)
        at = local_instant(event.at.replace(microsecond=0), zone, language)
        yield "  " + phrase("times", "line", language, at=at, status=event.status, source=source)


def time_dicts(events: Iterable[TicketEvent]) -> list[dict[str, object]]:
    """The same in plain JSON values; instants in UTC."""
    return [
        {
            "at": zulu(event.at.replace(microsecond=0)),
            "status": str(event.status),
            "time_from": str(event.source) if event.source else None,
        }
        for event in _status_changes(events)
    ]


def _status_changes(events: Iterable[TicketEvent]) -> tuple[TicketEvent, ...]:
    return tuple(event for event in order(events) if event.kind is EventKind.STATUS)
