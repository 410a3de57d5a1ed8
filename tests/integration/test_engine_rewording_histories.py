"""Random histories of comments through the real engine: said, edited, taken back, hidden and shown on both sides, with faults.

When it is quiet the newest words have arrived, as a comment or in a note; nothing is there twice; and at no time was anything public that
was not so at its source, or whose way is not public.
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.domain.case.part import NOTHING
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.tickets.tickets import Role, Visibility
from escalation_bridge.errors import Circumstances, NotReachable, OutcomeUnknown, RateLimited, Rejected
from escalation_bridge.plugin.hooks import hookimpl

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
OPERATIONS = [f"{when}{what}_comment" for when in ("", "after_") for what in ("add", "edit", "delete")]
PASSING = (NotReachable, OutcomeUnknown, RateLimited)

sides = st.sampled_from(["support", "dev"])
which = st.integers(0, 3)
says = st.tuples(st.just("says"), sides, st.booleans())
happenings = st.one_of(
    says,
    says,
    st.tuples(st.just("edits"), sides, which),
    st.tuples(st.just("takes_back"), sides, which),
    st.tuples(st.just("hides"), sides, which),
    st.tuples(st.just("shows"), sides, which),
    st.tuples(st.just("hear"), sides, st.just(1)),
    st.tuples(st.just("work"), st.sampled_from([0, 6, 40]), st.just(None)),
    st.tuples(st.just("fault"), sides, st.tuples(st.sampled_from(OPERATIONS), st.sampled_from(PASSING))),
)
histories = st.lists(happenings, min_size=4, max_size=18)
rules = st.builds(CommentRule, st.sampled_from([Take.PUBLIC, Take.ALL]), st.sampled_from(Visibility))


class Watches:
    """Sees all that is written at a helpdesk, with what is public at the source at that moment."""

    def __init__(self, history, name, *, refuses):
        self._history = history
        self._name = name
        self._refuses = refuses

    def _look(self, comment):
        if comment.visibility is PUBLIC:
            self._history.written_publicly.append((self._name, comment.body.text))

    @hookimpl(wrapper=True)
    def add_comment(self, comment):
        self._look(comment)
        return (yield)

    @hookimpl(wrapper=True)
    def edit_comment(self, comment):
        self._look(comment)
        if self._refuses:
            raise Rejected("no", Circumstances(self._name, "edit_comment", 400))
        return (yield)

    @hookimpl(wrapper=True)
    def delete_comment(self):
        if self._refuses:
            raise Rejected("no", Circumstances(self._name, "delete_comment", 400))
        return (yield)


class History:
    """A linked pair, and what happens to the comments on both sides."""

    def __init__(self, make_fresh_scene, make_route, to_linked, to_origin, *, refuses):
        route = make_route(comments_to_linked=to_linked, comments_to_origin=to_origin, tell_customer=False)
        self.rules = {"support": to_linked, "dev": to_origin}
        self.scene = scene = make_fresh_scene(routes=(route,))
        ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        scene.news(scene.support, ticket)
        scene.run(minutes=61)
        self.tickets = {"support": ticket, "dev": next(iter(scene.dev.tickets))}
        self.written_publicly = []
        self.count = 0
        for name in self.tickets:
            scene.bridge.helpdesks[name].extend(Watches(self, name, refuses=refuses), "watches")
        self.refuses = refuses

    def said(self, name):
        """What people said on a side and is still there."""
        comments = getattr(self.scene, name).comments.get(self.tickets[name], [])
        return [comment for comment in comments if comment.marker is None]

    def written(self, name):
        """What the bridge wrote on a side."""
        comments = getattr(self.scene, name).comments.get(self.tickets[name], [])
        return [comment for comment in comments if comment.marker is not None]

    def happen(self, kind, side, what):
        scene = self.scene
        scene.clock.advance(seconds=1)
        if kind == "work":
            scene.clock.advance(seconds=side)
            scene.worker.run_until_idle()
            return
        plugin, ticket, said = getattr(scene, side), self.tickets[side], self.said(side)
        if kind == "hear":
            scene.hear(plugin, ticket)
        elif kind == "fault":
            operation, error = what
            plugin.faults.setdefault(operation, []).append(error("no", plugin.at(operation)))
        elif kind == "says":
            self.count += 1
            plugin.says(ticket, f"<{self.count}> version 0", Role.AGENT, PUBLIC if what else PRIVATE)
        elif len(said) > what:
            self._change(kind, plugin, ticket, said[what])

    def _change(self, kind, plugin, ticket, comment):
        if kind == "edits":
            self.count += 1
            plugin.edits(ticket, comment.id, f"{tag(comment)} version {self.count}")
        elif kind == "takes_back":
            plugin.takes_back(ticket, comment.id)
        else:
            visibility = PRIVATE if kind == "hides" else PUBLIC
            plugin.comments[ticket] = [
                replace(c, visibility=visibility) if c.id == comment.id else c
                for c in plugin.comments[ticket]
            ]
            plugin.tickets[ticket] = replace(plugin.tickets[ticket], updated_at=self.scene.clock())

    def calm_down(self):
        for plugin in (self.scene.support, self.scene.dev):
            plugin.faults.clear()
        for _ in range(4):
            for name, ticket in self.tickets.items():
                self.scene.hear(getattr(self.scene, name), ticket)
            self.scene.run(minutes=6)

    def check(self):
        assert not any(record.state.outstanding for record in self.scene.view().intents.values())
        unseen = "comments_unseen" in self.scene.timeline()
        for here, there in (("support", "dev"), ("dev", "support")):
            rule = self.rules[here]
            for name, text in self.written_publicly:
                assert name != there or rule.write is PUBLIC, f"nothing may be public there: {text}"
            here_now = {tag(comment): comment for comment in self.said(here)}
            copies = [copy for copy in self.written(there) if "<" in copy.body.text]
            for mark, comment in here_now.items():
                self._arrived(mark, comment, rule, [copy for copy in copies if mark in copy.body.text])
            for copy in copies:
                self._may_stand(copy, here_now, unseen=unseen)

    def _arrived(self, mark, comment, rule, copies):
        carried = [copy for copy in copies if "edited a comment in" not in copy.body.text]
        assert len(carried) <= 1, f"{mark} is there {len(carried)} times"
        if rule.take is Take.ALL or comment.visibility is PUBLIC:
            assert any(comment.body.text in copy.body.text for copy in copies), f"{comment.body.text} is lost"
            newest = [copy for copy in copies if comment.body.text in copy.body.text]
            assert len(newest) == 1 or self.refuses

    def _may_stand(self, copy, here_now, *, unseen):
        """What the bridge wrote is there with a right to it: the original is there too, and as public."""
        original = here_now.get(tag(copy))
        excused = self.refuses or unseen
        assert original is not None or excused, f"taken back, and there: {copy.body.text}"
        if copy.visibility is PUBLIC and original is not None and original.visibility is PRIVATE:
            assert self.refuses, f"hidden, and there: {copy.body.text}"
            alarms = [
                w for name in self.tickets for w in self.written(name) if "Customers can read" in w.body.text
            ]
            assert alarms, "nobody was told of what customers can read"


def tag(comment):
    """The mark that stays in a comment whatever is edited."""
    text = comment.body.text
    return text[text.index("<") : text.index(">") + 1]


@pytest.fixture
def database_kind():
    return "sqlite"


def play(make_fresh_scene, make_route, story, to_linked, to_origin, *, refuses):
    with capture_logs():
        history = History(make_fresh_scene, make_route, to_linked, to_origin, refuses=refuses)
        for happening in story:
            history.happen(*happening)
        history.calm_down()
        history.check()
        writes = [list(history.scene.support.writes), list(history.scene.dev.writes)]
        history.calm_down()
        assert [history.scene.support.writes, history.scene.dev.writes] == writes, "something echoes"


calm = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(histories, rules, rules, st.booleans())
@settings(calm, max_examples=15)
def test_when_it_is_quiet_the_newest_words_are_there(
    make_fresh_scene, make_route, story, to_linked, to_origin, refuses
):
    play(make_fresh_scene, make_route, story, to_linked, to_origin, refuses=refuses)


@given(histories, st.sampled_from([Take.PUBLIC, Take.ALL]), st.booleans())
@settings(calm, max_examples=10)
def test_a_private_way_shows_nothing_to_customers_whatever_happens(
    make_fresh_scene, make_route, story, take, refuses
):
    private = CommentRule(take, PRIVATE)
    play(make_fresh_scene, make_route, story, private, private, refuses=refuses)


# --- tests of the test: what is broken on purpose is caught -------------------------------------------------------------

SAID = ("says", "dev", True)
WORKED = [("hear", "dev", 1), ("work", 6, None)]
BROKEN = {
    "the rule alone says who reads it": (
        "escalation_bridge.domain.sync.comments.carry_over.visible_as",
        lambda _, rule: rule.write,
        [("says", "dev", False)],
        "is lost",  # for it is not sent: that is looked at twice
    ),
    "what is hidden stays": (
        "escalation_bridge.domain.sync.comments.edits._Follower._is_hidden",
        lambda *_: False,
        [SAID, *WORKED, ("hides", "dev", 0)],
        "hidden, and there",
    ),
    "what was taken back stays": (
        "escalation_bridge.domain.sync.comments.edits._Follower._is_gone",
        lambda *_: False,
        [SAID, *WORKED, SAID, *WORKED, ("takes_back", "dev", 0)],
        "taken back, and there",
    ),
    "edits are not followed": (
        "escalation_bridge.domain.sync.comments.edits._Follower._edit",
        lambda *_: NOTHING,
        [SAID, *WORKED, ("edits", "dev", 0)],
        "is lost",
    ),
    "the bridge takes its own words for somebody's": (
        "escalation_bridge.engine.gather.gather.who_spoke",
        lambda comment, *_: comment.author.role,
        [SAID, ("fault", "support", ("after_add_comment", OutcomeUnknown)), *WORKED, ("hear", "support", 1)],
        "taken back, and there",
    ),
}


@pytest.mark.parametrize(("place", "instead", "story", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_caught(monkeypatch, make_fresh_scene, make_route, place, instead, story, told):
    to_linked, to_origin = CommentRule(Take.ALL, PRIVATE), CommentRule(Take.ALL, PUBLIC)
    play(make_fresh_scene, make_route, story, to_linked, to_origin, refuses=False)
    monkeypatch.setattr(place, instead)
    with pytest.raises(AssertionError, match=told):
        play(make_fresh_scene, make_route, story, to_linked, to_origin, refuses=False)


@pytest.mark.nightly
@given(histories, rules, rules, st.booleans())
@settings(calm, max_examples=1000)
def test_when_it_is_quiet_the_newest_words_are_there_a_thousand_times(
    make_fresh_scene, make_route, story, to_linked, to_origin, refuses
):
    play(make_fresh_scene, make_route, story, to_linked, to_origin, refuses=refuses)
