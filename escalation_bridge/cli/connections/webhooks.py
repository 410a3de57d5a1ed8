"""`escalation-bridge webhooks`: those that are quarantined, set aside or waiting, and the commands for them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, iso, print_json, second
from escalation_bridge.cli.console.terminal import Console, print_line
from escalation_bridge.cli.running import opened_store
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.webhooks import set_aside
from escalation_bridge.store.webhooks.deliveries import DeliveryState
from escalation_bridge.store.webhooks.set_aside import FOR_A_PERSON, KeptDelivery

app = typer.Typer(
    help="List, show, replay or drop webhooks that could not be processed.",
    no_args_is_help=True,
)

_LARGEST_NUMBER = 2**63 - 1
_MOST_AT_ONCE = 10_000
ByOption = Annotated[str, typer.Option(envvar="USER", help="Who does this; it is recorded.")]
NumberArgument = Annotated[int, typer.Argument(metavar="ID", help="A webhook's number, as `list` shows it.")]
NumbersArgument = Annotated[
    list[int] | None, typer.Argument(metavar="[ID]...", help="Webhooks' numbers.", show_default=False)
]
AllOption = Annotated[bool, typer.Option("--all", help="All that are quarantined or set aside.")]
OfConnection = Annotated[str | None, typer.Option("--connection", help="Only those of this connection.")]


class Kind(StrEnum):
    """The states to list: QUARANTINED could not be read, SET_ASIDE failed several times, WAITING will be routed."""

    QUARANTINED = "quarantined"
    SET_ASIDE = "set-aside"
    WAITING = "waiting"

    @property
    def state(self) -> DeliveryState:
        """The name in the database."""
        return {
            Kind.QUARANTINED: DeliveryState.QUARANTINED,
            Kind.SET_ASIDE: DeliveryState.SET_ASIDE,
            Kind.WAITING: DeliveryState.STORED,
        }[self]


@app.command("list")
def list_webhooks(
    config: ConfigOption = Path("bridge.yaml"),
    kind: Annotated[Kind | None, typer.Option(help="Only this state; by default all three.")] = None,
    connection: OfConnection = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """List webhooks that have not reached a case: quarantined, set aside, or waiting to be routed."""
    states = [each.state for each in ([kind] if kind else Kind)]
    with opened_store(config) as (database, _), database.read() as transaction:
        found = set_aside.list_deliveries(transaction, states, limit + 1, connection)
    shown = found[:limit]
    if as_json:
        print_json([_summary(each) for each in shown])
        return
    table = Table(title="Webhooks", title_justify="left")
    for heading in ("id", "connection", "received", "state", "tries", "why"):
        table.add_column(heading, overflow="fold")
    for each in shown:
        row = (str(each.id), each.connection, second(each.received_at), _state(each))
        table.add_row(*map(escape, (*row, str(each.attempts), each.outcome)))
    console = Console(highlight=False)
    console.print(table if shown else "No webhook is quarantined, set aside or waiting.")
    if len(found) > limit:
        console.print(f"There are more than {limit}: --limit shows them.")


def _state(delivery: KeptDelivery) -> str:
    """A delivery's state as people read it."""
    if delivery.state is not DeliveryState.STORED:
        return delivery.state.replace("_", " ")
    if delivery.retry_at is None:
        return "waiting"
    return f"waiting, next try {second(delivery.retry_at)}"


@app.command()
def show(
    number: NumberArgument, config: ConfigOption = Path("bridge.yaml"), *, as_json: AsJson = False
) -> None:
    """Show a webhook as it arrived, and its outcome. Headers with a secret were never stored."""
    with opened_store(config) as (database, _), database.read() as transaction:
        delivery = _load(transaction, number)
    body = delivery.body.decode("utf-8", "backslashreplace")
    if as_json:
        headers = dict(delivery.headers)
        more = {
            "method": delivery.method,
            "headers": headers,
            "body": body,
            "handling": list(delivery.handling),
        }
        print_json(_summary(delivery) | more)
        return
    print_line(f"Webhook {delivery.id} of {delivery.connection}, received {second(delivery.received_at)}")
    print_line(f"State: {_state(delivery)}; tries: {delivery.attempts}")
    if delivery.outcome:
        print_line(f"Outcome: {delivery.outcome}")
    for done in delivery.handling:
        print_line(
            f"{done['what'].capitalize()} by {done['by']} at {second(datetime.fromisoformat(done['at']))}; before: {done['state']}, {done['outcome']}"
        )
    print_line("")
    for name, value in delivery.headers.items():
        print_line(f"{name}: {value}".replace("\n", "\\n"))
    print_line("")
    print_line(body)


_Change = Callable[[sa.Connection, KeptDelivery, str], None]


def _for_many(done: str, result: Callable[[str], str]) -> Callable[[_Change], _Change]:
    """A command that changes the named webhooks, or all that wait for a person: all of them or none.

    Args:
        done: The name of the count in the JSON answer.
        result: The answer about "3 webhooks".
    """

    def register(change: _Change) -> _Change:
        def command(
            numbers: NumbersArgument = None,
            config: ConfigOption = Path("bridge.yaml"),
            *,
            all_of_them: AllOption = False,
            connection: OfConnection = None,
            by: ByOption = "somebody",
            as_json: AsJson = False,
        ) -> None:
            if all_of_them is bool(numbers):
                raise BridgeError(
                    "name webhooks by their numbers, or all that are quarantined or set aside with --all"
                )
            with opened_store(config) as (database, _), database.write() as transaction:
                chosen = _chosen(transaction, numbers or (), connection)
                for delivery in chosen:
                    change(transaction, delivery, by)
            count = len(chosen)
            text = result("1 webhook" if count == 1 else f"{count} webhooks")
            answer(text, as_json=as_json, by=by, **{done: count})

        app.command(change.__name__, help=change.__doc__)(command)
        return change

    return register


@_for_many("replayed", lambda webhooks: f"The worker routes {webhooks} again.")
def replay(transaction: sa.Connection, delivery: KeptDelivery, by: str) -> None:
    """Route webhooks again after the cause was fixed. They are not verified a second time."""
    if delivery.state is DeliveryState.DROPPED:
        raise BridgeError(f"webhook {delivery.id} was dropped: its content is gone")
    set_aside.replay(transaction, delivery, by, utc_now())


@_for_many("dropped", lambda webhooks: f"{webhooks} dropped.")
def drop(transaction: sa.Connection, delivery: KeptDelivery, by: str) -> None:
    """Drop webhooks: their content is deleted, and they are never routed."""
    if delivery.state not in (*FOR_A_PERSON, DeliveryState.STORED):
        raise BridgeError(f"webhook {delivery.id} is {_state(delivery)}: there is nothing to drop")
    set_aside.drop(transaction, delivery, by, utc_now())


def _chosen(
    transaction: sa.Connection, numbers: Sequence[int], connection: str | None
) -> Sequence[KeptDelivery]:
    """The named webhooks; without names all that wait for a person, of a connection or of all."""
    if numbers:
        return [_load(transaction, number, lock=True) for number in sorted(set(numbers))]
    waiting = set_aside.list_deliveries(transaction, FOR_A_PERSON, _MOST_AT_ONCE, connection)
    locked = [_load(transaction, number, lock=True) for number in sorted(each.id for each in waiting)]
    return [each for each in locked if each.state in FOR_A_PERSON]  # nobody else has handled it meanwhile


def _load(transaction: sa.Connection, number: int, *, lock: bool = False) -> KeptDelivery:
    found = set_aside.load_delivery(transaction, number, lock=lock) if 0 < number <= _LARGEST_NUMBER else None
    if found is None:
        raise BridgeError(f"there is no webhook {number}; `escalation-bridge webhooks list` shows them")
    return found


def _summary(delivery: KeptDelivery) -> dict[str, object]:
    is_waiting = delivery.state is DeliveryState.STORED
    return {
        "id": delivery.id,
        "connection": delivery.connection,
        "received_at": iso(delivery.received_at),
        "state": "waiting" if is_waiting else delivery.state.value,
        "tries": delivery.attempts,
        "next_try_at": iso(delivery.retry_at),
        "outcome": delivery.outcome,
        "bytes": len(delivery.body),
    }
