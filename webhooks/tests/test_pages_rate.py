"""The page on which a customer answers whether the handling was satisfactory: opening it changes nothing, one click does."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.store.database.schema import cases, escalation_changes, escalations, satisfaction

FACTS = {"case": "1", "escalation": "1"}


@pytest.fixture
def ended(any_receiver):
    """A receiver whose database has one case with an escalation that ended."""
    now = any_receiver.clock.at
    own = {"case_id": 1, "number": 1, "cause": "sla", "owner_team": "payments"}
    with any_receiver.bridge.database.write() as transaction:
        case = {"id": 1, "connection": "support", "ticket_id": "1", "state": "closed", "opened_at": now}
        transaction.execute(cases.insert(), case)
        ended = {
            "kind": "functional",
            "to_team": "payments",
            "category": "",
            "summary": "internal words",
            "customer": "",
            "weight": 1,
            "transfers": 0,
            "unattended": False,
            "opened_at": now,
            "closed_at": now,
            "outcome": "solved",
        }
        transaction.execute(escalations.insert(), {**own, **ended})
        for position, what in enumerate(("opened", "closed")):
            change = {"position": position, "what": what, "at": now, "by": "", "facts": "{}"}
            transaction.execute(escalation_changes.insert(), {**own, **change})
    return any_receiver


def path(receiver, facts=FACTS, page="rate"):
    links = SignedLinks(receiver.bridge.links.secret, "https://bridge.example.com")
    url = links.url(page, facts, receiver.clock.at, timedelta(days=14))
    return url.removeprefix("https://bridge.example.com")


def answers(receiver):
    with receiver.bridge.database.read() as transaction:
        return [
            (each.verdict, each.comment, each.team) for each in transaction.execute(sa.select(satisfaction))
        ]


def test_opening_the_page_changes_nothing_and_one_click_answers(ended):
    client, address = ended.app.test_client(), path(ended)
    for _ in range(3):
        opened = client.get(address)
        assert opened.status_code == 200
        assert client.head(address).status_code == 200
    assert answers(ended) == []
    assert opened.text.count("<button") == 3
    assert "internal words" not in opened.text
    assert "payments" not in opened.text
    done = client.post(address, data={"verdict": "good", "comment": ""})
    assert "We have your answer" in done.text
    assert "<button" not in done.text
    assert answers(ended) == [("good", "", "payments")]
    assert ended.rung == 1
    with ended.bridge.database.read() as transaction:
        assert transaction.execute(sa.select(cases.c.wake_at)).scalar_one() == ended.clock.at


def test_the_first_answer_stays(ended):
    client, address = ended.app.test_client(), path(ended)
    client.post(address, data={"verdict": "bad", "comment": "Too <b>late</b>\r\nby days\x00"})
    again = client.post(address, data={"verdict": "good", "comment": "no"})
    assert "answered already" in again.text
    assert "answered already" in client.get(address).text
    assert answers(ended) == [("bad", "Too <b>late</b>\nby days", "payments")]


@pytest.mark.parametrize("sent", [{}, {"verdict": "superb"}, {"verdict": ""}, {"comment": "good"}])
def test_what_is_no_answer_asks_again(ended, sent):
    asked = ended.app.test_client().post(path(ended), data=sent)
    assert asked.status_code == 200
    assert asked.text.count("<button") == 3
    assert answers(ended) == []


def test_a_long_comment_is_cut_and_a_huge_form_refused(ended):
    client = ended.app.test_client()
    huge = client.post(path(ended), data={"verdict": "good", "comment": "x" * 200_000})
    assert huge.status_code == 413
    assert answers(ended) == []
    client.post(path(ended), data={"verdict": "neutral", "comment": "y" * 9000})
    assert answers(ended) == [("neutral", "y" * 4000, "payments")]


def test_the_page_in_indonesian(ended):
    client = ended.app.test_client()
    shown = client.get(path(ended, {**FACTS, "language": "id"})).text
    assert "Apakah Anda puas dengan penanganan laporan Anda?" in shown
    assert "Tidak puas" in shown


def test_a_link_that_is_none_or_too_old_is_refused(ended):
    client = ended.app.test_client()
    for address in ("/rate/x", path(ended, page="ack").replace("/ack/", "/rate/"), path(ended)[:-2]):
        assert client.get(address).status_code == 404
        assert client.post(address, data={"verdict": "good"}).status_code == 404
    for facts in ({}, {**FACTS, "case": "99"}, {**FACTS, "escalation": "7"}):
        assert client.post(path(ended, facts), data={"verdict": "good"}).status_code == 404
    address = path(ended)
    ended.clock.at += timedelta(days=15)
    assert client.post(address, data={"verdict": "good"}).status_code == 410
    assert answers(ended) == []
