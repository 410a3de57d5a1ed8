"""Escalations to teams within a service project of Jira: the receiver takes the webhook, the request is in the other queue.

A queue filters by the value of a field. One agent hides the own address, as in Jira Cloud most people do.
"""

import time
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
import requests
from pydantic import SecretStr

from escalation_bridge.domain.case.escalations import Cause, Outcome, Owner
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.teams.directory import Directory, Trigger
from escalation_bridge.domain.teams.team import Assignment, Member, Place, Team
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.store.cases import case_lists
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.fields.catalogue import IMPACT_FIELD, TICKET_FIELD, WORKAROUND_FIELD
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server

SECRET = "a-secret-of-enough-length"
DESK = "/rest/servicedeskapi"
FIRST, SENIOR = seed.DEVELOPER, seed.OTHER_DEVELOPER
LOOKS = 400


class Requests:
    """What people do and see in the service project."""

    def __init__(self, pair):
        self.pair = pair

    def does(self, person, method, path, **more):
        login = (person.email, seed.api_token(person))
        return self.pair.call("support", method, path, auth=login, **more)

    def opens(self):
        fields = {"summary": "VPN", "description": "It is down."}
        body = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": fields}
        self.pair.ticket = self.does(seed.CUSTOMER, "POST", f"{DESK}/request", json=body)["issueId"]

    def issue(self):
        return self.does(FIRST, "GET", f"/rest/api/2/issue/{self.pair.ticket}")["fields"]

    def edits(self, **change):
        self.does(FIRST, "PUT", f"/rest/api/2/issue/{self.pair.ticket}", json=change)

    def notes(self, person, text, *, public=False):
        body = {"body": text, "public": public}
        self.does(person, "POST", f"{DESK}/request/{self.pair.ticket}/comment", json=body)

    def transitions(self, name):
        path = f"/rest/api/2/issue/{self.pair.ticket}/transitions"
        (found,) = [each for each in self.does(FIRST, "GET", path)["transitions"] if each["name"] == name]
        self.does(FIRST, "POST", path, json={"transition": {"id": found["id"]}})

    def last_button(self):
        buttons = [each for each in self.pair.view().events if each.kind is EventKind.BUTTON]
        return buttons[-1].choice[1]

    def private(self):
        comments = self.does(FIRST, "GET", f"{DESK}/request/{self.pair.ticket}/comment")["values"]
        return [each["body"] for each in comments if not each["public"]]

    def public(self):
        comments = self.does(FIRST, "GET", f"{DESK}/request/{self.pair.ticket}/comment")["values"]
        return [each["body"] for each in comments if each["public"]]

    def has(self):
        """The queue's field and the assignee."""
        fields = self.issue()
        return (fields[IMPACT_FIELD] or {}).get("value"), (fields["assignee"] or {}).get("displayName")

    @property
    def owner(self):
        escalations = self.pair.view().escalations
        return escalations[-1].owner if escalations else None

    def is_known(self):
        with self.pair.bridge.database.read() as transaction:
            return case_lists.count_cases(transaction) == 1


def house():
    """First line and seniors, each with a value of the field by which their queue filters, and the last resort."""
    first = Member(FIRST.email, FIRST.name)
    senior = Member(SENIOR.email, SENIOR.name, accounts={"support": SENIOR.account_id})

    def team(name, value, *members, **more):
        place = Place("support", fields={IMPACT_FIELD: value})
        return Team(name, name.title(), None, (place,), (), members, "always", ALWAYS, **more)

    teams = (
        team("first", "Minor", first, next="seniors"),
        team("seniors", "Major", senior, assignment=Assignment.ROUND_ROBIN),
        team("last", "Critical", senior),
    )
    button = Trigger(
        "to-seniors",
        Condition((Test("tags", Operator.CONTAINS, ("to-seniors",)),)),
        "escalate seniors pressed the button",
        remove_tags=("to-seniors",),
    )
    return Directory({each.name: each for each in teams}, last_resort="last", triggers=(button,))


@pytest.fixture
def desk(make_pair):
    step = Step("higher", Metric.RESOLUTION, 100, 0, (Escalate(team="next-level"),))
    pair = make_pair(
        "jira",
        "zendesk",
        origin_settings={
            "project": "HELP",
            "issue_type": "Service Request",
            "webhook_secrets": (SecretStr(SECRET),),
        },
        policy={"ladder": (step,), "targets": Targets(default={Metric.RESOLUTION: 60})},
    )
    rules = replace(pair.bridge.rules, directory=house())
    return Requests(replace(pair, bridge=replace(pair.bridge, rules=rules, language="id")))


@contextmanager
def receiving(desk):
    """The real receiver, and a webhook to it set up as an admin does."""
    bridge = desk.pair.bridge
    with closing(DeliveryWriter(bridge.database)) as writer:
        server = Server(create_app(bridge, writer), "127.0.0.1", 0, largest_body=1_000_000)
        try:
            webhook = {
                "name": "Bridge",
                "url": f"http://127.0.0.1:{server.port}/webhooks/support",
                "events": ["jira:issue_created", "jira:issue_updated", "comment_created"],
                "secret": SECRET,
                "excludeBody": False,
            }
            login = (seed.ADMIN.email, seed.api_token(seed.ADMIN))
            url = f"{desk.pair.servers['support'].url}/rest/webhooks/1.0/webhook"
            requests.post(url, auth=login, json=webhook, timeout=10).raise_for_status()
            yield
        finally:
            server.stop()


def works_until(desk, holds):
    for _ in range(LOOKS):
        desk.pair.worker.run_until_idle()
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"it never came to that: {desk.has()} {desk.private()}")


def test_an_agent_hands_a_request_to_another_queue_and_gets_it_back(desk):
    with receiving(desk):
        desk.opens()
        desk.edits(fields={IMPACT_FIELD: {"value": "Minor"}})
        works_until(desk, desk.is_known)
        desk.notes(FIRST, "/bridge eskalasi seniors VPN mati sejak 9.00\n/bridge siapa")
        works_until(desk, lambda: desk.owner == Owner("seniors", SENIOR.email))
        works_until(desk, lambda: any("eskalasi ini ada pada *Seniors*" in each for each in desk.private()))
        assert desk.has() == ("Major", SENIOR.display_name)
        escalation = desk.pair.view().escalations[0]
        assert (escalation.cause, escalation.summary) == (Cause.BY_HAND, "VPN mati sejak 9.00")
        assert escalation.from_team == "first"
        desk.notes(SENIOR, "/bridge deeskalasi sudah menyala lagi")
        works_until(desk, lambda: not desk.pair.view().escalations[0].is_open)
        works_until(desk, lambda: desk.has() == ("Minor", None))
        assert desk.public() == []
    assert desk.pair.view().escalations[0].outcome is Outcome.DEESCALATED


def test_a_missed_target_moves_it_and_the_record_follows_who_moves_it_back(desk):
    with receiving(desk):
        desk.opens()
        desk.edits(fields={IMPACT_FIELD: {"value": "Minor"}})
        works_until(desk, desk.is_known)
        desk.pair.later(seconds=70)
        assert desk.has() == ("Major", SENIOR.display_name)
        assert desk.owner == Owner("seniors", SENIOR.email)
        desk.edits(fields={IMPACT_FIELD: {"value": "Minor"}, "assignee": None})
        works_until(desk, lambda: desk.owner == Owner("first"))
    assert desk.pair.view().escalations[0].changes[-1].cause is Cause.EXTERNAL


def test_a_label_that_an_automation_adds_is_a_button(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, desk.is_known)
        desk.edits(update={"labels": [{"add": "to-seniors"}]})
        works_until(desk, lambda: desk.owner == Owner("seniors", SENIOR.email))
        works_until(desk, lambda: "to-seniors" not in desk.issue()["labels"])
    assert desk.pair.view().escalations[0].summary == "pressed the button"


def with_button(desk, test, words, **more):
    """The only button of the service project."""
    button = Trigger("button", Condition((test,)), words, **more)
    bridge = desk.pair.bridge
    rules = replace(bridge.rules, directory=replace(bridge.rules.directory, triggers=(button,)))
    desk.pair = replace(desk.pair, bridge=replace(bridge, rules=rules))


def test_a_transition_is_a_button_each_time_that_it_is_made(desk):
    with_button(desk, Test("status", Operator.IS, ("Escalated",)), "escalate seniors sent by the transition")
    with receiving(desk):
        desk.opens()
        works_until(desk, desk.is_known)
        for number in (1, 2):
            desk.transitions("Escalate")
            works_until(desk, lambda number=number: len(desk.pair.view().escalations) == number)
            works_until(desk, lambda: desk.has() == ("Major", SENIOR.display_name))
            desk.notes(SENIOR, "/bridge deeskalasi sudah menyala lagi")
            works_until(desk, lambda: not desk.pair.view().escalations[-1].is_open)
            desk.transitions("Start work")
            works_until(desk, lambda: desk.last_button() == "off")
    assert [each.summary for each in desk.pair.view().escalations] == ["sent by the transition"] * 2


def test_a_field_that_an_automation_fills_in_is_a_button(desk):
    """The field may also be set by a post function of a transition; the bridge reads the same change."""
    with_button(
        desk,
        Test(f"custom.{TICKET_FIELD}", Operator.IS, ("seniors",)),
        "escalate seniors",
        summary_field=WORKAROUND_FIELD,
    )
    with receiving(desk):
        desk.opens()
        works_until(desk, desk.is_known)
        desk.edits(fields={TICKET_FIELD: "nobody yet"})
        desk.edits(fields={TICKET_FIELD: "seniors", WORKAROUND_FIELD: "VPN mati sejak 9.00"})
        works_until(desk, lambda: desk.owner == Owner("seniors", SENIOR.email))
        assert desk.has() == ("Major", SENIOR.display_name)
    (escalation,) = desk.pair.view().escalations
    assert escalation.summary == "VPN mati sejak 9.00"


def test_neither_a_customer_nor_a_public_comment_commands_anything(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, desk.is_known)
        desk.notes(seed.CUSTOMER, "/bridge eskalasi seniors tolong", public=True)
        desk.notes(FIRST, "/bridge eskalasi seniors tolong", public=True)
        desk.notes(FIRST, "/bridge eskalasi senior tolong")
        works_until(desk, lambda: any("/bridge eskalasi seniors tolong" in each for each in desk.private()))
        assert desk.owner is None
