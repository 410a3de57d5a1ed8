"""What switches a rule or a veto off, by small rules of an admin."""

import pytest

from escalation_bridge.config.triage import TriageSettings, rule_book
from escalation_bridge.domain.triage.assess import Report
from escalation_bridge.domain.triage.rules import Kind
from escalation_bridge.rulesets.ready_made import RuleShape, VetoShape

SIGNALS = {
    "overflow": ("~overflow",),
    "vat": ("vat*",),
    "canary": ("canary",),
    "maroon": ("maroon",),
    "real": ("real",),
    "bird": ("canary",),
}
RULE = RuleShape(name="vat_overflows", kind="damage", all=("overflow", "vat"), says={"en": "a vat overflows"})
VETO = VetoShape(name="maroon_canary", all=("canary", "maroon"), reach="text", cancels=("damage",))
UNUSED = VETO.model_copy(update={"all": ("real",)})
WORDS = "vat 7 is overflowing"


def kind_of(text, rule=RULE, veto=VETO):
    book = rule_book(TriageSettings(signals=SIGNALS, rules=(rule,), vetoes=(veto,)))
    return book.assess(Report(text)).kind


@pytest.mark.parametrize(
    ("beside", "kind"),
    [
        ("", Kind.DAMAGE),
        ("A canary.", Kind.DAMAGE),
        ("It is maroon.", Kind.DAMAGE),
        ("A canary, in maroon.", Kind.STANDARD),
    ],
)
def test_a_veto_needs_all_of_its_signals(beside, kind):
    """An emergency is not silenced by half a reason."""
    assert kind_of(f"{WORDS}. {beside}") is kind


def test_what_switches_a_veto_off_lets_the_signals_count():
    veto = VETO.model_copy(update={"unless": ("real",)})
    assert kind_of(f"{WORDS}. A canary, in maroon.", veto=veto) is Kind.STANDARD
    assert kind_of(f"{WORDS}. A canary, in maroon, it is real.", veto=veto) is Kind.DAMAGE


def test_what_switches_a_rule_off_does_so_wherever_it_stands():
    rule = RULE.model_copy(update={"unless": ("canary",)})
    assert kind_of(f"{WORDS}. We are all here.", rule=rule) is Kind.DAMAGE
    assert kind_of(f"{WORDS}. We are all here. A canary.", rule=rule) is Kind.STANDARD


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("no fire in the kitchen", Kind.STANDARD),
        ("No. Fire in the kitchen", Kind.SAFETY),
        ("the door opens, no; fire in the kitchen", Kind.SAFETY),
        ("there is no extinguisher near the fire in the kitchen", Kind.SAFETY),
    ],
)
def test_a_denial_reaches_over_light_words_within_its_clause(text, kind):
    assert kind_of(text) is kind


def test_signals_are_combined_within_a_sentence():
    assert kind_of("It is overflowing near the vat.") is Kind.DAMAGE
    assert kind_of("It is overflowing. We like the vat.") is Kind.STANDARD
    across = RULE.model_copy(update={"across": True})
    assert kind_of("It is overflowing. We like the vat.", rule=across) is Kind.DAMAGE


def test_no_word_counts_twice():
    rule = RULE.model_copy(update={"all": ("canary", "bird")})
    assert kind_of("the canary is maroon", rule=rule, veto=UNUSED) is Kind.STANDARD
    assert kind_of("the canary sits on the other canary", rule=rule, veto=UNUSED) is Kind.DAMAGE


def test_what_strengthens_any_emergency_makes_none():
    rule = RULE.model_copy(update={"kind": "any"})
    assert kind_of(WORDS, rule=rule) is Kind.STANDARD
