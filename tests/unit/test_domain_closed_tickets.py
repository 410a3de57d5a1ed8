"""A ticket that takes nothing any more: only a refusal because it is closed shows it, and only as long as it is closed."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.write_records import IntentState, Receipt
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.routes.routes import CommentRule, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility

NOTHING = StatusMap(dict.fromkeys((kind.value for kind in StatusKind), Keep.KEEP))


@pytest.fixture
def refused(linked):
    """A linked pair, and a comment for a closed ticket that the vendor refused."""

    def make(*sides, closed=True):
        world = linked(
            to_linked=NOTHING,
            to_origin=NOTHING,
            origin_status=None,
            comments_to_origin=CommentRule(Take.ALL, Visibility.PRIVATE),
        )
        for side in sides:
            world.set(getattr(world, side), "closed")
            world.says(getattr(world, Side(side).other.value), Role.AGENT, f"Hello {side}", Visibility.PUBLIC)
        world.read()
        world.record(world.decide())
        for key, record in world.view.intents.items():
            if isinstance(record.intent, WriteComment) and record.state is IntentState.PENDING:
                failed = replace(record, state=IntentState.FAILED, receipt=Receipt(closed=closed), error="no")
                world.view = replace(world.view, intents={**world.view.intents, key: failed})
        return world

    return make


def written(world, template):
    return [
        record.intent.ticket
        for record in world.writes.values()
        if isinstance(record.intent, WriteComment)
        and record.intent.message.template == template
        and record.state is IntentState.DONE
    ]


def says_more(world):
    world.later(seconds=5)
    world.says(world.origin, Role.AGENT, "Are you there?", Visibility.PUBLIC)
    world.work()


def test_nothing_more_is_written_and_the_other_side_is_notified_once(refused):
    world = refused("linked")
    says_more(world)
    world.work()
    assert world.linked not in written(world, "passed_comment")
    assert written(world, "closed_for_good") == [world.origin]


def test_a_refusal_for_another_reason_closes_nothing(refused):
    world = refused("linked", closed=False)
    says_more(world)
    assert world.linked in written(world, "passed_comment")
    assert written(world, "closed_for_good") == []


def test_a_reopened_ticket_takes_comments_again(refused):
    world = refused("linked")
    world.set(world.linked, "open")
    says_more(world)
    assert world.linked in written(world, "passed_comment")
    assert written(world, "closed_for_good") == []


def test_nobody_is_notified_in_a_ticket_that_is_closed_as_well(refused):
    world = refused("linked", "origin")
    world.work()
    assert written(world, "closed_for_good") == []
