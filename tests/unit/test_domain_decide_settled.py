"""Whatever happens to a case: the same view gives the same decision, and one that was recorded is not taken again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case.other_customers import Sibling
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.links import MoveLink, TakeOverLinks
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.routes import (
    CommentRule,
    DraftReply,
    ReopenRule,
    Route,
    StatusMap,
    Take,
    TooLate,
    WriteBudget,
)
from escalation_bridge.domain.routes.sides import Keep
from escalation_bridge.domain.tickets.tickets import Presence, Priority, Role, TicketRef, Visibility

SIDES = ("origin", "linked")
FATES = ("done", "done", "done", "later", "failed", "lost")
COMMANDS = (
    *("status", "retry", "choose origin", "choose linked", "choose linked priority", "unlink", "link DEV-9"),
    *("unlink DEV-24", "unlink SUPPORT-7", "dance", ""),
)
MAP = {"new": Keep.KEEP, "open": "open", "waiting_customer": Keep.KEEP, "waiting_third_party": "open"}

acts = st.one_of(
    st.tuples(
        st.just("says"), st.sampled_from(SIDES), st.sampled_from((Role.CUSTOMER, Role.AGENT)), st.booleans()
    ),
    st.tuples(st.just("asks"), st.sampled_from(SIDES), st.sampled_from(COMMANDS)),
    st.tuples(
        st.just("status"),
        st.sampled_from(SIDES),
        st.sampled_from(("new", "open", "waiting_third_party", "solved", "closed", "odd")),
    ),
    st.tuples(st.just("priority"), st.sampled_from(SIDES), st.sampled_from(tuple(Priority))),
    st.tuples(st.just("presence"), st.sampled_from(SIDES), st.sampled_from(tuple(Presence))),
    st.tuples(st.just("project"), st.sampled_from(("ENG", "OPS", "HR"))),
    st.tuples(st.just("sibling"), st.booleans(), st.booleans()),
    st.tuples(st.just("edits"), st.integers(0, 50), st.booleans()),
    st.tuples(st.just("removes"), st.integers(0, 50)),
    st.tuples(st.just("time"), st.sampled_from((1, 20, 400, 7200, 100_000))),
    st.tuples(st.just("fates"), st.lists(st.sampled_from(FATES), min_size=1, max_size=4)),
)


def routes(route, owner, draft) -> tuple[Route, ...]:
    common = {
        "owner": owner,
        "draft_reply": draft,
        "to_linked": StatusMap({**MAP, "solved": "closed", "closed": "closed"}),
        "to_origin": StatusMap({**MAP, "solved": "open", "closed": "solved"}),
        "comments_to_linked": CommentRule(Take.ALL, Visibility.PRIVATE),
        "reopen": ReopenRule(within=timedelta(hours=3), too_late=TooLate.NEW_TICKET, at_most=2),
        "budget": WriteBudget(4, timedelta(minutes=5), timedelta(minutes=30)),
        "synced": FieldRules(
            (PriorityRule(direction=Direction.BOTH),), (TagsRule(Direction.BOTH, same=("vip",)),)
        ),
    }
    return (
        route(**common, fields={"project": "ENG"}),
        route(name="operations", **{**common, "fields": {"project": "OPS"}}),
    )


def do(world, act):
    kind, *more = act
    refs = {"origin": world.origin, "linked": world.linked}
    match kind:
        case "says":
            side, role, public = more
            world.says(refs[side], role, "words", Visibility.PUBLIC if public else Visibility.PRIVATE)
        case "asks":
            world.says(refs[more[0]], Role.AGENT, f"/bridge {more[1]}", Visibility.PRIVATE)
        case "status":
            world.set(refs[more[0]], more[1])
        case "priority":
            world.set(refs[more[0]], priority=more[1])
        case "presence":
            into = TicketRef(refs[more[0]].connection, "77") if more[1] is Presence.MERGED else None
            world.set(refs[more[0]], presence=more[1], merged_into=into)
        case "project":
            world.set(world.linked, key=f"{more[0]}-1", custom_fields={"project": more[0]})
        case "sibling":
            there, done = more
            other = Sibling(7, TicketRef("support", "7"), world.now, "SUPPORT-7", "Toko", Priority.HIGH, done)
            world.view = replace(
                world.view,
                siblings={link.id: (other,) for link in world.view.links} if there else {},
            )
        case "edits" | "removes" if world.comments:
            comment = world.comments[more[0] % len(world.comments)]
            if kind == "removes":
                world.removes(comment)
            elif more[1]:
                world.alters(comment, visibility=Visibility.PRIVATE)
            else:
                world.alters(comment, text=f"{comment.body.text}!")
        case "time":
            world.later(seconds=more[0])
    world.later(seconds=1)


def look(world, fates):
    world.read()
    decision = world.decide()
    assert world.decide() == decision
    world.record(decision)
    if decision.retried:  # those that follow from what the tickets showed are decided anew by the next look
        decision = world.decide()
        world.record(decision)
    again = world.decide()
    assert (again.intents, again.fired, again.timeline) == ((), (), ())
    assert [link for link in again.links if link not in world.view.links] == []
    assert [key for key in again.withdrawn if world.writes[key].state is not IntentState.CANCELLED] == []
    for template in {entry.code for entry in decision.timeline}:
        event(template)
    kept = (MoveLink, TakeOverLinks, ReviseNote)
    turn = iter(range(10_000))
    world.deliver(
        lambda record: "later" if isinstance(record.intent, kept) else fates[next(turn) % len(fates)]
    )


@pytest.mark.parametrize("owner", ["nobody", "origin"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plays=st.lists(st.lists(acts, min_size=1, max_size=4), max_size=12),
    draft=st.sampled_from(tuple(DraftReply)),
)
def test_what_was_decided_is_not_decided_again(make_world, owner, plays, draft):
    side = None if owner == "nobody" else make_world.route().owner
    world = make_world(routes=routes(make_world.route, side, draft)).escalate()
    fates = ["done"]
    for play in plays:
        for act in play:
            if act[0] == "fates":
                fates = act[1]
            else:
                do(world, act)
        look(world, fates)
