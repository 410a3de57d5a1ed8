"""What plugins write by: not over somebody else's change, not more public than asked, and what is not done does not pass for done."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.plugin import (
    FOUND_NOTHING,
    NUMBER,
    Circumstances,
    ConcurrentChange,
    Connection,
    ConnectionSettings,
    NotApplied,
    NotSettled,
    PrivacyBreach,
    Rejected,
    TicketNotFound,
    Transport,
    VendorError,
    Visibility,
    Wish,
    carry_out,
    ensure_visibility,
    find_named,
    found_nothing,
    revoke,
)

AT = Circumstances("desk", "update_ticket")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIELDS = ("status", "priority", "group")

Fields = dict[str, int]
"""A ticket of a made up vendor: its fields by name."""


@pytest.fixture
def transport() -> Transport:
    return Transport("desk", "https://desk.example")


def wishes(wanted: Fields, now: Fields, then: Fields) -> list[Wish[Fields, int]]:
    return [
        Wish(name, value, lambda seen, name=name, value=value: seen[name] == value, now[name] != then[name])
        for name, value in wanted.items()
    ]


class Vendor:
    """Takes what is written, but for the fields to which it is deaf."""

    def __init__(self, now: Fields, deaf: frozenset[str] = frozenset()) -> None:
        self.now = dict(now)
        self.deaf = deaf
        self.writes: list[Fields] = []

    def write(self, unmet: Sequence[Wish[Fields, int]]) -> Fields:
        self.writes.append({wish.name: wish.write for wish in unmet})
        self.now |= {wish.name: wish.write for wish in unmet if wish.name not in self.deaf}
        return dict(self.now)


values = st.fixed_dictionaries(dict.fromkeys(FIELDS, st.integers(0, 2)))


@given(
    now=values,
    then=values,
    wanted=st.dictionaries(st.sampled_from(FIELDS), st.integers(0, 2)),
    deaf=st.frozensets(st.sampled_from(FIELDS)),
)
def test_a_change_is_written_whole_or_told(now: Fields, then: Fields, wanted: Fields, deaf: frozenset[str]):
    """Never over somebody else's change, never what is there already, and success means that all is as wanted."""
    vendor = Vendor(now, deaf)
    transport = Transport("desk", "https://desk.example")
    unmet = {name: value for name, value in wanted.items() if now[name] != value}
    contested = {name for name in unmet if now[name] != then[name]}
    refused = deaf & unmet.keys()

    def change() -> Fields:
        return carry_out(transport, "update_ticket", wishes(wanted, now, then), now, vendor.write)

    if contested:
        with pytest.raises(ConcurrentChange) as overtaken:
            change()
        assert {name for name in FIELDS if name in overtaken.value.message} == contested
        assert not vendor.writes
    elif refused:
        with pytest.raises(NotApplied) as ignored:
            change()
        assert {name for name in FIELDS if name in ignored.value.message} == refused
    else:
        assert change() == {**now, **wanted}
        assert vendor.writes == ([unmet] if unmet else [])


# --- finding ----------------------------------------------------------------------------------------------------------


def missing(_: str) -> NoReturn:
    raise TicketNotFound("gone", AT)


@pytest.mark.parametrize("text", ["35", " #35 ", "#35"])
def test_a_ticket_is_found_by_its_number(text: str):
    asked: list[str] = []
    find_named(text, NUMBER, asked.append)  # type: ignore[arg-type]
    assert asked == ["35"]


@pytest.mark.parametrize("text", ["", "#", "35a", "##35", "-1", "٣", "ENG-35"])
def test_what_is_no_number_is_not_asked_for(text: str):
    assert find_named(text, NUMBER, pytest.fail) is FOUND_NOTHING


def test_a_number_that_no_ticket_has_finds_nothing():
    assert find_named("35", NUMBER, missing) is FOUND_NOTHING


@pytest.mark.parametrize(
    ("sent", "left"), [(0, 60), (59, 1), (60, None), (600, None), (-30, 90), (None, None)]
)
def test_nothing_found_is_an_answer_once_the_search_has_caught_up(sent: int | None, left: float | None):
    connection = Connection("desk", ConnectionSettings(plugin="acme"), lambda: NOW)
    sent_at = None if sent is None else NOW - timedelta(seconds=sent)
    if left is None:
        assert found_nothing(connection, sent_at, timedelta(seconds=60)) is FOUND_NOTHING
        return
    with pytest.raises(NotSettled) as caught:
        found_nothing(connection, sent_at, timedelta(seconds=60))
    assert caught.value.at == Circumstances("desk", "find_ticket", retry_after=left)


# --- visibility -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", Visibility)
@pytest.mark.parametrize("private", [True, False, None])
def test_only_what_is_surely_as_asked_passes(transport: Transport, asked: Visibility, private: bool | None):
    taken_back: list[str] = []

    def see() -> None:
        ensure_visibility(
            transport, "add_comment", "comment 7", asked, private, lambda: taken_back.append("7")
        )

    if asked is Visibility.PRIVATE and private is not True:
        with pytest.raises(
            PrivacyBreach, match="comment 7 was to be private and came out public; it was deleted"
        ):
            see()
        assert taken_back == ["7"]
        return
    if asked is Visibility.PUBLIC and private is not False:
        with pytest.raises(NotApplied, match="comment 7 was to be public and came out private"):
            see()
    else:
        see()
    assert not taken_back


def failing(error: type[VendorError]) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error("not allowed", AT)

    return fail


@pytest.mark.parametrize("error", [Rejected, TicketNotFound])
def test_what_cannot_be_taken_back_is_told_as_that(transport: Transport, error: type[VendorError]):
    with pytest.raises(PrivacyBreach, match=r"could NOT be hidden \(not allowed\)"):
        revoke(transport, "add_comment", "comment 7", "came out public", failing(error), taken_back="hidden")
