"""The page on which somebody acknowledges an escalation: opening it changes nothing, its button does."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from escalation_bridge.domain.case.escalations import ChangeKind
from escalation_bridge.domain.sla.events import acknowledged
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.database.schema import cases, escalation_changes, escalations, events

FACTS = {"case": "1", "escalation": "1", "member": "sari@example.com"}


@pytest.fixture
def escalated(any_receiver):
    """A receiver whose database has one escalated case."""
    now = any_receiver.clock.at
    change = {
        "at": now,
        "by": "",
        "cause": "sla",
        "owner_team": "payments",
        "owner_person": None,
        "facts": "{}",
    }
    with any_receiver.bridge.database.write() as transaction:
        transaction.execute(
            cases.insert(),
            {"id": 1, "connection": "support", "ticket_id": "1", "state": "open", "opened_at": now},
        )
        transaction.execute(
            escalations.insert(),
            {
                "case_id": 1,
                "number": 1,
                "cause": "sla",
                "kind": "functional",
                "to_team": "payments",
                "owner_team": "payments",
                "category": "",
                "summary": "<b>Nobody</b> can pay",
                "customer": "",
                "weight": 1,
                "transfers": 0,
                "unattended": False,
                "opened_at": now,
            },
        )
        transaction.execute(
            escalation_changes.insert(),
            {"case_id": 1, "number": 1, "position": 0, "what": "opened", **change},
        )
    return any_receiver


def path(receiver, facts=FACTS, page="ack", **options):
    links = SignedLinks(receiver.bridge.links.secret, "https://bridge.example.com")
    url = links.url(page, facts, receiver.clock.at, timedelta(days=1))
    return url.removeprefix("https://bridge.example.com")


def commands(receiver):
    with receiver.bridge.database.read() as transaction:
        return list(transaction.execute(sa.select(events.c.document)).scalars())


def test_opening_the_page_changes_nothing_and_the_button_acknowledges(escalated):
    client, address = escalated.app.test_client(), path(escalated)
    for _ in range(3):  # scanners of mails open links, and not only once
        opened = client.get(address)
        assert opened.status_code == 200
        assert client.head(address).status_code == 200
    assert commands(escalated) == []
    assert "I am on it" in opened.text
    assert "&lt;b&gt;Nobody&lt;/b&gt; can pay" in opened.text
    done = client.post(address)
    assert done.status_code == 200
    assert "you are on it" in done.text
    (command,) = commands(escalated)
    assert "sari@example.com" in command
    assert escalated.rung == 1
    with escalated.bridge.database.read() as transaction:
        assert transaction.execute(sa.select(cases.c.wake_at)).scalar_one() == escalated.clock.at


@pytest.mark.parametrize(("column", "text"), [("closed", "has ended"), ("acknowledged", "on it already")])
def test_what_needs_nobody_any_more_is_not_acknowledged(escalated, column, text):
    what = ChangeKind.CLOSED if column == "closed" else ChangeKind.ACKNOWLEDGED
    with escalated.bridge.database.write() as transaction:
        transaction.execute(
            escalation_changes.insert(),
            {
                "case_id": 1,
                "number": 1,
                "position": 1,
                "what": what,
                "at": escalated.clock.at,
                "by": "Budi",
                "cause": "by_hand",
                "owner_team": "payments",
                "facts": "{}",
            },
        )
        if column == "closed":
            transaction.execute(escalations.update().values(outcome="solved", closed_at=escalated.clock.at))
    client = escalated.app.test_client()
    for answer in (client.get(path(escalated)), client.post(path(escalated))):
        assert answer.status_code == 200
        assert text in answer.text
        assert "<button" not in answer.text
    assert commands(escalated) == []


def test_the_page_speaks_the_language_of_the_message_or_of_the_browser(escalated):
    client = escalated.app.test_client()
    assert "Saya tangani" in client.get(path(escalated, {**FACTS, "language": "id"})).text
    assert "Saya tangani" in client.get(path(escalated), headers={"Accept-Language": "id-ID,en;q=0.5"}).text
    assert "I am on it" in client.get(path(escalated), headers={"Accept-Language": "fr"}).text


def test_a_link_that_is_none_or_too_old_is_refused_with_a_page(escalated):
    client = escalated.app.test_client()
    for address in ("/ack/x", path(escalated, page="other").replace("other", "ack"), path(escalated)[:-2]):
        assert client.post(address).status_code == 404
        assert "does not work" in client.get(address).text
    for facts in ({}, {**FACTS, "case": "99"}, {**FACTS, "escalation": "7"}, {**FACTS, "case": "x"}):
        assert client.post(path(escalated, facts)).status_code == 404
    address = path(escalated)
    escalated.clock.at += timedelta(days=2)
    assert client.get(address).status_code == 410
    assert client.post(address).status_code == 410
    assert commands(escalated) == []


def test_a_page_loads_nothing_from_elsewhere_and_is_kept_nowhere(escalated):
    client = escalated.app.test_client()
    for answer in (client.get(path(escalated)), client.get("/ack/x")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "<script" not in answer.text
    assert client.get("/pages.css").mimetype == "text/css"


def test_a_page_about_a_target_is_acknowledged_once(escalated):
    client, now = escalated.app.test_client(), escalated.clock.at
    address = path(escalated, {"case": "1", "since": now.isoformat(), "member": "sari@example.com"})
    assert "I am on it" in client.get(address).text
    assert commands(escalated) == []
    assert "you are on it" in client.post(address).text
    assert len(commands(escalated)) == 1
    with escalated.bridge.database.write() as transaction:
        case_file.save_events(transaction, 1, [acknowledged("Sari Dewi", now)])
    assert "Sari Dewi is on it already" in client.post(address).text
    later = path(escalated, {"case": "1", "since": (now + timedelta(hours=1)).isoformat()})
    assert "<button" in client.get(later).text
    with escalated.bridge.database.write() as transaction:
        transaction.execute(cases.update().values(state="closed"))
    assert "has ended" in client.post(later).text
    assert client.get(path(escalated, {"case": "1", "since": "yesterday"})).status_code == 404


def test_whoever_acknowledges_in_a_room_does_it_in_the_rooms_name(escalated):
    client = escalated.app.test_client()
    client.post(path(escalated, {"case": "1", "escalation": "1", "by": "Payments"}))
    (command,) = commands(escalated)
    assert "Payments" in command


def test_a_page_that_cannot_be_shown_says_so_to_a_person(escalated, monkeypatch):
    def fail(*_):
        raise StoreUnavailable("it is away")

    monkeypatch.setattr(case_views, "load_case", fail)
    answer = escalated.app.test_client().post(path(escalated))
    assert answer.status_code == 503
    assert answer.mimetype == "text/html"
    assert "try again" in answer.text
    assert commands(escalated) == []


def test_neither_another_method_nor_a_large_form_changes_anything(escalated):
    client, address = escalated.app.test_client(), path(escalated)
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.open(address, method=method).status_code == 405
    client.options(address)
    client.get(address, headers={"X-HTTP-Method-Override": "POST"}, query_string={"_method": "POST"})
    assert commands(escalated) == []
