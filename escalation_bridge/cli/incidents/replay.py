"""`escalation-bridge incidents replay`: which incidents a stream of tickets would have raised."""

import json
import sys
from datetime import timedelta
from typing import Annotated

import typer

from escalation_bridge.cli.incidents.ticket_lines import Answer, BadLine, TicketLine, read_line
from escalation_bridge.domain.incidents.detection import Detector
from escalation_bridge.domain.incidents.incident import Reason, Why
from escalation_bridge.domain.incidents.subjects import Subjects


class Replay:
    """Tickets in the order of their times, and the incidents among them."""

    def __init__(self) -> None:
        self._subjects = Subjects()
        self._detector = Detector()
        self._ids: dict[str, str | int] = {}

    def answer(self, ticket: TicketLine) -> Answer:
        """What the running bridge would have decided when the ticket arrived.

        Raises:
            BadLine: The ticket was given before.
        """
        key = str(ticket.line_id)
        if key in self._ids:
            raise BadLine("id: was given before", ticket.line_id)
        self._ids[key] = ticket.line_id
        verdict = self._detector.arrive(key, ticket.at, self._subjects.of(ticket.text))
        return {
            "id": ticket.line_id,
            "incident": verdict.incident,
            "raised": verdict.raised,
            "joined": [self._ids[each] for each in verdict.joined],
            "reason": in_words(verdict.reason),
        }


def replay(
    *,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch", help="Read one JSON object per line from standard input, and answer in the same order."
        ),
    ] = False,
) -> None:
    """Show which incidents a stream of tickets would have raised.

    In: {"id": "1", "ts": "2026-03-02T09:00:00Z", "text": "...", "connection": "...", "channel": "..."}, in the order of their times; out:
    {"id": "1", "incident": null, "raised": false, "joined": [], "reason": "..."}. `raised` is true where a ticket raises an incident, and
    `joined` lists the earlier tickets of it. A bad line is answered {"error": "..."}, the other lines are processed, and the exit status
    is 1. It needs no configuration and no database.
    """
    if not batch:
        raise typer.BadParameter("--batch is required: the tickets are JSON lines on standard input")
    tickets, failed = Replay(), False
    for line in sys.stdin.buffer:
        try:
            given = tickets.answer(read_line(line))
        except BadLine as error:
            failed, given = True, error.answer()
        sys.stdout.write(json.dumps(given) + "\n")
        sys.stdout.flush()  # whoever asks may wait for the answer before asking on
    if failed:
        raise typer.Exit(1)


def in_words(reason: Reason) -> str:
    """A reason as a sentence."""
    about = f" about {', '.join(reason.shared)}" if reason.shared else ""
    match reason.why:
        case Why.RAISED:
            usual = f"usually {reason.expected:.1f}" if reason.expected >= 0.1 else "usually none"
            return f"{reason.tickets} tickets{about} within {_span(reason.span)}, {usual}"
        case Why.ALIKE:
            return f"like the {reason.tickets} tickets of the incident{about}"
        case Why.USUAL:
            return f"{reason.tickets} tickets{about} within {_span(reason.span)} are not unusual"
        case Why.TOO_FEW:
            return f"only {reason.tickets} tickets{about} within {_span(reason.span)}"
        case Why.ALONE:
            return "no similar tickets lately"


def _span(span: timedelta) -> str:
    minutes = max(1, round(span / timedelta(minutes=1)))
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{round(minutes / 60)} hours"
