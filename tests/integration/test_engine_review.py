"""A short review after emergencies and incidents: asked for, written into the tickets, and its actions reminded of."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bridge_helpers.post import PUBLIC, delivering, html_of, mail_server, subjects
from bridge_helpers.teams import FIRST, LEADS, PAYMENTS, SARI, asked, at_team, notes, opened, organisation
from bridge_helpers.ticket_streams import DEPOK
from escalation_bridge.domain.case.incidents import IncidentRules
from escalation_bridge.domain.case.review import Review, ReviewAction, ReviewRule
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.teams.directory import NoticeRules
from escalation_bridge.domain.teams.reach import Reach, Way
from escalation_bridge.domain.teams.team import Assignment
from escalation_bridge.domain.tickets.tickets import Person, Visibility
from escalation_bridge.engine.incidents.changes import end_incident
from escalation_bridge.engine.worker import Worker
from escalation_bridge.store.cases import case_file, stored_incidents
from escalation_bridge.store.queue import wakes
from escalation_bridge_webhooks.app import create_app

RULE = ReviewRule(remind_every=timedelta(days=3), reminders=2)
FORM = {
    "by": "Sari",
    "happened": "Nobody could pay.\nFor an hour.",
    "cause": "A certificate",
    "prevention": "A reminder",
    "what1": "Renew certificates automatically",
    "who1": "sari@example.com",
    "due1": "2026-03-12",
    "what2": "Tell the shops",
}


@pytest.fixture
def mails():
    with mail_server() as server:
        yield server


@pytest.fixture
def emergency(make_house, mails):
    """An emergency that Sari had, and that was solved just now."""
    sari = replace(SARI, reach=Reach((Way("mail"),)))
    payments = replace(PAYMENTS, members=(sari,), assignment=Assignment.ROUND_ROBIN)
    rules = NoticeRules(timezone="Asia/Jakarta")
    house = organisation(FIRST, payments, LEADS, notices=rules, channels=frozenset({"mail"}))
    scene = make_house(house)
    scene.bridge = replace(scene.bridge, rules=replace(scene.bridge.rules, review=RULE))
    scene.worker = Worker(scene.bridge)
    post = delivering(scene, {"mail": mails.url})
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge severity emergency")
    asked(scene, ticket, "/bridge escalate payments nobody can pay")
    post.run()
    asked(scene, ticket, "/bridge ack", by=SARI)
    mails.mails.clear()
    scene.clock.advance(minutes=30)
    scene.support.set_status(ticket, "solved")
    scene.news(scene.support, ticket)
    post.run(minutes=10)
    return post


def client(scene):
    return create_app(scene.bridge, None).test_client()


def link(mail, page):
    return html_of(mail).split(f'href="{PUBLIC}')[1].split('"')[0] if page in html_of(mail) else None


def test_who_had_an_emergency_is_asked_and_the_review_stands_in_the_ticket(emergency, mails):
    scene = emergency.scene
    (mail,) = mails.to("sari@example.com")
    assert "tinjauan singkat" in mail["Subject"]
    (note,) = notes(scene, "1", "short review")
    assert note.visibility is Visibility.PRIVATE
    browser, address = client(scene), link(mail, "/review/")
    for _ in range(2):
        assert "Apa yang terjadi?" in browser.get(address).text
    assert notes(scene, "1", "Review of") == []
    refused = browser.post(address, data={**FORM, "happened": ""})
    assert 'role="alert"' in refused.text
    assert "A certificate" in refused.text  # nothing that was typed is lost
    assert "tersimpan" in browser.post(address, data=FORM).text
    emergency.run()
    (review,) = notes(scene, "1", "Review of E-1")
    assert review.visibility is Visibility.PRIVATE
    for words in (
        "by Sari",
        "Nobody could pay.",
        "A certificate",
        "A reminder",
        "sari@example.com",
        "2026-03-12",
    ):
        assert words in review.body.text
    assert scene.timeline().count("reviewed") == 1
    browser.post(address, data={**FORM, "happened": "Something else"})
    emergency.run()
    assert len(notes(scene, "1", "Review of E-1")) == 1


def test_a_missing_review_is_reminded_of_a_few_times(emergency, mails):
    assert len(mails.mails) == 1
    emergency.through(minutes=60 * 24 * 12, step=60 * 12)
    assert len(mails.mails) == 3
    assert len(notes(emergency.scene, "1", "short review")) == 1


def test_after_a_downtime_one_reminder_is_enough(emergency, mails):
    emergency.run(days=5)
    assert len(mails.mails) == 2


def test_an_action_is_reminded_of_until_it_is_done(emergency, mails):
    scene = emergency.scene
    address = link(mails.mails[0], "/review/")
    client(scene).post(address, data=FORM)
    emergency.run()
    mails.mails.clear()
    emergency.run(days=9)
    assert mails.mails == []  # it is due on the 12th
    emergency.run(days=1)
    (mail,) = mails.mails
    assert subjects([mail]) == ["Jatuh tempo: Renew certificates automatically"]
    action = link(mail, "/action/")
    browser = client(scene)
    assert "Sudah selesai" in browser.get(action).text
    emergency.run(days=3, minutes=1)
    assert len(mails.mails) == 2
    assert "Tercatat selesai" in browser.post(action).text
    emergency.run(days=20)
    assert len(mails.mails) == 2


def test_what_was_no_emergency_is_not_reviewed(emergency, mails):
    scene = emergency.scene
    mails.mails.clear()
    ticket = opened(scene, "A question")
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge escalate payments please look")
    emergency.run()
    scene.support.set_status(ticket, "solved")
    scene.news(scene.support, ticket)
    emergency.run(days=1)
    assert notes(scene, ticket, "short review") == []
    assert not any("tinjauan" in subject for subject in subjects(mails.mails))


def test_the_review_of_an_incident_stands_in_all_of_its_tickets(make_scene, mails):
    scene = make_scene(policies=())
    rules = replace(scene.bridge.rules, incidents=IncidentRules(routes=("engineering",)), review=RULE)
    scene.bridge = replace(scene.bridge, rules=rules)
    post = delivering(scene, {"mail": mails.url})
    for number, text in enumerate(DEPOK):
        scene.clock.advance(minutes=3)
        ticket = scene.support.customer_writes(text, text)
        who = Person(f"c{number}", f"Customer {number}", f"c{number}@example.com")
        there = scene.support.tickets[ticket]
        scene.support.tickets[ticket] = replace(there, requester=who, created_at=scene.clock())
        scene.news(scene.support, ticket)
    with scene.bridge.database.write() as transaction:
        assert end_incident(transaction, 1, "Sari", scene.clock())
    post.run(minutes=1)
    asked_in = [ticket for ticket in scene.support.tickets if notes(scene, ticket, "short review")]
    assert len(asked_in) == 1
    review = Review(
        "I-1",
        "Sari",
        "A cable was cut",
        "",
        "",
        (ReviewAction("Lay a second one", "Budi", date(2026, 4, 1)),),
    )
    lead = next(case for case in range(1, len(DEPOK) + 1) if scene.view(case).origin.id == asked_in[0])
    with scene.bridge.database.write() as transaction:
        stored_incidents.update_incident(transaction, 1, review=json.dumps(review.choice))
        case_file.save_events(transaction, lead, [events.reviewed(review.choice, scene.clock())])
        members = stored_incidents.members_of(transaction, 1)
        wakes.wake_all(transaction, dict.fromkeys(members, "test"), scene.clock())
    post.run(minutes=1)
    reviewed = [ticket for ticket in scene.support.tickets if notes(scene, ticket, "Review of I-1")]
    assert len(reviewed) == len(members) > 5
    assert all(len(notes(scene, ticket, "Review of I-1")) == 1 for ticket in reviewed)


def test_a_review_that_an_event_keeps_is_the_same():
    review = Review(
        "E-2", "Sari", "a", "", "c", (ReviewAction("x", "", None), ReviewAction("y", "z", date(2026, 1, 2)))
    )
    assert Review.read(review.choice) == review
