"""Conversations of messaging and chat, at the wire."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import (
    Channel,
    CommentDraft,
    Person,
    Role,
    TicketRef,
    Visibility,
)
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_zendesk.http.limits import ZendeskLimits
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.translation.messages import Message, as_comments, opening

URL = "https://acme.zendesk.com/api/v2"
OPENED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
USER = {"type": "user", "display_name": "Rani", "zen:support:user_id": 701}
AGENT = {"type": "agent", "display_name": "Agent One", "zen:support:user_id": 501}
BOT = {"type": "bot", "display_name": "Helper", "zen:support:user_id": -1, "zen:sunco:user_id": "b0t"}
Answer = Callable[..., None]


def event(
    number: int, author: dict[str, Any], content: dict[str, Any], at: str, **more: Any
) -> dict[str, Any]:
    return {
        "id": f"01J{number:023}",
        "type": "Messaging::ConversationMessage",
        "author": author,
        "content": content,
        "created_at": at,
        "attachments": [],
        "metadata": {"custom": {}, "system": {}},
        **more,
    }


@pytest.fixture
def answer(
    zendesk: responses.RequestsMock,
    raw_ticket: Callable[..., Any],
    raw_comment: Callable[..., Any],
    beside: Any,
) -> Answer:
    """Zendesk answers with a conversation."""

    def answer(log: Any, audits: Any = None, *, status: int = 200, **ticket: Any) -> None:
        members = {
            "via": {"channel": "line"},
            "description": "Conversation with Rani",
            "is_public": False,
            **ticket,
        }
        zendesk.get(f"{URL}/tickets/35", json={"ticket": raw_ticket(**members), **beside})
        zendesk.get(f"{URL}/custom_statuses", json={"custom_statuses": []})
        first = raw_comment(
            9, public=False, author_id=701, via={"channel": "line"}, body="Conversation with Rani"
        )
        zendesk.get(f"{URL}/tickets/35/comments", json={"comments": [first], "users": beside["users"]})
        said = {"events": log} if status == 200 else {"error": "RecordNotFound"}
        zendesk.get(f"{URL}/tickets/35/conversation_log", json=said, status=status)
        if audits is not None:
            zendesk.get(f"{URL}/tickets/35/audits", json={"audits": audits})

    return answer


def said_in(plugin: ZendeskPlugin) -> list[tuple[Role, str]]:
    plugin.fetch_ticket("35")
    return [(each.author.role, each.body.text) for each in plugin.fetch_comments("35", None)]


def test_every_kind_of_content_has_words(plugin: ZendeskPlugin, answer: Answer) -> None:
    picture = {
        "id": 4,
        "file_name": "foto.png",
        "content_type": "image/png",
        "size": 9,
        "content_url": "https://x/4",
    }
    form = {
        "type": "formResponse",
        "fields": [{"label": "Order", "text": "4711"}, {"label": "Colour", "select": [{"label": "red"}]}],
    }
    answer(
        [
            event(1, USER, {"type": "text", "text": "Halo"}, "2026-03-02T07:59:58Z"),
            event(2, BOT, {"type": "text", "actions": [{"reply": {"text": "A human"}}, {"text": "A page"}]}, "2026-03-02T08:00:02Z"),
            event(3, USER, form, "2026-03-02T08:00:03Z"),
            event(4, USER, {"type": "image"}, "2026-03-02T08:00:04Z", attachments=[picture]),
            event(5, AGENT, {"type": "html", "body": "<p>We <b>look</b>.</p>"}, "2026-03-02T08:00:05Z"),
            event(6, AGENT, {"type": "text", "text": "hidden"}, "2026-03-02T08:00:06Z", metadata={"public": False}),
            event(7, AGENT, {"type": "html", "body": "a note"}, "2026-03-02T08:00:07Z", type="Comment"),
        ]
    )  # fmt: skip
    ticket = plugin.fetch_ticket("35")
    assert (ticket.description.text, ticket.description_visibility) == ("Halo", Visibility.PUBLIC)
    assert ticket.channel is Channel.CHAT
    assert said_in(plugin) == [
        (Role.BOT, "A human, A page"),
        (Role.CUSTOMER, "Order: 4711\nColour: red"),
        (Role.CUSTOMER, "foto.png"),
        (Role.AGENT, "We look."),
    ]


def test_a_new_word_for_a_channel_is_a_conversation_where_zendesk_says_so(
    plugin: ZendeskPlugin, answer: Answer
) -> None:
    log = [event(1, USER, {"type": "text", "text": "Halo"}, "2026-03-02T07:59:58Z")]
    answer(log, via={"channel": "a_new_messenger"}, from_messaging_channel=True)
    ticket = plugin.fetch_ticket("35")
    assert (ticket.description.text, ticket.channel) == ("Halo", Channel.CHAT)


CHAT = {
    "id": 77,
    "type": "ChatStartedEvent",
    "value": {
        "history": [
            {"type": "ChatJoin", "actor_type": "end-user", "timestamp": 1772438390000},
            {"type": "ChatMessage", "actor_type": "end-user", "actor_name": "Rani", "message": "Tolong", "timestamp": 1772438390000},
            {"type": "ChatMessage", "actor_type": "agent", "actor_id": "501", "message": "Baik", "timestamp": "1772438395000"},
            {"type": "ChatFileAttachment", "actor_type": "end-user", "timestamp": 1772438396000},
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_chat_from_before_messaging_is_in_the_audits(
    plugin: ZendeskPlugin, answer: Answer, status: int
) -> None:
    answer([], [{"id": 1, "events": [{"type": "Create"}, CHAT]}], status=status, via={"channel": "chat"})
    assert plugin.fetch_ticket("35").description.text == "Tolong"
    comments = plugin.fetch_comments("35", None)
    assert [(each.author.role, each.body.text) for each in comments] == [(Role.AGENT, "Baik")]
    assert comments[0].created_at == OPENED  # the chat was over when the ticket was made


def test_a_conversation_that_cannot_be_read_is_not_an_empty_one(
    plugin: ZendeskPlugin, answer: Answer, zendesk: responses.RequestsMock
) -> None:
    answer([], status=403)
    zendesk.get(f"{URL}/tickets/35/audits", json={}, status=403)
    with pytest.raises(errors.PermissionDenied):
        plugin.fetch_ticket("35")


def test_the_conversation_of_a_new_ticket_may_come_late(
    make_plugin: Callable[..., ZendeskPlugin], answer: Answer
) -> None:
    answer([], [])
    young = make_plugin(now=lambda: OPENED + timedelta(seconds=3))
    with pytest.raises(errors.NotSettled):
        young.fetch_ticket("35")
    assert make_plugin().fetch_ticket("35").description.text == "Conversation with Rani"


@pytest.mark.parametrize("first_attempt", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_customer_without_an_address_is_not_written_to(
    plugin: ZendeskPlugin, answer: Answer, beside: Any, known: bool, first_attempt: bool
) -> None:
    beside["users"][0]["email"] = None
    answer([event(1, USER, {"type": "text", "text": "Halo"}, "2026-03-02T07:59:58Z")])
    if known:
        plugin.fetch_ticket("35")
    with pytest.raises(errors.Rejected, match="would reach nobody") as refused:
        plugin.add_comment(
            "35",
            CommentDraft(from_text("Hello"), Visibility.PUBLIC, first_attempt),
            "eb-0123456789abcdef0123",
        )
    assert "Agent Workspace" in str(refused.value)
    assert "no answer" not in str(refused.value)


def test_the_log_has_a_limit_of_its_own() -> None:
    path = "/api/v2/tickets/35/conversation_log"
    limits, full = ZendeskLimits(), {"Zendesk-RateLimit-omnilog-index": "total=100; remaining=0; resets=41"}
    account = {"ratelimit-remaining": "690", "ratelimit-limit": "700", "ratelimit-reset": "20"}
    assert limits.closed("GET", path, {**account, **full}) == "conversation log"
    assert [scope.name for scope in limits.scopes("GET", "/api/v2/tickets/35/comments", {})] == ["account"]


AUTHORS = st.sampled_from([Role.CUSTOMER, Role.AGENT, Role.BOT, Role.UNKNOWN])


@given(st.lists(st.tuples(AUTHORS, st.integers(-5, 5)), max_size=12))
@settings(derandomize=True)
def test_every_message_is_heard_once_whenever_it_is_read(said: list[tuple[Role, int]]) -> None:
    """What came in later never moves an earlier message between the description and the comments."""
    messages = [
        Message(str(index), Person("", "", role=role), from_text("x"), OPENED + timedelta(seconds=at))
        for index, (role, at) in enumerate(sorted(said, key=lambda each: each[1]))
    ]
    ref = TicketRef("helpdesk", "35")
    begun = [message.id for message in opening(messages, OPENED)]
    rest = [comment.id for comment in as_comments(tuple(messages), OPENED, ref)]
    assert sorted(begun + rest, key=int) == [message.id for message in messages]
    for count in range(len(messages)):
        if messages[count].at < OPENED:
            continue  # there was no ticket yet, so nobody could read
        earlier = as_comments(tuple(messages[:count]), OPENED, ref)
        if opening(messages[:count], OPENED):
            assert {comment.id for comment in earlier} <= set(rest)
            assert [message.id for message in opening(messages[:count], OPENED)] == begun
