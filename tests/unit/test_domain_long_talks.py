"""Tickets in which much was said: what a decision costs grows with it, and not with its square."""

from datetime import timedelta

import pytest

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.routes.routes import WriteBudget
from escalation_bridge.domain.tickets.tickets import Role, Visibility


@pytest.fixture
def searches(monkeypatch):
    """How often all comments of a ticket were gone through."""
    count = [0]
    ordinary = CaseView.comments_of

    def counted(self, ticket):
        count[0] += 1
        return ordinary(self, ticket)

    monkeypatch.setattr(CaseView, "comments_of", counted)
    return count


def talked(linked, messages):
    world = linked(budget=WriteBudget(10_000, timedelta(days=30)))
    for number in range(messages):
        world.says(world.origin, Role.CUSTOMER, f"message {number}")
        world.says(world.linked, Role.AGENT, f"answer {number}", Visibility.PRIVATE)
    world.read()
    return world


def cost(world, searches):
    searches[0] = 0
    decision = world.decide()
    return searches[0], decision


@pytest.mark.parametrize("state", [None, IntentState.PENDING, IntentState.FAILED, IntentState.CANCELLED])
def test_comments_are_not_searched_for_each_comment(linked, searches, state):
    costs = []
    for messages in (10, 100):
        world = talked(linked, messages)
        if state is not None:
            world.record(world.decide())
            for key, record in world.writes.items():
                if isinstance(record.intent, WriteComment) and record.intent.source:
                    world._mark(key, state)
        count, decision = cost(world, searches)
        assert len(decision.intents) >= (
            0 if state in (IntentState.PENDING, IntentState.FAILED) else messages
        )
        costs.append(count)
    assert costs[0] == costs[1]
