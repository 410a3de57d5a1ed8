"""Fields in step through the whole engine, on both databases: written once, settled with the receipt, held one by one."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.routes.fields.assignee import AssigneeRule
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.tickets.tickets import Person, Priority, Role, StatusKind, Visibility
from escalation_bridge.errors import NotReachable, OutcomeUnknown, Rejected
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.store.cases import case_views, outbox

MIRA, THEIR_MIRA = Person("m1", "Mira", "mira@acme.example"), Person("x9", "Mira", "mira@acme.example")
BUDI = Person("b2", "Budi", "budi@acme.example")
AREA = CustomRule(
    key="custom:area:team",
    direction=Direction.BOTH,
    ids={Side.ORIGIN: "area", Side.LINKED: "team"},
    convert=Convert.CHOICE,
    values=(("pay", "Payments"), ("ship", "Shipping")),
)
SCORE = CustomRule(
    key="custom:score:score",
    direction=Direction.BOTH,
    ids=dict.fromkeys(Side, "score"),
    convert=Convert.NUMBER,
)


@pytest.fixture
def play(make_scene, make_route, make_policy):
    """A ticket that was handed on, on a route with these fields."""

    def make(*single, tags=None):
        route = make_route(
            synced=FieldRules(single, (tags,) if tags else ()), origin_status=None, tell_customer=False
        )
        ladder = (Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),)
        scene = make_scene((make_policy(ladder=ladder),), (route,))
        scene.support.agents = [MIRA]
        scene.dev.agents = [THEIR_MIRA, BUDI]
        scene.ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        scene.news(scene.support, scene.ticket)
        scene.run(minutes=61)
        scene.issue = next(iter(scene.dev.tickets))
        scene.support.writes.clear()
        scene.dev.writes.clear()
        return scene

    return make


def updates(plugin):
    return [operation for operation, _ in plugin.writes].count("update_ticket")


def both(scene):
    scene.hear(scene.support, scene.ticket)
    scene.hear(scene.dev, scene.issue)
    scene.run()


def quiet(scene):
    """Everything is read and decided again: nothing is written."""
    before = len(scene.support.writes), len(scene.dev.writes)
    both(scene)
    scene.run(minutes=5)
    assert (len(scene.support.writes), len(scene.dev.writes)) == before


def link(scene):
    (found,) = scene.view().links
    return found


def held(scene):
    return {key: state.hold.reason for key, state in link(scene).fields.items() if state.hold}


def notes(plugin, ticket):
    return [c for c in plugin.comments.get(ticket, []) if "on hold" in c.body.text]


def test_fields_go_over_in_one_write_and_do_not_come_back(play):
    scene = play(
        PriorityRule(direction=Direction.BOTH),
        AREA,
        SCORE,
        AssigneeRule(direction=Direction.BOTH),
        tags=TagsRule(Direction.BOTH, {"vip": "customer-vip"}),
    )
    scene.support.set_priority(scene.ticket, Priority.URGENT)
    scene.support.add_tag(scene.ticket, "vip")
    scene.support.add_tag(scene.ticket, "internal")
    scene.support.set_field(scene.ticket, "area", "pay")
    scene.support.set_field(scene.ticket, "score", "5.0")
    scene.support.set_assignee(scene.ticket, MIRA)
    scene.news(scene.support, scene.ticket)
    issue = scene.dev.tickets[scene.issue]
    assert issue.priority is Priority.URGENT
    assert issue.tags == ("escalated", "customer-vip")
    assert issue.custom_fields == {"team": "Payments", "score": 5}
    assert issue.assignee == THEIR_MIRA
    assert updates(scene.dev) == 1
    quiet(scene)
    scene.dev.set_field(scene.issue, "team", "Shipping")
    scene.dev.remove_tag(scene.issue, "customer-vip")
    scene.news(scene.dev, scene.issue)
    ticket = scene.support.tickets[scene.ticket]
    assert ticket.custom_fields["area"] == "ship"
    assert ticket.tags == ("internal",)
    assert updates(scene.support) == 1
    quiet(scene)
    told = scene.timeline()
    assert told.count("fields_carried_over") == 2


def test_only_the_field_in_conflict_is_held_and_both_tickets_are_told_in_private(play):
    scene = play(PriorityRule(direction=Direction.BOTH), AREA)
    scene.support.set_priority(scene.ticket, Priority.LOW)
    scene.dev.set_priority(scene.issue, Priority.URGENT)
    scene.support.set_field(scene.ticket, "area", "pay")
    both(scene)
    assert held(scene) == {"priority": "field_conflict"}
    assert scene.dev.tickets[scene.issue].custom_fields == {"team": "Payments"}
    for plugin, ticket in ((scene.support, scene.ticket), (scene.dev, scene.issue)):
        (note,) = notes(plugin, ticket)
        assert note.visibility is Visibility.PRIVATE
        assert "“low”" in note.body.text
        assert "“urgent”" in note.body.text
        assert "/bridge choose origin priority" in note.body.text
    quiet(scene)
    scene.support.says(scene.ticket, "Any news?", Role.CUSTOMER)  # comments and the status go on
    scene.support.set_status(scene.ticket, StatusKind.SOLVED)
    scene.news(scene.support, scene.ticket)
    assert any("Any news?" in c.body.text for c in scene.dev.comments[scene.issue])
    assert scene.dev.tickets[scene.issue].status.kind is StatusKind.CLOSED
    scene.dev.set_priority(scene.issue, Priority.LOW)
    scene.news(scene.dev, scene.issue)
    assert held(scene) == {}


@pytest.mark.parametrize(("word", "wins"), [("origin", Priority.LOW), ("linked", Priority.URGENT)])
def test_an_agent_settles_a_conflict_by_a_note_in_the_ticket(play, word, wins):
    scene = play(PriorityRule(direction=Direction.BOTH), SCORE)
    scene.support.set_priority(scene.ticket, Priority.LOW)
    scene.dev.set_priority(scene.issue, Priority.URGENT)
    scene.support.set_field(scene.ticket, "score", 1)
    scene.dev.set_field(scene.issue, "score", 2)
    both(scene)
    assert set(held(scene)) == {"priority", SCORE.key}
    scene.support.says(scene.ticket, f"/bridge choose {word} priority", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, scene.ticket)
    assert scene.support.tickets[scene.ticket].priority is wins
    assert scene.dev.tickets[scene.issue].priority is wins
    assert set(held(scene)) == {SCORE.key}
    scene.dev.says(scene.issue, f"/bridge choose {word}", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.dev, scene.issue)
    assert held(scene) == {}
    assert scene.dev.tickets[scene.issue].custom_fields == scene.support.tickets[scene.ticket].custom_fields
    quiet(scene)


def test_people_read_and_write_the_label_of_a_field(play):
    scene = play(replace(SCORE, label="Sprint score"))
    scene.support.set_field(scene.ticket, "score", 1)
    scene.dev.set_field(scene.issue, "score", 2)
    both(scene)
    (note,) = notes(scene.support, scene.ticket)
    assert "Field “Sprint score” is on hold" in note.body.text
    assert "/bridge choose origin Sprint score" in note.body.text
    scene.support.says(scene.ticket, "/bridge choose linked sprint SCORE", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, scene.ticket)
    assert scene.support.tickets[scene.ticket].custom_fields["score"] == 2
    with scene.bridge.database.read() as transaction:
        told = [history_line(entry, "en") for entry in case_views.load_timeline(transaction, 1)]
    assert any(line.startswith("Updated SUPPORT-1 in support:") and "Sprint score" in line for line in told)


def test_a_field_that_is_refused_is_held_with_the_vendors_words_until_it_is_retried(play):
    scene = play(PriorityRule(direction=Direction.BOTH), AREA)
    scene.support.set_priority(scene.ticket, Priority.LOW)
    scene.support.set_field(scene.ticket, "area", "pay")
    not_there = Rejected("team is not on the screen", scene.dev.at("update_ticket"))
    refuse = scene.dev._wanted

    def wanted(present, change, expected):
        if "team" in change.fields:
            raise not_there
        return refuse(present, change, expected)

    scene.dev._wanted = wanted
    scene.news(scene.support, scene.ticket)
    assert held(scene) == {AREA.key: "field_refused"}
    assert scene.dev.tickets[scene.issue].priority is Priority.LOW
    assert all("team is not on the screen" in n.body.text for n in notes(scene.dev, scene.issue))
    assert len(notes(scene.dev, scene.issue)) == len(notes(scene.support, scene.ticket)) == 1
    quiet(scene)
    scene.dev._wanted = refuse
    with scene.bridge.database.write() as transaction:
        outbox.retry_failed(transaction, 1)
    scene.wake()
    scene.run()
    assert held(scene) == {}
    assert scene.dev.tickets[scene.issue].custom_fields == {"team": "Payments"}
    quiet(scene)


def test_a_field_that_a_vendor_only_says_to_have_written_is_held(play):
    scene = play(SCORE)
    scene.dev.deaf.add("update_ticket")
    scene.support.set_field(scene.ticket, "score", 7)
    scene.news(scene.support, scene.ticket)
    for _ in range(6):
        scene.run(minutes=5)
    assert held(scene) == {SCORE.key: "field_refused"}
    assert len(notes(scene.support, scene.ticket)) == 1


def test_somebody_unknown_there_is_tried_once_and_the_default_takes_it(play):
    rule = AssigneeRule(
        direction=Direction.TO_LINKED, users=(("m1", "nobody@acme.example"),), default={Side.LINKED: "b2"}
    )
    scene = play(rule, PriorityRule(direction=Direction.BOTH))
    scene.support.set_assignee(scene.ticket, MIRA)
    scene.support.set_priority(scene.ticket, Priority.LOW)
    scene.news(scene.support, scene.ticket)
    scene.run(seconds=2)
    issue = scene.dev.tickets[scene.issue]
    assert (issue.assignee, issue.priority) == (BUDI, Priority.LOW)
    assert held(scene) == {}
    assert scene.timeline().count("person_unknown") == 1
    assert scene.timeline().count("person_replaced") == 1
    quiet(scene)


def test_somebody_unknown_and_no_default_blocks_nothing(play):
    scene = play(AssigneeRule(direction=Direction.BOTH), PriorityRule(direction=Direction.BOTH))
    scene.dev.set_assignee(scene.issue, BUDI)  # nobody at support has his address
    scene.dev.set_priority(scene.issue, Priority.LOW)
    scene.news(scene.dev, scene.issue)
    scene.run(seconds=2)
    ticket = scene.support.tickets[scene.ticket]
    assert (ticket.assignee, ticket.priority) == (None, Priority.LOW)
    assert held(scene) == {}
    assert scene.timeline().count("person_not_mapped") == 1
    states = [r.state for r in scene.view().intents.values()]
    assert IntentState.FAILED not in states
    quiet(scene)


def test_an_edit_between_reading_and_writing_is_not_written_over(play):
    scene = play(replace(SCORE, owner=Side.LINKED))
    scene.support.set_field(scene.ticket, "score", 1)
    update = scene.dev._wanted

    def somebody_is_quicker(present, change, expected):
        scene.dev._wanted = update
        scene.dev.set_field(scene.issue, "score", 9)
        return update(scene.dev.tickets[scene.issue], change, expected)

    scene.dev._wanted = somebody_is_quicker
    scene.news(scene.support, scene.ticket)
    scene.run(seconds=2)
    assert scene.support.tickets[scene.ticket].custom_fields["score"] == 9
    assert scene.dev.tickets[scene.issue].custom_fields["score"] == 9
    quiet(scene)


def test_a_write_whose_answer_was_lost_is_not_repeated(play):
    scene = play(SCORE)
    scene.dev.faults["after_update_ticket"] = [OutcomeUnknown("lost", scene.dev.at("update_ticket"))]
    scene.support.set_field(scene.ticket, "score", 3)
    scene.news(scene.support, scene.ticket)
    scene.run(minutes=1)
    assert scene.dev.tickets[scene.issue].custom_fields == {"score": 3}
    assert updates(scene.dev) == 1
    assert link(scene).fields[SCORE.key].values == dict.fromkeys(Side, "3")
    quiet(scene)


def test_what_was_written_and_not_answered_is_nobodys_change_when_it_is_taken_back_meanwhile(play):
    scene = play(SCORE)
    scene.dev.faults["after_update_ticket"] = [OutcomeUnknown("lost", scene.dev.at("update_ticket"))]
    scene.support.set_field(scene.ticket, "score", 3)
    scene.news(scene.support, scene.ticket)
    scene.support.set_field(scene.ticket, "score", None)
    scene.news(scene.support, scene.ticket)
    scene.run(minutes=1)
    scene.news(scene.dev, scene.issue)
    assert not scene.support.tickets[scene.ticket].custom_fields.get("score")
    assert not scene.dev.tickets[scene.issue].custom_fields.get("score")
    quiet(scene)


def test_what_was_overtaken_while_a_vendor_was_away_is_not_written(play):
    scene = play(SCORE)
    scene.dev.faults["update_ticket"] = [NotReachable("away", scene.dev.at("update_ticket"))]
    scene.support.set_field(scene.ticket, "score", 3)
    scene.news(scene.support, scene.ticket)
    scene.support.set_field(scene.ticket, "score", 4)
    scene.news(scene.support, scene.ticket)
    scene.run(minutes=1)
    assert scene.dev.tickets[scene.issue].custom_fields == {"score": 4}
    assert updates(scene.dev) == 1
    writes = [r for r in scene.view().intents.values() if isinstance(r.intent, ChangeTicket)]
    assert [r.state for r in writes] == [IntentState.CANCELLED, IntentState.DONE]
