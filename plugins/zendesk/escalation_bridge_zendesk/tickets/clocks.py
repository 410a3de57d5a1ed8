"""Zendesk's own SLA clocks of a ticket."""

from datetime import datetime

from escalation_bridge.plugin import (
    JsonPart,
    NativeClock,
)


def native_clocks(ticket: JsonPart, now: datetime) -> tuple[NativeClock, ...]:
    """The clocks of a ticket that was read with `include=slas`; empty if no policy applies to it."""
    slas = ticket / "slas"
    return tuple(_clock(raw, now) for raw in (slas / "policy_metrics").objects())


def _clock(raw: JsonPart, now: datetime) -> NativeClock:
    stage = ((raw / "stage").maybe_text() or "").lower()
    due = (raw / "breach_at").maybe_instant() if stage == "active" else None
    return NativeClock(
        name=(raw / "metric").maybe_text() or "sla",
        due=due,
        breached=due is not None and due < now,
        paused=stage == "paused",
    )
