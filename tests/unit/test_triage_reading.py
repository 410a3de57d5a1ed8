"""Words, roots and patterns: what the rules of severity are compared with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.triage.affixes import roots
from escalation_bridge.domain.triage.patterns import Finder, parse_pattern
from escalation_bridge.domain.triage.reading import languages, read
from escalation_bridge.domain.triage.rules import RuleError
from escalation_bridge.rulesets.ready_made import ready_made

SPELLING = ready_made().spelling


def words(text, *written_in):
    return [word.text for word in read(text, SPELLING, written_in or ("en", "id"))]


def found(pattern, text, lists=()):
    finder = Finder([("signal", "", parse_pattern(pattern, dict(lists), {}, "here"))])
    return [(each.start, each.end) for each in finder.find(read(text, SPELLING, ("id",)), frozenset({"en"}))]


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("gasnya", "gas"),
        ("keangkat", "terangkat"),
        ("terjepit", "kejepit"),
        ("nyembur", "menyembur"),
        ("scanners", "scanner"),
        ("collapsing", "collapse"),
    ],
)
def test_an_unknown_form_fits_the_known_one(written, known):
    assert found(known, written) == [(0, 1)]


def test_a_form_with_a_pattern_of_its_own_fits_no_other():
    finder = Finder([(name, "", parse_pattern(name, {}, {}, "here")) for name in ("gas", "gasnya")])
    text = read("gasnya", SPELLING, ("id",))
    assert [each.signal for each in finder.find(text, frozenset({"id"}))] == ["gasnya"]


@pytest.mark.parametrize(
    ("word", "root"),
    [
        ("kebakaran", "bakar"),
        ("terbakar", "bakar"),
        ("ngebakar", "bakar"),
        ("menyetrum", "setrum"),
        ("kesetrum", "setrum"),
        ("nyetrum", "setrum"),
        ("nabrak", "tabrak"),
        ("mengancam", "ancam"),
        ("dibobolnya", "bobol"),
        ("flooded", "flood"),
        ("collapsing", "collapse"),
        ("injuries", "injury"),
        ("stopped", "stop"),
    ],
)
def test_a_derived_word_has_its_root(word, root):
    assert root in roots(word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gk bs login, smua mati bgt", ["tidak", "bisa", "login", "semua", "mati", "banget"]),
        ("Toloooong!!! mati", ["tolong", "mati"]),
        ("anak2 muntah-muntah se-kota", ["anak", "muntah", "muntah", "sekota"]),
        ("We can't pay, it isn't working", ["we", "cannot", "pay", "it", "is", "not", "working"]),
        ("see https://example.com/fire and @fire_dept", ["see", "and"]),
        ("API error, api besar", ["interface", "error", "api", "besar"]),
    ],
)
def test_slang_contractions_and_repeated_letters_are_written_out(text, expected):
    assert words(text) == expected


def test_slang_of_a_language_that_the_text_is_not_in_stays():
    assert words("the app is down", "en") == ["the", "app", "is", "down"]
    assert words("app nya down", "id")[0] == "aplikasi"


@pytest.mark.parametrize(
    ("text", "number"), [("3.000 order", 3000), ("4,000 mailboxes", 4000), ("2rb orang", 2000), ("5.5 kg", 5), ("ratusan warga", 100)]
)  # fmt: skip
def test_numbers_have_their_value(text, number):
    assert read(text, SPELLING, ("en", "id"))[0].value == number


def test_a_mixed_text_is_in_both_languages_and_an_english_one_in_english():
    assert languages("server down min, tolong dicek ya", SPELLING) == {"en", "id"}
    assert languages("the server is down, please have a look at it", SPELLING) == {"en"}


@pytest.mark.parametrize(
    ("pattern", "text", "places"),
    [
        ("smoke", "no smoke here", [(1, 2)]),
        ("~bakar", "rumah kebakaran", [(1, 2)]),
        ("bater*", "baterainya panas", [(0, 1)]),
        ("fire|smoke in", "smoke in the hall", [(0, 2)]),
        ("fire [broke] out", "fire out, fire broke out", [(0, 2), (2, 5)]),
        ("cable ... fell", "cable of the pole fell", [(0, 5)]),
        ("cable ... fell", "cable of the old brown pole fell", []),
        ("cable ... fell", "a cable. He fell", []),
        ("#20 people", "19 people and 20 people", [(3, 5)]),
        ("@device", "my charger", [(1, 2)]),
    ],
)
def test_patterns(pattern, text, places):
    assert found(pattern, text, {"device": ("charger",)}.items()) == places


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("kebakarn", True), ("kebakaraan", True), ("kebkaaran", True), ("kebayaran", False), ("kebaran", False)],
)
def test_a_typo_is_found_if_it_is_no_other_word(text, is_found):
    assert bool(found("kebakaran", text)) is is_found


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "at least one word"),
        ("... fire", "begins or ends with `...`"),
        ("fire [out]", "begins or ends with a word in brackets"),
        ("@nothing", "no list `@nothing`; known: device"),
        ("fire!", "`fire!` is no word"),
    ],
)
def test_a_bad_pattern_is_refused(pattern, problem):
    with pytest.raises(RuleError, match=r"signals\.x: ") as refused:
        parse_pattern(pattern, {"device": ("charger",)}, {}, "signals.x")
    assert problem in str(refused.value)


@given(st.text())
def test_any_text_can_be_read(text):
    for word in read(text, SPELLING, ("en", "id")):
        assert word.text
        assert len(word.text) <= 60
