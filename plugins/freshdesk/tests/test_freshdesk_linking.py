"""A linked ticket in fields and a note: up to date in place, one update of each a call, none where nothing differs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import Ticket, TicketPointer, TicketRef
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

KEY, OTHER_KEY = "eb-0123456789abcdef0123", "eb-ffffffffffffffffffff"
FIELDS = {part: f"cf_link_{part}" for part in seed.LINK_PARTS}
ISSUE = TicketPointer(
    TicketRef("engineering", "10001"),
    "ENG-24",
    "https://acme.example/browse/ENG-24",
    "jira",
    "Lost",
    "To Do",
    done=False,
    assignee="Rina",
    updated_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
    health="in step",
)
OTHER = replace(
    ISSUE,
    ref=TicketRef("engineering", "10002"),
    key="ENG-31",
    url="https://acme.example/browse/ENG-31",
    status="Doing",
    assignee=None,
)

Link = Callable[[TicketPointer], Any]


@pytest.fixture
def link(desk: Any, ticket: Ticket) -> Link:
    """Links the ticket, under a key of its own each time, as the engine does."""
    plugin = desk.open_plugin(link_field=None, link_fields=FIELDS)
    keys = iter(range(100))
    return lambda pointer: plugin.link_ticket(ticket.ref.id, pointer, f"eb-{next(keys):020x}")


def shown(desk: Any, ticket: Ticket) -> dict[str, str]:
    values = desk.agent("GET", f"/tickets/{ticket.ref.id}")["custom_fields"]
    return {part: values[field] or "" for part, field in FIELDS.items()}


def test_a_link_is_kept_up_to_date_in_place(desk: Any, ticket: Ticket, link: Link) -> None:
    first = link(ISSUE)
    assert shown(desk, ticket) == {
        "key": "ENG-24",
        "status": "To Do",
        "assignee": "Rina",
        "updated": "2026-03-02 08:30 UTC",
        "health": "in step",
    }
    writes = desk.writes()
    assert writes == 2  # the note, and all fields
    assert link(ISSUE).remote_id == first.remote_id
    assert desk.writes() == writes
    link(replace(ISSUE, updated_at=datetime(2026, 3, 2, 8, 31, tzinfo=UTC)))
    assert desk.writes() == writes + 1  # the note tells no time
    link(replace(ISSUE, status="Done", done=True, assignee=None, health="held: gone & <b>lost</b>"))
    assert desk.writes() == writes + 3
    assert (shown(desk, ticket)["status"], shown(desk, ticket)["assignee"]) == ("Done", "")
    assert shown(desk, ticket)["health"] == "held: gone & <b>lost</b>"
    (note,) = desk.conversations(ticket.ref.id)
    assert note["private"] is True
    assert "Lost · Done ✓" in note["body_text"]
    assert "held: gone & <b>lost</b>" in note["body_text"]


def test_two_links_stand_beside_each_other(desk: Any, ticket: Ticket, link: Link) -> None:
    link(ISSUE)
    link(OTHER)
    link(replace(ISSUE, status="Done"))
    assert shown(desk, ticket)["key"] == "ENG-24, ENG-31"
    assert shown(desk, ticket)["status"] == "ENG-24: Done; ENG-31: Doing"
    assert len(desk.conversations(ticket.ref.id)) == 2


def test_an_issue_that_moved_is_shown_by_its_new_key_alone(desk: Any, ticket: Ticket, link: Link) -> None:
    link(OTHER)
    link(ISSUE)
    for key in ("OPS-3", "WEB-9"):
        link(replace(ISSUE, key=key, url=f"https://acme.example/browse/{key}"))
        assert shown(desk, ticket)["key"] == f"ENG-31, {key}"
        assert shown(desk, ticket)["status"] == f"ENG-31: Doing; {key}: To Do"
        assert len(desk.conversations(ticket.ref.id)) == 2


def test_a_move_whose_fields_could_not_be_written_is_made_up_for(
    desk: Any, ticket: Ticket, link: Link
) -> None:
    link(ISSUE)
    moved = replace(ISSUE, key="OPS-3", url="https://acme.example/browse/OPS-3")
    desk.fault(FaultKind.SERVER_ERROR, "PUT", "/tickets/")
    with pytest.raises(errors.VendorError):
        link(moved)
    link(moved)
    assert shown(desk, ticket)["key"] == "OPS-3"


def test_other_fields_stay(desk: Any, ticket: Ticket, link: Link) -> None:
    desk.agent("PUT", f"/tickets/{ticket.ref.id}", {"custom_fields": {seed.FIELD_LINKED_ISSUE: "mine"}})
    link(ISSUE)
    assert desk.plugin.fetch_ticket(ticket.ref.id).custom_fields[seed.FIELD_LINKED_ISSUE] == "mine"


def test_a_yes_that_changed_nothing_is_noticed(desk: Any, link: Link) -> None:
    link(ISSUE)
    desk.fault(FaultKind.EMPTY_200, "PUT", "/tickets/")
    with pytest.raises(errors.NotApplied, match="cf_link_status did not change"):
        link(replace(ISSUE, status="Done"))


@pytest.mark.parametrize(
    ("field", "problem"),
    [("cf_nowhere", "add a single-line text field"), ("cf_vip", "add a single-line"), ("cf_link_status", "customers can see")],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_named_by_the_check_and_left_out(
    desk: Any, ticket: Ticket, field: str, problem: str
) -> None:
    account = desk.sandbox.helpdesk.desk
    account.form = replace(
        account.form,
        fields=tuple(
            replace(one, displayed_to_customers=one.name == "cf_link_status") for one in account.form.fields
        ),
    )
    plugin = desk.open_plugin(link_fields={"key": "cf_link_key", "status": field})
    (found,) = plugin.check_connection().problems
    assert found.startswith("link_fields.status: ")
    assert problem in found
    plugin.link_ticket(ticket.ref.id, ISSUE, KEY)
    assert (shown(desk, ticket)["key"], shown(desk, ticket)["status"]) == ("ENG-24", "")


def test_without_a_field_for_keys_no_field_is_written(desk: Any, ticket: Ticket) -> None:
    plugin = desk.open_plugin(link_field=None, link_fields={"key": "cf_nowhere", "status": "cf_link_status"})
    plugin.link_ticket(ticket.ref.id, ISSUE, KEY)
    assert shown(desk, ticket)["status"] == ""
    assert desk.writes() == 1


@pytest.mark.parametrize("fields", [{"key": "Link key"}, {"key": 5}, {"status": "cf_x"}])
def test_fields_are_named_as_freshdesk_names_them(desk: Any, fields: object) -> None:
    with pytest.raises(ValidationError):
        desk.open_plugin(link_fields=fields)
