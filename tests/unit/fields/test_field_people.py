"""Assignees in step: who is who, and those whom nobody knows on the other side."""

from escalation_bridge.domain.case.write import FieldEdge
from escalation_bridge.domain.routes.fields.assignee import AssigneeRule
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.fields.values import Shown
from escalation_bridge.domain.routes.sides import Side, Unmapped
from escalation_bridge.domain.sync.fields.writing import Carried, write_fields
from escalation_bridge.domain.tickets.tickets import Person, Priority

BOTH, TO_LINKED, TO_ORIGIN = Direction.BOTH, Direction.TO_LINKED, Direction.TO_ORIGIN
LOW, NORMAL, HIGH, URGENT = Priority
MIRA = Person("7", "Mira", "mira@acme.example")
THEIR_MIRA = Person("acc-1", "Mira", "mira@acme.example")
BUDI = Person("acc-2", "Budi")
PLAIN = PriorityRule(direction=BOTH)


def test_people_are_the_same_by_e_mail_or_by_the_table(make_play):
    play = make_play(AssigneeRule(direction=BOTH, users=(("7", "acc-2"),)))
    play.set(play.origin, assignee=MIRA)
    play.work()
    assert play.tickets[play.linked].assignee == BUDI
    play.set(play.linked, assignee=THEIR_MIRA)  # in no table, and the same e-mail address
    play.work()
    assert len(play.field_writes()) == 1  # it is Mira there already
    play.set(play.linked, assignee=None)
    play.work()
    assert play.tickets[play.origin].assignee == MIRA
    assert len(play.field_writes()) == 1
    play.at_rest()


def test_a_person_who_cannot_be_mapped_holds_nothing_and_is_named_once(make_play):
    play = make_play(AssigneeRule(direction=TO_ORIGIN), PLAIN)
    play.set(play.linked, assignee=BUDI, priority=URGENT)
    play.work()
    play.work()
    assert play.tickets[play.origin].assignee is None
    assert play.tickets[play.origin].priority is URGENT
    assert play.held() == {}
    told = [e.facts for d in play.history for e in d.timeline if e.code == "person_not_mapped"]
    assert [facts["name"] for facts in told] == ["Budi"]


def test_a_word_of_which_a_vendor_says_that_it_is_nobody_is_not_tried_again():
    rule = AssigneeRule(direction=BOTH, users=(("7", "one"), ("7", "two")), default={Side.LINKED: "three"})
    shown = Shown("7", (("7", "mira@acme.example"),))
    assert rule.wish(Side.ORIGIN, shown, ()) == "one"
    assert rule.wish(Side.ORIGIN, shown, ("ONE",)) == "two"
    assert rule.wish(Side.ORIGIN, shown, ("one", "two")) == "three"
    assert rule.wish(Side.ORIGIN, shown, ("one", "two", "three")) is Unmapped.UNMAPPED


def test_a_default_stands_in_for_who_cannot_be_mapped(make_play):
    play = make_play(AssigneeRule(direction=TO_ORIGIN, default={Side.ORIGIN: "7"}))
    play.set(play.linked, assignee=BUDI)
    play.work()
    assert play.tickets[play.origin].assignee == MIRA
    assert play.codes.count("person_replaced") == 1
    play.at_rest()


def test_two_fields_about_people_are_written_apart_so_that_a_refusal_names_one_person(make_play):
    play = make_play(AssigneeRule(direction=BOTH), PLAIN)
    edge = FieldEdge("7", "", "acc-1")
    people = [AssigneeRule(direction=BOTH, key=key) for key in ("assignee", "deputy")]
    carried = [Carried(rule, Side.ORIGIN, edge, "Mira", alone=False) for rule in people]
    carried.append(Carried(PLAIN, Side.ORIGIN, FieldEdge("low", "high", "low"), "low", alone=False))
    tickets = {Side.ORIGIN: play.tickets[play.origin], Side.LINKED: play.tickets[play.linked]}
    written = write_fields(play.link, tickets, carried, play.now).intents
    assert [sorted(each.intent.fields_settled.fields) for each in written] == [
        ["assignee", "priority"],
        ["deputy"],
    ]
    assert len({each.key for each in written}) == 2
