"""Tickets as lines of JSON: what a line has to say, and what is wrong with it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

Answer = dict[str, object]

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class BadLine(ValueError):
    """A line that cannot be read; its id where it has one."""

    def __init__(self, problem: str, line_id: object = None) -> None:
        super().__init__(problem)
        self.line_id = line_id

    def answer(self) -> Answer:
        """What is answered instead."""
        named: Answer = {} if self.line_id is None else {"id": self.line_id}
        return named | {"error": str(self)}


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket of a stream.

    Attributes:
        line_id: As it was written: a text or a whole number.
        text: Its subject and its text.
        fields: All that the line says.
    """

    line_id: str | int
    at: datetime
    text: str
    fields: Mapping[str, object]


def read_line(line: bytes) -> TicketLine:
    """Read a line.

    Raises:
        BadLine: It is no ticket.
    """
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BadLine(f"line: not JSON: {error.msg} at column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise BadLine(str(error)) from None
    except ValueError:
        raise BadLine("line: a number has too many digits") from None
    except RecursionError:
        raise BadLine("nested too deep") from None
    if not isinstance(fields, dict):
        raise BadLine("line: must be a JSON object")
    line_id = fields.get("id")
    if not isinstance(line_id, str | int) or isinstance(line_id, bool) or line_id == "":
        raise BadLine("id: is missing" if line_id in (None, "") else "id: must be a text or a whole number")
    text, subject = fields.get("text"), fields.get("subject")
    if not isinstance(text, str):
        raise BadLine("text: is missing" if text is None else "text: must be a text", line_id)
    for name in ("connection", "channel", "language", "subject"):
        if not isinstance(fields.get(name), str | None):
            raise BadLine(f"{name}: must be a text", line_id)
    whole = f"{subject}\n{text}" if subject else text
    return TicketLine(line_id, _instant(fields.get("ts"), line_id), whole, fields)


def _instant(given: object, line_id: object) -> datetime:
    """ISO 8601, in UTC where no zone is named, or seconds since 1970."""
    if given is None:
        raise BadLine("ts: is missing", line_id)
    try:
        at = _read_instant(given)
    except (ValueError, OverflowError, OSError):
        raise BadLine(
            "ts: must be an instant such as 2026-03-02T09:00:00Z, or seconds since 1970", line_id
        ) from None
    if not _EARLIEST <= at <= _LATEST:
        raise BadLine("ts: lies beyond the horizon, 1970-01-01 to 2200-01-01", line_id)
    return at


def _read_instant(given: object) -> datetime:
    if isinstance(given, str):
        try:
            at = datetime.fromisoformat(given.strip())
        except ValueError:
            return _read_instant(float(given))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given):
        return datetime.fromtimestamp(given, UTC)
    raise ValueError(given)
