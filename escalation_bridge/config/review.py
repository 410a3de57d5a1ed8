"""The section `review`: a short review after emergencies and incidents."""

from datetime import timedelta

from pydantic import Field

from escalation_bridge.configfile import Document, Review
from escalation_bridge.domain.case.review import ReviewRule
from escalation_bridge.plugin.settings import Settings


class ReviewSettings(Settings):
    """After an emergency or an incident somebody is asked for a short review. Without this section nobody is."""

    to: str | None = None
    """Who writes it: a team, a member's e-mail address or a channel. If omitted: who had the escalation last."""
    remind_days: int = Field(default=3, ge=1, le=30)
    """Days between reminders about a missing review, and about an overdue action."""
    reminders: int = Field(default=4, ge=0, le=20)
    """The most reminders about one thing."""


def review_rule(settings: ReviewSettings | None) -> ReviewRule | None:
    """The rule for decisions; None: nobody is asked."""
    if settings is None:
        return None
    return ReviewRule(settings.to, timedelta(days=settings.remind_days), settings.reminders)


def check_review(document: Document, review: Review) -> None:
    """A review is written on a page of the receiver."""
    if document.node(("review",)) is not None and document.node(("bridge", "public_url")) is None:
        review.report(
            ("review",),
            "a link needs the receiver's public address: set bridge: public_url",
            of_key=True,
        )
