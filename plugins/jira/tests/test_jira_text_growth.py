"""Jira's formats are read and written with work that grows with a text's length and not faster."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn

import pytest

from escalation_bridge.errors import WebhookMalformed
from escalation_bridge.plugin import JsonPart
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.testing.growth import CONSTRUCTS, assert_linear
from escalation_bridge.text.rich_text import from_html
from escalation_bridge_jira.files.attached import names_in
from escalation_bridge_jira.text import adf, limits, wiki, wiki_reader
from escalation_bridge_jira.text.html_reader import blocks_of
from escalation_bridge_jira.webhooks import webhook

SIZE = 8_000


def _fail(message: str) -> NoReturn:
    raise AssertionError(message)


def read_document(text: str) -> object:
    run = {"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": text[:2000]}}]}
    return adf.rich_text(
        JsonPart({"type": "doc", "content": [{"type": "paragraph", "content": [run]}]}, "", _fail)
    )


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_reading_grows_with_the_length(construct: str) -> None:
    for reader in (
        wiki_reader.rich_text,
        read_document,
        lambda text: list(names_in(JsonPart(text, "", _fail))),
    ):
        assert_linear(reader, construct, SIZE)


@pytest.mark.parametrize("construct", CONSTRUCTS[::2])
def test_writing_grows_with_the_length(construct: str) -> None:
    assert_linear(lambda text: wiki.markup(blocks_of(from_html(text))), construct, SIZE)
    assert_linear(lambda text: limits.fitted(blocks_of(from_html(text)), adf.document, "en"), construct, SIZE)


def parsed(text: str) -> None:
    with suppress(WebhookMalformed):
        webhook.parse(WebhookRequest.make(text.encode(), {}, received_at=datetime(2026, 3, 2, tzinfo=UTC)))


@pytest.mark.parametrize("construct", ['{"a":', "[", "/issue/1/comment", "issue_property", *CONSTRUCTS])
def test_webhooks_are_read_in_step_with_the_length(construct: str) -> None:
    for reader in (
        parsed,
        lambda text: parsed(json.dumps({"webhookEvent": text, "issue": {"id": "1", "key": text}})),
        lambda text: parsed(
            json.dumps({"webhookEvent": "comment_created", "comment": {"self": text, "body": text}})
        ),
    ):
        assert_linear(reader, construct, SIZE * 4)
