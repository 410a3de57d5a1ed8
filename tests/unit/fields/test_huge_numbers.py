"""Numbers that are short to type and long to write out: they are no numbers, and nothing is written out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.routes.fields.values import MOST_DIGITS, Convert, read_value

HUGE = ("1e999999999", "-1E+999999999", "1e-999999999", " 7e31 ", "1" + "0" * 40)


@pytest.mark.parametrize("typed", HUGE)
def test_a_huge_number_is_none(typed):
    shown = read_value(typed, Convert.NUMBER)
    assert not shown.valid
    assert len(shown.text) < 100


@pytest.mark.parametrize(
    ("typed", "text"), [("0e999999999", "0"), ("1e3", "1000"), ("12.50", "12.5"), (7, "7")]
)
def test_others_are_written_out(typed, text):
    assert read_value(typed, Convert.NUMBER).text == text


@settings(derandomize=True)
@given(st.decimals(allow_nan=True), st.integers(-(10**9), 10**9))
def test_what_is_written_out_stays_short(number, exponent):
    for typed in (str(number), f"{number}e{exponent}"):
        assert len(read_value(typed, Convert.NUMBER).text) <= 2 * MOST_DIGITS + len(typed)
