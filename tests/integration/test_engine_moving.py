"""Links that follow their tickets: merged on either side, closed for good and followed up; deleted and restored."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.routes.routes import ReopenRule, StatusMap
from escalation_bridge.domain.routes.sides import Keep
from escalation_bridge.domain.tickets.tickets import Presence, Role, StatusKind, TicketRef, Visibility
from escalation_bridge.errors import PermissionDenied
from escalation_bridge.plugin.webhooks import TicketHint, WebhookNews
from escalation_bridge.store.cases import case_views

KEPT = dict.fromkeys(("new", "open", "waiting_customer", "waiting_third_party"), Keep.KEEP)


@pytest.fixture
def handed_on(make_scene, make_route):
    """A ticket that was handed on, and its issue; an open linked ticket moves nothing at the customer's."""

    def make(**route):
        scene = make_scene(
            routes=(make_route(to_origin=StatusMap({**KEPT, "solved": "open", "closed": "open"}), **route),)
        )
        ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        scene.news(scene.support, ticket)
        scene.run(minutes=61)
        (issue,) = scene.dev.tickets
        scene.run(minutes=1)
        return scene, ticket, issue

    return make


def texts(plugin, ticket):
    return [comment.body.text for comment in plugin.comments.get(ticket, [])]


def carried(plugin, ticket, words):
    return sum(words in text for text in texts(plugin, ticket))


def case_of(scene, ticket):
    with scene.bridge.database.read() as transaction:
        return case_views.load_case(
            transaction, case_views.find_case(transaction, TicketRef("support", ticket))
        )


def test_a_linked_ticket_that_is_merged_takes_the_link_along(handed_on):
    scene, ticket, issue = handed_on()
    other = scene.dev.customer_writes("All printers", "They burn.")
    scene.dev.says(other, "said long ago", Role.AGENT, Visibility.PRIVATE)
    scene.clock.advance(minutes=1)
    scene.dev.merges(issue, other)
    scene.news(scene.dev, issue)
    (link,) = scene.view().links
    assert (link.origin.id, link.linked.id) == (ticket, other)
    assert carried(scene.support, ticket, "said long ago") == 0
    scene.clock.advance(minutes=1)
    scene.dev.says(other, "found it", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.dev, other)
    assert carried(scene.support, ticket, "found it") == 1
    scene.dev.set_status(other, StatusKind.SOLVED)
    scene.news(scene.dev, other)
    assert scene.support.tickets[ticket].status.kind is StatusKind.OPEN


def test_what_was_said_before_the_merge_is_still_carried_over_once(handed_on):
    scene, ticket, issue = handed_on()
    other = scene.dev.customer_writes("All printers", "They burn.")
    scene.clock.advance(minutes=1)
    scene.dev.says(issue, "last words", Role.AGENT, Visibility.PRIVATE)
    scene.dev.merges(issue, other)
    scene.news(scene.dev, issue)
    scene.run(minutes=10)
    assert carried(scene.support, ticket, "last words") == 1


def test_a_customers_ticket_that_is_merged_gives_its_link_to_the_target(handed_on):
    scene, ticket, issue = handed_on()
    other = scene.support.customer_writes("Printer again", "It still burns.")
    scene.clock.advance(minutes=1)
    scene.support.merges(ticket, other)
    scene.news(scene.support, ticket)
    assert case_of(scene, ticket).links == ()
    (link,) = case_of(scene, other).links
    assert (link.origin.id, link.linked.id) == (other, issue)
    scene.clock.advance(minutes=1)
    scene.support.says(other, "any news?", Role.CUSTOMER)
    scene.news(scene.support, other)
    assert carried(scene.dev, issue, "any news?") == 1
    assert len(scene.dev.tickets) == 1


def test_a_follow_up_takes_the_link_over(handed_on):
    scene, ticket, issue = handed_on(reopen=ReopenRule(to_linked="open"))
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED
    scene.clock.advance(hours=30)
    follow_up = scene.support.follows_up(ticket, "It burns again.")
    scene.news(scene.support, follow_up)
    assert case_of(scene, ticket).links == ()
    (link,) = case_of(scene, follow_up).links
    assert link.linked.id == issue
    assert scene.dev.tickets[issue].status.kind is StatusKind.OPEN, "reopened, as the customer came back"
    assert carried(scene.dev, issue, "It burns again.") == 1, (
        "a follow-up begins with what the customer answered"
    )
    scene.run(minutes=10)
    assert carried(scene.dev, issue, "It burns again.") == 1


def test_a_ticket_with_nothing_linked_leaves_nothing_to_follow(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    follow_up = scene.support.follows_up(ticket, "It burns again.")
    scene.news(scene.support, follow_up)
    assert case_of(scene, follow_up).links == ()


def test_two_links_never_lead_to_the_same_ticket_after_a_merge(handed_on):
    scene, ticket, issue = handed_on()
    other = scene.dev.customer_writes("All printers", "They burn.")
    scene.support.says(ticket, f"/bridge link DEV-{other}", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, ticket)
    assert len(scene.view().links) == 2
    scene.clock.advance(minutes=1)
    scene.dev.merges(issue, other)
    scene.news(scene.dev, issue)
    (link,) = scene.view().links
    assert link.linked.id == other
    assert "link_not_moved" in scene.timeline()


@pytest.mark.parametrize("signed", [True, False])
def test_a_deletion_that_the_vendor_signed_is_told_from_a_ticket_that_is_hidden(
    signed, handed_on, monkeypatch
):
    """A read tells neither from the other; the webhook about the deletion does, if its body is proven."""
    scene, ticket, issue = handed_on()
    gone = scene.dev.tickets.pop(issue)
    hint = TicketHint(issue, "jira:issue_deleted", deleted=signed)
    desk = scene.bridge.helpdesks[scene.dev.name]
    monkeypatch.setattr(desk, "parse_webhook", lambda _: WebhookNews(hints=(hint,)))
    scene.news(scene.dev, issue)
    (link,) = scene.view().links
    assert link.hold.facts["reason"] == ("deleted" if signed else "no such ticket")
    told = [comment.body.text for comment in scene.support.comments[ticket]]
    assert any("(deleted)" in text for text in told) is signed
    assert any("ask an administrator to restore the permission" in text for text in told) is not signed
    monkeypatch.undo()
    scene.dev.tickets[issue] = gone
    scene.news(scene.dev, issue)
    assert scene.view().links[0].hold is None


def test_a_deleted_ticket_is_not_made_anew_and_comes_back(handed_on):
    scene, ticket, issue = handed_on()
    present = scene.dev.tickets[issue]
    scene.dev.tickets[issue] = replace(present, presence=Presence.DELETED)
    scene.news(scene.dev, issue)
    assert scene.view().links[0].hold.reason == "ticket_gone"
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    assert carried(scene.dev, issue, "Hello?") == 0
    scene.dev.tickets[issue] = present
    scene.news(scene.dev, issue)
    assert scene.view().links[0].hold is None
    assert carried(scene.dev, issue, "Hello?") == 1
    assert len(scene.dev.tickets) == 1


def test_a_ticket_that_is_closed_for_good_is_not_asked_again_and_again(handed_on):
    scene, ticket, issue = handed_on()
    scene.support.set_status(ticket, StatusKind.CLOSED)
    scene.support.frozen.add(ticket)
    scene.news(scene.support, ticket)
    before = len(scene.support.writes)
    for n in range(5):
        scene.clock.advance(minutes=10)
        scene.dev.says(issue, f"remark {n}", Role.AGENT, Visibility.PRIVATE)
        scene.news(scene.dev, issue)
    assert len(scene.support.writes) == before
    assert carried(scene.dev, issue, "permanently closed") == 1
    refused = [r for r in scene.view().intents.values() if r.state == "failed"]
    assert len(refused) == 1, "the first one tells"
    scene.support.frozen.clear()
    scene.support.set_status(ticket, StatusKind.OPEN)
    scene.news(scene.support, ticket)
    assert [carried(scene.support, ticket, f"remark {n}") for n in range(1, 5)] == [1, 1, 1, 1]


def test_a_closed_ticket_that_refuses_a_write_for_another_reason_still_takes_comments(handed_on):
    scene, ticket, issue = handed_on()
    scene.support.set_status(ticket, StatusKind.CLOSED)
    scene.news(scene.support, ticket)
    scene.support.faults["add_comment"] = [PermissionDenied("no right", scene.support.at("add_comment"))]
    scene.dev.says(issue, "lost words", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.dev, issue)
    assert not carried(scene.dev, issue, "permanently closed")
    scene.dev.says(issue, "more words", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.dev, issue)
    assert carried(scene.support, ticket, "more words") == 1
    scene.support.says(ticket, "/bridge retry", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, ticket)
    assert carried(scene.support, ticket, "lost words") == 1


@pytest.mark.parametrize("merged", ["issue", "ticket"])
def test_what_is_said_on_the_other_side_at_the_moment_of_a_merge_reaches_the_target_once(handed_on, merged):
    scene, ticket, issue = handed_on()
    plugin, old = (scene.dev, issue) if merged == "issue" else (scene.support, ticket)
    target = plugin.customer_writes("Printers", "They burn.")
    scene.clock.advance(minutes=1)
    scene.support.says(ticket, "please hurry", Role.CUSTOMER)
    scene.dev.says(issue, "last words", Role.AGENT, Visibility.PRIVATE)
    plugin.merges(old, target)
    plugin.frozen.add(old)
    scene.hear(scene.support, ticket)
    scene.news(scene.dev, issue)
    scene.run(minutes=30)
    of_support = target if merged == "ticket" else ticket
    of_dev = target if merged == "issue" else issue
    assert carried(scene.support, of_support, "last words") == 1
    assert carried(scene.dev, of_dev, "please hurry") == 1


def test_what_was_said_while_the_ticket_was_closed_reaches_the_follow_up_and_so_does_what_is_said_there(
    handed_on,
):
    scene, ticket, issue = handed_on(reopen=ReopenRule(to_linked="open"))
    scene.support.set_status(ticket, StatusKind.CLOSED)
    scene.support.frozen.add(ticket)
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=5)
    scene.dev.says(issue, "late remark", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.dev, issue)
    scene.clock.advance(hours=2)
    follow_up = scene.support.follows_up(ticket, "It burns again.")
    scene.support.says(follow_up, "and it smells", Role.CUSTOMER)
    scene.news(scene.support, follow_up)
    scene.run(minutes=10)
    assert carried(scene.support, follow_up, "late remark") == 1
    assert carried(scene.dev, issue, "and it smells") == 1


def test_a_merge_into_a_ticket_that_cannot_be_read_holds_the_link(handed_on):
    scene, ticket, issue = handed_on()
    scene.clock.advance(minutes=1)
    scene.dev.merges(issue, "4711")
    scene.news(scene.dev, issue)
    (link,) = scene.view().links
    assert link.hold.reason == "ticket_gone"
    assert carried(scene.support, ticket, "can no longer be read") == 1
    scene.run(hours=1)
    assert carried(scene.support, ticket, "can no longer be read") == 1
