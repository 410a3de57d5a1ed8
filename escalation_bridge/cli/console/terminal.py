"""Writing to a terminal: text from outside must not control it."""

import os
import re
from typing import Any

import typer
from rich import console
from rich.table import Table
from rich.text import Text

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 and C1 controls but tab and line feed, marks that turn the direction of text, and what no encoding can write."""


_PIPE = 10_000
"""The width if the output is not a terminal."""


def printable(text: str) -> str:
    r"""The text with visible escapes, such as `\x1b`, in place of characters that would control a terminal or mislead its reader."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def print_line(text: str, *, err: bool = False) -> None:
    """Print a line: `typer.echo` for text that may come from outside."""
    typer.echo(printable(text), err=err)


class Console(console.Console):
    """A console on which texts cannot control the terminal; its own colors work.

    If it is not a terminal, lines are not wrapped, because a pipe needs complete values. COLUMNS, if set, applies there, too.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not self.is_terminal and "width" not in options and "COLUMNS" not in os.environ:
            self.width = _PIPE

    def render_str(self, text: str, **options: Any) -> Text:
        """Convert a string to text, as for every string on the console."""
        return super().render_str(printable(text), **options)


def make_table(*headings: str, title: str | None = None) -> Table:
    """A table that truncates nothing: values that do not fit are wrapped, even within a word."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
