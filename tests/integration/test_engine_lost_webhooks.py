"""A lost webhook changes nothing about the result, also where a decision rests on several tickets.

What cannot be taken back (a ticket is handed back, closed, reopened, escalated; a customer is told something) is decided on tickets
that were just read, also on those of which nothing was heard.
"""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.domain.routes.routes import ReopenRule
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.errors import NotReachable
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings

OPEN, THIRD = StatusKind.OPEN, StatusKind.WAITING_THIRD_PARTY
SOLVED, CLOSED = StatusKind.SOLVED, StatusKind.CLOSED


class Office:
    """Two customers' tickets and two issues: the first ticket waits for both issues, the second one for the first issue."""

    def __init__(self, make_fresh_scene, make_route):
        self.scene = make_fresh_scene(policies=(), routes=(make_route(reopen=ReopenRule()),))
        support, dev = self.scene.support, self.scene.dev
        tickets = [support.customer_writes(f"Printer {number} on fire", "It burns.") for number in range(2)]
        issues = [dev.customer_writes(f"Part {number}", "Broken.") for number in range(2)]
        self.places = [*((support, ticket) for ticket in tickets), *((dev, issue) for issue in issues)]
        for ticket, issue in ((0, 0), (0, 1), (1, 0)):
            link_tickets(self.scene.bridge, LinkRequest(tickets[ticket], issues[issue], "engineering"))
        self.scene.run()
        for number in range(2):
            self.turns(number, THIRD)

    def turns(self, who, kind, *, heard=True):
        """Somebody sets a status; the webhook arrives, or does not."""
        self.scene.clock.advance(minutes=1)
        plugin, ticket = self.places[who]
        plugin.set_status(ticket, kind)
        if heard:
            self.scene.news(plugin, ticket)

    def shows(self, who):
        plugin, ticket = self.places[who]
        return plugin.tickets[ticket].status.kind

    def calm_down(self):
        """Every ticket is heard of, as reconciliation would have it, until nothing happens any more."""
        for _ in range(4):
            for plugin, ticket in self.places:
                self.scene.hear(plugin, ticket)
            self.scene.run(minutes=10)

    def end(self):
        self.calm_down()
        return [self.shows(who) for who in range(4)]


@pytest.fixture
def make_office(make_fresh_scene, make_route):
    return lambda: Office(make_fresh_scene, make_route)


FIRST, SECOND, ISSUE, OTHER_ISSUE = range(4)


def test_a_ticket_is_not_handed_back_while_an_issue_is_open_again_of_which_nothing_was_heard(make_office):
    office = make_office()
    office.turns(ISSUE, SOLVED)
    office.turns(ISSUE, OPEN, heard=False)
    office.turns(OTHER_ISSUE, SOLVED)
    assert office.shows(FIRST) is THIRD
    office.calm_down()
    assert office.shows(FIRST) is THIRD
    office.turns(ISSUE, SOLVED)
    assert office.shows(FIRST) is OPEN


def test_an_issue_is_not_closed_while_a_customers_ticket_is_open_again_of_which_nothing_was_heard(
    make_office,
):
    office = make_office()
    office.turns(FIRST, SOLVED)
    office.turns(FIRST, OPEN, heard=False)
    office.turns(SECOND, SOLVED)
    assert office.shows(ISSUE) is not CLOSED
    office.turns(FIRST, SOLVED)
    assert office.shows(ISSUE) is CLOSED


class Outage:
    """One ticket cannot be read."""

    def __init__(self, ticket, plugin):
        self.ticket, self.plugin = ticket, plugin
        self.asked, self.is_over = 0, False

    @hookimpl(tryfirst=True)
    def fetch_ticket(self, ticket_id):
        if ticket_id == self.ticket and not self.is_over:
            self.asked += 1
            raise NotReachable("no route", self.plugin.at("fetch_ticket"))


@pytest.mark.parametrize("unread", [ISSUE, FIRST])
def test_while_one_of_them_cannot_be_read_it_waits_and_goes_on_once_it_can(make_office, unread):
    office = make_office()
    closes = unread == FIRST
    before, last, result = (FIRST, SECOND, ISSUE) if closes else (ISSUE, OTHER_ISSUE, FIRST)
    office.turns(before, SOLVED)
    shown = office.shows(result)
    plugin, ticket = office.places[unread]
    outage = Outage(ticket, plugin)
    office.scene.bridge.helpdesks[plugin.connection.name].extend(outage, "outage")
    office.turns(last, SOLVED)
    assert outage.asked, "nobody asked"
    assert office.shows(result) is shown, "decided on what was last known"
    outage.is_over = True
    office.scene.run(minutes=10)
    assert office.shows(result) is (CLOSED if closes else OPEN)


def test_an_issue_at_a_connection_that_was_removed_counts_as_it_was_last_known(make_fresh_scene, make_route):
    routes = (make_route(), make_route(name="wiring", linked="ops"))
    scene = make_fresh_scene(policies=(), routes=routes)
    ops = MemoryHelpdesk(Connection("ops", MemorySettings(plugin="memory"), scene.clock))
    scene.bridge.helpdesks["ops"] = Helpdesk("ops", ops)
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    issue, part = scene.dev.customer_writes("Part", "Broken."), ops.customer_writes("Wire", "Thin.")
    for linked, route in ((issue, "engineering"), (part, "wiring")):
        assert link_tickets(scene.bridge, LinkRequest(ticket, linked, route)).refusal is None
    scene.run()
    for plugin, each, kind in ((scene.support, ticket, THIRD), (ops, part, SOLVED)):
        scene.clock.advance(minutes=1)
        plugin.set_status(each, kind)
        scene.news(plugin, each)
    del scene.bridge.helpdesks["ops"]
    scene.clock.advance(minutes=1)
    scene.dev.set_status(issue, SOLVED)
    scene.news(scene.dev, issue)
    assert scene.support.tickets[ticket].status.kind is OPEN


KINDS = st.sampled_from([OPEN, SOLVED])
DONE = (SOLVED, CLOSED)
ISSUES_OF = {FIRST: (ISSUE, OTHER_ISSUE), SECOND: (ISSUE,)}
CUSTOMERS_OF = {ISSUE: (FIRST, SECOND), OTHER_ISSUE: (FIRST,)}


def stories(*who):
    return st.lists(st.tuples(st.sampled_from(who), KINDS, st.booleans()), max_size=7)


PLAYED = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def without_what_nobody_saw(turns):
    """The story as it looks to whoever hears everything: a status that was overwritten before anybody heard of it never was."""
    return [
        (who, kind)
        for position, (who, kind, heard) in enumerate(turns)
        if heard or not any(other == who for other, _, _ in turns[position + 1 :])
    ]


@PLAYED
@given(turns=st.one_of(stories(ISSUE, OTHER_ISSUE), stories(FIRST, SECOND)))
@example(turns=[(ISSUE, SOLVED, True), (ISSUE, OPEN, False), (OTHER_ISSUE, SOLVED, True)])
@example(turns=[(FIRST, SOLVED, True), (FIRST, OPEN, False), (SECOND, SOLVED, True)])
def test_whichever_webhooks_are_lost_the_end_is_the_same(make_office, turns):
    with capture_logs():
        told = make_office()
        for who, kind in without_what_nobody_saw(turns):
            told.turns(who, kind)
        expected = told.end()
        office = make_office()
        for who, kind, heard in turns:
            office.turns(who, kind, heard=heard)
        assert office.end() == expected


@PLAYED
@given(turns=stories(FIRST, SECOND, ISSUE, OTHER_ISSUE))
def test_whichever_webhooks_are_lost_nothing_is_done_while_somebody_is_not_as_far(make_office, turns):
    """Where both sides change, who changed first decides the end, and with a lost webhook that is another one. This holds all the same."""
    with capture_logs():
        office = make_office()
        for who, kind, heard in turns:
            before = [office.shows(each) for each in range(4)]
            office.turns(who, kind, heard=heard)
            after = [office.shows(each) for each in range(4)]
            for ticket, issues in ISSUES_OF.items():
                if ticket != who and before[ticket] is THIRD and after[ticket] is OPEN:
                    assert all(after[issue] in DONE for issue in issues), "handed back too early"
            for issue, tickets in CUSTOMERS_OF.items():
                if issue != who and before[issue] not in DONE and after[issue] in DONE:
                    assert all(after[ticket] in DONE for ticket in tickets), "closed too early"
        office.calm_down()
