"""Tags in step with labels, and the severity shown on the linked ticket."""

from dataclasses import replace

from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.fields.tags import TagRule, TagsRule, folded_tag
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Severity

BOTH, TO_LINKED, TO_ORIGIN = Direction.BOTH, Direction.TO_LINKED, Direction.TO_ORIGIN
TAGS = TagsRule(BOTH, {"vip": "customer-vip"}, same=("outage", "product-*"))


def test_tags_come_and_go_and_other_peoples_stay(make_play):
    play = make_play(tags=TAGS)
    play.tag(play.origin, "vip", "internal")
    play.tag(play.linked, "backend", "Outage")
    play.work()
    assert set(play.tickets[play.linked].tags) == {"backend", "Outage", "customer-vip"}
    assert set(play.tickets[play.origin].tags) == {"vip", "internal", "Outage"}
    play.untag(play.origin, "vip", "Outage")
    play.work()
    assert play.tickets[play.linked].tags == ("backend",)
    assert set(play.link.fields) == {"tags"}  # nothing is remembered of tags that are gone
    play.tag(play.origin, "vip")  # and again: what was there once is not remembered as being there
    play.work()
    assert play.tickets[play.linked].tags == ("backend", "customer-vip")
    play.at_rest()


def test_a_tag_that_changed_on_both_sides_at_once_is_no_conflict(make_play):
    play = make_play(tags=TAGS)
    play.tag(play.origin, "vip")
    play.work()
    play.untag(play.origin, "vip")
    play.tag(play.origin, "product-a")
    play.untag(play.linked, "customer-vip")
    play.tag(play.linked, "product-b")
    play.work()
    assert (
        set(play.tickets[play.origin].tags)
        == set(play.tickets[play.linked].tags)
        == {"product-a", "product-b"}
    )
    assert "tag:vip" not in play.link.fields
    assert play.held() == {}


def test_a_tag_is_the_same_however_a_vendor_writes_it():
    assert folded_tag("Big Customer") == folded_tag("big_customer") == folded_tag("Big-customer")


def test_a_prefix_marks_what_came_from_the_other_side(make_play):
    play = make_play(tags=TagsRule(BOTH, same=("*",), prefix="cs-", not_these=("cs-sev1",)))
    play.tag(play.origin, "vip", "sev1")
    play.tag(play.linked, "cs-hot", "backend", "cs-")
    play.work()
    assert set(play.tickets[play.linked].tags) == {"cs-hot", "backend", "cs-", "cs-vip"}
    assert set(play.tickets[play.origin].tags) == {"vip", "sev1", "hot"}
    play.at_rest()


def test_what_a_map_names_is_not_passed_on_under_its_own_name(make_play):
    play = make_play(tags=TagsRule(BOTH, {"vip": "gold"}, same=("*",)))
    play.tag(play.origin, "gold")
    play.tag(play.linked, "vip")
    play.work()
    assert play.tickets[play.linked].tags == ("vip",)
    assert play.tickets[play.origin].tags == ("gold",)


def test_the_severity_is_a_label_of_the_linked_ticket(make_play):
    labels = [
        TagRule(
            key=f"severity:{severity}",
            direction=TO_LINKED,
            names={Side.ORIGIN: severity.value, Side.LINKED: f"sev-{severity}"},
            severity=severity,
        )
        for severity in Severity
    ]
    play = make_play(*labels)
    assert play.tickets[play.linked].tags == ("sev-standard",)
    play.view = replace(
        play.view, classification=replace(play.view.classification, severity=Severity.EMERGENCY)
    )
    play.work()
    assert play.tickets[play.linked].tags == ("sev-emergency",)


def test_the_severity_is_a_choice_of_the_linked_ticket(make_play):
    rule = CustomRule(
        key="severity",
        direction=TO_LINKED,
        ids={Side.LINKED: "customfield_1"},
        convert=Convert.CHOICE,
        values=(("emergency", "Sev 1"), ("standard", "Sev 3")),
    )
    play = make_play(rule)
    assert play.tickets[play.linked].custom_fields["customfield_1"]["value"] == "Sev 3"
    play.at_rest()
