"""Standard procedures: which one fits, what somebody probably meant, and what the configuration accepts."""

import pytest

from bridge_helpers.policy_files import BASE, CATALOGUE
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.teams.procedures import Matter, Procedure, called, fitting, nearest

CARDS = Procedure("cards", "Card payments", {"en": "a"}, rules=frozenset({"declined"}))
PAYMENTS = Procedure("payments", "Payments", {"en": "b"})
GAS = Procedure("gas", "Gas leaks", {"en": "c"}, categories=frozenset({"safety"}))
ALL = (GAS, PAYMENTS, CARDS)


@pytest.mark.parametrize(
    ("matter", "found"),
    [
        (Matter("declined", "payments", "safety"), CARDS),
        (Matter("cards", "payments", "safety"), CARDS),
        (Matter("other", "payments", "safety"), PAYMENTS),
        (Matter("", "first", "safety"), GAS),
        (Matter("", "first", "damage"), None),
        (Matter(), None),
    ],
)
def test_the_rule_comes_before_the_team_and_the_team_before_the_category(matter, found):
    assert fitting(ALL, matter) is found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cards", CARDS),
        ("CARD payments", CARDS),
        ("payments", PAYMENTS),
        ("declined", CARDS),
        ("Safety", GAS),
        ("paymnts", None),
        ("", None),
    ],
)
def test_a_procedure_has_names(words, found):
    assert called(ALL, words) is found


def test_what_is_nearly_a_name_is_guessed():
    assert nearest(ALL, "paymnts")[0] == "payments"
    assert nearest(ALL, "safty") == ("gas",)
    assert nearest(ALL, "zzz") == ()
    assert nearest((), "cards") == ()


SUPPORT = "teams:\n  payments: {places: [{connection: support, group: Payments}]}\n"
RULES = "escalation: {last_resort: payments, rules: [{name: cards, when: {tags: [card]}, to: payments}]}\n"
WRITTEN = BASE + SUPPORT + RULES + "procedures:\n"


@pytest.fixture
def read(tmp_path):
    def load(text):
        (tmp_path / "procedure.txt").write_text("1. Stop.  \r\n2. Call.\n", encoding="utf-8")
        file = tmp_path / "bridge.yaml"
        file.write_text(text)
        return load_configuration(file, CATALOGUE, {}).rules.directory.procedures

    return load


def test_texts_come_from_files_and_by_language(read):
    one, two = read(
        WRITTEN
        + "  cards: {text: file:procedure.txt, title: Card payments}\n"
        + "  damage: {text: {id: Hubungi.}, teams: [payments], categories: [safety]}\n"
    )
    assert (one.title, one.texts) == (
        "Card payments",
        {"en": "1. Stop.\n2. Call.", "id": "1. Stop.\n2. Call."},
    )
    assert {type(text) for text in one.texts.values()} == {str}  # no longer a secret: agents read it
    assert (two.title, two.texts, two.teams) == ("damage", {"id": "Hubungi."}, {"payments"})


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ("  a: {text: x, teams: [paymnts]}\n", "procedures.a.teams[0]", "did you mean `payments`"),
        ("  a: {text: x, rules: [card]}\n", "procedures.a.rules[0]", "did you mean `cards`"),
        ("  a: {text: x, teams: [payments]}\n  b: {text: y, teams: [payments]}\n", "procedures.b.teams[0]", "for payments already"),
        ("  a: {text: {fr: x}}\n", "procedures.a.text.fr", "en"),
        ("  a: {text: {}}\n", "procedures.a.text", "at least 1"),
        ("  a: {text: '  '}\n", "procedures.a.text.en", "at most 10000 characters"),
        (f"  a: {{text: {'x' * 10_001}}}\n", "procedures.a.text.en", "at most 10000 characters"),
        ("  a: {text: file:absent.txt}\n", "procedures.a.text", "cannot be read"),
        ("  a: {title: x}\n", "procedures.a.text", "missing"),
    ],
)  # fmt: skip
def test_what_could_never_be_shown_is_refused(read, written, path, words):
    with pytest.raises(InvalidConfiguration) as refused:
        read(WRITTEN + written)
    found = {each.path: each.message for each in refused.value.findings}
    assert path in found, found
    assert words in found[path]
