"""Exactly what is sent to Jira."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from responses import matchers

from bridge_helpers.jira_wire import CLOUD, DATA_CENTER, KEY, V2, V3, Wire, issue, plugin_of, sent
from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Priority,
    TicketChange,
    TicketDraft,
    Visibility,
)
from escalation_bridge.errors import (
    OutcomeUnknown,
    PrivacyBreach,
    Rejected,
    Unavailable,
)
from escalation_bridge.plugin import JsonPart
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.translation.fields import holds

# --- create -------------------------------------------------------------------------------------------------------------


def test_create_on_cloud(wire: Wire, cloud: JiraPlugin, draft: TicketDraft, jira_openapi: Any) -> None:
    wire.post(f"{V3}/issue", status=201, json={"id": "10040", "key": "ENG-24"})
    wire.get(f"{V3}/issue/10040", json=issue())
    cloud.create_ticket(draft, KEY)
    body = sent(wire, 0)
    jira_openapi.validate_request("POST", "/rest/api/3/issue", body)
    jira_openapi.validate_document(body["fields"].pop("description"))
    assert body == {
        "fields": {
            "project": {"key": "ENG"},
            "issuetype": {"name": "Task"},
            "summary": "Payment fails with error 500",
            "labels": ["vip-customer", KEY],
            "priority": {"name": "High"},
        },
        "properties": [{"key": "escalation-bridge", "value": {"key": KEY}}],
    }
    basic = base64.b64encode(b"bridge@acme.example:t0ken").decode()
    assert wire.calls[0].request.headers["Authorization"] == f"Basic {basic}"


def test_create_on_data_center(wire: Wire, datacenter: JiraPlugin, draft: TicketDraft) -> None:
    wire.post(f"{V2}/issue", status=201, json={"id": "10040", "key": "ENG-24"})
    wire.get(f"{V2}/issue/10040", json=issue())
    chosen = replace(draft, priority=None, fields={"project": "10000", "issue_type": "10004"})
    datacenter.create_ticket(chosen, KEY)
    assert sent(wire, 0)["fields"] == {
        "project": {"id": "10000"},
        "issuetype": {"id": "10004"},
        "summary": "Payment fails with error 500",
        "description": "It *fails*:\n\n* any browser\n\n{noformat}\nHTTP 500\n{noformat}",
        "labels": ["vip-customer", KEY],
    }
    assert wire.calls[0].request.headers["Authorization"] == "Bearer t0ken"


def field(identifier: str, name: str, kind: str, **schema: Any) -> dict[str, Any]:
    return {"id": identifier, "name": name, "schema": {"type": kind, **schema}}


TEXTAREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
FIELDS = [
    field("customfield_1", "Team", "option"),
    field("customfield_2", "Regions", "array", items="option"),
    field("customfield_3", "Ticket", "string", custom="com.atlassian.jira:textfield"),
    field("customfield_4", "Notes", "string", custom=TEXTAREA),
    field("customfield_5", "Owner", "user"),
    field("customfield_6", "Weight", "number"),
    field("customfield_7", "Twin", "string"),
    field("customfield_8", "Twin", "string"),
    field("components", "Components", "array", items="component"),
    field("fixVersions", "Fix versions", "array", items="version"),
    field("security", "Security", "securitylevel"),
    field("customfield_9", "Project", "project"),
]


def test_fields_are_sent_in_the_shape_of_their_types(
    wire: Wire, cloud: JiraPlugin, draft: TicketDraft
) -> None:
    wire.get(f"{V3}/field", json=FIELDS)
    wire.post(f"{V3}/issue", status=201, json={"id": "10040", "key": "ENG-24"})
    wire.get(f"{V3}/issue/10040", json=issue())
    wanted = {
        "team": "Payments",
        "Regions": ["Asia", {"id": "7"}],
        "customfield_3": "#35436",
        "Notes": "two\nlines",
        "Owner": "5b10",
        "Weight": 3,
        "components": ["API", "10001"],
        "Fix versions": ["2.4"],
        "Security": {"name": "Internal"},
        "customfield_9": "OPS",
    }
    cloud.create_ticket(replace(draft, fields={"fields": wanted}), KEY)
    fields = sent(wire, 1)["fields"]
    assert fields["customfield_1"] == {"value": "Payments"}
    assert fields["customfield_2"] == [{"value": "Asia"}, {"id": "7"}]
    assert fields["customfield_3"] == "#35436"
    assert fields["customfield_4"]["type"] == "doc"
    assert fields["customfield_5"] == {"accountId": "5b10"}
    assert fields["customfield_6"] == 3
    assert fields["components"] == [{"name": "API"}, {"id": "10001"}]
    assert fields["fixVersions"] == [{"name": "2.4"}]
    assert fields["security"] == {"name": "Internal"}
    assert fields["customfield_9"] == {"key": "OPS"}


def test_a_name_that_two_fields_have_is_left_out_and_told_with_their_ids(
    wire: Wire, cloud: JiraPlugin, draft: TicketDraft
) -> None:
    wire.get(f"{V3}/field", json=FIELDS)
    wire.post(f"{V3}/issue", status=201, json={"id": "10040", "key": "ENG-24"})
    wire.get(f"{V3}/issue/10040", json=issue())
    made = cloud.create_ticket(replace(draft, fields={"fields": {"Twin": "x"}}), KEY)
    assert [(each.name, each.reason) for each in made.left_out] == [
        ("Twin", "several fields are named so: use one of customfield_7, customfield_8")
    ]
    assert not {"Twin", "customfield_7", "customfield_8"} & sent(wire, 1)["fields"].keys()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failed_create_may_have_happened(
    status: int, wire: Wire, cloud: JiraPlugin, draft: TicketDraft
) -> None:
    wire.post(f"{V3}/issue", status=status, body="oops")
    with pytest.raises(OutcomeUnknown):
        cloud.create_ticket(draft, KEY)
    assert len(wire.calls) == 1


# --- the gateway --------------------------------------------------------------------------------------------------------


def test_a_scoped_token_goes_to_the_gateway(wire: Wire) -> None:
    gateway = "https://api.atlassian.com/ex/jira/35273b54-3f06/rest/api/3/issue/10040"
    wire.get(gateway, json=issue())
    plugin = plugin_of("cloud", cloud_id="35273b54-3f06")
    assert plugin.fetch_ticket("10040").url == f"{CLOUD}/browse/ENG-24"
    plugin.close()


# --- changes ------------------------------------------------------------------------------------------------------------


def test_a_change_sends_the_differences_only(wire: Wire, cloud: JiraPlugin) -> None:
    before = issue(
        labels=["here", "old"], priority={"name": "High"}, customfield_1={"value": "Payments", "id": "1"}
    )
    after = issue(
        labels=["here", "new"], priority={"name": "Highest"}, customfield_1={"value": "Payments", "id": "1"}
    )
    wire.get(f"{V3}/issue/10040", json=before)
    wire.get(f"{V3}/field", json=FIELDS)
    wire.put(f"{V3}/issue/10040", status=204)
    expected = cloud.fetch_ticket("10040")
    wire.replace(responses.GET, f"{V3}/issue/10040", json=before)
    wire.get(f"{V3}/issue/10040", json=after)
    change = TicketChange(
        priority=Priority.URGENT,
        add_tags=("here", "new"),
        remove_tags=("old", "gone"),
        fields={"Team": "Payments"},
    )
    cloud.update_ticket("10040", change, expected)
    put = next(call.request for call in wire.calls if call.request.method == "PUT")
    assert json.loads(put.body or "") == {
        "fields": {"priority": {"name": "Highest"}},
        "update": {"labels": [{"add": "new"}, {"remove": "old"}]},
    }


@pytest.mark.parametrize(
    ("stored", "wanted", "held"),
    [
        ({"self": "x", "value": "A", "id": "1"}, {"value": "A"}, True),
        ({"self": "x", "value": "A", "id": "1"}, {"value": "B"}, False),
        ([{"name": "a", "id": "1"}, {"name": "b", "id": "2"}], [{"name": "b"}, {"name": "a"}], True),
        ([{"name": "a"}, {"name": "b"}, {"name": "c"}], [{"name": "b"}, {"name": "a"}], False),
        ("a\r\nb", "a\nb", True),
        (3.0, 3, True),
        (None, None, True),
        (None, "x", False),
        ("x", None, False),
        (None, {"value": "A"}, False),
        ("2026-01-05T16:00:00.000+0700", "2026-01-05T09:00:00.000+0000", True),
        ("2026-01-05T16:00:00.000+0700", "2026-01-05T16:00:00.000+0000", False),
        ("2026-01-05", "2026-01-06", False),
    ],
)
def test_what_is_stored_is_compared_with_what_was_sent(
    stored: object, wanted: object, held: bool, part: Callable[[object], JsonPart]
) -> None:
    assert holds(part(stored), wanted) is held


# --- comments -----------------------------------------------------------------------------------------------------------


def test_a_comment_on_cloud(wire: Wire, cloud: JiraPlugin, jira_openapi: Any) -> None:
    wire.get(f"{V3}/issue/10040", json=issue())
    wire.get(
        f"{V3}/issue/10040/comment",
        json={"comments": [], "total": 0},
        match=[
            matchers.query_param_matcher({"orderBy": "-created", "expand": "properties"}, strict_match=False)
        ],
    )
    stored = {"id": "10062", "created": "2026-07-01T09:20:00.512+0700", "body": None, "jsdPublic": True}
    wire.post(f"{V3}/issue/10040/comment", status=201, json=stored)
    cloud.add_comment("10040", CommentDraft(from_text("hi"), Visibility.PRIVATE), "eb-1")
    body = sent(wire)
    jira_openapi.validate_request("POST", "/rest/api/3/issue/10040/comment", body)
    assert body["properties"] == [{"key": "escalation-bridge", "value": {"key": "eb-1"}}]
    assert "visibility" not in body


def test_a_group_restriction_that_was_not_heeded_is_a_breach(wire: Wire) -> None:
    plugin = plugin_of("datacenter", private_comment_group="staff", customers_read_comments=True)
    wire.get(f"{V2}/issue/10040", json=issue())
    wire.get(f"{V2}/issue/10040/comment", json={"comments": [], "total": 0})
    wire.post(
        f"{V2}/issue/10040/comment",
        status=201,
        json={"id": "10062", "created": "2026-07-01T09:20:00.512+0700"},
    )
    wire.delete(f"{V2}/issue/10040/comment/10062", status=204)
    with pytest.raises(PrivacyBreach, match="is not restricted to the group; it was deleted"):
        plugin.add_comment("10040", CommentDraft(from_text("hi"), Visibility.PRIVATE), "eb-1")
    assert sent(wire, 2)["visibility"] == {"type": "group", "value": "staff"}
    plugin.close()


def test_a_check_that_fails_is_made_again_with_the_next_attempt(wire: Wire, datacenter: JiraPlugin) -> None:
    """Data Center's service desk cannot answer just now: the comment stays, and is found by its key."""
    desk = f"{DATA_CENTER}/rest/servicedeskapi/request/10040/comment/10062"
    service = issue(project={"id": "1", "key": "HELP", "projectTypeKey": "service_desk"})
    mark = [{"key": "escalation-bridge", "value": {"key": "eb-1"}}]
    stored = {"id": "10062", "created": "2026-07-01T09:20:00.512+0700", "body": "hi", "properties": mark}
    wire.get(f"{V2}/issue/10040", json=service)
    first_list = wire.get(f"{V2}/issue/10040/comment", json={"comments": [], "total": 0})
    posted = wire.post(desk.removesuffix("/10062"), status=201, json={"id": "10062", "public": False})
    wire.put(f"{V2}/comment/10062/properties/escalation-bridge", status=201)
    wire.get(f"{V2}/issue/10040/comment/10062", json=stored)
    unavailable = wire.get(desk, status=503)
    draft = CommentDraft(from_text("hi"), Visibility.PRIVATE)
    with pytest.raises(Unavailable):
        datacenter.add_comment("10040", draft, "eb-1")
    for gone in (first_list, unavailable):
        wire.remove(gone)
    wire.get(f"{V2}/issue/10040/comment", json={"comments": [stored], "total": 1})
    wire.get(desk, json={"id": "10062", "public": False})
    assert datacenter.add_comment("10040", draft, "eb-1").visibility is Visibility.PRIVATE
    assert posted.call_count == 1
    assert json.loads(posted.calls[0].request.body or "") == {"body": "hi", "public": False}
    assert wire.calls[-1].request.headers["X-ExperimentalApi"] == "true"


# --- webhooks and versions ----------------------------------------------------------------------------------------------


def server(deployment_type: str, *version: int) -> dict[str, Any]:
    return {"deploymentType": deployment_type, "version": "x", "versionNumbers": list(version)}


def test_cloud_that_does_not_sign_is_refused(wire: Wire, cloud: JiraPlugin) -> None:
    hooks = f"{CLOUD}/rest/webhooks/1.0/webhook"
    wire.get(f"{V3}/serverInfo", json=server("Cloud", 1001, 0, 0))
    wire.get(hooks, json=[])
    wire.post(hooks, status=201, json={"self": f"{hooks}/72", "url": "x", "isSigned": False})
    wire.delete(f"{hooks}/72", status=204)
    with pytest.raises(Rejected, match="does not sign"):
        cloud.subscribe_webhooks("https://bridge.example.com/webhooks/jira-main", "secret")


def test_data_center_from_10_on_takes_the_secret_in_its_configuration(
    wire: Wire, datacenter: JiraPlugin
) -> None:
    hooks = f"{DATA_CENTER}/rest/jira-webhook/1.0/webhooks"
    wire.get(f"{V2}/serverInfo", json=server("Server", 10, 3, 0))
    wire.get(hooks, json=[])
    wire.post(hooks, status=201, json={"id": 5, "url": "https://bridge.example.com/x", "active": True})
    [made] = datacenter.subscribe_webhooks("https://bridge.example.com/x", "secret")
    assert (made.id, made.active) == ("5", True)
    body = sent(wire)
    assert body["configuration"] == {"SECRET": "secret", "EXCLUDE_BODY": "false"}
    assert "secret" not in body


def test_tokens_need_a_jira_that_has_them(wire: Wire, datacenter: JiraPlugin) -> None:
    wire.get(f"{V2}/serverInfo", json=server("Server", 8, 5, 1))
    wire.get(f"{V2}/myself", json={"name": "bridge", "key": "bridge", "displayName": "Bridge"})
    wire.get(f"{V2}/mypermissions", status=404, json={"errorMessages": ["No project"]})
    report = datacenter.check_connection()
    assert "personal access tokens need Jira 8.14 or newer" in report.problems


def test_a_clock_that_is_paused_has_no_due_time(wire: Wire, cloud: JiraPlugin) -> None:
    cycle = {"breachTime": {"epochMillis": 1782872000000}, "breached": True}
    values = [
        {"name": "Running", "ongoingCycle": {**cycle, "paused": False}, "completedCycles": []},
        {"name": "Paused", "ongoingCycle": {**cycle, "breached": False, "paused": True}},
        {"name": "Over", "completedCycles": [{"breached": False}, {"breached": True}]},
        {"id": "3"},
    ]
    wire.get(f"{CLOUD}/rest/servicedeskapi/request/10050/sla", json={"values": values, "isLastPage": True})
    running, paused, over, bare = cloud.native_clocks("10050")
    assert (running.due, running.breached) == (datetime.fromtimestamp(1782872000, UTC), True)
    assert (paused.due, paused.paused, paused.breached) == (None, True, False)
    assert (over.due, over.breached) == (None, True)
    assert bare.name == "3"
