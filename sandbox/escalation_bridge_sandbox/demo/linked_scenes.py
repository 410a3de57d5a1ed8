"""Scenes between two helpdesks: a breach creates a linked ticket, and the two keep in step."""

from collections.abc import Callable
from typing import Any

from escalation_bridge_sandbox.demo.scene import TARGET_SECONDS, Scene
from escalation_bridge_sandbox.demo.stage import Stage
from escalation_bridge_sandbox.freshdesk.state.records import Status as FreshdeskStatus
from escalation_bridge_sandbox.freshdesk.state.seed import CUSTOMER_SARI
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk.state.seed import AGENT_SARI, CUSTOMER_DEWI

_NOTICE = "specialist has taken over"
_NOTICE_IN_INDONESIAN = "sudah kami teruskan ke tim teknis"

# --- Zendesk to Jira and back ---------------------------------------------------------------------------------------


def support_story(stage: Stage, scene: Scene) -> int:
    """A breach in Zendesk, its issue in Jira, and the way back. Returns the ticket."""
    support, developer = scene.support, scene.developer
    stage.chapter(
        f"A customer writes to Zendesk; a first response is promised within {TARGET_SECONDS} seconds"
    )
    subject, body = (
        "Payment page shows an error",
        "Since this morning our customers cannot pay.\n\nThe page says: error 502.",
    )
    ticket = scene.customers.writes(CUSTOMER_DEWI.name, CUSTOMER_DEWI.email, subject, body)
    stage.says("Customer", f"writes ticket #{ticket}: {subject}")
    stage.observe(
        "Zendesk",
        "80 %: an internal note warns the agents",
        lambda: support.comment_with(ticket, "left", public=False),
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
        lambda: support.comment_with(ticket, key, public=False),
    )
    stage.observe(
        "Zendesk",
        "the customer is told, publicly",
        lambda: support.comment_with(ticket, _NOTICE, public=True),
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
        lambda: support.comment_with(ticket, "certificate", public=False),
    )
    developer.move(key, "Done", resolution={"name": "Done"})
    stage.says("Developer", f"moves {key} to Done")
    stage.observe(
        "Zendesk", "the ticket is Open again, for the answer", lambda: support.status_name(ticket) == "Open"
    )

    stage.chapter("The agent answers and solves")
    support.answer_and_solve(ticket, "It works again. Sorry for the trouble.", AGENT_SARI.id)
    stage.says("Agent", "answers the customer publicly and solves the ticket")
    stage.observe("Jira", f"{key} has the answer", lambda: developer.comment_with(key, "It works again"))
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


# --- Freshdesk to Jira and back, with a worker that is killed -------------------------------------------------------


def shop_story(stage: Stage, scene: Scene) -> int:
    """The same from Freshdesk, with a worker that is killed. Returns the ticket."""
    shop, developer = scene.shop, scene.developer
    stage.chapter("The same from Freshdesk; the worker is killed while it creates the issue")
    subject, body = "Pesanan tidak muncul", "Pesanan saya tidak muncul di aplikasi."
    held_back = Fault(FaultKind.TIMEOUT_AFTER_WRITE, method="POST", path=r"/rest/api/3/issue$", seconds=2.0)
    fault = scene.jira.vendor.faults.add(held_back)
    ticket = scene.shoppers.writes(CUSTOMER_SARI.name, CUSTOMER_SARI.email, subject, body)
    stage.says("Customer", f"writes ticket {ticket}: {subject}")
    stage.observe(
        "Freshdesk",
        "80 %: an internal note warns the agents",
        lambda: shop.comment_with(ticket, "sisa", private=True),
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
        lambda: shop.comment_with(ticket, key, private=True),
    )
    stage.observe(
        "Freshdesk",
        "the customer is told, publicly, in Indonesian",
        lambda: shop.comment_with(ticket, _NOTICE_IN_INDONESIAN, private=False),
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
        lambda: shop.comment_with(ticket, "Blocked", private=True),
    )
    developer.move(key, "In Progress")
    stage.says("Developer", f"moves {key} to In Progress again")
    stage.observe("Freshdesk", "the ticket is With Engineering again", _fd_status(scene, ticket, 8))
    developer.comment(key, "The order was stuck in the queue. Released.")
    stage.says("Developer", "comments")
    stage.observe(
        "Freshdesk",
        "the comment is there as an internal note",
        lambda: shop.comment_with(ticket, "queue", private=True),
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
    stage.observe("Jira", f"{key} has the answer", lambda: developer.comment_with(key, "sudah muncul"))
    stage.observe("Jira", f"{key} is Closed", lambda: developer.status(key) == "Closed")
    return ticket


def _created(scene: Scene) -> bool:
    """Look behind the scenes: the search would not know the issue yet."""
    return len(scene.jira_site.site.issues) == 2


def _fd_status(scene: Scene, ticket: int, status: int) -> Callable[[], bool]:
    return lambda: scene.shop.ticket(ticket)["status"] == status
