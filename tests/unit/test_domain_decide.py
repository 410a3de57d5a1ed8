"""The one decision: pure, final, silent about secrets, and at peace in the end; over random histories."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.priority import RaisePriority
from escalation_bridge.domain.routes.routes import CommentRule, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.tickets.tickets import Priority, Role, Visibility

SECRET = "TOP-SECRET"
PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
KINDS = ("new", "open", "waiting_customer", "waiting_third_party", "solved", "closed")
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

sides = st.sampled_from(["origin", "linked"])
statuses = st.sampled_from([*KINDS, "odd", "wont-do"])
speakers = st.sampled_from([Role.CUSTOMER, Role.AGENT, Role.BOT, Role.SYSTEM, Role.UNKNOWN])
happenings = st.one_of(
    st.tuples(st.just("says"), sides, speakers, st.booleans(), st.integers(0, 120)),
    st.tuples(st.just("status"), sides, statuses),
    st.tuples(st.just("priority"), st.sampled_from(Priority)),
    st.tuples(st.just("later"), st.integers(0, 600)),
    st.tuples(st.just("read"), sides),
    st.tuples(st.just("look"), st.lists(st.sampled_from(["done", "later", "lost"]), max_size=6)),
)
stories = st.lists(happenings, max_size=25)
takes = st.sampled_from([Take.NONE, Take.PUBLIC, Take.ALL])
owners = st.sampled_from([None, Side.ORIGIN, Side.LINKED])


def make_policy(world_type):
    up = (Escalate("engineering"),)
    return world_type.policy(
        targets=Targets(
            by_priority={Metric.RESOLUTION: {Priority.URGENT: 3600}},
            default={
                Metric.FIRST_RESPONSE: 3600,
                Metric.NEXT_RESPONSE: 1800,
                Metric.RESOLUTION: 8 * 3600,
                Metric.UPDATE: 4 * 3600,
            },
        ),
        ladder=(
            Step("warn", Metric.FIRST_RESPONSE, 80, 0, (LeaveNote("sla_warning"), RaisePriority())),
            Step("up", Metric.FIRST_RESPONSE, 100, 0, up),
            Step("next", Metric.NEXT_RESPONSE, 100, 0, (LeaveNote("sla_breached"), *up)),
            Step("late", Metric.RESOLUTION, 100, -1800, up),
        ),
    )


class Checked:
    """A world in which every decision is held to what must hold of all of them."""

    def __init__(self, world):
        self.world = world

    def look(self):
        """Decide and record; the decision is checked before and after."""
        world = self.world
        decision = world.decide()
        assert world.decide() == decision, "the same view, another answer"
        view, route = world.view, world.rules.routes["engineering"]
        assert not {keyed.key for keyed in decision.intents} & set(view.intents)
        assert len({link.id for link in decision.links}) == len(decision.links)
        assert decision.next_wake is None or decision.next_wake > world.now
        links = {link.id: link for link in view.links}
        for keyed in decision.intents:
            self._is_discreet(keyed.intent, route)
            if isinstance(keyed.intent, ChangeTicket) and keyed.key.startswith("status:"):
                settles = keyed.intent.settles
                shown = view.tickets[links[settles.link].ticket(settles.source)].status
                wish = route.status_map(settles.source).wish(shown)
                assert not isinstance(wish, Keep | Unmapped)
                assert keyed.intent.change.status == wish
        world.record(decision)
        again = world.decide()
        assert (again.clocks, again.state) == (decision.clocks, decision.state)
        assert (again.fired, again.withdrawn) == ((), ())
        if not any(key.startswith("show:") and key.endswith(":origin") for key in keys(decision)):
            # What follows a new link is decided in two looks: first both sides are shown to each other.
            assert (again.intents, again.links, again.timeline) == ((), (), ())

    @staticmethod
    def _is_discreet(intent, route):
        """Nothing private becomes public, whatever the route says; a description quotes only what customers saw."""
        match intent:
            case CreateTicket(description=message):
                assert SECRET not in str(message)
                assert SECRET not in intent.summary
            case WriteComment(visibility=visibility, message=message):
                assert message.visibility is visibility
                assert visibility is not PUBLIC or SECRET not in str(message)
                if visibility is PUBLIC and intent.source is not None:
                    side = Side.LINKED if intent.ticket.connection == "support" else Side.ORIGIN
                    assert route.comment_rule(side).write is PUBLIC

    def happen(self, kind, *what):
        world = self.world
        ref = getattr(world, what[0]) if what and what[0] in ("origin", "linked") else None
        if ref is not None and ref not in world.tickets:
            return
        match kind:
            case "says":
                _, by, public, minutes_ago = what
                at = max(world.now - timedelta(minutes=minutes_ago), world.view.opened_at)
                text = "Words" if public else SECRET
                world.says(ref, by, text, PUBLIC if public else PRIVATE, at=at)
            case "status":
                world.set(ref, what[1])
            case "priority":
                world.set(world.origin, priority=what[0])
            case "later":
                world.later(minutes=what[0])
            case "read":
                world.read(ref)
            case "look":
                self.look()
                fates = iter(what[0])
                world.deliver(lambda _: next(fates, "done"))

    def settle(self):
        """Until nothing is left to do: it must come to an end."""
        for _ in range(30):
            self.world.read()
            self.look()
            if not self.world.deliver():
                return
        raise AssertionError("it never comes to rest")


def keys(decision):
    return [keyed.key for keyed in decision.intents]


def whatever_happens(make_world, story, owner, to_linked, to_origin):
    route = make_world.route(owner=owner, comments_to_linked=to_linked, comments_to_origin=to_origin)
    world = make_world(policies=(make_policy(make_world),), routes=(route,))
    checked = Checked(world)
    world.read()
    for happening in story:
        checked.happen(*happening)
    checked.settle()
    writes = dict(world.writes)
    checked.settle()
    assert world.writes == writes, "it goes on writing when nothing happens"
    frozen = world.decide().frozen  # steps of a clock that is paused, or whose due has moved ahead
    assert not any(record.state.outstanding for key, record in writes.items() if key not in frozen)
    for link in world.view.links:
        shown = {side: world.tickets[link.ticket(side)].status.id for side in Side}
        assert link.hold is not None or dict(link.statuses) == shown
    every_comment_is_passed_once(world)


def every_comment_is_passed_once(world):
    passed = [
        (record.intent.ticket, record.intent.source)
        for record in world.writes.values()
        if isinstance(record.intent, WriteComment) and record.intent.source is not None
    ]
    assert len(set(passed)) == len(passed)
    own = {(c.ticket, c.id) for c in world.comments if c.marker is not None}
    assert not own & {source for _, source in passed}, "an echo"
    for link in world.view.links:
        route = world.rules.routes[link.route]
        for side in Side:
            if route.comment_rule(side).take is Take.NONE:
                continue
            due = {
                (link.ticket(side.other), (c.ticket, c.id))
                for c in world.comments
                if c.ticket == link.ticket(side)
                and c.marker is None
                and c.visibility is PUBLIC
                and c.author.role is not Role.SYSTEM
                and not (side is Side.ORIGIN and c.id in link.excluded)
            }
            assert due <= set(passed)


arguments = given(
    stories,
    owners,
    st.builds(CommentRule, takes, st.sampled_from(Visibility)),
    st.builds(CommentRule, takes, st.sampled_from(Visibility)),
)


@arguments
@settings(patient, max_examples=200)
def test_whatever_happens(make_world, story, owner, to_linked, to_origin):
    whatever_happens(make_world, story, owner, to_linked, to_origin)


@pytest.mark.nightly
@arguments
@settings(patient, max_examples=10_000)
def test_whatever_happens_ten_thousand_times(make_world, story, owner, to_linked, to_origin):
    whatever_happens(make_world, story, owner, to_linked, to_origin)


@given(stories, st.randoms(use_true_random=False))
@settings(patient, max_examples=200)
def test_reads_may_lie_anywhere(make_world, story, chance):
    """Lost and late webhooks: once everything is read the same clocks are known, however the reads lay."""
    worlds = [make_world(policies=(make_policy(make_world),), routes=()) for _ in range(2)]
    for world in worlds:
        checked = Checked(world)
        world.read()
        for kind, *what in story:
            if kind in ("read", "look"):
                if chance.random() < 0.5:
                    world.read(world.origin)
            elif kind != "status":  # of a status only the vendor's watermark is known, not when it came about
                checked.happen(kind, *what)
        world.read()
        world.view = replace(world.view, clocks=world.decide().clocks)
    assert worlds[0].view.clocks == worlds[1].view.clocks
    assert worlds[0].view.comments == worlds[1].view.comments


def test_a_case_that_was_never_read_decides_nothing(make_world):
    world = make_world()
    decision = world.decide()
    assert (decision.intents, decision.fired, decision.timeline, decision.next_wake) == ((), (), (), None)


def test_a_route_that_was_taken_away_leaves_its_link_alone(make_world):
    world = make_world().escalate()
    world.rules = replace(world.rules, routes={}, policies=())
    world.set(world.linked, "solved")
    world.says(world.linked, Role.AGENT, "Done.")
    before = dict(world.writes)
    world.work()
    assert world.writes == before


@pytest.mark.parametrize(
    ("origin", "linked", "state"),
    [
        ("open", "open", "open"),
        ("solved", "open", "open"),
        ("solved", "closed", "closed"),
        ("closed", "open", "closed"),
    ],
)
def test_a_case_is_closed_when_both_sides_are_done_or_the_origin_for_good(make_world, origin, linked, state):
    keep = StatusMap(dict.fromkeys(KINDS, Keep.KEEP))
    world = make_world(routes=(make_world.route(to_linked=keep, to_origin=keep),)).escalate()
    world.later(minutes=1)
    world.set(world.origin, origin)
    world.set(world.linked, linked)
    world.work()
    assert world.view.state == state
    assert ("case_closed" in world.codes) == (state == "closed")


def test_a_case_whose_last_writes_were_withdrawn_is_closed(make_world):
    world = make_world()
    world.work()
    world.later(minutes=61)
    world.read()
    world.record(world.decide())
    world.set(world.origin, "solved")
    world.read()
    world.record(world.decide())
    assert {record.state for record in world.writes.values()} == {IntentState.CANCELLED}
    assert world.view.state == "closed"


def test_a_decision_does_not_depend_on_what_was_asked_before(make_world):
    one, two = make_world().escalate(), make_world().escalate()
    for minutes in range(0, 600, 7):
        decide(one.view, one.rules, one.now + timedelta(minutes=minutes))
    assert one.decide() == two.decide()
