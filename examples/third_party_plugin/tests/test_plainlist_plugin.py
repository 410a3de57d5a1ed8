"""The plugin at the wire: what it sends, and what it makes of the answers."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
import responses

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Priority,
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
    AuthenticationFailed,
    ConcurrentChange,
    NotApplied,
    OutcomeUnknown,
    PrivacyBreach,
    Rejected,
    TicketClosed,
    TicketNotFound,
    UnreadableAnswer,
)
from escalation_bridge.text.rich_text import from_html, from_text

KEY = "eb-0123456789abcdef0123"
DRAFT = TicketDraft("[#3] Down", from_html("<p>It is <b>down</b>.</p>"), Priority.HIGH, Severity.STANDARD)
NOTE = CommentDraft(from_text("We look into it."), Visibility.PRIVATE)
REPLY = CommentDraft(from_text("It is solved."), Visibility.PUBLIC)


def sent(answer: responses.BaseResponse) -> object:
    """The body of the last request that got this answer."""
    return json.loads(answer.calls[-1].request.body)


# --- the account ---


def test_the_bridge_knows_who_it_is_and_what_is_missing(desk, api):
    asked = api.answers("GET", "/api/me", {"id": "u-1", "name": "Bridge", "may_write": False})
    report = desk.check_connection()
    assert (report.user_id, report.user_name) == ("u-1", "Bridge")
    assert len(report.problems) == 2  # it may only read, and there is no webhook secret
    assert asked.calls[0].request.headers["Authorization"] == "Bearer the-token"


def test_a_refused_token_is_told_as_such(desk, api):
    api.answers("GET", "/api/me", {"error": "token: it was revoked"}, status=401)
    with pytest.raises(AuthenticationFailed, match="tasks: check_connection: token: it was revoked"):
        desk.check_connection()


def test_the_accounts_own_states_mean_what_the_admin_says(desk, api):
    api.states()
    kinds = {status.name: status.kind for status in desk.describe_fields().statuses}
    assert kinds["Parked"] is StatusKind.WAITING_THIRD_PARTY
    assert kinds["Doing"] is StatusKind.OPEN


# --- reading ---


def test_a_ticket_is_read_into_the_bridges_words(desk, api):
    api.answers("GET", "/api/tickets/7", api.ticket())
    ticket = desk.fetch_ticket("7")
    assert ticket.ref == TicketRef("tasks", "7")
    assert (ticket.key, ticket.subject) == ("#7", "Lost parcel")
    assert ticket.description.html == "<p>Where is it?</p><p>Order &lt;17&gt;.</p>"
    assert (ticket.status.kind, ticket.status.id, ticket.status.name) == (StatusKind.NEW, "todo", "To do")
    assert ticket.priority is Priority.NORMAL
    assert ticket.created_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert ticket.created_by.role is Role.CUSTOMER


def test_a_state_that_nobody_explained_is_unknown(desk, api):
    api.answers("GET", "/api/tickets/7", api.ticket(state={"id": "x-9", "name": "Baking"}))
    assert desk.fetch_ticket("7").status.kind is StatusKind.UNKNOWN


def test_an_id_cannot_lead_to_another_address(desk, api):
    api.answers("GET", "/api/tickets/..%2Fme%3Fa", {"error": "no such ticket"}, status=404)
    with pytest.raises(TicketNotFound):
        desk.fetch_ticket("../me?a")


def test_an_answer_of_another_shape_names_the_place(desk, api):
    api.answers("GET", "/api/tickets/7", api.ticket(state="todo"))
    with pytest.raises(UnreadableAnswer, match="state: model_type"):
        desk.fetch_ticket("7")


def test_a_comment_of_unknown_visibility_is_private(desk, api):
    listed = [api.comment(internal=False, author={"id": "c-1", "name": "Sari"}), api.comment(id=13, key=KEY)]
    unknown = api.comment(id=14)
    del unknown["internal"]
    api.answers("GET", "/api/tickets/7/comments", {"comments": [*listed, unknown]})
    comments = desk.fetch_comments("7", None)
    assert [comment.visibility for comment in comments] == [
        Visibility.PUBLIC,
        Visibility.PRIVATE,
        Visibility.PRIVATE,
    ]
    assert [comment.marker for comment in comments] == [None, KEY, None]
    assert comments[0].author.role is Role.CUSTOMER


# --- find or create ---


def test_a_ticket_is_created_with_the_key_in_it(desk, api):
    asked = api.answers("POST", "/api/tickets", api.ticket(key=KEY), status=201)
    created = desk.create_ticket(replace(DRAFT, labels=("from-support",), fields={"state": "doing"}), KEY)
    assert created.bridge_key == KEY
    assert sent(asked) == {
        "title": "[#3] Down",
        "text": "It is down.",
        "priority": "major",
        "tags": ["from-support"],
        "key": KEY,
        "state": "doing",
    }


def test_a_create_without_an_answer_may_have_taken_place(desk, api):
    api.answers("POST", "/api/tickets", body=requests.exceptions.ReadTimeout())
    with pytest.raises(OutcomeUnknown):
        desk.create_ticket(DRAFT, KEY)


@pytest.mark.parametrize("there", [True, False])
def test_a_ticket_is_found_by_its_key(desk, api, there):
    found = {"tickets": [api.ticket(key=KEY)] if there else []}
    api.answers("GET", "/api/tickets", found, match=[responses.matchers.query_param_matcher({"key": KEY})])
    ticket = desk.find_ticket(KEY, None)
    assert (ticket.bridge_key if ticket else None) == (KEY if there else None)


def test_what_plainlist_does_not_have_is_refused_before_anything_is_sent(desk, api):
    with pytest.raises(Rejected, match="Plainlist has no colour"):
        desk.create_ticket(replace(DRAFT, fields={"colour": "red"}), KEY)


# --- changing ---


def read(desk, api, **changes):
    """A ticket as the bridge has read it."""
    api.answers("GET", "/api/tickets/7", api.ticket(**changes))
    return desk.fetch_ticket("7")


@pytest.mark.parametrize("word", ["parked", "Parked", "waiting_third_party"])
def test_a_state_is_set_by_its_id_its_name_or_its_meaning(desk, api, word):
    api.states()
    changed = api.ticket(state={"id": "parked", "name": "Parked"})
    asked = api.answers("PATCH", "/api/tickets/7", changed)
    updated = desk.update_ticket("7", TicketChange(status=word), read(desk, api))
    assert updated.status.id == "parked"
    assert sent(asked) == {"state": "parked"}
    assert asked.calls[0].request.headers["If-Match"] == "3"


def test_what_is_already_as_wanted_is_not_written(desk, api):
    change = TicketChange(priority=Priority.NORMAL, add_tags=("parcel",), remove_tags=("gone",))
    assert desk.update_ticket("7", change, read(desk, api)).key == "#7"


def test_other_peoples_tags_stay(desk, api):
    expected = read(desk, api, tags=[])
    changed = api.answers("PATCH", "/api/tickets/7", api.ticket(tags=["theirs", "ours"]))
    api.answers("GET", "/api/tickets/7", api.ticket(tags=["theirs", "old"]))
    desk.update_ticket("7", TicketChange(add_tags=("ours",), remove_tags=("old",)), expected)
    assert sent(changed) == {"tags": ["theirs", "ours"]}


def test_somebody_elses_change_is_not_written_over(desk, api):
    expected = read(desk, api)
    api.states()
    api.answers("GET", "/api/tickets/7", api.ticket(state={"id": "doing", "name": "Doing"}))
    with pytest.raises(ConcurrentChange, match="somebody else changed state"):
        desk.update_ticket("7", TicketChange(status="done"), expected)


@pytest.mark.parametrize(("status", "error"), [(412, ConcurrentChange), (422, Rejected), (423, TicketClosed)])
def test_a_refused_change_is_told_for_what_it_is(desk, api, status, error):
    api.answers("PATCH", "/api/tickets/7", {"error": "no"}, status=status)
    with pytest.raises(error):
        desk.update_ticket("7", TicketChange(priority=Priority.URGENT), read(desk, api))


def test_a_change_that_did_not_take_place_is_noticed(desk, api):
    api.answers("PATCH", "/api/tickets/7", api.ticket())
    with pytest.raises(NotApplied, match="priority did not change"):
        desk.update_ticket("7", TicketChange(priority=Priority.URGENT), read(desk, api))


def test_a_state_that_does_not_exist_is_refused_with_those_that_do(desk, api):
    api.states()
    with pytest.raises(Rejected, match="there is no 'Doen', only To do, Doing"):
        desk.update_ticket("7", TicketChange(status="Doen"), read(desk, api))


# --- speaking ---


def test_a_note_is_written_as_a_note_with_its_key(desk, api):
    api.answers("GET", "/api/tickets/7/comments", {"comments": []})
    asked = api.answers("POST", "/api/tickets/7/comments", api.comment(key=KEY), status=201)
    written = desk.add_comment("7", NOTE, KEY)
    assert (written.visibility, written.marker) == (Visibility.PRIVATE, KEY)
    assert sent(asked) == {"text": "We look into it.", "internal": True, "key": KEY}


def test_a_comment_whose_answer_was_lost_is_not_written_twice(desk, api):
    api.answers("GET", "/api/tickets/7/comments", {"comments": [api.comment(), api.comment(id=13, key=KEY)]})
    assert desk.add_comment("7", NOTE, KEY).id == "13"


@pytest.mark.parametrize(("deleted", "told"), [(204, "was deleted"), (403, "could NOT be deleted")])
def test_a_note_that_came_out_public_is_taken_back(desk, api, deleted, told):
    api.answers("GET", "/api/tickets/7/comments", {"comments": []})
    api.answers("POST", "/api/tickets/7/comments", api.comment(internal=False), status=201)
    api.answers("DELETE", "/api/tickets/7/comments/12", status=deleted)
    with pytest.raises(PrivacyBreach, match=told):
        desk.add_comment("7", NOTE, KEY)


def test_a_reply_that_came_out_internal_is_no_reply(desk, api):
    api.answers("GET", "/api/tickets/7/comments", {"comments": []})
    api.answers("POST", "/api/tickets/7/comments", api.comment(internal=True), status=201)
    with pytest.raises(NotApplied, match="came out private"):
        desk.add_comment("7", REPLY, KEY)


def test_a_link_has_one_name_however_often_it_is_shown(desk, api):
    other = TicketPointer(
        TicketRef("support", "35436"), "#35436", "https://x.example/1", "Zendesk", "Down", "Open", done=False
    )
    asked = api.answers("PUT", "/api/tickets/7/links/support%3A35436", {"ok": True})
    for _ in range(2):
        desk.link_ticket("7", other, KEY)
    assert asked.call_count == 2
    assert sent(asked) == {
        "title": "Zendesk #35436: Down",
        "url": "https://x.example/1",
        "state": "Open",
        "done": False,
    }
