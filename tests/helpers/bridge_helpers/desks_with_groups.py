"""Helpdesks with groups at their stand-ins over HTTP, behind the real receiver: what people do and see there."""

import socket
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import ClassVar

from pydantic import SecretStr

from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection, utc_now
from escalation_bridge.store.cases import case_lists
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.zendesk.state import seed as zendesk
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server
from escalation_bridge_zendesk.plugin import ZendeskPlugin

LOOKS = 400
SECRET = "a-secret-of-some-length"


class AtZendesk:
    """What people do and see in Zendesk."""

    vendor = "zendesk"
    by_name = False
    members: ClassVar = {"sari": zendesk.AGENT_SARI, "budi": zendesk.AGENT_BUDI}

    def __init__(self, pair):
        self.pair = pair

    def as_agent(self, who, method, path, **more):
        login = (f"{self.members[who].email}/token", zendesk.API_TOKEN)
        return self.pair.call("support", method, f"/api/v2{path}", auth=login, **more)

    def connects(self, address):
        """The secret is Zendesk's; an admin puts it into the configuration."""
        desk = self.pair.bridge.helpdesks["support"]
        secrets = {str(made.secret) for made in desk.subscribe_webhooks(address, "")}
        settings = desk.settings.model_copy(update={"webhook_secrets": tuple(map(SecretStr, secrets))})
        known = ZendeskPlugin(Connection("support", settings, utc_now))
        helpdesks = {**self.pair.bridge.helpdesks, "support": Helpdesk("support", known)}
        self.pair = replace(self.pair, bridge=replace(self.pair.bridge, helpdesks=helpdesks))

    def opens(self):
        message = {"email": zendesk.CUSTOMER_DEWI.email, "subject": "Lost", "body": "My order is lost."}
        return self.pair.inbound(**message)

    def notes(self, who, text):
        comment = {"comment": {"body": text, "public": False}}
        self.as_agent(who, "PUT", f"/tickets/{self.pair.ticket}", json={"ticket": comment})

    def presses(self, tag):
        there = self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}")["ticket"]
        tags = [*there["tags"], tag]
        self.as_agent("sari", "PUT", f"/tickets/{self.pair.ticket}", json={"ticket": {"tags": tags}})

    def tags(self):
        return self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}")["ticket"]["tags"]

    def has(self):
        """The ticket's group and assignee, by name."""
        there = self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}")["ticket"]
        names = {account.id: account.name for account in self.members.values()}
        groups = {group["id"]: group["name"] for group in self.as_agent("sari", "GET", "/groups")["groups"]}
        return groups.get(there["group_id"]), names.get(there["assignee_id"])

    def private(self):
        comments = self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}/comments")["comments"]
        return [each["plain_body"] for each in comments if not each["public"]]

    def solves(self):
        self.as_agent("sari", "PUT", f"/tickets/{self.pair.ticket}", json={"ticket": {"status": "solved"}})

    support = "Support"

    def joins_billing(self, who):
        """An admin puts an agent into the group."""
        groups = {"group_ids": [*self.members[who].group_ids, zendesk.GROUP_BILLING]}
        self.pair.call("support", "PUT", f"/_sandbox/users/{self.members[who].id}", json=groups)

    buttons: ClassVar = {
        "checkbox": (str(zendesk.FIELD_ESCALATED.id), True, False),
        "choice": (str(zendesk.FIELD_PRODUCT_AREA.id), "area_shipping", None),
    }
    """Fields that a macro may set or a form shows: the id, the value that presses, and the value before."""
    summary_field = str(zendesk.FIELD_LINKED_TICKET.id)

    def fills_in(self, **fields):
        custom = [{"id": int(name), "value": value} for name, value in fields.items()]
        self.as_agent(
            "sari", "PUT", f"/tickets/{self.pair.ticket}", json={"ticket": {"custom_fields": custom}}
        )

    lead_role = "Team lead"

    def promotes(self, who):
        """An admin gives an agent the role."""
        role = {"custom_role_id": zendesk.ROLE_TEAM_LEAD}
        self.pair.call("support", "PUT", f"/_sandbox/users/{self.members[who].id}", json=role)

    def takes(self, who):
        """Somebody of the first line takes the ticket."""
        assigned = {"assignee_id": self.members[who].id, "group_id": zendesk.GROUP_SUPPORT}
        self.as_agent(who, "PUT", f"/tickets/{self.pair.ticket}", json={"ticket": assigned})

    def moves(self, team):
        group = {"first": zendesk.GROUP_SUPPORT}[team]
        self.as_agent("sari", "PUT", f"/tickets/{self.pair.ticket}", json={"ticket": {"group_id": group}})


class AtFreshdesk:
    """The same in Freshdesk."""

    vendor = "freshdesk"
    by_name = True
    members: ClassVar = {"sari": freshdesk.AGENT_RINA, "budi": freshdesk.AGENT_BUDI}

    def __init__(self, pair):
        self.pair = pair

    def as_agent(self, who, method, path, **more):
        login = (self.members[who].api_key, "X")
        return self.pair.call("support", method, f"/api/v2{path}", auth=login, **more)

    def connects(self, address):
        """What an admin sets up in Freshdesk by hand."""
        webhook = {
            "method": "POST",
            "url": address,
            "headers": {"X-Escalation-Bridge-Secret": SECRET},
            "encoding": "json",
            "content": {"simple": ["triggered_event", "ticket_id", "ticket_status", "ticket_priority"]},
        }
        changes = [{"field": "status"}, {"field": "group_id"}, {"note": "any"}]
        for rule in (
            {"name": "New", "on": "ticket_created", "webhook": webhook},
            {"name": "Changed", "on": "ticket_updated", "events": changes, "webhook": webhook},
        ):
            self.pair.call("support", "POST", "/_sandbox/rules", json=rule)

    def opens(self):
        sender = {"email": freshdesk.CUSTOMER_SARI.email}
        return self.pair.inbound(**{"from": sender}, subject="Lost", body="My order is lost.")

    def notes(self, who, text):
        """As the editor sends it: as HTML."""
        note = {"body": text.replace("\n", "<br>"), "private": True}
        self.as_agent(who, "POST", f"/tickets/{self.pair.ticket}/notes", json=note)

    def presses(self, tag):
        """A scenario adds the tag, and a note: a rule on updates knows notes, and not tags."""
        there = self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}")
        self.as_agent("sari", "PUT", f"/tickets/{self.pair.ticket}", json={"tags": [*there["tags"], tag]})
        self.notes("sari", "Escalated by scenario")

    def tags(self):
        return self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}")["tags"]

    def has(self):
        there = self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}")
        agents = {}
        groups = {}
        for field in self.as_agent("sari", "GET", "/ticket_fields"):
            if field["name"] == "group":
                groups = {number: name for name, number in field["choices"].items()}
            if field["name"] == "agent":
                agents = {number: name for name, number in field["choices"].items()}
        return groups.get(there["group_id"]), agents.get(there["responder_id"])

    def private(self):
        conversations = self.as_agent("sari", "GET", f"/tickets/{self.pair.ticket}/conversations")
        return [each["body_text"] for each in conversations if each["private"]]

    def solves(self):
        self.as_agent("sari", "PUT", f"/tickets/{self.pair.ticket}", json={"status": 4})

    support = freshdesk.GROUP_SUPPORT

    def joins_billing(self, who):
        people = self.pair.call("support", "GET", "/_sandbox/people")
        (group,) = [each["id"] for each in people["groups"] if each["name"] == freshdesk.GROUP_BILLING]
        agents = {each["email"]: each["id"] for each in people["agents"]}
        ids = [agents[each.email] for each in (self.members["budi"], self.members[who])]
        self.pair.call("support", "PUT", f"/_sandbox/groups/{group}", json={"agent_ids": ids})

    buttons: ClassVar = {
        "checkbox": ("cf_vip", True, False),
        "choice": (freshdesk.FIELD_ROOT_CAUSE, "Configuration", None),
    }
    summary_field = "cf_impact"

    def fills_in(self, **fields):
        """A scenario sets the fields, and adds a note."""
        self.as_agent("sari", "PUT", f"/tickets/{self.pair.ticket}", json={"custom_fields": fields})
        self.notes("sari", "Set by scenario")

    lead_role = "Supervisor"

    def promotes(self, who):
        people = self.pair.call("support", "GET", "/_sandbox/people")
        (number,) = [each["id"] for each in people["agents"] if each["email"] == self.members[who].email]
        role = {"role": self.lead_role}
        self.pair.call("support", "PUT", f"/_sandbox/agents/{number}", json=role)

    def takes(self, who):
        self.moves("first")
        people = self.pair.call("support", "GET", "/_sandbox/people")
        (number,) = [each["id"] for each in people["agents"] if each["email"] == self.members[who].email]
        self.as_agent(who, "PUT", f"/tickets/{self.pair.ticket}", json={"responder_id": number})

    def moves(self, team):
        fields = self.as_agent("sari", "GET", "/ticket_fields")
        (groups,) = [field["choices"] for field in fields if field["name"] == "group"]
        group = groups[{"first": self.support}[team]]
        self.as_agent("sari", "PUT", f"/tickets/{self.pair.ticket}", json={"group_id": group})


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def receiving(desk, port=None):
    """The real receiver, and a webhook to it set up as an admin does; the receiver's address."""
    port = port or free_port()
    desk.connects(f"http://127.0.0.1:{port}/webhooks/support")
    bridge = desk.pair.bridge
    with closing(DeliveryWriter(bridge.database)) as writer:
        server = Server(create_app(bridge, writer), "127.0.0.1", port, largest_body=1_000_000)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.stop()


def works_until(desk, holds):
    """Work on whatever the receiver stored, until something is the case."""
    for _ in range(LOOKS):
        desk.pair.worker.run_until_idle()
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"it never came to that: {desk.has()} {desk.private()}")


def is_there(desk):
    with desk.pair.bridge.database.read() as transaction:
        return case_lists.count_cases(transaction) == 1
