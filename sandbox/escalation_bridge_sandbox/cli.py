"""The commands of this package, which `escalation-bridge` takes up through its entry points."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from escalation_bridge_sandbox.demo.play import play
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.guide import Guide, freshdesk_guide, jira_guide, zendesk_guide
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.kernel.vendor import Vendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox

VENDORS = ("zendesk", "jira", "freshdesk")


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
    deployment: Literal["cloud", "datacenter"] = (
        "cloud" if jira_deployment is JiraDeployment.CLOUD else "datacenter"
    )
    allowed = allow_host or []
    makers: dict[str, tuple[Callable[[], Vendor], int, Guide]] = {
        "zendesk": (lambda: ZendeskSandbox(allow_hosts=allowed), zendesk_port, zendesk_guide()),
        "jira": (lambda: JiraSandbox(deployment, allow_hosts=allowed), jira_port, jira_guide(deployment)),
        "freshdesk": (lambda: FreshdeskSandbox(allow_hosts=allowed), freshdesk_port, freshdesk_guide()),
    }
    console = Console(highlight=False)
    with contextlib.ExitStack() as stack:
        for name in chosen(only):
            make, port, guide = makers[name]
            try:
                running = stack.enter_context(start(make(), host=host, port=port))
            except OSError as problem:
                raise typer.BadParameter(f"{name} cannot listen on {host}:{port}: {problem}") from problem
            _show(console, running, guide)
        with contextlib.suppress(KeyboardInterrupt):
            console.print("\nCtrl-C ends it; nothing is kept.")
            threading.Event().wait()


def demo(
    *,
    keep: Annotated[bool, typer.Option(help="Leave everything running at the end.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where configuration, database and logs go; by default a temporary folder."),
    ] = None,
) -> None:
    """Play the bridge's main job against stand-ins for all three vendors, over real HTTP."""
    raise typer.Exit(play(keep=keep, folder=folder))


def chosen(only: str) -> Iterable[str]:
    """The stand-ins that `--only` names; all when it names none.

    Raises:
        typer.BadParameter: One of them does not exist.
    """
    names = [name.strip().lower() for name in only.split(",") if name.strip()]
    unknown = [name for name in names if name not in VENDORS]
    if unknown:
        raise typer.BadParameter(f"no such stand-in: {', '.join(unknown)}; there are {', '.join(VENDORS)}")
    return [name for name in VENDORS if not names or name in names]


def _show(console: Console, running: RunningVendor, guide: Guide) -> None:
    console.print(f"\n[bold]{escape(guide.title)}[/bold]  {running.url}{guide.api}", soft_wrap=True)
    # Not a table: at 80 columns it would break the secrets, which are there to be copied.
    user = max(len(login.user) for login in guide.logins)
    secret = max(len(login.secret) for login in guide.logins)
    for login in guide.logins:
        line = f"  {login.user:<{user}}  {login.secret:<{secret}}  {login.who}"
        console.print(escape(line), soft_wrap=True)
    lines = [
        *guide.more,
        f"customers: {', '.join(guide.customers)}",
        f"control:   {running.url}{CONTROL_PREFIX}/health, /journal, /faults, /clock, /webhooks, /reset",
    ]
    for line in lines:
        console.print(f"  {escape(line)}", soft_wrap=True)
    for command in guide.tries:
        console.print(
            f"  [dim]try:[/dim]       {escape(command.replace('{url}', running.url))}", soft_wrap=True
        )
