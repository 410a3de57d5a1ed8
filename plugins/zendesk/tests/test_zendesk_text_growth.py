"""Comments and webhooks are read with work that grows with a text's length and not faster."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from escalation_bridge.errors import WebhookMalformed
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.testing.growth import CONSTRUCTS, assert_linear
from escalation_bridge_zendesk.tickets.linking import shown_key
from escalation_bridge_zendesk.webhooks import webhook

SIZE = 64_000
AT = datetime(2026, 3, 2, tzinfo=UTC)


def parsed(text: str) -> None:
    with suppress(WebhookMalformed):
        webhook.parse(WebhookRequest.make(text.encode(), {}, received_at=AT))


@pytest.mark.parametrize("construct", ['{"a":', "[", '"ticket_id":', *CONSTRUCTS])
def test_webhooks_are_read_in_step_with_the_length(construct: str) -> None:
    event = {"type": "zen:event-type:ticket.comment_added", "subject": "zen:ticket:1", "id": "1"}
    for reader in (
        parsed,
        lambda text: parsed(json.dumps({"ticket_id": text, "event": text})),
        lambda text: parsed(
            json.dumps({**event, "detail": {"id": "1", "subject": text}, "event": {"x": text}})
        ),
    ):
        assert_linear(reader, construct, SIZE)


@pytest.mark.parametrize("construct", ['<a href="x">', "<a href=", *CONSTRUCTS])
def test_the_key_that_a_note_shows_is_read_in_step_with_the_length(construct: str) -> None:
    assert_linear(shown_key, construct, SIZE)
