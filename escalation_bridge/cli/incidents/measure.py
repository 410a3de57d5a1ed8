"""`escalation-bridge incidents measure`: how well incidents are found in a stream whose waves are known."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from escalation_bridge.cli.console.output import AsJson, print_json
from escalation_bridge.cli.console.terminal import print_line
from escalation_bridge.cli.incidents.replay import Replay
from escalation_bridge.cli.incidents.ticket_lines import Answer, BadLine, TicketLine, read_line

EARLY = 5
"""A wave should be noticed by its fifth ticket."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """How well the waves of a stream were found.

    Attributes:
        noticed: Each wave with the number of its ticket by which it was noticed; None if it was not.
        false_alarms: Incidents of which most tickets belong to no wave.
        split: Incidents beyond the first of a wave.
        right: Tickets of a wave that are in its incident.
        wrong: Other tickets that are in an incident.
        missed: Tickets of a wave that are not in its incident.
    """

    tickets: int
    noticed: Mapping[str, int | None]
    false_alarms: int
    split: int
    right: int
    wrong: int
    missed: int

    @property
    def early(self) -> int:
        """Waves that were noticed in time."""
        return sum(number is not None and number <= EARLY for number in self.noticed.values())

    @property
    def precision(self) -> float:
        """Of the tickets in incidents, the share that belongs there."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of the tickets of waves, the share that is in its incident."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f(self) -> float:
        """Both in one figure."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def measure(
    file: Annotated[
        Path | None, typer.Argument(help="Lines as for `replay`, with `wave`; by default standard input.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure how well incidents are found in a stream whose waves are known.

    Each line is a ticket as for `replay`, with `wave`: the name of its wave, or null.
    """
    if file is None:
        found = measured(sys.stdin.buffer)
    else:
        with file.open("rb") as lines:
            found = measured(lines)
    if as_json:
        print_json(_document(found))
        return
    print_line(f"{found.tickets} tickets, {len(found.noticed)} waves")
    print_line(f"noticed by ticket {EARLY}: {found.early} of {len(found.noticed)}")
    print_line(f"false alarms: {found.false_alarms}, waves in several incidents: {found.split}")
    print_line(f"precision {found.precision:.3f}, recall {found.recall:.3f}, F {found.f:.3f}")
    for wave, number in sorted(found.noticed.items()):
        print_line(f"  {wave}: " + ("not noticed" if number is None else f"noticed by ticket {number}"))


def measured(lines: Iterable[bytes]) -> Measurement:
    """Replay a labelled stream.

    Raises:
        typer.BadParameter: A line is no ticket, or has no label.
    """
    tickets, wave_of, answers = Replay(), {}, []
    for number, line in enumerate(lines, 1):
        try:
            ticket = read_line(line)
            wave_of[ticket.line_id] = _wave(ticket)
            answers.append(tickets.answer(ticket))
        except BadLine as error:
            raise typer.BadParameter(f"line {number}: {error}") from None
    return compare(wave_of, answers)


def _wave(ticket: TicketLine) -> str | None:
    wave = ticket.fields.get("wave")
    if "wave" in ticket.fields and isinstance(wave, str | None):
        return wave
    raise BadLine("wave: must be the name of a wave, or null")


def compare(wave_of: Mapping[str | int, str | None], answers: Sequence[Answer]) -> Measurement:
    """Compare the waves of a stream with the incidents that were found; both in the order of the tickets."""
    position = {ticket: number for number, ticket in enumerate(wave_of)}
    members: defaultdict[str, list[str | int]] = defaultdict(list)
    raised_at: dict[str, int] = {}
    for answer in answers:
        incident = answer["incident"]
        if incident is not None:
            members[str(incident)] += [answer["id"], *answer["joined"]]  # type: ignore[list-item, misc]
        if answer["raised"]:
            raised_at[str(incident)] = position[answer["id"]]  # type: ignore[index]
    wave_of_incident = {
        incident: Counter(wave_of[ticket] for ticket in tickets).most_common(1)[0][0]
        for incident, tickets in members.items()
    }
    of_wave: defaultdict[str, list[str]] = defaultdict(list)
    for incident, wave in wave_of_incident.items():
        if wave is not None:
            of_wave[wave].append(incident)
    tickets_of_wave: defaultdict[str, list[int]] = defaultdict(list)
    for ticket, wave in wave_of.items():
        if wave is not None:
            tickets_of_wave[wave].append(position[ticket])
    noticed: dict[str, int | None] = {}
    right = 0
    for wave, positions in tickets_of_wave.items():
        at = min((raised_at[incident] for incident in of_wave[wave]), default=None)
        noticed[wave] = None if at is None else sum(each <= at for each in positions)
        inside = [sum(wave_of[ticket] == wave for ticket in members[incident]) for incident in of_wave[wave]]
        right += max(inside, default=0)
    return Measurement(
        tickets=len(wave_of),
        noticed=noticed,
        false_alarms=sum(wave is None for wave in wave_of_incident.values()),
        split=sum(len(incidents) - 1 for incidents in of_wave.values() if incidents),
        right=right,
        wrong=sum(map(len, members.values())) - right,
        missed=sum(map(len, tickets_of_wave.values())) - right,
    )


def _document(found: Measurement) -> dict[str, object]:
    return {
        "tickets": found.tickets,
        "waves": len(found.noticed),
        "early": found.early,
        "noticed": dict(found.noticed),
        "false_alarms": found.false_alarms,
        "split": found.split,
        "precision": round(found.precision, 4),
        "recall": round(found.recall, 4),
        "f": round(found.f, 4),
    }
