"""The table of the program's commands. A command's module is imported when the command is called, not for the help."""

from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

OTHERS = "escalation_bridge.commands"
"""The entry points by which other packages add commands."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A command, or a group of commands, of the core.

    Attributes:
        target: `module:name` of the function, or of the Typer application of a group.
        help: The first sentence of its help.
        panel: The heading under which the help lists it. None: the first one, with the commands of other packages.
    """

    target: str
    help: str
    panel: str | None


_RUN, _WATCH, _ACT, _SET_UP = None, "Watch", "Act on a case or connection", "Set up"
_CLI = "escalation_bridge.cli"
COMMANDS = {
    "work": Listed(f"{_CLI}.operation.work:work", "Work on cases, next to a receiver (`receive`).", _RUN),
    "cases": Listed(
        f"{_CLI}.cases.case_list:list_cases", "List cases, and everything that needs an admin.", _WATCH
    ),
    "explain": Listed(
        f"{_CLI}.cases.cases:explain", "Show what happened to a case and what it is waiting for.", _WATCH
    ),
    "sla": Listed(f"{_CLI}.sla.sla:app", "Explain due times, and compute working time.", _WATCH),
    "classify": Listed(
        f"{_CLI}.severity.classify:classify", "Show how grave a text is, and why; many as JSON lines.", _WATCH
    ),
    "incidents": Listed(
        f"{_CLI}.incidents.incidents:app",
        "List, end or merge waves of similar tickets, and try how they are found.",
        _WATCH,
    ),
    "hand-over": Listed(
        f"{_CLI}.cases.hand_over:app", "Show what a team reads that takes an escalation over.", _WATCH
    ),
    "webhooks": Listed(
        f"{_CLI}.connections.webhooks:app",
        "List, show, replay or drop webhooks that could not be processed.",
        _WATCH,
    ),
    "dead": Listed(
        f"{_CLI}.cases.dead:app", "List, show, retry or drop cases that could not be worked on.", _WATCH
    ),
    "acknowledge": Listed(
        f"{_CLI}.cases.cases:acknowledge", "Acknowledge a case: its ladder stops, its clocks continue.", _ACT
    ),
    "escalate": Listed(
        f"{_CLI}.cases.by_hand:escalate", "Hand a case over to a team, a level, or along a route.", _ACT
    ),
    "deescalate": Listed(
        f"{_CLI}.cases.by_hand:deescalate", "End the escalation of a case, and give its ticket back.", _ACT
    ),
    "ack": Listed(
        f"{_CLI}.cases.cases:acknowledge", "Acknowledge a case: its ladder stops, its clocks continue.", _ACT
    ),
    "snooze": Listed(
        f"{_CLI}.cases.by_hand:snooze",
        "Put the ladder of a case off for a while; its clocks continue.",
        _ACT,
    ),
    "owner": Listed(
        f"{_CLI}.cases.by_hand:owner", "Give the escalation of a case to a member of its team.", _ACT
    ),
    "choose": Listed(
        f"{_CLI}.cases.cases:choose", "Choose whose value counts where both tickets changed.", _ACT
    ),
    "retry": Listed(f"{_CLI}.cases.retrying:retry", "Retry failed writes, and check holds again.", _ACT),
    "set-due": Listed(f"{_CLI}.cases.cases:set_due", "Set the due time of a running clock by hand.", _ACT),
    "clear-due": Listed(f"{_CLI}.cases.cases:clear_due", "Clear a due time that was set by hand.", _ACT),
    "link": Listed(f"{_CLI}.links.link:link", "Link existing tickets, one by one or from a file.", _ACT),
    "unlink": Listed(f"{_CLI}.links.link:unlink", "Remove the link between two tickets.", _ACT),
    "release": Listed(f"{_CLI}.cases.cases:release", "Release a connection that is on hold.", _ACT),
    "reconcile": Listed(
        f"{_CLI}.operation.reconcile:reconcile",
        "Find changes for which no webhook arrived, and read their tickets again.",
        _ACT,
    ),
    "close-solved": Listed(
        f"{_CLI}.operation.close_solved:close_solved",
        "Have solved tickets closed that piled up, or show what becomes of them.",
        _ACT,
    ),
    "backfill": Listed(
        f"{_CLI}.operation.backfill:backfill",
        "Open cases for tickets that were open before the bridge.",
        _SET_UP,
    ),
    "config": Listed(
        f"{_CLI}.connections.config:app", "Validate the configuration file, and print its schema.", _SET_UP
    ),
    "connect": Listed(
        f"{_CLI}.connections.connect:connect", "Create or repair the webhooks of a connection.", _SET_UP
    ),
    "plugins": Listed(
        f"{_CLI}.connections.plugins:app", "List the installed plugins, or create a new one.", _SET_UP
    ),
}


class LazyGroup(TyperGroup):
    """The program's commands: listed from `COMMANDS` and the entry points of other packages, imported when called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._others: dict[str, Any] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """The core's commands, and those of other packages that can be imported."""
        offered = sorted({entry.name for entry in metadata.entry_points(group=OTHERS)} - COMMANDS.keys())
        return [*COMMANDS, *(name for name in offered if self._other(name) is not None)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command. For the core's commands it is a stand-in with the help, so that listing them imports nothing."""
        listed = COMMANDS.get(cmd_name)
        if listed is not None:
            return TyperCommand(cmd_name, help=listed.help, rich_help_panel=listed.panel)
        return self._other(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, imported now."""
        if args and args[0] in COMMANDS:
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)

    def _other(self, name: str) -> Any:
        """Import a command of another package; None, and its name on standard error, where it cannot be imported."""
        if name not in self._others:
            self._others[name] = next(map(_load, metadata.entry_points(group=OTHERS, name=name)), None)
        return self._others[name]


def load(name: str) -> Any:
    """Import a command of the core."""
    module, _, attribute = COMMANDS[name].target.partition(":")
    return _as_command(name, getattr(import_module(module), attribute))


def _as_command(name: str, target: Any) -> Any:
    """A click command of a Typer application, or of a function with Typer's annotations."""
    if isinstance(target, typer.Typer):
        group = typer.main.get_command(target)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(target)
    return typer.main.get_command(alone)


def _load(entry: metadata.EntryPoint) -> Any:
    try:
        return _as_command(entry.name, entry.load())
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may raise anything; the others go on
        from escalation_bridge.cli.console.terminal import print_line

        print_line(f"The command {entry.name} is not available: {error!r}", err=True)
        return None
