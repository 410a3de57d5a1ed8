"""The plugin against the stand-in Zendesk, over real HTTP: lost answers, refusals, and other people in between."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Presence,
    Priority,
    Severity,
    StatusKind,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import (
    AuthenticationFailed,
    ConcurrentChange,
    NotApplied,
    NotReachable,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    TicketClosed,
    TicketNotFound,
    UnreadableAnswer,
)
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.plugin.hooks import FOUND_NOTHING
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

KEY = "eb-0123456789abcdef0123"
API = "/api/v2"
OTHER_KEY = "eb-ffffffffffffffffffff"
DRAFT = TicketDraft(
    "Payments fail",
    from_html("<p>Since <b>nine</b> o'clock.</p>"),
    Priority.HIGH,
    Severity.EMERGENCY,
    ("VIP",),
)
NOTE = CommentDraft(from_text("Only for us."), Visibility.PRIVATE)
REPLY = CommentDraft(from_text("We are on it."), Visibility.PUBLIC)
OAUTH = {"oauth": {"client_id": seed.OAUTH_CLIENT_ID, "client_secret": Resolved(seed.OAUTH_CLIENT_SECRET)}}

Act = Callable[..., Any]
MakePlugin = Callable[..., ZendeskPlugin]


def external_ids(act: Act) -> list[object]:
    return [ticket["external_id"] for ticket in act("GET", "/tickets")["tickets"]]


def texts(act: Act, ticket_id: str) -> list[str]:
    return [comment["plain_body"] for comment in act("GET", f"/tickets/{ticket_id}/comments")["comments"]]


def test_tokens_that_were_revoked_or_have_expired_are_replaced(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, writes: Act
) -> None:
    ticket_id = writes()
    connected.fetch_ticket(ticket_id)
    sandbox.clock.advance(31 * 60)
    connected.fetch_ticket(ticket_id)
    with sandbox.lock:
        sandbox.state.grants.clear()
    assert (
        connected.update_ticket(
            ticket_id, TicketChange(priority=Priority.HIGH), connected.fetch_ticket(ticket_id)
        ).priority
        is Priority.HIGH
    )


def test_a_wrong_secret_is_told_once(connect: MakePlugin, sandbox: ZendeskSandbox) -> None:
    wrong = {"oauth": {"client_id": seed.OAUTH_CLIENT_ID, "client_secret": Resolved("guess")}}
    with pytest.raises(AuthenticationFailed, match="unknown client"):
        connect(sign_in=wrong).check_connection()


def test_a_light_agent_never_writes_what_it_was_not_asked_for(
    connect: MakePlugin, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    sign_in = {"email": seed.LIGHT_AGENT.email, "api_token": Resolved(seed.API_TOKEN)}
    light = connect(sign_in=sign_in)
    assert any("light agent" in problem for problem in light.check_connection().problems)
    assert light.add_comment(ticket_id, NOTE, KEY).visibility is Visibility.PRIVATE
    with pytest.raises((NotApplied, PermissionDenied)):
        light.add_comment(ticket_id, REPLY, OTHER_KEY)
    comments = act("GET", f"/tickets/{ticket_id}/comments")["comments"]
    assert not any(comment["public"] for comment in comments[1:])


@pytest.mark.parametrize("fault", [FaultKind.TIMEOUT_AFTER_WRITE, FaultKind.DROP_CONNECTION])
def test_a_create_whose_answer_was_lost_makes_one_ticket(
    impatient: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, fault: FaultKind
) -> None:
    assert impatient.find_ticket(KEY, None) is FOUND_NOTHING
    sandbox.faults.add(Fault(fault, method="POST", path=r"/tickets$", seconds=1))
    sent_at = utc_now()
    with pytest.raises(OutcomeUnknown):
        impatient.create_ticket(DRAFT, KEY)
    adopted = impatient.find_ticket(KEY, sent_at)
    assert isinstance(adopted, Ticket)
    assert adopted.bridge_key == KEY
    assert impatient.create_ticket(DRAFT, KEY).ref == adopted.ref
    assert external_ids(act) == [KEY]


def test_a_create_before_which_the_connection_fails_is_made_once_later(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act
) -> None:
    sandbox.faults.add(Fault(FaultKind.RATE_LIMIT, method="POST", path=r"/tickets$", retry_after="1"))
    created = connected.create_ticket(DRAFT, KEY)
    assert (created.priority, created.tags) == (Priority.HIGH, ("vip",))
    assert created.description_visibility is Visibility.PRIVATE
    assert created.description.text == "Since nine o'clock."
    assert external_ids(act) == [KEY]


@pytest.mark.parametrize("draft", [NOTE, REPLY], ids=["note", "reply"])
def test_a_comment_whose_answer_was_lost_is_written_once(
    impatient: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act, draft: CommentDraft
) -> None:
    ticket_id = writes()
    sandbox.faults.add(Fault(FaultKind.TIMEOUT_AFTER_WRITE, method="PUT", path=r"/tickets/\d+$", seconds=1))
    with pytest.raises(OutcomeUnknown):
        impatient.add_comment(ticket_id, draft, KEY)
    written = impatient.add_comment(ticket_id, draft, KEY)
    assert (written.visibility, written.marker) == (draft.visibility, KEY)
    assert texts(act, ticket_id) == ["My order is lost.", draft.body.text]
    (read,) = impatient.fetch_comments(ticket_id, None)
    assert (read.id, read.marker, read.visibility) == (written.id, KEY, draft.visibility)
    assert read.author == written.author or read.author.id == written.author.id


def test_two_comments_with_the_same_text_and_different_keys_are_two(
    connected: ZendeskPlugin, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    assert (
        connected.add_comment(ticket_id, NOTE, KEY).id != connected.add_comment(ticket_id, NOTE, OTHER_KEY).id
    )
    assert len(texts(act, ticket_id)) == 3


def test_a_yes_that_did_nothing_is_noticed(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, writes: Act
) -> None:
    ticket_id = writes()
    expected = connected.fetch_ticket(ticket_id)
    sandbox.faults.add(Fault(FaultKind.EMPTY_200, method="PUT", path=r"/tickets/\d+$", times=2))
    with pytest.raises(NotApplied):
        connected.update_ticket(ticket_id, TicketChange(priority=Priority.URGENT), expected)
    with pytest.raises(NotApplied):
        connected.add_comment(ticket_id, NOTE, KEY)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(FaultKind.HTML_LOGIN_PAGE, path=API, times=-1), UnreadableAnswer),
        (Fault(FaultKind.FORBIDDEN, path=API, times=-1), PermissionDenied),
        (Fault(FaultKind.UNAUTHORIZED, path=API, times=-1), AuthenticationFailed),
        (Fault(FaultKind.RATE_LIMIT, path=API, times=-1, retry_after="40"), RateLimited),
        (Fault(FaultKind.RATE_LIMIT, path=API, times=-1, retry_after="40", body="<html>"), RateLimited),
        (Fault(FaultKind.HTML_LOGIN_PAGE, path="/oauth", times=-1), UnreadableAnswer),
        (Fault(FaultKind.FORBIDDEN, path="/oauth", times=-1), AuthenticationFailed),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else "",
)
def test_trouble_has_the_class_that_says_what_to_do(
    connect: MakePlugin, sandbox: ZendeskSandbox, fault: Fault, error: type[Exception]
) -> None:
    plugin = connect()
    sandbox.faults.add(fault)
    with pytest.raises(error):
        plugin.fetch_ticket("1")


def test_nobody_listens(connect: MakePlugin) -> None:
    with pytest.raises(NotReachable):
        connect(url="http://127.0.0.1:1", sign_in={"access_token": Resolved("x")}).fetch_ticket("1")


def test_a_closed_ticket_takes_nothing(
    running: RunningVendor, connected: ZendeskPlugin, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    act("PUT", f"/tickets/{ticket_id}", ticket={"assignee_id": seed.AGENT_SARI.id, "status": "solved"})
    closing = {"ticket_id": int(ticket_id)}
    assert requests.post(f"{running.url}/_sandbox/close", json=closing, timeout=5).ok
    closed = connected.fetch_ticket(ticket_id)
    assert closed.status.kind is StatusKind.CLOSED
    for change in (TicketChange(priority=Priority.LOW), TicketChange(add_tags=("late",))):
        with pytest.raises(TicketClosed):
            connected.update_ticket(ticket_id, change, closed)
    with pytest.raises(TicketClosed):
        connected.add_comment(ticket_id, NOTE, KEY)


def test_a_change_between_reading_and_writing_is_not_overwritten(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, writes: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket_id = writes()
    expected = connected.fetch_ticket(ticket_id)
    update = sandbox.desk.update

    def overtaken(ticket: Any, values: Any, deed: Any) -> Any:
        monkeypatch.undo()
        sandbox.clock.advance(5)  # `updated_at` knows whole seconds
        update(ticket, {"priority": "low"}, deed)
        return update(sandbox.state.visible_ticket(ticket.id), values, deed)

    monkeypatch.setattr(sandbox.desk, "update", overtaken)
    with pytest.raises(ConcurrentChange):
        connected.update_ticket(ticket_id, TicketChange(priority=Priority.URGENT), expected)
    assert connected.fetch_ticket(ticket_id).priority is Priority.LOW


def test_a_ticket_goes_and_comes_back(connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    ticket_id = writes()
    act("DELETE", f"/tickets/{ticket_id}", as_user=seed.ADMIN.email)
    with pytest.raises(TicketNotFound, match="was deleted") as missing:
        connected.fetch_ticket(ticket_id)
    assert "restore" in missing.value.advice
    act("PUT", f"/deleted_tickets/{ticket_id}/restore", as_user=seed.ADMIN.email)
    assert connected.fetch_ticket(ticket_id).presence is Presence.PRESENT
    act("PUT", f"/tickets/{ticket_id}/mark_as_spam")
    with pytest.raises(TicketNotFound, match="was deleted"):
        connected.fetch_ticket(ticket_id)
    with pytest.raises(TicketNotFound, match="although"):
        connected.fetch_ticket("4711")


def test_a_merged_ticket_leads_to_the_other_one(connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    source, target = writes(), writes()
    act("POST", f"/tickets/{target}/merge", ids=[int(source)])
    merged = connected.fetch_ticket(source)
    assert (merged.presence, merged.merged_into) == (Presence.MERGED, TicketRef("helpdesk", target))


def test_tags_that_agents_write_at_the_same_time_stay(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket_id = writes()
    act("PUT", f"/tickets/{ticket_id}/tags", tags=["theirs"])
    expected = connected.fetch_ticket(ticket_id)
    update = sandbox.desk.update

    def meanwhile(ticket: Any, values: Any, deed: Any) -> Any:
        monkeypatch.undo()
        sandbox.clock.advance(5)
        update(ticket, {"tags": [*ticket.tags, "late"]}, deed)
        return update(sandbox.state.visible_ticket(ticket.id), values, deed)

    monkeypatch.setattr(sandbox.desk, "update", meanwhile)
    change = TicketChange(priority=Priority.HIGH, add_tags=("ours",))
    with pytest.raises(ConcurrentChange):
        connected.update_ticket(ticket_id, change, expected)
    after = connected.update_ticket(ticket_id, change, connected.fetch_ticket(ticket_id))
    assert set(after.tags) == {"theirs", "late", "ours"}


def test_the_thirtieth_update_of_a_ticket_is_the_last_for_a_while(
    connected: ZendeskPlugin, connect: MakePlugin, sandbox: ZendeskSandbox, act: Act, writes: Act
) -> None:
    ticket_id = writes()
    ticket = connected.fetch_ticket(ticket_id)
    for number in range(30):
        priority = Priority.HIGH if number % 2 else Priority.URGENT
        ticket = connected.update_ticket(ticket_id, TicketChange(priority=priority), ticket)
    before = len(sandbox.journal.entries())
    with pytest.raises(RateLimited) as limited:
        connected.update_ticket(ticket_id, TicketChange(priority=Priority.LOW), ticket)
    assert 500 < (limited.value.at.retry_after or 0) <= 605
    tried = [entry for entry in sandbox.journal.entries()[before:] if entry.method == "PUT"]
    assert tried == []  # the answer to the thirtieth said so
    stranger = connect().fetch_ticket(ticket_id)
    with pytest.raises(RateLimited):  # a bridge that has just been started has to be told
        connect().update_ticket(ticket_id, TicketChange(priority=Priority.LOW), stranger)
    tried = [entry for entry in sandbox.journal.entries()[before:] if entry.method == "PUT"]
    assert [entry.status for entry in tried] == [429]
