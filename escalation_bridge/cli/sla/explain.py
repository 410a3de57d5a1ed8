"""`escalation-bridge sla explain`: how the due times of a case are computed, the vendor's own clocks, and who owned the work."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from escalation_bridge.cli.cases.case_rules import rules_of, silence_line, silenced_ladder
from escalation_bridge.cli.cases.cases import CaseArgument, find_case
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.terminal import print_line
from escalation_bridge.cli.running import opened_store
from escalation_bridge.cli.sla.times import absent_lines, time_dicts, time_lines
from escalation_bridge.config.zone_data import choose
from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.case.terms import swaps_in
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.escalation.case_hand_offs import case_hand_offs
from escalation_bridge.domain.sla.calendar import ALWAYS, Calendar
from escalation_bridge.domain.sla.calendar_swaps import counted_by
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import order
from escalation_bridge.domain.sla.hand_offs import HandOff, Party, working_seconds
from escalation_bridge.domain.sla.ledger import Ledger, as_dict, make_ledger, zulu
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.domain.sla.promises import Absence, absences
from escalation_bridge.domain.sla.vendor_clocks import Comparison, Verdict, compare
from escalation_bridge.messages.catalogue import phrase
from escalation_bridge.messages.ledger import exact_duration, ledger_lines, local_instant, span_ends
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_views, vendor_clocks
from escalation_bridge.store.cases.vendor_clocks import NativeReading

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def explain(
    case: CaseArgument, *, as_json: AsJson = False, config: ConfigOption = Path("bridge.yaml")
) -> None:
    """Show how the due times of a case are computed: each counted span, each pause, each holiday.

    Uses the database and the rules under which the case was opened. It makes no request and needs no secret.
    """
    with opened_store(config) as (database, settings), database.read() as transaction:
        case_id = find_case(transaction, case)
        view = case_views.load_case(transaction, case_id)
        reading = vendor_clocks.load_native(transaction, case_id)
        rules = rules_of(transaction, view, config)
        language = settings.language
    account = make_account(view, rules, reading, utc_now())
    if as_json:
        print_line(json.dumps(account_dict(account), indent=2))
    else:
        print_line("\n".join(account_lines(account, language)))


@dataclass(frozen=True, slots=True)
class Account:
    """The explanation of a case.

    Attributes:
        unexplained: Clocks whose calendar is no longer in the configuration.
        calendar: The calendar of the hand-offs: that of the case's clocks.
        absent: Clocks that do not exist although the policy has a target for them.
        silenced: The policy whose `enforce_from` is after the opening of the ticket, so that no step is carried out.
    """

    view: CaseView
    at: datetime
    ledgers: tuple[Ledger, ...]
    unexplained: tuple[Clock, ...]
    reading: NativeReading | None
    comparisons: tuple[Comparison, ...]
    hand_offs: tuple[HandOff, ...]
    calendar: Calendar
    absent: tuple[Absence, ...] = ()
    silenced: Policy | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.calendar.spec.timezone)


def make_account(view: CaseView, rules: Rules, reading: NativeReading | None, now: datetime) -> Account:
    """Compute the explanation as of `now`."""
    now = now.replace(microsecond=0)
    decision = decide(view, rules, now)
    clocks = decision.clocks
    swaps = swaps_in(order((*view.events, *decision.happened)))
    origin = view.tickets.get(view.origin)
    calendars = {policy.calendar_name: policy.calendar for policy in rules.policies}
    calendars |= {
        each.calendar_name: each.calendar for each in rules.contracts if each.calendar and each.calendar_name
    }
    calendars = {name: counted_by(calendar, swaps) for name, calendar in calendars.items()}
    found = [(clock, calendars.get(clock.calendar)) for clock in clocks]
    return Account(
        view=view,
        at=now,
        ledgers=tuple(make_ledger(clock, calendar, now) for clock, calendar in found if calendar),
        unexplained=tuple(clock for clock, calendar in found if calendar is None),
        reading=reading,
        comparisons=compare(reading.clocks, clocks) if reading else (),
        hand_offs=case_hand_offs(view, now, view.linked_events),
        calendar=next((calendar for _, calendar in found if calendar), ALWAYS),
        absent=absences(
            rules.policy_for(origin, view.classification),
            origin,
            view.classification.severity,
            view.events,
            clocks,
        )
        if origin
        else (),
        silenced=silenced_ladder(view, rules),
    )


# --- as text --------------------------------------------------------------------------------------------------------


def account_lines(account: Account, language: str) -> Iterator[str]:
    """The explanation, line by line."""
    view = account.view
    ticket = view.tickets.get(view.origin)
    at = local_instant(account.at, account.zone, language)
    key = ticket.key if ticket else ""
    yield phrase("ledger", "case", language, case=view.id, ticket=view.origin, key=key, at=at)
    if not account.ledgers and not account.unexplained and not account.absent:
        yield ""
        yield phrase("ledger", "nothing", language)
    yield phrase("ledger", "zones", language, zones=choose())
    if account.silenced is not None:
        yield ""
        yield silence_line(view, account.silenced, language)
    for ledger in account.ledgers:
        yield ""
        yield from ledger_lines(ledger, language)
    for clock in account.unexplained:
        yield ""
        yield phrase(
            "ledger",
            "no_calendar",
            language,
            name=clock.metric,
            cycle=clock.cycle,
            calendar=clock.calendar,
            used=exact_duration(clock.used_seconds),
            target=exact_duration(clock.target_seconds),
        )
    yield from absent_lines(account.absent, view.origin.connection, language)
    yield from time_lines(view.events, account.zone, language)
    yield from _native_lines(account, language)
    yield from _hand_off_lines(account, language)


def _native_lines(account: Account, language: str) -> Iterator[str]:
    reading = account.reading
    if reading is None:
        return
    yield ""
    read_at = local_instant(reading.read_at.replace(microsecond=0), account.zone, language)
    connection = account.view.origin.connection
    yield phrase("native", "title", language, connection=connection, at=read_at) + ":"
    if reading.trouble:
        yield "  " + phrase("native", "trouble", language, trouble=" ".join(reading.trouble.split()))
    for comparison in account.comparisons:
        native = comparison.native
        parts = [_native_state(comparison, account.zone, language)]
        if native.breached:
            parts.append(phrase("native", "broken", language))
        parts.append(_verdict(comparison, language))
        yield f"  {native.name}: {', '.join(parts)}"


def _native_state(comparison: Comparison, zone: ZoneInfo, language: str) -> str:
    native = comparison.native
    if native.due is not None:
        at = local_instant(native.due.replace(microsecond=0), zone, language)
        return phrase("native", "due", language, at=at)
    return phrase("native", "paused" if native.paused else "still", language)


def _verdict(comparison: Comparison, language: str) -> str:
    clock, drift = comparison.clock, comparison.drift_seconds or 0
    facts: dict[str, object] = {}
    if clock is not None:
        facts = {"metric": clock.metric, "state": phrase("word", clock.state, language)}
    if comparison.verdict is Verdict.DRIFTS:
        facts["drift"] = exact_duration(abs(drift))
        facts["direction"] = phrase("native", "after" if drift > 0 else "before", language)
    return phrase("native", str(comparison.verdict), language, **facts)


def _hand_off_lines(account: Account, language: str) -> Iterator[str]:
    if not account.hand_offs:
        return
    yield ""
    yield phrase("hand_offs", "title", language) + ":"
    for hand_off in account.hand_offs:
        ends = span_ends(hand_off.start, hand_off.end, account.zone, language)
        yield "  " + phrase("hand_offs", "line", language, **ends, party=_party(hand_off.party, language))
    taken = working_seconds(account.hand_offs, account.calendar)
    for party, seconds in taken.items():
        facts = {"party": _party(party, language), "seconds": exact_duration(seconds)}
        yield "  " + phrase("hand_offs", "taken", language, **facts)
    yield "  " + phrase("hand_offs", "whole", language, seconds=exact_duration(sum(taken.values())))


def _party(party: Party, language: str) -> str:
    return phrase("hand_offs", str(party.kind), language, connection=party.connection)


# --- as JSON --------------------------------------------------------------------------------------------------------


def account_dict(account: Account) -> dict[str, object]:
    """The explanation in plain JSON values; instants in UTC."""
    reading = account.reading
    return {
        "case": account.view.id,
        "ticket": str(account.view.origin),
        "at": zulu(account.at),
        "clocks": [as_dict(ledger) for ledger in account.ledgers],
        "zone_rules": {"version": choose().version, "source": choose().source},
        "ladder_silenced": None
        if account.silenced is None
        else {"policy": account.silenced.name, "enforce_from": zulu(account.silenced.enforce_from)},
        "without_calendar": [
            {"clock": str(c.metric), "cycle": c.cycle, "calendar": c.calendar} for c in account.unexplained
        ],
        "not_there": [{"clock": str(each.metric), "why": str(each.why)} for each in account.absent],
        "status_changes": time_dicts(account.view.events),
        "native": None
        if reading is None
        else {
            "read_at": zulu(reading.read_at.replace(microsecond=0)),
            "trouble": reading.trouble,
            "clocks": [_comparison_dict(each) for each in account.comparisons],
        },
        "hand_offs": [
            {
                "from": zulu(hand_off.start),
                "to": zulu(hand_off.end),
                "party": str(hand_off.party.kind),
                "connection": hand_off.party.connection or None,
                "working_seconds": account.calendar.elapsed(hand_off.start, hand_off.end),
            }
            for hand_off in account.hand_offs
        ],
    }


def _comparison_dict(comparison: Comparison) -> dict[str, object]:
    native, clock = comparison.native, comparison.clock
    return {
        "name": native.name,
        "native_due": zulu(native.due.replace(microsecond=0)) if native.due else None,
        "paused": native.paused,
        "breached": native.breached,
        "clock": str(clock.metric) if clock else None,
        "cycle": clock.cycle if clock else None,
        "due": zulu(clock.due) if clock else None,
        "verdict": str(comparison.verdict),
        "drift_seconds": comparison.drift_seconds,
    }
