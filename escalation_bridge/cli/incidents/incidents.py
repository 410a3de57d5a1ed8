"""`escalation-bridge incidents`: waves of similar tickets."""

import typer

from escalation_bridge.cli.incidents.by_hand import end, list_incidents, merge, show
from escalation_bridge.cli.incidents.measure import measure
from escalation_bridge.cli.incidents.replay import replay

app = typer.Typer(
    help="List, end or merge waves of similar tickets, and try how they are found.", no_args_is_help=True
)
app.command("list")(list_incidents)
app.command()(show)
app.command()(end)
app.command()(merge)
app.command()(replay)
app.command()(measure)
