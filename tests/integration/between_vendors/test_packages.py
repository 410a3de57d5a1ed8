"""What the team reads that takes an escalation over, over HTTP: at Zendesk and Freshdesk, in Jira, and within one helpdesk."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.routes.package_rule import PackageRule
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.permissions import Circle, Permissions
from escalation_bridge.domain.teams.team import Member, Place, Team
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

AREA = str(zendesk.FIELD_PRODUCT_AREA.id)
JIRA_LOGIN = (jira.DEVELOPER.email, jira.api_token(jira.DEVELOPER))
TARGETS = {"targets": Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 8 * 3600})}


class AtZendesk:
    vendor = "zendesk"
    field, value, label = AREA, "area_checkout", "Product area"

    def __init__(self, pair):
        self.pair = pair

    def agent(self, method, path, **more):
        login = (f"{zendesk.AGENT_SARI.email}/token", zendesk.API_TOKEN)
        return self.pair.call("support", method, f"/api/v2{path}", auth=login, **more)

    def opens(self):
        self.pair.inbound(email=zendesk.CUSTOMER_DEWI.email, subject="Lost", body="My order is lost.")
        self.pair.hear()

    def writes(self, body, *, public):
        comment = {"comment": {"body": body, "public": public}}
        self.agent("PUT", f"/tickets/{self.pair.ticket}", json={"ticket": comment})
        self.pair.hear()

    def fills(self):
        fields = {"custom_fields": [{"id": int(self.field), "value": self.value}]}
        self.agent("PUT", f"/tickets/{self.pair.ticket}", json={"ticket": fields})
        self.pair.hear()

    def notes(self):
        comments = self.agent("GET", f"/tickets/{self.pair.ticket}/comments")["comments"]
        return [each["plain_body"] for each in comments if not each["public"]]

    def public(self):
        comments = self.agent("GET", f"/tickets/{self.pair.ticket}/comments")["comments"]
        return "\n".join(each["plain_body"] for each in comments if each["public"])


class AtFreshdesk:
    vendor = "freshdesk"
    field, value, label = "cf_impact", "No orders at all", "Impact"

    def __init__(self, pair):
        self.pair = pair

    def agent(self, method, path, **more):
        login = (freshdesk.AGENT_RINA.api_key, "X")
        return self.pair.call("support", method, f"/api/v2{path}", auth=login, **more)

    def opens(self):
        sender = {"email": freshdesk.CUSTOMER_SARI.email}
        self.pair.inbound(**{"from": sender}, subject="Lost", body="My order is lost.")
        self.pair.hear()

    def writes(self, body, *, public):
        html = body.replace("\n", "<br>")
        path = f"/tickets/{self.pair.ticket}/{'reply' if public else 'notes'}"
        self.agent("POST", path, json={"body": html} | ({} if public else {"private": True}))
        self.pair.hear()

    def fills(self):
        fields = {"custom_fields": {self.field: self.value}}
        self.agent("PUT", f"/tickets/{self.pair.ticket}", json=fields)
        self.pair.hear()

    def notes(self):
        talks = self.agent("GET", f"/tickets/{self.pair.ticket}/conversations")
        return [each["body_text"] for each in talks if each["private"]]

    def public(self):
        talks = self.agent("GET", f"/tickets/{self.pair.ticket}/conversations")
        return "\n".join(each["body_text"] for each in talks if not each["private"])


ANYBODY = Permissions({"escalate": Circle.ANYBODY, "reproduced": Circle.ANYBODY})
MEMBERS = (Member("nobody@example.com", "Nobody"),)
KNOWN_VALUE = {
    zendesk.CUSTOMER_DEWI.email: {"Tier": "Gold"},
    freshdesk.CUSTOMER_SARI.email: {"Tier": "Gold"},
}


def made(make_pair, kind, language="en", *, requires=(), required=False, rule=None, **route):
    """A desk whose tickets go to Engineering behind a route, or to the second line in the same helpdesk."""
    rule = rule or PackageRule({kind.field: kind.label}, internal_notes=2)
    languages = {Side.LINKED: language}
    pair = make_pair(kind.vendor, "jira", policy=TARGETS, languages=languages, package=rule, **route)
    required_fields = {"support": {kind.field: kind.label}} if required else {}
    needs = {"requires": requires, "required_fields": required_fields}
    place = Place("support", group="Billing", package=replace(rule, internal_notes=0))
    teams = (
        Team("engineering", "Engineering", None, (), ("engineering",), (), "always", ALWAYS, **needs),
        Team("second-line", "Second Line", None, (place,), (), MEMBERS, "always", ALWAYS, **needs),
    )
    directory = Directory({each.name: each for each in teams}, last_resort="second-line", permissions=ANYBODY)
    rules = replace(pair.bridge.rules, directory=directory, customer_value=KNOWN_VALUE)
    return kind(replace(pair, bridge=replace(pair.bridge, rules=rules, language=language)))


def in_jira(desk):
    """The description of the linked issue, and its comments."""
    issue = desk.pair.view().links[0].linked.id
    path = f"/rest/api/2/issue/{issue}"
    found = desk.pair.call("engineering", "GET", path, auth=JIRA_LOGIN)["fields"]
    comments = desk.pair.call("engineering", "GET", f"{path}/comment", auth=JIRA_LOGIN)["comments"]
    return found["description"], [each["body"] for each in comments]


PRIVATE_NOTE = "Customer is very upset, treat with care."
COMMAND = """/bridge escalate {team} orders vanish after payment
since 9:00
tried: cleared the cache
reproduced: yes, with card 4111 in staging"""
TITLES = {
    "en": (
        "Impact",
        "Time left",
        "What the customer knows",
        "Summary",
        "Tried",
        "Reproduced",
        "Internal notes",
    ),
    "id": (
        "Dampak",
        "Sisa waktu",
        "Yang sudah diketahui pelanggan",
        "Ringkasan",
        "Sudah dicoba",
        "Bisa direproduksi?",
        "Catatan internal",
    ),
}


def talks(desk):
    desk.opens()
    desk.fills()
    desk.writes("We are looking into it.", public=True)
    desk.writes(PRIVATE_NOTE, public=False)


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("kind", [AtZendesk, AtFreshdesk])
def test_the_team_behind_a_route_gets_public_facts_in_the_issue_and_the_rest_in_a_note(
    make_pair, kind, language
):
    desk = made(make_pair, kind, language)
    talks(desk)
    desk.writes(COMMAND.format(team="engineering"), public=False)
    description, (note,) = in_jira(desk)
    impact, left, knows, summary, tried, reproduced, notes = (f"h3. {title}" for title in TITLES[language])
    for part in (impact, left, knows):
        assert part in description
    for words in ("We are looking into it.", "My order is lost."):
        assert description.count(words) == 1
    for part in (summary, tried, reproduced, notes, "vanish", "4111", PRIVATE_NOTE, "Gold", desk.value):
        assert part not in description
    parts = (summary, "vanish", impact, "Tier: Gold", tried, "cleared the cache", reproduced, "4111")
    for part in (*parts, f"{desk.label}: {desk.value}", notes, PRIVATE_NOTE):
        assert part in note
    assert "vanish" not in desk.public()


def test_internal_notes_are_passed_only_where_the_route_allows_it(make_pair):
    desk = made(make_pair, AtZendesk, rule=PackageRule())
    talks(desk)
    desk.writes(COMMAND.format(team="engineering"), public=False)
    description, (note,) = in_jira(desk)
    assert "vanish" in note
    assert PRIVATE_NOTE not in note + description
    assert desk.value not in note + description


def test_customers_of_a_service_desk_read_no_private_part(make_pair):
    on_behalf = {"project": "HELP", "request_type": "Get help", "raise_on_behalf_of": jira.CUSTOMER.email}
    desk = made(make_pair, AtZendesk, fields=on_behalf)
    talks(desk)
    desk.writes(COMMAND.format(team="engineering"), public=False)
    issue = desk.pair.view().links[0].linked.id
    customer = (jira.CUSTOMER.email, jira.api_token(jira.CUSTOMER))
    request = f"/rest/servicedeskapi/request/{issue}"
    shown = str(desk.pair.call("engineering", "GET", request, auth=customer))
    shown += str(desk.pair.call("engineering", "GET", f"{request}/comment", auth=customer))
    assert "My order is lost." in shown
    for private in ("vanish", "4111", "Gold", PRIVATE_NOTE, desk.value):
        assert private not in shown
    (note,) = in_jira(desk)[1]
    assert PRIVATE_NOTE in note


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("kind", [AtZendesk, AtFreshdesk])
def test_a_team_in_the_same_helpdesk_reads_all_of_it_in_one_note(make_pair, kind, language):
    desk = made(make_pair, kind, language)
    talks(desk)
    desk.writes(COMMAND.format(team="second-line"), public=False)
    summary = TITLES[language][3]
    (note,) = [each for each in desk.notes() if summary in each]
    *shown, notes = TITLES[language]
    for part in (*shown, "vanish", "Tier: Gold", "4111", f"{desk.label}: {desk.value}"):
        assert part in note
    assert notes not in note  # they are in the ticket itself
    assert "vanish" not in desk.public()


# --- what is missing ----------------------------------------------------------------------------------------------------

ALL = ("summary", "tried", "reproduced")


@pytest.mark.parametrize("team", ["engineering", "second-line"])
@pytest.mark.parametrize("kind", [AtZendesk, AtFreshdesk])
def test_by_hand_nothing_is_done_until_the_agent_has_told_what_the_team_requires(make_pair, kind, team):
    desk = made(make_pair, kind, requires=ALL, required=True)
    desk.opens()
    desk.writes(f"/bridge escalate {team} orders vanish", public=False)
    answer = desk.notes()[-1]
    assert f"also needs what was tried, whether it could be reproduced, {desk.label}." in answer
    assert f"/bridge escalate {team} orders vanish" in answer
    assert desk.pair.view().escalations == ()
    desk.writes(COMMAND.format(team=team), public=False)
    assert f"also needs {desk.label}." in desk.notes()[-1]
    desk.fills()
    desk.writes(COMMAND.format(team=team), public=False)
    (escalation,) = desk.pair.view().escalations
    assert escalation.owner.team == team


@pytest.mark.parametrize(
    ("language", "asks", "lacks"),
    [
        ("en", "Engineering still needs: summary, what was tried", "Not known yet"),
        ("id", "Engineering masih memerlukan: ringkasan, apa yang sudah dicoba", "Belum diketahui"),
    ],
)
def test_a_missed_target_escalates_all_the_same_and_the_agents_answer_is_passed_on(
    make_pair, language, asks, lacks
):
    desk = made(make_pair, AtZendesk, language, requires=("summary", "tried"), required=True)
    desk.opens()
    desk.pair.later(minutes=61)
    (question,) = [each for each in desk.notes() if asks in each]
    assert desk.label in question
    (note,) = in_jira(desk)[1]
    assert lacks in note
    assert desk.label in note
    desk.fills()
    assert f"{desk.label}" in in_jira(desk)[1][-1]
    assert desk.value in in_jira(desk)[1][-1]
    desk.writes("/bridge escalate engineering orders vanish\ntried: cleared the cache", public=False)
    desk.pair.later(minutes=5)
    comments = in_jira(desk)[1]
    assert len(comments) == 3
    assert "tried: cleared the cache" in comments[-1]
    assert len([each for each in desk.notes() if asks in each]) == 1


def test_what_was_tried_goes_along_when_the_case_is_handed_on(make_pair):
    desk = made(make_pair, AtZendesk, requires=ALL)
    desk.opens()
    desk.writes(COMMAND.format(team="second-line"), public=False)
    desk.writes("/bridge escalate engineering the cache is not the cause", public=False)
    (note,) = in_jira(desk)[1]
    for part in ("the cache is not the cause", "cleared the cache", "4111"):
        assert part in note
