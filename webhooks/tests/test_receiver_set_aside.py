"""From a signed webhook that cannot be read or routed to what an admin sees of it and does about it."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.engine.routing import route_deliveries
from escalation_bridge.store.cases import case_tickets

GOOD = b'{"ticket_id": 34}'
POISON = b'{"ticket_id": 35, "subject": "\\u001b[2J\xe2\x80\xae"}'
BROKEN = b'{"ticket_id": '


@pytest.fixture
def cli(any_receiver, tmp_path):
    """Run a command on the receiver's configuration; its exit status and what it printed."""

    def run(*arguments):
        options = ["-c", str(tmp_path / "bridge.yaml")]
        result = CliRunner().invoke(app, [*arguments, *options], env={"USER": "sari", "COLUMNS": "200"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            return 1, str(result.exception)
        return result.exit_code, result.output

    return run


@pytest.fixture
def broken_routing(monkeypatch):
    """Routing fails for ticket 35 until the returned set is emptied."""
    failing, really = {"35"}, case_tickets.mark_stale

    def mark(transaction, *tickets):
        if any(ticket.id in failing for ticket in tickets):
            raise ValueError("a bug")
        return really(transaction, *tickets)

    monkeypatch.setattr(case_tickets, "mark_stale", mark)
    return failing


def post(receiver, body):
    return receiver.post("support", body, receiver.zendesk(body)).status_code


def route(receiver):
    for _ in range(8):
        route_deliveries(receiver.bridge)
        receiver.clock.at += timedelta(minutes=2)


def ready(receiver):
    answer = receiver.app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ready"
    return " ".join(answer.json["attention"])


def test_what_is_set_aside_is_seen_shown_and_replayed(any_receiver, cli, broken_routing):
    receiver = any_receiver
    assert ready(receiver) == ""
    assert [post(receiver, body) for body in (GOOD, POISON, BROKEN)] == [202, 202, 400]
    assert json.loads(cli("webhooks", "list", "--json", "--kind", "waiting")[1])[0]["state"] == "waiting"
    route(receiver)
    assert "2 webhooks are quarantined or set aside" in ready(receiver)
    assert "webhooks list" in cli("cases")[1].replace("\n", " ")

    rows = json.loads(cli("webhooks", "list", "--json")[1])
    assert [(row["id"], row["state"]) for row in rows] == [(3, "quarantined"), (2, "set_aside")]
    assert "a bug" in rows[1]["outcome"]
    status, shown = cli("webhooks", "show", "2")
    assert (status, "ValueError: a bug" in shown) == (0, True)
    assert not any(steering in shown for steering in "\x1b\u202e")

    broken_routing.clear()
    assert cli("webhooks", "replay", "2")[0] == 0
    route(receiver)
    assert receiver.rows()[1].state == "ignored"
    (done,) = json.loads(cli("webhooks", "show", "2", "--json")[1])["handling"]
    assert (done["what"], done["by"], done["state"]) == ("replayed", "sari", "set_aside")

    assert cli("webhooks", "drop", "--all")[0] == 0
    assert (receiver.rows()[2].state, receiver.rows()[2].body) == ("dropped", b"")
    assert ready(receiver) == ""
    assert json.loads(cli("webhooks", "list", "--json")[1]) == []


def test_a_quarantined_one_is_read_again_without_its_proof(any_receiver, cli):
    assert post(any_receiver, BROKEN) == 400
    assert cli("webhooks", "replay", "--all", "--by", "budi")[0] == 0
    route(any_receiver)
    (row,) = any_receiver.rows()
    assert (row.state, json.loads(row.handling)[0]["by"]) == ("quarantined", "budi")


def test_a_repetition_of_what_was_dropped_stays_dropped(any_receiver, cli):
    headers = any_receiver.zendesk(GOOD, invocation="the same")
    any_receiver.post("support", GOOD, headers)
    assert cli("webhooks", "drop", "1")[0] == 0
    assert any_receiver.post("support", GOOD, headers).json == {"status": "known already"}
    route(any_receiver)
    assert [row.state for row in any_receiver.rows()] == ["dropped"]


@pytest.mark.parametrize("end", ["set_aside", "dropped"])
def test_an_equal_body_without_an_id_is_news_once_the_first_one_has_ended(
    any_receiver, cli, broken_routing, end
):
    body = b'{"freshdesk_webhook": {"ticket_id": "35"}}'
    for _ in range(2):
        any_receiver.post("shop", body, any_receiver.freshdesk())
    if end == "dropped":
        cli("webhooks", "drop", "1")
    route(any_receiver)
    assert [row.state for row in any_receiver.rows()] == [end]
    broken_routing.clear()
    assert any_receiver.post("shop", body, any_receiver.freshdesk()).json == {"status": "stored"}
    route(any_receiver)
    assert [row.state for row in any_receiver.rows()] == [end, "ignored"]


def test_when_nothing_is_routed_it_is_said(any_receiver, cli):
    post(any_receiver, GOOD)
    assert ready(any_receiver) == ""
    any_receiver.clock.at += timedelta(minutes=5)
    assert "no webhook was routed since 2026-03-02 09:00 UTC" in ready(any_receiver)
    assert "no webhook was routed since" in cli("cases")[1].replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("show", "77"), "there is no webhook 77"),
        (("replay", "9" * 30), "there is no webhook"),
        (("replay",), "name webhooks by their numbers"),
        (("drop", "1", "--all"), "name webhooks by their numbers"),
        (("drop", "1", "77"), "there is no webhook 77"),
    ],
)
def test_what_cannot_be_done_changes_nothing(any_receiver, cli, arguments, reason):
    post(any_receiver, GOOD)
    status, told = cli("webhooks", *arguments)
    assert (status, reason in told) == (1, True)
    assert [row.state for row in any_receiver.rows()] == ["stored"]
