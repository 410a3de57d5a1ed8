"""Clocks, warnings and notes inside one helpdesk: a policy needs no route."""

import pytest

from escalation_bridge.domain.case.cases import CaseState, Rules
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind, TicketRef, Visibility
from escalation_bridge.store.cases import case_tickets


def at(*names, operator=Operator.IS):
    return Condition(all=(Test("connection", operator, names),))


@pytest.fixture
def alone(make_scene, make_policy):
    ladder = make_policy().ladder[:1]  # the warning
    return make_scene(policies=(make_policy(match=at("support"), ladder=ladder),), routes=())


def test_a_policy_without_any_route_has_its_clocks_and_its_ladder(alone):
    ticket = alone.support.customer_writes("Printer on fire", "It burns.")
    alone.news(alone.support, ticket)
    alone.run(minutes=50)
    (note,) = alone.support.fetch_comments(ticket, None)
    assert note.visibility is Visibility.PRIVATE
    assert alone.support.tickets[ticket].priority is Priority.HIGH
    alone.support.says(ticket, "We are on it.", Role.AGENT)
    alone.news(alone.support, ticket)
    assert ClockState.DONE in {clock.state for clock in alone.view().clocks}
    alone.support.set_status(ticket, StatusKind.SOLVED)
    alone.news(alone.support, ticket)
    assert alone.view().state is CaseState.CLOSED
    assert not alone.dev.tickets


def test_a_connection_without_any_policy_opens_no_case(alone):
    issue = alone.dev.customer_writes("Not a customer's", "An idea.")
    alone.news(alone.dev, issue)
    with alone.bridge.database.read() as transaction:
        assert case_tickets.cases_of(transaction, TicketRef("dev", issue)) == []


def test_a_lost_webhook_is_found_there_too(alone):
    from escalation_bridge.engine.reconcile.compare import compare

    ticket = alone.support.customer_writes("Printer on fire", "It burns.")
    finding = compare(alone.bridge, TicketRef("support", ticket))
    assert finding is not None


@pytest.mark.parametrize(
    ("match", "opens"),
    [
        (Condition(), {"support", "shop"}),  # where a route only ends, others work
        (at("dev"), {"support", "dev"}),
        (at("DEV", "shop"), {"support", "dev", "shop"}),
        (at("shop", operator=Operator.IS_NOT), {"support", "dev"}),
        (Condition(none=(Test("connection", Operator.IS, ("shop",)),)), {"support", "dev"}),
        (
            Condition(
                any=(Test("connection", Operator.IS, ("shop",)), Test("priority", Operator.IS, ("high",)))
            ),
            None,
        ),
        (Condition(any=(Test("connection", Operator.IS, ("shop",)),)), {"support", "shop"}),
    ],
)
def test_which_connections_open_cases(make_policy, make_route, match, opens):
    rules = Rules((make_policy(match=match),), {"engineering": make_route()})
    found = {name for name in ("support", "dev", "shop") if rules.opens_cases(name)}
    assert found == (opens or {"support", "dev", "shop"})


def test_without_policies_only_routes_open_cases(make_route):
    rules = Rules((), {"engineering": make_route()})
    assert [name for name in ("support", "dev", "shop") if rules.opens_cases(name)] == ["support"]
