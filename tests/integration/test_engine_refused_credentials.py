"""Refused credentials are visible: one alert of the connection, one note in each ticket that they put at stake, and both end."""

import pytest

from escalation_bridge.domain.tickets.tickets import Role
from escalation_bridge.engine.attention import lines_of_attention
from escalation_bridge.errors import AuthenticationFailed, Circumstances
from escalation_bridge.plugin.hooks import hookimpl


class Lapsed:
    """A vendor that accepts the credentials no more, whatever is asked, until they are renewed."""

    def __init__(self, name):
        self.name = name
        self.is_renewed = False

    def _answer(self):
        if not self.is_renewed:
            raise AuthenticationFailed("the token has expired", Circumstances(self.name, "fetch_ticket", 401))
        return (yield)

    @hookimpl(wrapper=True)
    def fetch_ticket(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def fetch_comments(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def find_ticket(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def create_ticket(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def update_ticket(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def add_comment(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def edit_comment(self):
        return (yield from self._answer())

    @hookimpl(wrapper=True)
    def link_ticket(self):
        return (yield from self._answer())


def lapse(scene, plugin):
    vendor = Lapsed(plugin.name)
    scene.bridge.helpdesks[plugin.name].extend(vendor, "lapsed")
    return vendor


def attention(scene):
    with scene.bridge.database.read() as transaction:
        return [line for line in lines_of_attention(transaction, scene.bridge.now()) if "credentials" in line]


def notes(plugin, ticket):
    return [one.body.text for one in plugin.comments.get(ticket, ()) if "credentials" in one.body.text]


def test_an_escalation_that_cannot_be_made_is_told_in_the_customers_ticket_and_so_is_its_end(scene):
    vendor = lapse(scene, scene.dev)
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    assert attention(scene) == []
    for _ in range(75):
        scene.run(minutes=1)
    (line,) = attention(scene)
    assert line.startswith(f"{scene.dev.name} refuses the bridge's credentials since ")
    assert "the token has expired" in line
    (note,) = notes(scene.support, ticket)
    assert "Until they are renewed" in note
    assert not scene.dev.tickets
    vendor.is_renewed = True
    for _ in range(5):
        scene.run(minutes=1)
    assert attention(scene) == []
    assert len(scene.dev.tickets) == 1
    (note,) = notes(scene.support, ticket)
    assert "accepted again" in note


def test_where_the_customers_ticket_cannot_be_written_to_the_linked_one_tells(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    scene.run(minutes=1)
    (issue,) = scene.dev.tickets
    vendor = lapse(scene, scene.support)
    scene.dev.says(issue, "Fixed in the next build.", Role.AGENT)
    scene.news(scene.dev, issue)
    for _ in range(30):
        scene.run(minutes=10)
    assert len(attention(scene)) == 1
    (note,) = notes(scene.dev, issue)
    assert "Until they are renewed" in note
    vendor.is_renewed = True
    for _ in range(12):
        scene.run(minutes=1)
    assert attention(scene) == []
    (note,) = notes(scene.dev, issue)
    assert "accepted again" in note


def test_a_ticket_whose_target_is_far_away_is_left_alone(scene):
    lapse(scene, scene.dev)
    near = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, near)
    for _ in range(50):
        scene.run(minutes=1)
    far = scene.support.customer_writes("Coffee cold", "It freezes.")
    scene.news(scene.support, far)
    for _ in range(15):
        scene.run(minutes=1)
    assert len(notes(scene.support, near)) == 1
    assert notes(scene.support, far) == []


@pytest.mark.parametrize("refused", ["support", "dev"])
def test_an_alert_of_a_process_that_is_gone_ends_once_the_credentials_are_accepted(scene, refused):
    plugin = getattr(scene, refused)
    error = AuthenticationFailed("expired", Circumstances(plugin.name, "fetch_ticket", 401))
    scene.bridge._note_credentials(plugin.name, error)
    assert len(attention(scene)) == 1
    ticket = plugin.customer_writes("Printer on fire", "It burns.")
    scene.bridge.helpdesks[plugin.name].fetch_ticket(ticket)
    assert attention(scene) == []
