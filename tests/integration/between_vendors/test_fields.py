"""Fields in step between the real plugins for Zendesk and Jira, at their stand-ins over HTTP."""

import pytest
import requests

from escalation_bridge.domain.routes.fields.assignee import AssigneeRule
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.store.cases import case_views
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.jira.fields import catalogue as jira_fields
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

AREA, LINKED_TICKET = str(zendesk.FIELD_PRODUCT_AREA.id), str(zendesk.FIELD_LINKED_TICKET.id)
ESCALATED, HEALTH = str(zendesk.FIELD_ESCALATED.id), str(zendesk.FIELD_LINK_HEALTH.id)


def custom(origin, linked, convert, **more):
    ids = {Side.ORIGIN: origin, Side.LINKED: linked}
    return CustomRule(key=f"custom:{origin}", direction=Direction.BOTH, ids=ids, convert=convert, **more)


IMPACT = custom(
    AREA,
    jira_fields.IMPACT_FIELD,
    Convert.CHOICE,
    values=(("area_checkout", "Critical"), ("area_shipping", "Major")),
)
TEAM = custom(LINKED_TICKET, jira_fields.TEAM_FIELD, Convert.TEXT)
COUNT = custom(HEALTH, jira_fields.CUSTOMERS_FIELD, Convert.NUMBER)
PRIORITY = PriorityRule(direction=Direction.BOTH)
TAGS = TagsRule(Direction.BOTH, {"vip": "customer-vip"}, same=("Big outage",))


@pytest.fixture
def play(make_desks):
    def make(*single, tags=None):
        return make_desks(synced=FieldRules(single, (tags,) if tags else ()))

    return make


def set_ticket(desks, **changes):
    desks.agent("PUT", f"/tickets/{desks.ticket}", json={"ticket": changes})
    desks.hear("support", desks.ticket)


def set_issue(desks, **body):
    desks.developer("PUT", f"/rest/api/3/issue/{desks.issue}", json=body)
    desks.hear("engineering", desks.issue)


def ticket(desks):
    found = desks.agent("GET", f"/tickets/{desks.ticket}")["ticket"]
    return {**found, **{str(each["id"]): each["value"] for each in found["custom_fields"]}}


def issue(desks):
    return desks.developer("GET", f"/rest/api/3/issue/{desks.issue}")["fields"]


def link(desks):
    with desks.bridge.database.read() as transaction:
        (found,) = case_views.load_case(transaction, 1).links
    return found


def held(desks):
    return {key: state.hold.reason for key, state in link(desks).fields.items() if state.hold}


def quiet(desks):
    """Everything is read and decided again: no ticket is written to."""
    before = ticket(desks)["updated_at"], issue(desks)["updated"]
    for _ in range(2):
        desks.hear("support", desks.ticket)
        desks.hear("engineering", desks.issue)
        desks.later(minutes=2)
    assert (ticket(desks)["updated_at"], issue(desks)["updated"]) == before


def test_priority_tags_and_custom_fields_go_both_ways_and_do_not_come_back(play):
    desks = play(PRIORITY, IMPACT, COUNT, tags=TAGS)
    set_ticket(
        desks,
        priority="urgent",
        tags=["vip", "big_outage", "internal"],
        custom_fields=[{"id": int(AREA), "value": "area_checkout"}, {"id": int(HEALTH), "value": "12"}],
    )
    fields = issue(desks)
    assert fields["priority"]["name"] == "Highest"
    assert {"customer-vip", "big_outage"} <= set(fields["labels"])
    assert not {"internal", "area_checkout"} & set(fields["labels"])
    assert fields[jira_fields.IMPACT_FIELD]["value"] == "Critical"
    assert fields[jira_fields.CUSTOMERS_FIELD] == 12
    quiet(desks)
    set_issue(
        desks,
        fields={
            "priority": {"name": "Low"},
            jira_fields.IMPACT_FIELD: {"id": "10101"},
            jira_fields.CUSTOMERS_FIELD: 12.5,
        },
        update={"labels": [{"remove": "customer-vip"}, {"add": "backend"}]},
    )
    shown = ticket(desks)
    assert (shown["priority"], shown[AREA], shown[HEALTH]) == ("low", "area_shipping", "12.5")
    assert "vip" not in shown["tags"]
    assert "backend" not in shown["tags"]
    assert {"internal", "big_outage"} <= set(shown["tags"])
    assert held(desks) == {}
    quiet(desks)
    set_issue(desks, fields={jira_fields.IMPACT_FIELD: None})
    assert not ticket(desks)[AREA]
    quiet(desks)


def test_a_ticked_box_is_a_choice_in_jira(play):
    flag = custom(
        ESCALATED, jira_fields.IMPACT_FIELD, Convert.YES_NO, values=(("yes", "Critical"),), owner=Side.ORIGIN
    )
    desks = play(flag)
    set_ticket(desks, custom_fields=[{"id": int(ESCALATED), "value": True}])
    assert issue(desks)[jira_fields.IMPACT_FIELD]["value"] == "Critical"
    quiet(desks)
    set_issue(desks, fields={jira_fields.IMPACT_FIELD: None})
    assert ticket(desks)[ESCALATED] is False
    quiet(desks)
    set_issue(desks, fields={jira_fields.IMPACT_FIELD: {"value": "Minor"}})
    assert held(desks) == {flag.key: "field_unmapped"}
    assert ticket(desks)[ESCALATED] is False


def test_text_of_several_lines_goes_both_ways(play):
    desks = play(custom(LINKED_TICKET, jira_fields.WORKAROUND_FIELD, Convert.TEXT))
    set_ticket(desks, custom_fields=[{"id": int(LINKED_TICKET), "value": "Turn it off."}])
    (paragraph,) = issue(desks)[jira_fields.WORKAROUND_FIELD]["content"]
    assert paragraph["content"][0]["text"] == "Turn it off."
    quiet(desks)
    said = [{"type": "paragraph", "content": [{"type": "text", "text": words}]} for words in ("Wait.", "On.")]
    document = {"type": "doc", "version": 1, "content": said}
    set_issue(desks, fields={jira_fields.WORKAROUND_FIELD: document})
    assert ticket(desks)[LINKED_TICKET].split() == ["Wait.", "On."]
    assert held(desks) == {}
    quiet(desks)


def test_a_field_on_no_screen_is_held_alone_with_jiras_words(play):
    desks = play(PRIORITY, TEAM)
    set_ticket(desks, priority="low", custom_fields=[{"id": int(LINKED_TICKET), "value": "ABC"}])
    assert issue(desks)["priority"]["name"] == "Low"
    assert held(desks) == {TEAM.key: "field_refused"}
    facts = link(desks).fields[TEAM.key].hold.facts
    assert "screen" in facts["error"]
    assert "screen" in desks.said_in_jira()
    set_ticket(desks, priority="high")
    assert issue(desks)["priority"]["name"] == "High"
    quiet(desks)


def test_people_are_found_by_the_table_and_the_default_takes_what_nobody_is(play):
    their = jira.DEVELOPER.account_id
    desks = play(
        AssigneeRule(
            direction=Direction.BOTH,
            users=((zendesk.AGENT_SARI.email, their),),
            default={Side.LINKED: jira.OTHER_DEVELOPER.account_id},
        )
    )
    set_ticket(desks, assignee_email=zendesk.AGENT_SARI.email)
    assert issue(desks)["assignee"]["accountId"] == their
    quiet(desks)
    set_ticket(desks, assignee_email=zendesk.AGENT_BUDI.email)
    desks.later(seconds=5)
    assert issue(desks)["assignee"]["accountId"] == jira.OTHER_DEVELOPER.account_id
    assert held(desks) == {}
    set_issue(desks, fields={"assignee": {"accountId": their}})
    assert ticket(desks)["assignee_id"] == zendesk.AGENT_SARI.id
    quiet(desks)


def test_both_changed_holds_the_field_and_tells_both_tickets(play):
    desks = play(PRIORITY)
    desks.developer("PUT", f"/rest/api/3/issue/{desks.issue}", json={"fields": {"priority": {"name": "Low"}}})
    desks.agent("PUT", f"/tickets/{desks.ticket}", json={"ticket": {"priority": "urgent"}})
    desks.hear_both()
    assert held(desks) == {"priority": "field_conflict"}
    assert "/bridge choose origin" in desks.said_in_jira()
    comments = desks.agent("GET", f"/tickets/{desks.ticket}/comments")["comments"]
    (note,) = [each for each in comments if "/bridge choose origin" in each["plain_body"]]
    assert note["public"] is False
    quiet(desks)


MEETING = custom(LINKED_TICKET, jira_fields.MEETING_FIELD, Convert.TEXT)
EXPERT = custom(HEALTH, jira_fields.EXPERT_FIELD, Convert.TEXT)
SHOWN = (
    "summary",
    "description",
    "priority",
    "labels",
    "components",
    MEETING.ids[Side.LINKED],
    EXPERT.ids[Side.LINKED],
)


def on_the_screens(_, site):
    for screen in ("create", "edit"):
        url = f"{site.url}/_sandbox/projects/ENG/screens/{screen}"
        assert requests.put(url, json={"fields": list(SHOWN)}, timeout=10).ok


def test_a_route_sets_an_instant_a_person_and_a_component_from_plain_words(make_desks):
    component = "Mobile app"
    wanted = {
        "Meeting": "2026-12-24T16:30:00+07:00",
        "Expert": jira.OTHER_DEVELOPER.email,
        "Components": component,
    }
    desks = make_desks(prepare=on_the_screens, fields={"fields": wanted})
    fields = issue(desks)
    assert fields[jira_fields.MEETING_FIELD] == "2026-12-24T09:30:00.000+0000"
    assert fields[jira_fields.EXPERT_FIELD]["accountId"] == jira.OTHER_DEVELOPER.account_id
    assert [each["name"] for each in fields["components"]] == [component]
    assert "created without" not in desks.said_in_jira()


def test_an_instant_is_kept_in_step_with_a_text(make_desks):
    desks = make_desks(prepare=on_the_screens, synced=FieldRules((MEETING,)))
    set_ticket(desks, custom_fields=[{"id": int(LINKED_TICKET), "value": "2026-12-24T16:30:00+07:00"}])
    assert issue(desks)[jira_fields.MEETING_FIELD] == "2026-12-24T09:30:00.000+0000"
    quiet(desks)
    set_issue(desks, fields={jira_fields.MEETING_FIELD: "2027-01-02T08:00:00.000+0000"})
    assert ticket(desks)[LINKED_TICKET].startswith("2027-01-02T08:00:00")
    quiet(desks)
