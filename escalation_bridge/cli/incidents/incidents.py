"""`escalation-bridge incidents`: waves of similar tickets."""

import typer

from escalation_bridge.cli.incidents.measure import measure
from escalation_bridge.cli.incidents.replay import replay

app = typer.Typer(help="Find waves of similar tickets.", no_args_is_help=True)
app.command()(replay)
app.command()(measure)
