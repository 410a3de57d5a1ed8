"""What each side of a link is shown of the other: key, status, assignee and how the link is, no oftener than it changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.domain.case.cases import Hold
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.shown_links import ShowLink
from escalation_bridge.domain.links.shown_link import all_of_health, link_health
from escalation_bridge.domain.tickets.tickets import Person, Role, Visibility
from escalation_bridge.messages.catalogue import health_line


def shown_on(world, ticket):
    return [
        record.intent
        for record in world.writes.values()
        if isinstance(record.intent, ShowLink) and record.intent.ticket == ticket
    ]


def assign(world, ref, name):
    world.tickets[ref] = replace(world.tickets[ref], assignee=Person("7", name) if name else None)


def test_both_sides_are_shown_the_other_once(linked):
    world = linked()
    world.work()
    assert [len(shown_on(world, ref)) for ref in (world.origin, world.linked)] == [1, 1]
    (show,) = shown_on(world, world.linked)
    assert show.pointer.status == world.tickets[world.origin].status.name, "as it is after the hand-over"
    assert show.health.code == "in_step"


def test_the_customers_agents_see_every_step_and_who_has_it(linked):
    world = linked()
    before = len(shown_on(world, world.origin))
    assign(world, world.linked, "Rina")
    world.work()
    world.set(world.linked, "open")
    world.work()
    steps = shown_on(world, world.origin)[before:]
    assert [(s.pointer.assignee, s.pointer.status) for s in steps] == [("Rina", "New"), ("Rina", "Open")]
    assert len(shown_on(world, world.linked)) == 1


def test_what_is_shown_waits_for_a_status_that_is_on_its_way(linked):
    world = linked()
    world.work()
    before = len(shown_on(world, world.origin)), len(shown_on(world, world.linked))
    world.set(world.linked, "solved")
    world.read()
    decision = world.decide()
    kinds = {type(keyed.intent) for keyed in decision.intents}
    assert ChangeTicket in kinds
    assert ShowLink not in kinds, "it would have to be shown anew at once"
    world.record(decision)
    world.deliver()
    world.work()
    assert len(shown_on(world, world.origin)) == before[0] + 1
    assert shown_on(world, world.origin)[-1].pointer.status == world.tickets[world.linked].status.name


def test_a_hold_is_shown_on_both_sides_until_it_is_over(linked):
    world = linked()
    world.set(world.linked, "odd")
    world.work()
    assert [shown_on(world, ref)[-1].health.code for ref in (world.origin, world.linked)] == [
        "status_unmapped"
    ] * 2
    world.set(world.linked, "open")
    world.work()
    assert [shown_on(world, ref)[-1].health.code for ref in (world.origin, world.linked)] == ["in_step"] * 2


def test_what_was_said_is_shown_as_the_last_change_only_after_an_hour(linked):
    world = linked()
    world.work()
    before = len(shown_on(world, world.origin))
    world.later(minutes=30)
    world.says(world.linked, Role.AGENT, "Looking.", Visibility.PRIVATE)
    world.work()
    assert len(shown_on(world, world.origin)) == before
    world.later(minutes=45)
    world.says(world.linked, Role.AGENT, "Found it.", Visibility.PRIVATE)
    world.work()
    assert len(shown_on(world, world.origin)) == before + 1
    assert shown_on(world, world.origin)[-1].pointer.updated_at == world.now


@pytest.mark.parametrize(("minutes", "code"), [(9, "in_step"), (10, "behind")])
def test_a_link_is_behind_when_writes_fail_for_ten_minutes(linked, minutes, code):
    world = linked()
    key, record = next((k, r) for k, r in world.writes.items() if isinstance(r.intent, ShowLink))
    failing = replace(record, state=IntentState.PENDING, failures=3, failing_since=world.now)
    view = replace(world.view, intents={**world.view.intents, key: failing})
    assert link_health(view, world.link, world.now + timedelta(minutes=minutes)).code == code


def test_a_hold_counts_more_than_being_behind(linked):
    world = linked()
    held = replace(world.link, hold=Hold(HoldReason.TICKET_GONE, world.now, {"ticket": "dev:24"}))
    health = link_health(world.view, held, world.now)
    assert (health.code, health.facts["ticket"]) == ("ticket_gone", "dev:24")


def test_a_comment_that_was_refused_for_good_is_missing_until_it_got_over(linked):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "Still burning.")
    world.read()
    world.record(world.decide())
    world.deliver(
        lambda r: "failed" if isinstance(r.intent, WriteComment) and r.intent.source is not None else "done"
    )
    world.work()
    health = link_health(world.view, world.link, world.now)
    assert (health.code, health.facts["count"], health.facts["to_key"]) == ("comments_missing", "1", "DEV-24")
    assert [shown_on(world, ref)[-1].health.code for ref in (world.origin, world.linked)] == [
        "comments_missing"
    ] * 2
    assert "write /bridge retry" in health_line(health, "en")

    world.later(minutes=1)
    world.says(world.origin, Role.AGENT, "/bridge retry", Visibility.PRIVATE)
    world.work()
    assert link_health(world.view, world.link, world.now).code == "in_step"
    assert [shown_on(world, ref)[-1].health.code for ref in (world.origin, world.linked)] == ["in_step"] * 2


def test_everything_that_is_in_the_way_is_told(linked):
    world = linked()
    held = replace(world.link, hold=Hold(HoldReason.TICKET_GONE, world.now, {"ticket": "DEV-24"}))
    key, record = next((k, r) for k, r in world.writes.items() if isinstance(r.intent, ShowLink))
    failing = replace(record, state=IntentState.PENDING, failures=3, failing_since=world.now)
    view = replace(world.view, intents={**world.view.intents, key: failing})
    told = all_of_health(view, held, world.now + timedelta(minutes=10))
    assert [each.code for each in told] == ["ticket_gone", "behind"]
    assert [each.code for each in all_of_health(world.view, world.link, world.now)] == ["in_step"]
