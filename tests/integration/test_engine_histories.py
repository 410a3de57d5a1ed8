"""Random histories through the real engine: edits on both sides, webhooks lost, doubled and late, faults, workers killed.

When things are quiet the two sides agree or the link is held, every comment has been passed once, nothing echoes and nothing
private shows on a public side.
"""

from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.domain.routes.routes import StatusMap
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import ConcurrentChange, NotReachable, OutcomeUnknown, RateLimited, Unavailable
from escalation_bridge.store.queue import claims

SECRET = "TOP-SECRET"
KINDS = [kind for kind in StatusKind if kind is not StatusKind.UNKNOWN]
PASSING = (NotReachable, OutcomeUnknown, RateLimited, Unavailable, ConcurrentChange)
OPERATIONS = (
    "create_ticket",
    "after_create_ticket",
    "add_comment",
    "after_add_comment",
    "update_ticket",
    "after_update_ticket",
    "fetch_ticket",
    "link_ticket",
)

sides = st.sampled_from(["support", "dev"])
happenings = st.one_of(
    st.tuples(st.just("says"), sides, st.sampled_from([Role.CUSTOMER, Role.AGENT]), st.booleans()),
    st.tuples(st.just("status"), sides, st.sampled_from(KINDS)),
    st.tuples(st.just("hear"), sides, st.integers(1, 3)),
    st.tuples(st.just("work"), st.sampled_from([0, 1, 30, 300])),
    st.tuples(st.just("fault"), sides, st.sampled_from(OPERATIONS), st.sampled_from(PASSING)),
    st.tuples(st.just("kill"), st.integers(1, 12)),
)
histories = st.lists(happenings, min_size=3, max_size=14)
owners = st.sampled_from([None, Side.ORIGIN, Side.LINKED])


class Killed(BaseException):
    """What no handler catches: the process is gone."""


class History:
    """A story on an empty database, in which the worker may be killed at its next commits."""

    def __init__(self, make_fresh_scene, make_route, owner):
        unmapped = {"waiting_third_party": "waiting_third_party", "solved": "open", "new": Keep.KEEP}
        route = make_route(
            owner=owner, to_origin=StatusMap({**unmapped, "open": Keep.KEEP, "closed": Keep.KEEP})
        )
        self.scene = make_fresh_scene(routes=(route,))
        self.database = self.scene.bridge.database
        self.killed_in = 0
        self.ticket = self.scene.support.customer_writes("Printer on fire", "It burns.")

    @contextmanager
    def mortal(self):
        """Within this, a commit may be the worker's last."""
        real = self.database.write

        @contextmanager
        def write():
            with real() as transaction:
                yield transaction
                if self.killed_in:
                    self.killed_in -= 1
                    if not self.killed_in:
                        raise Killed

        self.database.write = write
        try:
            yield
        finally:
            del self.database.write

    def work(self):
        try:
            with self.mortal():
                self.scene.worker.run_until_idle()
        except Killed:
            with self.database.write() as transaction:
                claims.drop_leases(transaction)
            self.scene.worker = Worker(self.scene.bridge)
            self.work()

    def ticket_of(self, plugin):
        return self.ticket if plugin is self.scene.support else next(iter(plugin.tickets), None)

    def happen(self, kind, *what):
        self.scene.clock.advance(seconds=1)
        if kind == "work":
            self.scene.clock.advance(minutes=what[0])
            self.work()
            return
        if kind == "kill":
            self.killed_in = what[0]
            return
        plugin = getattr(self.scene, what[0])
        ticket = self.ticket_of(plugin)
        if ticket is None:
            return
        match kind:
            case "says":
                visibility = Visibility.PUBLIC if what[2] else Visibility.PRIVATE
                said = len(plugin.comments.get(ticket, []))
                text = f"{what[0]} {said} {'' if what[2] else SECRET}"
                plugin.says(ticket, text, what[1], visibility)
            case "status":
                plugin.set_status(ticket, what[1])
            case "hear":
                for _ in range(what[1]):
                    self.scene.hear(plugin, ticket)
            case "fault":
                plugin.faults.setdefault(what[1], []).append(what[2]("no", plugin.at(what[1])))

    def calm_down(self):
        """No more faults; every ticket is heard of once more, as reconciliation would, and time passes."""
        self.killed_in = 0
        for plugin in (self.scene.support, self.scene.dev):
            plugin.faults.clear()
        for _ in range(4):
            for plugin in (self.scene.support, self.scene.dev):
                if (ticket := self.ticket_of(plugin)) is not None:
                    self.scene.hear(plugin, ticket)
            self.work()
            self.scene.clock.advance(minutes=6)
            self.work()

    def check(self):
        scene = self.scene
        view = scene.view()
        assert not any(record.state.outstanding for record in view.intents.values())
        assert "failed" not in {str(record.state) for record in view.intents.values()}
        assert len(scene.dev.tickets) <= 1
        for plugin in (scene.support, scene.dev):
            for comments in plugin.comments.values():
                for comment in comments:
                    bridge = comment.author.id == "bridge"
                    assert not (
                        bridge and comment.visibility is Visibility.PUBLIC and SECRET in comment.body.text
                    )
            for ticket in plugin.tickets.values():
                assert SECRET not in ticket.description.text
        for link in view.links:
            shown = {
                Side.ORIGIN: scene.support.tickets[self.ticket].status.id,
                Side.LINKED: scene.dev.tickets[link.linked.id].status.id,
            }
            assert link.hold is not None or dict(link.statuses) == shown
            self._every_comment_once(scene, link)

    def nothing_echoes(self):
        """Webhooks about nothing new bring no writes; only a step that falls due meanwhile may."""
        writes = [list(plugin.writes) for plugin in (self.scene.support, self.scene.dev)]
        fired = self.scene.timeline().count("step_fired")
        self.calm_down()
        if self.scene.timeline().count("step_fired") == fired:
            assert [self.scene.support.writes, self.scene.dev.writes] == writes

    def _every_comment_once(self, scene, link):
        here, there = scene.support.comments.get(self.ticket, []), scene.dev.comments.get(link.linked.id, [])
        carried = [*there, *here]
        description = scene.dev.tickets[link.linked.id].description.text
        for comments, target, all_of_them in ((here, there, False), (there, here, True)):
            for comment in comments:
                if comment.author.id == "bridge":
                    continue
                copies = [
                    c for c in target if c.author.id == "bridge" and comment.body.text.strip() in c.body.text
                ]
                expected = all_of_them or comment.visibility is Visibility.PUBLIC
                in_description = comments is here and comment.body.text.strip() in description
                assert len(copies) + in_description == int(expected), comment.body.text
        assert len({c.marker for c in carried if c.marker}) == sum(c.marker is not None for c in carried)


@pytest.fixture
def database_kind():
    return "sqlite"


def play(make_fresh_scene, make_route, story, owner):
    with capture_logs():
        history = History(make_fresh_scene, make_route, owner)
        history.scene.hear(history.scene.support, history.ticket)
        history.work()
        for happening in story:
            history.happen(*happening)
        history.calm_down()
        history.check()
        history.nothing_echoes()


calm = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(histories, owners)
@settings(calm, max_examples=15)
def test_when_it_is_quiet_both_sides_agree(make_fresh_scene, make_route, story, owner):
    play(make_fresh_scene, make_route, story, owner)


@pytest.mark.nightly
@given(histories, owners)
@settings(calm, max_examples=1000)
def test_when_it_is_quiet_both_sides_agree_a_thousand_times(make_fresh_scene, make_route, story, owner):
    play(make_fresh_scene, make_route, story, owner)
