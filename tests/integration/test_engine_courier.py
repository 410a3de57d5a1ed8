"""Notices that reach people: mails at a real SMTP server, a chat at a real HTTP server, and pages until somebody acknowledges."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from bridge_helpers.post import PASSWORD, PUBLIC, chat, delivering, html_of, mail_server, subjects, wait_for
from bridge_helpers.teams import (
    BUDI,
    FIRST,
    LEADS,
    PAYMENTS,
    RANI,
    SARI,
    asked,
    at_team,
    opened,
    organisation,
)
from bridge_helpers.ticket_streams import DEPOK
from escalation_bridge.cli.connections.connections import connection_lines
from escalation_bridge.domain.case.incidents import IncidentRules
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.teams.directory import NoticeRules
from escalation_bridge.domain.teams.reach import DayHours, Digest, Reach, Way
from escalation_bridge.domain.teams.rota import Rota, Shift
from escalation_bridge.domain.teams.team import Assignment
from escalation_bridge.domain.tickets.tickets import Person, Priority, Severity, StatusKind
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.database.schema import notices
from escalation_bridge.store.queue import wakes

BY_MAIL = Reach((Way("mail"),))
EVERYBODY = NoticeRules(everybody=BY_MAIL)
JAKARTA = "Asia/Jakarta"  # UTC+7: the scenes begin on a Monday at 16:00 there


def people(*ways, quiet=None, rules=EVERYBODY, **team):
    """A house whose members are reached by mail, or by other ways."""
    reach = Reach(ways or (Way("mail"),), quiet)
    members = tuple(replace(each, reach=reach) for each in (SARI, BUDI))
    payments = replace(PAYMENTS, **{"members": members, **team})
    return organisation(FIRST, payments, LEADS, notices=rules, channels=frozenset({"mail", "chat"}))


def history(scene, language="en", case=1):
    with scene.bridge.database.read() as transaction:
        return [history_line(entry, language) for entry in case_views.load_timeline(transaction, case)]


def states(scene):
    with scene.bridge.database.read() as transaction:
        return list(transaction.execute(sa.select(notices.c.state).order_by(notices.c.id)).scalars())


def grave(scene):
    """A customer opens a ticket with the priority urgent."""
    ticket = scene.support.customer_writes("Grave", "It does not work.")
    scene.support.tickets[ticket] = replace(scene.support.tickets[ticket], priority=Priority.URGENT)
    scene.news(scene.support, ticket)
    return ticket


@pytest.fixture
def mails():
    with mail_server() as server:
        yield server


@pytest.fixture
def room():
    with chat() as made:
        yield made


def test_who_has_an_escalation_gets_a_mail_in_the_own_language(make_house, mails):
    scene = make_house(people())
    post = delivering(scene, {"mail": mails.url})
    for number in range(2):
        at_team(scene, opened(scene, f"Cannot pay {number}"), "First")
    post.run(minutes=61)
    (to_sari,), (to_budi,) = mails.to("sari@example.com"), mails.to("budi@example.com")
    assert "sekarang Anda yang pegang" in html_of(to_sari)
    assert "you have it now" in html_of(to_budi)
    assert "Cannot pay" in to_budi["Subject"]
    assert f"{PUBLIC}/ack/" in html_of(to_budi)
    assert any(line.startswith("Notification sent to ") for line in history(scene))
    post.run(days=1)
    assert len(mails.mails) == 2


def test_several_causes_of_one_thing_are_one_notice(make_scene, make_policy, mails):
    step = (
        SendNotice("payments", "notice"),
        SendNotice("sari@example.com", "notice"),
        Escalate(team="payments"),
    )
    scene = make_scene(
        policies=(make_policy(ladder=(Step("on", Metric.FIRST_RESPONSE, 100, 0, step),)),),
        directory=people(assignment=Assignment.NOBODY, members=(replace(SARI, reach=BY_MAIL),)),
    )
    post = delivering(scene, {"mail": mails.url})
    at_team(scene, opened(scene), "First")
    post.through(minutes=90)
    assert len(mails.to("sari@example.com")) == 1


def test_a_wave_is_one_mail_and_one_more(make_house, mails):
    scene = make_house(people(assignment=Assignment.NOBODY, members=(replace(SARI, reach=BY_MAIL),)))
    post = delivering(scene, {"mail": mails.url})
    opened(scene, "Cannot pay 0")
    scene.clock.advance(seconds=30)
    for number in range(1, 8):
        opened(scene, f"Cannot pay {number}")
    post.run(minutes=59, seconds=40)  # the first is due, and half a minute later all others
    assert len(mails.mails) == 1
    post.through(minutes=20)
    assert len(mails.mails) == 2
    assert all(f"Cannot pay {number}" in html_of(mails.mails[1]) for number in range(1, 8))
    assert "7 eskalasi" in subjects(mails.mails)[1]


def test_emergencies_in_a_row_page_once_a_minute_and_not_for_each(make_house, mails):
    scene = make_house(people(assignment=Assignment.NOBODY, members=(replace(SARI, reach=BY_MAIL),)))
    post = delivering(scene, {"mail": mails.url})
    for _ in range(10):
        grave(scene)
        scene.clock.advance(seconds=6)
    post.run(minutes=59)
    for _ in range(20):
        post.run(seconds=6)
    assert 2 <= len(mails.mails) <= 3
    assert sum(states(scene).count(each) for each in ("paging", "answered")) == 10


def test_nobody_is_woken_at_night_unless_it_pages(make_house, mails):
    night = DayHours(time(16, 30), time(7), JAKARTA)
    scene = make_house(people(Way("mail"), quiet=night))
    post = delivering(scene, {"mail": mails.url})
    opened(scene, "Standard")
    post.run(minutes=61)
    assert mails.mails == []
    urgent = grave(scene)
    post.run(minutes=61)
    (page,) = mails.mails
    assert "Grave" in page["Subject"]
    mails.mails.clear()
    asked(scene, urgent, "/bridge ack", by=RANI)
    post.run(hours=11)  # 05:00
    assert mails.mails == []
    post.run(hours=3)
    assert [subject for subject in subjects(mails.mails) if "Standard" in subject]


def test_what_ended_before_morning_is_not_reported(make_house, mails):
    night = DayHours(time(16, 30), time(7), JAKARTA)
    scene = make_house(people(Way("mail"), quiet=night))
    post = delivering(scene, {"mail": mails.url})
    ticket = opened(scene)
    post.run(minutes=61)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    post.run(hours=24)
    assert mails.mails == []
    assert states(scene) == ["dropped"]
    assert any("not needed any more" in line for line in history(scene))


def test_a_digest_is_one_mail_in_the_morning(make_house, mails):
    rules = replace(EVERYBODY, timezone=JAKARTA)
    house = people(Way("mail", digest=Digest.DAILY), rules=rules, assignment=Assignment.NOBODY)
    scene = make_house(house)
    post = delivering(scene, {"mail": mails.url})
    tickets = [opened(scene, f"Cannot pay {number}") for number in range(4)]
    post.run(minutes=61)
    scene.support.set_status(tickets[0], StatusKind.SOLVED)
    scene.news(scene.support, tickets[0])
    post.run(hours=12)
    assert mails.mails == []
    post.run(hours=4)  # it is 09:00 in Jakarta
    (mail,) = mails.to("budi@example.com")
    assert "Cannot pay 0" not in html_of(mail)
    assert all(f"Cannot pay {number}" in html_of(mail) for number in (1, 2, 3))
    post.run(days=2)
    assert len(mails.to("budi@example.com")) == 1


def test_a_server_that_refuses_is_tried_again_and_then_another_channel_is_used(make_house, mails, room):
    scene = make_house(people(Way("mail"), Way("chat")))
    post = delivering(scene, {"mail": mails.url, "chat": room.url})
    mails.behaviour = "refuse"
    opened(scene)
    post.run(minutes=61)
    assert room.posts == []
    assert any(
        line.startswith("Notification to Budi Santoso not sent, next attempt") for line in history(scene)
    )
    with scene.bridge.database.read() as transaction:
        assert any("notification" in line for line in connection_lines(transaction, scene.clock()))
    post.through(minutes=5)
    (post_to_chat,) = room.posts
    assert "Cannot pay" in post_to_chat["title"]
    assert states(scene) == ["sent"]
    with scene.bridge.database.read() as transaction:
        assert not any("notification" in line for line in connection_lines(transaction, scene.clock()))
    post.run(hours=5)
    assert len(room.posts) == 1


def test_while_all_channels_fail_nothing_is_lost(make_house, mails, room):
    scene = make_house(people(Way("mail"), Way("chat")))
    post = delivering(scene, {"mail": mails.url, "chat": room.url})
    mails.behaviour = room.behaviour = "refuse"
    opened(scene)
    post.run(minutes=61)
    post.through(minutes=120, step=10)
    mails.behaviour = "take"
    post.through(minutes=60, step=5)
    assert len(mails.mails) == 1
    assert (
        len([line for line in history(scene) if "next attempt" in line]) <= 4
    )  # the same trouble is one line


def test_what_never_works_is_given_up_after_a_day_and_shown(make_house, mails):
    scene = make_house(people(Way("mail")))
    post = delivering(scene, {"mail": mails.url})
    mails.behaviour = "refuse"
    opened(scene)
    post.run(minutes=61)
    post.through(minutes=60 * 26, step=30)
    assert states(scene) == ["failed"]
    assert any("no further attempts" in line for line in history(scene))
    with scene.bridge.database.read() as transaction:
        assert any("notification" in line for line in connection_lines(transaction, scene.clock()))


def test_secrets_of_a_channel_are_in_no_history(make_house, room, capfd):
    scene = make_house(people(Way("chat")))
    room.behaviour = "refuse"
    post = delivering(scene, {"chat": room.url})
    opened(scene)
    post.run(minutes=61)
    shown = "\n".join(history(scene)) + str(scene.bridge) + "".join(capfd.readouterr())
    with scene.bridge.database.read() as transaction:
        shown += str(transaction.execute(sa.select(notices)).all())
    assert "not sent" in shown
    assert PASSWORD not in shown
    assert "T0KEN1234" not in shown


def test_a_server_that_hangs_delays_nobody_else(make_house, mails, room):
    house = people(Way("chat"))
    sari, budi = (replace(SARI, reach=Reach((Way("chat"),))), replace(BUDI, reach=BY_MAIL))
    house = organisation(
        FIRST,
        replace(PAYMENTS, members=(sari, budi)),
        LEADS,
        notices=EVERYBODY,
        channels=house.channels,
    )
    scene = make_house(house)
    post = delivering(scene, {"mail": mails.url, "chat": room.url}, deadline=15.0)
    room.behaviour = "hang"
    for number in range(6):
        opened(scene, f"Cannot pay {number}")
    scene.run(minutes=61)
    with post.courier.running():
        assert wait_for(lambda: mails.to("budi@example.com"))
        assert room.posts == []
        room.stopped.set()


def test_a_message_whose_process_died_is_sent_again(make_house, mails, monkeypatch):
    scene = make_house(people(Way("mail")))
    post = delivering(scene, {"mail": mails.url})
    opened(scene)
    scene.run(minutes=61)
    channel = scene.bridge.channels["mail"]

    class Killed(BaseException):
        pass

    class Dying:
        is_personal = True

        def send(self, address, title, html):
            channel.send(address, title, html)
            raise Killed

    scene.bridge.channels["mail"] = Dying()
    with pytest.raises(Killed):
        post.courier.send_due()
    scene.bridge.channels["mail"] = channel
    another = delivering(scene, {"mail": mails.url})
    another.run(seconds=30)
    assert len(mails.mails) == 1  # its lease still runs
    another.run(minutes=5)
    assert len(mails.mails) == 2  # better twice than never
    assert states(scene) == ["sent"]


# --- pages ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def emergency(make_house, mails):
    """An emergency that Sari has, who is on call before Budi."""
    shift = Shift(("sari@example.com", "budi@example.com"), date(2026, 3, 2), 7, time(0), JAKARTA)
    house = people(assignment=Assignment.ON_CALL, rota=Rota((shift,)))
    scene = make_house(house)
    post = delivering(scene, {"mail": mails.url})
    grave(scene)
    assert scene.view().classification.severity is Severity.EMERGENCY
    post.run(minutes=61)
    return post


def test_a_page_is_repeated_until_somebody_acknowledges(emergency, mails):
    assert len(mails.to("sari@example.com")) == 1
    emergency.through(minutes=6)
    assert len(mails.to("sari@example.com")) == 2
    assert subjects(mails.mails)[1].startswith("DARURAT, ")
    assert "belum ada yang menjawab" in subjects(mails.mails)[1]
    asked(emergency.scene, "1", "/bridge ack", by=SARI)
    emergency.through(minutes=60, step=5)
    assert len(mails.mails) == 2
    assert states(emergency.scene) == ["answered"]


def test_the_signed_link_acknowledges_as_its_person(emergency, mails):
    scene = emergency.scene
    html = html_of(mails.mails[0])
    token = html.split(f"{PUBLIC}/ack/")[1].split('"')[0]
    facts = scene.bridge.links.read("ack", token, scene.clock())
    assert facts == {"case": "1", "escalation": "1", "member": "sari@example.com", "language": "id"}
    with scene.bridge.database.write() as transaction:
        event = events.commanded("ack", "Sari Dewi", scene.clock(), "sari@example.com")
        case_file.save_events(transaction, 1, [event])
        wakes.wake(transaction, 1, scene.clock(), "test")
    emergency.run()
    assert scene.view().escalations[0].acknowledged_at is not None
    emergency.through(minutes=60, step=5)
    assert len(mails.mails) == 1


def test_an_unanswered_page_goes_to_the_next_on_the_rota_and_then_to_the_leads(emergency, mails):
    emergency.through(minutes=16)
    assert len(mails.to("sari@example.com")) == 3
    assert len(mails.to("budi@example.com")) == 1
    emergency.through(minutes=20)
    assert len(mails.to("sari@example.com")) == 3
    assert len(mails.to("budi@example.com")) == 3
    emergency.through(minutes=30)
    assert len(mails.to("rani@example.com")) == 3
    emergency.through(minutes=120, step=10)
    assert len(mails.mails) == 9
    lines = [line for line in history(emergency.scene) if "did not answer" in line]
    assert [line.split(" did")[0] for line in lines] == ["Sari Dewi", "Budi Santoso", "Rani Putri"]
    assert "Next: Rani Putri" in lines[1]
    assert "Nobody is left" in lines[2]
    with emergency.scene.bridge.database.read() as transaction:
        assert any(
            "nobody answered" in line for line in connection_lines(transaction, emergency.scene.clock())
        )


def test_who_is_away_is_not_paged_next(emergency, mails):
    asked(emergency.scene, "1", "/bridge away 2h", by=BUDI)
    emergency.through(minutes=17)
    assert mails.to("budi@example.com") == []
    assert len(mails.to("rani@example.com")) == 1


def test_a_page_fails_over_at_once(make_house, mails, room):
    house = people(Way("mail"), Way("chat"), assignment=Assignment.NOBODY)
    scene = make_house(house)
    post = delivering(scene, {"mail": mails.url, "chat": room.url})
    mails.behaviour = "refuse"
    grave(scene)
    post.run(minutes=61)
    assert room.posts


def test_the_severity_chooses_the_channel(make_house, mails, room):
    by_severity = (Way("chat", severities=frozenset({Severity.EMERGENCY})), Way("mail"))
    scene = make_house(people(*by_severity))
    post = delivering(scene, {"mail": mails.url, "chat": room.url})
    opened(scene)
    post.run(minutes=61)
    assert (len(mails.mails), len(room.posts)) == (1, 0)


def test_a_team_with_a_room_of_its_own_gets_the_notice_there(make_house, room):
    payments = replace(PAYMENTS, assignment=Assignment.NOBODY, reach=Reach((Way("chat"),)))
    house = organisation(FIRST, payments, LEADS, channels=frozenset({"chat"}))
    scene = make_house(house)
    post = delivering(scene, {"chat": room.url})
    opened(scene)
    post.run(minutes=61)
    (only,) = room.posts
    assert "Escalated to Payments" in only["message"]


def test_without_ways_the_helpdesks_own_notifications_have_to_do(make_house):
    scene = make_house()
    opened(scene)
    scene.run(minutes=61)
    assert states(scene) == []
    assert not any(isinstance(each, str) and "otification" in each for each in history(scene))


def test_a_recipient_whom_nothing_reaches_any_more_is_given_up_with_a_reason(make_house, mails):
    scene = make_house(people(Way("mail")))
    post = delivering(scene, {"mail": mails.url})
    opened(scene)
    scene.run(minutes=61)
    bare = organisation(FIRST, PAYMENTS, LEADS)
    scene.bridge = replace(scene.bridge, rules=replace(scene.bridge.rules, directory=bare))
    post = delivering(scene, {"mail": mails.url})
    post.run(seconds=timedelta(seconds=5).seconds)
    assert states(scene) == ["failed"]
    assert any("no channel is configured for" in line for line in history(scene))


def test_a_wave_that_is_one_incident_is_one_thing(make_scene, make_policy, mails):
    step = Step("now", Metric.FIRST_RESPONSE, 100, 0, (SendNotice("sari@example.com", "notice"),), page=True)
    scene = make_scene(policies=(make_policy(ladder=(step,)),), directory=people())
    incidents = IncidentRules(routes=(), emergency_customers=None)
    scene.bridge = replace(scene.bridge, rules=replace(scene.bridge.rules, incidents=incidents))
    post = delivering(scene, {"mail": mails.url})
    for number, text in enumerate(DEPOK):
        scene.clock.advance(minutes=1)
        ticket = scene.support.customer_writes(text, text)
        who = Person(f"c{number}", f"Customer {number}", f"c{number}@example.com")
        scene.support.tickets[ticket] = replace(
            scene.support.tickets[ticket], requester=who, created_at=scene.clock()
        )
        scene.news(scene.support, ticket)
    assert scene.view(len(DEPOK)).incident is not None
    post.run(minutes=49)
    post.through(minutes=13)
    assert len(states(scene)) == len(DEPOK)
    assert states(scene).count("dropped") == len(DEPOK) - 1
    pages = [mail for mail in mails.mails if "belum ada yang menjawab" not in mail["Subject"]]
    assert len(pages) <= 3  # one page, which is repeated
