"""Marks, pictures and webhooks are read with work that grows with a text's length and not faster."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.errors import WebhookMalformed
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.testing.growth import CONSTRUCTS, assert_linear
from escalation_bridge_freshdesk import pictures
from escalation_bridge_freshdesk.http.shapes import ConversationShape
from escalation_bridge_freshdesk.translation import marks
from escalation_bridge_freshdesk.webhooks import webhook

SIZE = 16_000
AT = datetime(2026, 3, 2, tzinfo=UTC)
KEY = "eb-0123456789abcdef0123"
OWN = (
    '<a href="',
    '<a href="x">',
    "<p >",
    "<p> ",
    "< \n",
    f"[{KEY}]",
    f"[link {KEY}]</p>",
    "data-escalation-bridge=",
    ' data-escalation-bridge-ticket="',
    '<img src="https://attachment.freshdesk.com/inline/attachment?token=a.e30.c">',
)
IN_WEBHOOKS = (
    '"ticket_id":',
    '"ticket_id": ',
    '"ticket":{',
    '"ticket":{"id":1 ',
    '{"a":',
    "[",
    "{status:",
    "/tickets/1",
)


def conversation(body: str, *, private: bool = True) -> ConversationShape:
    values = {"id": 1, "body": body, "private": private, "incoming": False, "created_at": AT.isoformat()}
    return ConversationShape.model_validate(values)


@pytest.mark.parametrize("construct", [*OWN, *CONSTRUCTS[::2]])
def test_marks_and_pictures_are_read_in_step_with_the_length(construct: str) -> None:
    ref = TicketRef("engineering", "1")
    for reader in (
        lambda text: marks.mark_of(conversation(text)),
        lambda text: marks.without_mark(conversation(text)),
        lambda text: marks.is_link_note(conversation(f"{text}[link {KEY}]"), ref, "https://x"),
        lambda text: marks.linked_key(conversation(text)),
        lambda text: marks.shows_the_same(conversation(text), text),
        pictures.pictures_in,
        pictures.naming_pictures,
    ):
        assert_linear(reader, construct, SIZE)


def parsed(text: str) -> None:
    with suppress(WebhookMalformed):
        webhook.parse(WebhookRequest.make(text.encode(), {}, received_at=AT))


@pytest.mark.parametrize("construct", [*IN_WEBHOOKS, *CONSTRUCTS])
def test_webhooks_are_read_in_step_with_the_length(construct: str) -> None:
    fields = ("ticket_url", "triggered_event", "ticket_subject")
    for reader in (
        parsed,
        lambda text: parsed(f'{{"ticket_id": 1, "subject": "{text}"}}'),
        lambda text: parsed(json.dumps({"freshdesk_webhook": dict.fromkeys(fields, text)})),
    ):
        assert_linear(reader, construct, SIZE * 4)
