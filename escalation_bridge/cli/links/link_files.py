"""The files of `escalation-bridge link --csv`: the tickets to link, and the outcome of each line."""

import csv
import io
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest
from escalation_bridge.errors import BridgeError

_COLUMNS = ("origin", "linked", "route")
_RESULT_COLUMNS = ("line", *_COLUMNS, "outcome", "case", "reason")
_MOST_FINDINGS = 20


class Outcome(StrEnum):
    """The outcome of a line. FAILED: unknown, a retry may help. REFUSED: it cannot work as it is."""

    LINKED = "linked"
    ALREADY = "already linked"
    WOULD_LINK = "would be linked"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def is_settled(self) -> bool:
        """Whether the line needs no retry."""
        return self in (Outcome.LINKED, Outcome.ALREADY)

    @property
    def is_well(self) -> bool:
        return self.is_settled or self is Outcome.WOULD_LINK


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, with its number there; the header is number 1."""

    number: int
    request: LinkRequest


def read_lines(file: Path, routes: Mapping[str, Route], connections: Collection[str]) -> tuple[Line, ...]:
    """Read a file with the columns origin, linked and route, separated by commas or semicolons; others are ignored.

    Args:
        file: The file.
        routes: Those that are configured.
        connections: The enabled ones.

    Raises:
        BridgeError: It is invalid; the message names every line with its problem.
    """
    text = _text(file)
    header = text.partition("\n")[0]
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=";" if ";" in header and "," not in header else ",",
        strict=True,
    )
    findings: list[str] = []
    lines: list[Line] = []
    try:
        names = [name.strip().casefold() for name in next(rows, [])]
        missing = [name for name in _COLUMNS if name not in names]
        if missing:
            raise BridgeError(
                f"{file}: line 1: there is no column {', '.join(missing)}; found: {header.strip()!r}"
            )
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
            wrong = _wrong(cells, len(row), len(names), routes, connections)
            if wrong is not None:
                findings.append(f"line {rows.line_num}: {wrong}")
            else:
                lines.append(Line(rows.line_num, LinkRequest(*(cells[name] for name in _COLUMNS))))
    except csv.Error as error:
        findings.append(f"line {rows.line_num}: {error}")
    if findings:
        more = [f"and {len(findings) - _MOST_FINDINGS} more"] if len(findings) > _MOST_FINDINGS else []
        raise BridgeError("\n".join([f"{file}: nothing was linked", *findings[:_MOST_FINDINGS], *more]))
    return tuple(lines)


def _wrong(
    cells: Mapping[str, str],
    count: int,
    wanted: int,
    routes: Mapping[str, Route],
    connections: Collection[str],
) -> str | None:
    if count > wanted:
        return f"{count} cells under {wanted} columns"
    empty = [name for name in _COLUMNS if not cells.get(name)]
    if empty:
        return f"{', '.join(empty)} is empty"
    route = routes.get(cells["route"])
    if route is None:
        return f"there is no route {cells['route']!r}; known: {', '.join(sorted(routes))}"
    for end, connection in (("origin", route.origin), ("linked", route.linked)):
        if connection not in connections:
            return f"route {route.name} needs the connection {connection}, which is not enabled"
        named, mark, _ = cells[end].partition(":")
        if mark and named != connection:
            return f"{cells[end]!r} does not belong to the connection {connection}, to which route {route.name} goes"
    return None


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BridgeError(f"{file} cannot be read: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BridgeError(f"{file}: line {line}: it is not UTF-8; save it as CSV UTF-8") from error


class ResultFile:
    """The outcome of each line, written at once, so that a second run continues where the first one ended.

    Args:
        file: The file; lines are appended if it exists.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._settled = _settled_in(file) if file.exists() else frozenset()
        try:
            self._file = file.open("a", encoding="utf-8", newline="")
        except OSError as error:
            raise BridgeError(f"{file} cannot be written: {error.strerror}") from error
        self._rows = csv.writer(self._file)
        if self._file.tell() == 0:
            self._rows.writerow(_RESULT_COLUMNS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def is_settled(self, line: Line) -> bool:
        """Whether an earlier run linked the tickets of this line."""
        return _named(line) in self._settled

    def add(self, line: Line, outcome: Outcome, case_id: int | None, reason: str) -> None:
        """Write a line's outcome durably."""
        case = "" if case_id is None else case_id
        self._rows.writerow([*_named(line), outcome, case, " ".join(reason.split())])
        self._file.flush()
        os.fsync(self._file.fileno())


def _named(line: Line) -> tuple[str, ...]:
    return str(line.number), line.request.origin, line.request.linked, line.request.route


def _settled_in(file: Path) -> frozenset[tuple[str, ...]]:
    text = _text(file)
    if text and not text.endswith("\n"):  # the process ended in the middle of this line
        text = text[: text.rfind("\n") + 1]
        file.write_text(text, encoding="utf-8", newline="")
    rows = csv.reader(io.StringIO(text, newline=""))
    header = next(rows, None)
    if header is not None and tuple(header) != _RESULT_COLUMNS:
        raise BridgeError(
            f"{file} is not a result of `link --csv` and will not be overwritten; name another file"
        )
    return frozenset(_settled(rows))


def _settled(rows: Iterator[list[str]]) -> Iterator[tuple[str, ...]]:
    words = {outcome.value for outcome in Outcome if outcome.is_settled}
    for row in rows:
        if len(row) == len(_RESULT_COLUMNS) and row[4] in words:
            yield tuple(row[:4])
