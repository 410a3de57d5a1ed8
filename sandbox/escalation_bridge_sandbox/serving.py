"""Running the stand-ins in the foreground, with everything on screen that somebody needs to try them."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Literal

import typer
from rich.console import Console
from rich.markup import escape

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.guide import Guide, freshdesk_guide, jira_guide, zendesk_guide
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.kernel.vendor import Vendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox

VENDORS = ("zendesk", "jira", "freshdesk")


def serve(
    only: str,
    host: str,
    ports: tuple[int, int, int],
    deployment: Literal["cloud", "datacenter"],
    allowed: list[str],
) -> None:
    """Run the stand-ins until Ctrl-C.

    Args:
        only: Which ones, separated by commas; empty: all.
        host: The address to listen on.
        ports: Zendesk's, Jira's and Freshdesk's; 0 takes a free one.
        deployment: Which Jira the stand-in is.
        allowed: Hosts beside this machine that webhooks may be sent to.
    """
    zendesk_port, jira_port, freshdesk_port = ports
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
            show_guide(console, running, guide)
        with contextlib.suppress(KeyboardInterrupt):
            console.print("\nCtrl-C ends it; nothing is kept.")
            threading.Event().wait()


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


def show_guide(console: Console, running: RunningVendor, guide: Guide) -> None:
    """Print where a stand-in is, and with what people log in."""
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
