"""At any time an open escalation has exactly one owner, whatever people do and wherever a worker dies.

Random histories: targets are missed, agents escalate, give back, take and hand on, somebody moves the ticket in the helpdesk, the
helpdesk fails, webhooks are lost, and the worker is killed at any commit.
"""

import itertools
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge_helpers.teams import BUDI, HOUSE, RANI, SARI, at_team, notes, opened, person
from escalation_bridge.domain.case.escalations import Cause, ChangeKind
from escalation_bridge.domain.teams.directory import Discipline
from escalation_bridge.domain.tickets.tickets import Group, Role, StatusKind, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import Unavailable
from escalation_bridge.store.queue import claims

LINES = (
    "escalate payments cannot pay",
    "escalate first cannot pay",
    "escalate next cannot pay",
    "escalate engineering cannot pay",
    "escalate leads cannot pay",
    "deescalate a mistake",
    "ack",
    "owner sari",
    "owner budi",
    "snooze 2h",
    "away 3 days",
    "away off",
)
GROUPS = ("First", "Payments", "Leads", "Elsewhere")
HAPPENINGS = st.one_of(
    st.tuples(st.just("later"), st.sampled_from((5, 61, 3 * 60, 50 * 60))),
    st.tuples(st.just("command"), st.sampled_from(LINES)),
    st.tuples(st.just("move"), st.sampled_from(GROUPS)),
    st.tuples(st.just("take"), st.sampled_from((SARI, BUDI, RANI))),
    st.tuples(st.just("status"), st.sampled_from((StatusKind.OPEN, StatusKind.SOLVED))),
    st.tuples(st.just("fail"), st.sampled_from(("update_ticket", "add_comment", "fetch_ticket"))),
    st.tuples(st.just("kill"), st.integers(1, 12)),
)


class Killed(BaseException):
    """What no handler catches: the process is gone."""


class Killer:
    """Kills the worker at the commit that is chosen, once."""

    def __init__(self, scene):
        self.scene, self.left = scene, 0
        self.write = type(scene.bridge.database).write.__get__(scene.bridge.database)

    @contextmanager
    def __call__(self):
        with self.write() as transaction:
            yield transaction
            self.left -= 1
            if self.left == 0:
                raise Killed

    def run(self, monkeypatch, **later):
        self.scene.clock.advance(**later)
        with monkeypatch.context() as patched:
            patched.setattr(self.scene.bridge.database, "write", self)
            try:
                self.scene.worker.run_until_idle()
            except Killed:
                pass
            else:
                return
        with self.scene.bridge.database.write() as transaction:
            claims.drop_leases(transaction)
        self.scene.worker = Worker(self.scene.bridge)
        self.scene.worker.run_until_idle()


def happens(scene, killer, monkeypatch, ticket, what, value):
    desk = scene.support
    if what == "later":
        killer.run(monkeypatch, minutes=value)
        return
    scene.clock.advance(seconds=30)
    there = desk.tickets[ticket]
    if what == "command":
        desk.says(ticket, f"/bridge {value}", Role.AGENT, Visibility.PRIVATE, author=person(RANI))
    elif what == "move":
        desk.tickets[ticket] = replace(
            there, group=Group(value, value), assignee=None, updated_at=scene.clock()
        )
    elif what == "take":
        desk.tickets[ticket] = replace(there, assignee=person(value), updated_at=scene.clock())
    elif what == "status":
        desk.set_status(ticket, value)
    elif what == "fail":
        desk.faults[value] = [Unavailable("down", desk.at(value))]
    else:
        killer.left = value
    scene.hear(desk, ticket)
    killer.run(monkeypatch)


def check(scene, by_others):
    """Check the records; `by_others` counts how often somebody moved or took the ticket in the helpdesk."""
    view = scene.view()
    opened_ones = [each for each in view.escalations if each.is_open]
    assert len(opened_ones) <= 1
    assert [each.number for each in view.escalations] == list(range(1, len(view.escalations) + 1))
    for each in view.escalations:
        assert each.changes[0].what is ChangeKind.OPENED
        assert each.owner.team
        assert all(change.owner.team for change in each.changes)
        times = [change.at for change in each.changes]
        assert times == sorted(times)
        for before, after in itertools.pairwise(each.changes):
            handed_on = after.what is ChangeKind.HANDED_ON
            assert handed_on == (before.owner.team != after.owner.team)
        closed = [change for change in each.changes if change.what is ChangeKind.CLOSED]
        assert len(closed) == (0 if each.is_open else 1)
        assert not closed or each.changes[-1] is closed[0]
    changes = [change for each in view.escalations for change in each.changes]
    moved = (ChangeKind.HANDED_ON, ChangeKind.TAKEN)
    assert sum(c.cause is Cause.EXTERNAL and c.what in moved for c in changes) <= by_others
    return view


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(HAPPENINGS, min_size=2, max_size=12))
@example([("command", "escalate payments cannot pay"), ("command", "escalate first cannot pay")])
@example([("fail", "update_ticket"), ("command", "escalate payments cannot pay"), ("move", "First")])
@example([("kill", 4), ("command", "escalate payments cannot pay"), ("take", SARI)])
@example([("command", "escalate payments cannot pay"), ("move", "First")])
@example(
    [("command", "escalate payments cannot pay"), ("take", SARI), ("command", "escalate first cannot pay")]
)
@example(
    [
        ("fail", "update_ticket"),
        ("command", "escalate payments cannot pay"),
        ("command", "escalate leads it burns"),
    ]
)
def test_an_open_escalation_has_one_owner_and_the_ticket_is_with_it(make_fresh_house, monkeypatch, story):
    scene = make_fresh_house(replace(HOUSE, discipline=Discipline(most_transfers=4)))
    ticket = opened(scene)
    killer = Killer(scene)
    by_others = 0
    for what, value in story:
        by_others += what in ("move", "take")
        happens(scene, killer, monkeypatch, ticket, what, value)
        check(scene, by_others)
    killer.left = 0
    for _ in range(3):  # what failed is tried again, and what was lost is heard
        scene.hear(scene.support, ticket)
        killer.run(monkeypatch, minutes=10)
    view = check(scene, by_others)
    there = scene.support.tickets[ticket]
    for each in view.escalations:
        team = scene.bridge.rules.directory.teams.get(each.owner.team)
        place = team.place_at("support") if team is not None else None
        if each.is_open and place is not None and there.group is not None:
            assert place.holds(there) or there.group.name == "Elsewhere"
    told = Counter(note.body.text for note in notes(scene, ticket, "Escalated to"))
    moves = sum(
        change.what in (ChangeKind.OPENED, ChangeKind.HANDED_ON)
        for e in view.escalations
        for change in e.changes
    )
    assert sum(told.values()) <= moves
    assert all(count <= moves for count in told.values())


def test_a_worker_that_dies_between_escalation_and_assignment_loses_nothing(make_fresh_house, monkeypatch):
    """Killed at each commit in turn, the ticket is moved once, with one note."""
    ends = set()
    for at in range(1, 40):
        scene = make_fresh_house()
        ticket = opened(scene)
        at_team(scene, ticket, "First")
        killer = Killer(scene)
        killer.left = at
        killer.run(monkeypatch, minutes=61)
        scene.run(minutes=5)
        there = scene.support.tickets[ticket]
        ends.add((there.group.name, there.assignee.email, len(notes(scene, ticket, "Escalated to"))))
        assert len(scene.view().escalations) == 1
        if killer.left > 0:
            break
    else:
        raise AssertionError("the story has more commits than are tried")
    assert ends == {("Payments", "budi@example.com", 1)}
