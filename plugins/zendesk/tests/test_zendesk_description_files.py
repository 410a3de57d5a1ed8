"""The files that came with the description, and what reading a ticket costs."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import Severity, TicketDraft, Visibility
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

KEY = "eb-0123456789abcdef0123"
FILE = {
    "name": "plan.txt",
    "content_base64": base64.b64encode(b"plan").decode(),
    "content_type": "text/plain",
}

Act = Callable[..., Any]


def test_a_customers_files_are_at_the_description_and_can_be_fetched(
    connected: ZendeskPlugin, writes: Act
) -> None:
    ticket = connected.fetch_ticket(writes(attachments=[FILE]))
    (file,) = ticket.attachments
    assert (file.name, file.content_type, file.size) == ("plan.txt", "text/plain", 4)
    assert ticket.description_visibility is Visibility.PUBLIC
    into = BytesIO()
    connected.fetch_attachment(file, into, 4)
    assert into.getvalue() == b"plan"


def test_later_files_are_none_of_the_description(connected: ZendeskPlugin, writes: Act) -> None:
    ticket_id = writes()
    writes(attachments=[FILE], ticket_id=int(ticket_id), body="And this.")
    file = FileDraft("ours.txt", "text/plain", 4, "0" * 64, Visibility.PUBLIC, lambda: BytesIO(b"ours"))
    connected.add_attachment(ticket_id, file, KEY)
    assert connected.fetch_ticket(ticket_id).attachments == ()


def test_a_private_description_is_not_asked_for_files(connected: ZendeskPlugin) -> None:
    draft = TicketDraft("Note", from_text("Ours."), None, Severity.STANDARD)
    ticket = connected.create_ticket(draft, KEY)
    assert (ticket.description_visibility, ticket.attachments) == (Visibility.PRIVATE, ())


@pytest.mark.parametrize(("public", "requests"), [(True, 3), (False, 2)])
def test_gathering_costs_a_request_for_ticket_and_comments_each_and_one_where_anything_is_public(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, public: bool, requests: int
) -> None:
    comment = {"body": "It burns.", "public": public}
    made = act(
        "POST",
        "/tickets",
        ticket={"subject": "Fire", "comment": comment, "requester_id": seed.CUSTOMER_DEWI.id},
    )
    ticket_id = str(made["ticket"]["id"])
    connected.fetch_ticket(ticket_id)
    connected.fetch_comments(ticket_id, None)  # statuses and people are remembered from here on
    before = len(sandbox.journal.entries(user=seed.BRIDGE.email))
    connected.fetch_ticket(ticket_id)
    connected.fetch_comments(ticket_id, None)
    assert len(sandbox.journal.entries(user=seed.BRIDGE.email)) - before == requests


PICTURE = {
    "name": "image001.png",
    "content_base64": base64.b64encode(b"PNG one").decode(),
    "content_type": "image/png",
}


def test_the_description_keeps_its_formatting_and_names_its_pasted_picture(
    connected: ZendeskPlugin, writes: Act
) -> None:
    html = (
        '<p>See <b>this</b>: <img src="cid:image001.png"> and <a href="https://x.example/a">the page</a></p>'
        "<ul><li>one</li></ul><pre>code</pre>"
    )
    ticket = connected.fetch_ticket(writes(attachments=[PICTURE], body="", html_body=html))
    (file,) = ticket.attachments
    assert file.name == f"image001-{file.id}.png"
    assert f'See <b>this</b>: [{file.name}] and <a href="https://x.example/a">' in ticket.description.html
    assert "<ul><li>one</li></ul><pre>code</pre>" in ticket.description.html
    assert f"this: [{file.name}] and" in ticket.description.text
    assert "attachments/token" not in ticket.description.html
    into = BytesIO()
    connected.fetch_attachment(file, into, 100)
    assert into.getvalue() == b"PNG one"


def test_a_comment_names_each_of_its_pictures_and_keeps_strangers_addresses(
    connected: ZendeskPlugin, writes: Act
) -> None:
    ticket_id = writes()
    html = '<p><img src="cid:image001.png"> <img src="https://x.example/logo.png" alt="logo"></p>'
    writes(attachments=[PICTURE, FILE], ticket_id=int(ticket_id), body="", html_body=html)
    (comment,) = connected.fetch_comments(ticket_id, None)
    picture, plan = comment.attachments
    assert (picture.name, plan.name) == (f"image001-{picture.id}.png", "plan.txt")
    assert f"[{picture.name}]" in comment.body.html
    assert 'src="https://x.example/logo.png"' in comment.body.html
