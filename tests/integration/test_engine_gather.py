"""Reading tickets: nothing that was said is missed, whatever happens between reading and writing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.engine.gather import gather as gathering
from escalation_bridge.engine.routing import route_deliveries
from escalation_bridge.errors import AuthenticationFailed, NotReachable, StoreUnavailable
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.cases import case_file, case_tickets, case_views
from escalation_bridge.store.queue import claims
from escalation_bridge.store.queue.claims import LeaseLost

LEASE = timedelta(minutes=3)


@pytest.fixture
def database_kind():
    return "sqlite"


def opened(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    return ticket


def stale(scene):
    with scene.bridge.database.read() as transaction:
        return case_views.stale_tickets(transaction, 1)


class Killed(BaseException):
    """What no handler catches: the process is gone."""


class Meanwhile:
    """Does something at the vendor in the moment before the bridge's first write."""

    def __init__(self, happens):
        self._happens = happens

    @hookimpl(wrapper=True)
    def add_comment(self):
        happens, self._happens = self._happens, None
        if happens:
            happens()
        return (yield)


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT])
def test_what_is_said_while_the_bridge_writes_is_heard(scene, role):
    ticket = opened(scene)
    said = []
    scene.bridge.helpdesks["support"].extend(
        Meanwhile(lambda: said.append(scene.support.says(ticket, "Meanwhile", role))), "meanwhile"
    )
    scene.run(minutes=48)
    scene.clock.advance(seconds=1)
    scene.news(scene.support, ticket)
    assert said[0] in [comment.id for comment in scene.view().comments]
    if role is Role.AGENT:
        assert "clock_met" in scene.timeline()


def test_comments_of_one_second_are_all_heard(scene):
    ticket = opened(scene)
    for n in range(12):
        scene.support.says(ticket, f"{n}", Role.CUSTOMER)
        if n % 5 == 0:
            scene.news(scene.support, ticket)
    scene.news(scene.support, ticket)
    assert len(scene.view().comments) == 12


def test_a_worker_that_lost_its_case_writes_nothing_more_of_it(scene):
    ticket = opened(scene)
    scene.clock.advance(minutes=1)
    scene.support.says(ticket, "More", Role.CUSTOMER)
    scene.wake()
    with scene.bridge.database.write() as transaction:
        case_tickets.mark_stale(transaction, scene.view().origin)
        slow = claims.claim_case(transaction, "slow", scene.clock(), LEASE)

    class TakesOver:
        @hookimpl(wrapper=True)
        def fetch_ticket(self):
            scene.clock.advance(minutes=4)
            with scene.bridge.database.write() as transaction:
                assert claims.claim_case(transaction, "quick", scene.clock(), LEASE)
            return (yield)

    scene.bridge.helpdesks["support"].extend(TakesOver(), "slow")
    before = scene.view()
    with pytest.raises(LeaseLost):
        gathering.gather(scene.bridge, slow, before, [before.origin], LEASE)
    assert scene.view() == before
    assert stale(scene) == [before.origin]  # the news is still there for the new owner


@pytest.mark.parametrize(("write", "is_news"), [("confirm", False), ("save_snapshot", True)])
def test_a_database_in_trouble_is_not_taken_for_a_ticket_in_trouble(scene, monkeypatch, write, is_news):
    ticket = opened(scene)
    if is_news:
        scene.clock.advance(minutes=1)
        scene.support.set_status(ticket, StatusKind.OPEN)
    scene.wake()
    with scene.bridge.database.write() as transaction:
        claim = claims.claim_case(transaction, "me", scene.clock(), LEASE)

    def refuse(*_):
        raise StoreUnavailable("locked")

    monkeypatch.setattr(case_file, write, refuse)
    with pytest.raises(StoreUnavailable):
        gathering.gather(scene.bridge, claim, scene.view(), [scene.view().origin], LEASE)


def test_news_is_not_lost_when_the_worker_is_killed_while_reading(scene):
    ticket = opened(scene)
    scene.support.says(ticket, "We are on it.", Role.AGENT)

    class Kills:
        @hookimpl(wrapper=True)
        def fetch_comments(self):
            yield
            raise Killed

    helpdesk = scene.bridge.helpdesks["support"]
    helpdesk.extend(kills := Kills(), "kills")
    with pytest.raises(Killed):
        scene.news(scene.support, ticket)
    helpdesk._relay.unregister(kills)
    scene.run(minutes=5)
    assert "clock_met" in scene.timeline()
    assert stale(scene) == []


def test_news_that_comes_while_a_ticket_is_read_has_it_read_again(scene):
    ticket = opened(scene)

    class TalksMeanwhile:
        talked = False

        @hookimpl(wrapper=True)
        def fetch_comments(self):
            comments = yield
            if not self.talked:
                self.talked = True
                scene.support.says(ticket, "We are on it.", Role.AGENT)
                scene.hear(scene.support, ticket)
                route_deliveries(scene.bridge)  # another worker does
            return comments

    scene.bridge.helpdesks["support"].extend(TalksMeanwhile(), "talks")
    scene.clock.advance(minutes=1)
    scene.news(scene.support, ticket)
    assert "clock_met" in scene.timeline()
    assert stale(scene) == []


def test_one_ticket_that_cannot_be_read_keeps_no_other_from_being_read(scene):
    ticket = opened(scene)
    scene.run(minutes=61)
    issue = next(iter(scene.dev.tickets))
    scene.clock.advance(minutes=1)
    scene.support.faults["fetch_ticket"] = [
        NotReachable("down", scene.support.at("fetch_ticket")) for _ in range(9)
    ]
    scene.dev.says(issue, "Looking into it.", Role.AGENT, Visibility.PRIVATE)
    scene.hear(scene.support, ticket)
    scene.news(scene.dev, issue)
    assert [c.body.text for c in scene.view().comments_of(scene.dev.tickets[issue].ref)] == [
        "Looking into it."
    ]
    assert "Looking into it." in scene.support.comments[ticket][-1].body.text


def test_a_ticket_that_cannot_be_read_is_read_later(scene):
    ticket = opened(scene)
    scene.support.faults["fetch_ticket"] = [NotReachable("down", scene.support.at("fetch_ticket"))]
    scene.clock.advance(minutes=1)
    scene.support.says(ticket, "We are on it.", Role.AGENT)
    scene.news(scene.support, ticket)
    assert "clock_met" not in scene.timeline()
    scene.run(seconds=10)
    assert "clock_met" in scene.timeline()


def test_reading_in_vain_becomes_rarer(scene):
    ticket = opened(scene)
    errors = [AuthenticationFailed("no", scene.support.at("fetch_ticket")) for _ in range(1000)]
    scene.support.faults["fetch_ticket"] = errors
    scene.hear(scene.support, ticket)
    for _ in range(60):
        scene.run(seconds=10)
    assert 1000 - len(errors) < 20


def test_reading_in_vain_is_in_the_history(scene):
    ticket = opened(scene)
    scene.support.faults["fetch_ticket"] = [
        AuthenticationFailed("no", scene.support.at("fetch_ticket")) for _ in range(3)
    ]
    before = scene.timeline()
    scene.news(scene.support, ticket)
    assert scene.timeline() != before


def test_a_read_that_lags_is_no_change(scene):
    ticket = opened(scene)
    scene.run(minutes=61)
    issue = next(iter(scene.dev.tickets))
    lagging = scene.dev.tickets[issue]
    scene.clock.advance(minutes=1)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    present = scene.dev.tickets[issue]
    assert present.status.kind is StatusKind.CLOSED
    scene.dev.tickets[issue] = lagging
    scene.news(scene.dev, issue)
    scene.dev.tickets[issue] = present
    scene.news(scene.dev, issue)
    assert "status_noted" not in scene.timeline()


def test_the_clocks_follow_the_ticket_through_a_second_with_several_changes(scene):
    ticket = opened(scene)
    for kind in (StatusKind.SOLVED, StatusKind.OPEN):
        scene.support.set_status(ticket, kind)
        scene.news(scene.support, ticket)
    scene.run(minutes=1)
    assert scene.support.tickets[ticket].status.kind is StatusKind.OPEN
    assert {str(c.metric): str(c.state) for c in scene.view().clocks}["resolution"] == "running"


def test_a_comment_of_the_bridge_is_known_without_its_receipt(scene):
    """Killed after writing, at a vendor that keeps no marker: the text says whose it is."""
    ticket = opened(scene)

    class KeepsNoMarker:
        @hookimpl(wrapper=True)
        def add_comment(self):
            yield
            scene.support.comments[ticket][-1] = replace(scene.support.comments[ticket][-1], marker=None)
            raise Killed

    helpdesk = scene.bridge.helpdesks["support"]
    helpdesk.extend(plugin := KeepsNoMarker(), "dies")
    with pytest.raises(Killed):
        scene.run(minutes=48)
    helpdesk._relay.unregister(plugin)
    scene.hear(scene.support, ticket)
    with scene.bridge.database.write() as transaction:
        claim = claims.claim_case(transaction, "next", scene.clock() + LEASE * 2, LEASE)
    gathering.gather(scene.bridge, claim, scene.view(), [scene.view().origin], LEASE)
    assert len(scene.view().own_comments) == 1


def test_a_comment_that_was_made_private_is_not_quoted(scene):
    ticket = opened(scene)
    scene.clock.advance(minutes=10)
    scene.support.says(ticket, "The customer's password is hunter2.", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    (said,) = scene.support.comments[ticket]
    scene.support.comments[ticket] = [replace(said, visibility=Visibility.PRIVATE)]
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets.values()
    assert "hunter2" not in issue.description.text
