"""Fields of text, numbers and dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from escalation_bridge_sandbox.jira.errors import FieldProblem
from escalation_bridge_sandbox.jira.fields.kind import FieldKind, Frame, Words
from escalation_bridge_sandbox.jira.richtext.grammar import is_document, is_valid_document
from escalation_bridge_sandbox.jira.richtext.text import RichText

if TYPE_CHECKING:
    from escalation_bridge_sandbox.jira.render.basics import Basics
    from escalation_bridge_sandbox.jira.site import JiraSite

TEXT_LIMIT = 32767
LINE_LIMIT = 255
TOO_LONG = f"The entered text is too long. It exceeds the allowed limit of {TEXT_LIMIT:,} characters."
NO_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
# Jira's whole answer to a document that does not keep to the format.
INVALID_DOCUMENT = "INVALID_INPUT"


class InvalidDocumentError(Exception):
    """A document that breaks the format: refused as a whole, without naming the field."""


def read_rich_text(value: Any, api: int) -> RichText:
    """Rich text as it is sent: a document in v3, wiki markup in v2.

    Raises:
        FieldProblem: The wrong one of the two, or too long.
        InvalidDocumentError: A document that is not built as it has to be.
    """
    if api == 3:
        if not is_document(value):
            raise FieldProblem(NO_DOCUMENT)
        if not is_valid_document(value):
            raise InvalidDocumentError(INVALID_DOCUMENT)
        text = RichText.from_document(value)
    elif isinstance(value, str):
        text = RichText.from_wiki(value)
    else:
        raise FieldProblem("Operation value must be a string")
    if text.length > TEXT_LIMIT:
        raise FieldProblem(TOO_LONG)
    return text


class LineField(FieldKind):
    """One line of plain text, in both API versions."""

    def read(self, value: Any, frame: Frame) -> str:
        del frame
        if not isinstance(value, str):
            raise FieldProblem("Operation value must be a string")
        if len(value) > LINE_LIMIT:
            raise FieldProblem(
                f"The entered text is too long. It exceeds the allowed limit of {LINE_LIMIT} characters."
            )
        return value

    def show(self, kept: str, basics: Basics) -> str:
        del basics
        return kept

    def words(self, kept: str, site: JiraSite) -> Words:
        del site
        return Words(None, kept)


class SummaryField(LineField):
    """The summary: never empty, one line."""

    def read(self, value: Any, frame: Frame) -> str:
        del frame
        if not isinstance(value, str):
            raise FieldProblem("Operation value must be a string")
        if not value.strip():
            raise FieldProblem("You must specify a summary of the issue.")
        if "\n" in value or "\r" in value:
            raise FieldProblem("The summary is invalid because it contains newline characters.")
        if len(value) > LINE_LIMIT:
            raise FieldProblem(f"Summary must be less than {LINE_LIMIT} characters.")
        return value

    def read_or_clear(self, value: Any, frame: Frame) -> Any:
        return self.read("" if value is None else value, frame)


class RichTextField(FieldKind):
    """Text with formatting: description, environment, text areas."""

    def read(self, value: Any, frame: Frame) -> RichText | None:
        text = read_rich_text(value, frame.api)
        return None if text.is_blank else text

    def show(self, kept: RichText, basics: Basics) -> Any:
        return kept.document if basics.api == 3 else kept.wiki

    def words(self, kept: RichText, site: JiraSite) -> Words:
        del site
        return Words(None, kept.wiki)

    def shown_html(self, kept: RichText | None) -> str | None:
        return "" if kept is None else kept.html


class NumberField(FieldKind):
    def read(self, value: Any, frame: Frame) -> float:
        del frame
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FieldProblem("Operation value must be a number")
        return float(value)

    def show(self, kept: float, basics: Basics) -> float:
        del basics
        return kept

    def words(self, kept: float, site: JiraSite) -> Words:
        del site
        return Words(None, f"{kept:g}")


class DateField(FieldKind):
    """A day, `2026-03-02`."""

    def read(self, value: Any, frame: Frame) -> str:
        del frame
        if not isinstance(value, str):
            raise FieldProblem("Operation value must be a string")
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise FieldProblem(f"Error parsing date string: {value}") from None

    def show(self, kept: str, basics: Basics) -> str:
        del basics
        return kept

    def words(self, kept: str, site: JiraSite) -> Words:
        del site
        return Words(kept, kept)


class InstantField(FieldKind):
    """A day with a time, `2026-03-02T09:00:00.000+0700`: Jira's parser wants the milliseconds and an offset of four digits."""

    _FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")

    def read(self, value: Any, frame: Frame) -> datetime:
        del frame
        if not isinstance(value, str):
            raise FieldProblem("Operation value must be a string")
        if not self._FORM.fullmatch(value):
            raise FieldProblem(f"Error parsing date string: {value}")
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")

    def show(self, kept: datetime, basics: Basics) -> str:
        del basics
        return f"{kept.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{kept.microsecond // 1000:03d}+0000"

    def words(self, kept: datetime, site: JiraSite) -> Words:
        del site
        return Words(kept.isoformat(), f"{kept:%d/%b/%y %I:%M %p}")
