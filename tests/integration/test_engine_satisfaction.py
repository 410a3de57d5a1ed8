"""Customers of escalated cases say whether they are satisfied: by a link, or in the helpdesk's own survey."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge_helpers.teams import HOUSE, asked, at_team, notes, opened
from escalation_bridge.domain.case.escalations import ChangeKind, Outcome
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.domain.tickets.satisfaction import Satisfaction, Verdict
from escalation_bridge.domain.tickets.tickets import Role, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import NotReachable
from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.store.cases.satisfaction import save_answer
from escalation_bridge.store.database.schema import satisfaction

LINK = SatisfactionRule(Survey.LINK)
HELPDESK = SatisfactionRule(Survey.HELPDESK)


@pytest.fixture
def make_asking(make_house):
    """Makes a bridge whose customers are asked after an escalation."""

    def make(rule=LINK, language="en"):
        scene = make_house(HOUSE)
        rules = replace(scene.bridge.rules, satisfaction={"support": rule})
        links = SignedLinks("a secret", "https://bridge.example.com")
        scene.bridge = replace(scene.bridge, rules=rules, language=language, links=links)
        scene.worker = Worker(scene.bridge)
        return scene

    return make


def escalated(scene):
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge escalate payments cannot pay")
    return ticket


def solved(scene, ticket):
    scene.clock.advance(minutes=10)
    scene.support.set_status(ticket, "solved")
    scene.news(scene.support, ticket)


def questions(scene, ticket):
    said = notes(scene, ticket, "https://bridge.example.com/rate/")
    assert all(each.visibility is Visibility.PUBLIC for each in said)
    return said


def answered(scene, verdict=Verdict.GOOD, comment="", number=1):
    """What the page of the receiver does."""
    view = scene.view()
    answer = Satisfaction(verdict, str(verdict), comment, scene.clock())
    with scene.bridge.database.write() as transaction:
        event = save_answer(
            transaction, view.id, view.escalations[number - 1], answer, Survey.LINK, scene.clock()
        )
    scene.wake()
    scene.run()
    return event


def answers(scene):
    with scene.bridge.database.read() as transaction:
        return [(r.number, r.verdict, r.team, r.survey) for r in transaction.execute(sa.select(satisfaction))]


@pytest.mark.parametrize(
    ("language", "words", "noted"),
    [
        ("en", "Were you satisfied with how we handled it?", "not satisfied"),
        ("id", "Apakah Anda puas dengan penanganan kami?", "tidak puas"),
    ],
)
def test_the_customer_is_asked_once_and_the_answer_stands_everywhere(make_asking, language, words, noted):
    scene = make_asking(language=language)
    ticket = escalated(scene)
    solved(scene, ticket)
    scene.run(minutes=59)
    assert questions(scene, ticket) == []
    scene.run(minutes=2)
    (question,) = questions(scene, ticket)
    assert words in question.body.text
    scene.run(days=30)
    assert len(questions(scene, ticket)) == 1
    assert answered(scene, Verdict.BAD, "It took\ntwo days <b>") is not None
    (note,) = notes(scene, ticket, noted)
    assert note.visibility is Visibility.PRIVATE
    assert "two days <b>" in note.body.text
    (one,) = scene.view().escalations
    last = one.changes[-1]
    assert (last.what, last.facts["verdict"], last.facts["comment"]) == (
        ChangeKind.RATED,
        "bad",
        "It took\ntwo days <b>",
    )
    assert (one.outcome, one.closed_at) == (Outcome.SOLVED, one.changes[-2].at)
    assert answers(scene) == [(1, "bad", "payments", "link")]
    assert "rated" in scene.timeline()
    assert answered(scene, Verdict.GOOD) is None
    assert len(notes(scene, ticket, noted)) == 1
    assert answers(scene) == [(1, "bad", "payments", "link")]
    # Neither question nor answer opens the case again.
    assert "case_open" not in scene.timeline()


def test_who_reopens_at_once_is_not_asked_and_who_was_never_escalated_neither(make_asking):
    scene = make_asking()
    ticket = escalated(scene)
    solved(scene, ticket)
    scene.clock.advance(minutes=30)
    scene.support.set_status(ticket, "open")  # the webhook is lost
    scene.run(hours=2)
    assert questions(scene, ticket) == []
    other = opened(scene, "A question")
    scene.clock.advance(minutes=1)
    scene.support.set_status(other, "solved")
    scene.news(scene.support, other)
    scene.run(days=2)
    assert questions(scene, other) == []


def test_another_escalation_is_another_question(make_asking):
    scene = make_asking()
    ticket = escalated(scene)
    solved(scene, ticket)
    scene.run(hours=2)
    scene.support.set_status(ticket, "open")
    scene.support.says(ticket, "It is back", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    asked(scene, ticket, "/bridge escalate payments again")
    solved(scene, ticket)
    scene.run(hours=2)
    assert len(questions(scene, ticket)) == 2
    answered(scene, Verdict.NEUTRAL, number=2)
    assert answers(scene) == [(2, "neutral", "payments", "link")]


def surveyed(scene, monkeypatch):
    """The helpdesk's own survey: its answers, and how often it was read."""
    found, reads = [], []

    def fetch(_self, ticket_id):
        reads.append(ticket_id)
        if isinstance(found[-1:][0] if found else None, Exception):
            raise found.pop()
        return tuple(found)

    helpdesk = type(scene.bridge.helpdesks["support"])
    can = helpdesk.can
    monkeypatch.setattr(helpdesk, "fetch_satisfaction", fetch)
    monkeypatch.setattr(helpdesk, "can", lambda self, hook: hook == "fetch_satisfaction" or can(self, hook))
    return found, reads


def test_the_helpdesks_own_survey_is_read_at_growing_distances(make_asking, monkeypatch):
    scene = make_asking(HELPDESK)
    found, reads = surveyed(scene, monkeypatch)
    ticket = escalated(scene)
    solved(scene, ticket)
    assert reads == []
    for _ in range(24 * 20):
        scene.run(hours=1)
    assert 6 <= len(reads) <= 12
    assert questions(scene, ticket) == []
    found.append(Satisfaction(Verdict.GOOD, "103", "Great"))
    scene.run(days=1)
    scene.news(scene.support, ticket)
    assert answers(scene) == []  # too late: nobody looks any more


def test_an_answer_in_the_helpdesk_is_noted_once(make_asking, monkeypatch):
    scene = make_asking(HELPDESK)
    found, _ = surveyed(scene, monkeypatch)
    ticket = escalated(scene)
    before = Satisfaction(Verdict.BAD, "-103", "Last year", scene.clock() - timedelta(days=300))
    found += [before, NotReachable("away", scene.support.at("fetch_satisfaction"))]
    solved(scene, ticket)
    scene.run(hours=1, minutes=1)
    assert answers(scene) == []
    found.append(Satisfaction(Verdict.GOOD, "103", "Great", scene.clock()))
    scene.run(hours=2)
    assert answers(scene) == [(1, "good", "payments", "helpdesk")]
    scene.run(days=20)
    (note,) = notes(scene, ticket, "103 in the helpdesk's survey")
    assert "Great" in note.body.text
