"""Solved tickets are closed after some days, with a notice before; a customer's answer stops it."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.cli.operation import close_solved
from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.routes.routes import StatusMap
from escalation_bridge.domain.routes.sides import Keep
from escalation_bridge.domain.tickets.tickets import Person, Role, StatusKind, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import Rejected, Unavailable
from escalation_bridge.store.database.schema import cases

RULE = ClosingRule(after=timedelta(days=10), notice=timedelta(days=3))


@pytest.fixture
def make_closing(make_scene):
    """Makes a bridge whose only work is to close solved tickets."""

    def make(rule=RULE, language="en"):
        return with_rule(make_scene(policies=()), rule, language)

    return make


def with_rule(scene, rule, language="en"):
    rules = replace(scene.bridge.rules, closing={"support": rule})
    scene.bridge = replace(scene.bridge, rules=rules, language=language)
    scene.worker = Worker(scene.bridge)
    return scene


def solved(scene, subject="Printer on fire"):
    ticket = scene.support.customer_writes(subject, "It burns.")
    scene.news(scene.support, ticket)
    scene.clock.advance(hours=1)
    scene.support.set_status(ticket, "solved")
    scene.news(scene.support, ticket)
    return ticket


def kind(scene, ticket):
    return scene.support.tickets[ticket].status.kind


def notices(scene, ticket):
    return [c for c in scene.support.comments.get(ticket, []) if c.author.id == "bridge"]


def test_a_solved_ticket_is_announced_and_closed(make_closing):
    scene = make_closing()
    ticket = solved(scene)
    scene.run(days=7, seconds=-1)
    assert notices(scene, ticket) == []
    scene.run(seconds=1)
    (notice,) = notices(scene, ticket)
    assert notice.visibility is Visibility.PUBLIC
    assert "Otherwise it will be closed after 12 Mar 2026." in notice.body.text
    scene.run(days=3, seconds=-1)
    assert kind(scene, ticket) is StatusKind.SOLVED
    scene.run(seconds=2)
    assert kind(scene, ticket) is StatusKind.CLOSED
    scene.run(days=30)
    assert len(notices(scene, ticket)) == 1
    # Neither the notice nor the closing opens the case again.
    assert "case_open" not in scene.timeline()


@pytest.mark.parametrize("at", [timedelta(days=2), timedelta(days=9)])
def test_a_customers_answer_stops_it_even_where_the_status_stays(make_closing, at):
    scene = make_closing()
    ticket = solved(scene)
    scene.run(days=at.days)
    before = len(notices(scene, ticket))
    scene.support.says(ticket, "It still burns", Role.CUSTOMER)  # no webhook arrives, and the status stays
    scene.run(days=30)
    assert kind(scene, ticket) is StatusKind.SOLVED
    assert len(notices(scene, ticket)) == before


def test_a_reopened_ticket_begins_again_when_it_is_solved_again(make_closing):
    scene = make_closing()
    ticket = solved(scene)
    scene.run(days=8)
    scene.support.set_status(ticket, "open")  # the webhook is lost
    scene.run(days=8)
    assert kind(scene, ticket) is StatusKind.OPEN
    scene.clock.advance(days=1)
    scene.support.set_status(ticket, "solved")
    scene.news(scene.support, ticket)
    scene.run(days=6)
    assert len(notices(scene, ticket)) == 1
    scene.run(days=1, minutes=1)
    assert len(notices(scene, ticket)) == 2
    scene.run(days=4)
    assert kind(scene, ticket) is StatusKind.CLOSED


def test_after_a_standstill_the_notice_still_comes_days_before(make_closing):
    scene = make_closing()
    ticket = solved(scene)
    scene.clock.advance(days=40)
    scene.worker = Worker(scene.bridge)
    scene.run()
    (notice,) = notices(scene, ticket)
    assert "14 Apr 2026" in notice.body.text
    assert kind(scene, ticket) is StatusKind.SOLVED
    scene.run(days=3, minutes=1)
    assert kind(scene, ticket) is StatusKind.CLOSED


def test_what_waits_for_the_vendor_is_checked_again_before_it_is_sent(make_closing):
    scene = make_closing()
    ticket = solved(scene)
    scene.run(days=7, minutes=1)
    unavailable = Unavailable("down", scene.support.at("update_ticket"))
    scene.support.faults["update_ticket"] = [unavailable] * 3
    scene.run(days=3, minutes=1)
    assert kind(scene, ticket) is StatusKind.SOLVED
    assert len(scene.support.faults["update_ticket"]) < 3
    scene.support.says(ticket, "Wait, it is not solved", Role.CUSTOMER)  # no webhook
    scene.run(hours=6)
    scene.run(days=5)
    assert kind(scene, ticket) is StatusKind.SOLVED
    assert "withdrawn" in scene.timeline()


def test_while_work_goes_on_in_a_linked_ticket_nothing_is_closed(make_scene, make_route):
    kept = StatusMap({each.value: Keep.KEEP for each in StatusKind})
    scene = with_rule(make_scene(policies=(), routes=(make_route(to_linked=kept, to_origin=kept),)), RULE)
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    issue = scene.dev.customer_writes("Printers burn", "All of them.")
    scene.clock.advance(minutes=1)
    scene.support.says(ticket, f"/bridge link DEV-{issue}", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, ticket)
    scene.support.set_status(ticket, "solved")
    scene.news(scene.support, ticket)
    before = len(notices(scene, ticket))
    scene.run(days=30)
    assert len(notices(scene, ticket)) == before
    assert kind(scene, ticket) is StatusKind.SOLVED
    scene.dev.set_status(issue, "closed")
    scene.news(scene.dev, issue)
    assert len(notices(scene, ticket)) == before + 1
    scene.run(days=3, minutes=1)
    assert kind(scene, ticket) is StatusKind.CLOSED


def test_where_the_helpdesk_closes_by_itself_only_the_notice_is_written(make_closing):
    rule = replace(RULE, status=None, visibility=Visibility.PRIVATE)
    scene = make_closing(rule)
    ticket = solved(scene)
    scene.run(days=60)
    (notice,) = notices(scene, ticket)
    assert notice.visibility is Visibility.PRIVATE
    assert "closes this ticket by its own automation" in notice.body.text
    assert kind(scene, ticket) is StatusKind.SOLVED


def test_without_a_notice_it_is_closed_in_silence(make_closing):
    scene = make_closing(replace(RULE, notice=timedelta(0)))
    ticket = solved(scene)
    scene.run(days=10, minutes=1)
    assert kind(scene, ticket) is StatusKind.CLOSED
    assert notices(scene, ticket) == []


@pytest.mark.parametrize(
    ("rule", "language", "words"),
    [
        (RULE, "id", "Jika tidak, laporan ini akan ditutup setelah 12 Mar 2026."),
        (replace(RULE, visibility=Visibility.PRIVATE), "id", "Bridge menutup tiket ini setelah 12 Mar 2026"),
        (
            replace(RULE, visibility=Visibility.PRIVATE),
            "en",
            "The bridge closes this ticket after 12 Mar 2026",
        ),
    ],
)
def test_the_notice_in_either_language(make_closing, rule, language, words):
    scene = make_closing(rule, language)
    ticket = solved(scene)
    scene.run(days=7, minutes=1)
    (notice,) = notices(scene, ticket)
    assert words in notice.body.text


def test_so_many_an_hour_and_none_is_forgotten(make_closing):
    scene = make_closing(replace(RULE, notice=timedelta(0), hourly_cap=2))
    tickets = [solved(scene, f"Ticket {number}") for number in range(5)]
    scene.run(days=11)

    def closed():
        return sum(kind(scene, each) is StatusKind.CLOSED for each in tickets)

    assert closed() == 2
    scene.run(minutes=59)
    assert closed() == 2
    scene.run(minutes=2)
    assert closed() == 4
    scene.run(hours=1, minutes=1)
    assert closed() == 5


def test_a_refused_closing_is_no_loop_and_may_be_tried_again(make_closing):
    scene = make_closing(replace(RULE, notice=timedelta(0)))
    ticket = solved(scene)
    scene.support.faults["update_ticket"] = [
        Rejected("no such transition", scene.support.at("update_ticket"))
    ]
    scene.run(days=11)
    scene.run(days=11)
    assert kind(scene, ticket) is StatusKind.SOLVED
    assert scene.support.faults["update_ticket"] == []
    scene.clock.advance(minutes=1)
    scene.support.says(
        ticket, "/bridge retry", Role.AGENT, Visibility.PRIVATE, author=Person("9", "Sari", None, Role.AGENT)
    )
    scene.news(scene.support, ticket)
    scene.run(minutes=1)
    assert kind(scene, ticket) is StatusKind.CLOSED


def test_a_case_that_is_over_waits_for_its_closing(make_closing):
    scene = make_closing()
    solved(scene)
    with scene.bridge.database.read() as transaction:
        row = transaction.execute(sa.select(cases)).one()
    assert (row.state, row.wake_at - scene.clock()) == ("closed", timedelta(days=7))


@pytest.fixture
def piled_up(make_scene, monkeypatch):
    """Tickets that were solved before anybody configured that solved ones are closed, and the command."""
    scene = make_scene(policies=())
    tickets = [solved(scene, f"Ticket [{number}]") for number in range(3)]
    scene.clock.advance(days=40)
    scene.worker.run_until_idle()
    scene.support.says(tickets[2], "It is back", Role.CUSTOMER)
    scene.news(scene.support, tickets[2])
    with_rule(scene, RULE)

    @contextmanager
    def opened(_path, **_options):
        yield scene.bridge, None

    monkeypatch.setattr(close_solved, "opened", opened)

    def run(*arguments):
        done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["close-solved", *arguments])
        return done.exit_code, str(done.exception or "") + done.output

    return scene, tickets, run


def test_what_piled_up_is_closed_by_a_command_after_a_look(piled_up):
    scene, tickets, run = piled_up
    scene.run(days=1)
    assert [notices(scene, each) for each in tickets] == [[], [], []]
    status, shown = run("--dry-run")
    assert status == 0
    assert "3 solved tickets, 1 of them stay as they are." in shown
    assert "the customer answered" in shown
    assert "Nothing was changed." in shown
    listed = json.loads(run("--dry-run", "--json")[1])
    assert [each["stays_because"] for each in listed["tickets"]] == [None, None, "closing_answered"]
    scene.run()
    assert [notices(scene, each) for each in tickets] == [[], [], []]
    assert run("support", "--per-minute", "1")[0] == 0
    scene.run()
    assert [len(notices(scene, each)) for each in tickets] == [1, 0, 0]
    scene.run(minutes=1)
    assert [len(notices(scene, each)) for each in tickets] == [1, 1, 0]
    scene.run(days=3, minutes=1)
    assert [kind(scene, each) for each in tickets] == [*[StatusKind.CLOSED] * 2, StatusKind.SOLVED]
    assert "1 solved ticket, 1 of them stay as they are." in run("--dry-run")[1]


def test_a_connection_without_the_rule_is_refused(piled_up):
    scene, _, run = piled_up
    assert "close_solved does not name the connection dev; it names: support" in run("dev")[1]
    scene.bridge = replace(scene.bridge, rules=replace(scene.bridge.rules, closing={}))
    assert "add a connection under `close_solved`" in run("--dry-run")[1]
