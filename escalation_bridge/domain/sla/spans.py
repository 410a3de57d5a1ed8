"""Half-open spans `[start, end)` of whole seconds: put together, taken away, cut to a window."""

from collections.abc import Iterable, Iterator

Span = tuple[int, int]


def merge(spans: Iterable[Span]) -> Iterator[Span]:
    """The same seconds in order, as few spans as possible; overlaps count once, empty and reversed spans vanish."""
    ordered = sorted(span for span in spans if span[0] < span[1])
    if not ordered:
        return
    start, end = ordered[0]
    for next_start, next_end in ordered:
        if next_start > end:
            yield start, end
            start, end = next_start, next_end
        elif next_end > end:
            end = next_end
    yield start, end


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """The seconds of `spans` that are not in `taken`; both merged."""
    holes = list(taken)
    for start, end in spans:
        begin = start
        for hole_start, hole_end in holes:
            if hole_end <= begin:
                continue
            if hole_start >= end:
                break
            if begin < hole_start:
                yield begin, hole_start
            begin = hole_end
        if begin < end:
            yield begin, end


def clip(spans: Iterable[Span], start: int, end: int) -> Iterator[Span]:
    """The part of each span inside `[start, end)`."""
    for span_start, span_end in spans:
        inside = max(span_start, start), min(span_end, end)
        if inside[0] < inside[1]:
            yield inside
