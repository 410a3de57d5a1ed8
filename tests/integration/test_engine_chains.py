"""Chains over three systems: what is said and done goes on, once, and nothing comes back."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility, WrittenComment
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets, unlink_tickets
from escalation_bridge.errors import OutcomeUnknown
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.cases import case_lists
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
EVERYTHING = CommentRule(Take.ALL, PRIVATE)


@dataclass
class Chain:
    """A customer's ticket, an issue, and a part of it at a third system."""

    scene: object
    ops: MemoryHelpdesk
    ticket: str
    issue: str
    part: str

    @property
    def places(self):
        return {
            "support": (self.scene.support, self.ticket),
            "dev": (self.scene.dev, self.issue),
            "ops": (self.ops, self.part),
        }

    def says(self, place, text, visibility=PUBLIC):
        self.scene.clock.advance(seconds=1)
        plugin, ticket = self.places[place]
        return plugin.says(ticket, text, Role.AGENT, visibility)

    def hear(self):
        for plugin, ticket in self.places.values():
            self.scene.hear(plugin, ticket)
        self.scene.run(seconds=30)

    def heard(self, place):
        plugin, ticket = self.places[place]
        return [said.body.text for said in plugin.comments.get(ticket, [])]

    def status(self, place):
        plugin, ticket = self.places[place]
        return plugin.tickets[ticket].status.kind

    def sets(self, place, kind):
        self.scene.clock.advance(seconds=1)
        plugin, ticket = self.places[place]
        plugin.set_status(ticket, kind)

    @property
    def writes(self):
        return [write for plugin, _ in self.places.values() for write in plugin.writes]


@pytest.fixture
def make_chain(make_fresh_scene, make_route):
    """Both links are in one case; or, if the issue was a case of its own before, in two."""

    def make(*, two_cases=False):
        routes = (
            make_route(comments_to_linked=EVERYTHING),
            make_route(name="on", origin="dev", linked="ops", comments_to_linked=EVERYTHING),
        )
        scene = make_fresh_scene(policies=(), routes=routes)
        ops = MemoryHelpdesk(Connection("ops", MemorySettings(plugin="memory"), scene.clock))
        scene.bridge.helpdesks["ops"] = Helpdesk("ops", ops)
        chain = Chain(
            scene,
            ops,
            scene.support.customer_writes("Printer on fire", "It burns."),
            scene.dev.customer_writes("Printers burn", "All of them."),
            ops.customer_writes("Wiring", "Too thin."),
        )
        if two_cases:
            scene.news(scene.dev, chain.issue)
        for request in (
            LinkRequest(chain.ticket, chain.issue, "engineering"),
            LinkRequest(chain.issue, chain.part, "on"),
        ):
            assert link_tickets(scene.bridge, request).refusal is None
        chain.hear()
        return chain

    return make


@pytest.fixture(params=[False, True], ids=["one case", "two cases"])
def chain(request, make_chain):
    return make_chain(two_cases=request.param)


def cases(chain):
    with chain.scene.bridge.database.read() as transaction:
        return case_lists.count_cases(transaction)


def test_a_chain_is_one_case_or_several(make_chain):
    assert cases(make_chain()) == 1
    assert cases(make_chain(two_cases=True)) == 2


def test_what_is_said_goes_down_to_the_end_with_its_author(chain):
    chain.says("support", "It still burns.")
    chain.hear()
    (at_dev,), (at_ops,) = chain.heard("dev"), chain.heard("ops")
    assert at_dev == at_ops
    assert at_ops.startswith("Agent in Memory SUPPORT-1, ")
    assert at_ops.endswith("It still burns.")
    assert chain.heard("support") == ["It still burns."]


def test_and_up_to_the_customers_ticket_and_no_further(chain):
    chain.says("ops", "Wires are on their way.")
    chain.hear()
    (at_dev,), (at_support,) = chain.heard("dev"), chain.heard("support")
    assert at_support == at_dev
    assert at_support.startswith("Agent in Memory OPS-1, ")
    assert chain.heard("ops") == ["Wires are on their way."]
    assert [said.visibility for said in chain.scene.support.comments[chain.ticket]] == [PRIVATE]


def test_from_the_middle_it_goes_both_ways(chain):
    chain.says("dev", "We see it.")
    chain.hear()
    assert [text.endswith("We see it.") for text in chain.heard("support") + chain.heard("ops")] == [True] * 2


def test_what_a_later_route_does_not_take_ends_there(make_route, make_chain):
    """What was carried over as an internal note is one: a route that takes what is public leaves it."""
    chain = make_chain()
    chain.scene.bridge.rules.routes["on"] = make_route(name="on", origin="dev", linked="ops")
    chain.says("support", "It still burns.")
    chain.hear()
    assert len(chain.heard("dev")) == 1
    assert chain.heard("ops") == []


def test_statuses_go_link_by_link(chain):
    chain.sets("ops", StatusKind.WAITING_CUSTOMER)
    chain.hear()
    chain.hear()
    assert [chain.status(place) for place in ("dev", "support")] == [StatusKind.WAITING_CUSTOMER] * 2
    chain.sets("support", StatusKind.SOLVED)
    chain.hear()
    chain.hear()
    assert [chain.status(place) for place in ("dev", "ops")] == [StatusKind.CLOSED] * 2


def test_an_edit_goes_all_the_way_and_so_does_taking_back(chain):
    said = chain.says("support", "It burnz.")
    chain.hear()
    chain.scene.support.edits(chain.ticket, said, "It burns.")
    for _ in range(3):
        chain.hear()
    assert [text.splitlines()[-1] for text in chain.heard("dev") + chain.heard("ops")] == ["It burns."] * 2
    chain.scene.support.takes_back(chain.ticket, said)
    for _ in range(4):
        chain.hear()
    assert chain.heard("dev") == chain.heard("ops") == []


def test_other_customers_of_the_issue_hear_what_comes_up_and_not_each_other(chain):
    other = chain.scene.support.customer_writes("Another printer", "It smokes.")
    assert link_tickets(chain.scene.bridge, LinkRequest(other, chain.issue, "engineering")).refusal is None
    chain.scene.run()
    chain.says("ops", "Wires are on their way.")
    chain.says("support", "SECRET of the first customer")
    chain.scene.support.says(other, "SECRET of the second customer", Role.CUSTOMER)
    for _ in range(2):
        chain.scene.hear(chain.scene.support, other)
        chain.hear()
    heard = [said.body.text for said in chain.scene.support.comments[other]]
    assert sum("Wires are on their way." in text for text in heard) == 1
    assert not any("first customer" in text for text in heard)
    assert not any("second customer" in text for text in chain.heard("support"))
    assert sum("first customer" in text for text in chain.heard("ops")) == 1
    assert sum("second customer" in text for text in chain.heard("ops")) == 1


def test_no_circle_is_closed(chain, make_route):
    chain.scene.bridge.rules.routes["back"] = make_route(name="back", origin="ops", linked="support")
    result = link_tickets(chain.scene.bridge, LinkRequest(chain.part, chain.ticket, "back"))
    assert result.refusal is LinkRefusal.CIRCLE
    chain.scene.bridge.rules.routes["short"] = make_route(name="short", origin="support", linked="ops")
    result = link_tickets(chain.scene.bridge, LinkRequest(chain.ticket, chain.part, "short"))
    assert result.refusal is LinkRefusal.SECOND_WAY


def test_when_the_middle_is_unlinked_nothing_goes_on(chain):
    assert unlink_tickets(chain.scene.bridge, LinkRequest(chain.issue, chain.part, "on")).refusal is None
    chain.scene.run()
    chain.says("support", "It still burns.")
    chain.hear()
    assert len([text for text in chain.heard("ops") if "still burns" in text]) == 0
    assert len([text for text in chain.heard("dev") if "still burns" in text]) == 1


PLACES = st.sampled_from(["support", "dev", "ops"])
KINDS = st.sampled_from(
    [StatusKind.OPEN, StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY, StatusKind.SOLVED]
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("says"), PLACES, st.sampled_from([PUBLIC, PRIVATE])),
        st.tuples(st.just("sets"), PLACES, KINDS),
        st.tuples(st.just("hear"), PLACES, st.integers(1, 2)),
        st.tuples(st.just("lose"), PLACES, st.none()),
    ),
    max_size=12,
)


calm = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@settings(calm, max_examples=8)  # the nightly run plays more
@given(acts=ACTS, two_cases=st.booleans())
def test_whatever_happens_it_comes_to_rest_and_everything_is_there_once(make_chain, acts, two_cases):
    play_chains(make_chain, acts, two_cases)


@pytest.mark.nightly
@settings(calm, max_examples=250)
@given(acts=ACTS, two_cases=st.booleans())
def test_whatever_happens_it_comes_to_rest_and_everything_is_there_once_each_night(
    make_chain, acts, two_cases
):
    play_chains(make_chain, acts, two_cases)


def play_chains(make_chain, acts, two_cases):
    with capture_logs():
        chain, said = make_chain(two_cases=two_cases), []
        for act, place, what in acts:
            plugin, ticket = chain.places[place]
            if act == "says":
                said.append(f"WORDS-{len(said)};")
                chain.says(place, said[-1], what)
            elif act == "sets":
                chain.sets(place, what)
            elif act == "lose":
                plugin.faults["after_add_comment"] = [OutcomeUnknown("no answer", plugin.at("add_comment"))]
            else:
                for _ in range(what):
                    chain.scene.hear(plugin, ticket)
                chain.scene.run(seconds=1)
        for plugin, _ in chain.places.values():
            plugin.faults.clear()
        for _ in range(6):
            chain.hear()
            chain.scene.run(hours=1)
        for words in said:
            for place in chain.places:
                assert sum(words in text for text in chain.heard(place)) == 1, f"{words} at {place}"
        writes = chain.writes
        chain.hear()
        chain.scene.run(hours=1)
        assert chain.writes == writes, "it is not quiet"


# --- lost webhooks --------------------------------------------------------------------------------------------------------

TURNS = st.lists(
    st.tuples(st.sampled_from([StatusKind.OPEN, StatusKind.SOLVED]), st.booleans()), min_size=1, max_size=6
)


@settings(calm, max_examples=8)
@given(turns=TURNS, end=st.sampled_from(["support", "ops"]), two_cases=st.booleans())
def test_whichever_webhooks_are_lost_the_chain_ends_the_same(make_chain, turns, end, two_cases):
    """One end changes; a status that was overwritten before anybody heard of it never was."""
    last = len(turns) - 1
    told = [(kind, True) for number, (kind, heard) in enumerate(turns) if heard or number == last]
    with capture_logs():
        expected = play_turns(make_chain(two_cases=two_cases), end, told)
        assert play_turns(make_chain(two_cases=two_cases), end, turns) == expected


def play_turns(chain, end, turns):
    for kind, heard in turns:
        chain.sets(end, kind)
        if heard:
            chain.scene.news(*chain.places[end])
            chain.scene.run(minutes=1)
    for _ in range(4):
        chain.hear()
        chain.scene.run(minutes=10)
    return [chain.status(place) for place in chain.places]


class ShowsItsTicket:
    """A vendor whose answer to a comment shows the ticket, too."""

    def __init__(self, plugin):
        self.plugin = plugin

    @hookimpl(wrapper=True)
    def add_comment(self, ticket_id):
        written = yield
        return WrittenComment(written, self.plugin.tickets[ticket_id])


def test_what_is_carried_goes_on_where_the_answer_to_it_shows_the_ticket(chain):
    chain.scene.bridge.helpdesks["dev"].extend(ShowsItsTicket(chain.scene.dev), "shows_its_ticket")
    chain.says("support", "It still burns.")
    chain.scene.news(*chain.places["support"])
    chain.scene.run(minutes=1)
    (at_ops,) = chain.heard("ops")
    assert at_ops.endswith("It still burns.")
