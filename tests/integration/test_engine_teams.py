"""Escalations to teams through the whole engine: who gets them, and what becomes of them."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from bridge_helpers.teams import (
    BUDI,
    FIRST,
    HOUSE,
    LEADS,
    NIGHTS,
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
    team,
)
from escalation_bridge.domain.case.escalations import Cause, ChangeKind, EscalationKind, Outcome, Owner
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.hand_offs import HandOffTarget, LateStep
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.teams.directory import Discipline, RoutingRule
from escalation_bridge.domain.teams.rota import Rota, Shift
from escalation_bridge.domain.teams.team import Assignment
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Role, StatusKind
from escalation_bridge.engine.attention import lines_of_attention
from escalation_bridge.errors import Unavailable
from escalation_bridge.plugin.hooks import EscalationHooks, hookimpl


def test_a_breach_hands_the_ticket_to_the_team_and_a_person(make_house):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    scene.run(minutes=61)
    there = scene.support.tickets[ticket]
    assert (there.group.name, there.assignee.email) == ("Payments", "budi@example.com")
    (one,) = escalations(scene)
    assert (one.cause, one.kind) == (Cause.SLA, EscalationKind.HIERARCHICAL)
    assert (one.from_team, one.from_level, one.to_team, one.to_level) == ("first", "L1", "payments", "L2")
    assert one.owner == Owner("payments", "budi@example.com")
    (note,) = notes(scene, ticket, "Escalated to Payments")
    assert note.visibility is PRIVATE
    assert "Budi Santoso has it" in note.body.text
    assert "Before: First" in note.body.text
    assert scene.timeline().count("escalated_to_team") == 1
    scene.run(minutes=600)
    assert len(escalations(scene)) == 1


def test_round_robin_counts_what_others_were_just_given(make_house):
    scene = make_house()
    tickets = [opened(scene, f"Cannot pay {number}") for number in range(4)]
    scene.run(minutes=61)
    owners = [scene.support.tickets[ticket].assignee.email for ticket in tickets]
    assert sorted(owners) == ["budi@example.com"] * 2 + ["sari@example.com"] * 2


def test_who_knows_the_customer_gets_the_next_one_too(make_house):
    scene = make_house()
    for number in range(3):
        opened(scene, f"Cannot pay {number}", customer="Wati")
    scene.run(minutes=61)
    assert len({scene.view(case).escalations[0].owner.person for case in (1, 2, 3)}) == 1


def test_a_team_that_is_off_work_or_full_is_skipped_with_the_reason(make_house):
    closed = replace(PAYMENTS, calendar=NIGHTS)
    full = team("cards", level="L2", capacity=1, next="leads")
    scene = make_house(organisation(FIRST, replace(closed, next="cards"), full, LEADS))
    first, second = opened(scene, "One"), opened(scene, "Two")
    scene.run(minutes=61)
    groups = sorted(scene.support.tickets[ticket].group.name for ticket in (first, second))
    assert groups == ["Cards", "Leads"]
    last = first if scene.support.tickets[first].group.name == "Leads" else second
    (note,) = notes(scene, last, "Escalated to Leads")
    assert "Payments was passed over: off work now." in note.body.text
    assert "Cards was passed over: no capacity left." in note.body.text


def test_nobody_anywhere_is_one_alert_and_the_last_resort_has_it(make_house):
    scene = make_house(
        organisation(FIRST, replace(PAYMENTS, calendar=NIGHTS), replace(LEADS, calendar=NIGHTS))
    )
    ticket = opened(scene)
    scene.run(minutes=61)
    assert escalations(scene)[0].owner == Owner("leads")
    assert scene.support.tickets[ticket].group.name == "Leads"
    (note,) = notes(scene, ticket, "Nobody takes it now")
    assert "although nobody is there" in note.body.text
    assert scene.timeline().count("nobody_anywhere") == 1
    with scene.bridge.database.read() as transaction:
        (line,) = lines_of_attention(transaction, scene.clock())
    assert "nobody could take the escalation of case 1" in line
    asked(scene, ticket, "/bridge owner me", by=RANI)
    with scene.bridge.database.read() as transaction:
        assert lines_of_attention(transaction, scene.clock()) == ()


def test_who_is_on_call_gets_it_outside_of_hours(make_house):
    rota = Rota(
        (Shift(("sari@example.com", "budi@example.com"), date(2026, 3, 1), 7, time(9), "Asia/Jakarta"),)
    )
    on_call = replace(PAYMENTS, calendar=NIGHTS, rota=rota, assignment=Assignment.ON_CALL)
    scene = make_house(organisation(FIRST, on_call, LEADS))
    ticket = opened(scene)
    scene.run(minutes=61)
    assert scene.support.tickets[ticket].assignee.email == "sari@example.com"


def test_a_person_whom_the_helpdesk_does_not_know_leaves_the_ticket_with_the_team(make_house):
    scene = make_house()
    scene.support.agents = [person(RANI)]
    ticket = opened(scene)
    scene.run(minutes=61)
    scene.run(minutes=5)
    there = scene.support.tickets[ticket]
    assert (there.group.name, there.assignee) == ("Payments", None)
    (one,) = escalations(scene)
    assert one.owner == Owner("payments")
    assert [change.what for change in one.changes] == [ChangeKind.OPENED, ChangeKind.UNASSIGNED]
    assert notes(scene, ticket, "could not be delivered") == []


def test_the_record_follows_what_people_do_in_the_helpdesk(make_house):
    scene = make_house()
    ticket = opened(scene)
    scene.run(minutes=61)
    at_team(scene, ticket, "Payments", SARI)
    assert escalations(scene)[0].owner == Owner("payments", "sari@example.com")
    at_team(scene, ticket, "Leads")
    (one,) = escalations(scene)
    assert one.owner == Owner("leads")
    assert one.changes[-1].cause is Cause.EXTERNAL
    at_team(scene, ticket, "Leads", RANI)
    assert escalations(scene)[0].owner == Owner("leads", "rani@example.com")
    assert scene.support.tickets[ticket].group.name == "Leads"


def test_it_ends_with_the_ticket_and_a_later_breach_is_another_one(make_house):
    scene = make_house()
    ticket = opened(scene)
    scene.run(minutes=61)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    (one,) = escalations(scene)
    assert one.outcome is Outcome.SOLVED
    assert one.closed_at is not None


def test_a_second_cause_joins_the_open_escalation(make_house, make_policy, make_scene):
    steps = (
        Step("one", Metric.FIRST_RESPONSE, 50, 0, (Escalate(team="payments"),)),
        Step("two", Metric.FIRST_RESPONSE, 100, 0, (Escalate(team="payments"),)),
    )
    scene = make_scene(policies=(make_policy(ladder=steps),), directory=HOUSE)
    scene.support.agents = [person(each) for each in (SARI, BUDI)]
    ticket = opened(scene)
    scene.run(minutes=31)
    owner = escalations(scene)[0].owner
    scene.run(minutes=30)
    (one,) = escalations(scene)
    assert [change.what for change in one.changes] == [ChangeKind.OPENED, ChangeKind.JOINED]
    assert one.owner == owner
    assert len(notes(scene, ticket, "Escalated to")) == 1


def test_next_level_climbs_from_the_team_that_has_it(make_house):
    scene = make_house(action=Escalate(team="next-level"))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    scene.run(minutes=61)
    assert escalations(scene)[0].owner.team == "payments"


def test_a_team_behind_a_route_gets_a_linked_ticket(make_house):
    scene = make_house(action=Escalate(team="engineering"))
    ticket = opened(scene)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    (one,) = escalations(scene)
    assert (one.owner, one.route) == (Owner("engineering"), "engineering")
    assert one.is_open
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    (one,) = escalations(scene)
    assert one.outcome is Outcome.RETURNED
    assert ticket


def test_routing_rules_choose_the_team_and_the_person_with_the_skill(make_house):
    rules = (
        RoutingRule(
            "cards",
            Condition((Test("subject", Operator.CONTAINS, ("card",)),)),
            "payments",
            skills=frozenset({"cards"}),
        ),
        RoutingRule("rest", Condition(), "first"),
    )
    scene = make_house(replace(HOUSE, rules=rules), Escalate(team="by-rules"))
    tickets = [opened(scene, subject) for subject in ("My card is gone", "My card, too", "Hello")]
    scene.run(minutes=61)
    got = [(scene.support.tickets[t].group.name, scene.support.tickets[t].assignee) for t in tickets]
    assert [group for group, _ in got] == ["Payments", "Payments", "First"]
    assert [who.email for _, who in got[:2]] == ["budi@example.com"] * 2


@pytest.mark.parametrize(
    ("answer", "team_name"), [("yes steps are in the ticket", "engineering"), ("no", "payments")]
)
def test_whether_it_was_reproduced_decides_between_development_and_support(make_house, answer, team_name):
    rules = (
        RoutingRule("bug", Condition(), "engineering", reproducible=True),
        RoutingRule("unclear", Condition(), "payments", reproducible=False),
    )
    scene = make_house(replace(HOUSE, rules=rules), Escalate(team="by-rules"))
    ticket = opened(scene)
    scene.run(minutes=61)
    assert len(notes(scene, ticket, "Could you reproduce")) == 1
    assert escalations(scene) == ()
    asked(scene, ticket, f"/bridge reproduced {answer}")
    assert escalations(scene)[0].owner.team == team_name


@pytest.mark.parametrize("value", ["Ya", {"id": "10021", "value": "Yes"}])
def test_the_answer_may_be_a_text_or_a_choice_in_a_field(make_house, value):
    rules = (
        RoutingRule("bug", Condition(), "engineering", reproducible=True),
        RoutingRule("unclear", Condition(), "payments", reproducible=False),
    )
    house = replace(HOUSE, rules=rules, reproduced_field={"support": "f9"})
    scene = make_house(house, Escalate(team="by-rules"))
    ticket = opened(scene)
    scene.support.tickets[ticket] = replace(scene.support.tickets[ticket], custom_fields={"f9": value})
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    assert notes(scene, ticket, "Could you reproduce") == []
    assert escalations(scene)[0].owner.team == "engineering"


def test_an_old_escalation_is_raised_once(make_house):
    scene = make_house(replace(HOUSE, discipline=Discipline(raise_after_days=2)))
    ticket = opened(scene)
    scene.run(minutes=61)
    scene.run(days=1, hours=20)
    assert escalations(scene)[0].owner.team == "payments"
    scene.run(hours=10)
    (one,) = escalations(scene)
    assert one.owner.team == "leads"
    assert [c.what for c in one.changes][-2:] == [ChangeKind.RAISED, ChangeKind.HANDED_ON]
    scene.run(days=40)
    assert sum(c.what is ChangeKind.RAISED for c in escalations(scene)[0].changes) == 1
    assert ticket


def test_a_late_hand_off_climbs_a_ladder_of_its_own(make_house, make_route):
    late = (LateStep(0, "payments"), LateStep(3600, "leads"))
    route = make_route(hand_off=HandOffTarget(7200, "always", ALWAYS, late))
    scene = make_house(action=Escalate(team="engineering"), routes=(route,))
    ticket = opened(scene)
    scene.run(minutes=61)
    scene.run(minutes=119)
    assert escalations(scene)[0].owner.team == "engineering"
    scene.run(minutes=3)
    (one,) = escalations(scene)
    assert one.owner.team == "payments"
    assert len(notes(scene, ticket, "Escalated to Payments")) == 1
    scene.run(minutes=30)
    assert escalations(scene)[0].owner.team == "payments"
    scene.run(minutes=35)
    assert escalations(scene)[0].owner.team == "leads"
    scene.run(days=2)
    assert escalations(scene)[0].teams == ("engineering", "payments", "leads")


def test_a_case_that_is_taken_up_again_by_the_team_behind_the_route_is_escalated_again(make_house):
    scene = make_house(action=Escalate(team="engineering"))
    opened(scene)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    assert not escalations(scene)[0].is_open
    scene.clock.advance(minutes=5)
    scene.dev.set_status(issue, StatusKind.OPEN)
    scene.news(scene.dev, issue)
    first, second = escalations(scene)
    assert (first.outcome, second.cause, second.owner) == (
        Outcome.RETURNED,
        Cause.EXTERNAL,
        Owner("engineering"),
    )


class PrefersLeads(EscalationHooks):
    """An extension that gives everything to the leads."""

    @hookimpl
    def choose_team(self, view, team, candidates):
        assert team in candidates
        return "leads"


def test_an_extension_may_choose_another_team(make_house):
    scene = make_house(leads=PrefersLeads())
    ticket = opened(scene)
    scene.run(minutes=61)
    assert escalations(scene)[0].owner.team == "leads"
    assert scene.support.tickets[ticket].group.name == "Leads"


class Pager(EscalationHooks):
    """Remembers whom it notified of what."""

    def __init__(self):
        self.sent = []

    @hookimpl
    def notify(self, to, message, key):
        self.sent.append((to, message.body.text))
        return "paged"


def test_nobody_anywhere_pages_once(make_house):
    pager = Pager()
    house = organisation(
        FIRST, replace(PAYMENTS, calendar=NIGHTS), replace(LEADS, calendar=NIGHTS), alert="on-call"
    )
    scene = make_house(house, pager=pager)
    opened(scene)
    scene.run(minutes=61)
    scene.run(hours=3)
    ((to, text),) = pager.sent
    assert to == "on-call"
    assert "Nobody is there to take this escalation" in text


def test_a_target_that_is_met_while_the_helpdesk_is_down_is_not_escalated_any_more(make_house):
    scene = make_house()
    ticket = opened(scene)
    scene.clock.advance(minutes=61)
    until = scene.clock() + timedelta(minutes=20)

    def refuse_writes(operation):
        if operation in ("update_ticket", "add_comment") and scene.clock() < until:
            raise Unavailable("down", scene.support.at(operation))

    scene.support.before = refuse_writes
    scene.run(minutes=1)
    assert escalations(scene)[0].is_open
    scene.clock.advance(minutes=2)
    scene.support.says(ticket, "Sorry for the wait, it works again.", Role.AGENT)
    scene.news(scene.support, ticket)
    scene.run(minutes=40)
    (one,) = escalations(scene)
    assert one.outcome is Outcome.WITHDRAWN
    assert scene.support.tickets[ticket].group is None
    assert notes(scene, ticket, "Escalated to") == []


def test_a_team_that_has_it_and_is_off_work_now_keeps_it(make_house):
    scene = make_house(organisation(FIRST, replace(PAYMENTS, calendar=NIGHTS), LEADS))
    ticket = opened(scene)
    at_team(scene, ticket, "Payments")
    asked(scene, ticket, "/bridge escalate payments it is down")
    assert escalations(scene)[0].owner.team == "leads"
    asked(scene, ticket, "/bridge escalate leads still down")
    assert len(escalations(scene)[0].changes) == 2
    assert escalations(scene)[0].teams == ("leads",)
