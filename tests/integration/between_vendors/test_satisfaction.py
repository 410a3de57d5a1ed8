"""Satisfaction over HTTP: by a link in the ticket to the receiver's page, and in the surveys of all three helpdesks."""

import re
from dataclasses import replace

import pytest
import requests
import sqlalchemy as sa

from bridge_helpers.desks_with_groups import AtFreshdesk, AtZendesk, is_there, receiving, works_until
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.permissions import Circle, Permissions
from escalation_bridge.domain.teams.team import Place, Team
from escalation_bridge.domain.tickets.satisfaction import Satisfaction, Verdict
from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.store.database.schema import satisfaction
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira

PUBLIC = "https://bridge.example.com"
WORDS = {
    "en": ("Were you satisfied", "Not satisfied", "Thank you"),
    "id": ("Apakah Anda puas", "Tidak puas", "Terima kasih"),
}


def solves(desk):
    if desk.vendor == "zendesk":
        solution = {"assignee_id": desk.members["sari"].id, "status": "solved"}
        desk.as_agent("sari", "PUT", f"/tickets/{desk.pair.ticket}", json={"ticket": solution})
    else:
        desk.solves()


def public(desk):
    if desk.vendor == "zendesk":
        listed = desk.as_agent("sari", "GET", f"/tickets/{desk.pair.ticket}/comments")["comments"]
        return [each["html_body"] for each in listed if each["public"]]
    listed = desk.as_agent("sari", "GET", f"/tickets/{desk.pair.ticket}/conversations")
    return [each["body"] for each in listed if not each["private"]]


def rates(desk):
    """What the customer answers in the helpdesk's own survey."""
    ticket = desk.pair.ticket
    if desk.vendor == "zendesk":
        rating = {"ticket_id": int(ticket), "score": "bad", "comment": "Too slow"}
        desk.pair.call("support", "POST", "/_sandbox/satisfaction", json=rating)
        return "bad"
    rating = {"feedback": "Too slow", "ratings": {"default_question": -102}}
    login = (freshdesk.ADMIN.api_key, "X")
    path = f"/api/v2/tickets/{ticket}/satisfaction_ratings"
    desk.pair.call("support", "POST", path, auth=login, json=rating)
    return "-102"


@pytest.fixture(params=[AtZendesk, AtFreshdesk], ids=lambda desk: desk.vendor)
def make_desk(request, make_pair):
    def make(survey, language):
        at_any_hour = CustomerUpdates(
            Sending.OFF, nights=True
        )  # the hour at which the test runs does not matter
        policy = {"ladder": (), "updates": at_any_hour}
        made = request.param(make_pair(request.param.vendor, "jira", policy=policy))
        teams = {
            name: Team(name, name.title(), None, (Place("support", group=group),), (), (), "always", ALWAYS)
            for name, group in (("first", made.support), ("billing", "Billing"))
        }
        everybody = Permissions({"escalate": Circle.ANYBODY})
        directory = Directory(teams, last_resort="first", permissions=everybody)
        bridge = made.pair.bridge
        rules = replace(bridge.rules, directory=directory, satisfaction={"support": SatisfactionRule(survey)})
        links = SignedLinks("a secret", PUBLIC)
        made.pair = replace(made.pair, bridge=replace(bridge, rules=rules, links=links, language=language))
        return made

    return make


def is_over(desk):
    escalations = desk.pair.view().escalations
    return bool(escalations) and not escalations[0].is_open


def answers(desk):
    with desk.pair.bridge.database.read() as transaction:
        rows = transaction.execute(sa.select(satisfaction))
        return [(each.verdict, each.comment, each.team, each.survey) for each in rows]


def test_the_customer_follows_the_link_and_the_agents_read_the_answer(make_desk):
    desk = make_desk(Survey.LINK, "id")
    with receiving(desk) as address:
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.notes("sari", "/bridge escalate billing charged twice")
        works_until(desk, lambda: bool(desk.pair.view().escalations))
        solves(desk)
        works_until(desk, lambda: is_over(desk))
        desk.pair.later(hours=1, minutes=1)
        (question,) = [each for each in public(desk) if "/rate/" in each]
        # The customer's own language counts, where the helpdesk knows it.
        asks, answer, thanks = WORDS["en" if desk.vendor == "zendesk" else "id"]
        assert asks in question
        page = re.search(rf'{PUBLIC}(/rate/[^"<\s]+)', question)[1]
        for _ in range(2):  # a scanner of mails, and the customer
            assert answer in requests.get(address + page, timeout=10).text
        assert answers(desk) == []
        said = requests.post(address + page, data={"verdict": "bad", "comment": "Lama sekali"}, timeout=10)
        assert thanks in said.text
        works_until(desk, lambda: any("Lama sekali" in each for each in desk.private()))
        requests.post(address + page, data={"verdict": "good"}, timeout=10)
        desk.pair.later(days=2)
    assert answers(desk) == [("bad", "Lama sekali", "billing", "link")]
    assert len([each for each in desk.private() if "Penilaian pelanggan" in each]) == 1
    assert desk.pair.view().escalations[0].changes[-1].facts["verdict"] == "bad"


def test_the_answer_to_the_helpdesks_own_survey_is_read(make_desk):
    desk = make_desk(Survey.HELPDESK, "en")
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.notes("sari", "/bridge escalate billing charged twice")
        works_until(desk, lambda: bool(desk.pair.view().escalations))
        solves(desk)
        works_until(desk, lambda: is_over(desk))
        desk.pair.later(hours=1, minutes=1)
        score = rates(desk)
        desk.pair.later(hours=2)
        desk.pair.later(days=3)
    assert answers(desk) == [("bad", "Too slow", "billing", "helpdesk")]
    (note,) = [each for each in desk.private() if "verdict" in each]
    assert f"({score} in the helpdesk's survey)" in note
    assert "Too slow" in note
    assert not [each for each in public(desk) if "/rate/" in each]


def test_the_feedback_of_a_request_of_service_management(make_pair):
    pair = make_pair("jira", "zendesk", policy={"ladder": ()})

    def call(person, method, path, **more):
        login = (person.email, jira.api_token(person))
        return pair.call("support", method, f"/rest/servicedeskapi{path}", auth=login, **more)

    made = call(
        jira.CUSTOMER,
        "POST",
        "/request",
        json={"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "Lost"}},
    )
    helpdesk = pair.bridge.helpdesks["support"]
    path = f"/request/{made['issueId']}/feedback"
    assert helpdesk.fetch_satisfaction(made["issueId"]) == ()
    body = {"type": "csat", "rating": 4, "comment": {"body": "Good work"}}
    call(jira.CUSTOMER, "POST", path, json=body)
    assert helpdesk.fetch_satisfaction(made["issueId"]) == (Satisfaction(Verdict.GOOD, "4", "Good work"),)
    login = (jira.DEVELOPER.email, jira.api_token(jira.DEVELOPER))
    fields = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "No request"}
    other = pair.call("support", "POST", "/rest/api/2/issue", auth=login, json={"fields": fields})
    assert helpdesk.fetch_satisfaction(other["id"]) == ()
