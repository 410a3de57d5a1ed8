"""A field on hold: both sides changed, not mapped, refused. It stops nothing else, and is settled by a person."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.cases import Hold
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.write_records import IntentState, after_retry
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.links.shown_link import link_health
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.sync.fields.carry_over import sync_fields
from escalation_bridge.domain.sync.fields.holds import settle
from escalation_bridge.domain.tickets.tickets import Priority

BOTH, TO_LINKED, TO_ORIGIN = Direction.BOTH, Direction.TO_LINKED, Direction.TO_ORIGIN
LOW, NORMAL, HIGH, URGENT = Priority
PRIORITY = PriorityRule(
    direction=BOTH, to_linked={"urgent": "high", "low": Keep.KEEP}, to_origin={"high": "urgent"}
)
TAGS = TagsRule(BOTH, {"vip": "customer-vip"}, same=("outage", "product-*"))
AREA = CustomRule(
    key="custom:360:10050",
    direction=BOTH,
    ids={Side.ORIGIN: "360", Side.LINKED: "customfield_10050"},
    convert=Convert.CHOICE,
    values=(("pay", "Payments"), ("ship", "Shipping")),
)
PLAIN = PriorityRule(direction=BOTH)


def both_changed(play):
    play.set(play.origin, priority=LOW)
    play.set(play.linked, priority=URGENT)
    play.fill(play.origin, area="pay")
    play.fill(play.linked, their_area={"value": "Shipping"})
    play.work()


@pytest.mark.parametrize("owner", list(Side))
def test_the_owner_wins(make_play, owner):
    play = make_play(replace(PLAIN, owner=owner), replace(AREA, owner=owner))
    both_changed(play)
    assert play.tickets[play.origin].priority is (LOW if owner is Side.ORIGIN else URGENT)
    assert play.tickets[play.origin].priority is play.tickets[play.linked].priority
    assert play.held() == {}
    play.at_rest()


def test_without_an_owner_only_that_field_is_held_and_both_tickets_are_told_once(make_play):
    play = make_play(PLAIN, AREA, tags=TAGS)
    play.tag(play.origin, "vip")
    both_changed(play)
    assert play.held() == {"priority": "field_conflict", AREA.key: "field_conflict"}
    assert play.tickets[play.linked].tags == ("customer-vip",)
    assert {note.ticket for note in play.notes("field_conflict")} == {play.origin, play.linked}
    assert len(play.notes("field_conflict")) == 4
    facts = play.notes("field_conflict")[0].message.facts
    assert (facts["origin_value"], facts["linked_value"]) == ("low", "urgent")
    play.set(play.origin, "open")  # the status goes on as well
    play.work()
    assert len(play.notes("field_conflict")) == 4
    play.at_rest()


def test_a_field_on_hold_is_how_the_link_is_said_to_be(make_play):
    play = make_play(PLAIN)
    assert link_health(play.view, play.link, play.now).code == "in_step"
    both_changed(play)
    health = link_health(play.view, play.link, play.now)
    assert (health.code, health.facts["field"]) == ("field_conflict", "priority")


@pytest.mark.parametrize("side", list(Side))
def test_a_person_settles_a_conflict(make_play, side):
    play = make_play(PLAIN, AREA)
    both_changed(play)
    play.view = replace(play.view, links=(settle(play.link, "priority", side),))
    play.work()
    assert play.tickets[play.origin].priority is play.tickets[play.linked].priority
    assert play.tickets[play.origin].priority is (LOW if side is Side.ORIGIN else URGENT)
    assert play.held() == {AREA.key: "field_conflict"}
    play.view = replace(play.view, links=(settle(play.link, None, side),))
    play.work()
    assert play.held() == {}
    assert all(state.chosen is None for state in play.link.fields.values())
    play.at_rest()


def chosen_and_refused(make_play):
    """A conflict in which a person chose the origin's value, and the linked ticket's vendor refused it."""
    play = make_play(PLAIN)
    play.set(play.origin, priority=LOW)
    play.set(play.linked, priority=URGENT)
    play.work()
    play.view = replace(play.view, links=(settle(play.link, "priority", Side.ORIGIN),))
    for _ in range(4):
        play.read()
        play.record(play.decide())
        play.deliver(lambda record: "failed" if isinstance(record.intent, ChangeTicket) else "done")
    return play


def test_a_choice_that_the_vendor_refuses_is_told_and_not_asked_again(make_play):
    play = chosen_and_refused(make_play)
    assert play.held() == {"priority": "field_refused"}
    assert len(play.field_writes()) == 1
    assert len(play.notes("field_conflict")) == 2


def test_a_refused_choice_is_tried_again_when_somebody_asks_for_it(make_play):
    play = chosen_and_refused(make_play)
    for key, record in play.view.intents.items():  # what `retry` does
        if record.state is IntentState.FAILED:
            play._mark(key, after_retry(record.intent))
    play.work()
    assert play.held() == {}
    assert play.tickets[play.linked].priority is LOW


@pytest.mark.parametrize("back_first", [False, True])
def test_a_refused_choice_says_nothing_about_the_next_conflict(make_play, back_first):
    play = chosen_and_refused(make_play)
    if back_first:
        for ref in (play.origin, play.linked):
            play.set(ref, priority=NORMAL)
        play.work()
        assert play.held() == {}
    play.set(play.origin, priority=LOW)
    play.set(play.linked, priority=HIGH)
    play.work()
    assert play.held() == {"priority": "field_conflict"}
    assert play.tickets[play.linked].priority is HIGH


def test_nothing_is_settled_where_nothing_waits(make_play):
    play = make_play(PLAIN)
    assert settle(play.link, None, Side.ORIGIN) is play.link


def test_two_equal_edits_are_no_conflict(make_play):
    play = make_play(PLAIN, AREA)
    play.set(play.origin, priority=LOW)
    play.set(play.linked, priority=LOW)
    play.work()
    assert play.field_writes() == []
    assert play.held() == {}


def test_people_may_settle_a_conflict_in_the_tickets(make_play):
    play = make_play(PLAIN)
    both_changed(play)
    play.set(play.linked, priority=LOW)
    play.work()
    assert play.held() == {}
    play.at_rest()


def test_a_value_that_is_not_mapped_is_not_guessed(make_play):
    play = make_play(PLAIN, AREA)
    play.fill(play.linked, their_area={"value": "Returns", "id": "9"})
    play.set(play.linked, priority=URGENT)
    play.work()
    assert play.held() == {AREA.key: "field_unmapped"}
    assert play.tickets[play.origin].priority is URGENT
    play.fill(play.linked, their_area=None)
    play.work()
    assert play.held() == {}
    assert "field_released" in play.codes
    play.at_rest()


def test_of_fields_refused_together_only_the_one_at_fault_is_held(make_play):
    play = make_play(PRIORITY, AREA, tags=TAGS)
    play.set(play.origin, priority=URGENT)
    play.tag(play.origin, "vip")
    play.fill(play.origin, area="pay")

    def at_fault(record):
        is_change = isinstance(record.intent, ChangeTicket)
        return "failed" if is_change and "customfield_10050" in record.intent.change.fields else "done"

    for _ in range(10):
        play.read()
        play.record(play.decide())
        play.deliver(at_fault)
    assert play.held() == {AREA.key: "field_refused"}
    assert play.tickets[play.linked].priority is HIGH
    assert play.tickets[play.linked].tags == ("customer-vip",)
    assert len(play.field_writes()) == 4  # together, then each alone
    assert len(play.notes("field_refused")) == 2
    assert play.notes("field_refused")[0].message.facts["error"] == "refused"
    play.fill(play.origin, area="ship")  # another value is tried
    play.work()
    assert play.held() == {}
    play.at_rest()


def test_a_write_that_could_not_go_is_dropped_when_somebody_was_quicker(make_play):
    play = make_play(PLAIN)
    play.set(play.origin, priority=URGENT)
    play.read()
    play.record(play.decide())
    (key,) = [key for key, record in play.view.intents.items() if record.state.outstanding]
    play._mark(key, IntentState.PENDING, failures=1)
    play.set(play.origin, priority=LOW)
    play.work()
    assert play.view.intents[key].state is IntentState.CANCELLED
    assert play.tickets[play.linked].priority is LOW
    play.at_rest()


@pytest.mark.parametrize(
    ("reason", "writes"),
    [
        (HoldReason.STATUS_CONFLICT, 1),
        (HoldReason.STATUS_UNMAPPED, 1),
        (HoldReason.PING_PONG, 1),
        (HoldReason.WRITE_BUDGET, 0),
        (HoldReason.TICKET_GONE, 0),
    ],
)
def test_only_a_hold_that_is_about_the_status_lets_fields_go_on(make_play, reason, writes):
    play = make_play(PLAIN)
    play.set(play.origin, priority=URGENT)
    play.read()
    held = replace(play.link, hold=Hold(reason, play.now))
    part = sync_fields(play.view, held, play.rules.routes[held.route], play.now)
    assert len(part.intents) == writes
    ended = sync_fields(
        play.view, replace(play.link, ended=play.now), play.rules.routes[held.route], play.now
    )
    assert not ended.intents


def test_nothing_is_written_while_one_of_the_tickets_is_gone(make_play):
    play = make_play(PLAIN)
    play.view = replace(play.view, gone={play.linked: "gone"})
    play.record(play.decide())
    play.set(play.origin, priority=URGENT)
    play.read(play.origin)
    play.record(play.decide())
    assert play.field_writes() == []
