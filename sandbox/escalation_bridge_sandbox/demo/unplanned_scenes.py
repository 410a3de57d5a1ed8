"""Scenes without a deadline: an escalation by hand, an emergency, and a wave of tickets about one outage."""

from typing import Any

from escalation_bridge_sandbox.demo.scene import Scene
from escalation_bridge_sandbox.demo.stage import Stage
from escalation_bridge_sandbox.zendesk.state.seed import (
    AGENT_BUDI,
    CUSTOMER_DEWI,
    GROUP_BILLING,
    GROUP_ESCALATIONS,
    GROUP_SUPPORT,
)

# --- by hand, within one helpdesk -----------------------------------------------------------------------------------


def hand_over_story(stage: Stage, scene: Scene) -> None:
    """An agent escalates to another team of the same helpdesk."""
    support = scene.support
    stage.chapter("An agent hands a ticket over to another team, without leaving it")
    subject, body = "Invoice 4711 is wrong", "I was charged twice."
    ticket = scene.customers.writes(CUSTOMER_DEWI.name, CUSTOMER_DEWI.email, subject, body)
    stage.says("Customer", f"writes ticket #{ticket}: {subject}")
    support.takes_in(ticket, GROUP_SUPPORT)
    support.notes(ticket, "/bridge escalate billling charged twice")
    stage.says("Agent", "writes an internal note: /bridge escalate billling charged twice")
    stage.observe(
        "Zendesk",
        "a private answer: did you mean billing?",
        lambda: support.comment_with(ticket, "Did you mean billing?", public=False),
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
        lambda: support.comment_with(ticket, "has it now: Budi", public=False),
    )
    support.notes(ticket, "/bridge why")
    stage.observe(
        "Zendesk",
        "/bridge why tells the history",
        lambda: support.comment_with(ticket, "escalated to Billing", public=False),
    )


# --- an emergency -------------------------------------------------------------------------------------------------------


def emergency_story(stage: Stage, scene: Scene) -> None:
    """What the customer writes is an emergency."""
    support = scene.support
    stage.chapter("An emergency waits for no deadline; it is found by what the customer writes")
    subject, body = (
        "Tolong, mesin kasir",
        "Kabel mesin kasir di toko kami terbakar dan berasap. Pembeli masih di dalam.",
    )
    ticket = scene.customers.writes(CUSTOMER_DEWI.name, CUSTOMER_DEWI.email, subject, body)
    stage.says("Customer", f"writes ticket #{ticket}: {body}")
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
        lambda: support.comment_with(ticket, "cable burns", public=False),
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


def wave_story(stage: Stage, scene: Scene) -> None:
    """Many tickets about one outage."""
    stage.chapter("Six customers of two helpdesks write about the same outage, in two languages")
    before = {issue["key"] for issue in scene.developer.issues("ENG")}
    tickets = []
    for number, (desk, subject, body) in enumerate(_WAVE):
        customer = scene.customers if desk == "support" else scene.shoppers
        name, email = f"Customer {number}", f"customer{number}@depok.example"  # who never wrote before
        tickets.append((desk, customer.writes(name, email, subject, body)))
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
            scene.support.comment_with(ticket, "ncident", public=False)
            for desk, ticket in tickets
            if desk == "support"
        ),
    )
    stage.observe(
        "Freshdesk",
        "and so it does in Freshdesk, in Indonesian",
        lambda: all(
            scene.shop.comment_with(ticket, "nsiden", private=True)
            for desk, ticket in tickets
            if desk == "shop"
        ),
    )
