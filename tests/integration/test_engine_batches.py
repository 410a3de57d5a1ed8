"""Cases that are worked on together do not stand in each other's way, and a step fires on what is true at that moment."""

from datetime import timedelta

import pytest

from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.tickets.tickets import Priority, Role
from escalation_bridge.engine import case_rounds
from escalation_bridge.engine.routing import route_deliveries
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.cases import case_file
from escalation_bridge.store.queue import claims

LEASE = timedelta(minutes=3)
NOTE = Step("note", Metric.FIRST_RESPONSE, 100, 0, (LeaveNote("sla_warning"),))


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """On a busy machine a round takes longer than decisions wait for each other; then there would be no batches here."""
    monkeypatch.setattr(case_rounds, "RECORD_SECONDS", 3600.0)


def fired(scene, case):
    return [(step.step, step.outcome.value) for step in scene.view(case).fired]


@pytest.fixture
def pair(scene):
    """Two cases whose steps are due at the same time."""
    tickets = [scene.support.customer_writes(name, "It burns.") for name in "AB"]
    for ticket in tickets:
        scene.hear(scene.support, ticket)
    scene.run()
    return tickets


def save_unless(monkeypatch, refused):
    """Let decisions be refused by the store; returns what was tried."""
    save, tried = case_file.save_decisions, []

    def save_decisions(transaction, decided, *rest):
        tried.append([view.id for view, _ in decided])
        error = refused(tried)
        if error is not None:
            raise error
        save(transaction, decided, *rest)

    monkeypatch.setattr(case_file, "save_decisions", save_decisions)
    return tried


@pytest.mark.parametrize("minutes", [49, 61])
def test_one_that_cannot_be_recorded_puts_off_itself_alone(scene, pair, monkeypatch, minutes):
    tried = save_unless(monkeypatch, lambda tried: RuntimeError("no") if 1 in tried[-1] else None)
    scene.run(minutes=minutes)
    assert fired(scene, 1) == []
    assert ("warn", "fired") in fired(scene, 2)
    assert sum(1 in ids for ids in tried) <= 2
    assert wakes_of(scene)[1][1] == "after trouble"


def test_while_the_store_cannot_be_written_the_batch_waits(scene, pair, monkeypatch):
    tried = save_unless(monkeypatch, lambda tried: StoreUnavailable("busy") if len(tried) == 1 else None)
    scene.run(minutes=49)
    assert len(tried) == 1
    scene.run(seconds=31)
    assert ("warn", "fired") in fired(scene, 1)
    assert ("warn", "fired") in fired(scene, 2)


def test_one_that_cannot_be_given_back_does_not_keep_the_others(scene, pair, monkeypatch):
    release = case_rounds.release_cases

    def release_cases(transaction, releases):
        if any(one.claim.case_id == 1 for one in releases):
            raise RuntimeError("no")
        release(transaction, releases)

    monkeypatch.setattr(case_rounds, "release_cases", release_cases)
    scene.wake(1)
    scene.wake(2)
    scene.run()
    owners = {case: owner for case, (owner, _) in wakes_of(scene).items()}
    assert owners[1] is not None
    assert owners[2] is None


def wakes_of(scene):
    with scene.bridge.database.read() as transaction:
        rows = transaction.exec_driver_sql("select id, lease_owner, wake_reason from cases").all()
    return {case: (owner, reason) for case, owner, reason in rows}


class SlowNeighbour:
    """The second ticket that is read takes two minutes, in which the first is answered."""

    def __init__(self, scene, tickets):
        self.scene, self.tickets, self.read = scene, tickets, []

    @hookimpl(wrapper=True)
    def fetch_ticket(self, ticket_id):
        ticket = yield
        self.read.append(ticket_id)
        if len(self.read) == 2:
            self.scene.clock.advance(minutes=2)
            self.scene.support.says(self.read[0], "Here is the answer.", Role.AGENT)
        return ticket


def test_what_was_answered_while_another_ticket_was_read_does_not_fire(scene, pair):
    scene.bridge.helpdesks["support"].extend(SlowNeighbour(scene, pair), "slow")
    scene.run(minutes=49)
    assert sorted([fired(scene, 1), fired(scene, 2)]) == [[], [("warn", "fired")]]
    assert sum(codes.count("step_cancelled") for codes in (scene.timeline(1), scene.timeline(2))) == 1


def test_a_cancelled_step_is_told_also_where_another_one_escalates(make_scene, make_policy):
    targets = Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 3600})
    escalate = Step("resolve", Metric.RESOLUTION, 100, 0, (Escalate("engineering"),))
    scene = make_scene((make_policy(targets=targets, ladder=(NOTE, escalate)),))
    ticket = scene.support.customer_writes("A", "It burns.")
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=59, seconds=50)
    scene.support.says(ticket, "Here is the answer.", Role.AGENT)
    scene.run(seconds=15)
    assert fired(scene, 1) == [("resolve", "fired")]
    assert scene.timeline(1).count("step_cancelled") == 1


def test_two_workers_together_keep_the_hourly_cap(make_scene, make_policy, monkeypatch):
    scene = make_scene((make_policy(hourly_cap=1, ladder=(NOTE,)),))
    for name in "AB":
        scene.hear(scene.support, scene.support.customer_writes(name, "It burns."))
    scene.run()
    scene.clock.advance(minutes=60, seconds=1)
    with scene.bridge.database.write() as transaction:
        first, second = (
            claims.claim_cases(transaction, owner, scene.clock(), LEASE, at_most=1)
            for owner in ("one", "two")
        )
    capped, meanwhile, free = case_rounds.capped, [second], []

    def capped_then_another_fires(*arguments):
        found = capped(*arguments)
        if meanwhile:  # the first worker has seen a free cap, and has recorded nothing yet
            free.append(found is None)
            case_rounds.work_on(scene.bridge, meanwhile.pop(), LEASE, lambda: False)
        return found

    monkeypatch.setattr(case_rounds, "capped", capped_then_another_fires)
    case_rounds.work_on(scene.bridge, first, LEASE, lambda: False)
    assert free == [True]
    assert sorted([fired(scene, 1), fired(scene, 2)]) == [[], [("note", "fired")]]


def test_a_case_that_was_woken_after_its_decision_is_decided_again_before_a_step_fires(
    make_scene, make_policy, monkeypatch
):
    """The very answer may have arrived that stops the clock."""
    scene = make_scene((make_policy(hourly_cap=1, ladder=(NOTE,)),))
    ticket = scene.support.customer_writes("A", "It burns.")
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=60, seconds=1)
    with scene.bridge.database.write() as transaction:
        first = claims.claim_cases(transaction, "one", scene.clock(), LEASE, at_most=1)
    capped, answers = case_rounds.capped, []

    def capped_then_answered(*arguments):
        found = capped(*arguments)
        if not answers:
            answers.append(scene.support.says(ticket, "Here is the answer.", Role.AGENT))
            scene.hear(scene.support, ticket)
            route_deliveries(scene.bridge)
        return found

    monkeypatch.setattr(case_rounds, "capped", capped_then_answered)
    case_rounds.work_on(scene.bridge, first, LEASE, lambda: False)
    scene.run()
    assert fired(scene, 1) == []


def test_a_worker_that_lost_its_case_records_nothing_of_what_it_decided(make_scene, make_policy):
    scene = make_scene((make_policy(ladder=()),))
    scene.news(scene.support, scene.support.customer_writes("A", "It burns."))
    scene.clock.advance(minutes=61)
    with scene.bridge.database.write() as transaction:
        slow = claims.claim_cases(transaction, "slow", scene.clock(), LEASE, at_most=1)
    scene.clock.advance(minutes=4)
    with scene.bridge.database.write() as transaction:
        other = claims.claim_cases(transaction, "other", scene.clock(), LEASE, at_most=1)
    case_rounds.work_on(scene.bridge, slow, LEASE, lambda: False)
    assert "clock_breached" not in scene.timeline()
    case_rounds.work_on(scene.bridge, other, LEASE, lambda: False)
    assert scene.timeline().count("clock_breached") == 1


def test_what_another_target_put_back_and_had_to_wait_for_its_turn_is_not_missed(make_scene, make_policy):
    targets = Targets(
        default={Metric.RESOLUTION: 30 * 86400}, by_priority={Metric.RESOLUTION: {Priority.URGENT: 3600}}
    )
    step = Step("resolve", Metric.RESOLUTION, 100, 0, (LeaveNote("sla_warning"),))
    scene = make_scene((make_policy(hourly_cap=1, targets=targets, ladder=(step,)),))
    tickets = [scene.support.customer_writes(name, "It burns.") for name in "AB"]
    for ticket in tickets:
        scene.hear(scene.support, ticket)
    scene.run()
    scene.clock.advance(days=3)
    for ticket in tickets:
        scene.support.set_priority(ticket, Priority.URGENT)
        scene.hear(scene.support, ticket)
    scene.run()
    assert sorted([fired(scene, 1), fired(scene, 2)]) == [[], [("resolve", "fired")]]
    scene.run(hours=1, seconds=2)
    assert [fired(scene, 1), fired(scene, 2)] == [[("resolve", "fired")]] * 2
