"""Writing to a terminal: what came from outside must not steer it."""

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
"""The width of what is no terminal."""


def printable(text: str) -> str:
    r"""The text with visible escapes, such as `\x1b`, in the place of what would steer a terminal or mislead its reader."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(text: str, *, err: bool = False) -> None:
    """Print a line as it is meant: `typer.echo` for text that may come from outside."""
    typer.echo(printable(text), err=err)


class Console(console.Console):
    """A console on which texts cannot steer the terminal; its own colours go through.

    Where it is no terminal, lines are as long as they are: whoever reads a pipe wants whole values. COLUMNS, if set, counts there, too.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not self.is_terminal and "width" not in options and "COLUMNS" not in os.environ:
            self.width = _PIPE

    def render_str(self, text: str, **options: Any) -> Text:
        """Convert a string to text, as every string on its way to the console is."""
        return super().render_str(printable(text), **options)


def make_table(*headings: str, title: str | None = None) -> Table:
    """A table that cuts nothing off: what does not fit is wrapped, also in the middle of a word."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
