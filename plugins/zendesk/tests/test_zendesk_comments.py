"""Comments: what is read, what is written, and that private stays private."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import responses
from responses import matchers

from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    CommentDraft,
    Person,
    Role,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import NotApplied, OutcomeUnknown, PrivacyBreach, TicketClosed
from escalation_bridge.plugin.accounts import WriteReceipt
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
TICKET = f"{API}/tickets/35"
COMMENTS = f"{TICKET}/comments"
KEY = "eb-0123456789abcdef0123"
NOTE = CommentDraft(from_html("<p>Look at the <b>fuse</b>.</p>"), Visibility.PRIVATE)
REPLY = CommentDraft(from_text("We are on it."), Visibility.PUBLIC)

Json = dict[str, object]
Make = Callable[..., Json]
MakePlugin = Callable[..., ZendeskPlugin]


def marked(key: str = KEY, **more: str) -> Json:
    return {"metadata": {"system": {}, "custom": {"escalation_bridge": key, **more}}}


def page(*comments: Json, after: str | None = None, **beside: object) -> Json:
    return {
        "comments": list(comments),
        "meta": {"has_more": after is not None, "after_cursor": after},
        **beside,
    }


def listed(wire: responses.RequestsMock, answer: Json, cursor: str | None = None) -> responses.BaseResponse:
    asked = {"page[size]": 100, "sort": "-created_at", "include": "users"}
    asked |= {"page[after]": cursor} if cursor else {}
    return wire.get(COMMENTS, match=[matchers.query_param_matcher(asked, strict_match=False)], json=answer)


def accepted(comment_id: int = 90, *, public: bool, key: str | None = KEY) -> Json:
    """What Zendesk answers to an update that adds a comment."""
    return {
        "ticket": {"id": 35},
        "audit": {
            "id": 89,
            "ticket_id": 35,
            "created_at": "2026-03-02T09:00:01Z",
            "author_id": 900,
            "metadata": {"system": {}, "custom": {"escalation_bridge": key} if key else {}},
            "events": [
                {
                    "id": comment_id,
                    "type": "Comment",
                    "author_id": 900,
                    "body": "Look at the fuse.",
                    "html_body": '<div class="zd-comment"><p>Look at the <b>fuse</b>.</p></div>',
                    "plain_body": "Look at the fuse.",
                    "public": public,
                    "attachments": [],
                },
                {"id": 91, "type": "Notification", "recipients": [701]},
            ],
        },
    }


def written(call: responses.Call) -> Json:
    parsed: Json = json.loads(call.request.body or b"{}")
    return parsed


@pytest.fixture
def wire(zendesk: responses.RequestsMock) -> responses.RequestsMock:
    zendesk.get(f"{API}/users/me", json={"user": {"id": 900, "name": "Bridge", "role": "agent"}})
    zendesk.get(f"{API}/users/show_many", json={"users": [{"id": 501, "name": "Agent One", "role": "agent"}]})
    return zendesk


def asked_for(wire: responses.RequestsMock) -> list[str | None]:
    """Which users were looked up."""
    return [
        str(call.request.params["ids"])  # type: ignore[attr-defined]
        for call in wire.calls
        if "/users/show_many" in str(call.request.url)
    ]


def test_authors_that_do_not_come_along_are_looked_up_once(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make, beside: Json
) -> None:
    listed(wire, page(raw_comment(3, author_id=502), raw_comment(2), raw_comment(1, author_id=701)))
    for _ in range(2):
        authors = [comment.author for comment in plugin.fetch_comments("35", None)]
        assert authors == [
            Person("501", "Agent One", role=Role.AGENT),
            Person("502", "", role=Role.UNKNOWN),
        ]
    assert asked_for(wire) == ["501,502,701", "502,701"]


def test_comments_come_oldest_first_without_the_description(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make, beside: Json
) -> None:
    file = {
        "id": 61,
        "file_name": "fire.png",
        "content_type": "image/png",
        "size": 1024,
        "content_url": "https://acme.zendesk.com/attachments/token/x/?name=fire.png",
    }
    newest = raw_comment(4, author_id=701, public=True, attachments=[file])
    note = raw_comment(3, public=False, **marked())
    listed(wire, page(newest, note, after="cursor-1", users=beside["users"]))
    automatic = raw_comment(2, author_id=-1, public=None, html_body=None)
    listed(wire, page(automatic, raw_comment(1, author_id=701)), "cursor-1")

    comments = plugin.fetch_comments("35", None)

    assert [comment.id for comment in comments] == ["2", "3", "4"]
    assert [comment.visibility.value for comment in comments] == ["private", "private", "public"]
    assert [comment.author.role for comment in comments] == [Role.SYSTEM, Role.AGENT, Role.CUSTOMER]
    assert [comment.marker for comment in comments] == [None, KEY, None]
    assert [comment.body.text for comment in comments] == ["comment 2", "comment 3", "comment 4"]
    assert comments[2].attachments == (
        Attachment("61", "fire.png", "image/png", 1024, str(file["content_url"])),
    )
    assert comments[1].created_at == datetime(2026, 3, 2, 8, 10, tzinfo=UTC)
    assert comments[1].ticket == TicketRef("helpdesk", "35")


@pytest.mark.parametrize(("after", "ids"), [("3", ["4"]), ("4", []), ("2", ["3", "4"])])
def test_only_what_is_newer_is_read(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make, after: str, ids: list[str]
) -> None:
    listed(wire, page(raw_comment(4), raw_comment(3), after="cursor-1"))
    rest = listed(wire, page(raw_comment(2), raw_comment(1)), "cursor-1")
    assert [comment.id for comment in plugin.fetch_comments("35", after)] == ids
    assert rest.call_count == (after == "2")


def test_a_known_comment_that_is_gone_hides_nothing(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(4), raw_comment(3), raw_comment(1)))
    assert [comment.id for comment in plugin.fetch_comments("35", "2")] == ["3", "4"]


@pytest.mark.parametrize(("draft", "public"), [(NOTE, False), (REPLY, True)])
def test_a_comment_is_written_as_html_with_its_key_out_of_sight(
    plugin: ZendeskPlugin,
    wire: responses.RequestsMock,
    raw_comment: Make,
    draft: CommentDraft,
    public: bool,
) -> None:
    listed(wire, page(raw_comment(1)))
    put = wire.put(TICKET, json=accepted(public=public))
    comment = plugin.add_comment("35", draft, KEY)
    assert written(put.calls[0]) == {
        "ticket": {
            "comment": {"html_body": draft.body.html, "public": public},
            "metadata": {"escalation_bridge": KEY},
        }
    }
    assert (comment.id, comment.marker, comment.visibility) == ("90", KEY, draft.visibility)
    assert comment.author == Person("900", "Bridge", role=Role.AGENT)
    assert comment.created_at == datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)


def test_a_comment_whose_answer_was_lost_is_found_and_not_written_again(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(1)))
    put = wire.put(TICKET, body=responses.ConnectionError("reset"))
    with pytest.raises(OutcomeUnknown):
        plugin.add_comment("35", NOTE, KEY)
    wire.replace(
        responses.GET, COMMENTS, json=page(raw_comment(90, public=False, **marked()), raw_comment(1))
    )
    assert plugin.add_comment("35", NOTE, KEY).id == "90"
    assert put.call_count == 1


def test_a_mark_that_zendesk_did_not_keep_does_not_make_the_comment_unknown(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(1)))
    wire.put(TICKET, json=accepted(public=False, key=None))
    assert plugin.add_comment("35", NOTE, KEY).marker == KEY


def test_a_trigger_that_comments_on_the_same_update_is_not_taken_for_the_bridge(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(1)))
    answer = accepted(public=False)
    by_trigger = {
        "id": 95,
        "type": "Comment",
        "public": True,
        "body": "Thank you",
        "via": {"channel": "rule"},
    }
    answer["audit"]["events"].insert(0, by_trigger)  # type: ignore[index]
    wire.put(TICKET, json=answer)
    assert plugin.add_comment("35", NOTE, KEY).id == "90"


def test_a_note_that_came_out_public_is_taken_back_and_told(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(1)))
    wire.put(TICKET, json=accepted(public=True))
    back = wire.put(f"{COMMENTS}/90/make_private", json={})
    with pytest.raises(PrivacyBreach, match="it was made private"):
        plugin.add_comment("35", NOTE, KEY)
    assert back.call_count == 1


def test_a_note_that_came_out_public_and_stays_so_is_told_as_that(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(90, public=True, **marked()), raw_comment(1)))
    wire.put(f"{COMMENTS}/90/make_private", status=403, json={"error": "Forbidden"})
    with pytest.raises(PrivacyBreach, match=r"could NOT be made private \(Forbidden"):
        plugin.add_comment("35", NOTE, KEY)


def test_a_reply_that_the_role_may_not_write_is_told(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(1)))
    wire.put(TICKET, json=accepted(public=False))
    with pytest.raises(NotApplied, match="came out private"):
        plugin.add_comment("35", REPLY, KEY)


@pytest.mark.parametrize("answer", [{}, {"ticket": {"id": 35}, "audit": {"events": []}}])
def test_a_yes_without_a_comment_is_noticed(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make, answer: Json
) -> None:
    listed(wire, page(raw_comment(1)))
    wire.put(TICKET, json=answer)
    with pytest.raises(NotApplied, match="wrote no comment"):
        plugin.add_comment("35", NOTE, KEY)


def test_a_closed_ticket_takes_no_comment(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    listed(wire, page(raw_comment(1)))
    closed = {"status": [{"description": "Status: closed prevents ticket update"}]}
    wire.put(TICKET, status=422, json={"error": "RecordInvalid", "details": closed})
    with pytest.raises(TicketClosed, match="closed prevents"):
        plugin.add_comment("35", NOTE, KEY)


POINTER = TicketPointer(
    TicketRef("engineering", "10001"),
    "ENG-24",
    "https://acme.atlassian.example/browse/ENG-24",
    "jira",
    "Printer <on> fire",
    "To Do",
    False,
)


def test_a_linked_ticket_is_shown_by_note_field_and_tag_in_one_go(
    make_plugin: MakePlugin, wire: responses.RequestsMock, raw_ticket: Make, raw_comment: Make
) -> None:
    wire.get(TICKET, json={"ticket": raw_ticket(custom_fields=[{"id": 360009, "value": "OPS-1"}])})
    listed(wire, page(raw_comment(1)))
    put = wire.put(TICKET, json=accepted(public=False))
    tag = wire.put(f"{TICKET}/tags", json={})
    receipt = make_plugin(link_field_id=360009).link_ticket("35", POINTER, KEY)
    told = WriteReceipt("90", "ENG-24: internal note 90, field 360009, tag escalated")
    assert replace(receipt, comment=None) == told
    assert receipt.comment is not None
    assert (receipt.comment.id, receipt.comment.visibility) == ("90", Visibility.PRIVATE)
    note = (
        '<p>Escalation Bridge: jira <a href="https://acme.atlassian.example/browse/ENG-24">ENG-24</a>'
        ": Printer &lt;on&gt; fire (To Do)</p>"
    )
    assert written(put.calls[0]) == {
        "ticket": {
            "comment": {"html_body": note, "public": False},
            "metadata": {"escalation_bridge": KEY, "escalation_bridge_link": "engineering:10001"},
            "custom_fields": [{"id": 360009, "value": "OPS-1, ENG-24"}],
        }
    }
    assert written(tag.calls[0]) == {"tags": ["escalated"]}


def test_linking_again_writes_nothing_that_is_there(
    make_plugin: MakePlugin, wire: responses.RequestsMock, raw_ticket: Make, raw_comment: Make
) -> None:
    shown = raw_ticket(tags=["escalated"], custom_fields=[{"id": 360009, "value": "ENG-24"}])
    wire.get(TICKET, json={"ticket": shown})
    note = raw_comment(90, public=False, **marked(escalation_bridge_link="engineering:10001"))
    listed(wire, page(raw_comment(99), after="cursor-1"))
    listed(wire, page(note, raw_comment(1)), "cursor-1")
    plugin = make_plugin(link_field_id=360009)
    assert plugin.link_ticket("35", POINTER, "eb-ffffffffffffffffffff").remote_id == "90"


def test_linking_again_mends_the_field_without_a_second_note(
    make_plugin: MakePlugin, wire: responses.RequestsMock, raw_ticket: Make, raw_comment: Make
) -> None:
    wire.get(TICKET, json={"ticket": raw_ticket()})
    note = raw_comment(90, public=False, **marked(escalation_bridge_link="engineering:10001"))
    listed(wire, page(note, raw_comment(1)))
    put = wire.put(TICKET, json={"ticket": {"id": 35}})
    make_plugin(link_field_id=360009, link_tag=None).link_ticket("35", POINTER, KEY)
    assert written(put.calls[0]) == {"ticket": {"custom_fields": [{"id": 360009, "value": "ENG-24"}]}}


def test_another_ticket_gets_a_note_of_its_own(
    make_plugin: MakePlugin, wire: responses.RequestsMock, raw_ticket: Make, raw_comment: Make
) -> None:
    wire.get(TICKET, json={"ticket": raw_ticket(tags=["escalated"])})
    note = raw_comment(80, public=False, **marked(escalation_bridge_link="engineering:9"))
    listed(wire, page(note, raw_comment(1)))
    wire.put(TICKET, json=accepted(public=False))
    assert make_plugin().link_ticket("35", POINTER, KEY).remote_id == "90"
