"""How grave a text is: rules that combine signals, vetoes, facts, and an admin's own rules."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.cli.severity.classify import _labelled
from escalation_bridge.cli.severity.measure import measure
from escalation_bridge.config.triage import TriageSettings, rule_book, rule_set
from escalation_bridge.domain.triage.assess import Report, RuleBook
from escalation_bridge.domain.triage.rules import Kind, RuleError
from escalation_bridge.messages.catalogue import LANGUAGES, texts
from escalation_bridge.messages.severity import explain_severity
from escalation_bridge.rulesets.ready_made import RuleShape, VetoShape, _RulesFile, parse_file, ready_made

CASES = Path(__file__).parents[1] / "cases" / "triage"
BOOK = RuleBook(ready_made())


def kind_of(text, **facts):
    return BOOK.assess(Report(text, **facts)).kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # a signal alone, and with what makes it grave
        ("the kettle", Kind.STANDARD),
        ("the kettle is throwing sparks", Kind.SAFETY),
        ("stopkontaknya ngebul", Kind.SAFETY),
        ("my wifi is down", Kind.STANDARD),
        ("wifi is down for all tenants", Kind.DISRUPTION),
        ("wifi mati satu kecamatan", Kind.DISRUPTION),
        ("the plate is wet", Kind.STANDARD),
        ("the archive is flooded", Kind.DAMAGE),
        ("gudang arsip kebanjiran", Kind.DAMAGE),
        # denied, and what is not covered by the denial
        ("there was no fire in the kitchen", Kind.STANDARD),
        ("no fire, smoke or injuries in the kitchen", Kind.STANDARD),
        ("it was no fire in the kitchen but the gas is leaking", Kind.SAFETY),
        ("bukan kebakaran di gudang", Kind.STANDARD),
        ("tidak ada yang terluka", Kind.STANDARD),
        # solved, and broken again
        ("all our stores were offline, everything is working again, thank you", Kind.STANDARD),
        ("It was working again yesterday. Now all our stores are offline", Kind.DISRUPTION),
        ("listrik sekota sudah nyala lagi", Kind.STANDARD),
        # idioms and names
        ("our new shop is on fire this season", Kind.STANDARD),
        ("my Fire TV does not start", Kind.STANDARD),
        ("kebakaran jenggot liat harga kalian", Kind.STANDARD),
        # a longer signal around an idiom
        ("is the smoke alarm kit compatible?", Kind.STANDARD),
        ("the carbon monoxide detector is going off", Kind.SAFETY),
        # what belongs to others, and what was made public
        ("I can open the gate of every house with my app", Kind.SAFETY),
        ("ada yang jualan data member gym di fb", Kind.SAFETY),
        ("I see other people's reviews", Kind.STANDARD),
        # who is hurt, and whose things break
        ("the door closed and dragged my father", Kind.SAFETY),
        ("anak magang kegencet forklift", Kind.SAFETY),
        ("the courier broke my vase", Kind.STANDARD),
        ("your crane dropped a beam through our roof", Kind.DAMAGE),
        ("kebun sawit kebakar 3 hektar", Kind.DAMAGE),
        ("the boiler exploded and wrecked the basement", Kind.DAMAGE),
        # a whole place, and each visit of one customer
        ("app keeps saying maintenance, whole office same", Kind.DISRUPTION),
        ("air ga ngalir di seluruh tower", Kind.DISRUPTION),
        ("tiap buka aplikasi muter terus", Kind.STANDARD),
        # if, and what to do
        ("what if the charger catches fire?", Kind.STANDARD),
        ("kalau misalnya baterainya meledak gimana?", Kind.STANDARD),
        # one person
        ("all apps fail, but only on my phone", Kind.STANDARD),
        # long ago
        ("last year our warehouse was flooded, can I have the invoice again?", Kind.STANDARD),
        # can wait
        ("please investigate why the totals differ", Kind.IMPORTANT),
        ("mohon diteruskan ke bagian pajak", Kind.IMPORTANT),
    ],
)
def test_signals_are_combined_and_vetoed(text, kind):
    assert kind_of(text) is kind


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({}, Kind.STANDARD),
        ({"tags": ("power_outage",)}, Kind.STANDARD),
        ({"tags": ("power_outage",), "tier": "VIP"}, Kind.STANDARD),
        ({"tags": ("power_outage",), "tier": "VIP", "channel": "Phone"}, Kind.DISRUPTION),
        ({"tags": ("critical",)}, Kind.STANDARD),
        ({"tags": ("outage", "critical")}, Kind.DISRUPTION),
        ({"similar": 4}, Kind.STANDARD),
        ({"similar": 5}, Kind.DISRUPTION),
        ({"customers": 20}, Kind.DISRUPTION),
    ],
)
def test_facts_strengthen_what_the_words_say(facts, kind):
    assert kind_of("my internet is down", **facts) is kind


def test_tags_and_an_outage_are_enough_together():
    assert kind_of("there is an outage") is Kind.STANDARD
    assert kind_of("there is an outage", tags=("incident",)) is Kind.DISRUPTION


def test_the_subject_counts():
    assert kind_of("see photo", subject="Forklift on fire in hall 2") is Kind.SAFETY


@pytest.mark.parametrize(
    ("file", "precision", "recall", "traps", "f"),
    [
        ("tuning.jsonl", 0.93, 0.93, 0.1, 0.85),
        ("held_out.jsonl", 0.93, 0.9, 0.1, 0.8),
        ("unseen.jsonl", 0.88, 0.8, 0.15, 0.65),
    ],
)
def test_the_quality_on_own_texts_does_not_fall(file, precision, recall, traps, f):
    quality = measure(BOOK, list(_labelled(CASES / file)))
    assert quality.texts > 100
    assert quality.precision >= precision
    assert quality.recall >= recall
    assert quality.fallen_for <= traps * quality.traps
    assert min(quality.f_of(kind) for kind in Kind) >= f


@given(text=st.text(), subject=st.text(max_size=20), tags=st.lists(st.text(max_size=10), max_size=3))
def test_any_text_has_a_kind_and_a_reason(text, subject, tags):
    assessment = BOOK.assess(Report(text, subject=subject, tags=tuple(tags)))
    assert BOOK.assess(Report(text, subject=subject, tags=tuple(tags))) == assessment
    for language in LANGUAGES:
        assert explain_severity(assessment, language)


WORDS = st.sampled_from(
    "the fire smoke battery if not no all customers down kabel terbakar tidak semua mati gudang banjir , . ? but tapi".split()
)


@given(st.lists(WORDS, max_size=40))
def test_an_emergency_says_which_words_made_it(words):
    assessment = BOOK.assess(Report(" ".join(words)))
    if assessment.severity == "emergency":
        assert sum(reason.points for reason in assessment.reasons) >= 10
        quoted = {word for reason in assessment.reasons for quote in reason.words for word in quote.split()}
        assert quoted <= set(words)


def test_the_time_does_not_run_away_with_the_length():
    for text in ("my warehouse is burning " * 50_000, "a" * 1_000_000, "if there " * 100_000, "'a" * 500_000):
        started = time.process_time()
        BOOK.assess(Report(text))
        assert time.process_time() - started < 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ready_made_rule_and_veto_has_its_words(language):
    rules = ready_made()
    names = {rule.name for rule in rules.rules} | {veto.name for veto in rules.vetoes} | {"idiom", "denied"}
    assert names == set(texts(language)["severity_rule"])


def test_a_broad_rule_counts_only_without_a_closer_one():
    closer = BOOK.assess(Report("gudang arsip kebanjiran semua"))
    assert [reason.rule for reason in closer.reasons] == ["asset_wrecked"]
    broad = BOOK.assess(Report("your crane dropped a beam through our roof"))
    assert [reason.rule for reason in broad.reasons] == ["property_wrecked"]


def test_every_ready_made_signal_is_used():
    rules = ready_made()
    used = {name for rule in rules.rules for name in (*rule.signals, *rule.unless)}
    used |= {name for veto in rules.vetoes for name in (*veto.signals, *veto.unless)}
    assert set(rules.signals) == used


# --- an admin's own -------------------------------------------------------------------------------------------------


def test_an_admin_adds_rules_words_and_idioms():
    settings = TriageSettings(
        lists={"en_device": ("kiln",)},
        signals={"overflow": ("~overflow",), "vat": ("vat*",)},
        idioms=("red hot chili",),
        rules=(
            RuleShape(
                name="vat_overflows", kind="damage", all=("overflow", "vat"), says={"en": "a vat overflows"}
            ),
        ),
        vetoes=(VetoShape(name="test_vat", all=("test_vat",), reach="text", cancels=("damage",)),),
    ).model_copy(
        update={"signals": {"overflow": ("~overflow",), "vat": ("vat*",), "test_vat": ("test vat",)}}
    )
    book = rule_book(settings)
    assert book.assess(Report("kiln on fire")).kind is Kind.SAFETY
    found = book.assess(Report("vat 7 is overflowing"))
    assert found.kind is Kind.DAMAGE
    assert explain_severity(found, "id").endswith(
        "a vat overflows (“overflowing”, “vat”)"
    ) or "a vat overflows" in explain_severity(found, "id")
    assert book.assess(Report("the test vat is overflowing")).kind is Kind.STANDARD


def test_an_admin_switches_off_rules_and_signals():
    text = "the kettle is throwing sparks"
    off = rule_book(TriageSettings(off=("thing_smokes", "thing_burns")))
    assert off.assess(Report(text)).kind is Kind.STANDARD
    without = rule_set(TriageSettings(off=("smoking",)))
    assert all("smoking" not in rule.signals for rule in without.rules)
    rule_book(TriageSettings(off=tuple(ready_made().signals)))  # nothing left, and nothing broken


def test_one_language_is_enough():
    book = rule_book(TriageSettings(languages=("id",)))
    assert book.assess(Report("gudang arsip kebanjiran")).kind is Kind.DAMAGE
    assert book.assess(Report("the archive is flooded")).kind is Kind.STANDARD


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rules = [", "rules.toml"),
        ("vetoes = []\n[[rules]]\nname = 'a'\nkind = 'safty'", "rules.toml: rules.0.kind"),
    ],
)
def test_a_bad_file_of_rules_names_its_place(text, place):
    with pytest.raises(RuleError) as refused:
        parse_file(text, "rules.toml", _RulesFile)
    assert refused.value.place == place
