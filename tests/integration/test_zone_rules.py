"""New rules of a time zone move running dues, and the history says so."""

import json
from datetime import timedelta

from escalation_bridge import bridge as bridges
from escalation_bridge.domain.case.cases import StepOutcome
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.store.rules.versions import keep_version
from escalation_bridge.store.rules.zones import keep_rules, known_rules

HOURS = {"mon-fri": [["09:00", "17:00"]]}
OLD = parse_calendar({"timezone": "Etc/GMT+8", "hours": HOURS})
NEW = parse_calendar({"timezone": "Etc/GMT+7", "hours": HOURS})


def test_running_dues_move_with_the_rules_of_their_zone(make_scene, make_policy, monkeypatch):
    ladder = (Step("late", Metric.RESOLUTION, 100, 0, (LeaveNote("sla_breached"),)),)
    terms = {"ladder": ladder, "targets": Targets(default={Metric.RESOLUTION: 4 * 3600})}
    scene = make_scene((make_policy(calendar=OLD, **terms),))
    document = json.dumps({"calendars": {"office": {"timezone": "America/Vancouver", "hours": HOURS}}})
    monkeypatch.setattr(bridges, "system_fingerprints", lambda zones: dict.fromkeys(zones, "old"))
    with scene.bridge.database.write() as transaction:
        version = keep_version(transaction, document, scene.clock())
    object.__setattr__(scene.bridge, "rules_version", version)
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    (before,) = scene.view().clocks
    # The bridge is restarted with newer data: the same calendar means another time now.
    object.__setattr__(scene.bridge.rules, "policies", (make_policy(calendar=NEW, **terms),))
    for _ in range(2):  # the second time nothing changed
        with scene.bridge.database.write() as transaction:
            bridges._follow_zone_rules(transaction, version, scene.clock())
            assert set(known_rules(transaction)) == {"America/Vancouver"}
        scene.run()
    (after,) = scene.view().clocks
    assert after.due == before.due - timedelta(hours=1)
    assert scene.timeline().count("due_moved") == 1
    scene.clock.at = after.due
    scene.run()
    assert [step.outcome for step in scene.view().fired] == [StepOutcome.FIRED]


def test_a_zone_that_did_not_change_wakes_nobody(make_scene, monkeypatch):
    scene = make_scene()
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    document = json.dumps({"calendars": {"office": {"timezone": "Asia/Jakarta", "hours": HOURS}}})
    with scene.bridge.database.write() as transaction:
        version = keep_version(transaction, document, scene.clock())
        woken = []
        monkeypatch.setattr(bridges, "wake_counted_cases", lambda *asked: woken.append(asked) or 1)
        bridges._follow_zone_rules(transaction, version, scene.clock())
        assert woken == []
        keep_rules(transaction, {"Asia/Jakarta": "others"})
        bridges._follow_zone_rules(transaction, version, scene.clock())
        assert [asked[1] for asked in woken] == [["Asia/Jakarta"]]
