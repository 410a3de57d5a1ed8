"""The requester's rating of a ticket, from Zendesk's own survey."""

from escalation_bridge.plugin import (
    JsonPart,
    Satisfaction,
    Verdict,
)

_VERDICTS = {"good": Verdict.GOOD, "bad": Verdict.BAD}
"""Other scores say that the survey was offered, or not: nobody has answered."""


def satisfaction(ticket: JsonPart) -> tuple[Satisfaction, ...]:
    """The rating that a ticket shows; empty if it has none. Zendesk keeps the last one, without its time."""
    rating = ticket / "satisfaction_rating"
    score = (rating / "score").maybe_text() or ""
    verdict = _VERDICTS.get(score.partition("_")[0])  # "good_with_comment" in lists of ratings
    if verdict is None:
        return ()
    return (Satisfaction(verdict, score, (rating / "comment").maybe_text() or ""),)
