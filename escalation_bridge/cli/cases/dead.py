"""`escalation-bridge dead`: cases that are set aside or whose writes were given up, and the commands for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from escalation_bridge.cli.cases.cases import CaseArgument, find_case
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, iso, print_json, second
from escalation_bridge.cli.console.terminal import Console, print_line
from escalation_bridge.cli.running import opened_store
from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.sla import events
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_file, case_troubles, outbox
from escalation_bridge.store.cases.case_troubles import CaseTrouble
from escalation_bridge.store.cases.outbox import DeadWrite
from escalation_bridge.store.queue import claims, wakes

app = typer.Typer(
    help="List, show, retry or drop cases that could not be worked on.",
    no_args_is_help=True,
)

ByOption = Annotated[str, typer.Option(envvar="USER", help="Who does this; it is recorded.")]


@dataclass(frozen=True, slots=True)
class _Dead:
    """A case that needs a person: it cannot be worked on, or some of its writes were given up, or both."""

    case_id: int
    trouble: CaseTrouble | None
    writes: tuple[DeadWrite, ...]

    @property
    def state(self) -> str:
        if self.trouble is None:
            return "writes given up"
        return "set aside" if self.trouble.set_aside_at else "failing"

    @property
    def error(self) -> str:
        return self.trouble.error if self.trouble else self.writes[-1].error

    def document(self) -> dict[str, object]:
        trouble = self.trouble
        return {
            "case": self.case_id,
            "state": self.state.replace(" ", "_"),
            "error": self.error,
            "failures": trouble.failures if trouble else 0,
            "since": iso(trouble.since) if trouble else None,
            "next_try_at": iso(trouble.next_try) if trouble else None,
            "writes": [
                {
                    "kind": write.kind,
                    "connection": write.connection,
                    "given_up_at": iso(write.at),
                    "error": write.error,
                }
                for write in self.writes
            ],
        }


def _all_dead(transaction: sa.Connection) -> dict[int, _Dead]:
    troubles = case_troubles.all_troubles(transaction)
    writes: Mapping[int, tuple[DeadWrite, ...]] = outbox.dead_writes(transaction)
    return {
        case_id: _Dead(case_id, troubles.get(case_id), writes.get(case_id, ()))
        for case_id in sorted({*troubles, *writes})
    }


@app.command("list")
def list_dead(config: ConfigOption = Path("bridge.yaml"), *, as_json: AsJson = False) -> None:
    """List the cases that cannot be worked on, and those with writes that were given up."""
    with opened_store(config) as (database, _), database.read() as transaction:
        found = list(_all_dead(transaction).values())
    if as_json:
        print_json([each.document() for each in found])
        return
    table = Table(title="Cases that need attention", title_justify="left")
    for heading in ("case", "state", "tries", "writes", "error"):
        table.add_column(heading, overflow="fold")
    for each in found:
        tries = str(each.trouble.failures) if each.trouble else ""
        writes = str(len(each.writes)) if each.writes else ""
        table.add_row(*map(escape, (str(each.case_id), each.state, tries, writes, each.error)))
    Console(highlight=False).print(table if found else "No case is set aside, and no write was given up.")


@app.command()
def show(case: CaseArgument, config: ConfigOption = Path("bridge.yaml"), *, as_json: AsJson = False) -> None:
    """Show why a case is set aside, and which of its writes were given up."""
    with opened_store(config) as (database, _), database.read() as transaction:
        dead = _find(transaction, case)
    if as_json:
        print_json(dead.document())
        return
    print_line(f"Case {dead.case_id}: {dead.state}")
    if dead.trouble is not None:
        one = dead.trouble
        print_line(f"Failed {one.failures} times in a row since {second(one.since)}: {one.error}")
        print_line(f"Next try: {second(one.next_try)}, or when there is news")
    for write in dead.writes:
        when = f", given up {second(write.at)}" if write.at else ""
        print_line(f"{write.kind} at {write.connection}{when}: {write.error}")


@app.command()
def retry(
    case: CaseArgument,
    config: ConfigOption = Path("bridge.yaml"),
    by: ByOption = "somebody",
    *,
    as_json: AsJson = False,
) -> None:
    """Work on a case again, and retry its failed writes, after the cause was fixed."""

    def do(transaction: sa.Connection, dead: _Dead, now: datetime) -> None:
        count = outbox.retry_failed(transaction, dead.case_id)
        case_troubles.forget_troubles(transaction, [dead.case_id])
        case_file.save_events(transaction, dead.case_id, [events.retried(now)])
        facts = {"by": by, "count": str(count)}
        case_file.save_timeline(transaction, dead.case_id, [TimelineEntry(now, "retried_by", facts)])
        wakes.wake(transaction, dead.case_id, now, "retry")

    number = _do_to(config, case, do)
    answer(f"Case {number}: the worker tries again.", as_json=as_json, case=number, retried_by=by)


@app.command()
def drop(
    case: CaseArgument,
    config: ConfigOption = Path("bridge.yaml"),
    by: ByOption = "somebody",
    *,
    as_json: AsJson = False,
) -> None:
    """Stop working on a case that is set aside, and stop reporting its failed writes. `dead retry` undoes this."""

    def do(transaction: sa.Connection, dead: _Dead, now: datetime) -> None:
        if dead.trouble is not None:
            case_troubles.drop(transaction, dead.case_id, now)
        outbox.accept_failed(transaction, dead.case_id, f"dropped by {by}")
        case_file.save_timeline(transaction, dead.case_id, [TimelineEntry(now, "case_dropped", {"by": by})])

    number = _do_to(config, case, do)
    answer(f"Case {number}: dropped.", as_json=as_json, case=number, dropped_by=by)


def _do_to(config: Path, case: str, do: Callable[[sa.Connection, _Dead, datetime], None]) -> int:
    with opened_store(config) as (database, _), database.write() as transaction:
        claims.lock_in_order(
            transaction, [find_case(transaction, case)]
        )  # before its parts, as a worker does
        dead = _find(transaction, case)
        do(transaction, dead, utc_now())
    return dead.case_id


def _find(transaction: sa.Connection, case: str) -> _Dead:
    """The case, which must need a person or have been dropped."""
    case_id = find_case(transaction, case)
    trouble = case_troubles.troubles_of(transaction, [case_id]).get(case_id)
    writes = outbox.dead_writes(transaction, case_id).get(case_id, ())
    if trouble is None and not writes:
        raise BridgeError(f"case {case_id} is not set aside, and none of its writes was given up")
    return _Dead(case_id, trouble, writes)
