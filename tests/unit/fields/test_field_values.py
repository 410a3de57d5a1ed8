"""Custom fields' values: whatever a vendor makes of them, equal ones are equal and go back as they came."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.routes.fields.values import Convert, in_words, read_value, write_value

OPTION = {"self": "https://dev.example/1", "value": "Payments", "id": "10100"}


@pytest.mark.parametrize(
    ("convert", "values", "text"),
    [
        (Convert.NUMBER, [5, 5.0, "5", "5.0", " 5.00 "], "5"),
        (Convert.NUMBER, [0, "0.0", "-0"], "0"),
        (Convert.NUMBER, [1200, "1.2E3"], "1200"),
        (Convert.DATE, ["2026-01-05", "2026-01-05T00:00:00Z", "2026-01-05T00:00:00+07:00"], "2026-01-05"),
        (
            Convert.DATETIME,
            ["2026-01-05T09:00:00Z", "2026-01-05T16:00:00.000+0700", "2026-01-05T09:00:00"],
            "2026-01-05T09:00:00Z",
        ),
        (Convert.YES_NO, [True, "true", "Yes", "1", 1], "yes"),
        (Convert.YES_NO, [False, None, "", "no", 0], "no"),
        (Convert.TEXT, ["a\r\nb ", "a\nb"], "a\nb"),
        (Convert.TEXT, [None, ""], ""),
        (Convert.CHOICE, [OPTION, "Payments", ["Payments"]], "Payments"),
        (Convert.CHOICE, [None, "", []], ""),
        (Convert.CHOICES, [["b", "a"], ["a", {"value": "b"}], ("a", "b")], "a\nb"),
        (Convert.CHOICES, [None, []], ""),
    ],
)
def test_equal_values_are_equal_whatever_a_vendor_makes_of_them(convert, values, text):
    shown = [read_value(value, convert) for value in values]
    assert {each.text for each in shown} == {text}
    assert all(each.valid for each in shown)


@pytest.mark.parametrize(
    ("convert", "value"),
    [
        (Convert.NUMBER, "many"),
        (Convert.NUMBER, True),
        (Convert.NUMBER, "NaN"),
        (Convert.DATE, "soon"),
        (Convert.DATE, "2026-01-051"),
        (Convert.DATETIME, "noon"),
        (Convert.YES_NO, "perhaps"),
        (Convert.YES_NO, ["yes"]),
        (Convert.TEXT, {"type": "doc", "content": []}),
        (Convert.CHOICE, ["a", "b"]),
        (Convert.CHOICE, {"self": "https://dev.example/1"}),
        (Convert.CHOICES, ["a", {}]),
    ],
)
def test_what_a_field_of_the_kind_cannot_hold_is_not_taken_for_a_value(convert, value):
    shown = read_value(value, convert)
    assert not shown.valid
    assert shown.text


def test_a_choice_goes_by_its_name_and_by_its_id():
    shown = read_value(OPTION, Convert.CHOICE)
    assert [shown.goes_by(word) for word in ("payments", "10100", "Refunds", "")] == [
        True,
        True,
        False,
        False,
    ]
    several = read_value([OPTION, "b"], Convert.CHOICES)
    assert several.is_exactly(["B", "10100"])
    assert not several.is_exactly(["b"])
    assert not several.is_exactly(["b", "b2"])
    assert read_value(None, Convert.CHOICE).goes_by("")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (OPTION, "Payments"),
        ([{"value": "b"}, "a"], "a, b"),
        (5.0, "5"),
        (True, "True"),
        ("as it is ", "as it is "),
        ({"type": "doc"}, '{"type": "doc"}'),
    ],
)
def test_any_value_can_be_told_to_people(value, words):
    assert in_words(value) == words


def test_values_go_out_in_the_form_that_vendors_take():
    assert write_value("5", Convert.NUMBER) == 5
    assert write_value("5.25", Convert.NUMBER) == 5.25
    assert write_value("yes", Convert.YES_NO) is True
    assert write_value("no", Convert.YES_NO) is False
    assert write_value("a\nb", Convert.CHOICES) == ["a", "b"]
    assert write_value("a\nb", Convert.TEXT) == "a\nb"
    assert write_value("2026-01-05T09:00:00Z", Convert.DATETIME) == "2026-01-05T09:00:00.000+0000"
    assert [write_value("", each) for each in Convert if each is not Convert.YES_NO] == [None] * 6


WRITABLE = {
    Convert.TEXT: st.text(),
    Convert.NUMBER: st.integers(-(10**9), 10**9) | st.decimals(-1000, 1000, places=2),
    Convert.DATE: st.dates().map(str),
    Convert.DATETIME: st.integers(0, 2**32).map(lambda at: datetime.fromtimestamp(at, UTC).isoformat()),
    Convert.YES_NO: st.booleans(),
    Convert.CHOICE: st.text(st.characters(codec="ascii", exclude_characters="\n"), min_size=1),
    Convert.CHOICES: st.lists(st.sampled_from("abcde"), unique=True),
}


@given(st.sampled_from(list(Convert)).flatmap(lambda c: st.tuples(st.just(c), WRITABLE[c])))
def test_what_was_read_and_written_reads_the_same(case):
    convert, value = case
    shown = read_value(value, convert)
    assert not shown.valid or read_value(write_value(shown.text, convert), convert).text == shown.text
