"""Which tickets may be linked, and that there is never more than one way down from one ticket to another."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.case.cases import Link
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.links.by_hand import (
    Ends,
    next_link_id,
    plan_link,
    refuse_link,
    unlink,
)
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Presence, Role, TicketRef, Visibility

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def pair(make_world):
    """Two tickets as they are, the route between them, and the world that they are from."""
    world = make_world()
    linked = world.ticket(world.linked, Role.AGENT, None)
    return world, {Side.ORIGIN: world.tickets[world.origin], Side.LINKED: linked}


def plan(pair, known=(), excluded=None):
    world, tickets = pair
    return plan_link(world.route(), tickets, known, "by-hand:1", NOW, excluded or {})


def test_both_count_as_in_step_as_they_are(pair):
    link = plan(pair, excluded={Side.ORIGIN: ("a",), Side.LINKED: ("b", "c")})
    assert isinstance(link, Link)
    assert (link.origin, link.linked) == (pair[0].origin, pair[0].linked)
    assert link.statuses == {Side.ORIGIN: "new", Side.LINKED: "new"}
    assert (link.excluded, link.excluded_linked, link.since, link.by_hand) == (("a",), ("b", "c"), NOW, True)


def test_what_cannot_be_linked_is_refused_with_the_reason(pair):
    world, tickets = pair
    origin, linked = tickets[Side.ORIGIN], tickets[Side.LINKED]
    elsewhere = replace(linked, ref=TicketRef("shop", "24"))
    assert refuse_link(world.route(), origin, elsewhere, ()) is LinkRefusal.OTHER_CONNECTION
    assert refuse_link(world.route(), linked, origin, ()) is LinkRefusal.OTHER_CONNECTION
    assert refuse_link(world.route(linked="support"), origin, origin, ()) is LinkRefusal.SAME_TICKET
    for presence in (Presence.DELETED, Presence.MERGED, Presence.SPAM):
        gone = replace(linked, presence=presence)
        assert refuse_link(world.route(), origin, gone, ()) is LinkRefusal.GONE
    there = Ends(origin.ref, linked.ref)
    assert plan(pair, [there]) is LinkRefusal.ALREADY_LINKED
    assert plan(pair, [Ends(linked.ref, origin.ref)]) is LinkRefusal.CIRCLE
    third = TicketRef("shop", "1")
    assert plan(pair, [Ends(linked.ref, third), Ends(third, origin.ref)]) is LinkRefusal.CIRCLE
    assert plan(pair, [Ends(origin.ref, third), Ends(third, linked.ref)]) is LinkRefusal.SECOND_WAY
    assert plan(pair, [Ends(third, origin.ref), Ends(third, linked.ref)]) is LinkRefusal.SECOND_WAY
    assert plan(pair, [Ends(origin.ref, third), Ends(linked.ref, third)]) is LinkRefusal.SECOND_WAY


def test_several_customers_and_several_issues_may_meet(pair):
    world, tickets = pair
    other_customer, other_issue = TicketRef("support", "2"), TicketRef("dev", "25")
    known = [
        Ends(other_customer, world.linked),
        Ends(world.origin, other_issue),
        Ends(other_customer, other_issue),
    ]
    assert isinstance(plan((world, tickets), known), Link)


def ways(start, known):
    """From where to where one can go down, with repetition: as many entries as there are ways."""
    for ends in known:
        if ends.origin == start:
            yield ends.linked
            yield from ways(ends.linked, known)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=25))
def test_whatever_is_linked_there_is_one_way_at_most(make_world, wishes):
    world = make_world()
    route = world.route(linked="support")
    tickets = [world.ticket(TicketRef("support", str(n)), Role.CUSTOMER, None) for n in range(6)]
    known: list[Ends] = []
    for origin, linked in wishes:
        refusal = refuse_link(route, tickets[origin], tickets[linked], known)
        if refusal is None:
            known.append(Ends(tickets[origin].ref, tickets[linked].ref))
        else:  # and it was right to be refused
            with_it = [*known, Ends(tickets[origin].ref, tickets[linked].ref)]
            assert (
                origin == linked
                or with_it[-1] in known
                or tickets[origin].ref in [tickets[linked].ref, *ways(tickets[linked].ref, known)]
                or any(len(reached := list(ways(one.ref, with_it))) > len(set(reached)) for one in tickets)
            )
        for ticket in tickets:
            reached = list(ways(ticket.ref, known))
            assert ticket.ref not in reached
            assert len(reached) == len(set(reached))


# --- taking back --------------------------------------------------------------------------------------------------------


def test_what_is_on_its_way_over_a_link_is_not_sent_any_more(make_world):
    world = make_world().escalate()
    world.later(minutes=1)
    world.says(world.origin, Role.CUSTOMER, "Any news?")
    world.read()
    world.record(world.decide())
    (waiting,) = [key for key, record in world.writes.items() if record.state.outstanding]
    part = unlink(world.view, world.link, "sari", world.now)
    assert part.withdrawn == (waiting,)
    assert [link.ended for link in part.links] == [world.now]
    notes = {keyed.intent.ticket: keyed.intent for keyed in part.intents}
    assert notes.keys() == {world.origin, world.linked}
    assert all(isinstance(n, WriteComment) and n.visibility is Visibility.PRIVATE for n in notes.values())


def test_a_ticket_that_is_gone_is_told_nothing(make_world):
    world = make_world().escalate()
    world.view = replace(world.view, gone={world.linked: "deleted"})
    part = unlink(world.view, world.link, "", world.now)
    assert [keyed.intent.ticket for keyed in part.intents] == [world.origin]


def test_an_id_is_never_given_twice(make_world):
    world = make_world().escalate()
    assert next_link_id(None) == next_link_id(world.view) == "by-hand:1"
    record = next(iter(world.writes.values()))
    keys = ("show:by-hand:7:origin", "unlinked:by-hand:12:linked", "comment:by-hand:3:support:1:by-hand:x")
    kept = dict.fromkeys(keys, record)
    view = replace(world.view, intents=kept)
    assert next_link_id(view) == "by-hand:13"
