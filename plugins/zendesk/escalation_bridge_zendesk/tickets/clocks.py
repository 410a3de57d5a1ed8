"""Zendesk's own SLA clocks of a ticket."""

from datetime import datetime

from escalation_bridge.plugin import (
    NativeClock,
)
from escalation_bridge_zendesk.translation.shapes import Json, entries, instant, member, text


def native_clocks(ticket: Json, now: datetime) -> tuple[NativeClock, ...]:
    """The clocks of a ticket that was read with `include=slas`; none where no policy applies to it."""
    slas = member(ticket, "slas")
    return tuple(_clock(raw, now) for raw in entries(slas, "policy_metrics"))


def _clock(raw: Json, now: datetime) -> NativeClock:
    stage = (text(raw, "stage") or "").lower()
    due = instant(raw.get("breach_at")) if stage == "active" else None
    return NativeClock(
        name=text(raw, "metric") or "sla",
        due=due,
        breached=due is not None and due < now,
        paused=stage == "paused",
    )
