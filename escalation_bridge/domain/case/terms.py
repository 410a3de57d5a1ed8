"""Changes of terms: calendars, targets and policies before and after."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.sla.calendar_swaps import Swap, counted_by, shortened
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.events import EventKind, TicketEvent, calendar_swapped
from escalation_bridge.domain.sla.policy import Metric, Policy


def calendar_in_force(view: CaseView) -> str | None:
    """The name of the calendar that the clocks used so far; None: there was none."""
    swaps = [event.swap for event in view.events if event.kind is EventKind.CALENDAR and event.swap]
    if swaps:
        return swaps[-1].then
    return next((clock.calendar for clock in reversed(view.clocks)), None)


def swap_of_calendars(
    view: CaseView,
    earlier: Calendar | None,
    policy: Policy | None,
    now: datetime,
    since: datetime | None = None,
) -> TicketEvent | None:
    """The event of a calendar change; None if it is the same one.

    Args:
        view: The case.
        earlier: The earlier calendar; None: there was none, or it is unknown.
        policy: What is promised now.
        now: The instant.
        since: From when on it counts; None: since the ticket changed.
    """
    if earlier is None or policy is None or earlier.spec == policy.calendar.spec:
        return None
    origin = view.tickets[view.origin]
    swaps = [event.at for event in view.events if event.kind is EventKind.CALENDAR]
    # The change counts from the vendor's time, even if the bridge read it late.
    changed = since or min(origin.updated_at or now, now)
    at = max([changed, origin.created_at, *swaps]).replace(microsecond=0)
    spec = shortened(earlier.spec, origin.created_at, at)
    return calendar_swapped(calendar_in_force(view) or "", policy.calendar_name, spec, at, len(swaps))


def swaps_in(events: Iterable[TicketEvent]) -> list[Swap]:
    """The earlier calendars, oldest first."""
    return [(event.at, event.swap.spec) for event in events if event.swap is not None]


def as_counted(policy: Policy | None, events: Sequence[TicketEvent]) -> Policy | None:
    """The policy with a calendar that includes the earlier ones."""
    swaps = swaps_in(events)
    return replace(policy, calendar=counted_by(policy.calendar, swaps)) if policy and swaps else policy


def with_retargets(
    clocks: tuple[Clock, ...],
    recorded: tuple[Clock, ...],
    promised: frozenset[Metric] | None,
    now: datetime,
    version: int | None = None,
) -> tuple[Clock, ...]:
    """The clocks, with the time since when their current terms apply, if that is not their start.

    Args:
        clocks: As they are now.
        recorded: As they were when the case was last looked at.
        promised: What was promised then; None: this is the first look.
        now: The instant.
        version: Under which version of the rules the case is.
    """
    before = {(clock.metric, clock.started_at): clock for clock in recorded}

    def since(clock: Clock) -> datetime | None:
        old = before.get((clock.metric, clock.started_at))
        if old is None:
            return now if promised is not None and clock.metric not in promised else None
        if old.state is ClockState.NOT_APPLICABLE and clock.state is not ClockState.NOT_APPLICABLE:
            return now
        reprocessed = old.rules_version not in (None, version)
        moved = reprocessed or _terms(old) != _terms(clock) or is_moved_by_calendar(old, clock)
        return now if moved else old.retargeted_at

    return tuple(replace(clock, retargeted_at=since(clock), rules_version=version) for clock in clocks)


def _terms(clock: Clock) -> tuple[object, ...]:
    by_hand = clock.due if clock.manual else None
    return clock.policy, clock.calendar, clock.target_seconds, clock.manual, by_hand


def is_moved_by_calendar(old: Clock, clock: Clock) -> bool:
    """Whether a running clock's due time moved only because of its calendar."""
    if not (old.state is clock.state is ClockState.RUNNING) or old.manual or clock.manual:
        return False
    course = (old.started_at, old.pauses, old.target_seconds)
    return course == (clock.started_at, clock.pauses, clock.target_seconds) and old.due != clock.due
