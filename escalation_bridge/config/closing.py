"""The section `close_solved`: after which time solved tickets are closed."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.config.values import Word
from escalation_bridge.configfile import Document, Review
from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.plugin.settings import Settings

CLOSED = "closed"
"""The kind of status that is set if none is named."""


class ClosingSettings(Settings):
    """When the solved tickets of a connection are closed. A customer's answer stops it."""

    after_days: int = Field(ge=1, le=365)
    """So many days after it was solved. Where the helpdesk closes tickets by its own automation: when that does it."""
    notice_days: int = Field(default=3, ge=0, le=60)
    """So many days before, a notice is written into the ticket. 0: no notice."""
    notice: Literal["public", "private"] = "public"
    """Who reads the notice: the customer (public), or agents alone (private)."""
    status: Word | None = None
    """The status to set, by its id, name or kind. If omitted: `closed`."""
    hourly_cap: int = Field(default=100, ge=1)
    """The maximum number of notices and closings per hour."""

    @model_validator(mode="after")
    def _notice_comes_before(self) -> Self:
        if self.notice_days > self.after_days:
            raise PydanticCustomError("notice_days", "notice_days is longer than after_days")
        return self


def closing_rules(
    settings: Mapping[str, ClosingSettings], close_themselves: Collection[str]
) -> Mapping[str, ClosingRule]:
    """The rules for decisions, by connection.

    Args:
        settings: The section.
        close_themselves: The connections whose helpdesks close solved tickets by their own automation.
    """
    return {
        name: ClosingRule(
            after=timedelta(days=each.after_days),
            notice=timedelta(days=each.notice_days),
            visibility=Visibility(each.notice),
            status=None if name in close_themselves else each.status or CLOSED,
            hourly_cap=each.hourly_cap,
        )
        for name, each in settings.items()
    }


def check_closing(document: Document, review: Review, close_themselves: Collection[str]) -> None:
    """Check that the connections exist, and that each setting means something there."""
    known = document.keys(("connections",))
    for name in document.keys(("close_solved",)):
        at = ("close_solved", name)
        if name not in known:
            review.report_unknown(at, "connection", known, of_key=True, section="connections")
        elif name in close_themselves:
            _check_notice_only(document, review, name)


def _check_notice_only(document: Document, review: Review, name: str) -> None:
    at = ("close_solved", name)
    if document.node((*at, "status")) is not None:
        review.report(
            (*at, "status"),
            "this helpdesk closes solved tickets by its own automation; leave it out",
            of_key=True,
        )
    if document.value((*at, "notice_days")) == 0:
        review.report(
            (*at, "notice_days"),
            "this helpdesk closes solved tickets by its own automation, so that without a notice nothing is done",
        )
