"""An open escalation: what steps leave alone, what ends it, and what the record takes from the helpdesk."""

from dataclasses import replace

import pytest

from bridge_helpers.teams import ENGINEERING, FIRST, LEADS, PAYMENTS, RANI, SARI, organisation, person
from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.case.escalations import Outcome
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.teams.directory import Discipline
from escalation_bridge.domain.teams.team import Member
from escalation_bridge.domain.tickets.tickets import Group, Role, Visibility

DEV = Member("dev@example.com", "Dev")
HOUSE = organisation(FIRST, PAYMENTS, replace(ENGINEERING, members=(DEV,)), LEADS)


def step(percent, **to):
    return Step(f"at {percent}", Metric.FIRST_RESPONSE, percent, 0, (Escalate(**to),))


TO_PAYMENTS = step(100, team="payments")


@pytest.fixture
def house(make_world):
    """A ticket of the first line, with an hour for the first response."""

    def make(*ladder, directory=HOUSE):
        world = make_world(policies=(make_world.policy(ladder=ladder),))
        world.rules = replace(world.rules, directory=directory)
        world.set(world.origin, group=Group("First", "First"))
        world.work()
        return world

    return make


def look(world, fate="done"):
    world.read()
    world.record(world.decide())
    world.deliver(lambda _record: fate)


def ask(world, member, words, ref=None):
    world.later(seconds=1)
    comment = world.says(ref or world.origin, Role.AGENT, f"/bridge {words}", Visibility.PRIVATE)
    world.comments[-1] = replace(comment, author=person(member))
    world.work()


def last(world):
    return world.view.escalations[-1]


def test_a_step_takes_nothing_back_from_a_team_to_which_somebody_moved_the_ticket(house):
    world = house(step(50, team="payments"), TO_PAYMENTS)
    world.later(minutes=31)
    world.work()
    assert last(world).owner.team == "payments"
    world.set(world.origin, group=Group("Leads", "Leads"), assignee=None)
    world.work()
    assert last(world).owner.team == "leads"
    world.later(minutes=31)
    world.work()
    assert last(world).owner.team == "leads"
    assert world.tickets[world.origin].group.name == "Leads"
    assert "escalation_joined" in world.codes


@pytest.mark.parametrize(("by", "where", "owner"), [(RANI, "origin", "payments"), (DEV, "linked", "leads")])
def test_only_leads_transfer_more_often_than_the_limit(house, by, where, owner):
    world = house(directory=replace(HOUSE, discipline=Discipline(most_transfers=1)))
    ask(world, RANI, "escalate payments please")
    ask(world, SARI, "escalate engineering it is theirs")
    assert last(world).owner.team == "engineering"
    ask(world, by, "escalate payments it is not ours", getattr(world, where))
    assert last(world).owner.team == owner


def test_what_goes_to_a_team_that_is_no_longer_configured_goes_to_the_last_resort(house):
    world = house(step(100, team="removed"))
    world.later(minutes=61)
    world.work()
    assert last(world).owner.team == "leads"
    assert "team_gone" in world.codes


# --- a target that is met -----------------------------------------------------------------------------------------------


def answer(world):
    world.later(minutes=5)
    world.says(world.origin, Role.AGENT, "We are on it.", Visibility.PUBLIC)


def test_a_target_that_is_met_before_anything_was_sent_withdraws_the_escalation(house):
    world = house(TO_PAYMENTS)
    world.later(minutes=61)
    look(world, "later")
    answer(world)
    look(world, "later")
    assert last(world).outcome is Outcome.WITHDRAWN


def test_a_target_that_is_met_after_the_team_has_the_ticket_ends_nothing(house):
    world = house(TO_PAYMENTS)
    world.later(minutes=61)
    world.work()
    answer(world)
    world.work()
    assert last(world).is_open


def test_an_escalation_waits_for_a_helpdesk_that_is_down_as_long_as_its_target_is_missed(house):
    world = house(TO_PAYMENTS)
    world.later(minutes=61)
    look(world, "later")
    world.later(minutes=30)
    look(world, "later")
    assert last(world).is_open
    world.work()
    assert world.tickets[world.origin].group.name == "Payments"


# --- what the record takes from the helpdesk ----------------------------------------------------------------------------


def test_a_ticket_that_cannot_be_read_moves_no_record(house):
    world = house(TO_PAYMENTS)
    world.later(minutes=61)
    world.work()
    stale = replace(world.view.tickets[world.origin], group=Group("First", "First"), assignee=None)
    world.view = replace(
        world.view,
        tickets={**world.view.tickets, world.origin: stale},
        unread=frozenset({world.origin}),
    )
    assert world.decide().escalations == ()
    world.view = replace(world.view, unread=frozenset())
    assert [each.owner.team for each in world.decide().escalations] == ["first"]


def test_an_acknowledgement_counts_for_the_owner_who_gave_it_only(house):
    world = house()
    ask(world, RANI, "escalate payments please")
    ask(world, SARI, "ack")
    assert last(world).acknowledged_at is not None
    ask(world, SARI, "escalate leads please")
    assert last(world).owner.team == "leads"
    assert last(world).acknowledged_at is None


def test_what_ended_because_the_ticket_was_deleted_begins_again_only_with_the_ticket(house):
    world = house()
    ask(world, RANI, "escalate payments please")
    world.view = replace(world.view, gone={world.origin: "deleted"})
    world.record(world.decide())
    assert (last(world).outcome, world.view.state) == (Outcome.GONE, CaseState.CLOSED)
    world.later(seconds=5)
    assert world.decide().escalations == ()
    world.view = replace(world.view, gone={})
    (again,) = world.decide().escalations
    assert (again.owner.team, again.is_open) == ("payments", True)
