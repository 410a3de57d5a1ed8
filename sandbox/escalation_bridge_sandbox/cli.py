"""The commands of this package, which `escalation-bridge` takes up through its entry points."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer


class JiraDeployment(StrEnum):
    CLOUD = "cloud"
    DATACENTER = "datacenter"


def sandbox(
    *,
    only: Annotated[
        str, typer.Option(help="Start these stand-ins only, for example: zendesk,jira", show_default="all")
    ] = "",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    zendesk_port: Annotated[int, typer.Option(help="0 takes a free port.", min=0, max=65535)] = 0,
    jira_port: Annotated[int, typer.Option(help="0 takes a free port.", min=0, max=65535)] = 0,
    freshdesk_port: Annotated[int, typer.Option(help="0 takes a free port.", min=0, max=65535)] = 0,
    jira_deployment: Annotated[
        JiraDeployment, typer.Option(help="Which Jira the stand-in is.")
    ] = JiraDeployment.CLOUD,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A host beside this machine that webhooks may be sent to; may be repeated."),
    ] = None,
) -> None:
    """Run stand-ins for Zendesk, Jira and Freshdesk, for trying a configuration. Ctrl-C ends them."""
    from escalation_bridge_sandbox import serving

    deployment: Literal["cloud", "datacenter"] = (
        "cloud" if jira_deployment is JiraDeployment.CLOUD else "datacenter"
    )
    ports = (zendesk_port, jira_port, freshdesk_port)
    serving.serve(only, host, ports, deployment, allow_host or [])


def demo(
    *,
    keep: Annotated[bool, typer.Option(help="Leave everything running at the end.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where configuration, database and logs go; by default a temporary folder."),
    ] = None,
) -> None:
    """Play the bridge's main job against stand-ins for all three vendors, over real HTTP."""
    from escalation_bridge_sandbox.demo.play import play

    raise typer.Exit(play(keep=keep, folder=folder))
