"""A case as tables on the console."""

from collections.abc import Mapping

from rich.markup import escape

from escalation_bridge.cli.console.output import minute, second
from escalation_bridge.cli.console.terminal import Console, make_table
from escalation_bridge.configfile import Document
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.escalations import ChangeKind
from escalation_bridge.domain.links.shown_link import all_of_health
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.messages import Health
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.messages.catalogue import health_line, history_line, word
from escalation_bridge.messages.severity import explain_classification
from escalation_bridge.plugin.connection import utc_now


def field_labels(document: Document) -> dict[str, str]:
    """The labels of custom fields in the configuration, by the keys under which links store them."""
    labels: dict[str, str] = {}
    for route in document.below(("routes",)):
        for at in document.below((*route, "fields", "custom")):
            label, ends = (
                document.value((*at, "label")),
                (document.value((*at, end)) for end in ("origin", "linked")),
            )
            if label is not None:
                labels[":".join(("custom", *map(str, ends)))] = str(label)
    return labels


def print_case(
    console: Console, view: CaseView, language: str = "en", labels: Mapping[str, str] | None = None
) -> None:
    """Show a case's tickets, clocks, links and pending writes. `labels`: the labels of fields, by their keys."""
    labels = labels or {}
    console.print(
        f"[bold]Case {view.id}[/bold]: {view.state}, severity {view.classification.severity}"
        f"{escape(_why_severe(view.classification, language))}",
        highlight=False,
    )
    tickets = make_table("ticket", "status", "priority", "link", title="Tickets")
    for ticket in view.tickets.values():
        tickets.add_row(
            *map(escape, (ticket.key, ticket.status.name, str(ticket.priority or ""), ticket.url))
        )
    console.print(tickets)
    if view.clocks:
        clocks = make_table(
            "clock",
            "state",
            "target",
            "used at last check",
            "due",
            "broken",
            title="Clocks",
        )
        clocks.columns[0].no_wrap = True
        for clock in view.clocks:
            due = second(clock.due)
            broken = second(clock.breached_at)
            name = f"{clock.metric} {clock.cycle}"
            clocks.add_row(
                name, clock.state, f"{clock.target_seconds} s", f"{clock.used_seconds} s", due, broken
            )
        console.print(clocks)
    _print_escalations(console, view)
    for link in view.links:
        first, *more = all_of_health(view, link, utc_now())
        ends = " ↔ ".join(escape(_named(view, ref)) for ref in (link.origin, link.linked))
        console.print(f"Link {ends} (route {link.route}): {_coloured(first, language)}", highlight=False)
        for health in more:
            console.print(f"  {_coloured(health, language)}", highlight=False)
        _print_fields(console, link, labels, language)
        for other in view.siblings.get(link.id, ()):
            state = "done" if other.done else "open"
            line = f"  {other.key} of case {other.case_id} also waits for it: {state}"
            console.print(escape(line), highlight=False)
    for record in view.intents.values():
        if record.state.outstanding or record.state == "failed":
            console.print(
                f"  {record.intent.kind} at {record.intent.connection}: {record.state}. {escape(record.error or '')}",
                highlight=False,
            )


def _print_escalations(console: Console, view: CaseView) -> None:
    """Show who had the case when, and why."""
    table = make_table("escalation", "when", "what", "team", "person", "cause", "by", title="Escalations")
    for escalation in view.escalations:
        for change in escalation.changes:
            what = str(change.what).replace("_", " ")
            if change.what is ChangeKind.CLOSED:
                what += f" ({escalation.outcome})"
            table.add_row(
                str(escalation.number),
                second(change.at),
                what,
                *map(escape, (change.owner.team, change.owner.person or "", str(change.cause), change.by)),
            )
    if table.row_count:
        console.print(table)


def _coloured(health: Health, language: str) -> str:
    colour = "green" if health.code == "in_step" else "red"
    return f"[{colour}]{escape(health_line(health, language))}[/{colour}]"


def _print_fields(console: Console, link: Link, labels: Mapping[str, str], language: str) -> None:
    """Show which fields of a link are in sync, and which are on hold and why. Customers' texts are not shown."""
    table = make_table("field", "customer's ticket", "linked ticket", "state")
    for key, state in link.fields.items():
        held = state.hold
        # Where both changed, what they were last in step at is no help to whoever has to choose.
        present = held.facts if held else {}
        values = [escape(present.get(f"{side}_value", state.values.get(side, ""))) for side in Side]
        if not any(values) and held is None:
            continue  # it is on neither ticket
        shown = ["", ""] if key.startswith("custom:") else values
        reason = word(held.reason, language) if held else ""
        how = f"[red]on hold since {minute(held.since)}: {reason}[/red]" if held else "in step"
        if held and held.facts.get("error"):
            how += f", {escape(held.facts['error'])}"
        table.add_row(escape(labels.get(key, key)), *shown, how)
    if table.row_count:
        console.print(table)


def _named(view: CaseView, ref: TicketRef) -> str:
    ticket = view.tickets.get(ref)
    return f"{ticket.key} ({ref})" if ticket is not None else str(ref)


def print_timeline(console: Console, entries: list[TimelineEntry], language: str) -> None:
    """Show a case's history."""
    table = make_table("when", "what", title="Timeline")
    for entry in entries:
        table.add_row(second(entry.at), escape(history_line(entry, language)))
    console.print(table)


def _why_severe(found: Classification, language: str) -> str:
    """Why a case has its severity, in brackets."""
    why = explain_classification(found, language)
    return f" ({why})" if why else ""
