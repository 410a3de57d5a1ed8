"""Which rules a case is under, and how many steps are carried out at once."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.config.rules import rules_kept
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.policy import Metric, Policy, Step, Targets
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Role, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.store.cases import case_file
from escalation_bridge.store.rules.versions import cases_under_other, keep_version, newest_version, put_under


def promises(target, at="due"):
    ladder = [{"id": "it", "metric": "first_response", "at": at, "do": [{"note": "sla_breached"}]}]
    policy = {"name": "all", "targets": {"default": {"first_response": target}}, "ladder": ladder}
    return {"policies": [policy], "contracts": [], "calendars": {}}


def configure(scene, document):
    """What starting the bridge with another configuration does."""
    with scene.bridge.database.write() as transaction:
        version = keep_version(transaction, json.dumps(document, sort_keys=True), scene.clock())
    rules = rules_kept(document, scene.bridge.rules)
    scene.bridge = replace(scene.bridge, rules=rules, rules_version=version)
    scene.worker = Worker(scene.bridge)
    return version


def targets(scene, case_id):
    return [clock.target_seconds for clock in scene.view(case_id).clocks]


def test_a_case_keeps_the_rules_it_was_opened_under(scene):
    first = configure(scene, promises("1h"))
    scene.news(scene.support, scene.support.customer_writes("Old", "It burns."))
    second = configure(scene, promises("2h"))
    assert (first, second) == (1, 2)
    scene.news(scene.support, scene.support.customer_writes("New", "It burns too."))
    for case_id in (1, 2):
        scene.wake(case_id)
    scene.run(minutes=61)
    assert targets(scene, 1) == [3600]
    assert targets(scene, 2) == [7200]
    assert "step_fired" in scene.timeline(1)
    assert "step_fired" not in scene.timeline(2)


def test_the_same_configuration_is_the_same_version(scene):
    assert configure(scene, promises("1h")) == configure(scene, promises("1h")) == 1
    assert configure(scene, promises("2h")) == 2
    assert configure(scene, promises("1h")) == 3, "what comes back is in force since now"


def test_a_reprocessed_case_is_under_the_newest_rules(scene):
    configure(scene, promises("1h"))
    scene.news(scene.support, scene.support.customer_writes("Old", "It burns."))
    newest = configure(scene, promises("2h"))
    with scene.bridge.database.write() as transaction:
        assert cases_under_other(transaction, newest) == [1]
        assert newest_version(transaction).id == newest
        put_under(transaction, 1, newest)
    scene.wake()
    scene.run(minutes=61)
    assert targets(scene, 1) == [7200]
    assert "retargeted" in scene.timeline(1)


def many(scene, count):
    for number in range(count):
        scene.hear(scene.support, scene.support.customer_writes(f"Ticket {number}", "It burns."))
    scene.run()


def fired(scene, count):
    return sum(bool(scene.view(case_id).fired) for case_id in range(1, count + 1))


NOTE = (Step("it", Metric.FIRST_RESPONSE, 100, 0, (LeaveNote("sla_breached"),)),)


def test_a_policy_carries_out_no_more_steps_an_hour_than_it_may(make_scene, policy_of):
    scene = make_scene(policies=(policy_of(ladder=NOTE, hourly_cap=3),))
    many(scene, 7)
    scene.run(minutes=60)
    assert fired(scene, 7) == 3
    assert [scene.timeline(case).count("capped") for case in range(1, 8)].count(1) == 4
    scene.run(minutes=59)
    assert fired(scene, 7) == 3
    scene.run(minutes=2)
    assert fired(scene, 7) == 6
    scene.run(minutes=61)
    assert fired(scene, 7) == 7


def test_after_a_standstill_steps_are_made_up_for_bit_by_bit(make_scene, policy_of):
    scene = make_scene(policies=(policy_of(ladder=NOTE),))
    scene.bridge = replace(scene.bridge, catch_up_per_minute=2)
    scene.worker = Worker(scene.bridge)
    many(scene, 5)
    scene.run(hours=9)
    assert fired(scene, 5) == 2
    for seen in (4, 5):
        scene.run(minutes=1, seconds=1)
        assert fired(scene, 5) == seen


def test_who_answered_before_its_turn_is_left_alone(make_scene, policy_of):
    scene = make_scene(policies=(policy_of(ladder=NOTE, hourly_cap=1),))
    many(scene, 2)
    scene.run(minutes=60)
    waiting = next(str(case) for case in (1, 2) if not scene.view(case).fired)
    scene.clock.advance(minutes=5)
    scene.support.says(waiting, "We are on it.", Role.AGENT)
    scene.run(hours=2)
    assert fired(scene, 2) == 1
    assert len([write for write in scene.support.writes if write == ("add_comment", waiting)]) == 0


def test_a_note_waits_for_its_time_in_the_store(scene):
    """`not_before` survives as the time of the next attempt."""
    scene.news(scene.support, scene.support.customer_writes("Printer on fire", "It burns."))
    view = scene.view()
    later = scene.clock() + timedelta(hours=3)
    facts = {
        "metric": "first_response", "cycle": "1", "policy": "all", "target_seconds": "1", "left_seconds": "0",
        "late_seconds": "0", "steps": "1",
    }  # fmt: skip
    note = WriteComment(view.origin, Visibility.PRIVATE, MessageRequest("sla_breached", facts))
    with scene.bridge.database.write() as transaction:
        decided = [KeyedIntent("test", note, not_before=later)]
        case_file.save_intents(
            transaction, [(view.id, each) for each in decided], scene.bridge.id, scene.clock()
        )
    scene.wake()
    scene.run(minutes=10)
    assert scene.view().intents["test"].state == "pending"
    scene.wake()
    scene.run(hours=3)
    assert scene.view().intents["test"].state == "done"


@pytest.fixture
def policy_of():
    def make(**changes):
        values = {
            "name": "all",
            "match": Condition(),
            "calendar_name": "always",
            "calendar": ALWAYS,
            "targets": Targets(default={Metric.FIRST_RESPONSE: 3600}),
            "ladder": (),
        }
        return Policy(**{**values, **changes})

    return make
