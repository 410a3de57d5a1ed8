"""Fields of a link in step: what changed is carried over by the route's rules, and one field on hold stops no other."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.cases import Hold, Link
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.field_holds import settle
from escalation_bridge.domain.field_rules import (
    AssigneeRule,
    CustomRule,
    Direction,
    FieldRules,
    PriorityRule,
    TagRule,
    TagsRule,
    folded_tag,
)
from escalation_bridge.domain.field_sync import begin_fields, sync_fields
from escalation_bridge.domain.field_values import Convert
from escalation_bridge.domain.intents import ChangeTicket, IntentState, WriteComment
from escalation_bridge.domain.pointers import link_health
from escalation_bridge.domain.policy import Escalate, Metric, Step
from escalation_bridge.domain.recorded import as_recorded
from escalation_bridge.domain.routes import Keep, Side
from escalation_bridge.domain.tickets import Person, Priority, Severity
from escalation_bridge.store.codec import decode, encode

BOTH, TO_LINKED, TO_ORIGIN = Direction.BOTH, Direction.TO_LINKED, Direction.TO_ORIGIN
LOW, NORMAL, HIGH, URGENT = Priority
MIRA = Person("7", "Mira", "mira@acme.example")
THEIR_MIRA = Person("acc-1", "Mira", "mira@acme.example")
BUDI = Person("acc-2", "Budi")
STAFF = {"support": (MIRA,), "dev": (THEIR_MIRA, BUDI)}
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


@pytest.fixture(scope="session")
def make_play(make_world):
    class Play(make_world):
        """Both helpdesks, with a vendor that keeps to the contract of `update_ticket`."""

        deaf = frozenset()

        def _carry_out(self, record, *, answered):
            intent = record.intent
            if not isinstance(intent, ChangeTicket) or intent.settles_fields is None:
                super()._carry_out(record, answered=answered)
                return
            known, now = self.view.tickets[intent.ticket], self.tickets[intent.ticket]
            wanted = self.wanted(now, intent.change)
            for field in ("priority", "assignee", "custom_fields"):
                if getattr(now, field) not in (getattr(known, field), getattr(wanted, field)):
                    self._mark(record.key, IntentState.CANCELLED)
                    self.read(intent.ticket)
                    return
            self.tickets[intent.ticket] = wanted
            super()._carry_out(
                replace(record, intent=replace(intent, change=replace(intent.change, priority=None))),
                answered=answered,
            )

        def wanted(self, now, change):
            fields = {**now.custom_fields, **change.fields}
            for name, value in fields.items():
                if name.startswith("customfield_") and isinstance(value, str):
                    fields[name] = {"value": value, "id": str(len(value))}
            tags = [tag for tag in now.tags if tag not in change.remove_tags]
            people = {word: p for p in STAFF[now.ref.connection] for word in (p.id, p.email)}
            return replace(
                now,
                priority=change.priority or now.priority,
                assignee=people[change.assignee] if change.assignee else now.assignee,
                tags=(*tags, *(tag for tag in change.add_tags if tag not in tags)),
                custom_fields=fields,
            )

        def tag(self, ref, *tags):
            self.set(ref, tags=(*self.tickets[ref].tags, *tags))

        def untag(self, ref, *tags):
            self.set(ref, tags=tuple(tag for tag in self.tickets[ref].tags if tag not in tags))

        def fill(self, ref, **fields):
            names = {"area": "360", "their_area": "customfield_10050"}
            values = {names.get(name, name): value for name, value in fields.items()}
            self.set(ref, custom_fields={**self.tickets[ref].custom_fields, **values})

        def field_writes(self):
            return [
                record.intent
                for record in self.view.intents.values()
                if isinstance(record.intent, ChangeTicket) and record.intent.settles_fields
            ]

        def notes(self, template):
            return [
                record.intent
                for record in self.view.intents.values()
                if isinstance(record.intent, WriteComment) and record.intent.message.template == template
            ]

        def held(self):
            return {key: state.hold.reason for key, state in self.link.fields.items() if state.hold}

        def at_rest(self):
            """Whether deciding again adds nothing."""
            self.read()
            decision = self.decide()
            assert not decision.intents
            assert not decision.timeline
            assert not decision.links

    def make(*single, tags=None, before=lambda play: None, **route):
        rules = FieldRules(single, tags)
        escalate = Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),))
        policies = (Play.policy(ladder=(escalate,)),)
        play = Play(policies=policies, routes=(Play.route(synced=rules, **route),))
        before(play)
        play.escalate()
        play.later(minutes=1)
        return play

    return make


# --- the beginning --------------------------------------------------------------------------------------------------


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
    play.rules = replace(play.rules, routes={route.name: replace(route, synced=FieldRules((AREA,), TAGS))})
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


# --- one side changes -----------------------------------------------------------------------------------------------


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


# --- tags -----------------------------------------------------------------------------------------------------------


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


# --- both change, unmapped, refused ---------------------------------------------------------------------------------


def both_changed(play):
    play.set(play.origin, priority=LOW)
    play.set(play.linked, priority=URGENT)
    play.fill(play.origin, area="pay")
    play.fill(play.linked, their_area={"value": "Shipping"})
    play.work()


PLAIN = PriorityRule(direction=BOTH)


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
    [("status_conflict", 1), ("status_unmapped", 1), ("ping_pong", 1), ("write_budget", 0), ("other", 0)],
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


# --- people ---------------------------------------------------------------------------------------------------------


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


def test_a_default_stands_in_for_who_cannot_be_mapped(make_play):
    play = make_play(AssigneeRule(direction=TO_ORIGIN, default={Side.ORIGIN: "7"}))
    play.set(play.linked, assignee=BUDI)
    play.work()
    assert play.tickets[play.origin].assignee == MIRA
    assert play.codes.count("person_replaced") == 1
    play.at_rest()


# --- laws -----------------------------------------------------------------------------------------------------------


RULES = {
    "owned": FieldRules((replace(PLAIN, owner=Side.ORIGIN), replace(AREA, owner=Side.LINKED)), TAGS),
    "nobody's": FieldRules((PLAIN, AREA), TAGS),
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
    play = make_play(*RULES[rules].single, tags=RULES[rules].tags)
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
