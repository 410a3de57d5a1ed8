"""The play itself: scene by scene, each line told only once it was seen at the vendor's side."""

import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from escalation_bridge_sandbox.demo.linked_scenes import shop_story, support_story
from escalation_bridge_sandbox.demo.scene import Scene, set_up
from escalation_bridge_sandbox.demo.stage import NotObserved, Stage
from escalation_bridge_sandbox.demo.tally import count, show
from escalation_bridge_sandbox.demo.unplanned_scenes import emergency_story, hand_over_story, wave_story
from escalation_bridge_sandbox.guide import freshdesk_guide, jira_guide, zendesk_guide
from escalation_bridge_sandbox.serving import show_guide

_CALM_SECONDS = 1.5


def play(*, keep: bool, folder: Path | None = None) -> int:
    """Play the whole story; returns the exit status."""
    console = Console(highlight=False)
    stage = Stage(console)
    with set_up(folder) as scene:
        try:
            _open(stage, scene)
            zendesk_ticket = support_story(stage, scene)
            freshdesk_ticket = shop_story(stage, scene)
            _reckon(stage, scene, zendesk_ticket, freshdesk_ticket)
            hand_over_story(stage, scene)
            emergency_story(stage, scene)
            wave_story(stage, scene)
        except (NotObserved, RuntimeError) as error:
            console.print(f"\n[bold red]The demo failed.[/bold red] {error}", soft_wrap=True)
            console.print(
                f"[dim]{scene.bridge.log('receive')}\n{scene.bridge.log('work')}[/dim]", markup=False
            )
            return 1
        _close(stage, scene, keep=keep)
    return 0


def _open(stage: Stage, scene: Scene) -> None:
    stage.chapter("The stage: three helpdesks, and a bridge between them")
    for name, running in scene.vendors().items():
        stage.says(name, f"stands in at {running.url}")
    scene.bridge.start("receive")
    scene.bridge.start("work")
    scene.bridge.wait_until_ready()
    stage.says("Bridge", f"receiver at {scene.bridge.url}, a worker, an SQLite file")
    scene.unruly_deliveries()
    stage.says("Trouble", "every webhook comes twice from now on, and some out of order")


# --- the reckoning --------------------------------------------------------------------------------------------------


def _reckon(stage: Stage, scene: Scene, zendesk_ticket: int, freshdesk_ticket: int) -> None:
    stage.chapter("Nothing echoes, nothing doubles: what the bridge wrote, counted")
    stage.settle(_CALM_SECONDS)
    tallies = count(scene, zendesk_ticket, freshdesk_ticket)
    show(stage.console, tallies)
    wrong = [tally for tally in tallies if not tally.right]
    if wrong:
        raise NotObserved(
            f"{wrong[0].vendor}: {wrong[0].what}: {wrong[0].seen} instead of {wrong[0].expected}"
        )


def _close(stage: Stage, scene: Scene, *, keep: bool) -> None:
    for case in ("1", "2", "3", "4"):
        stage.console.print()
        stage.console.print(
            scene.bridge.output_of("explain", case, width=stage.console.width).rstrip(), markup=False
        )
    urls = "\n".join(f"{name:<10} {running.url}" for name, running in scene.vendors().items())
    after = (
        f"{stage.observed} steps were observed at the vendors' side.\n\n{urls}\nReceiver   {scene.bridge.url}\n\n"
        f"What to type next:\n{what_next(keep=keep)}"
    )
    stage.console.print(Panel(after, title="Done", expand=False, border_style="green"))
    if keep:
        _stay(stage, scene)


def what_next(*, keep: bool) -> str:
    """Commands that work where the demo was called from, each with what it does."""
    program = shlex.quote(_program())
    commands = {} if keep else {f"{program} demo --keep": "leave everything running"}
    commands |= {f"{program} sandbox": "the stand-ins alone", f"{program} plugins": "what is installed"}
    if Path("examples/bridge.yaml").is_file():
        commands["less examples/bridge.yaml"] = "a commented configuration"
    else:
        commands[f"{program} config schema"] = "what a configuration holds"
    width = max(map(len, commands))
    return "\n".join(f"  {command:<{width}}   {what}" for command, what in commands.items())


def _program() -> str:
    """The program as it can be typed here: by its name where that finds it, else by its path."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "escalation-bridge"
    if shutil.which(called.name) == str(called.absolute()):
        return called.name
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(called)


def _stay(stage: Stage, scene: Scene) -> None:
    guides = (zendesk_guide(), jira_guide("cloud"), freshdesk_guide())
    for running, guide in zip(scene.vendors().values(), guides, strict=True):
        show_guide(stage.console, running, guide)
    stage.console.print("\n[bold]The bridge[/bold]  its secrets, as environment variables:", soft_wrap=True)
    for name, secret in scene.bridge.secrets.items():
        stage.console.print(f"  export {name}={shlex.quote(secret)}", soft_wrap=True, markup=False)
    stage.console.print(
        f"  export ESCALATION_BRIDGE_CONFIG={shlex.quote(str(scene.bridge.folder / 'bridge.yaml'))}\n"
        f"With these, {_program()} cases, explain and the others work in another terminal.\n"
        f"Everything keeps running. Configuration, database and logs: {scene.bridge.folder}\nCtrl-C ends it.",
        soft_wrap=True,
    )
    try:
        while True:
            stage.settle(1.0)
    except KeyboardInterrupt:
        stage.console.print("Stopping.")
