"""A case that keeps failing is set aside with its error; the others go on, and a person can have it tried again or drop it."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.engine import fresh_decisions
from escalation_bridge.errors import Rejected
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_troubles


@pytest.fixture
def cli(scene, tmp_path):
    """Run a command on the scene's database; what it printed."""
    file = tmp_path / "bridge.yaml"
    url = scene.bridge.database.url.render_as_string(hide_password=False)
    file.write_text(f"bridge:\n  database: {json.dumps(url)}\n")

    def run(*arguments):
        result = CliRunner().invoke(
            app, [*arguments, "-c", str(file)], env={"USER": "sari", "COLUMNS": "200"}
        )
        assert result.exception is None, result.exception
        return result.output

    return run


@pytest.fixture
def failing(monkeypatch):
    """The cases that nobody foresaw: each look at them fails."""
    cases, really = set(), fresh_decisions.decide

    def decide(view, rules, now):
        if view.id in cases:
            raise ValueError("a bug")
        return really(view, rules, now)

    monkeypatch.setattr(fresh_decisions, "decide", decide)
    return cases


def troubles(scene):
    with scene.bridge.database.read() as transaction:
        return case_troubles.all_troubles(transaction)


def two_cases(scene):
    for subject in ("Printer on fire", "Mouse on fire"):
        scene.news(scene.support, scene.support.customer_writes(subject, "It burns."))


def test_a_case_that_keeps_failing_is_set_aside_and_comes_back_by_itself(scene, failing, cli):
    two_cases(scene)
    failing.add(1)
    scene.wake()
    scene.run()
    first = troubles(scene)[1]
    assert (first.failures, first.set_aside_at) == (1, None)
    for _ in range(10):
        scene.run(minutes=5)
    aside = troubles(scene)[1]
    assert aside.failures == 5
    assert aside.set_aside_at is not None
    assert aside.next_try - aside.last_at == timedelta(hours=1)
    assert "case_opened" in scene.timeline(2)
    (shown,) = json.loads(cli("dead", "list", "--json"))
    assert (shown["case"], shown["state"], shown["error"]) == (1, "set_aside", "ValueError: a bug")
    assert "1 case is set aside" in cli("cases")
    assert "ValueError: a bug. Set aside; next try" in cli("explain", "1")

    failing.clear()
    scene.run(minutes=70)
    assert troubles(scene) == {}
    assert json.loads(cli("dead", "list", "--json")) == []
    assert len(scene.dev.tickets) == 2  # both promises were broken meanwhile


def test_a_person_has_it_tried_again_at_once(scene, failing, cli):
    two_cases(scene)
    failing.add(1)
    scene.wake()
    for _ in range(10):
        scene.run(minutes=5)
    failing.clear()
    assert "tries again" in cli("dead", "retry", "1")
    scene.clock.at = utc_now()  # as the commands have it
    scene.run()
    assert troubles(scene) == {}
    assert "retried_by" in scene.timeline(1)


def test_what_is_dropped_is_not_worked_on_and_never_done_twice(scene, failing, cli):
    two_cases(scene)
    scene.run(minutes=61)
    assert len(scene.dev.tickets) == 2
    failing.add(1)
    scene.wake()
    scene.run()
    cli("dead", "drop", "1")
    assert json.loads(cli("dead", "list", "--json")) == []
    failing.clear()
    ticket = next(iter(scene.support.tickets))
    before = scene.timeline(1)
    assert before[-1] == "case_dropped"
    scene.news(scene.support, ticket)
    scene.run(hours=5)
    assert scene.timeline(1) == before
    cli("dead", "retry", "1")
    scene.run()
    assert len(scene.timeline(1)) > len(before)
    assert len(scene.dev.tickets) == 2


def test_writes_that_were_given_up_are_listed_and_dropped(scene, cli):
    two_cases(scene)
    at = scene.dev.at("create_ticket")
    scene.dev.faults["create_ticket"] = [Rejected("no such field", at)] * 2
    scene.run(minutes=61)
    listed = json.loads(cli("dead", "list", "--json"))
    assert [(each["case"], each["state"]) for each in listed] == [
        (1, "writes_given_up"),
        (2, "writes_given_up"),
    ]
    assert "no such field" in cli("dead", "show", "2")
    cli("dead", "drop", "1")
    cli("dead", "retry", "2")
    scene.clock.at = utc_now()  # as the commands have it
    scene.run(minutes=1)
    assert json.loads(cli("dead", "list", "--json")) == []
    assert len(scene.dev.tickets) == 1
