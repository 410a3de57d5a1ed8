"""`escalation-bridge cases` and `explain`, and what a person can say about a case: what the bridge did, and why."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from escalation_bridge.attention import lines_of_attention
from escalation_bridge.cli.case_rules import rules_of, silence_line, silenced_ladder
from escalation_bridge.cli.case_tables import field_labels, print_case, print_timeline
from escalation_bridge.cli.connections import print_connections, tell_connections
from escalation_bridge.cli.limits import print_limits
from escalation_bridge.cli.options import ConfigOption
from escalation_bridge.cli.running import opened_store
from escalation_bridge.cli.terminal import Console, say
from escalation_bridge.configfile import load_document
from escalation_bridge.connection import utc_now
from escalation_bridge.domain import events
from escalation_bridge.domain.cases import CaseState, CaseView, TimelineEntry
from escalation_bridge.domain.clocks import ClockState
from escalation_bridge.domain.events import EventKind, TicketEvent
from escalation_bridge.domain.pointers import link_health
from escalation_bridge.domain.policy import Metric
from escalation_bridge.domain.routes import Side
from escalation_bridge.domain.tickets import TicketRef
from escalation_bridge.errors import BridgeError
from escalation_bridge.store import casefile, casetroubles, caseviews, connectionstates, wakes
from escalation_bridge.store.casetroubles import CaseTrouble
from escalation_bridge.store.requestbudgets import load_budgets

_DUE_FORMATS = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
_FARTHEST_DUE = timedelta(days=3653)
"""A mistyped year; calendars end, too, and a case whose clock cannot be computed would be set aside."""
MetricArgument = Annotated[
    Metric, typer.Argument(metavar="METRIC", help="first_response, next_response, ...")
]
_LARGEST_NUMBER = 2**63 - 1
"""Of a case; what is larger makes the database driver fail instead of finding nothing."""
CaseArgument = Annotated[
    str,
    typer.Argument(
        metavar="CASE", help="A case number, a ticket's key (ENG-24, #35436), or connection:ticket-id."
    ),
]


def list_cases(
    config: ConfigOption = Path("bridge.yaml"),
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
) -> None:
    """List cases, and everything that an admin has to look at."""
    now = utc_now()
    with opened_store(config) as (database, _), database.read() as transaction:
        rows = caseviews.list_cases(transaction, limit)
        views = caseviews.load_cases(transaction, [row[0] for row in rows])
        budgets = load_budgets(transaction, now)
        troubles = (*lines_of_attention(transaction, now), *tell_connections(transaction, now))
    table = Table(title="Cases", title_justify="left")
    for heading in ("case", "ticket", "subject", "state", "due", "links", "next look"):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, max_width=40)
    for case_id, origin, state, wake_at in rows:
        view = views[case_id]
        ticket = view.tickets.get(origin)
        named = (f"{origin.connection} {ticket.key}", ticket.subject) if ticket else (str(origin), "")
        running = (clock for clock in view.clocks if clock.state is ClockState.RUNNING)
        due = min((clock.due for clock in running if clock.due and not clock.breached_at), default=None)
        look = _minute(wake_at) or "at the next event"
        told = (*named, state, _minute(due), _links_in_short(view, now), look)
        table.add_row(str(case_id), *map(escape, told))
    Console().print(table)
    print_limits(Console(), budgets, now)
    print_connections(Console(), troubles)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else ""


def _links_in_short(view: CaseView, now: datetime) -> str:
    """How the links of a case are: the key of each linked ticket, and what is the matter with it."""
    said = []
    for link in view.links:
        ticket = view.tickets.get(link.linked)
        health = link_health(view, link, now).code
        said.append(
            (ticket.key if ticket else str(link.linked)) + ("" if health == "in_step" else f" ({health})")
        )
    return ", ".join(said)


def explain(case: CaseArgument, config: ConfigOption = Path("bridge.yaml")) -> None:
    """Show what happened to a case and what it is waiting for."""
    with opened_store(config) as (database, settings), database.read() as transaction:
        case_id = find_case(transaction, case)
        view = caseviews.load_case(transaction, case_id)
        entries = caseviews.load_timeline(transaction, case_id)
        trouble = casetroubles.troubles_of(transaction, [case_id]).get(case_id)
        silenced = silenced_ladder(view, rules_of(transaction, view, config))
        language = settings.language
    console = Console()
    if trouble is not None:
        console.print(escape(_in_trouble(trouble)), style="red", highlight=False)
    print_case(console, view, language, field_labels(load_document(config)))
    if silenced is not None:
        console.print(silence_line(view, silenced, language), markup=False)
    print_timeline(console, entries, language)


def _in_trouble(trouble: CaseTrouble) -> str:
    """Why nothing happens in a case."""
    since = f"Failing since {_minute(trouble.since)}, {trouble.failures} times in a row: {trouble.error}"
    if trouble.dropped_at is not None:
        return f"{since}. Dropped {_minute(trouble.dropped_at)}; escalation-bridge dead retry {trouble.case_id} takes that back"
    aside = "Set aside; " if trouble.set_aside_at else ""
    return f"{since}. {aside}next try {_minute(trouble.next_try)}"


def choose(
    case: CaseArgument,
    side: Annotated[
        Side, typer.Argument(help="Whose value counts: origin (the customer's ticket) or linked.")
    ],
    field: Annotated[
        str | None, typer.Argument(help="status, priority, ...; left out: all that wait.")
    ] = None,
    config: ConfigOption = Path("bridge.yaml"),
) -> None:
    """Choose whose value counts where both tickets changed.

    For a link, or a field of one, that is on hold because of it.
    """
    now = utc_now()
    with opened_store(config) as (database, _), database.read() as transaction:
        view = caseviews.load_case(transaction, find_case(transaction, case))
    waiting = sorted(_in_conflict(view))
    if not waiting or (field is not None and field.casefold() not in map(str.casefold, waiting)):
        known = f" What waits: {', '.join(waiting)}." if waiting else ""
        raise BridgeError(
            f"case {view.id}: there is nothing to choose{f' about {field}' if field else ''}.{known}"
        )
    entry = TimelineEntry(now, "chosen_outside", {"side": side.value, "what": field or ", ".join(waiting)})
    number = _happened(config, case, lambda: events.chosen(side.value, field, now), entry)
    say(f"Case {number}: the {side} ticket's value counts ({field or ', '.join(waiting)}).")


def _in_conflict(view: CaseView) -> Iterator[str]:
    for link in view.links:
        if link.hold is not None and link.hold.reason == "status_conflict":
            yield "status"
        held = ((key, state.hold) for key, state in link.fields.items())
        yield from (
            hold.facts.get("key", key)
            for key, hold in held
            if hold is not None and hold.reason == "field_conflict"
        )


def release(
    connection: Annotated[str, typer.Argument(help="The connection's name.")],
    config: ConfigOption = Path("bridge.yaml"),
) -> None:
    """Release a connection that is on hold.

    Look first at why it is; what waited for it goes on by itself.
    """
    known = load_document(config).keys(("connections",))
    if connection not in known:
        raise BridgeError(f"there is no connection {connection}; known: {', '.join(known)}")
    with opened_store(config) as (database, _), database.write() as transaction:
        released = connectionstates.release(transaction, connection)
    say(f"{connection}: {'released' if released else 'was not held'}.")


def acknowledge(
    case: CaseArgument,
    by: Annotated[str, typer.Option(envvar="USER", help="Who has taken the case on.")] = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
) -> None:
    """Take a case on: its ladder stops, its clocks go on."""
    now = utc_now()
    entry = TimelineEntry(now, "acknowledged", {"by": by})
    number = _happened(config, case, lambda: events.acknowledged(by, now), entry, check=_refuse_closed)
    say(f"Case {number}: acknowledged by {by}.")


def set_due(
    case: CaseArgument,
    metric: MetricArgument,
    due: Annotated[datetime, typer.Argument(formats=_DUE_FORMATS, help="The new due in UTC.")],
    config: ConfigOption = Path("bridge.yaml"),
) -> None:
    """Set the due time of a running clock by hand.

    Neither pauses nor other targets move it until it is cleared.
    """
    at = due.replace(tzinfo=UTC)
    if abs(at - utc_now()) > _FARTHEST_DUE:
        raise BridgeError(
            f"{at:%Y-%m-%d} is more than ten years away: write the due as YYYY-MM-DD HH:MM in UTC"
        )

    def check(view: CaseView) -> None:
        _refuse_closed(view)
        if not any(clock.metric is metric and clock.state.is_open for clock in view.clocks):
            raise BridgeError(f"case {view.id} has no open {metric} clock; {_clocks_in_short(view)}")

    number = _happened(config, case, lambda: events.due_set(metric, at, utc_now()), check=check)
    say(f"Case {number}: the due of {metric} is {at:%Y-%m-%d %H:%M:%S} UTC.")


def clear_due(case: CaseArgument, metric: MetricArgument, config: ConfigOption = Path("bridge.yaml")) -> None:
    """Clear a due time that was set by hand.

    The computed one counts again.
    """

    def check(view: CaseView) -> None:
        _refuse_closed(view)
        set_last = [
            event for event in events.order(view.events) if event.metric == metric and _sets_a_due(event)
        ]
        if not set_last or set_last[-1].due is None:
            raise BridgeError(f"case {view.id}: no due of {metric} was set by hand; {_clocks_in_short(view)}")

    number = _happened(config, case, lambda: events.due_set(metric, None, utc_now()), check=check)
    say(f"Case {number}: the due of {metric} is computed again.")


def _sets_a_due(event: TicketEvent) -> bool:
    return event.kind is EventKind.DUE_SET


def _refuse_closed(view: CaseView) -> None:
    if view.state is CaseState.CLOSED:
        raise BridgeError(
            f"case {view.id} is closed: its clocks and its ladder have ended, nothing was changed"
        )


def _clocks_in_short(view: CaseView) -> str:
    clocks = ", ".join(f"{clock.metric} {clock.cycle} ({clock.state})" for clock in view.clocks)
    return f"its clocks: {clocks}" if clocks else "it has no clocks"


def _happened(
    config: Path,
    case: str,
    what: Callable[[], TicketEvent],
    entry: TimelineEntry | None = None,
    *,
    check: Callable[[CaseView], None] = lambda _view: None,
) -> int:
    """Write an event into a case's history, and wake the case.

    Raises:
        BridgeError: There is no such case, or `check` finds that the event would have no effect.
    """
    with opened_store(config) as (database, _), database.write() as transaction:
        case_id = find_case(transaction, case)
        check(caseviews.load_case(transaction, case_id))
        casefile.save_events(transaction, case_id, [what()])
        casefile.save_timeline(transaction, case_id, [entry] if entry else [])
        wakes.wake(transaction, case_id, utc_now(), "a person")
    return case_id


def find_case(transaction: sa.Connection, case: str) -> int:
    """The case of a number, of connection:ticket-id, or of what people call one of its tickets.

    Raises:
        BridgeError: There is none.
    """
    if case.isdecimal():
        number = int(case)
        if number <= _LARGEST_NUMBER and caseviews.exists(transaction, number):
            return number
    elif ":" in case:
        found = caseviews.find_case(transaction, TicketRef(*case.split(":", 1)))
        if found is not None:
            return found
    keyed = caseviews.find_by_key(transaction, case)
    if len(keyed) == 1:
        return keyed[0]
    if keyed:
        numbers = ", ".join(map(str, keyed))
        raise BridgeError(f"{case} belongs to the cases {numbers}: name one of them by its number")
    raise BridgeError(f"there is no case {case}; `escalation-bridge cases` lists them")
