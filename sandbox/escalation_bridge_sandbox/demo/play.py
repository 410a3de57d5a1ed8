"""The play itself: ten scenes, each line told only once it was seen at the vendor's side."""

import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel

from escalation_bridge_sandbox.demo.scene import TARGET_SECONDS, Scene, set_up
from escalation_bridge_sandbox.demo.stage import NotObserved, Stage
from escalation_bridge_sandbox.demo.tally import count, show
from escalation_bridge_sandbox.freshdesk.state.records import Status as FreshdeskStatus
from escalation_bridge_sandbox.freshdesk.state.seed import CUSTOMER_SARI
from escalation_bridge_sandbox.guide import freshdesk_guide, jira_guide, zendesk_guide
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.serving import show_guide
from escalation_bridge_sandbox.zendesk.state.seed import (
    AGENT_BUDI,
    AGENT_SARI,
    CUSTOMER_DEWI,
    GROUP_BILLING,
    GROUP_ESCALATIONS,
    GROUP_SUPPORT,
)

_TOLD = "specialist has taken over"
_TOLD_IN_INDONESIAN = "sudah kami teruskan ke tim teknis"
_CALM_SECONDS = 1.5


def play(*, keep: bool, folder: Path | None = None) -> int:
    """Play the whole story; returns the exit status."""
    console = Console(highlight=False)
    stage = Stage(console)
    with set_up(folder) as scene:
        try:
            _open(stage, scene)
            zendesk_ticket = _support_story(stage, scene)
            freshdesk_ticket = _shop_story(stage, scene)
            _reckon(stage, scene, zendesk_ticket, freshdesk_ticket)
            _hand_over_story(stage, scene)
            _emergency_story(stage, scene)
            _wave_story(stage, scene)
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


# --- Zendesk to Jira and back ---------------------------------------------------------------------------------------


def _support_story(stage: Stage, scene: Scene) -> int:
    support, developer = scene.support, scene.developer
    stage.chapter(
        f"A customer writes to Zendesk; a first response is promised within {TARGET_SECONDS} seconds"
    )
    mail = {
        "channel": "email",
        "name": CUSTOMER_DEWI.name,
        "email": CUSTOMER_DEWI.email,
        "subject": "Payment page shows an error",
        "body": "Since this morning our customers cannot pay.\n\nThe page says: error 502.",
    }
    ticket = int(scene.customers.call("POST", "/_sandbox/inbound", json=mail)["ticket"]["id"])
    stage.says("Customer", f"writes ticket #{ticket}: {mail['subject']}")
    stage.observe(
        "Zendesk",
        "80 %: an internal note warns the agents",
        lambda: _zendesk_note(scene, ticket, "left", public=False),
    )
    stage.observe(
        "Zendesk", "the priority rises to high", lambda: support.ticket(ticket)["priority"] == "high"
    )
    key = _escalated(
        stage, scene, "Payment page", "error 502", f"#{ticket}", "100 %: the breach. An issue is created"
    )
    stage.observe(
        "Zendesk",
        f"agents see {key} in an internal note",
        lambda: _zendesk_note(scene, ticket, key, public=False),
    )
    stage.observe(
        "Zendesk", "the customer is told, publicly", lambda: _zendesk_note(scene, ticket, _TOLD, public=True)
    )
    stage.observe("Zendesk", "the ticket is On-hold", lambda: support.status_name(ticket) == "On-hold")

    stage.chapter("A developer works on it")
    developer.move(key, "In Progress")
    stage.says("Developer", f"moves {key} to In Progress")
    stage.observe(
        "Zendesk", "the ticket is With engineering", lambda: support.status_name(ticket) == "With engineering"
    )
    developer.comment(key, "The gateway certificate had expired. Renewed it.")
    stage.says("Developer", "comments")
    stage.observe(
        "Zendesk",
        "the comment is there as an internal note",
        lambda: _zendesk_note(scene, ticket, "certificate", public=False),
    )
    developer.move(key, "Done", resolution={"name": "Done"})
    stage.says("Developer", f"moves {key} to Done")
    stage.observe(
        "Zendesk", "the ticket is Open again, for the answer", lambda: support.status_name(ticket) == "Open"
    )

    stage.chapter("The agent answers and solves")
    support.answer_and_solve(ticket, "It works again. Sorry for the trouble.", AGENT_SARI.id)
    stage.says("Agent", "answers the customer publicly and solves the ticket")
    stage.observe("Jira", f"{key} has the answer", lambda: _jira_comment(scene, key, "It works again"))
    stage.observe("Jira", f"{key} is Closed", lambda: developer.status(key) == "Closed")
    return ticket


def _escalated(stage: Stage, scene: Scene, subject: str, words: str, origin_key: str, what: str) -> str:
    developer = scene.developer

    def look() -> Any:
        return next(
            (issue for issue in developer.issues("ENG") if subject in issue["fields"]["summary"]), None
        )

    key = str(stage.observe("Jira", what, look)["key"])
    text = str(developer.issue(key)["renderedFields"]["description"])
    stage.observe(
        "Jira",
        f"{key} carries the customer's words, severity and link",
        lambda: words in text and "Severity" in text and "http" in text,
    )
    stage.observe(
        "Jira",
        f"{key} shows the link to {origin_key}",
        lambda: any(origin_key.strip("#") in str(link["object"]) for link in developer.remote_links(key)),
    )
    return key


def _zendesk_note(scene: Scene, ticket: int, words: str, *, public: bool) -> Any:
    comments = scene.support.comments(ticket)
    return next((c for c in comments if words in c["plain_body"] and c["public"] is public), None)


def _jira_comment(scene: Scene, key: str, words: str) -> Any:
    return next((c for c in scene.developer.comments(key) if words in c["renderedBody"]), None)


# --- Freshdesk to Jira and back, with a worker that is killed -------------------------------------------------------


def _shop_story(stage: Stage, scene: Scene) -> int:
    shop, developer = scene.shop, scene.developer
    stage.chapter("The same from Freshdesk; the worker is killed while it creates the issue")
    message = {
        "channel": "portal",
        "from": {"name": CUSTOMER_SARI.name, "email": CUSTOMER_SARI.email},
        "subject": "Pesanan tidak muncul",
        "body": "Pesanan saya tidak muncul di aplikasi.",
    }
    held_back = Fault(FaultKind.TIMEOUT_AFTER_WRITE, method="POST", path=r"/rest/api/3/issue$", seconds=2.0)
    fault = scene.jira.vendor.faults.add(held_back)
    ticket = int(scene.shoppers.call("POST", "/_sandbox/inbound", json=message)["ticket_id"])
    stage.says("Customer", f"writes ticket {ticket}: {message['subject']}")
    stage.observe(
        "Freshdesk",
        "80 %: an internal note warns the agents",
        lambda: _freshdesk_note(scene, ticket, "sisa", private=True),
    )
    stage.observe("Freshdesk", "the priority rises", lambda: shop.ticket(ticket)["priority"] > 1)
    stage.observe("Jira", "100 %: the issue exists, and Jira keeps its answer back", lambda: _created(scene))
    pid = scene.bridge.kill("work")
    stage.says("Trouble", f"SIGKILL: worker {pid} is gone and never heard the answer")
    scene.jira.vendor.faults.remove(fault)
    scene.bridge.start("work")
    stage.says("Bridge", "a new worker starts on the same database")
    key = _escalated(
        stage,
        scene,
        "Pesanan",
        "tidak muncul di aplikasi",
        f"{ticket}",
        "the issue is there, and no second one",
    )
    stage.observe(
        "Freshdesk",
        f"agents see {key} in an internal note",
        lambda: _freshdesk_note(scene, ticket, key, private=True),
    )
    stage.observe(
        "Freshdesk",
        "the customer is told, publicly, in Indonesian",
        lambda: _freshdesk_note(scene, ticket, _TOLD_IN_INDONESIAN, private=False),
    )
    waiting = FreshdeskStatus.WAITING_ON_THIRD_PARTY
    stage.observe(
        "Freshdesk", "the ticket is Waiting on Third Party", lambda: shop.ticket(ticket)["status"] == waiting
    )

    stage.chapter("Statuses travel both ways")
    developer.move(key, "In Progress")
    stage.says("Developer", f"moves {key} to In Progress")
    stage.observe("Freshdesk", "the ticket is With Engineering", _fd_status(scene, ticket, 8))
    shop.set_status(ticket, FreshdeskStatus.WAITING_ON_CUSTOMER)
    stage.says("Agent", "sets the ticket to Waiting on Customer")
    stage.observe("Jira", f"{key} is Blocked", lambda: developer.status(key) == "Blocked")
    stage.observe(
        "Freshdesk",
        f"agents see in their note that {key} is Blocked",
        lambda: _freshdesk_note(scene, ticket, "Blocked", private=True),
    )
    developer.move(key, "In Progress")
    stage.says("Developer", f"moves {key} to In Progress again")
    stage.observe("Freshdesk", "the ticket is With Engineering again", _fd_status(scene, ticket, 8))
    developer.comment(key, "The order was stuck in the queue. Released.")
    stage.says("Developer", "comments")
    stage.observe(
        "Freshdesk",
        "the comment is there as an internal note",
        lambda: _freshdesk_note(scene, ticket, "queue", private=True),
    )
    developer.move(key, "Done", resolution={"name": "Done"})
    stage.says("Developer", f"moves {key} to Done")
    stage.observe(
        "Freshdesk",
        "the ticket is Open again, for the answer",
        _fd_status(scene, ticket, FreshdeskStatus.OPEN),
    )
    shop.reply(ticket, "Pesanan Anda sudah muncul.")
    shop.set_status(ticket, FreshdeskStatus.RESOLVED)
    stage.says("Agent", "answers the customer publicly and resolves the ticket")
    stage.observe("Jira", f"{key} has the answer", lambda: _jira_comment(scene, key, "sudah muncul"))
    stage.observe("Jira", f"{key} is Closed", lambda: developer.status(key) == "Closed")
    return ticket


def _created(scene: Scene) -> bool:
    """Look behind the scenes: the search would not know the issue yet."""
    return len(scene.jira_site.site.issues) == 2


def _fd_status(scene: Scene, ticket: int, status: int) -> Callable[[], bool]:
    return lambda: scene.shop.ticket(ticket)["status"] == status


def _freshdesk_note(scene: Scene, ticket: int, words: str, *, private: bool) -> Any:
    entries = scene.shop.conversations(ticket)
    return next((e for e in entries if words in e["body_text"] and e["private"] is private), None)


# --- by hand, within one helpdesk -----------------------------------------------------------------------------------


def _hand_over_story(stage: Stage, scene: Scene) -> None:
    support = scene.support
    stage.chapter("An agent hands a ticket over to another team, without leaving it")
    mail = {
        "channel": "email",
        "name": CUSTOMER_DEWI.name,
        "email": CUSTOMER_DEWI.email,
        "subject": "Invoice 4711 is wrong",
        "body": "I was charged twice.",
    }
    ticket = int(scene.customers.call("POST", "/_sandbox/inbound", json=mail)["ticket"]["id"])
    stage.says("Customer", f"writes ticket #{ticket}: {mail['subject']}")
    support.takes_in(ticket, GROUP_SUPPORT)
    support.notes(ticket, "/bridge escalate billling charged twice")
    stage.says("Agent", "writes an internal note: /bridge escalate billling charged twice")
    stage.observe(
        "Zendesk",
        "a private answer: did you mean billing?",
        lambda: _zendesk_note(scene, ticket, "Did you mean billing?", public=False),
    )
    support.notes(ticket, "/bridge eskalasi billing pelanggan ditagih dua kali sejak Senin")
    stage.says("Agent", "writes it again, in Indonesian, with a summary")
    stage.observe(
        "Zendesk",
        "the ticket is in the group Billing",
        lambda: support.ticket(ticket)["group_id"] == GROUP_BILLING,
    )
    stage.observe(
        "Zendesk", "and assigned to Budi", lambda: support.ticket(ticket)["assignee_id"] == AGENT_BUDI.id
    )
    stage.observe(
        "Zendesk",
        "the answer says who has it now",
        lambda: _zendesk_note(scene, ticket, "has it now: Budi", public=False),
    )
    support.notes(ticket, "/bridge why")
    stage.observe(
        "Zendesk",
        "/bridge why tells the history",
        lambda: _zendesk_note(scene, ticket, "escalated to Billing", public=False),
    )


# --- an emergency -------------------------------------------------------------------------------------------------------


def _emergency_story(stage: Stage, scene: Scene) -> None:
    support = scene.support
    stage.chapter("An emergency waits for no deadline; it is found by what the customer writes")
    mail = {
        "channel": "email",
        "name": CUSTOMER_DEWI.name,
        "email": CUSTOMER_DEWI.email,
        "subject": "Tolong, mesin kasir",
        "body": "Kabel mesin kasir di toko kami terbakar dan berasap. Pembeli masih di dalam.",
    }
    ticket = int(scene.customers.call("POST", "/_sandbox/inbound", json=mail)["ticket"]["id"])
    stage.says("Customer", f"writes ticket #{ticket}: {mail['body']}")
    stage.observe(
        "Zendesk",
        "the ticket is with the team on duty, at once",
        lambda: support.ticket(ticket)["group_id"] == GROUP_ESCALATIONS,
    )
    stage.observe("Zendesk", "it is labelled", lambda: "emergency" in support.ticket(ticket)["tags"])
    stage.observe("Zendesk", "and urgent", lambda: support.ticket(ticket)["priority"] == "urgent")
    support.notes(ticket, "/bridge why")
    stage.observe(
        "Zendesk",
        "/bridge why says which signals were found",
        lambda: _zendesk_note(scene, ticket, "cable burns", public=False),
    )
    support.notes(ticket, "/bridge severity standard the smoke came from a kettle")
    stage.says("Agent", "corrects it: /bridge severity standard the smoke came from a kettle")
    stage.observe("Zendesk", "the label goes", lambda: "emergency" not in support.ticket(ticket)["tags"])


# --- a wave -------------------------------------------------------------------------------------------------------------

_WAVE = (
    ("shop", "Internet mati", "Wifi rumah saya di Depok mati sejak jam 7"),
    ("support", "No connection", "Our internet in Depok is down since seven"),
    ("shop", "gangguan", "kok internet depok putus terus ya dari pagi"),
    ("support", "Outage in Depok?", "We have no internet in our Depok office"),
    ("shop", "Internet Depok", "jaringan di depok down, tetangga juga"),
    ("support", "internet", "Depok: no internet again, when will it be back?"),
)


def _wave_story(stage: Stage, scene: Scene) -> None:
    stage.chapter("Six customers of two helpdesks write about the same outage, in two languages")
    before = {issue["key"] for issue in scene.developer.issues("ENG")}
    tickets = [
        (desk, _write(scene, desk, number, subject, body))
        for number, (desk, subject, body) in enumerate(_WAVE)
    ]
    for _, subject, body in _WAVE:
        stage.says("Customer", f"{subject}: {body}")

    def one_issue() -> Any:
        new = [issue for issue in scene.developer.issues("ENG") if issue["key"] not in before]
        return new[0] if len(new) == 1 else None

    key = str(stage.observe("Jira", "one issue for the incident", one_issue)["key"])
    stage.observe(
        "Jira", f"{key} is linked to all six", lambda: len(scene.developer.remote_links(key)) == len(_WAVE)
    )
    stage.observe(
        "Zendesk",
        "each ticket says why it belongs to the incident",
        lambda: all(
            _zendesk_note(scene, ticket, "ncident", public=False)
            for desk, ticket in tickets
            if desk == "support"
        ),
    )
    stage.observe(
        "Freshdesk",
        "and so it does in Freshdesk, in Indonesian",
        lambda: all(
            _freshdesk_note(scene, ticket, "nsiden", private=True)
            for desk, ticket in tickets
            if desk == "shop"
        ),
    )


def _write(scene: Scene, desk: str, number: int, subject: str, body: str) -> int:
    """Somebody who never wrote before opens a ticket."""
    who = {"name": f"Customer {number}", "email": f"customer{number}@depok.example"}
    if desk == "support":
        mail = {"channel": "email", **who, "subject": subject, "body": body}
        return int(scene.customers.call("POST", "/_sandbox/inbound", json=mail)["ticket"]["id"])
    message = {"channel": "portal", "from": who, "subject": subject, "body": body}
    return int(scene.shoppers.call("POST", "/_sandbox/inbound", json=message)["ticket_id"])


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
            scene.bridge.tell("explain", case, width=stage.console.width).rstrip(), markup=False
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
