"""Escalations that meet: several in one look, with commands, with writes that were not sent, and with tickets that come and go."""

from dataclasses import replace

import pytest

from bridge_helpers.teams import (
    BUDI,
    ENGINEERING,
    FIRST,
    HOUSE,
    LEADS,
    PAYMENTS,
    PRIVATE,
    RANI,
    SARI,
    asked,
    at_team,
    escalations,
    notes,
    opened,
    organisation,
    person,
)
from escalation_bridge.domain.case.escalations import Cause, ChangeKind, Outcome, Owner
from escalation_bridge.domain.escalation.actions.comment import WriteOwnWords
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.hand_offs import HandOffTarget, LateStep
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.teams.directory import Discipline, RoutingRule
from escalation_bridge.domain.teams.team import Member
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Group, Presence, Priority, StatusKind
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.errors import Unavailable


@pytest.fixture
def make_ladder(make_scene, make_policy):
    """Makes a house whose ladder has the given steps."""

    def make(*steps, directory=HOUSE, **changes):
        scene = make_scene(policies=(make_policy(ladder=steps, **changes),), directory=directory)
        scene.support.agents = [person(each) for each in (SARI, BUDI, RANI)]
        return scene

    return make


def is_down(scene, operation, times):
    scene.support.faults[operation] = [Unavailable("down", scene.support.at(operation))] * times


def is_up(scene):
    scene.support.faults.clear()


# --- several at once ------------------------------------------------------------------------------------------------------


def test_two_steps_that_are_due_at_once_are_one_escalation_that_is_handed_on(make_ladder):
    scene = make_ladder(
        Step("one", Metric.FIRST_RESPONSE, 50, 0, (Escalate(team="payments"),)),
        Step("two", Metric.FIRST_RESPONSE, 100, 0, (Escalate(team="leads"),)),
    )
    ticket = opened(scene)
    scene.run(minutes=61)
    (one,) = escalations(scene)
    assert [(change.what, change.owner.team) for change in one.changes] == [
        (ChangeKind.OPENED, "payments"),
        (ChangeKind.HANDED_ON, "leads"),
    ]
    assert scene.support.tickets[ticket].group.name == "Leads"


def test_two_targets_that_are_missed_at_once_climb_one_level_each(make_ladder):
    target = {Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 3600}
    scene = make_ladder(
        Step("one", Metric.FIRST_RESPONSE, 100, 0, (Escalate(team="next-level"),)),
        Step("two", Metric.RESOLUTION, 100, 0, (Escalate(team="next-level"),)),
        targets=Targets(default=target),
    )
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    scene.run(minutes=61)
    assert escalations(scene)[0].teams == ("payments", "leads")
    assert scene.support.tickets[ticket].group.name == "Leads"


def test_leads_who_get_it_by_a_step_read_who_had_it_so_far(make_ladder):
    house = replace(HOUSE, discipline=Discipline(most_transfers=1))
    ways = ((25, "payments"), (50, "first"), (75, "payments"))
    steps = (
        Step(f"to {name} {percent}", Metric.FIRST_RESPONSE, percent, 0, (Escalate(team=name),))
        for percent, name in ways
    )
    scene = make_ladder(*steps, directory=house)
    ticket = opened(scene)
    for _ in ways:
        scene.run(minutes=16)
    assert escalations(scene)[0].teams == ("payments", "first", "leads")
    (note,) = notes(scene, ticket, "Escalated to Leads")
    for line in ("handed on too often", "escalated to Payments", "handed on to First"):
        assert line in note.body.text


def test_two_actions_of_a_step_are_one_escalation(make_ladder):
    scene = make_ladder(
        Step("one", Metric.FIRST_RESPONSE, 50, 0, (Escalate(team="payments"), Escalate("engineering")))
    )
    opened(scene)
    scene.run(minutes=31)
    assert escalations(scene)[0].teams == ("payments", "engineering")
    assert len(scene.dev.tickets) == 1


def test_a_command_and_a_step_in_one_look_create_one_linked_ticket(make_house):
    scene = make_house(action=Escalate("engineering"))
    ticket = opened(scene)
    scene.clock.advance(minutes=61)
    asked(scene, ticket, "/bridge escalate engineering cannot pay")
    (one,) = escalations(scene)
    assert [change.cause for change in one.changes] == [Cause.BY_HAND, Cause.SLA]
    assert len(scene.dev.tickets) == 1
    assert len(notes(scene, ticket, "A specialist has taken over")) == 1


# --- writes that were not sent --------------------------------------------------------------------------------------------


def test_what_was_given_back_before_it_was_moved_stays(make_house):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    is_down(scene, "update_ticket", 9)
    asked(scene, ticket, "/bridge escalate payments cannot pay")
    is_up(scene)
    asked(scene, ticket, "/bridge deescalate a mistake")
    scene.run(minutes=40)
    assert scene.support.tickets[ticket].group.name == "First"


def test_a_ticket_that_was_solved_before_it_was_moved_stays(make_house):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    is_down(scene, "update_ticket", 9)
    scene.run(minutes=61)
    is_up(scene)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    scene.run(hours=1)
    assert escalations(scene)[0].outcome is Outcome.SOLVED
    assert scene.support.tickets[ticket].group.name == "First"
    assert notes(scene, ticket, "Escalated to") == []


def test_what_was_handed_on_before_it_was_moved_goes_to_the_last_team_only(make_house):
    scene = make_house()
    ticket = opened(scene)
    is_down(scene, "update_ticket", 9)
    asked(scene, ticket, "/bridge escalate payments cannot pay")
    is_up(scene)
    asked(scene, ticket, "/bridge escalate leads they are away")
    scene.run(minutes=40)
    there = scene.support.tickets[ticket]
    assert (there.group.name, there.assignee) == ("Leads", None)


def test_a_move_that_was_refused_is_not_retried_after_another_one(make_house):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    scene.support.agents = []
    asked(scene, ticket, "/bridge escalate payments cannot pay")
    asked(scene, ticket, "/bridge escalate leads they are away")
    asked(scene, ticket, "/bridge retry")
    assert escalations(scene)[0].owner.team == "leads"
    assert scene.support.tickets[ticket].group.name == "Leads"


def test_the_record_follows_people_after_an_assignee_was_refused(make_house):
    scene = make_house()
    scene.support.agents = [person(RANI)]
    ticket = opened(scene)
    scene.run(minutes=61)
    scene.run(minutes=5)
    at_team(scene, ticket, "Leads", RANI)
    assert escalations(scene)[0].owner == Owner("leads", "rani@example.com")


def test_a_late_hand_off_of_a_link_by_hand_is_not_taken_for_a_target_that_was_met(make_house, make_route):
    late = make_route(hand_off=HandOffTarget(7200, "always", ALWAYS, (LateStep(0, "payments"),)))
    scene = make_house(action=WriteOwnWords("late"), routes=(late,))
    ticket = opened(scene)
    issue = scene.dev.customer_writes("Cannot pay", "Since 9:00.", Priority.LOW)
    link_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering"), with_history=False)
    scene.run()
    scene.clock.advance(minutes=1)
    scene.dev.set_status(issue, StatusKind.OPEN)
    scene.support.set_status(ticket, StatusKind.WAITING_THIRD_PARTY)
    scene.news(scene.support, ticket)
    scene.news(scene.dev, issue)
    is_down(scene, "update_ticket", 99)
    is_down(scene, "add_comment", 99)
    scene.run(minutes=130)
    scene.run(minutes=5)
    is_up(scene)
    scene.run(hours=2)
    (one,) = escalations(scene)
    assert (one.owner.team, one.is_open) == ("payments", True)
    assert scene.support.tickets[ticket].group.name == "Payments"


def test_own_words_that_had_to_wait_are_still_the_own_words(make_ladder):
    scene = make_ladder(Step("one", Metric.FIRST_RESPONSE, 50, 0, (WriteOwnWords("Call them."),)))
    ticket = opened(scene)
    is_down(scene, "add_comment", 2)
    scene.run(minutes=31)
    for _ in range(3):
        scene.run(minutes=5)
    assert len(notes(scene, ticket, "Call them.")) == 1


# --- tickets that come and go -----------------------------------------------------------------------------------------------


def test_a_ticket_that_was_spam_by_mistake_is_with_its_team_again(make_house):
    scene = make_house()
    ticket = opened(scene)
    scene.run(minutes=61)
    owner = escalations(scene)[0].owner
    for presence in (Presence.SPAM, Presence.PRESENT):
        scene.clock.advance(minutes=5)
        scene.support.tickets[ticket] = replace(scene.support.tickets[ticket], presence=presence)
        scene.news(scene.support, ticket)
    first, second = escalations(scene)
    assert (first.outcome, second.outcome, second.owner) == (Outcome.GONE, None, owner)
    scene.run(hours=1)
    assert len(escalations(scene)) == 2
    assert len(notes(scene, ticket, "Escalated to")) == 1


# --- who may ------------------------------------------------------------------------------------------------------------


def test_a_lead_of_one_team_who_is_a_member_of_another_one_is_a_lead(make_house):
    member = Member("rani@example.com", "Rani Putri")
    scene = make_house(organisation(FIRST, replace(PAYMENTS, members=(SARI, member)), LEADS))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge escalate payments cannot pay", by=RANI)
    assert escalations(scene)[0].owner.team == "payments"


def test_those_who_have_the_ticket_may_act_while_another_system_has_the_escalation(make_house):
    engineering = replace(ENGINEERING, members=(Member("dewi@dev.example", "Dewi"),))
    teams = organisation(replace(FIRST, members=(SARI,)), PAYMENTS, engineering, LEADS)
    scene = make_house(teams, Escalate(team="engineering"))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    scene.run(minutes=61)
    asked(scene, ticket, "/bridge deescalate we can do it", by=BUDI)
    assert len(notes(scene, ticket, "only First and leads may")) == 1
    assert escalations(scene)[0].is_open
    asked(scene, ticket, "/bridge deescalate we can do it", by=SARI)
    assert escalations(scene)[0].outcome is Outcome.DEESCALATED


def test_members_may_act_after_their_team_was_removed_from_the_configuration(make_house):
    scene = make_house(organisation(replace(FIRST, members=(SARI,)), PAYMENTS, LEADS))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    scene.run(minutes=61)
    without = organisation(replace(FIRST, members=(SARI,), next=None), LEADS)
    object.__setattr__(scene.bridge, "rules", replace(scene.bridge.rules, directory=without))
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge who", by=SARI)
    (who,) = notes(scene, ticket, "payments")
    assert "off work" not in who.body.text
    asked(scene, ticket, "/bridge escalate leads nobody has it", by=SARI)
    assert escalations(scene)[0].owner.team == "leads"


# --- what is said -----------------------------------------------------------------------------------------------------------


def test_a_summary_that_joins_is_added_and_the_owner_has_had_it_all_along(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, "/bridge escalate payments cannot pay")
    since = escalations(scene)[0].opened_at
    asked(scene, ticket, "/bridge escalate payments the database is down, too")
    (one,) = escalations(scene)
    assert one.summary == "cannot pay\nthe database is down, too"
    assert one.owned_since == since


def test_a_further_cause_on_the_same_route_joins(make_house):
    scene = make_house(action=Escalate("engineering"))
    ticket = opened(scene)
    asked(scene, ticket, "/bridge escalate engineering cannot pay")
    scene.run(minutes=61)
    (one,) = escalations(scene)
    assert [change.what for change in one.changes] == [ChangeKind.OPENED, ChangeKind.JOINED]
    assert len(scene.dev.tickets) == 1


def test_nobody_is_asked_whether_it_was_reproduced_if_the_answer_does_not_matter(make_house):
    rules = (
        RoutingRule("cards", Condition((Test("subject", Operator.CONTAINS, ("card",)),)), "payments"),
        RoutingRule("bug", Condition(), "engineering", reproducible=True),
    )
    scene = make_house(replace(HOUSE, rules=rules), Escalate(team="by-rules"))
    card, other = opened(scene, "My card is gone"), opened(scene, "It crashes")
    scene.run(minutes=61)
    assert scene.support.tickets[card].group.name == "Payments"
    assert len(notes(scene, other, "Could you reproduce")) == 1


def test_an_old_escalation_behind_a_route_of_nobody_goes_on_from_the_team_that_has_the_ticket(make_house):
    teams = organisation(FIRST, PAYMENTS, LEADS, discipline=Discipline(raise_after_days=1))
    scene = make_house(teams, Escalate("engineering"))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    scene.run(minutes=61)
    scene.run(days=2)
    assert escalations(scene)[0].teams == ("dev", "payments")


def test_whoever_has_the_ticket_reads_why_it_was_handed_on_in_the_linked_one(make_house):
    dev = Member("dewi@dev.example", "Dewi")
    engineering = replace(ENGINEERING, members=(dev,))
    scene = make_house(organisation(FIRST, PAYMENTS, engineering, LEADS), Escalate(team="engineering"))
    ticket = opened(scene)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    asked(scene, issue, "/bridge escalate leads the contract is missing", by=dev, plugin=scene.dev)
    (note,) = notes(scene, ticket, "Escalated to Leads")
    assert "the contract is missing" in note.body.text


@pytest.mark.parametrize(
    "words", ["away " + "9999w " * 60, "snooze " + "9999w " * 60, "away until 9999-12-31"]
)
def test_a_time_beyond_all_calendars_is_no_time(make_house, words):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, f"/bridge {words}", by=BUDI)
    assert len(notes(scene, ticket, "nothing was done. Write for example")) == 1


def test_sunday_is_called_minggu_as_well(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, "/bridge absen sampai Minggu", by=BUDI)
    assert len(notes(scene, ticket, "nothing is assigned to you until 8 Mar 2026")) == 1


def test_a_group_that_is_no_teams_is_nobodys_move(make_house):
    scene = make_house()
    ticket = opened(scene)
    scene.run(minutes=61)
    there = scene.support.tickets[ticket]
    scene.support.tickets[ticket] = replace(there, group=Group("x", "Elsewhere"), updated_at=scene.clock())
    scene.news(scene.support, ticket)
    assert escalations(scene)[0].owner.team == "payments"


def test_two_steps_of_a_late_hand_off_that_are_due_at_once_are_climbed_in_one_look(make_house, make_route):
    late = (LateStep(0, "payments"), LateStep(3600, "leads"))
    route = make_route(hand_off=HandOffTarget(7200, "always", ALWAYS, late))
    scene = make_house(action=Escalate(team="engineering"), routes=(route,))
    ticket = opened(scene)
    scene.run(minutes=61)
    scene.run(hours=5)
    (one,) = escalations(scene)
    assert one.teams == ("engineering", "payments", "leads")
    assert one.changes[-1].at == one.changes[-2].at
    assert scene.support.tickets[ticket].group.name == "Leads"


def test_a_summary_reaches_the_other_team_as_an_internal_note_and_not_in_the_description(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, "/bridge escalate engineering the VIP has not paid\nsince March")
    (issue,) = scene.dev.tickets
    assert "VIP" not in scene.dev.tickets[issue].description.text
    asked(scene, ticket, "/bridge escalate engineering it is urgent")
    summaries = [c for c in scene.dev.comments[issue] if "by Rani Putri" in c.body.text]
    assert [c.body.text for c in summaries] == [
        "Hand-over by Rani Putri, for the team only.\n\nSummary\n\nthe VIP has not paid\nsince March",
        "Summary by Rani Putri: it is urgent",
    ]
    assert {c.visibility for c in summaries} == {PRIVATE}
    assert [
        c for c in scene.support.comments[ticket] if "VIP" in c.body.text and c.author.id == "bridge"
    ] == []


def test_a_name_proves_nothing_where_addresses_are_shown(make_house):
    sari = replace(SARI, accounts={"support": "Sari Dewi"}, is_lead=True)
    first = replace(FIRST, members=(RANI,))
    scene = make_house(organisation(first, replace(PAYMENTS, members=(sari, BUDI)), LEADS))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    impostor = Member("somebody@example.com", "Sari Dewi")
    asked(scene, ticket, "/bridge escalate leads give it to me", by=impostor)
    assert escalations(scene) == ()


def test_what_is_given_back_in_a_shared_ticket_is_given_back_for_all_its_customers(make_house):
    dev = Member("dewi@dev.example", "Dewi")
    teams = organisation(FIRST, PAYMENTS, replace(ENGINEERING, members=(dev,)), LEADS)
    scene = make_house(teams, WriteOwnWords("late"))
    tickets = [opened(scene, f"Cannot pay {number}") for number in range(3)]
    asked(scene, tickets[0], "/bridge escalate engineering cannot pay")
    (issue,) = scene.dev.tickets
    for ticket in tickets[1:]:
        link_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering"), with_history=False)
        scene.run()
        asked(scene, ticket, "/bridge escalate engineering here as well")
    assert len([c for c in scene.dev.comments[issue] if "here as well" in c.body.text]) == 2
    asked(scene, issue, "/bridge deescalate not a bug", by=dev, plugin=scene.dev)
    assert [escalations(scene, case)[0].outcome for case in (1, 2, 3)] == [Outcome.DEESCALATED] * 3
    assert len([c for c in scene.dev.comments[issue] if "the escalation has ended" in c.body.text]) == 1
    scene.run(minutes=5)
    assert [len(escalations(scene, case)) for case in (1, 2, 3)] == [1, 1, 1]
