"""Which transition is taken."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import Status, StatusKind
from escalation_bridge.plugin import JsonPart
from escalation_bridge_jira.translation.mapping import Mapper
from escalation_bridge_jira.workflow.transitions import NoWay, Transition, is_there, offered, step_to

TO_DO = Status(StatusKind.NEW, "1", "To Do")
WORKING = Status(StatusKind.OPEN, "3", "In Progress")
DONE = Status(StatusKind.SOLVED, "5", "Done")
WONT_DO = Status(StatusKind.SOLVED, "6", "Won't Do")
ODD = Status(StatusKind.UNKNOWN, "9", "Odd")


def way(identifier: str, to: Status, *required: str, screen: tuple[str, ...] = ()) -> Transition:
    return Transition(
        identifier,
        f"way {identifier}",
        to,
        frozenset((*required, *screen)),
        {each: each.title() for each in required},
    )


@pytest.mark.parametrize("wanted", ["5", "Done", "dONE", "solved"])
def test_a_status_is_meant_by_id_name_or_kind(wanted: str) -> None:
    assert step_to(wanted, (way("11", WORKING), way("21", DONE)), {}).transition.id == "21"


def test_an_id_goes_before_a_name_and_a_name_before_a_kind() -> None:
    named_three = Status(StatusKind.OPEN, "7", "3")
    named_solved = Status(StatusKind.NEW, "8", "Solved")
    assert step_to("3", (way("1", named_three), way("2", WORKING)), {}).transition.id == "2"
    assert step_to("solved", (way("1", DONE), way("2", named_solved)), {}).transition.id == "2"


def test_of_several_the_one_that_asks_for_least_is_taken() -> None:
    ways = (
        way("1", DONE, "resolution", "reason"),
        way("2", DONE, "resolution"),
        way("3", DONE, "resolution"),
    )
    configured = {"Done": {"resolution": {"name": "Done"}, "reason": "x"}}
    assert step_to("Done", ways, configured).transition.id == "2"


def test_one_whose_fields_are_configured_is_taken_before_one_whose_are_not() -> None:
    ways = (way("1", DONE, "reason"), way("2", DONE, "resolution", "team"))
    step = step_to("Done", ways, {"done": {"resolution": {"name": "Done"}, "team": "A"}})
    assert step.transition.id == "2"
    assert step.fields == {"resolution": {"name": "Done"}, "team": "A"}


def test_fields_are_configured_by_the_status_id_too() -> None:
    assert step_to("Done", (way("1", DONE, "resolution"),), {"5": {"resolution": "x"}}).fields == {
        "resolution": "x"
    }


def test_what_the_screen_does_not_have_is_left_out_and_told() -> None:
    step = step_to(
        "Done", (way("1", DONE, screen=("comment",)),), {"Done": {"resolution": "x", "comment": "y"}}
    )
    assert step.fields == {"comment": "y"}
    assert step.left_out == ("resolution",)


def test_missing_fields_are_named_for_every_way() -> None:
    ways = (way("1", DONE, "resolution"), way("2", DONE, "reason"))
    with pytest.raises(NoWay) as problem:
        step_to("Done", ways, {})
    assert str(problem.value) == (
        "the transition 'way 1' to 'Done' asks for resolution (Resolution): set transition_fields.Done; "
        "the transition 'way 2' to 'Done' asks for reason (Reason): set transition_fields.Done"
    )


def test_what_is_reachable_is_listed() -> None:
    with pytest.raises(
        NoWay, match="no transition leads to 'Done' from here; reachable now: In Progress, Odd"
    ):
        step_to("Done", (way("1", WORKING), way("2", ODD), way("3", WORKING)), {})


def test_no_transitions_at_all_hint_at_the_permission() -> None:
    with pytest.raises(NoWay, match="permission Transition issues"):
        step_to("Done", (), {})


def test_an_unknown_status_is_never_guessed() -> None:
    with pytest.raises(NoWay):
        step_to("unknown", (way("1", ODD),), {})


def test_nothing_is_to_be_done_where_the_status_is_meant_already() -> None:
    for wanted in ("5", "done", "solved"):
        assert is_there(DONE, wanted, (way("1", WONT_DO),))
    assert not is_there(TO_DO, "solved", (way("1", DONE),))


def test_a_reachable_status_of_that_very_name_goes_before_the_kind() -> None:
    named_solved = Status(StatusKind.SOLVED, "8", "Solved")
    assert not is_there(DONE, "solved", (way("1", named_solved),))


def test_what_jira_offers_is_read(
    make_mapper: Callable[..., Mapper], part: Callable[[object], JsonPart]
) -> None:
    def to(identifier: str, name: str, category: str) -> dict[str, Any]:
        return {
            "id": identifier,
            "name": name,
            "statusCategory": {"id": 3, "key": category, "name": "Selesai"},
        }

    answer = part(
        {
            "transitions": [
                {
                    "id": "51",
                    "name": "Resolve",
                    "to": to("5", "Selesai", "done"),
                    "isAvailable": True,
                    "fields": {
                        "resolution": {"required": True, "hasDefaultValue": False, "name": "Resolution"},
                        "assignee": {"required": True, "hasDefaultValue": True, "name": "Assignee"},
                        "comment": {"required": False, "name": "Comment"},
                    },
                },
                {
                    "id": "52",
                    "name": "Blocked by a condition",
                    "to": to("6", "X", "done"),
                    "isAvailable": False,
                },
                {"id": "61", "name": "Old server", "to": {"id": "7", "name": "Y"}},
            ]
        }
    )
    resolve, old = offered(answer, make_mapper().status)
    assert resolve.to == Status(StatusKind.SOLVED, "5", "Selesai")
    assert resolve.required == {"resolution": "Resolution"}
    assert resolve.on_screen == {"resolution", "assignee", "comment"}
    assert old.to.kind is StatusKind.UNKNOWN


statuses = st.builds(
    Status,
    st.sampled_from(StatusKind),
    st.sampled_from("1 3 5 solved".split()),
    st.sampled_from(["To Do", "Done", "open", "5"]),
)
ways = st.lists(
    st.builds(
        lambda to, required: way("1", to, *required), statuses, st.lists(st.sampled_from("abc"), unique=True)
    ),
    max_size=6,
)
fields = st.dictionaries(st.sampled_from("abc"), st.just("x"))


@given(
    wanted=st.sampled_from(["1", "5", "done", "To Do", "solved", "open", "unknown"]),
    transitions=ways,
    configured=st.dictionaries(st.sampled_from(["Done", "1", "open"]), fields),
)
def test_a_taken_way_always_leads_there_with_all_that_it_asks_for(
    wanted: str, transitions: list[Transition], configured: dict[str, dict[str, str]]
) -> None:
    try:
        step = step_to(wanted, transitions, configured)
    except NoWay:
        return
    to = step.transition.to
    assert wanted.casefold() in (to.id, to.name.casefold(), to.kind.value)
    assert set(step.transition.required) <= set(step.fields) <= step.transition.on_screen
