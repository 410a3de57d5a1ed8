"""`escalation-bridge sla`: how a case's due times are computed, and calendar arithmetic without a ticket."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated

import typer

from escalation_bridge.cli.sla.explain import explain
from escalation_bridge.cli.sla.reprocess import reprocess
from escalation_bridge.config.holidays import without_countries, write_out_holidays
from escalation_bridge.domain.sla.calendar import Calendar, CalendarError, parse_calendar

app = typer.Typer(name="sla", help="Explain due times, and compute working time.", no_args_is_help=True)
app.command()(explain)
app.command()(reprocess)

Question = Mapping[str, object]
Answer = dict[str, object]
Pause = tuple[datetime, datetime]

Batch = Annotated[
    bool,
    typer.Option(
        "--batch", help="Read one JSON object per line from standard input, and answer in the same order."
    ),
]


@app.command()
def due(*, batch: Batch = False) -> None:
    """Compute when a target is due.

    In: {"calendar": {...}, "start": "...Z", "target_seconds": 5400, "pauses": [["...Z", "...Z"]]}; out: {"due": "...Z"}.
    A bad line is answered {"error": "..."}, the other lines are processed, and the exit status is 1.
    """
    _run(_due, batch=batch)


@app.command()
def elapsed(*, batch: Batch = False) -> None:
    """Compute the working time between two instants.

    In: {"calendar": {...}, "start": "...Z", "end": "...Z", "pauses": [["...Z", "...Z"]]}; out: {"elapsed_seconds": 5400}.
    A bad line is answered {"error": "..."}, the other lines are processed, and the exit status is 1.
    """
    _run(_elapsed, batch=batch)


def _run(answer: Callable[[Question], Answer], *, batch: bool) -> None:
    if not batch:
        raise typer.BadParameter("--batch is required: the questions are JSON lines on standard input")
    failed = False
    for line in sys.stdin.buffer:
        try:
            given = answer(_read(line))
        except (ValueError, RecursionError) as error:
            failed = True
            given = {"error": "nested too deep" if isinstance(error, RecursionError) else str(error)}
        sys.stdout.write(json.dumps(given) + "\n")
        sys.stdout.flush()  # whoever asks may wait for the answer before asking on
    if failed:
        raise typer.Exit(1)


def _due(question: Question) -> Answer:
    _known(question, "calendar", "start", "target_seconds", "pauses")
    calendar, start = _calendar(question), _instant("start", question.get("start"))
    target = question.get("target_seconds")
    if not isinstance(target, int) or isinstance(target, bool):
        raise CalendarError("target_seconds", "must be a whole number")
    at = calendar.due(start, target, _pauses(question))
    return {"due": at.isoformat().replace("+00:00", "Z")}


def _elapsed(question: Question) -> Answer:
    _known(question, "calendar", "start", "end", "pauses")
    calendar = _calendar(question)
    start, end = (_instant(place, question.get(place)) for place in ("start", "end"))
    return {"elapsed_seconds": calendar.elapsed(start, end, _pauses(question))}


# --- reading --------------------------------------------------------------------------------------------------------


def _read(line: bytes) -> Question:
    try:
        question = json.loads(line.decode("utf-8-sig").rstrip(), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise CalendarError("line", f"not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(question, dict):
        raise CalendarError("line", "must be a JSON object")
    return question


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise CalendarError(next(name for name in names if names.count(name) > 1), "is given twice")
    return found


def _known(question: Question, *fields: str) -> None:
    for name in question:
        if name not in fields:
            raise CalendarError(name[:40], f"no such field; a line has {', '.join(fields)}")


def _calendar(question: Question) -> Calendar:
    if "calendar" not in question:
        raise CalendarError("calendar", "is missing")
    return _parsed(json.dumps(question["calendar"]))


@lru_cache(maxsize=256)
def _parsed(calendar: str) -> Calendar:
    """The calendar of a line; lines with the same calendar share its computation."""
    try:
        data = json.loads(calendar)
        if not isinstance(data, dict):
            return parse_calendar(data)
        parse_calendar(without_countries(data))  # other mistakes are named where they were written
        return parse_calendar(write_out_holidays(data))
    except CalendarError as error:
        place = error.place if error.place == "calendar" else f"calendar.{error.place}"
        raise CalendarError(place, error.problem) from None


def _pauses(question: Question) -> list[Pause]:
    pauses = question.get("pauses", [])
    if not isinstance(pauses, list):
        raise CalendarError("pauses", "must be a list")
    found = []
    for n, pause in enumerate(pauses):
        if not isinstance(pause, list) or len(pause) != 2:
            raise CalendarError(f"pauses[{n}]", "must be a start and an end")
        start, end = (_instant(f"pauses[{n}][{m}]", text) for m, text in enumerate(pause))
        found.append((start, end))
    return found


def _instant(place: str, text: object) -> datetime:
    """Read an instant; the calendar refuses one without a time zone and names the same place."""
    try:
        if isinstance(text, str):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise CalendarError(place, "must be an instant such as 2026-03-02T09:00:00Z")
