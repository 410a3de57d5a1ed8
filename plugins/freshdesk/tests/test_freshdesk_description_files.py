"""The files that came with the description, and what reading a ticket costs."""

import base64
from io import BytesIO
from typing import Any

import requests

from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge_sandbox.freshdesk.state import seed

KEY = "eb-0123456789abcdef0123"
FILE = {
    "name": "plan.txt",
    "content_base64": base64.b64encode(b"plan").decode(),
    "content_type": "text/plain",
}


def test_a_customers_files_are_at_the_description_and_can_be_fetched(desk: Any) -> None:
    ticket = desk.plugin.fetch_ticket(desk.customer_writes(subject="S", body="See.", attachments=[FILE]))
    (file,) = ticket.attachments
    assert (file.name, file.content_type, file.size) == ("plan.txt", "text/plain", 4)
    into = BytesIO()
    desk.plugin.fetch_attachment(file, into, 4)
    assert into.getvalue() == b"plan"


def test_later_files_are_none_of_the_description(desk: Any) -> None:
    ticket_id = desk.customer_writes(subject="S", body="See.", attachments=[FILE])
    desk.sandbox.clock.advance(600)
    answer = requests.put(
        f"{desk.url}/api/v2/tickets/{ticket_id}",
        files={"attachments[]": ("late.txt", b"late", "text/plain")},
        auth=(seed.AGENT_RINA.api_key, "X"),
        timeout=5,
    )
    assert len(answer.json()["attachments"]) == 2
    file = FileDraft("ours.txt", "text/plain", 4, "0" * 64, Visibility.PRIVATE, lambda: BytesIO(b"ours"))
    desk.plugin.add_attachment(ticket_id, file, KEY)
    assert [one.name for one in desk.plugin.fetch_ticket(ticket_id).attachments] == ["plan.txt"]


def test_gathering_costs_two_requests(desk: Any) -> None:
    ticket_id = desk.customer_writes(subject="S", body="See.", attachments=[FILE])
    for cost in (3, 2):  # the fields of the form are remembered after the first time
        before = len(desk.sandbox.journal.entries(user=seed.BRIDGE.email))
        desk.plugin.fetch_ticket(ticket_id)
        desk.plugin.fetch_comments(ticket_id, None)
        assert len(desk.sandbox.journal.entries(user=seed.BRIDGE.email)) - before == cost
