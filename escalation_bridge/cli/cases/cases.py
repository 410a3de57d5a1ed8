"""`escalation-bridge explain`, and the commands that change a case."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape

from escalation_bridge.cli.cases.case_documents import case_document
from escalation_bridge.cli.cases.case_rules import rules_of, silence_line, silenced_ladder
from escalation_bridge.cli.cases.case_tables import field_labels, print_case, print_timeline
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, iso, print_json, second
from escalation_bridge.cli.console.terminal import Console
from escalation_bridge.cli.running import opened_store
from escalation_bridge.configfile import load_document
from escalation_bridge.domain.case.cases import CaseState, CaseView, TimelineEntry
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_file, case_troubles, case_views
from escalation_bridge.store.cases.case_troubles import CaseTrouble
from escalation_bridge.store.connections import connection_troubles
from escalation_bridge.store.queue import wakes

_DUE_FORMATS = [
    *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
    *("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M UTC"),
]
_FARTHEST_DUE = timedelta(days=3653)
"""A later year is a typing error. Calendars end, too, and a case whose clock cannot be computed would be set aside."""
MetricArgument = Annotated[
    Metric, typer.Argument(metavar="METRIC", help="first_response, next_response, ...")
]
_LARGEST_NUMBER = 2**63 - 1
"""The largest number of a case. A larger one makes the database driver fail instead of finding nothing."""
CaseArgument = Annotated[
    str,
    typer.Argument(
        metavar="CASE", help="A case number, a ticket's key (ENG-24, #35436), or connection:ticket-id."
    ),
]


def explain(
    case: CaseArgument, config: ConfigOption = Path("bridge.yaml"), *, as_json: AsJson = False
) -> None:
    """Show what happened to a case and what it is waiting for."""
    with opened_store(config) as (database, settings), database.read() as transaction:
        case_id = find_case(transaction, case)
        view = case_views.load_case(transaction, case_id)
        entries = case_views.load_timeline(transaction, case_id)
        trouble = case_troubles.troubles_of(transaction, [case_id]).get(case_id)
        silenced = silenced_ladder(view, rules_of(transaction, view, config))
        language = settings.language
    if as_json:
        policy = silenced.name if silenced else None
        print_json(case_document(view, entries, trouble, policy, language, utc_now()))
        return
    console = Console()
    if trouble is not None:
        console.print(escape(_in_trouble(trouble)), style="red", highlight=False)
    print_case(console, view, language, field_labels(load_document(config)))
    if silenced is not None:
        console.print(silence_line(view, silenced, language), markup=False)
    print_timeline(console, entries, language)


def _in_trouble(trouble: CaseTrouble) -> str:
    """Why nothing happens in a case."""
    since = f"Failing since {second(trouble.since)}, {trouble.failures} times in a row: {trouble.error}"
    if trouble.dropped_at is not None:
        return f"{since}. Dropped {second(trouble.dropped_at)}; escalation-bridge dead retry {trouble.case_id} undoes this"
    aside = "Set aside; " if trouble.set_aside_at else ""
    return f"{since}. {aside}next try {second(trouble.next_try)}"


def choose(
    case: CaseArgument,
    side: Annotated[
        Side, typer.Argument(help="Whose value counts: origin (the customer's ticket) or linked.")
    ],
    field: Annotated[
        str | None,
        typer.Argument(help="status, priority, ...; by default everything that waits for a choice."),
    ] = None,
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Choose whose value counts where both tickets changed.

    For a link, or a field of one, that is on hold for this reason.
    """
    now = utc_now()
    with opened_store(config) as (database, _), database.read() as transaction:
        view = case_views.load_case(transaction, find_case(transaction, case))
    waiting = sorted(_in_conflict(view))
    if not waiting or (field is not None and field.casefold() not in map(str.casefold, waiting)):
        known = f" Waiting: {', '.join(waiting)}." if waiting else ""
        raise BridgeError(
            f"case {view.id}: there is nothing to choose{f' about {field}' if field else ''}.{known}"
        )
    entry = TimelineEntry(now, "chosen_outside", {"side": side.value, "what": field or ", ".join(waiting)})
    number = _happened(config, case, lambda: events.chosen(side.value, field, now), entry)
    fields = [field] if field else waiting
    text = f"Case {number}: the {side} ticket's value counts ({', '.join(fields)})."
    answer(text, as_json=as_json, case=number, side=side.value, fields=fields)


def _in_conflict(view: CaseView) -> Iterator[str]:
    for link in view.links:
        if link.hold is not None and link.hold.reason.is_conflict:
            yield "status"
        held = ((key, state.hold) for key, state in link.fields.items())
        yield from (
            hold.facts.get("key", key) for key, hold in held if hold is not None and hold.reason.is_conflict
        )


def release(
    connection: Annotated[str, typer.Argument(help="The connection's name.")],
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Release a connection that is on hold.

    First check the reason. Pending writes continue automatically.
    """
    known = load_document(config).keys(("connections",))
    if connection not in known:
        raise BridgeError(f"there is no connection {connection}; known: {', '.join(known)}")
    with opened_store(config) as (database, _), database.write() as transaction:
        released = connection_troubles.release(transaction, connection)
    text = f"{connection}: {'released' if released else 'was not held'}."
    answer(text, as_json=as_json, connection=connection, released=bool(released))


def acknowledge(
    case: CaseArgument,
    by: Annotated[str, typer.Option(envvar="USER", help="Who takes the case.")] = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Acknowledge a case: its ladder stops, its clocks continue."""
    now = utc_now()
    entry = TimelineEntry(now, "acknowledged", {"by": by})
    number = _happened(config, case, lambda: events.acknowledged(by, now), entry, check=_refuse_closed)
    answer(
        f"Case {number}: acknowledged by {by}.", as_json=as_json, case=number, acknowledged_by=by, at=iso(now)
    )


def set_due(
    case: CaseArgument,
    metric: MetricArgument,
    due: Annotated[datetime, typer.Argument(formats=_DUE_FORMATS, help="The new due time in UTC.")],
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Set the due time of a running clock by hand.

    Neither pauses nor other targets move it until it is cleared.
    """
    at = due.replace(tzinfo=UTC)
    if abs(at - utc_now()) > _FARTHEST_DUE:
        raise BridgeError(
            f"{at:%Y-%m-%d} is more than ten years away: write the due time as YYYY-MM-DD HH:MM in UTC"
        )

    def check(view: CaseView) -> None:
        _refuse_closed(view)
        if not any(clock.metric is metric and clock.state.is_open for clock in view.clocks):
            raise BridgeError(f"case {view.id} has no open {metric} clock; {_clocks_in_short(view)}")

    number = _happened(config, case, lambda: events.due_set(metric, at, utc_now()), check=check)
    text = f"Case {number}: the due time of {metric} is {second(at)}."
    answer(text, as_json=as_json, case=number, metric=metric.value, due=iso(at))


def clear_due(
    case: CaseArgument,
    metric: MetricArgument,
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Clear a due time that was set by hand.

    The computed due time applies again.
    """

    def check(view: CaseView) -> None:
        _refuse_closed(view)
        set_last = [
            event for event in events.order(view.events) if event.metric == metric and _sets_a_due(event)
        ]
        if not set_last or set_last[-1].due is None:
            raise BridgeError(
                f"case {view.id}: no due time of {metric} was set by hand; {_clocks_in_short(view)}"
            )

    number = _happened(config, case, lambda: events.due_set(metric, None, utc_now()), check=check)
    text = f"Case {number}: the due time of {metric} is computed again."
    answer(text, as_json=as_json, case=number, metric=metric.value, due_set_by_hand=False)


def _sets_a_due(event: TicketEvent) -> bool:
    return event.kind is EventKind.DUE_SET


def _refuse_closed(view: CaseView) -> None:
    if view.state is CaseState.CLOSED:
        raise BridgeError(
            f"case {view.id} is closed: its clocks and its ladder have ended; nothing was changed"
        )


def _clocks_in_short(view: CaseView) -> str:
    clocks = ", ".join(f"{clock.metric} {clock.cycle} ({clock.state})" for clock in view.clocks)
    return f"its clocks: {clocks}" if clocks else "it has no clocks"


def _happened(
    config: Path,
    case: str,
    event: Callable[[], TicketEvent],
    entry: TimelineEntry | None = None,
    *,
    check: Callable[[CaseView], None] = lambda _view: None,
) -> int:
    """Write an event into a case's history, and wake the case.

    Raises:
        BridgeError: There is no such case, or `check` shows that the event would have no effect.
    """
    with opened_store(config) as (database, _), database.write() as transaction:
        case_id = find_case(transaction, case)
        check(case_views.load_case(transaction, case_id))
        case_file.save_events(transaction, case_id, [event()])
        case_file.save_timeline(transaction, case_id, [entry] if entry else [])
        wakes.wake(transaction, case_id, utc_now(), "a person")
    return case_id


def find_case(transaction: sa.Connection, case: str) -> int:
    """Find a case by its number, by connection:ticket-id, or by the key of one of its tickets.

    Raises:
        BridgeError: There is none.
    """
    if case.isdecimal():
        number = int(case)
        if number <= _LARGEST_NUMBER and case_views.exists(transaction, number):
            return number
    elif ":" in case:
        found = case_views.find_case(transaction, TicketRef(*case.split(":", 1)))
        if found is not None:
            return found
    keyed = case_views.find_by_key(transaction, case)
    if len(keyed) == 1:
        return keyed[0]
    if keyed:
        numbers = ", ".join(map(str, keyed))
        raise BridgeError(f"{case} belongs to several cases: {numbers}: name one of them by its number")
    raise BridgeError(f"there is no case {case}; `escalation-bridge cases` lists them")
