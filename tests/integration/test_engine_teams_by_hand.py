"""What people do with escalations by hand, through the whole engine: by commands and buttons, and who may do what."""

from dataclasses import replace

import pytest

from bridge_helpers.teams import (
    BUDI,
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
    team,
)
from escalation_bridge.domain.case.escalations import Cause, ChangeKind, Outcome, Owner
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.teams.directory import Discipline, Trigger
from escalation_bridge.domain.teams.team import Member
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Person, Role


def test_an_agent_hands_a_ticket_over_in_either_language(make_house):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge eskalasi payments pelanggan tidak bisa bayar\nsejak jam 9")
    (one,) = escalations(scene)
    assert (one.cause, one.owner.team) == (Cause.BY_HAND, "payments")
    assert one.summary == "pelanggan tidak bisa bayar\nsejak jam 9"
    assert scene.support.tickets[ticket].group.name == "Payments"
    (answer,) = notes(scene, ticket)
    assert "Payments (L2) has it now: Budi Santoso" in answer.body.text
    asked(scene, ticket, "/bridge deescalate solved by a restart")
    (one,) = escalations(scene)
    assert (one.outcome, one.changes[-1].facts["reason"]) == (Outcome.DEESCALATED, "solved by a restart")
    assert scene.support.tickets[ticket].group.name == "First"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("/bridge escalate", "You can escalate to: first, payments, engineering, leads, L1, L2."),
        ("/bridge escalate paymnts it is down", "Did you mean payments?"),
        ("/bridge escalate payments", "/bridge escalate payments what happens"),
        ("/bridge esclate payments x", "Did you mean /bridge escalate payments x?"),
        ("/bridge deescalate", "has no open escalation"),
        ("/bridge snooze soon", "“soon” is no time that the bridge knows; nothing was done"),
        ("/bridge owner me", "has no open escalation"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_half_done(make_house, words, answer):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, words)
    (note,) = notes(scene, ticket)
    assert answer in " ".join(note.body.text.split())
    assert note.visibility is PRIVATE
    assert escalations(scene) == ()
    assert scene.support.tickets[ticket].group is None


def test_who_is_in_no_team_may_only_look(make_house):
    scene = make_house()
    ticket = opened(scene)
    stranger = Member("nobody@example.com", "Nobody")
    asked(scene, ticket, "/bridge escalate payments it is down", by=stranger)
    (note,) = notes(scene, ticket)
    assert "you may not use escalate here" in note.body.text
    assert "does not know you" in note.body.text
    assert escalations(scene) == ()
    asked(scene, ticket, "/bridge who", by=stranger)
    assert len(notes(scene, ticket, "no team that is configured has this ticket")) == 1


def test_members_may_act_on_their_own_tickets_and_leads_everywhere(make_house):
    first = replace(FIRST, members=(Member("ika@example.com", "Ika"),))
    scene = make_house(organisation(first, PAYMENTS, LEADS))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge escalate leads please", by=SARI)
    assert len(notes(scene, ticket, "only First and leads may")) == 1
    assert escalations(scene) == ()
    at_team(scene, ticket, "Payments")
    asked(scene, ticket, "/bridge escalate leads please", by=SARI)
    assert escalations(scene)[0].owner.team == "leads"


def test_a_team_whose_members_only_the_helpdesk_knows_lets_every_agent_act(make_house):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge escalate payments it is down", by=Member("new@example.com", "New"))
    assert escalations(scene)[0].owner.team == "payments"


def test_ack_snooze_and_owner(make_house):
    scene = make_house()
    ticket = opened(scene)
    scene.run(minutes=61)
    asked(scene, ticket, "/bridge owner sari", by=RANI)
    assert escalations(scene)[0].owner == Owner("payments", "sari@example.com")
    assert scene.support.tickets[ticket].assignee.email == "sari@example.com"
    asked(scene, ticket, "/bridge ack", by=SARI)
    assert escalations(scene)[0].acknowledged_at is not None
    asked(scene, ticket, "/bridge why", by=SARI)
    (why,) = notes(scene, ticket, "escalated to Payments, Budi")
    assert "escalated to Payments, Budi Santoso" in why.body.text
    assert "Severity:" in why.body.text


def test_a_snooze_puts_the_ladder_off_and_not_the_clock(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, "/bridge tunda 2 jam")
    scene.run(minutes=90)
    assert escalations(scene) == ()
    assert "clock_breached" in scene.timeline()
    scene.run(minutes=31)
    assert len(escalations(scene)) == 1
    assert ticket


def test_who_is_away_gets_nothing(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, "/bridge away 3 days", by=BUDI)
    asked(scene, ticket, "/bridge escalate payments it is down", by=RANI)
    assert escalations(scene)[0].owner == Owner("payments", "sari@example.com")
    other = opened(scene, "Another")
    asked(scene, other, "/bridge away off", by=BUDI)
    asked(scene, other, "/bridge escalate payments it is down", by=RANI)
    assert escalations(scene, 2)[0].owner == Owner("payments", "budi@example.com")


def test_a_button_of_the_helpdesk_counts_once_each_time(make_house):
    trigger = Trigger(
        "to-payments",
        Condition((Test("tags", Operator.CONTAINS, ("escalate-payments",)),)),
        "escalate payments",
        summary_field="f1",
        remove_tags=("escalate-payments",),
    )
    scene = make_house(replace(HOUSE, triggers=(trigger,)))
    ticket = opened(scene)
    there = scene.support.tickets[ticket]
    scene.support.tickets[ticket] = replace(
        there, tags=(*there.tags, "escalate-payments"), custom_fields={"f1": "cannot pay"}
    )
    scene.news(scene.support, ticket)
    (one,) = escalations(scene)
    assert (one.owner.team, one.summary) == ("payments", "cannot pay")
    assert scene.support.tickets[ticket].tags == there.tags
    scene.news(scene.support, ticket)
    assert len(escalations(scene)[0].changes) == 1


def test_back_and_forth_goes_to_the_leads_with_the_history(make_house):
    both = replace(FIRST, members=(SARI,))
    scene = make_house(organisation(both, PAYMENTS, LEADS, discipline=Discipline(most_transfers=9)))
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    for name in ("payments", "first", "payments", "first"):
        asked(scene, ticket, f"/bridge escalate {name} not mine", by=SARI)
    (one,) = escalations(scene)
    assert one.teams == ("payments", "first", "payments", "leads")
    (answer,) = notes(scene, ticket, "handed on too often")
    for line in ("escalated to Payments, Budi", "handed on to First", "handed on to Payments, Sari"):
        assert line in answer.body.text


def test_members_of_the_team_of_leads_are_leads(make_house):
    chief = Member("ika@example.com", "Ika")
    bosses = team("bosses", members=(chief,))
    scene = make_house(organisation(FIRST, PAYMENTS, LEADS, bosses, leads="bosses"))
    ticket = opened(scene)
    at_team(scene, ticket, "Payments")
    asked(scene, ticket, "/bridge escalate first cannot pay", by=chief)
    (one,) = escalations(scene)
    assert (one.owner.team, one.changes[0].by) == ("first", "Ika")


def test_too_many_transfers_go_to_the_leads(make_house):
    teams = [team(name, members=(SARI,)) for name in ("one", "two", "three", "four")]
    scene = make_house(organisation(*teams, LEADS, discipline=Discipline(most_transfers=2)))
    ticket = opened(scene)
    at_team(scene, ticket, "One")
    for name in ("two", "three", "four", "one"):
        asked(scene, ticket, f"/bridge escalate {name} not mine", by=SARI)
    (one,) = escalations(scene)
    assert one.teams == ("two", "three", "four", "leads")
    assert ticket


def test_the_team_behind_the_linked_ticket_acts_in_its_own_ticket(make_house):
    dev = Member("dewi@dev.example", "Dewi", accounts={"dev": "dev-7"})
    engineering = team("engineering", places=(), routes=("engineering",), members=(dev,))
    scene = make_house(organisation(FIRST, PAYMENTS, engineering, LEADS), Escalate(team="engineering"))
    ticket = opened(scene)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    scene.clock.advance(seconds=30)
    hidden = Person("dev-8", "Somebody", None, Role.AGENT)
    scene.dev.says(issue, "/bridge deescalate not a bug", Role.AGENT, PRIVATE, author=hidden)
    scene.news(scene.dev, issue)
    assert escalations(scene)[0].is_open
    refusals = [c.body.text for c in scene.dev.comments[issue] if "you may not use deescalate" in c.body.text]
    assert len(refusals) == 1
    scene.clock.advance(seconds=30)
    known = Person("dev-7", "Dewi", None, Role.AGENT)
    scene.dev.says(issue, "/bridge deescalate not a bug", Role.AGENT, PRIVATE, author=known)
    scene.news(scene.dev, issue)
    (one,) = escalations(scene)
    assert (one.outcome, one.changes[-1].by) == (Outcome.DEESCALATED, "Dewi")
    assert len([c for c in scene.dev.comments[issue] if "the escalation has ended" in c.body.text]) == 1
    assert notes(scene, ticket, "the escalation has ended") == []


def test_a_step_takes_nothing_back_from_a_team_that_a_person_chose(make_house):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, "/bridge escalate leads it is urgent")
    scene.run(minutes=61)
    (one,) = escalations(scene)
    assert one.owner.team == "leads"
    assert [change.what for change in one.changes] == [ChangeKind.OPENED, ChangeKind.JOINED]


def test_a_command_from_long_before_the_bridge_is_not_obeyed(make_house):
    scene = make_house()
    ticket = scene.support.customer_writes("Old", "It is old.")
    scene.support.says(ticket, "/bridge escalate payments x", Role.AGENT, PRIVATE, author=person(RANI))
    scene.clock.advance(days=3)
    scene.news(scene.support, ticket)
    assert [e for e in escalations(scene) if e.cause is Cause.BY_HAND] == []
