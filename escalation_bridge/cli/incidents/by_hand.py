"""`escalation-bridge incidents list`, `show`, `end` and `merge`: incidents that the bridge has found."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.markup import escape

from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, iso, minute, print_json
from escalation_bridge.cli.console.terminal import Console, make_table, print_line
from escalation_bridge.cli.running import opened_store
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.incidents.changes import end_incident, merge_incidents
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_views, stored_incidents

ByOption = Annotated[str, typer.Option(envvar="USER", help="Who does this; it is recorded.")]
IncidentArgument = Annotated[str, typer.Argument(help="An incident: I-3 or 3.")]


def list_incidents(
    *,
    ended: Annotated[bool, typer.Option("--ended", help="Also list those that have ended.")] = False,
    config: ConfigOption = Path("bridge.yaml"),
    as_json: AsJson = False,
) -> None:
    """List incidents, the newest first."""
    with opened_store(config) as (database, _), database.read() as transaction:
        found = [
            _document(transaction, row)
            for row in stored_incidents.list_incidents(transaction, with_ended=ended)
        ]
    if as_json or not found:
        answer("There is no incident.", as_json=as_json, incidents=found)
        return
    table = make_table("incident", "raised", "tickets", "customers", "about", "linked ticket", "state")
    for each in found:
        state = "ended" if each["ended_at"] else "emergency" if each["emergency"] else "open"
        cells = (
            each["raised"],
            each["tickets"],
            each["customers"],
            each["about"],
            each["linked"] or "-",
            state,
        )
        table.add_row(escape(str(each["incident"])), *(escape(str(cell)) for cell in cells))
    Console().print(table)


def show(
    incident: IncidentArgument, *, config: ConfigOption = Path("bridge.yaml"), as_json: AsJson = False
) -> None:
    """Show an incident with its tickets, and why each belongs to it."""
    with opened_store(config) as (database, _), database.read() as transaction:
        row = _find(transaction, incident)
        document = _document(transaction, row)
        tickets = [_ticket(transaction, each) for each in stored_incidents.tickets_of(transaction, row.id)]
    if as_json:
        print_json({**document, "members": tickets})
        return
    print_line(f"{document['incident']}: {document['about']}")
    print_line(
        f"{document['tickets']} tickets of {document['customers']} customers since {document['raised']}"
    )
    if document["places"]:
        print_line(f"places: {', '.join(document['places'])}")
    print_line(f"linked ticket: {document['linked'] or '-'}")
    if document["ended_at"]:
        by = document["ended_by"] or "its linked ticket is done"
        into = f", merged into {document['merged_into']}" if document["merged_into"] else ""
        print_line(f"ended {document['ended_at']}: {by}{into}")
    table = make_table("case", "ticket", "arrived", "why")
    for each in tickets:
        cells = (each["case"], each["key"], each["arrived"], each["why"])
        table.add_row(*(escape(str(cell)) for cell in cells))
    Console().print(table)


def end(
    incident: IncidentArgument,
    *,
    by: ByOption = "",
    config: ConfigOption = Path("bridge.yaml"),
    as_json: AsJson = False,
) -> None:
    """End an incident: each of its tickets gets a note with a drafted reply."""
    with opened_store(config) as (database, _), database.write() as transaction:
        stored_incidents.lock_incidents(transaction)
        row = _find(transaction, incident)
        ended = end_incident(transaction, row.id, by, utc_now())
        tickets = len(stored_incidents.members_of(transaction, row.id))
    text = (
        f"I-{row.id} is ended; {tickets} tickets get their note."
        if ended
        else f"I-{row.id} had ended already."
    )
    answer(text, as_json=as_json, incident=f"I-{row.id}", ended=ended, tickets=tickets)


def merge(
    merged: Annotated[str, typer.Argument(help="The incident that goes: I-4 or 4.")],
    into: Annotated[str, typer.Argument(help="The incident that stays: I-3 or 3.")],
    *,
    by: ByOption = "",
    config: ConfigOption = Path("bridge.yaml"),
    as_json: AsJson = False,
) -> None:
    """Merge an incident into another one: its tickets are linked to the other linked ticket, too."""
    with opened_store(config) as (database, _), database.write() as transaction:
        stored_incidents.lock_incidents(transaction)
        first, second = _find(transaction, merged), _find(transaction, into)
        if first.id == second.id:
            raise BridgeError(f"I-{first.id} cannot be merged into itself")
        for each in (first, second):
            if each.ended_at is not None:
                raise BridgeError(f"I-{each.id} has ended")
        moved = merge_incidents(transaction, first.id, second.id, by, utc_now())
    answer(
        f"{moved} tickets of I-{first.id} belong to I-{second.id} now.",
        as_json=as_json,
        merged=f"I-{first.id}",
        into=f"I-{second.id}",
        tickets=moved,
    )


def _find(transaction: sa.Connection, name: str) -> sa.Row[Any]:
    number = name.upper().removeprefix("I-")
    row = None
    if number.isdecimal() and len(number) < 10:
        row = stored_incidents.find_incident(transaction, int(number))
    if row is None:
        raise BridgeError(f"there is no incident {name}; see `escalation-bridge incidents list --ended`")
    return row


def _document(transaction: sa.Connection, row: sa.Row[Any]) -> dict[str, Any]:
    size = stored_incidents.size_of(transaction, row.id)
    linked = TicketRef(row.linked_connection, row.linked_ticket) if row.linked_connection else None
    return {
        "incident": f"I-{row.id}",
        "about": row.subject,
        "raised_at": iso(row.raised_at),
        "raised": minute(row.raised_at),
        "tickets": size.tickets,
        "customers": size.customers,
        "places": list(size.places),
        "linked": str(linked) if linked else None,
        "emergency": row.emergency,
        "ended_at": iso(row.ended_at),
        "ended_by": row.ended_by,
        "merged_into": f"I-{row.merged_into}" if row.merged_into else None,
    }


def _ticket(transaction: sa.Connection, row: sa.Row[Any]) -> Mapping[str, object]:
    view = case_views.load_case(transaction, row.case_id)
    ticket = view.tickets.get(view.origin)
    shared = json.loads(row.shared)
    why = f"put in by {row.by}" if row.by else f"{row.alike} tickets about {', '.join(shared)}"
    return {
        "case": row.case_id,
        "ticket": str(view.origin),
        "key": ticket.key if ticket else str(view.origin),
        "arrived": minute(row.at),
        "shared": shared,
        "by": row.by or None,
        "why": why,
    }
