"""Databases that were written before keys were values: what is stored counts, and nothing is written twice.

`before_keys` holds such a database of either kind and the helpdesks beside it. There a printer burns: the ticket was handed on by the
ladder, with files, edits, fields and one of them on hold; a second customer was linked by hand in a note; a third ticket is on hold
because both sides set their status. Then both helpdesks were down, so that a comment, an edit, pointers and a step wait.
"""

import itertools
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.write_records import IntentState, remote_token
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.priority import RaisePriority
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.policy import Metric, Repeat, Step
from escalation_bridge.domain.tickets.tickets import (
    Comment,
    Role,
    StatusChange,
    StatusKind,
    Ticket,
    Visibility,
)
from escalation_bridge.store.database.codec import decode
from escalation_bridge.store.database.database import Database
from escalation_bridge.testing.memory import MemoryHelpdesk

BEFORE = Path(__file__).parent / "before_keys"
CASES = (1, 2, 3)
PRINTER, SMOKE, LIFT = "1", "9", "14"
ISSUE, LIFT_ISSUE = "1", "10"


@pytest.fixture
def database(database_kind, database_url):
    """A database of before, upgraded."""
    _restore(database_kind, database_url)
    opened = Database(database_url)
    opened.upgrade()
    yield opened
    opened.close()


def _restore(kind: str, url: str) -> None:
    dump = (BEFORE / f"{kind}.sql").read_text()
    if kind == "sqlite":
        with sqlite3.connect(str(sa.make_url(url).database)) as file:
            file.executescript(dump)
        file.close()
        return
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        schema = connection.execute(sa.text("SELECT current_schema()")).scalar_one()
        connection.exec_driver_sql(dump.replace("old_bridge.", f"{schema}."))
    engine.dispose()


def _fill(desk: MemoryHelpdesk, state: dict) -> None:
    desk.tickets = decode(json.dumps(state["tickets"]), dict[str, Ticket])
    desk.comments = decode(json.dumps(state["comments"]), dict[str, list[Comment]])
    desk.status_changes = decode(json.dumps(state["status_changes"]), dict[str, list[StatusChange]])
    desk.own_statuses = state["own_statuses"]
    desk.shelf.contents = {name: content.encode("latin-1") for name, content in state["files"].items()}
    desk._ids, desk.shelf._ids = itertools.count(1000), itertools.count(1000)


@pytest.fixture
def upgraded(make_scene, make_route, make_policy):
    """The bridge of before, under the code of now; its helpdesks answer again."""
    area = CustomRule(
        key="custom:area:team",
        direction=Direction.BOTH,
        ids={Side.ORIGIN: "area", Side.LINKED: "team"},
        convert=Convert.TEXT,
    )
    route = make_route(
        files=FileRule(1 << 20, (".exe",)),
        follow_edits=timedelta(days=7),
        raise_priority=True,
        owner=None,
        synced=FieldRules((area,), (TagsRule(direction=Direction.BOTH, same=("*:*",)),)),
    )
    ladder = (
        Step("warn", Metric.FIRST_RESPONSE, 80, 0, (LeaveNote("sla_warning"), RaisePriority())),
        Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),
        Step("remind", Metric.RESOLUTION, 100, 0, (LeaveNote("sla_breached"),), repeat=Repeat(3600, 3)),
    )
    scene = make_scene((make_policy(ladder=ladder),), (route,))
    state = json.loads((BEFORE / "helpdesks.json").read_text())
    _fill(scene.support, state["support"])
    _fill(scene.dev, state["dev"])
    scene.clock.at = datetime.fromisoformat(state["now"])
    return scene


def written(scene):
    return {(case, key): record for case in CASES for key, record in scene.view(case).intents.items()}


def hear_everything(scene):
    for desk in (scene.support, scene.dev):
        for ticket in desk.tickets:
            scene.hear(desk, ticket)
    scene.run(minutes=6)


def test_each_stored_key_is_read_and_marks_the_same_write(upgraded):
    for (case, text), record in written(upgraded).items():
        key = keys.parse(text)
        assert key is not None, text
        assert key.text == text
        assert record.token == remote_token(upgraded.bridge.id, case, key.text)
    assert {link.id for case in CASES for link in upgraded.view(case).links} <= {
        text for _, text in written(upgraded)
    } | {"by-hand:1"}


def test_what_waited_is_written_once_and_nothing_is_written_again(upgraded):
    before = written(upgraded)
    waiting = {key for key, record in before.items() if record.state.outstanding}
    assert {keys.parse(text).word for _, text in waiting} == {"comment", "edit", "show", "step"}
    hear_everything(upgraded)
    after = written(upgraded)
    assert {key: after[key] for key in before.keys() - waiting} == {
        key: record for key, record in before.items() if key not in waiting
    }
    assert {after[key].state for key in waiting} <= {IntentState.DONE, IntentState.CANCELLED}
    new = {keys.parse(text).word for _, text in after.keys() - before.keys()}
    assert new <= {
        "file",
        "show",
        "step",
        "edit",
    }  # the file at the comment that waited, and what is later now
    hear_everything(upgraded)
    upgraded.support.writes.clear()
    upgraded.dev.writes.clear()
    hear_everything(upgraded)
    assert (upgraded.support.writes, upgraded.dev.writes) == ([], [])


def test_holds_links_and_notes_of_before_go_on(upgraded):
    hear_everything(upgraded)
    (lift,) = upgraded.view(3).links
    assert lift.hold.reason is HoldReason.STATUS_CONFLICT
    upgraded.support.says(LIFT, "/bridge choose origin status", Role.AGENT, Visibility.PRIVATE)
    upgraded.news(upgraded.support, LIFT)
    assert upgraded.view(3).links[0].hold is None
    assert upgraded.dev.tickets[LIFT_ISSUE].status.kind is StatusKind.CLOSED
    upgraded.support.says(SMOKE, "/bridge unlink", Role.AGENT, Visibility.PRIVATE)
    upgraded.news(upgraded.support, SMOKE)
    upgraded.run(minutes=1)
    assert upgraded.view(2).links == ()
    issue = upgraded.dev.tickets[ISSUE]
    upgraded.support.says(SMOKE, f"/bridge link {issue.key}", Role.AGENT, Visibility.PRIVATE)
    upgraded.news(upgraded.support, SMOKE)
    upgraded.run(minutes=1)
    assert [link.id for link in upgraded.view(2).links] == ["by-hand:2"]
    words = "Somebody is on the way."
    upgraded.dev.says(ISSUE, words, Role.AGENT)
    upgraded.news(upgraded.dev, ISSUE)
    upgraded.run(minutes=1)
    for ticket in (PRINTER, SMOKE):
        assert sum(words in comment.body.text for comment in upgraded.support.comments[ticket]) == 1
