"""One customer's ticket with several issues: when it is handed back, and that the issues do not fight over it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.domain.routes.routes import DoneWhen
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets, unlink_tickets

NEW, OPEN = StatusKind.NEW, StatusKind.OPEN
CUSTOMER, THIRD = StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY
SOLVED, CLOSED = StatusKind.SOLVED, StatusKind.CLOSED


@pytest.fixture
def make_office(make_fresh_scene, make_route):
    """A ticket that waits for two issues."""

    def make(**route):
        scene = make_fresh_scene(policies=(), routes=(make_route(**route),))
        ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        issues = [scene.dev.customer_writes(f"Part {number}", "Broken.") for number in range(2)]
        for issue in issues:
            link_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering"))
        scene.run()
        scene.support.set_status(ticket, THIRD)
        scene.news(scene.support, ticket)
        return scene, ticket, issues

    return make


def shows(plugin, ticket):
    return plugin.tickets[ticket].status.kind


def turns(scene, issue, kind):
    scene.clock.advance(seconds=1)
    scene.dev.set_status(issue, kind)
    scene.news(scene.dev, issue)


def test_it_is_handed_back_when_all_are_done(make_office):
    scene, ticket, (one, other) = make_office()
    turns(scene, one, SOLVED)
    assert shows(scene.support, ticket) is THIRD
    assert scene.timeline().count("status_waits") == 1
    assert scene.support.shown[ticket, scene.dev.tickets[one].ref].done, "the pointer shows it at once"
    turns(scene, other, SOLVED)
    assert shows(scene.support, ticket) is OPEN
    assert all(link.waiting == {} for link in scene.view().links)


@pytest.mark.parametrize("named", [False, True])
def test_status_is_one_note_for_all_issues_or_about_the_one_that_is_named(make_office, named):
    scene, ticket, issues = make_office()
    keys = [scene.dev.tickets[issue].key for issue in issues]
    scene.clock.advance(minutes=1)
    words = f"/bridge status {keys[1]}" if named else "/bridge status"
    scene.support.says(ticket, words, Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, ticket)
    (note,) = [c.body.text for c in scene.support.comments[ticket] if "in sync" in c.body.text]
    assert [key in note for key in keys] == [not named, True]
    scene.news(scene.support, ticket)
    assert len([c for c in scene.support.comments[ticket] if "in sync" in c.body.text]) == 1


def test_or_when_any_is_done_if_the_route_says_so(make_office):
    scene, ticket, (one, _) = make_office(done_when=DoneWhen.ANY)
    turns(scene, one, SOLVED)
    assert shows(scene.support, ticket) is OPEN


@pytest.mark.parametrize("gone", [False, True])
def test_it_is_handed_back_when_the_other_one_does_not_count_any_more(make_office, gone):
    scene, ticket, (one, other) = make_office()
    turns(scene, one, SOLVED)
    if gone:
        del scene.dev.tickets[other]
        scene.news(scene.dev, other)
    else:
        unlink_tickets(scene.bridge, LinkRequest(ticket, other, "engineering"))
        scene.run()
    assert shows(scene.support, ticket) is OPEN


def test_while_another_is_at_work_it_goes_on_waiting_for_somebody_else(make_office):
    scene, ticket, (one, other) = make_office()
    turns(scene, one, CUSTOMER)
    assert shows(scene.support, ticket) is THIRD
    turns(scene, other, SOLVED)
    assert shows(scene.support, ticket) is CUSTOMER, "now nobody else is at work"
    turns(scene, one, SOLVED)
    assert shows(scene.support, ticket) is OPEN


def test_in_every_other_status_the_newest_change_counts(make_office):
    scene, ticket, (one, other) = make_office()
    scene.support.set_status(ticket, OPEN)
    scene.news(scene.support, ticket)
    turns(scene, one, CUSTOMER)
    assert shows(scene.support, ticket) is CUSTOMER
    turns(scene, other, THIRD)
    assert shows(scene.support, ticket) is THIRD
    assert (shows(scene.dev, one), shows(scene.dev, other)) == (CUSTOMER, THIRD)


def test_what_one_issue_writes_is_not_carried_to_the_other(make_office, make_route):
    told = make_route().to_linked
    both = type(told)({**told.words, "waiting_customer": "waiting_customer"})
    scene, ticket, (one, other) = make_office(to_linked=both)
    scene.support.set_status(ticket, OPEN)
    scene.news(scene.support, ticket)
    turns(scene, one, CUSTOMER)
    assert shows(scene.support, ticket) is CUSTOMER
    assert shows(scene.dev, other) is NEW
    scene.support.set_status(ticket, OPEN)
    scene.news(scene.support, ticket)
    scene.support.set_status(ticket, CUSTOMER)  # an agent: this goes to both
    scene.news(scene.support, ticket)
    assert (shows(scene.dev, one), shows(scene.dev, other)) == (CUSTOMER, CUSTOMER)


def test_what_is_said_goes_to_all_issues_and_from_each(make_office):
    scene, ticket, issues = make_office()
    scene.support.says(ticket, "Any news?", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    for issue in issues:
        (said,) = [c.body.text for c in scene.dev.comments[issue]]
        assert said.endswith("Any news?")
        scene.dev.says(issue, f"From {issue};", Role.AGENT)
        scene.news(scene.dev, issue)
    heard = "\n".join(c.body.text for c in scene.support.comments[ticket])
    assert all(heard.count(f"From {issue};") == 1 for issue in issues)
    assert all(len(scene.dev.comments[issue]) == 2 for issue in issues)


def test_done_at_the_customers_closes_them_all(make_office):
    scene, ticket, issues = make_office()
    scene.support.set_status(ticket, SOLVED)
    scene.news(scene.support, ticket)
    assert {shows(scene.dev, issue) for issue in issues} == {CLOSED}


KINDS = st.sampled_from([OPEN, CUSTOMER, THIRD, SOLVED])
TURNS = st.lists(st.tuples(st.integers(0, 2), KINDS, st.booleans()), max_size=8)


calm = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@settings(calm, max_examples=8)  # the nightly run plays more
@given(turns=TURNS)
def test_whatever_they_show_it_comes_to_rest_and_nobody_is_handed_back_too_early(make_office, turns):
    play_several_issues(make_office, turns)


@pytest.mark.nightly
@settings(calm, max_examples=250)
@given(turns=TURNS)
def test_whatever_they_show_it_comes_to_rest_and_nobody_is_handed_back_too_early_each_night(
    make_office, turns
):
    play_several_issues(make_office, turns)


def play_several_issues(make_office, turns):
    with capture_logs():
        scene, ticket, issues = make_office()
        places = [(scene.support, ticket), *((scene.dev, issue) for issue in issues)]
        for who, kind, is_heard in turns:
            plugin, place = places[who]
            scene.clock.advance(minutes=10)
            plugin.set_status(place, kind)
            before = shows(scene.support, ticket)
            if is_heard:
                scene.news(plugin, place)
            if who and is_heard and before is THIRD and shows(scene.support, ticket) is OPEN:
                assert all(shows(scene.dev, issue) in (SOLVED, CLOSED) for issue in issues)
        for _ in range(3):
            for plugin, place in places:
                scene.hear(plugin, place)
            scene.run(hours=1)
        writes = len(scene.support.writes) + len(scene.dev.writes)
        for plugin, place in places:
            scene.hear(plugin, place)
        scene.run(hours=1)
        assert len(scene.support.writes) + len(scene.dev.writes) == writes
