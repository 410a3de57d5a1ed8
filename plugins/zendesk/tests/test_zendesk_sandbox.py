"""The plugin against the stand-in Zendesk, over real HTTP: a working day."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import (
    Channel,
    CommentDraft,
    Presence,
    Role,
    Severity,
    StatusKind,
    TicketChange,
    TicketDraft,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import (
    FileRefused,
    Rejected,
    TicketNotFound,
)
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

KEY = "eb-0123456789abcdef0123"
OTHER_KEY = "eb-ffffffffffffffffffff"
OAUTH = {"oauth": {"client_id": seed.OAUTH_CLIENT_ID, "client_secret": Resolved(seed.OAUTH_CLIENT_SECRET)}}

Act = Callable[..., Any]
MakePlugin = Callable[..., ZendeskPlugin]


@pytest.mark.parametrize(
    "sign_in",
    [
        OAUTH,
        {"access_token": Resolved(seed.OAUTH_ACCESS_TOKEN)},
        {"email": seed.BRIDGE.email, "api_token": Resolved(seed.API_TOKEN)},
    ],
    ids=["oauth", "access_token", "api_token"],
)
def test_every_way_to_sign_in_works(connect: MakePlugin, sign_in: object) -> None:
    report = connect(sign_in=sign_in, webhook_secrets=[Resolved("s")]).check_connection()
    assert report.user_id == str(seed.BRIDGE.id)
    assert report.problems == ()


def test_a_customers_mail_is_read_as_it_was_written(connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    ticket_id = writes(subject="Lost order", body="My order is lost.\n\nPlease help.")
    act("PUT", f"/tickets/{ticket_id}", ticket={"comment": {"body": "Which order?", "public": True}})
    act("PUT", f"/tickets/{ticket_id}", ticket={"comment": {"body": "Look into billing", "public": False}})
    writes(ticket_id=int(ticket_id), body="Number 7")

    ticket = connected.fetch_ticket(ticket_id)
    assert (ticket.subject, ticket.description.text) == ("Lost order", "My order is lost.\n\nPlease help.")
    assert ticket.description_visibility is Visibility.PUBLIC
    assert ticket.channel is Channel.EMAIL
    assert ticket.requester is not None
    assert (ticket.requester.name, ticket.requester.role) == ("Dewi", Role.CUSTOMER)
    assert ticket.organisation is not None
    assert ticket.organisation.name == "Example Store"

    comments = connected.fetch_comments(ticket_id, None)
    assert [(c.body.text, c.visibility.value, c.author.role.value) for c in comments] == [
        ("Which order?", "public", "agent"),
        ("Look into billing", "private", "agent"),
        ("Number 7", "public", "customer"),
    ]
    assert [c.id for c in connected.fetch_comments(ticket_id, comments[1].id)] == [comments[2].id]


def test_more_comments_than_a_page_holds(connected: ZendeskPlugin, writes: Act) -> None:
    ticket_id = writes()
    for number in range(105):
        writes(ticket_id=int(ticket_id), body=f"part {number}")
    everything = connected.fetch_comments(ticket_id, None)
    assert [comment.body.text for comment in everything] == [f"part {number}" for number in range(105)]
    newer = connected.fetch_comments(ticket_id, everything[1].id)
    assert newer == everything[2:]


def test_a_new_requester_is_made_of_an_address(connected: ZendeskPlugin, writes: Act) -> None:
    origin = connected.fetch_ticket(writes(email="new@customer.example", name="Nia"))
    draft = TicketDraft(
        "Copy",
        from_text("of the first"),
        None,
        Severity.STANDARD,
        requester=origin.requester,
        fields={"public": True},
    )
    copy = connected.create_ticket(draft, KEY)
    assert copy.requester == origin.requester
    assert copy.description_visibility is Visibility.PUBLIC


def test_solving_without_an_assignee_is_refused_with_the_reason(
    connected: ZendeskPlugin, writes: Act
) -> None:
    ticket_id = writes()
    with pytest.raises(Rejected, match="ssignee") as refusal:
        connected.update_ticket(ticket_id, TicketChange(status="solved"), connected.fetch_ticket(ticket_id))
    assert "assignee" in refusal.value.advice


def test_a_ticket_travels_through_the_accounts_own_statuses(connected: ZendeskPlugin, writes: Act) -> None:
    ticket = connected.fetch_ticket(writes())
    assert ticket.status.id == str(seed.STATUS_NEW.id)
    for asked, expected in (
        ("waiting_third_party", seed.STATUS_HOLD),
        ("with engineering", seed.STATUS_WITH_ENGINEERING),
        ("waiting_third_party", seed.STATUS_WITH_ENGINEERING),
        (str(seed.STATUS_PENDING.id), seed.STATUS_PENDING),
        ("open", seed.STATUS_OPEN),
    ):
        ticket = connected.update_ticket(ticket.ref.id, TicketChange(status=asked), ticket)
        assert ticket.status.id == str(expected.id)
    change = TicketChange(status="solved", assignee=seed.AGENT_SARI.email, group="Support")
    assert connected.update_ticket(ticket.ref.id, change, ticket).status.kind is StatusKind.SOLVED


def test_tags_of_other_people_stay(connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    ticket_id = writes(tags=["shop", "old"])
    expected = connected.fetch_ticket(ticket_id)
    act("PUT", f"/tickets/{ticket_id}/tags", tags=["agents"])
    change = TicketChange(add_tags=("escalated",), remove_tags=("old",))
    assert set(connected.update_ticket(ticket_id, change, expected).tags) == {"shop", "agents", "escalated"}


def test_a_link_is_shown_once_to_agents_and_never_to_customers(
    connect: MakePlugin, act: Act, writes: Act
) -> None:
    plugin = connect(link_field_id=seed.FIELD_LINKED_TICKET.id)
    ticket_id = writes()
    issue = TicketPointer(
        TicketRef("engineering", "10001"),
        "ENG-24",
        "https://jira.example/browse/ENG-24",
        "jira",
        "Lost",
        "To Do",
        False,
    )
    first = plugin.link_ticket(ticket_id, issue, KEY)
    again = plugin.link_ticket(ticket_id, issue, OTHER_KEY)
    assert first.remote_id == again.remote_id
    (note,) = plugin.fetch_comments(ticket_id, None)
    assert (note.visibility, note.marker) == (Visibility.PRIVATE, KEY)
    assert "https://jira.example/browse/ENG-24" in note.body.html
    ticket = plugin.fetch_ticket(ticket_id)
    assert "escalated" in ticket.tags
    assert ticket.custom_fields[str(seed.FIELD_LINKED_TICKET.id)] == "ENG-24"


def test_deleted_and_merged_tickets(connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    source, target, deleted = writes(), writes(), writes()
    act("POST", f"/tickets/{target}/merge", ids=[int(source)])
    assert connected.fetch_ticket(source).presence is Presence.MERGED
    assert connected.fetch_ticket(target).presence is Presence.PRESENT
    act("DELETE", f"/tickets/{deleted}", as_user=seed.ADMIN.email)
    with pytest.raises(TicketNotFound):
        connected.fetch_ticket(deleted)


def test_a_file_is_read(running: RunningVendor, connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    ticket_id = writes()
    upload = requests.post(
        f"{running.url}/api/v2/uploads?filename=log.txt",
        data=b"line 1",
        headers={"Content-Type": "text/plain"},
        auth=(f"{seed.AGENT_SARI.email}/token", seed.API_TOKEN),
        timeout=5,
    ).json()["upload"]["token"]
    act("PUT", f"/tickets/{ticket_id}", ticket={"comment": {"body": "see", "uploads": [upload]}})
    (comment,) = connected.fetch_comments(ticket_id, None)
    (file,) = comment.attachments
    assert (file.name, file.size) == ("log.txt", 6)
    into = BytesIO()
    assert connected.fetch_attachment(file, into, 6).size == 6
    assert into.getvalue() == b"line 1"


def test_the_account_is_described(connected: ZendeskPlugin) -> None:
    account = connected.describe_fields()
    assert [group.name for group in account.groups] == ["Support", "Billing", "Escalations"]
    assert "With engineering" in [status.name for status in account.statuses]
    assert "Triage" not in [status.name for status in account.statuses]
    area = next(field for field in account.fields if field.name == "Product area")
    assert area.allowed_values == ("area_checkout", "area_shipping", "area_account")
    assert account.priorities == ("low", "normal", "high", "urgent")


def test_without_a_policy_there_are_no_native_clocks(connected: ZendeskPlugin, writes: Act) -> None:
    assert connected.native_clocks(writes()) == ()


@pytest.mark.parametrize("visibility", list(Visibility))
def test_a_file_is_put_at_a_ticket_once_and_can_be_fetched_again(
    connected: ZendeskPlugin, writes: Act, visibility: Visibility
) -> None:
    ticket_id, content = writes(), bytes(range(256)) * 2000
    draft = FileDraft(
        "dump.bin",
        "application/octet-stream",
        len(content),
        hashlib.sha256(content).hexdigest(),
        visibility,
        lambda: BytesIO(content),
    )
    receipt = connected.add_attachment(ticket_id, draft, KEY)
    assert connected.add_attachment(ticket_id, draft, KEY) == receipt
    (comment,) = connected.fetch_comments(ticket_id, None)
    assert (comment.visibility, comment.marker) == (visibility, KEY)
    (attachment,) = comment.attachments
    assert (attachment.id, attachment.name) == (receipt.remote_id, "dump.bin")
    into = BytesIO()
    fetched = connected.fetch_attachment(attachment, into, len(content))
    assert (into.getvalue(), fetched.sha256) == (content, draft.sha256)


def test_the_accounts_own_limit_of_files_is_told_and_kept(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, writes: Act
) -> None:
    sandbox.settings.attachment_size = 10
    assert connected.describe_fields().largest_file == 10
    draft = FileDraft("a.txt", "text/plain", 11, "", Visibility.PRIVATE, lambda: BytesIO(b"x" * 11))
    with pytest.raises(FileRefused, match="11 bytes; the limit is 10"):
        connected.add_attachment(writes(), draft, KEY)
    sandbox.settings.attachment_size = 5  # made smaller since the bridge asked
    with pytest.raises(FileRefused, match="AttachmentTooLarge"):
        connected.add_attachment(writes(), replace(draft, size=10, open=lambda: BytesIO(b"x" * 10)), KEY)
    assert not sandbox.state.uploads


def test_a_file_whose_upload_meets_a_revoked_token_arrives_whole(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, writes: Act
) -> None:
    ticket_id, content = writes(), b"0123456789abcdef" * 20_000
    connected.fetch_ticket(ticket_id)
    sandbox.faults.add(Fault(FaultKind.UNAUTHORIZED, method="POST", path="/uploads"))
    draft = FileDraft("a.bin", "", len(content), "", Visibility.PRIVATE, lambda: BytesIO(content))
    connected.add_attachment(ticket_id, draft, KEY)
    ((attachment,),) = [comment.attachments for comment in connected.fetch_comments(ticket_id, None)]
    into = BytesIO()
    connected.fetch_attachment(attachment, into, len(content))
    assert into.getvalue() == content


def test_nothing_of_a_long_comment_is_lost(connected: ZendeskPlugin, writes: Act) -> None:
    ticket_id = writes()
    body = from_text("\n\n".join(f"line {number}" for number in range(12_000)))
    connected.add_comment(ticket_id, CommentDraft(body, Visibility.PUBLIC), KEY)
    (comment,) = connected.fetch_comments(ticket_id, None)
    (attachment,) = comment.attachments
    into = BytesIO()
    connected.fetch_attachment(attachment, into, 1_000_000)
    assert into.getvalue().decode() == body.text
    assert comment.marker == KEY
