"""Whether and when a customer is written to, counted: updates, the question about satisfaction, the notice of closing."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge_helpers.teams import HOUSE, asked, at_team, opened
from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Channel, Person, Role, StatusKind, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import Unavailable
from escalation_bridge.messages.signed_links import SignedLinks

JAKARTA = ZoneInfo("Asia/Jakarta")
SENT = CustomerUpdates(Sending.SENT)
OPTED_OUT = Condition(all=(Test("tags", Operator.CONTAINS, ("no-updates",)),))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request):
    return request.param


@pytest.fixture
def make_escalated(make_house):
    """Makes a bridge, and an escalated ticket of a customer in Jakarta, at half past three there."""

    def make(updates=SENT, language="en", **changes):
        scene = make_house(HOUSE)
        rules = scene.bridge.rules
        rules = replace(
            rules,
            policies=tuple(replace(each, updates=updates) for each in rules.policies),
            satisfaction={"support": SatisfactionRule(Survey.LINK)},
            closing={"support": ClosingRule(after=timedelta(days=10), notice=timedelta(days=3))},
        )
        links = SignedLinks("a secret", "https://bridge.example.com")
        scene.bridge = replace(scene.bridge, rules=rules, language=language, links=links)
        scene.worker = Worker(scene.bridge)
        scene.clock.at = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
        ticket = opened(scene)
        there = scene.support.tickets[ticket]
        scene.support.tickets[ticket] = replace(there, timezone="Asia/Jakarta", **changes)
        at_team(scene, ticket, "First")
        asked(scene, ticket, "/bridge escalate payments cannot pay")
        scene.run(minutes=40)
        return scene, ticket

    return make


def solved(scene, ticket, answer=""):
    if answer:
        scene.support.says(ticket, answer, Role.AGENT)
    scene.support.set_status(ticket, "solved")
    scene.news(scene.support, ticket)


def words(scene, ticket, visibility=Visibility.PUBLIC):
    """What the bridge wrote."""
    found = scene.support.comments.get(ticket, [])
    return [each for each in found if each.author.id == "bridge" and each.visibility is visibility]


def texts(scene, ticket, visibility=Visibility.PUBLIC):
    return [each.body.text for each in words(scene, ticket, visibility)]


@pytest.mark.parametrize(
    ("language", "said", "question"),
    [
        (
            "en",
            "If anything is still not right, just reply here",
            "Were you satisfied with how we handled it?",
        ),
        (
            "id",
            "Jika masih ada yang belum sesuai, cukup balas pesan ini",
            "Apakah Anda puas dengan penanganan kami?",
        ),
    ],
)
def test_the_end_and_the_question_are_one_message(make_escalated, language, said, question):
    scene, ticket = make_escalated(language=language)
    assert len(texts(scene, ticket)) == 1
    solved(scene, ticket)
    scene.run(minutes=1)
    _, last = words(scene, ticket)
    assert said in last.body.text
    assert question in last.body.text
    assert last.body.html.count("https://bridge.example.com/rate/") == 1
    scene.run(days=6)
    assert len(texts(scene, ticket)) == 2


def test_without_updates_the_question_is_its_own_message_by_day(make_escalated):
    scene, ticket = make_escalated(updates=None)
    scene.clock.at = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)  # half past eight in the evening in Jakarta
    solved(scene, ticket, "It works again.")
    scene.run(hours=11, minutes=29)
    assert texts(scene, ticket) == []
    scene.run(minutes=2)
    (question,) = texts(scene, ticket)
    assert "Were you satisfied" in question


@pytest.mark.parametrize("mode", [Sending.OFF, Sending.SENT, Sending.DRAFT])
def test_the_question_waits_for_a_pause_after_an_agents_words(make_escalated, mode):
    scene, ticket = make_escalated(CustomerUpdates(mode))
    before = len(texts(scene, ticket))
    solved(scene, ticket, "It works again.")
    scene.run(minutes=50)
    scene.support.says(ticket, "And your refund is on its way.", Role.AGENT)
    scene.run(minutes=25)
    assert len(texts(scene, ticket)) == before
    scene.run(minutes=10)
    assert "Were you satisfied" in texts(scene, ticket)[-1]
    assert len(texts(scene, ticket)) == before + 1


@pytest.mark.parametrize("updates", [None, SENT])
def test_what_a_helpdesk_did_not_take_in_the_evening_waits_for_the_morning(make_escalated, updates):
    scene, ticket = make_escalated(updates)
    before = len(texts(scene, ticket))
    scene.clock.at = datetime(2026, 3, 2, 12, 55, tzinfo=UTC)
    scene.support.faults["add_comment"] = [Unavailable("down", scene.support.at("add_comment"))] * 200
    solved(scene, ticket)
    for _ in range(9):
        scene.run(minutes=15)
    assert len(scene.support.faults["add_comment"]) < 200
    scene.support.faults.clear()  # ten past ten in the evening in Jakarta
    for _ in range(19):
        scene.run(minutes=30)
    assert len(texts(scene, ticket)) == before
    scene.run(hours=1)
    scene.run(hours=1)
    assert len(texts(scene, ticket)) == before + 1
    assert "/rate/" in words(scene, ticket)[-1].body.html


ROBOT = {"requester": Person("9", "Alerts", "no-reply@alerts.example", Role.CUSTOMER)}


@pytest.mark.parametrize(
    ("updates", "changes"),
    [
        (SENT, ROBOT),
        (None, ROBOT),
        (CustomerUpdates(Sending.SENT, opt_out=OPTED_OUT), {"tags": ("no-updates",)}),
        (CustomerUpdates(Sending.OFF, opt_out=OPTED_OUT), {"tags": ("no-updates",)}),
        (None, {"channel": Channel.WHATSAPP}),
    ],
)
def test_who_may_not_be_written_to_gets_nothing_and_agents_read_the_notice(make_escalated, updates, changes):
    scene, ticket = make_escalated(updates, **changes)
    scene.run(days=2)
    solved(scene, ticket)
    scene.run(days=7, minutes=1)
    assert texts(scene, ticket) == []
    assert (
        sum(
            "The bridge closes this ticket after" in each for each in texts(scene, ticket, Visibility.PRIVATE)
        )
        == 1
    )
    scene.run(days=4)
    assert scene.support.tickets[ticket].status.kind is StatusKind.CLOSED
    assert texts(scene, ticket) == []


@pytest.mark.parametrize(("nights", "hour"), [(False, 8), (True, 2)])
def test_the_notice_waits_for_the_morning_unless_the_policy_allows_nights(make_escalated, nights, hour):
    scene, ticket = make_escalated(CustomerUpdates(Sending.SENT, nights=nights))
    scene.clock.at = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # two at night in Jakarta
    solved(scene, ticket)
    for _ in range(24 * 9):
        scene.run(hours=1)
    notices = [each for each in words(scene, ticket) if "will be closed after" in each.body.text]
    (at,) = [each.created_at.astimezone(JAKARTA) for each in notices]
    assert (at.day, at.hour) == (10, hour)
    closed = scene.support.tickets[ticket].status.kind is StatusKind.CLOSED
    assert not closed
    scene.run(days=3)
    assert scene.support.tickets[ticket].status.kind is StatusKind.CLOSED
    if not nights:
        assert all(
            time(8) <= each.created_at.astimezone(JAKARTA).time() < time(21) for each in words(scene, ticket)
        )
