"""Fields of a link in step: how it begins, and what changed on one side is carried over by the route's rules."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.routes.fields.assignee import AssigneeRule
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.fields.values import Convert, read_value
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped
from escalation_bridge.domain.sync.fields.carry_over import begin_fields
from escalation_bridge.domain.tickets.tickets import Person, Priority

BOTH, TO_LINKED, TO_ORIGIN = Direction.BOTH, Direction.TO_LINKED, Direction.TO_ORIGIN
LOW, NORMAL, HIGH, URGENT = Priority
MIRA = Person("7", "Mira", "mira@acme.example")
THEIR_MIRA = Person("acc-1", "Mira", "mira@acme.example")
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


def test_what_the_customers_ticket_shows_goes_along_at_the_beginning(make_play):
    def before(play):
        play.set(play.origin, assignee=MIRA)
        play.tag(play.origin, "vip", "private-joke")
        play.fill(play.origin, area="pay")

    play = make_play(PRIORITY, AREA, AssigneeRule(direction=BOTH), tags=TAGS, before=before)
    linked = play.tickets[play.linked]
    assert linked.tags == ("customer-vip",)
    assert linked.custom_fields["customfield_10050"]["value"] == "Payments"
    assert linked.assignee == THEIR_MIRA
    (write,) = play.field_writes()  # all of it at once, and the priority was in the draft already
    assert write.change.priority is None
    play.at_rest()


def test_what_the_linked_ticket_begins_with_stays_there(make_play):
    play = make_play(PRIORITY, AREA, tags=TAGS)
    play.tag(play.linked, "theirs")
    play.work()
    assert play.tickets[play.origin].tags == ()
    assert play.field_writes() == []


def test_of_tickets_that_somebody_linked_both_keep_what_they_have(make_play):
    play = make_play(PLAIN, AREA, tags=TAGS)
    play.set(play.origin, priority=URGENT)
    play.tag(play.origin, "vip")
    play.fill(play.linked, their_area={"value": "Shipping"})
    play.read()
    for by_hand in (True, False):
        link = replace(play.link, fields={}, by_hand=by_hand)
        (begun,) = begin_fields(play.view, link, play.rules.routes[link.route]).links
        values = {key: dict(state.values) for key, state in begun.fields.items()}
        before = {"priority": "urgent", "tag:vip": "yes", AREA.key: ""} if by_hand else {}
        assert {key: each.get(Side.ORIGIN, "") for key, each in values.items()} == {
            key: before.get(key, "") for key in values
        }
        assert values[AREA.key][Side.LINKED] == "Shipping"
        assert ("tag:vip" in values) is by_hand


def test_a_field_that_is_named_later_begins_with_what_both_sides_have(make_play):
    play = make_play(tags=None)
    play.tag(play.origin, "outage")
    play.fill(play.origin, area="pay")
    play.fill(play.linked, their_area={"value": "Shipping"})
    play.work()
    (route,) = play.rules.routes.values()
    play.rules = replace(play.rules, routes={route.name: replace(route, synced=FieldRules((AREA,), (TAGS,)))})
    play.work()
    assert play.field_writes() == []
    play.fill(play.origin, area="ship")  # which is there already
    play.tag(play.origin, "vip")
    play.work()
    play.fill(play.origin, area="pay")
    play.work()
    changes = [write.change for write in play.field_writes()]
    assert [(change.fields, change.add_tags) for change in changes] == [
        ({}, ("customer-vip",)),
        ({"customfield_10050": "Payments"}, ()),
    ]
    assert play.tickets[play.linked].tags == ("customer-vip",)
    play.at_rest()


def test_a_field_that_is_named_no_more_is_forgotten(make_play):
    play = make_play(PRIORITY, tags=TAGS)
    (route,) = play.rules.routes.values()
    play.rules = replace(play.rules, routes={route.name: replace(route, synced=None)})
    play.work()
    assert play.link.fields == {}
    play.at_rest()


def test_a_change_is_carried_over_through_the_map_and_does_not_come_back(make_play):
    play = make_play(PRIORITY)
    play.set(play.linked, priority=HIGH)
    play.work()
    assert play.tickets[play.origin].priority is URGENT
    play.set(play.origin, priority=NORMAL)
    play.work()
    assert play.tickets[play.linked].priority is NORMAL
    assert len(play.field_writes()) == 2
    play.at_rest()


def test_keep_changes_nothing_on_the_other_side(make_play):
    play = make_play(PRIORITY)
    before = play.tickets[play.linked].priority
    play.set(play.origin, priority=LOW)
    play.work()
    assert play.tickets[play.linked].priority is before
    assert play.link.fields["priority"].values[Side.ORIGIN] == "low"


@pytest.mark.parametrize(("direction", "carried"), [(TO_LINKED, 0), (BOTH, 1), (TO_ORIGIN, 1)])
def test_a_change_goes_only_in_the_direction_of_the_rule(make_play, direction, carried):
    play = make_play(PriorityRule(direction=direction))
    play.set(play.linked, priority=LOW)
    play.work()
    assert len(play.field_writes()) == carried
    assert (play.tickets[play.origin].priority is LOW) is bool(carried)


def test_several_fields_of_a_ticket_are_one_write(make_play):
    play = make_play(PRIORITY, AREA, tags=TAGS)
    play.set(play.origin, priority=URGENT)
    play.tag(play.origin, "vip", "product-x")
    play.fill(play.origin, area="ship")
    play.work()
    (write,) = play.field_writes()
    assert write.change.priority is HIGH
    assert write.change.add_tags == ("customer-vip", "product-x")
    assert write.change.fields == {"customfield_10050": "Shipping"}
    assert play.codes.count("fields_carried_over") == 1


def test_an_emptied_field_is_emptied(make_play):
    play = make_play(AREA)
    play.fill(play.origin, area="pay")
    play.work()
    play.fill(play.origin, area=None)
    play.work()
    assert play.tickets[play.linked].custom_fields["customfield_10050"] is None
    play.at_rest()


def test_what_vendors_make_of_a_value_is_no_change(make_play):
    score = CustomRule(
        key="custom:5:6", direction=BOTH, ids={Side.ORIGIN: "5", Side.LINKED: "6"}, convert=Convert.NUMBER
    )
    play = make_play(score, AREA)
    play.fill(play.origin, **{"5": "5.0", "area": "pay"})
    play.work()
    assert play.tickets[play.linked].custom_fields["6"] == 5
    play.fill(play.linked, **{"6": "5.00", "their_area": {"id": "8", "value": "Payments", "self": "x"}})
    play.work()
    assert len(play.field_writes()) == 1
    play.at_rest()


def test_what_counts_as_in_step_is_what_the_vendor_made_of_a_write(make_play):
    play = make_play(replace(AREA, values=(("pay", "PAYMENTS"),)))
    keep = play.wanted

    def as_it_is_spelled_there(now, change):
        wanted = keep(now, change)
        fields = {name: {"value": "Payments", "id": "10100"} for name in change.fields}
        return replace(wanted, custom_fields={**wanted.custom_fields, **fields})

    play.wanted = as_it_is_spelled_there
    play.fill(play.origin, area="pay")
    play.work()
    play.work()
    assert play.link.fields[AREA.key].values == {Side.ORIGIN: "pay", Side.LINKED: "Payments"}
    assert "fields_noted" not in play.codes  # else its own write would have looked like a change
    play.at_rest()


def test_several_choices_are_compared_in_any_order_and_by_any_of_their_words():
    rule = replace(AREA, convert=Convert.CHOICES, values=(("a", "10100"), ("b", "Beta"), ("c", "Gamma")))
    alpha, beta = {"value": "Alpha", "id": "10100"}, {"value": "Beta", "id": "10101"}
    theirs = read_value([beta, alpha], Convert.CHOICES)
    ours = read_value(["b", "a"], Convert.CHOICES)
    assert rule.wish(Side.ORIGIN, ours, ()) == "10100\nBeta"
    assert rule.is_met(Side.LINKED, theirs, "10100\nBeta")
    assert not rule.is_met(Side.LINKED, theirs, "10100\nGamma")
    assert not rule.is_met(Side.LINKED, theirs, "10100")
    assert rule.wish(Side.LINKED, theirs, ()) == "a\nb"
    assert rule.is_met(Side.ORIGIN, ours, "a\nb")
    assert rule.wish(Side.ORIGIN, read_value(["a", "z"], Convert.CHOICES), ()) is Unmapped.UNMAPPED


def test_a_box_becomes_a_choice_and_an_unticked_one_is_no_choice(make_play):
    rule = replace(AREA, convert=Convert.YES_NO, values=(("yes", "Flagged"),))
    play = make_play(rule)
    play.fill(play.origin, area=True)
    play.work()
    assert play.tickets[play.linked].custom_fields["customfield_10050"]["value"] == "Flagged"
    play.fill(play.linked, their_area=None)
    play.work()
    assert play.tickets[play.origin].custom_fields["360"] is False
    play.fill(play.origin, area=True)
    play.work()
    play.fill(play.origin, area=False)
    play.work()
    assert play.tickets[play.linked].custom_fields["customfield_10050"] is None
    assert play.held() == {}
    play.at_rest()


def test_the_history_holds_no_value_of_a_custom_field(make_play):
    play = make_play(AREA)
    play.fill(play.origin, area="pay")
    play.work()
    play.fill(play.origin, area="secret plan")
    play.work()
    assert play.held() == {AREA.key: "field_unmapped"}
    told = str([entry.facts for decision in play.history for entry in decision.timeline])
    assert "pay" not in told
    assert "secret plan" not in told
    assert play.notes("field_unmapped")[0].message.facts["value"] == "secret plan"
