"""`escalation-bridge hand-over`: show what a team would read if a ticket were handed over to it now."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import sqlalchemy as sa
import typer

from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, print_json
from escalation_bridge.cli.console.terminal import print_line
from escalation_bridge.cli.running import opened_as, read_configuration
from escalation_bridge.engine.preview import Preview, preview_hand_over
from escalation_bridge.errors import BridgeError, StoreMissing
from escalation_bridge.messages.catalogue import LANGUAGES, word

app = typer.Typer(help="Show what a team reads that takes an escalation over.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Show what a team reads that takes an escalation over."""


@app.command()
def preview(
    connection: Annotated[str, typer.Argument(help="The connection of the customer's ticket.")],
    ticket: Annotated[str, typer.Argument(help="The ticket: its id or key.")],
    route: Annotated[str | None, typer.Option("--route", "-r", help="The route to the team.")] = None,
    team: Annotated[str | None, typer.Option("--team", "-t", help="The team.")] = None,
    language: Annotated[
        str | None, typer.Option(help="The language: en or id. If omitted, that of the readers.")
    ] = None,
    summary: Annotated[str, typer.Option(help="What an agent would write.")] = "",
    by: Annotated[str, typer.Option(help="Who would escalate it.")] = "",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Read a ticket, and print what the team would read. Nothing is written."""
    if route is None and team is None:
        raise typer.BadParameter("--route or --team is needed")
    if language not in (None, *LANGUAGES):
        raise BridgeError(f"there are no texts in {language!r}; available: {', '.join(LANGUAGES)}")
    with _looking(config) as bridge:
        shown = preview_hand_over(
            bridge, connection, ticket, route=route, team=team, language=language, words=summary, by=by
        )
        if as_json:
            print_json(
                {
                    "summary": shown.summary,
                    "missing": shown.missing,
                    "failed": shown.failed,
                    **{name: {"text": text.text, "html": text.html} for name, text in shown.texts.items()},
                }
            )
            return
        for line in _lines(shown, language or bridge.language):
            print_line(line)


@contextmanager
def _looking(config: Path) -> Iterator[Bridge]:
    """The bridge, which writes nothing. Before its first start there is no database: an empty one stands in for it."""
    configuration, catalogue = read_configuration(config)
    with ExitStack() as stack:
        try:
            bridge, _ = stack.enter_context(opened_as(configuration, catalogue, looks_only=True))
        except StoreMissing:
            folder = stack.enter_context(TemporaryDirectory())
            empty = sa.URL.create("sqlite", database=str(Path(folder) / "empty.db"))
            bridge, _ = stack.enter_context(opened_as(replace(configuration, database=empty), catalogue))
        yield bridge


def _lines(shown: Preview, language: str) -> Iterator[str]:
    if "description" in shown.texts:
        yield f"=== Linked ticket: {shown.summary}"
        yield "    Customers may be able to read its description."
        yield ""
        yield shown.texts["description"].text
        yield ""
    if "note" in shown.texts:
        yield "=== Internal note"
        yield ""
        yield shown.texts["note"].text
        yield ""
    for message, why in shown.failed:
        yield f"The own text of {message} could not be used ({why}). The built-in text is shown."
    if shown.missing:
        yield f"The team also needs: {', '.join(word(each, language) for each in shown.missing)}"
