"""Tickets that are there already, linked by a person: on helpdesks in memory, on both databases."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.links.by_hand import Ends
from escalation_bridge.domain.tickets.tickets import (
    Presence,
    Priority,
    Role,
    StatusKind,
    TicketRef,
    Visibility,
)
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets, unlink_tickets
from escalation_bridge.errors import NotReachable, Rejected
from escalation_bridge.store.cases import outbox, stored_links
from escalation_bridge.store.database.schema import case_tickets, cases, link_ends


@pytest.fixture
def quiet(make_scene, make_policy):
    """A bridge that promises nothing: no ladder is in the way."""
    return make_scene(policies=())


def two(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    issue = scene.dev.customer_writes("Printers burn", "All of them.")
    return ticket, issue


def link(scene, ticket, issue, **options):
    made = link_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering"), **options)
    scene.run()
    return made


def texts(plugin, ticket):
    return [(c.visibility, c.body.text) for c in plugin.comments.get(ticket, [])]


def test_two_tickets_are_linked_as_they_are(quiet):
    ticket, issue = two(quiet)
    quiet.support.set_status(ticket, StatusKind.OPEN)
    quiet.dev.set_status(issue, StatusKind.WAITING_CUSTOMER)
    quiet.support.says(ticket, "Any news?", Role.CUSTOMER)
    quiet.dev.says(issue, "Looking into it.", Role.AGENT, Visibility.PRIVATE)
    before = quiet.support.tickets[ticket].status, quiet.dev.tickets[issue].status
    made = link(quiet, ticket, issue, by="sari")
    assert (made.refusal, made.case_id) == (None, 1)
    assert quiet.support.writes == [("link_ticket", ticket)]
    assert quiet.dev.writes == [("link_ticket", issue)]
    assert (quiet.support.tickets[ticket].status, quiet.dev.tickets[issue].status) == before
    assert quiet.support.shown[ticket, TicketRef("dev", issue)].key == "DEV-1"
    assert quiet.dev.shown[issue, TicketRef("support", ticket)].key == "SUPPORT-1"
    assert "linked_by_hand" in quiet.timeline()
    for _ in range(3):
        quiet.news(quiet.support, ticket)
        quiet.news(quiet.dev, issue)
        quiet.run(hours=1)
    assert len(quiet.support.writes) == len(quiet.dev.writes) == 1


def test_from_then_on_they_are_kept_in_step(quiet):
    ticket, issue = two(quiet)
    link(quiet, ticket, issue)
    quiet.support.says(ticket, "Smoke!", Role.CUSTOMER)
    quiet.news(quiet.support, ticket)
    quiet.dev.says(issue, "Water is coming.", Role.AGENT)
    quiet.dev.set_status(issue, StatusKind.SOLVED)
    quiet.news(quiet.dev, issue)
    assert texts(quiet.dev, issue)[0][1].endswith("Smoke!")
    assert texts(quiet.support, ticket)[-1][1].endswith("Water is coming.")
    assert quiet.support.tickets[ticket].status.kind is StatusKind.OPEN


def test_what_was_said_before_goes_along_where_that_is_asked_for(quiet):
    ticket, issue = two(quiet)
    quiet.support.says(ticket, "First.", Role.CUSTOMER)
    quiet.support.says(ticket, "Between us.", Role.AGENT, Visibility.PRIVATE)
    quiet.dev.says(issue, "Old findings.", Role.AGENT)
    link(quiet, ticket, issue, with_history=True)
    assert [text.splitlines()[-1] for _, text in texts(quiet.dev, issue)][1:] == ["First."]
    assert [text.splitlines()[-1] for _, text in texts(quiet.support, ticket)][2:] == ["Old findings."]


def test_a_comment_of_the_same_instant_is_not_lost(quiet):
    """Vendors' clocks tell whole seconds: what is new is told by its id, not by its time."""
    ticket, issue = two(quiet)
    quiet.support.says(ticket, "Before.", Role.CUSTOMER)
    link_tickets(quiet.bridge, LinkRequest(ticket, issue, "engineering"))
    quiet.support.says(ticket, "After.", Role.CUSTOMER)
    quiet.run()
    assert [text.splitlines()[-1] for _, text in texts(quiet.dev, issue)] == ["After."]


def test_the_case_that_is_there_is_used_and_nothing_is_escalated_beside_it(scene):
    ticket, issue = two(scene)
    scene.news(scene.support, ticket)
    assert link(scene, ticket, issue).case_id == 1
    scene.run(minutes=61)
    assert len(scene.dev.tickets) == 1
    assert "already_escalated" in scene.timeline()


def test_a_solved_pair_makes_a_closed_case(quiet):
    ticket, issue = two(quiet)
    quiet.support.set_status(ticket, StatusKind.SOLVED)
    quiet.dev.set_status(issue, StatusKind.CLOSED)
    link(quiet, ticket, issue)
    assert quiet.view().state is CaseState.CLOSED
    assert [record.key for record in quiet.view().intents.values()] == [
        "show:by-hand:1:origin",
        "show:by-hand:1:linked:2",
    ]


@pytest.mark.parametrize("named", ["1", "SUPPORT-1", "support-1", "support:1", "support:SUPPORT-1"])
def test_a_ticket_is_named_by_id_or_key(quiet, named):
    two(quiet)
    assert link(quiet, named, "dev:DEV-1").ends == Ends(TicketRef("support", "1"), TicketRef("dev", "1"))


def test_refusals_change_nothing(quiet):
    ticket, issue = two(quiet)

    def refused(origin, linked, route="engineering"):
        result = link_tickets(quiet.bridge, LinkRequest(origin, linked, route))
        with quiet.bridge.database.read() as transaction:
            assert not transaction.execute(sa.select(cases)).all()
        return result.refusal, result.subject

    assert refused(ticket, issue, "nowhere") == (LinkRefusal.UNKNOWN_ROUTE, "nowhere")
    assert refused("dev:1", issue) == (LinkRefusal.OTHER_CONNECTION, "dev:1")
    assert refused("77", issue) == (LinkRefusal.NOT_FOUND, "77")
    gone = quiet.dev.tickets[issue]
    quiet.dev.tickets[issue] = replace(gone, presence=Presence.DELETED)
    assert refused(ticket, issue) == (LinkRefusal.GONE, issue)
    quiet.dev.faults["find_by_key"] = [NotReachable("no answer", quiet.dev.at("find_by_key"))]
    with pytest.raises(NotReachable):
        link_tickets(quiet.bridge, LinkRequest(ticket, issue, "engineering"))


def test_what_is_linked_is_not_linked_again(quiet):
    ticket, issue = two(quiet)
    link(quiet, ticket, issue)
    assert link(quiet, ticket, issue).refusal is LinkRefusal.ALREADY_LINKED
    assert len(quiet.view().links) == 1


def test_a_circle_over_two_cases_is_refused(make_scene, make_route):
    back = make_route(name="back", origin="dev", linked="support")
    scene = make_scene(policies=(), routes=(make_route(), back))
    ticket, issue = two(scene)
    link(scene, ticket, issue)
    again = link_tickets(scene.bridge, LinkRequest(issue, ticket, "back"))
    assert again.refusal is LinkRefusal.CIRCLE


def test_a_dry_run_says_the_same_and_writes_nothing(quiet):
    ticket, issue = two(quiet)
    ends = Ends(TicketRef("support", ticket), TicketRef("dev", issue))
    assert link(quiet, ticket, issue, dry_run=True).ends == ends
    assert link(quiet, ticket, issue, dry_run=True, planned=[ends]).refusal is LinkRefusal.ALREADY_LINKED
    with quiet.bridge.database.read() as transaction:
        assert not transaction.execute(sa.select(cases)).all()
    assert (quiet.support.writes, quiet.dev.writes) == ([], [])


# --- taking back --------------------------------------------------------------------------------------------------------


def test_a_link_that_is_taken_back_carries_nothing_more_and_both_say_so(quiet):
    ticket, issue = two(quiet)
    link(quiet, ticket, issue)
    undone = unlink_tickets(quiet.bridge, LinkRequest(ticket, issue, "engineering"), by="sari")
    assert undone.refusal is None
    quiet.run()
    assert quiet.view().links == ()
    for plugin, own, other in ((quiet.support, ticket, "DEV-1"), (quiet.dev, issue, "SUPPORT-1")):
        ((visibility, text),) = texts(plugin, own)
        assert visibility is Visibility.PRIVATE
        assert f"{other} are no longer linked (requested by sari)" in text
    quiet.support.says(ticket, "Hello?", Role.CUSTOMER)
    quiet.dev.set_status(issue, StatusKind.SOLVED)
    quiet.news(quiet.support, ticket)
    quiet.news(quiet.dev, issue)
    assert len(texts(quiet.dev, issue)) == 1
    assert quiet.support.tickets[ticket].status.kind is StatusKind.NEW
    assert "unlinked" in quiet.timeline()
    with quiet.bridge.database.read() as transaction:
        assert transaction.execute(sa.select(case_tickets.c.connection)).scalars().all() == ["support"]
        assert transaction.execute(sa.select(link_ends)).all() == []


def test_what_was_linked_once_can_be_linked_again(quiet):
    ticket, issue = two(quiet)
    link(quiet, ticket, issue)
    quiet.support.says(ticket, "One.", Role.CUSTOMER)
    quiet.news(quiet.support, ticket)
    unlink_tickets(quiet.bridge, LinkRequest(ticket, issue, "engineering"))
    quiet.run()
    quiet.support.says(ticket, "Two.", Role.CUSTOMER)
    assert link(quiet, ticket, issue).refusal is None
    assert [made.id for made in quiet.view().links] == ["by-hand:2"]
    quiet.support.says(ticket, "Three.", Role.CUSTOMER)
    quiet.news(quiet.support, ticket)
    said = [text.splitlines()[-1] for _, text in texts(quiet.dev, issue) if "no longer linked" not in text]
    assert said == ["One.", "Three."]
    assert quiet.dev.writes.count(("link_ticket", issue)) == 2


def test_what_is_not_linked_cannot_be_unlinked(quiet):
    ticket, issue = two(quiet)
    result = unlink_tickets(quiet.bridge, LinkRequest(ticket, issue, "engineering"))
    assert result.refusal is LinkRefusal.NOT_LINKED


def test_a_ticket_that_is_gone_is_unlinked_by_its_id(quiet):
    ticket, issue = two(quiet)
    link(quiet, ticket, issue)
    del quiet.dev.tickets[issue]
    quiet.news(quiet.dev, issue)
    assert quiet.view().links[0].hold is not None
    assert unlink_tickets(quiet.bridge, LinkRequest(ticket, issue, "engineering")).refusal is None
    quiet.run()
    assert quiet.view().links == ()


def test_a_link_that_was_made_by_an_escalation_can_be_taken_back(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.", Priority.NORMAL)
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    assert unlink_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering")).refusal is None
    scene.run()
    assert scene.view().links == ()


def test_a_worker_that_knew_the_link_does_not_bring_it_back(quiet):
    ticket, issue = two(quiet)
    link(quiet, ticket, issue)
    (known,) = quiet.view().links
    unlink_tickets(quiet.bridge, LinkRequest(ticket, issue, "engineering"))
    with quiet.bridge.database.write() as transaction:
        stored_links.update_link(transaction, 1, known)
    assert quiet.view().links == ()


def test_a_ticket_that_the_bridge_created_can_be_linked_on(make_scene, make_route):
    """Its case was forgotten when its webhook came first; a person's link keeps it."""
    back = make_route(name="back", origin="dev", linked="support")
    scene = make_scene(policies=(), routes=(make_route(), back))
    ticket, issue = two(scene)
    made = scene.dev.tickets[issue]
    scene.dev.tickets[issue] = replace(made, bridge_key="eb-ffffffffffffffffffff")
    link_tickets(scene.bridge, LinkRequest(issue, ticket, "back"))
    scene.run()
    assert len(scene.view().links) == 1
    assert scene.dev.writes == [("link_ticket", issue)]


@pytest.mark.parametrize("fault", [None, NotReachable, Rejected])
def test_what_is_under_way_while_a_link_is_taken_back_is_not_sent_any_more(scene, fault):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    issue = scene.dev.customer_writes("Printers burn", "All of them.")
    request = LinkRequest(ticket, issue, "engineering")
    assert link_tickets(scene.bridge, request).refusal is None
    scene.run(minutes=1)
    ordinary, taken_back = scene.dev._fail, []

    def unlink_first(operation):
        if operation == "add_comment" and not taken_back:
            taken_back.append(unlink_tickets(scene.bridge, request))
            if fault is not None:
                raise fault("just now", scene.dev.at(operation))
        ordinary(operation)

    scene.dev._fail = unlink_first
    for words in ("the first", "the second"):
        scene.clock.advance(seconds=1)
        scene.support.says(ticket, words, Role.CUSTOMER)
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=10)
    with scene.bridge.database.write() as transaction:
        outbox.retry_failed(transaction, 1)
    scene.wake()
    scene.run(minutes=30)
    assert [one.refusal for one in taken_back] == [None]
    texts = "".join(comment.body.text for comment in scene.dev.comments[issue])
    assert ("the first" in texts) is (fault is None), "it was at the vendor already"
    assert "the second" not in texts
