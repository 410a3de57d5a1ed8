"""Two bridges between the same helpdesks, each with a database of its own and knowing nothing of the other."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk

EVERYTHING = CommentRule(Take.ALL, Visibility.PRIVATE)


class Pair:
    """Both bridges hear of everything, and work until nothing is left to do."""

    def __init__(self, first, second_database, make_scene_type, *, promises=True):
        self.first = first
        second = Bridge(
            id="fedcba9876543210",
            database=second_database,
            helpdesks={n: Helpdesk(n, getattr(first, n)) for n in ("support", "dev")},
            extensions=Extensions({}),
            rules=first.bridge.rules if promises else Rules((), first.bridge.rules.routes),
            language="id",
            now=first.clock,
        )
        self.second = make_scene_type(second, first.clock, first.support, first.dev)
        self.support, self.dev, self.clock = first.support, first.dev, first.clock

    def round(self):
        for scene in (self.first, self.second):
            for plugin in (self.support, self.dev):
                for ticket in list(plugin.tickets):
                    scene.hear(plugin, ticket)
            scene.worker.run_until_idle()
        self.clock.advance(seconds=15)

    def settle(self, rounds=12):
        """Until a whole round brings no write; it must come to that."""
        for _ in range(rounds):
            before = self.writes()
            self.round()
            self.round()
            if self.writes() == before:
                return
        raise AssertionError(f"they do not come to rest: {self.writes()[-6:]}")

    def writes(self):
        return [*self.support.writes, *self.dev.writes]

    def copies(self, plugin, ticket, words):
        return sum(words in c.body.text and c.marker is not None for c in plugin.comments.get(ticket, []))


@pytest.fixture
def database_kind():
    return "sqlite"


@pytest.fixture
def make_pair(make_fresh_scene, make_database, make_route, make_policy):
    """Both bridges know the same pair of tickets: the first one made it, the second one was told of it."""

    def make(**route):
        scene = make_fresh_scene(policies=(make_policy(),), routes=(make_route(**route),))
        pair = Pair(scene, make_database(), type(scene), promises=False)
        ticket = pair.support.customer_writes("Printer on fire", "It burns.")
        scene.news(pair.support, ticket)
        scene.run(minutes=61)
        issue = next(iter(pair.dev.tickets))
        linked = link_tickets(pair.second.bridge, LinkRequest(ticket, issue, "engineering"))
        assert linked.refusal is None
        pair.settle()
        return pair, ticket, issue

    return make


def test_what_is_said_is_not_passed_back_and_forth(make_pair):
    pair, ticket, issue = make_pair(comments_to_linked=EVERYTHING, comments_to_origin=EVERYTHING)
    before = len(pair.writes())
    pair.support.says(ticket, "Which firmware?", Role.CUSTOMER)
    pair.dev.says(issue, "Version seven.", Role.AGENT, Visibility.PRIVATE)
    pair.settle()
    assert pair.copies(pair.dev, issue, "Which firmware?") == 2, "once by each bridge"
    assert pair.copies(pair.support, ticket, "Version seven.") == 2
    assert pair.copies(pair.support, ticket, "Which firmware?") == 0, "it came back"
    assert pair.copies(pair.dev, issue, "Version seven.") == 0
    comments = [write for write in pair.writes()[0:] if write[0] == "add_comment"]
    assert len(pair.writes()) - before == 4, comments


def test_edits_of_one_bridge_are_no_edits_to_the_other(make_pair):
    pair, ticket, issue = make_pair(comments_to_linked=EVERYTHING, comments_to_origin=EVERYTHING)
    said = pair.dev.says(issue, "Version seven.", Role.AGENT, Visibility.PRIVATE)
    kept = pair.dev.says(issue, "Look here.", Role.AGENT, Visibility.PRIVATE)
    pair.settle()
    before = len(pair.writes())
    pair.dev.edits(issue, said, "Version eight.")
    pair.settle()
    assert pair.copies(pair.support, ticket, "Version eight.") == 2
    assert len(pair.writes()) - before == 2
    pair.dev.takes_back(issue, kept)
    pair.settle()
    assert pair.copies(pair.support, ticket, "Look here.") == 0
    assert len(pair.writes()) - before == 4


def test_statuses_come_to_rest(make_pair):
    pair, ticket, issue = make_pair()
    for kind in (StatusKind.SOLVED, StatusKind.OPEN, StatusKind.WAITING_CUSTOMER, StatusKind.SOLVED):
        before = len(pair.writes())
        pair.dev.set_status(issue, kind)
        pair.settle()
        # The one that comes first writes it, the other one finds it there; each shows it to the agents.
        written = pair.writes()[before:]
        assert sum(operation == "update_ticket" for operation, _ in written) <= 1
        assert len(written) <= 6
    assert pair.support.tickets[ticket].status.kind is StatusKind.OPEN


def test_each_with_an_issue_of_its_own(make_scene, make_database, make_route):
    """Both promise something about the same ticket, so both hand it on; neither carries over what the other one wrote."""
    scene = make_scene(routes=(make_route(comments_to_linked=EVERYTHING, tell_customer=False),))
    second = make_database()
    pair = Pair(scene, second, type(scene))
    ticket = pair.support.customer_writes("Printer on fire", "It burns.")
    pair.round()
    pair.clock.advance(minutes=61)
    pair.settle()
    assert len(pair.dev.tickets) == 2
    for issue in pair.dev.tickets:
        pair.dev.says(issue, f"Said in {issue}", Role.AGENT, Visibility.PRIVATE)
    pair.support.says(ticket, "Which firmware?", Role.CUSTOMER)
    pair.settle()
    for issue in pair.dev.tickets:
        assert pair.copies(pair.support, ticket, f"Said in {issue}") == 1
        assert pair.copies(pair.dev, issue, "Which firmware?") == 1
        assert pair.copies(pair.dev, issue, "Said in") == 0
    with second.read() as transaction:
        assert transaction.exec_driver_sql("select count(*) from cases").scalar() == 1


sides = st.sampled_from(["support", "dev"])
KINDS = [StatusKind.OPEN, StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY, StatusKind.SOLVED]
happenings = st.one_of(
    st.tuples(st.just("says"), sides, st.just(None)),
    st.tuples(st.just("edits"), sides, st.integers(0, 3)),
    st.tuples(st.just("takes_back"), sides, st.integers(0, 3)),
    st.tuples(st.just("status"), sides, st.sampled_from(KINDS)),
    st.tuples(st.just("work"), st.sampled_from(["first", "second"]), st.just(None)),
)


@given(st.lists(happenings, min_size=2, max_size=10), st.sampled_from([Side.ORIGIN, Side.LINKED]))
@settings(
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_happens_both_come_to_rest(make_pair, story, owner):
    with capture_logs():
        pair, ticket, issue = make_pair(
            comments_to_linked=EVERYTHING, comments_to_origin=EVERYTHING, owner=owner
        )
        tickets = {"support": ticket, "dev": issue}
        before, changes = len(pair.writes()), 0
        for number, (kind, side, what) in enumerate(story):
            pair.clock.advance(seconds=1)
            if kind == "work":
                scene = getattr(pair, side)
                for name, id_ in tickets.items():
                    scene.hear(getattr(pair, name), id_)
                scene.worker.run_until_idle()
                continue
            plugin, id_ = getattr(pair, side), tickets[side]
            said = [c for c in plugin.comments.get(id_, []) if c.marker is None]
            changes += 1
            if kind == "says":
                plugin.says(id_, f"Words {number}.", Role.AGENT, Visibility.PRIVATE)
            elif kind == "status":
                plugin.set_status(id_, what)
            elif len(said) > what:
                happen = plugin.edits if kind == "edits" else plugin.takes_back
                happen(id_, said[what].id, *([f"Edited {number}."] if kind == "edits" else []))
        pair.settle()
        # Each bridge writes a change once on the other side, shows it on both, and may have to say that it holds the link.
        assert len(pair.writes()) - before <= 2 * 6 * max(changes, 1)
        for name, other in (("support", "dev"), ("dev", "support")):
            plugin, far = getattr(pair, name), getattr(pair, other)
            for comment in plugin.comments.get(tickets[name], []):
                if comment.marker is None:
                    assert pair.copies(far, tickets[other], comment.body.text) == 2
