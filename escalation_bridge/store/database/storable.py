"""Text that both databases can store: neither takes half of a surrogate pair, and PostgreSQL no U+0000.

Vendors' JSON has both: a subject that was cut in the middle of an emoji, a customer's mail with a NUL. Statements
pass through here in one place, so that nothing can fail on one database and work on the other.
"""

from collections.abc import Mapping
from typing import Any

from escalation_bridge.domain.tickets.clean_text import whole_characters

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """Replace the characters that cannot be stored."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = whole_characters(text)
    return text.replace("\0", REPLACEMENT) if "\0" in text else text


def make_storable(
    _connection: object,
    _cursor: object,
    statement: str,
    parameters: Any,
    _context: object,
    _executemany: bool,
) -> tuple[str, Any]:
    """Replace such characters in a statement's values: a listener for SQLAlchemy's `before_cursor_execute`."""
    # Checked by type: SQLAlchemy also reports executemany if it puts many rows into one statement.
    if isinstance(parameters, list | tuple) and parameters and isinstance(parameters[0], Mapping | tuple):
        return statement, [_row(row) for row in parameters]
    return statement, _row(parameters)


def _row(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {name: _value(value) for name, value in values.items()}
    return tuple(_value(value) for value in values)


def _value(value: object) -> object:
    return storable(value) if isinstance(value, str) else value
