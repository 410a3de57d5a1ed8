"""Why a clock is not there that a policy has a target for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.clocks import compute_clocks
from escalation_bridge.domain.sla.policy import Metric, Policy, Start, Targets
from escalation_bridge.domain.sla.promises import Absence, Why, absences, promised_metrics
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Person, Role, Severity, Visibility

POLICY = Policy("p", Condition(), "c", ALWAYS, Targets(default=dict.fromkeys(Metric, 3600)), ())
AGENT = Person("7", "Agent", None, Role.AGENT)


@pytest.fixture
def ticket(make_world):
    world = make_world()
    return world.tickets[world.origin]


def missing(ticket, policy=POLICY):
    now = ticket.created_at + timedelta(minutes=1)
    history = (events.opened(ticket),)
    promised = promised_metrics(policy, ticket, Severity.STANDARD)
    clocks = [
        clock
        for clock in compute_clocks(history, policy, ticket.priority, now)
        if clock.metric in promised and clock.metric is not Metric.UPDATE
    ]
    return absences(policy, ticket, Severity.STANDARD, history, clocks)


def test_a_customers_ticket_waits_for_its_first_answer(ticket):
    assert missing(ticket) == (
        Absence(Metric.NEXT_RESPONSE, Why.NOTHING_ASKED),
        Absence(Metric.UPDATE, Why.NOBODY_ANSWERED),
    )


def test_the_policy_says_when_a_ticket_written_down_begins(ticket):
    noted = replace(ticket, created_by=AGENT)
    by_customer = replace(POLICY, starts=Start.CUSTOMER)
    assert Absence(Metric.FIRST_RESPONSE, Why.STARTS_WITH_CUSTOMER) in missing(noted, by_customer)
    assert Metric.FIRST_RESPONSE not in [absence.metric for absence in missing(noted)]


def test_a_note_among_colleagues_owes_nobody_an_answer(ticket):
    noted = replace(ticket, created_by=AGENT, requester=AGENT, description_visibility=Visibility.PRIVATE)
    assert Absence(Metric.FIRST_RESPONSE, Why.OPENED_PRIVATELY) in missing(noted)


def test_where_agents_cannot_be_told_no_answer_is_waited_for(ticket):
    unknown = replace(ticket, answers_known=False)
    assert promised_metrics(POLICY, unknown, Severity.STANDARD) == {Metric.RESOLUTION}
    assert {absence.why for absence in missing(unknown)} == {Why.AGENTS_UNKNOWN}


def test_without_a_policy_nothing_is_missing(ticket):
    assert promised_metrics(None, ticket, Severity.STANDARD) == frozenset()
    assert absences(None, ticket, Severity.STANDARD, (events.opened(ticket),), ()) == ()
