"""Downtimes of the bridge: only steps that were due meanwhile may be stale."""

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def seconds_within(spans: Iterable[Span], since: datetime, until: datetime) -> int:
    """Seconds between two instants that lie in any of the spans; where spans overlap they count once."""
    seconds, reached = 0.0, since
    for start, end in sorted(spans):
        begin, stop = max(start, reached), min(end, until)
        if stop > begin:
            seconds += (stop - begin).total_seconds()
            reached = stop
    return int(seconds)
