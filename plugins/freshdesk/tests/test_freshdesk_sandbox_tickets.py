"""The plugin against the stand-in, over real HTTP: the account, and tickets in good and in bad weather."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import (
    Channel,
    CommentDraft,
    Person,
    Priority,
    Role,
    Severity,
    StatusKind,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketRef,
    Visibility,
)
from escalation_bridge.plugin.hooks import FOUND_NOTHING
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

KEY = "eb-0123456789abcdef0123"
OTHER_KEY = "eb-ffffffffffffffffffff"


def draft(**more: Any) -> TicketDraft:
    return replace(
        TicketDraft(
            summary="Checkout fails",
            description=from_html("<p>It <b>fails</b> since noon.</p>"),
            priority=Priority.HIGH,
            severity=Severity.STANDARD,
            labels=("escalated",),
            requester=Person("77", "Sari", seed.CUSTOMER_SARI.email),
        ),
        **more,
    )


# --- the account ------------------------------------------------------------------------------------------------------


def test_the_connection_is_fit_for_use(desk: Any) -> None:
    report = desk.plugin.check_connection()
    assert report.user_name == seed.BRIDGE.name
    assert report.problems == ()


def test_what_is_missing_is_named_with_what_to_do(desk: Any) -> None:
    plugin = desk.open_plugin(
        key_field="cf_missing",
        link_field="cf_impact",
        webhook_secrets=[],
        status_kinds={"Gone": "open"},
    )
    report = plugin.check_connection()
    assert [problem.partition(":")[0] for problem in report.problems] == [
        "link_field",
        "status_kinds",
        "webhook_secrets is empty, so no webhook is accepted",
    ]
    assert any("With Engineering" in warning for warning in report.warnings)


def test_a_wrong_key_is_an_authentication_failure(desk: Any) -> None:
    plugin = desk.open_plugin(api_key=Resolved("revoked"))
    with pytest.raises(errors.AuthenticationFailed):
        plugin.check_connection()


def test_the_account_describes_its_own_words(desk: Any) -> None:
    described = desk.plugin.describe_fields()
    kinds = {status.name: status.kind for status in described.statuses}
    assert kinds == {
        "Open": StatusKind.OPEN,
        "Pending": StatusKind.WAITING_CUSTOMER,
        "Resolved": StatusKind.SOLVED,
        "Closed": StatusKind.CLOSED,
        "Waiting on Customer": StatusKind.WAITING_CUSTOMER,
        "Waiting on Third Party": StatusKind.WAITING_THIRD_PARTY,
        "With Engineering": StatusKind.WAITING_THIRD_PARTY,
    }
    assert seed.GROUP_ESCALATIONS in {group.name for group in described.groups}
    causes = next(field for field in described.fields if field.id == seed.FIELD_ROOT_CAUSE)
    assert causes.allowed_values == seed.ROOT_CAUSES


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_customers_mail_is_read_with_names(desk: Any) -> None:
    ticket_id = desk.customer_writes(channel="email", subject="No receipt", body="I got none.", priority=2)
    ticket = desk.plugin.fetch_ticket(ticket_id)
    assert ticket.ref == TicketRef("support", ticket_id)
    assert ticket.key == f"#{ticket_id}"
    assert ticket.url == f"{desk.url}/a/tickets/{ticket_id}"
    assert (ticket.subject, ticket.description.text) == ("No receipt", "I got none.")
    assert ticket.channel is Channel.EMAIL
    assert ticket.priority is Priority.NORMAL
    assert ticket.status.kind is StatusKind.OPEN
    assert ticket.requester is not None
    assert (ticket.requester.name, ticket.requester.email) == ("Sari", seed.CUSTOMER_SARI.email)
    assert ticket.requester.role is Role.CUSTOMER
    assert ticket.organisation is not None
    assert ticket.organisation.name == seed.COMPANY
    assert ticket.bridge_key is None


def test_a_missing_ticket_is_not_found(desk: Any) -> None:
    for ticket_id in ("4711", "../agents/me", "ENG-1", ""):
        with pytest.raises(errors.TicketNotFound):
            desk.plugin.fetch_ticket(ticket_id)


def test_a_login_page_is_not_taken_for_a_ticket(desk: Any) -> None:
    desk.fault(FaultKind.HTML_LOGIN_PAGE, "GET", r"/tickets/\d+$")
    with pytest.raises(errors.UnreadableAnswer, match="text/html"):
        desk.plugin.fetch_ticket("1")


def test_comments_come_in_order_with_authors_and_visibility(desk: Any) -> None:
    ticket_id = desk.customer_writes(subject="No receipt", body="I got none.")
    desk.agent("POST", f"/tickets/{ticket_id}/notes", {"body": "look at <b>this</b>", "private": True})
    desk.customer_writes(ticket_id=int(ticket_id), body="Still none.")
    desk.agent("POST", f"/tickets/{ticket_id}/reply", {"body": "Here it is."})
    comments = desk.plugin.fetch_comments(ticket_id, None)
    assert [(one.body.text, one.author.role, one.author.name, one.visibility) for one in comments] == [
        ("look at this", Role.AGENT, "Rina", Visibility.PRIVATE),
        ("Still none.", Role.CUSTOMER, "Sari", Visibility.PUBLIC),
        ("Here it is.", Role.AGENT, "Rina", Visibility.PUBLIC),
    ]
    assert {one.marker for one in comments} == {None}
    assert desk.plugin.fetch_comments(ticket_id, comments[1].id) == comments[2:]
    assert desk.plugin.fetch_comments(ticket_id, "99999999999") == comments


def test_many_comments_are_read_to_the_last_page(desk: Any) -> None:
    ticket_id = desk.customer_writes(subject="No receipt", body="I got none.")
    for number in range(205):
        desk.customer_writes(ticket_id=int(ticket_id), body=f"line {number}")
    comments = desk.plugin.fetch_comments(ticket_id, None)
    assert [one.body.text for one in comments] == [f"line {number}" for number in range(205)]


def test_an_attachment_is_read(desk: Any) -> None:
    ticket_id = desk.customer_writes(subject="See file", body="Attached.")
    file = {
        "name": "a.txt",
        "content_type": "text/plain",
        "content_base64": base64.b64encode(b"bytes").decode(),
    }
    desk.customer_writes(ticket_id=int(ticket_id), body="This one.", attachments=[file])
    (comment,) = desk.plugin.fetch_comments(ticket_id, None)
    (attachment,) = comment.attachments
    assert (attachment.name, attachment.content_type, attachment.size) == ("a.txt", "text/plain", 5)
    into = BytesIO()
    assert desk.plugin.fetch_attachment(attachment, into, 5).size == 5
    assert into.getvalue() == b"bytes"


def test_native_clocks_are_shown(desk: Any) -> None:
    ticket_id = desk.customer_writes(subject="No receipt", body="I got none.")
    desk.sandbox.clock.advance(10)
    clocks = {clock.name: clock for clock in desk.plugin.native_clocks(ticket_id)}
    assert {"first response", "resolution"} <= clocks.keys()
    due = clocks["resolution"].due
    assert due is not None
    assert due > datetime.now(UTC)
    desk.agent("PUT", f"/tickets/{ticket_id}", {"status": 3})
    paused = {clock.name: clock for clock in desk.plugin.native_clocks(ticket_id)}
    assert (paused["resolution"].due, paused["resolution"].paused) == (None, True)


# --- find or create ---------------------------------------------------------------------------------------------------


def test_a_created_ticket_carries_the_key_and_is_found(desk: Any) -> None:
    sent_at = datetime.now(UTC)
    created = desk.plugin.create_ticket(draft(), KEY)
    assert created.bridge_key == KEY
    assert (created.subject, created.description.text) == ("Checkout fails", "It fails since noon.")
    assert created.priority is Priority.HIGH
    assert created.tags == ("escalated",)
    assert created.requester is not None
    assert created.requester.email == seed.CUSTOMER_SARI.email
    # The search does not know it yet, but the list does.
    assert desk.plugin.find_ticket(KEY, sent_at) == created
    desk.sandbox.clock.advance(61)
    assert desk.plugin.find_ticket(KEY, None) == created


def test_a_route_sets_fields_in_freshdesks_terms(desk: Any) -> None:
    created = desk.plugin.create_ticket(
        draft(
            requester=None,
            fields={
                "group": seed.GROUP_ESCALATIONS,
                "agent": seed.AGENT_RINA.name,
                "status": "with engineering",
                "type": "Incident",
                "tags": ["from-jira"],
                seed.FIELD_LINKED_ISSUE: "none yet",
                "custom_fields": {"cf_vip": True},
            },
        ),
        KEY,
    )
    assert created.group is not None
    assert created.group.name == seed.GROUP_ESCALATIONS
    assert created.assignee is not None
    assert created.assignee.name == "Rina"
    assert (created.status.name, created.type) == ("With Engineering", "Incident")
    assert created.tags == ("escalated", "from-jira")
    assert created.custom_fields[seed.FIELD_LINKED_ISSUE] == "none yet"
    assert created.custom_fields["cf_vip"] is True
    # Nobody was named, so the bridge's own agent asks.
    assert created.requester is not None
    assert created.requester.email == seed.BRIDGE.email


def test_what_never_was_sent_is_nowhere(desk: Any) -> None:
    assert desk.plugin.find_ticket(KEY, None) is FOUND_NOTHING


def test_nothing_found_is_no_answer_before_the_index_has_settled(desk: Any) -> None:
    with pytest.raises(errors.NotSettled) as caught:
        desk.plugin.find_ticket(KEY, datetime.now(UTC))
    assert caught.value.at.retry_after is not None
    assert 100 < caught.value.at.retry_after <= 120


def test_nothing_found_is_an_answer_afterwards(desk: Any) -> None:
    desk.plugin.create_ticket(draft(), OTHER_KEY)
    settled = desk.open_plugin(search_lag_seconds=0)
    assert settled.find_ticket(KEY, datetime.now(UTC)) is FOUND_NOTHING


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_AFTER_WRITE, FaultKind.DROP_CONNECTION])
def test_a_create_whose_answer_was_lost_is_found_and_not_repeated(desk: Any, kind: FaultKind) -> None:
    desk.fault(kind, "POST", "/tickets$", seconds=0.8)
    sent_at = datetime.now(UTC)
    with pytest.raises(errors.OutcomeUnknown):
        desk.plugin.create_ticket(draft(), KEY)
    found = desk.plugin.find_ticket(KEY, sent_at)
    assert isinstance(found, Ticket)
    assert found.bridge_key == KEY
    assert desk.tickets() == 1


def test_a_create_that_was_rate_limited_goes_through(desk: Any) -> None:
    desk.fault(FaultKind.RATE_LIMIT, "POST", "/tickets$", retry_after="1")
    assert desk.plugin.create_ticket(draft(), KEY).bridge_key == KEY
    assert desk.tickets() == 1


def test_an_endless_subject_is_shortened(desk: Any) -> None:
    assert len(desk.plugin.create_ticket(draft(summary="word " * 200), KEY).subject) <= 255


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_change_is_written_and_read_back(desk: Any, ticket: Ticket) -> None:
    changed = desk.plugin.update_ticket(
        ticket.ref.id,
        TicketChange(
            status="waiting_third_party",
            priority=Priority.URGENT,
            assignee=seed.AGENT_RINA.name,
            group=seed.GROUP_ESCALATIONS,
            add_tags=("escalated",),
            fields={seed.FIELD_LINKED_ISSUE: "ENG-24", "type": "Incident"},
        ),
        ticket,
    )
    assert changed.status.kind is StatusKind.WAITING_THIRD_PARTY
    assert changed.priority is Priority.URGENT
    assert changed.assignee is not None
    assert changed.assignee.name == "Rina"
    assert changed.group is not None
    assert changed.group.name == seed.GROUP_ESCALATIONS
    assert changed.tags == ("escalated",)
    assert changed.type == "Incident"
    assert changed.custom_fields[seed.FIELD_LINKED_ISSUE] == "ENG-24"
    assert changed == desk.plugin.fetch_ticket(ticket.ref.id)


@pytest.mark.parametrize(
    ("word", "code"), [("8", "8"), ("WITH engineering", "8"), ("waiting_customer", "3"), ("open", "2")]
)
def test_a_status_is_meant_by_code_label_or_kind(desk: Any, ticket: Ticket, word: str, code: str) -> None:
    assert desk.plugin.update_ticket(ticket.ref.id, TicketChange(status=word), ticket).status.id == code


def test_an_unknown_word_is_rejected_naming_what_is_allowed(desk: Any, ticket: Ticket) -> None:
    with pytest.raises(errors.Rejected, match=r"no 'escalated', only Open \(2\), Pending \(3\)"):
        desk.plugin.update_ticket(ticket.ref.id, TicketChange(status="escalated"), ticket)
    with pytest.raises(errors.Rejected, match="status"):
        desk.plugin.update_ticket(ticket.ref.id, TicketChange(status="unknown"), ticket)
    with pytest.raises(errors.Rejected, match="status"):
        desk.plugin.update_ticket(ticket.ref.id, TicketChange(status="99"), ticket)


def test_what_is_as_wanted_is_not_written(desk: Any, ticket: Ticket) -> None:
    desk.agent("PUT", f"/tickets/{ticket.ref.id}", {"status": 3, "tags": ["Escalated"]})
    change = TicketChange(status="waiting_customer", add_tags=("escalated",), remove_tags=("calm",))
    changed = desk.plugin.update_ticket(ticket.ref.id, change, ticket)
    assert changed.status.id == "3"
    assert desk.writes() == 0


def test_a_change_by_somebody_else_is_not_overwritten(desk: Any, ticket: Ticket) -> None:
    desk.agent("PUT", f"/tickets/{ticket.ref.id}", {"status": 6, "priority": 4})
    change = TicketChange(status="solved", priority=Priority.URGENT)
    with pytest.raises(errors.ConcurrentChange, match=r"somebody else changed status meanwhile"):
        desk.plugin.update_ticket(ticket.ref.id, change, ticket)
    assert desk.writes() == 0


def test_other_peoples_tags_stay(desk: Any, ticket: Ticket) -> None:
    desk.agent("PUT", f"/tickets/{ticket.ref.id}", {"tags": ["vip", "calm"]})
    change = TicketChange(add_tags=("escalated",), remove_tags=("Calm",))
    assert desk.plugin.update_ticket(ticket.ref.id, change, ticket).tags == ("vip", "escalated")


def test_a_yes_that_changed_nothing_is_noticed(desk: Any, ticket: Ticket) -> None:
    desk.fault(FaultKind.EMPTY_200, "PUT", "/tickets/")
    with pytest.raises(errors.NotApplied, match="status, tags did not change"):
        desk.plugin.update_ticket(ticket.ref.id, TicketChange(status="3", add_tags=("escalated",)), ticket)


def test_a_field_that_is_required_for_closure_is_named(desk: Any, ticket: Ticket) -> None:
    with pytest.raises(errors.Rejected, match=seed.FIELD_ROOT_CAUSE):
        desk.plugin.update_ticket(ticket.ref.id, TicketChange(status="solved"), ticket)
    change = TicketChange(status="solved", fields={seed.FIELD_ROOT_CAUSE: "Configuration"})
    assert desk.plugin.update_ticket(ticket.ref.id, change, ticket).status.kind is StatusKind.SOLVED


def test_a_closed_ticket_takes_changes_and_comments(desk: Any, ticket: Ticket) -> None:
    desk.agent(
        "PUT",
        f"/tickets/{ticket.ref.id}",
        {"status": 5, "custom_fields": {seed.FIELD_ROOT_CAUSE: "Configuration"}},
    )
    closed = desk.plugin.fetch_ticket(ticket.ref.id)
    assert closed.status.kind is StatusKind.CLOSED
    desk.plugin.add_comment(
        ticket.ref.id, CommentDraft(from_text("For the record."), Visibility.PRIVATE), KEY
    )
    changed = desk.plugin.update_ticket(ticket.ref.id, TicketChange(add_tags=("late",)), closed)
    assert (changed.status.kind, changed.tags) == (StatusKind.CLOSED, ("late",))


def test_a_deleted_ticket_is_read_as_such(desk: Any, ticket: Ticket) -> None:
    desk.agent("DELETE", f"/tickets/{ticket.ref.id}")
    assert desk.plugin.fetch_ticket(ticket.ref.id).presence == "deleted"
