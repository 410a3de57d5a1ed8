"""Writes that fail: tried again, given up and reported, or held back, as the error says; nothing else suffers."""

from dataclasses import replace
from itertools import pairwise

import pytest

from bridge_helpers.failing_writes import DONE, FAILED, error, escalated, fail, opened, retry, state
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind, Visibility
from escalation_bridge.errors import (
    AuthenticationFailed,
    ConcurrentChange,
    Gone,
    Intercepted,
    NotApplied,
    NotReachable,
    NotSettled,
    OutcomeUnknown,
    PermissionDenied,
    PluginError,
    PrivacyBreach,
    RateLimited,
    Rejected,
    StoreUnavailable,
    TicketClosed,
    TicketNotFound,
    Unavailable,
    UnreadableAnswer,
    UnsupportedOperation,
)
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.cases import outbox

# Of each kind of write one: the plugin's name, its operation, what becomes of it, and how often it may be written.
WRITES = {
    "create": ("dev", "create_ticket", "create_ticket"),
    "note": ("support", "add_comment", "write_comment"),
    "change": ("support", "update_ticket", "change_ticket"),
    "pointer": ("dev", "link_ticket", "show_link"),
}
HEALED_PERHAPS = (NotApplied, PluginError)
"""Tried a few times only."""
PASSING = (
    *HEALED_PERHAPS,
    UnreadableAnswer,
    Intercepted,
    NotReachable,
    OutcomeUnknown,
    NotSettled,
    Unavailable,
    RateLimited,
    AuthenticationFailed,
    ConcurrentChange,
)
LASTING = (
    PermissionDenied,
    TicketNotFound,
    TicketClosed,
    Rejected,
    PrivacyBreach,
    Gone,
    UnsupportedOperation,
)


@pytest.mark.parametrize("write", WRITES)
def test_what_may_pass_is_tried_again_and_written_once(scene, write):
    name, operation, kind = WRITES[write]
    plugin = getattr(scene, name)
    plugin.faults[operation] = [error(trouble, plugin, operation) for trouble in PASSING]
    opened(scene)
    for minutes in (61, *[1] * 8, *[10] * 12):
        scene.run(minutes=minutes)
    assert not plugin.faults[operation]
    assert state(scene, kind, name) is DONE
    assert [done for done, _ in plugin.writes].count(operation) == (2 if write in ("change", "note") else 1)


@pytest.mark.parametrize("trouble", PASSING, ids=lambda kind: kind.__name__)
def test_each_error_that_may_pass_is_tried_again(scene, trouble):
    fail(scene.dev, "create_ticket", trouble)
    opened(scene)
    scene.run(minutes=61)
    assert scene.dev.tickets == {} or trouble is ConcurrentChange
    scene.run(minutes=2)
    assert state(scene, "create_ticket", "dev") is DONE
    assert len(scene.dev.tickets) == 1


@pytest.mark.parametrize("trouble", LASTING, ids=lambda kind: kind.__name__)
def test_each_error_that_lasts_waits_for_a_person(scene, trouble):
    fail(scene.dev, "create_ticket", trouble)
    ticket = opened(scene)
    for hours in (1, 1, 24):
        scene.run(hours=hours, minutes=1)
    assert state(scene, "create_ticket", "dev") is FAILED
    assert scene.dev.tickets == {}
    assert scene.timeline().count("given_up") == 1
    notes = [c for c in scene.support.comments[ticket] if "Could not deliver" in c.body.text]
    assert [note.visibility for note in notes] == [Visibility.PRIVATE]
    assert retry(scene) == 1
    assert state(scene, "create_ticket", "dev") is DONE
    assert len(scene.dev.tickets) == 1


@pytest.mark.parametrize("write", ["note", "change", "pointer"])
def test_one_that_lasts_holds_nothing_else_back(scene, write):
    name, operation, kind = WRITES[write]
    fail(getattr(scene, name), operation, Rejected)
    opened(scene)
    scene.run(minutes=61)
    assert state(scene, kind, name) is FAILED
    assert len(scene.view().links) == 1
    outstanding = [r for r in scene.view().intents.values() if r.state.outstanding]
    assert outstanding == []
    assert retry(scene) == 1
    assert state(scene, kind, name) is DONE


@pytest.mark.parametrize("trouble", HEALED_PERHAPS, ids=lambda kind: kind.__name__)
def test_what_time_alone_does_not_heal_is_tried_a_few_times(scene, trouble):
    fail(scene.support, "add_comment", trouble, times=100)
    opened(scene)
    scene.run(minutes=48)
    for _ in range(11):
        scene.run(minutes=1)
    assert state(scene, "write_comment", "support") is FAILED
    assert 100 - len(scene.support.faults["add_comment"]) == 4


@pytest.mark.parametrize("trouble", HEALED_PERHAPS, ids=lambda kind: kind.__name__)
def test_after_an_outage_one_odd_answer_is_not_the_end(scene, trouble):
    fail(scene.dev, "create_ticket", NotReachable, times=5)
    scene.dev.faults["create_ticket"].append(error(trouble, scene.dev, "create_ticket"))
    opened(scene)
    for minutes in (61, *[1] * 8):
        scene.run(minutes=minutes)
    assert len(scene.dev.tickets) == 1


def attempts(scene, plugin, operation, steps, **step):
    """When each try of an operation was, in seconds, as time goes on in steps."""
    tries, left = [], len(plugin.faults[operation])
    for n in range(steps):
        scene.run(**step)
        if (now := len(plugin.faults[operation])) < left:
            tries.append(n)
            left = now
    return tries


def test_the_waits_grow_and_end(scene):
    opened(scene)
    scene.run(minutes=59)
    fail(scene.dev, "create_ticket", NotReachable, times=1000)
    tries = attempts(scene, scene.dev, "create_ticket", 120, seconds=20)
    waits = [b - a for a, b in pairwise(tries)]
    assert len(tries) < 18
    assert max(waits) <= 19
    assert waits[-1] >= 12
    assert scene.timeline().count("put_off") == 1
    for _ in range(30):
        scene.run(hours=1)
    assert state(scene, "create_ticket", "dev") is FAILED


@pytest.mark.parametrize("kind", [RateLimited, Unavailable, NotSettled])
def test_what_the_vendor_asks_for_is_a_lower_bound(scene, kind):
    fail(scene.support, "add_comment", kind, retry_after=600.0)
    opened(scene)
    scene.run(minutes=48)
    scene.run(seconds=599)
    assert state(scene, "write_comment", "support") is not DONE
    scene.run(seconds=151)
    assert state(scene, "write_comment", "support") is DONE


def test_a_create_whose_fate_is_not_known_is_looked_up_until_it_is(scene):
    fail(scene.dev, "after_create_ticket", OutcomeUnknown)
    fail(scene.dev, "find_ticket", NotSettled, times=3, retry_after=5.0)
    opened(scene)
    scene.run(minutes=61)
    for _ in range(4):
        scene.run(seconds=5)
    assert not scene.dev.faults["find_ticket"]
    assert [done for done, _ in scene.dev.writes].count("create_ticket") == 1
    assert "adopted" in scene.timeline()


def test_looking_up_in_vain_becomes_rarer(scene):
    fail(scene.dev, "after_create_ticket", OutcomeUnknown)
    fail(scene.dev, "find_ticket", Unavailable, times=1000)
    opened(scene)
    scene.run(minutes=61)
    assert len(attempts(scene, scene.dev, "find_ticket", 40, seconds=6)) < 12


# --- credentials --------------------------------------------------------------------------------------------------------


def test_refused_credentials_hold_writes_back_and_they_resume_in_order(scene):
    ticket, issue = escalated(scene)
    fail(scene.dev, "add_comment", AuthenticationFailed, times=20)
    for n in range(4):
        scene.support.says(ticket, f"Word {n}", Role.CUSTOMER)
        scene.news(scene.support, ticket)
        scene.clock.advance(seconds=1)
    for _ in range(10):
        scene.run(minutes=2)
    assert issue not in scene.dev.comments
    assert len(scene.dev.faults["add_comment"]) > 5, "one write at a time tries"
    scene.dev.faults.clear()
    scene.run(minutes=2)
    assert [c.body.text.split("\n")[-1] for c in scene.dev.comments[issue]] == [f"Word {n}" for n in range(4)]
    assert scene.timeline().count("put_off") == 1


def test_credentials_may_be_renewed_after_a_weekend(scene):
    fail(scene.dev, "create_ticket", AuthenticationFailed, times=10_000)
    opened(scene)
    scene.run(minutes=61)
    for _ in range(32):
        scene.run(hours=2)
    scene.dev.faults.clear()
    scene.run(minutes=2)
    assert len(scene.dev.tickets) == 1


# --- one at a time ------------------------------------------------------------------------------------------------------


def test_a_case_that_fails_in_a_way_nobody_foresaw_stops_no_other(scene):
    poison = opened(scene)
    good = scene.support.customer_writes("Another", "It smokes.")
    scene.support.tickets[poison] = replace(scene.support.tickets[poison], created_at=None)
    scene.hear(scene.support, poison)
    scene.news(scene.support, good)
    for _ in range(7):
        scene.run(minutes=10)
    assert [t.subject for t in scene.dev.tickets.values()] == [f"[{scene.support.tickets[good].key}] Another"]


def test_a_broken_plugin_stops_no_other_case(scene):
    class Breaks:
        @hookimpl(tryfirst=True)
        def fetch_ticket(self, ticket_id):
            return "no ticket" if ticket_id == "1" else None

    scene.bridge.helpdesks["support"].extend(Breaks(), "breaks")
    for _ in range(2):
        opened(scene)
    for _ in range(7):
        scene.run(minutes=10)
    assert len(scene.dev.tickets) == 1


def test_a_message_that_does_not_exist_is_said_and_holds_nothing_back(make_scene, make_policy):
    ladder = (Step("a", Metric.FIRST_RESPONSE, 100, 0, (LeaveNote("no such"), LeaveNote("sla_breached"))),)
    scene = make_scene((make_policy(ladder=ladder),))
    ticket = opened(scene)
    scene.run(minutes=61)
    assert [r.state for r in scene.view().intents.values()] == [FAILED, DONE]
    assert len(scene.support.comments[ticket]) == 1
    assert "given_up" in scene.timeline()


def test_one_connection_down_leaves_the_other_to_work(scene):
    ticket, issue = escalated(scene)
    fail(scene.dev, "add_comment", NotReachable, times=1000)
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.dev.says(issue, "Looking into it.", Role.AGENT, Visibility.PRIVATE)
    scene.hear(scene.dev, issue)
    scene.news(scene.support, ticket)
    assert "Looking into it." in scene.support.comments[ticket][-1].body.text
    assert issue not in [t for op, t in scene.dev.writes if op == "add_comment"]


def test_an_origin_that_cannot_be_read_leaves_the_linked_ticket_to_be_written(make_scene, make_policy):
    policy = make_policy()
    late = Step("late", Metric.RESOLUTION, 100, 0, (LeaveNote("sla_breached"),))
    scene = make_scene((replace(policy, ladder=(*policy.ladder, late)),))
    ticket, issue = escalated(scene)
    fail(scene.dev, "add_comment", NotReachable)
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    fail(scene.support, "fetch_ticket", NotReachable, times=1000)
    scene.clock.advance(hours=7)
    for _ in range(10):
        scene.run(minutes=1)
    assert issue in scene.dev.comments


def test_a_database_that_hiccups_gives_nothing_up(scene, monkeypatch):
    real, refused = outbox.mark_sent, []

    def refuse_once(*details):
        if not refused:
            refused.append(details)
            raise StoreUnavailable("locked")
        real(*details)

    monkeypatch.setattr(outbox, "mark_sent", refuse_once)
    opened(scene)
    scene.run(minutes=61)
    scene.run(minutes=1)
    assert refused
    assert FAILED not in {r.state for r in scene.view().intents.values()}
    assert len(scene.dev.tickets) == 1


# --- somebody else is quicker -------------------------------------------------------------------------------------------


def test_a_solution_just_before_the_hand_over_stands(scene):
    ticket = opened(scene)

    class Solves:
        solved = False

        @hookimpl(wrapper=True)
        def update_ticket(self, change):
            if change.status and not self.solved:
                self.solved = True
                scene.support.says(ticket, "Fixed.", Role.AGENT)
                scene.support.set_status(ticket, StatusKind.SOLVED)
            return (yield)

    scene.bridge.helpdesks["support"].extend(Solves(), "solves")
    scene.run(minutes=61)
    scene.run(minutes=5)
    assert scene.support.tickets[ticket].status.kind is StatusKind.SOLVED


def test_a_priority_is_not_lowered_by_a_write_that_had_to_wait(scene):
    ticket = opened(scene)
    fail(scene.support, "update_ticket", NotReachable)
    scene.run(minutes=48)
    present = scene.support.tickets[ticket]
    scene.support.tickets[ticket] = replace(present, priority=Priority.URGENT, updated_at=scene.clock())
    scene.news(scene.support, ticket)
    scene.run(minutes=1)
    assert scene.support.tickets[ticket].priority is Priority.URGENT


def test_a_ticket_that_is_always_quicker_is_not_fought_with(scene):
    _, issue = escalated(scene)
    fail(scene.support, "update_ticket", ConcurrentChange, times=1000)
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    scene.run(seconds=2)
    assert 1000 - len(scene.support.faults["update_ticket"]) < 20


def test_a_refused_status_is_not_sent_for_ever(scene):
    ticket, _ = escalated(scene)
    fail(scene.dev, "update_ticket", Rejected, times=1000)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    said = len(scene.support.comments[ticket])
    scene.news(scene.support, ticket)
    assert 1000 - len(scene.dev.faults["update_ticket"]) < 3
    assert len(scene.support.comments[ticket]) - said < 3


# --- privacy ------------------------------------------------------------------------------------------------------------


def test_after_a_breach_of_privacy_no_further_note_goes_there(scene):
    _, issue = escalated(scene)
    fail(scene.support, "add_comment", PrivacyBreach, times=100)
    for n in range(3):
        scene.dev.says(issue, f"Internal {n}", Role.AGENT, Visibility.PRIVATE)
        scene.news(scene.dev, issue)
        scene.clock.advance(minutes=1)
    assert 100 - len(scene.support.faults["add_comment"]) == 1
