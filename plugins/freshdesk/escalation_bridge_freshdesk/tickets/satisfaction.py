"""Customers' answers to Freshdesk's own surveys. Pure."""

from collections.abc import Iterable, Iterator

from escalation_bridge.plugin import (
    Satisfaction,
    Verdict,
)
from escalation_bridge_freshdesk.http.shapes import SatisfactionShape

_DEFAULT, _NEUTRAL = "default_question", 100


def satisfaction(ratings: Iterable[SatisfactionShape]) -> tuple[Satisfaction, ...]:
    """The answers, oldest first. A survey's first question counts; others may be about anything."""
    dated = sorted(ratings, key=lambda each: (each.created_at is not None, each.created_at or 0, each.id))
    return tuple(_answers(dated))


def _answers(ratings: Iterable[SatisfactionShape]) -> Iterator[Satisfaction]:
    for each in ratings:
        score = each.ratings.get(_DEFAULT)
        if score is not None:
            yield Satisfaction(_verdict(score), str(score), each.feedback or "", each.created_at)


def _verdict(score: int) -> Verdict:
    if score == _NEUTRAL:
        return Verdict.NEUTRAL
    return Verdict.GOOD if score > _NEUTRAL else Verdict.BAD
