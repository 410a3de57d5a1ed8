"""What agents ask for in an issue on which several customers' tickets are: each link is meant, one of them, or none; one answer."""

import pytest

from escalation_bridge.domain.routes.routes import StatusMap
from escalation_bridge.domain.routes.sides import Keep
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind, Visibility
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.store.cases import case_views, stored_links

PRIVATE = Visibility.PRIVATE


@pytest.fixture
def quiet(make_scene):
    return make_scene(policies=())


def customer(scene, issue, *, with_history=False):
    """A customer's ticket that is linked with the issue."""
    ticket = scene.support.customer_writes("Printer", "It burns.", Priority.NORMAL)
    scene.clock.advance(seconds=1)
    made = link_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering"), with_history=with_history)
    assert made.refusal is None
    scene.run()
    return ticket


def shared(scene, count=2):
    issue = scene.dev.customer_writes("Printers burn", "All of them.", Priority.LOW)
    return issue, [customer(scene, issue) for _ in range(count)]


def asked(scene, issue, words):
    """What the bridge writes into the issue because of a note there."""
    scene.clock.advance(minutes=2)
    before = {c.id for c in scene.dev.comments.get(issue, [])}
    scene.dev.says(issue, words, Role.AGENT, PRIVATE)
    scene.news(scene.dev, issue)
    scene.run(minutes=1)
    return [
        c.body.text
        for c in scene.dev.comments[issue]
        if c.id not in before
        and c.author.id == "bridge"
        and ("linked to this one" not in c.body.text or "/bridge status" in c.body.text)
    ]


def taken_back(answers):
    """How often it is said that a link was taken back.

    Another customer's case may be looked at after that, and says that this one is linked no more: true, if not needed.
    """
    said = ["no longer linked" in answer for answer in answers]
    assert all(
        "is not linked to this ticket" in one for one, here in zip(answers, said, strict=True) if not here
    )
    return sum(said)


def linked_with(scene, issue):
    """The customers' tickets that are linked with an issue."""
    ref = scene.dev.tickets[issue].ref
    with scene.bridge.database.read() as transaction:
        cases = stored_links.cases_that_lead_to(transaction, ref)
        views = case_views.load_cases(transaction, cases).values()
    return sorted(link.origin.id for view in views for link in view.links if link.linked == ref)


def test_unlink_without_a_name_takes_no_customer_away_and_asks_which(quiet):
    issue, tickets = shared(quiet, 3)
    (answer,) = asked(quiet, issue, "/bridge unlink")
    assert linked_with(quiet, issue) == sorted(tickets)
    assert all(quiet.support.tickets[ticket].key in answer for ticket in tickets)


def test_unlink_with_a_name_takes_that_one_away_and_is_answered_once(quiet):
    issue, tickets = shared(quiet, 3)
    key = quiet.support.tickets[tickets[1]].key
    assert taken_back(asked(quiet, issue, f"/bridge unlink {key}")) == 1
    assert linked_with(quiet, issue) == sorted({*tickets} - {tickets[1]})


def test_a_name_that_nobody_has_is_answered_once(quiet):
    issue, tickets = shared(quiet, 3)
    (answer,) = asked(quiet, issue, "/bridge unlink HELP-4711")
    assert "HELP-4711" in answer
    assert linked_with(quiet, issue) == sorted(tickets)


@pytest.mark.parametrize("own", ["DEV-{}", "dev:{}"])
def test_the_issues_own_name_means_nobody(quiet, own):
    issue, tickets = shared(quiet, 2)
    asked(quiet, issue, f"/bridge unlink {own.format(issue)}")
    assert linked_with(quiet, issue) == sorted(tickets)


@pytest.mark.parametrize("words", ["dance", "link HELP-1", "choose origin", "retry"])
def test_what_is_for_no_customer_in_particular_is_answered_once(quiet, words):
    issue, _ = shared(quiet, 3)
    assert len(asked(quiet, issue, f"/bridge {words}")) == 1


def test_what_was_left_to_another_case_is_not_done_when_that_one_is_gone(quiet):
    issue, tickets = shared(quiet, 3)
    asked(quiet, issue, "/bridge unlink")
    for ticket in tickets:
        key = quiet.support.tickets[ticket].key
        assert taken_back(asked(quiet, issue, f"/bridge unlink {key}")) == 1
        assert ticket not in linked_with(quiet, issue)
    assert asked(quiet, issue, "An ordinary note") == []


@pytest.mark.parametrize("with_history", [False, True])
@pytest.mark.parametrize("words", ["unlink", "status", "dance"])
def test_what_was_asked_for_before_a_ticket_was_linked_is_not_meant_for_it(quiet, words, with_history):
    issue, _ = shared(quiet, 1)
    asked(quiet, issue, f"/bridge {words}")
    quiet.clock.advance(hours=1)
    before = len([c for c in quiet.dev.comments[issue] if c.author.id == "bridge"])
    ticket = customer(quiet, issue, with_history=with_history)
    quiet.run(minutes=5)
    assert ticket in linked_with(quiet, issue)
    after = [c.body.text for c in quiet.dev.comments[issue] if c.author.id == "bridge"][before:]
    assert [text for text in after if "linked to this one" not in text] == []


def test_status_is_answered_once_for_all_with_what_is_on_hold(make_scene, make_route):
    to_linked = StatusMap(dict.fromkeys(("new", "open"), Keep.KEEP))
    quiet = make_scene(policies=(), routes=(make_route(to_linked=to_linked),))
    issue, tickets = shared(quiet, 4)
    keys = [quiet.support.tickets[ticket].key for ticket in tickets]
    quiet.support.set_status(tickets[2], StatusKind.WAITING_CUSTOMER)
    quiet.news(quiet.support, tickets[2])
    (answer,) = asked(quiet, issue, "/bridge status")
    assert "4 customers' tickets are linked to this one" in answer
    assert "1 link is on hold:" in answer
    assert f"{keys[2]}: status not mapped" in answer
    assert f"/bridge status {keys[0]}" in answer
    assert all(key in answer for key in keys)


@pytest.mark.parametrize("which", [0, 2])
def test_status_of_one_is_answered_by_that_one(quiet, which):
    issue, tickets = shared(quiet, 3)
    keys = [quiet.support.tickets[ticket].key for ticket in tickets]
    (answer,) = asked(quiet, issue, f"/bridge status #{keys[which]}")
    assert keys[which] in answer
    assert "Link: in sync." in answer
    assert "linked to this one" not in answer
    (answer,) = asked(quiet, issue, "/bridge status please")
    assert "3 customers' tickets" in answer
