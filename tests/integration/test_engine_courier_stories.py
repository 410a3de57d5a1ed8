"""Stories of notices: many at once, several couriers, people whom nothing reaches."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from bridge_helpers.post import PUBLIC, chat, delivering, html_of, mail_server, subjects, wait_for
from bridge_helpers.teams import BUDI, FIRST, LEADS, PAYMENTS, SARI, opened, organisation
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.notices.recipients import Recipient
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.teams.directory import NoticeRules
from escalation_bridge.domain.teams.reach import DayHours, Reach, Way
from escalation_bridge.domain.teams.rota import Rota, Shift
from escalation_bridge.domain.teams.team import Assignment
from escalation_bridge.domain.tickets.tickets import Priority
from escalation_bridge.store.cases import stored_notices
from escalation_bridge.store.database.schema import notices

EVERYBODY = NoticeRules(everybody=Reach((Way("mail"),)))
JAKARTA = "Asia/Jakarta"
NIGHT = DayHours(time(16, 30), time(7), JAKARTA)
LEASE = timedelta(minutes=3)


def people(*members, **team):
    members = members or (replace(SARI, reach=Reach((Way("mail"),))),)
    payments = replace(PAYMENTS, **{"members": members, "assignment": Assignment.NOBODY, **team})
    return organisation(FIRST, payments, LEADS, notices=EVERYBODY, channels=frozenset({"mail", "chat"}))


def grave(scene):
    ticket = scene.support.customer_writes("Grave", "It does not work.")
    scene.support.tickets[ticket] = replace(scene.support.tickets[ticket], priority=Priority.URGENT)
    scene.news(scene.support, ticket)


@pytest.fixture
def mails():
    with mail_server() as server:
        yield server


def test_one_courier_at_a_time_serves_a_person(make_house):
    scene = make_house(people())
    database, clock = scene.bridge.database, scene.clock
    for number in range(2):
        opened(scene, f"Cannot pay {number}")
    scene.run(minutes=61)
    with database.write() as transaction:
        (first,) = stored_notices.claim_notices(transaction, clock(), LEASE, recipients=5)
    assert first.recipient == Recipient("person", SARI.email)
    assert len(first.notices) == 2
    opened(scene, "Cannot pay either")
    scene.run(minutes=61)
    with database.write() as transaction:
        transaction.execute(
            notices.update().where(notices.c.id.in_([1, 2])).values(lease_until=clock() + LEASE)
        )
        assert stored_notices.claim_notices(transaction, clock(), LEASE, recipients=5) == []
    clock.advance(minutes=4)
    with database.write() as transaction:
        (second,) = stored_notices.claim_notices(transaction, clock(), LEASE, recipients=5)
        assert len(second.notices) == 3
        assert stored_notices.is_still_claimed(transaction, second.notices, second.until)
        assert not stored_notices.is_still_claimed(transaction, first.notices, first.until)


def test_a_night_with_many_notices_is_one_mail_and_few_statements(make_house, mails):
    scene = make_house(people(replace(SARI, reach=Reach((Way("mail"),), NIGHT))))
    post = delivering(scene, {"mail": mails.url})
    for number in range(45):
        opened(scene, f"Cannot pay {number}")
    scene.run(minutes=61)
    scene.clock.advance(hours=14)
    statements = []
    listen = (scene.bridge.database.engine, "before_cursor_execute", lambda *what: statements.append(what[2]))
    sa.event.listen(*listen)
    try:
        post.courier.send_due()
    finally:
        sa.event.remove(*listen)
    (mail,) = mails.mails
    assert subjects(mails.mails) == ["45 eskalasi dan pengingat"]
    assert html_of(mail).count("<li>") == 41
    assert len(statements) < 60


def test_the_gravest_come_first_in_a_list(make_house, mails):
    rules = replace(EVERYBODY, gather=3600)
    scene = make_house(replace(people(), notices=rules))
    post = delivering(scene, {"mail": mails.url})
    opened(scene, "Standard 1")
    grave(scene)
    opened(scene, "Standard 2")
    post.run(minutes=61)
    (subject,) = subjects(mails.mails)
    assert subject == "DARURAT: 1 dari 3 eskalasi dan pengingat"
    html = html_of(mails.mails[0])
    assert html.index("DARURAT") < min(html.index("Standard 1"), html.index("Standard 2"))


def test_a_person_whom_nothing_reaches_is_not_the_only_one_who_is_paged(make_house, mails):
    dead = replace(SARI, reach=Reach((Way("chat"),)))
    shift = Shift(("sari@example.com", "budi@example.com"), date(2026, 3, 2), 7, time(0), JAKARTA)
    house = people(
        dead, replace(BUDI, reach=Reach((Way("mail"),))), rota=Rota((shift,)), assignment=Assignment.ON_CALL
    )
    with chat() as room:
        scene = make_house(house)
        post = delivering(scene, {"mail": mails.url, "chat": room.url})
        room.behaviour = "refuse"
        grave(scene)
        post.run(minutes=61)
        post.through(minutes=12)
        assert mails.mails == []
        post.through(minutes=8)
        assert len(mails.to("budi@example.com")) == 1
        room.behaviour = "take"
        post.through(minutes=6)
        assert room.posts, "she is tried on"


def test_a_page_about_a_target_is_acknowledged_by_its_link(make_scene, make_policy, mails):
    step = Step("now", Metric.FIRST_RESPONSE, 100, 0, (SendNotice("sari@example.com", "notice"),), page=True)
    scene = make_scene(policies=(make_policy(ladder=(step,)),), directory=people())
    post = delivering(scene, {"mail": mails.url})
    opened(scene)
    post.run(minutes=61)
    token = html_of(mails.mails[0]).split(f"{PUBLIC}/ack/")[1].split('"')[0]
    facts = scene.bridge.links.read("ack", token, scene.clock())
    assert facts.keys() == {"case", "since", "member", "language"}
    assert subjects(mails.mails)[0].startswith("Respons pertama terlewat: ")


def test_a_subject_is_one_short_line(make_house, mails):
    scene = make_house(people())
    post = delivering(scene, {"mail": mails.url})
    opened(scene, "Bayar\r\nBcc: all@example.com " + "x" * 400)
    post.run(minutes=61)
    (mail,) = mails.mails
    assert mail["Bcc"] is None
    assert len(mail["Subject"]) < 200


def test_what_a_server_takes_after_the_deadline_arrives_twice_and_no_third_time(make_house, mails):
    scene = make_house(people())
    post = delivering(scene, {"mail": mails.url}, deadline=1.0)
    mails.behaviour = "late"
    opened(scene)
    post.run(minutes=61)
    assert wait_for(lambda: mails.mails)
    mails.behaviour = "take"
    post.through(minutes=30, step=1)
    assert len(mails.mails) == 2


def test_a_courier_that_stops_leaves_nothing_half_done(make_house, mails):
    members = tuple(replace(each, reach=Reach((Way("mail"),))) for each in (SARI, BUDI))
    scene = make_house(people(*members))
    post = delivering(scene, {"mail": mails.url})
    opened(scene)
    scene.run(minutes=61)
    with post.courier.running():
        assert wait_for(lambda: mails.mails)
    assert len(mails.mails) == 2
    with scene.bridge.database.read() as transaction:
        assert set(transaction.execute(sa.select(notices.c.state)).scalars()) == {"sent"}
        assert not any(transaction.execute(sa.select(notices.c.lease_until)).scalars())
