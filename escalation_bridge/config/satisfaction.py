"""The section `satisfaction`: how customers of escalated cases are asked whether they are satisfied."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from pydantic import Field

from escalation_bridge.config.values import Duration
from escalation_bridge.configfile import Document, Review
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.plugin.settings import Settings


class SatisfactionSettings(Settings):
    """How the customers of a connection are asked when an escalated case is over."""

    survey: Survey
    """`helpdesk`: the helpdesk sends its own survey, and only the answer is read. `link`: a link to a page of the receiver is written into
    the ticket.
    """
    after: Duration = Field(default="1h", validate_default=True)
    """So long after the escalation ended, if the ticket is still solved then. All time counts."""
    valid_days: int = Field(default=14, ge=1, le=90)
    """For how many days the link works, or the helpdesk's answer is read."""


def satisfaction_rules(settings: Mapping[str, SatisfactionSettings]) -> Mapping[str, SatisfactionRule]:
    """The rules for decisions, by connection."""
    return {
        name: SatisfactionRule(
            each.survey, timedelta(seconds=max(each.after, 60)), timedelta(days=each.valid_days)
        )
        for name, each in settings.items()
    }


def check_satisfaction(document: Document, review: Review, unreadable: Collection[str]) -> None:
    """Check that the connections exist, and that each survey can be.

    Args:
        document: The file.
        review: Collects the findings.
        unreadable: The connections whose plugins cannot read the answers of the helpdesk's own survey.
    """
    known = document.keys(("connections",))
    for name in document.keys(("satisfaction",)):
        at = ("satisfaction", name)
        survey = document.value((*at, "survey"))
        if name not in known:
            review.report_unknown(at, "connection", known, of_key=True, section="connections")
        elif survey == Survey.HELPDESK and name in unreadable:
            review.report(
                (*at, "survey"),
                "its plugin cannot read the helpdesk's survey (fetch_satisfaction); allowed: link",
            )
        elif survey == Survey.LINK and document.node(("bridge", "public_url")) is None:
            review.report(
                (*at, "survey"), "a link needs the receiver's public address: set bridge: public_url"
            )
