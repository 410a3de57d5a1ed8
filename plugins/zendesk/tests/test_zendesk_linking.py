"""A linked ticket in fields: up to date in place, one update a call, none where nothing differs, and never for customers."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from escalation_bridge.domain.tickets.tickets import Priority, TicketPointer, TicketRef, Visibility
from escalation_bridge.errors import NotApplied
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
TICKET = f"{API}/tickets/35"
KEY, OTHER_KEY = "eb-0123456789abcdef0123", "eb-ffffffffffffffffffff"
FIELDS = {
    "key": seed.FIELD_LINK_KEY,
    "status": seed.FIELD_LINK_STATUS,
    "assignee": seed.FIELD_LINK_ASSIGNEE,
    "updated": seed.FIELD_LINK_UPDATED,
    "health": seed.FIELD_LINK_HEALTH,
}
ISSUE = TicketPointer(
    TicketRef("engineering", "10001"),
    "ENG-24",
    "https://jira.example/browse/ENG-24",
    "jira",
    "Lost",
    "To Do",
    done=False,
    assignee="Rina",
    updated_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
    health="in step",
)
OTHER = replace(ISSUE, ref=TicketRef("engineering", "10002"), key="ENG-31", status="Doing", assignee=None)

Act = Callable[..., Any]
MakePlugin = Callable[..., ZendeskPlugin]
Json = dict[str, object]
Make = Callable[..., Json]


@pytest.fixture(params=["id", "title"])
def plugin(request: pytest.FixtureRequest, connect: MakePlugin) -> ZendeskPlugin:
    return connect(link_fields={part: getattr(field, request.param) for part, field in FIELDS.items()})


def shown(act: Act, ticket_id: str) -> dict[str, str]:
    values = {
        one["id"]: one["value"] for one in act("GET", f"/tickets/{ticket_id}")["ticket"]["custom_fields"]
    }
    return {part: values[field.id] or "" for part, field in FIELDS.items()}


def updates(sandbox: ZendeskSandbox) -> int:
    return len(sandbox.journal.entries(writes=True, user=seed.BRIDGE.email))


def test_a_link_is_kept_up_to_date_in_place(
    plugin: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    plugin.link_ticket(ticket_id, ISSUE, KEY)
    assert shown(act, ticket_id) == {
        "key": "ENG-24",
        "status": "To Do",
        "assignee": "Rina",
        "updated": "2026-03-02 08:30 UTC",
        "health": "in step",
    }
    before = updates(sandbox)
    assert before == 2  # the note with all fields, and the tag
    plugin.link_ticket(ticket_id, ISSUE, OTHER_KEY)
    assert updates(sandbox) == before
    held = replace(ISSUE, status="Done", done=True, assignee=None, health="held: the ticket is gone")
    plugin.link_ticket(ticket_id, held, OTHER_KEY)
    assert updates(sandbox) == before + 1
    assert shown(act, ticket_id) == {
        "key": "ENG-24",
        "status": "Done",
        "assignee": "",
        "updated": "2026-03-02 08:30 UTC",
        "health": "held: the ticket is gone",
    }
    (note,) = plugin.fetch_comments(ticket_id, None)
    assert note.visibility is Visibility.PRIVATE


def test_a_plugin_that_was_started_anew_finds_the_note(
    connect: MakePlugin, sandbox: ZendeskSandbox, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    settings = {"link_fields": {"key": seed.FIELD_LINK_KEY.id, "status": seed.FIELD_LINK_STATUS.id}}
    first = connect(**settings).link_ticket(ticket_id, ISSUE, KEY)
    again = connect(**settings).link_ticket(ticket_id, replace(ISSUE, status="Doing"), OTHER_KEY)
    assert first.remote_id == again.remote_id
    assert shown(act, ticket_id)["status"] == "Doing"


def test_two_links_stand_beside_each_other(plugin: ZendeskPlugin, act: Act, writes: Act) -> None:
    ticket_id = writes()
    plugin.link_ticket(ticket_id, ISSUE, KEY)
    plugin.link_ticket(ticket_id, OTHER, OTHER_KEY)
    plugin.link_ticket(ticket_id, replace(ISSUE, status="Done"), KEY)
    assert shown(act, ticket_id)["key"] == "ENG-24, ENG-31"
    assert shown(act, ticket_id)["status"] == "ENG-24: Done; ENG-31: Doing"
    assert len(plugin.fetch_comments(ticket_id, None)) == 2


def test_an_issue_that_moved_is_shown_by_its_new_key_alone(
    plugin: ZendeskPlugin, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    plugin.link_ticket(ticket_id, ISSUE, KEY)
    for key in ("OPS-3", "WEB-9"):
        plugin.link_ticket(ticket_id, replace(ISSUE, key=key), OTHER_KEY)
        assert (shown(act, ticket_id)["key"], shown(act, ticket_id)["status"]) == (key, "To Do")
    plugin.link_ticket(ticket_id, OTHER, OTHER_KEY)
    assert shown(act, ticket_id)["key"] == "WEB-9, ENG-31"
    plugin.link_ticket(ticket_id, replace(OTHER, key="OPS-4"), OTHER_KEY)
    assert shown(act, ticket_id)["key"] == "WEB-9, OPS-4"
    assert shown(act, ticket_id)["status"] == "WEB-9: To Do; OPS-4: Doing"


def test_other_fields_and_what_agents_set_meanwhile_stay(
    plugin: ZendeskPlugin, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    plugin.link_ticket(ticket_id, ISSUE, KEY)
    theirs = {"priority": "urgent", "custom_fields": [{"id": seed.FIELD_LINKED_TICKET.id, "value": "mine"}]}
    act("PUT", f"/tickets/{ticket_id}", ticket=theirs)
    plugin.link_ticket(ticket_id, replace(ISSUE, status="Done"), OTHER_KEY)
    after = plugin.fetch_ticket(ticket_id)
    assert after.priority is Priority.URGENT
    assert after.custom_fields[str(seed.FIELD_LINKED_TICKET.id)] == "mine"


def field(field_id: int, title: str, **members: object) -> Json:
    return {"id": field_id, "type": "text", "title": title, "active": True, "removable": True, **members}


ACCOUNT = [
    field(1, "Status", type="status", removable=False),
    field(11, "Key"),
    field(12, "Box", type="checkbox"),
    field(13, "Old", active=False),
    field(14, "Twice"),
    field(15, "Twice"),
    field(16, "Seen", visible_in_portal=True),
]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Nowhere", "has no ticket field 'Nowhere'"),
        (4711, "has no ticket field '4711'"),
        ("Status", "must be a text field"),
        ("Box", "must be a text field"),
        ("Old", "has no active ticket field 'Old'"),
        ("Twice", "several ticket fields 'Twice'"),
        ("Seen", "customers can see ticket field 'Seen'"),
        (16, "customers can see"),
    ],
)
def test_a_field_that_does_not_fit_is_named_by_the_check_and_left_out(
    make_plugin: MakePlugin,
    zendesk: responses.RequestsMock,
    raw_ticket: Make,
    raw_comment: Make,
    name: object,
    problem: str,
) -> None:
    zendesk.get(f"{API}/users/me", json={"user": {"id": 900, "name": "Bridge", "role": "admin"}})
    zendesk.get(f"{API}/ticket_fields", json={"ticket_fields": ACCOUNT})
    plugin = make_plugin(link_fields={"key": "Key", "status": name}, link_tag=None)
    (found,) = plugin.check_connection().problems
    assert found.startswith("link_fields.status: ")
    assert problem in found
    zendesk.get(TICKET, json={"ticket": raw_ticket()})
    note = raw_comment(90, metadata={"custom": {"escalation_bridge_link": "engineering:10001"}})
    zendesk.get(f"{TICKET}/comments", json={"comments": [note]})
    put = zendesk.put(TICKET, json={"ticket": {"id": 35}})
    plugin.link_ticket("35", ISSUE, KEY)
    assert json.loads(put.calls[0].request.body or b"{}") == {
        "ticket": {"custom_fields": [{"id": 11, "value": "ENG-24"}]}
    }


def test_fields_that_fit_are_no_problem_and_without_keys_nothing_is_shown(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, raw_ticket: Make, raw_comment: Make
) -> None:
    zendesk.get(f"{API}/users/me", json={"user": {"id": 900, "name": "Bridge", "role": "admin"}})
    zendesk.get(f"{API}/ticket_fields", json={"ticket_fields": ACCOUNT})
    assert make_plugin(link_fields={"key": 11}).check_connection().problems == ()
    zendesk.get(TICKET, json={"ticket": raw_ticket()})
    note = raw_comment(90, metadata={"custom": {"escalation_bridge_link": "engineering:10001"}})
    zendesk.get(f"{TICKET}/comments", json={"comments": [note]})
    unfit = make_plugin(link_fields={"key": "Seen", "status": "Key"}, link_tag=None)
    assert unfit.link_ticket("35", ISSUE, KEY).remote_id == "90"


def test_a_field_that_did_not_take_is_told(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, raw_ticket: Make, raw_comment: Make
) -> None:
    zendesk.get(f"{API}/ticket_fields", json={"ticket_fields": ACCOUNT})
    zendesk.get(TICKET, json={"ticket": raw_ticket()})
    note = raw_comment(90, metadata={"custom": {"escalation_bridge_link": "engineering:10001"}})
    zendesk.get(f"{TICKET}/comments", json={"comments": [note]})
    zendesk.put(TICKET, json={"ticket": raw_ticket(custom_fields=[{"id": 11, "value": None}])})
    with pytest.raises(NotApplied, match="did not change: 11"):
        make_plugin(link_fields={"key": 11}, link_tag=None).link_ticket("35", ISSUE, KEY)
