"""A linked ticket in fields: its words as they are, several told apart, nothing of another link lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from escalation_bridge.domain.tickets.tickets import TicketPointer, TicketRef
from escalation_bridge.plugin.link_fields import LinkFields, with_link

POINTER = TicketPointer(
    TicketRef("engineering", "10001"),
    "ENG-24",
    "https://jira.example/browse/ENG-24",
    "jira",
    "Lost",
    "Doing",
    done=False,
    assignee="Sari",
    updated_at=datetime(2026, 3, 2, 15, 30, 59, tzinfo=timezone(timedelta(hours=7))),
    health="held: unmapped status; map it\nthen retry",
)
OTHER = replace(POINTER, ref=TicketRef("engineering", "10002"), key="ENG-2", status="To Do", assignee=None)
EMPTY = dict.fromkeys(("key", "status", "assignee", "updated", "health"), "")


def test_one_link_is_shown_in_its_own_words() -> None:
    assert with_link(EMPTY, POINTER, 255) == {
        "key": "ENG-24",
        "status": "Doing",
        "assignee": "Sari",
        "updated": "2026-03-02 08:30 UTC",
        "health": "held: unmapped status; map it then retry",
    }


def test_only_the_fields_that_are_asked_for_are_shown() -> None:
    assert with_link({"key": "", "status": "old"}, POINTER, 255) == {"key": "ENG-24", "status": "Doing"}


def test_a_second_link_stands_beside_the_first_and_each_is_brought_up_to_date() -> None:
    both = with_link(with_link(EMPTY, POINTER, 255), OTHER, 255)
    assert (both["key"], both["status"]) == ("ENG-24, ENG-2", "ENG-24: Doing; ENG-2: To Do")
    assert both["assignee"] == "ENG-24: Sari"
    done = with_link(both, replace(POINTER, status="Done", assignee=None, health=""), 255)
    assert (done["status"], done["assignee"]) == ("ENG-24: Done; ENG-2: To Do", "")
    assert done["health"] == "ENG-2: held: unmapped status; map it then retry"


def test_a_ticket_that_moved_is_shown_by_its_new_key_alone() -> None:
    shown = with_link(with_link(EMPTY, POINTER, 255), OTHER, 255)
    moved = with_link(shown, replace(POINTER, key="OPS-7", status="Done"), 255, replaces="ENG-24")
    assert (moved["key"], moved["status"]) == ("OPS-7, ENG-2", "OPS-7: Done; ENG-2: To Do")


def test_what_agents_wrote_without_a_key_is_no_link() -> None:
    assert with_link({"key": "", "status": "ask Budi"}, POINTER, 255)["status"] == "Doing"


links = st.lists(
    st.builds(
        replace,
        st.just(POINTER),
        key=st.sampled_from([f"ENG-{number}" for number in range(1, 14)] + ["#35", "A-B-1"]),
        status=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30),
        assignee=st.none() | st.sampled_from(["Sari", "Budi; Lena", "x: y"]),
        health=st.text(max_size=80),
    ),
    min_size=1,
    max_size=12,
)


@given(links, st.integers(60, 255))
def test_showing_a_link_again_changes_nothing_and_no_field_is_too_long(
    pointers: list[TicketPointer], longest: int
) -> None:
    shown = dict(EMPTY)
    for pointer in pointers:
        shown = with_link(shown, pointer, longest)
        assert with_link(shown, pointer, longest) == shown
        assert all(len(text) <= longest for text in shown.values())
        assert shown.keys() == EMPTY.keys()


@given(links)
def test_the_last_word_about_each_link_is_what_stands_there(pointers: list[TicketPointer]) -> None:
    pointers = [replace(pointer, status=pointer.status.replace(";", ",")) for pointer in pointers]
    shown = dict(EMPTY)
    for pointer in pointers:
        shown = with_link(shown, pointer, 10_000)
    last = {pointer.key: " ".join(pointer.status.split()) for pointer in pointers}
    assert shown["key"].split(", ") == list(last)
    told = [f"{key}: {status}" for key, status in last.items() if status]
    assert shown["status"] == ("; ".join(told) if len(last) > 1 else next(iter(last.values())))


def test_fields_are_named_by_id_or_name_and_each_once() -> None:
    assert LinkFields.model_validate({"key": 360009, "health": "Link health"}).named == {
        "key": "360009",
        "health": "Link health",
    }
    for wrong in ({"status": "a"}, {"key": "a", "status": "a"}, {"key": True}, {"key": "a", "title": "b"}):
        with pytest.raises(ValidationError):
            LinkFields.model_validate(wrong)


def test_a_pointer_that_tells_no_time_shows_none() -> None:
    unknown = replace(POINTER, updated_at=None)
    assert with_link(EMPTY, unknown, 255)["updated"] == ""
    assert with_link(EMPTY, replace(POINTER, updated_at=datetime(2026, 1, 2, tzinfo=UTC)), 255)["updated"]
