"""Common to all commands that print facts: `--json`, and one format for instants.

People read `2026-11-30 06:07 UTC`, with seconds where they matter; programs read ISO 8601 with an offset.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from escalation_bridge.cli.console.terminal import print_line

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs, and nothing else, on standard output.")
]


def minute(at: datetime | None) -> str:
    """An instant to the minute, as people read it; nothing for None."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def second(at: datetime | None) -> str:
    """An instant to the second, as people read it; nothing for None."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else ""


def iso(at: datetime | None) -> str | None:
    """An instant as programs read it: 2026-11-30T06:07:08+00:00."""
    return at.astimezone(UTC).isoformat() if at else None


def print_json(document: Any) -> None:
    """Print a JSON document in ASCII, so that nothing in it controls a terminal."""
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")


def answer(text: str, *, as_json: bool, **facts: Any) -> None:
    """Print the result of a command: a sentence, or its facts as a JSON object."""
    if as_json:
        print_json(facts)
    else:
        print_line(text)
