"""What holds of fields in step whatever happens."""

import dataclasses
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case.cases import Link
from escalation_bridge.domain.case.recorded import as_recorded
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Priority, TicketChange
from escalation_bridge.store.database.codec import decode, encode

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


RULES = {
    "owned": FieldRules((replace(PLAIN, owner=Side.ORIGIN), replace(AREA, owner=Side.LINKED)), (TAGS,)),
    "nobody's": FieldRules((PLAIN, AREA), (TAGS,)),
}
WHERE = st.sampled_from(["origin", "linked"])
EDITS = st.one_of(
    st.tuples(st.just("priority"), WHERE, st.sampled_from(list(Priority))),
    st.tuples(st.just("tag"), WHERE, st.sampled_from(["vip", "customer-vip", "outage", "product-a", "mine"])),
    st.tuples(st.just("untag"), WHERE, st.sampled_from(["vip", "customer-vip", "outage", "product-a"])),
    st.tuples(st.just("area"), WHERE, st.sampled_from(["pay", "ship", None, "odd"])),
    st.tuples(
        st.just("bridge"), st.sampled_from(["look", "look and write", "lose an answer", "fail"]), st.none()
    ),
)


def edit(play, what, where, value):
    ref = play.origin if where == "origin" else play.linked
    if what == "priority":
        play.set(ref, priority=value)
    elif what == "tag":
        play.untag(ref, value)
        play.tag(ref, value)
    elif what == "untag":
        play.untag(ref, value)
    elif what == "area":
        words = {"pay": {"value": "Payments"}, "ship": {"value": "Shipping"}, "odd": {"value": "Odd"}}
        play.fill(ref, **({"area": value} if where == "origin" else {"their_area": words.get(value)}))
    else:
        play.read()
        before = play.decide()
        assert play.decide() == before
        play.record(before)
        again = decide(play.view, play.rules, play.now)
        assert not again.intents
        assert not again.timeline
        fates = {"look and write": "done", "lose an answer": "lost", "fail": "failed"}
        fate = fates.get(where, "later")

        def fate_of(record):
            is_fields = isinstance(record.intent, ChangeTicket) and record.intent.settles_fields
            return fate if is_fields else "done"

        play.deliver(fate_of)


@settings(max_examples=150, deadline=None)
@given(rules=st.sampled_from(sorted(RULES)), history=st.lists(EDITS, max_size=25))
def test_whatever_happens_both_sides_agree_in_the_end_or_the_field_is_held(make_play, rules, history):
    play = make_play(*RULES[rules].single, tags=TAGS)
    play.tag(play.origin, "theirs")
    play.tag(play.linked, "others")
    for step in history:
        edit(play, *step)
        play.later(seconds=1)
    for key, record in list(play.view.intents.items()):  # what failed is retried, as an admin would
        if record.state is IntentState.FAILED:
            play._mark(key, IntentState.CANCELLED)
    play.work(40)
    play.at_rest()
    origin, linked, held = play.tickets[play.origin], play.tickets[play.linked], play.held()
    assert "theirs" in origin.tags
    assert "others" in linked.tags
    assert set(held) <= {"priority", AREA.key}
    if "priority" not in held:
        assert origin.priority is linked.priority
    if AREA.key not in held:
        shown = (linked.custom_fields.get("customfield_10050") or {}).get("value")
        assert {"pay": "Payments", "ship": "Shipping"}.get(origin.custom_fields.get("360")) == shown
    assert ("vip" in origin.tags) is ("customer-vip" in linked.tags)
    for tag in ("outage", "product-a"):
        assert (tag in origin.tags) is (tag in linked.tags)


def test_a_link_that_was_stored_before_fields_were_kept_in_step_is_still_read(make_play):
    play = make_play(PRIORITY, tags=TAGS)
    document = encode(play.link, Link)
    assert decode(document, Link) == play.link
    older = json.loads(document)
    del older["fields"]
    assert decode(json.dumps(older), Link) == replace(play.link, fields={})


def test_deciding_is_the_same_after_recording(make_play):
    play = make_play(PLAIN)
    both_changed(play)
    decision = play.decide()
    assert as_recorded(play.view, decision, "x", play.now) == play.view


# --- changes in one -----------------------------------------------------------------------------------------------------

CHANGES = st.builds(
    TicketChange,
    status=st.none() | st.just("open"),
    priority=st.none() | st.just(Priority.HIGH),
    assignee=st.none() | st.just("m1"),
    group=st.none() | st.just("g1"),
    add_tags=st.tuples() | st.just(("vip",)),
    remove_tags=st.tuples() | st.just(("old",)),
    fields=st.dictionaries(st.sampled_from("ab"), st.integers(0, 1)),
)


@given(CHANGES, CHANGES)
def test_no_part_of_a_change_is_lost_where_two_are_made_in_one(one, other):
    joined = one.joined(other)
    for name in (each.name for each in dataclasses.fields(TicketChange)):
        for value in (getattr(one, name), getattr(other, name)):
            kept = getattr(joined, name)
            assert not value or kept == value or all(each in kept for each in value)


def test_changes_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="status"):
        TicketChange(status="open").joined(TicketChange(status="solved"))
