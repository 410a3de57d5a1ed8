"""Who may do what with an escalation, and what a command does not do."""

from dataclasses import replace

import pytest

from bridge_helpers.teams import ENGINEERING, FIRST, LEADS, PAYMENTS, RANI, SARI, organisation, person
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.commands.verbs import VERBS
from escalation_bridge.domain.teams.directory import Trigger
from escalation_bridge.domain.teams.permissions import Circle, Permissions
from escalation_bridge.domain.teams.team import Member
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Group, Role, Visibility

IKA, DEV = Member("ika@example.com", "Ika"), Member("dev@example.com", "Dev")
STRANGER = Member("nobody@example.com", "Nobody")
FIRST_LINE, DEVELOPERS = replace(FIRST, members=(IKA,)), replace(ENGINEERING, members=(DEV,))
HOUSE = organisation(FIRST_LINE, PAYMENTS, DEVELOPERS, LEADS)
BUTTON = Trigger(
    "to-payments", Condition((Test("tags", Operator.CONTAINS, ("to-payments",)),)), "escalate payments please"
)


@pytest.fixture
def house(make_world):
    """A ticket of the first line, without a ladder."""

    def make(directory=HOUSE):
        world = make_world(policies=(make_world.policy(ladder=()),))
        world.rules = replace(world.rules, directory=directory)
        world.set(world.origin, group=Group("First", "First"))
        world.work()
        return world

    return make


def writes(world, member, words, ref=None):
    """Somebody writes a command, and nothing is done yet."""
    world.later(seconds=1)
    comment = world.says(ref or world.origin, Role.AGENT, f"/bridge {words}", Visibility.PRIVATE)
    world.comments[-1] = replace(comment, author=person(member))


def ask(world, member, words, ref=None):
    """Somebody writes a command; the template of its answer."""
    writes(world, member, words, ref)
    world.work()
    return [
        record.intent.message.template
        for record in world.writes.values()
        if record.key.startswith("command:") and isinstance(record.intent, WriteComment)
    ][-1]


def owner(world):
    present = [each.owner.team for each in world.view.escalations if each.is_open]
    return present[0] if present else None


def group(world):
    return world.tickets[world.origin].group.name


# --- who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("circle", "is_lead", "teams", "present", "allowed"),
    [
        (Circle.ANYBODY, False, (), "first", True),
        (Circle.MEMBERS, False, (), "first", False),
        (Circle.MEMBERS, False, ("payments",), "first", True),
        (Circle.LEADS, False, ("first",), "first", False),
        (Circle.LEADS, True, ("leads",), "first", True),
        (Circle.TEAM, False, ("first",), "first", True),
        (Circle.TEAM, False, ("payments",), "first", False),
        (Circle.TEAM, True, ("payments",), "first", True),
        (Circle.TEAM, False, ("payments",), None, True),
        (Circle.TEAM, False, (), None, False),
    ],
)
def test_who_is_in_a_circle(circle, is_lead, teams, present, allowed):
    permissions = Permissions({"escalate": circle})
    assert permissions.allow("escalate", is_lead=is_lead, teams=teams, present=present) is allowed


def test_without_configured_permissions_anybody_may_look_and_do_nothing_else():
    names = {verb.name for verb in VERBS.values()}
    assert {name for name in names if Permissions().circle_of(name) is Circle.ANYBODY} == {
        "status",
        "who",
        "why",
        "how",
    }


def test_a_team_without_configured_members_opens_nothing_that_is_for_leads(house):
    directory = organisation(FIRST, PAYMENTS, LEADS, permissions=Permissions({"escalate": Circle.LEADS}))
    world = house(directory)
    assert ask(world, STRANGER, "escalate payments please") == "command_not_allowed"
    assert owner(world) is None
    assert ask(world, RANI, "escalate payments please") == "command_escalated"


def test_who_has_the_customers_ticket_does_not_act_in_the_other_teams_ticket(house):
    world = house()
    ask(world, IKA, "escalate engineering please")
    assert owner(world) == "engineering"
    assert ask(world, IKA, "deescalate a mistake", world.linked) == "command_not_allowed"
    assert owner(world) == "engineering"
    assert ask(world, IKA, "deescalate a mistake") == "command_deescalated"


def test_who_had_the_ticket_before_does_not_act_while_its_move_is_on_its_way(house):
    world = house()
    writes(world, IKA, "escalate payments please")
    world.read()
    world.record(world.decide())
    world.deliver(lambda record: "later" if isinstance(record.intent, ChangeTicket) else "done")
    assert (owner(world), group(world)) == ("payments", "First")
    writes(world, IKA, "deescalate a mistake")
    world.read()
    world.record(world.decide())
    assert owner(world) == "payments"


def test_a_team_behind_a_link_acts_in_its_own_ticket_only(house):
    world = house()
    ask(world, RANI, "escalate engineering please")
    ask(world, RANI, "escalate payments it is theirs")
    assert owner(world) == "payments"
    assert ask(world, DEV, "deescalate a mistake") == "command_not_allowed"
    assert owner(world) == "payments"


# --- what a command does not do -----------------------------------------------------------------------------------------


def test_a_solved_ticket_is_not_escalated(house):
    world = house()
    world.set(world.origin, "solved")
    assert ask(world, RANI, "escalate payments please") == "command_escalate_done"
    assert (owner(world), group(world)) == (None, "First")


@pytest.mark.parametrize(
    ("words", "answer"),
    [("escalate payments", "command_summary_missing"), ("deescalate", "command_reason_missing")],
)
def test_nothing_is_done_without_a_reason(house, words, answer):
    world = house()
    if words == "deescalate":
        ask(world, IKA, "escalate payments please")
    before = owner(world), group(world)
    assert ask(world, RANI, words) == answer
    assert (owner(world), group(world)) == before


def test_nobody_outside_of_the_team_becomes_its_owner(house):
    world = house()
    ask(world, IKA, "escalate payments please")
    before = world.view.escalations[-1].owner
    assert ask(world, RANI, "owner me") == "command_owner_unknown"
    assert world.view.escalations[-1].owner == before
    assert ask(world, SARI, "owner me") in ("command_owner_set", "command_owner_already")
    assert world.view.escalations[-1].owner.person == SARI.email


def test_a_ticket_goes_back_although_nobody_knows_yet_whether_it_has_left(house):
    world = house()
    writes(world, IKA, "escalate payments please")
    world.read()
    world.record(world.decide())
    world.deliver(lambda record: "lost" if isinstance(record.intent, ChangeTicket) else "done")
    world.set(world.origin, group=Group("First", "First"))  # the vendor does not show the move yet
    assert ask(world, RANI, "deescalate a mistake") == "command_deescalated"
    assert (owner(world), group(world)) == (None, "First")


def test_no_button_is_pressed_in_a_ticket_that_cannot_be_read(house):
    """Its last snapshot is no evidence: the tag may be gone."""
    world = house(replace(HOUSE, triggers=(BUTTON,)))
    world.set(world.origin, tags=("to-payments",))
    world.read()
    world.view = replace(world.view, unread=frozenset({world.origin}))
    assert world.decide().escalations == ()
    world.view = replace(world.view, unread=frozenset())
    assert [each.owner.team for each in world.decide().escalations] == ["payments"]
