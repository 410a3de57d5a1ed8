"""Refused credentials: the vendor is asked once a minute, nothing is lost, and everything goes on once they are renewed."""

from datetime import timedelta

import pytest

from escalation_bridge.errors import AuthenticationFailed, Circumstances
from escalation_bridge.plugin.hooks import hookimpl


class Lapsed:
    """A vendor that accepts the credentials no more, until they are renewed."""

    def __init__(self):
        self.is_renewed = False
        self.asked = 0

    def _answer(self):
        self.asked += 1
        if not self.is_renewed:
            raise AuthenticationFailed("expired", Circumstances("support", "fetch_ticket", 401))
        return (yield)

    @hookimpl(wrapper=True)
    def fetch_ticket(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def add_comment(self):
        return (yield from self._answer())


@pytest.fixture
def lapsed(scene):
    vendor = Lapsed()
    scene.bridge.helpdesks["support"].extend(vendor, "lapsed")
    return vendor


def test_fifty_cases_ask_once_a_minute_and_all_go_on_after_the_renewal(scene, lapsed, capsys):
    tickets = [scene.support.customer_writes(f"Ticket {n}", "It burns.") for n in range(50)]
    for ticket in tickets:
        scene.hear(scene.support, ticket)
    scene.run()
    assert lapsed.asked == 1
    assert "".join(capsys.readouterr()).count("connection.refused") == 1
    for _ in range(30):
        scene.run(minutes=1)
    assert lapsed.asked <= 31
    lapsed.is_renewed = True
    for _ in range(8):
        scene.run(minutes=1)
    assert all(scene.view(n).tickets for n in range(1, 51))


def test_what_was_decided_before_is_written_once_they_are_renewed(scene, lapsed):
    lapsed.is_renewed = True
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    lapsed.is_renewed = False
    for _ in range(70):
        scene.run(minutes=1)
    assert scene.support.writes == []
    lapsed.is_renewed = True
    for _ in range(8):
        scene.run(minutes=1)
    operations = [operation for operation, _ in scene.support.writes]
    assert "add_comment" in operations
    assert len(scene.dev.tickets) == 1


def test_the_connection_can_be_checked_meanwhile(scene, lapsed):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    desk = scene.bridge.helpdesks["support"]
    with pytest.raises(AuthenticationFailed):
        desk.fetch_ticket(ticket)
    with pytest.raises(AuthenticationFailed) as spared:
        desk.fetch_comments(ticket, None)
    assert 0 < spared.value.at.retry_after <= 60
    assert desk.check_connection().user_name == "Bridge"
    scene.clock.at += timedelta(seconds=61)
    lapsed.is_renewed = True
    assert desk.fetch_ticket(ticket).ref.id == ticket
    assert desk.fetch_comments(ticket, None) == ()
