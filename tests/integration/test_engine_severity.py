"""Severity in the running bridge: found when a ticket arrives, raised by what its customer writes, corrected by an agent."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.config.triage import TriageSettings, rule_book
from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Priority, Role, Severity, Visibility
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.plugin import hookimpl
from escalation_bridge.plugin.hooks import EscalationHooks
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.cases.corrections import load_corrections
from escalation_bridge.store.database.codec import decode

PRIVATE = Visibility.PRIVATE
LABELS = {Severity.EMERGENCY: "darurat", Severity.STANDARD: "biasa"}
GRAVE = ("Gudang", "Gudang kami kebanjiran, stok terendam semua.")
PLAIN = ("Invoice", "Where can I see my invoice?")


@pytest.fixture
def make_severe(make_scene):
    """Makes scenes whose bridge has the ready-made rules."""

    def make(labels=None, urgent=True, **given):
        made = make_scene(**given)
        rules = replace(made.bridge.rules, severity_labels=labels or {})
        bridge = replace(
            made.bridge, rules=rules, rule_book=rule_book(TriageSettings()), urgent_is_emergency=urgent
        )
        return type(made)(bridge, made.clock, made.support, made.dev)

    return make


def opened(scene, text, **changes):
    ticket = scene.support.customer_writes(*text)
    if changes:
        scene.support.tickets[ticket] = replace(scene.support.tickets[ticket], **changes)
    scene.news(scene.support, ticket)
    return ticket


def writes(scene, ticket, words, role=Role.CUSTOMER, *visibility):
    scene.clock.advance(seconds=30)
    scene.support.says(ticket, words, role, *visibility)
    scene.news(scene.support, ticket)


def severity(scene):
    return scene.view().classification.severity


def history(scene, language="en"):
    with scene.bridge.database.read() as transaction:
        return [history_line(entry, language) for entry in case_views.load_timeline(transaction, 1)]


def notes(scene, ticket, words):
    return [
        c for c in scene.support.comments.get(ticket, []) if words in c.body.text and c.author.id == "bridge"
    ]


def test_an_arriving_emergency_is_one_before_any_deadline(make_severe, make_policy):
    emergency = make_policy(
        name="emergency",
        match=Condition((Test("severity", Operator.IS, ("emergency",)),)),
        targets=Targets(default={Metric.FIRST_RESPONSE: 600}),
        ladder=(),
    )
    scene = make_severe(policies=(emergency, make_policy()))
    opened(scene, GRAVE)
    found = scene.view().classification
    assert (found.severity, found.category, found.version) == (Severity.EMERGENCY, "damage", 1)
    assert "asset_wrecked" in found.rules
    assert [clock.target_seconds for clock in scene.view().clocks] == [600]
    (line,) = [line for line in history(scene) if line.startswith("Severity")]
    assert line == "Severity emergency (physical damage): building, vehicle, goods or equipment are damaged."
    (line,) = [line for line in history(scene, "id") if line.startswith("Keparahan")]
    assert line.startswith("Keparahan darurat (kerusakan fisik): ")


def test_no_word_of_the_customer_is_in_the_history(make_severe):
    scene = make_severe()
    opened(scene, GRAVE)
    assert not [line for line in history(scene) if "terendam" in line or "Gudang" in line]


def test_a_plain_ticket_is_standard_and_without_a_line(make_severe):
    scene = make_severe()
    opened(scene, PLAIN)
    assert scene.view().classification == Classification(
        Severity.STANDARD, "standard", "no sign of an emergency", version=1
    )
    assert not [line for line in history(scene) if line.startswith("Severity")]


def test_what_the_customer_writes_later_raises_it(make_severe):
    scene = make_severe()
    ticket = opened(scene, PLAIN)
    writes(scene, ticket, "And your charger is smoking!", Role.AGENT)
    writes(scene, ticket, "Note: the charger is smoking", Role.AGENT, PRIVATE)
    assert severity(scene) is Severity.STANDARD
    writes(scene, ticket, "Help, the charger that you sent is smoking!")
    assert (severity(scene), scene.view().classification.version) == (Severity.EMERGENCY, 2)
    assert any(line.startswith("The customer wrote; severity now emergency") for line in history(scene))


def test_a_later_guess_never_lowers_it(make_severe):
    scene = make_severe()
    ticket = opened(scene, GRAVE)
    writes(scene, ticket, "It is all fine again, thank you, false alarm.")
    assert (severity(scene), scene.view().classification.version) == (Severity.EMERGENCY, 1)


def test_urgent_is_an_emergency_unless_that_is_switched_off(make_severe):
    scene = make_severe()
    opened(scene, PLAIN, priority=Priority.URGENT)
    assert scene.view().classification.category == "priority"


def test_urgent_alone_is_none_where_that_is_switched_off(make_severe):
    scene = make_severe(urgent=False)
    opened(scene, PLAIN, priority=Priority.URGENT)
    assert severity(scene) is Severity.STANDARD


class House(EscalationHooks):
    @hookimpl
    def classify_ticket(self, ticket):
        if "outing" in ticket.subject:
            return Classification(Severity.STANDARD, "fun", "it is about the outing")
        return None


def test_extensions_decide_first(make_severe):
    scene = make_severe(house=House())
    ticket = opened(scene, ("Company outing", "The grill is on fire."))
    assert scene.view().classification.category == "fun"
    writes(scene, ticket, "The tent is on fire, too!")
    assert scene.view().classification.category == "fun"


# --- by hand --------------------------------------------------------------------------------------------------------


def test_an_agents_correction_is_answered_kept_and_not_overwritten(make_severe):
    scene = make_severe()
    ticket = opened(scene, GRAVE)
    writes(scene, ticket, "/bridge severity standard only one carton", Role.AGENT, PRIVATE)
    found = scene.view().classification
    assert (found.severity, found.by, found.reason, found.version) == (
        Severity.STANDARD, "Agent", "only one carton", 2,
    )  # fmt: skip
    (note,) = notes(scene, ticket, "the severity is now standard")
    assert note.visibility is PRIVATE
    writes(scene, ticket, "Now the whole warehouse is burning!!")
    assert severity(scene) is Severity.STANDARD
    assert (
        "Agent set the severity to standard (was emergency): only one carton. No later guess changes it."
        in " ".join(history(scene))
    )
    writes(scene, ticket, "/bridge keparahan darurat", Role.AGENT, PRIVATE)
    assert severity(scene) is Severity.EMERGENCY
    with scene.bridge.database.read() as transaction:
        kept = list(load_corrections(transaction))
    assert [(each.correction.before.severity, each.correction.after.severity) for each in kept] == [
        (Severity.EMERGENCY, Severity.STANDARD),
        (Severity.STANDARD, Severity.EMERGENCY),
    ]
    assert (
        kept[0].correction.before.rules == ("asset_wrecked", "much_wrecked")
        or "asset_wrecked" in kept[0].correction.before.rules
    )


def test_a_corrected_severity_moves_the_targets_and_is_explained_by_why(make_severe, make_policy):
    targets = Targets(
        default={Metric.FIRST_RESPONSE: 3600},
        by_severity={Metric.FIRST_RESPONSE: {Severity.EMERGENCY: 600}},
    )
    scene = make_severe(policies=(make_policy(targets=targets, ladder=()),))
    ticket = opened(scene, GRAVE)
    assert [clock.target_seconds for clock in scene.view().clocks] == [600]
    writes(scene, ticket, "/bridge why", Role.AGENT, PRIVATE)
    assert notes(scene, ticket, "Severity: emergency (building, vehicle, goods or equipment are damaged)")
    writes(scene, ticket, "/bridge severity standard it is dry", Role.AGENT, PRIVATE)
    assert [clock.target_seconds for clock in scene.view().clocks] == [3600]
    writes(scene, ticket, "/bridge why", Role.AGENT, PRIVATE)
    assert notes(scene, ticket, "Severity: standard (set by Agent: it is dry)")


def test_the_same_severity_is_confirmed_and_then_stays(make_severe):
    scene = make_severe()
    ticket = opened(scene, PLAIN)
    writes(scene, ticket, "/bridge severity standard", Role.AGENT, PRIVATE)
    writes(scene, ticket, "The charger is smoking")
    assert (severity(scene), scene.view().classification.by) == (Severity.STANDARD, "Agent")


@pytest.mark.parametrize("words", ["/bridge severity", "/bridge severity hgih", "/bridge keparahan ?"])
def test_a_typo_is_answered_with_the_line_to_write(make_severe, words):
    scene = make_severe()
    ticket = opened(scene, GRAVE)
    writes(scene, ticket, words, Role.AGENT, PRIVATE)
    (note,) = notes(scene, ticket, "/bridge severity standard")
    assert note.visibility is PRIVATE
    assert severity(scene) is Severity.EMERGENCY
    assert scene.view().classification.by == ""


def test_a_customer_corrects_nothing(make_severe):
    scene = make_severe()
    ticket = opened(scene, PLAIN)
    writes(scene, ticket, "/bridge severity emergency")
    assert severity(scene) is Severity.STANDARD


def test_corrections_are_listed_as_lines(make_severe, tmp_path):
    scene = make_severe()
    ticket = opened(scene, GRAVE)
    writes(scene, ticket, "/bridge severity standard it is dry", Role.AGENT, PRIVATE)
    file = tmp_path / "bridge.yaml"
    url = scene.bridge.database.url.render_as_string(hide_password=False)
    file.write_text(f"bridge: {{database: '{url}'}}\nconnections: {{}}\n")
    result = CliRunner().invoke(app, ["classify", "--corrections", "--config", str(file)])
    (line,) = map(json.loads, result.stdout.splitlines())
    assert (line["case"], line["ticket"], line["by"], line["reason"]) == (
        1,
        f"support:{ticket}",
        "Agent",
        "it is dry",
    )
    assert (line["before"]["severity"], line["after"]["severity"]) == ("emergency", "standard")


# --- labels ---------------------------------------------------------------------------------------------------------


def test_both_tickets_show_it_as_a_label(make_severe):
    scene = make_severe(labels=LABELS)
    ticket = opened(scene, GRAVE, tags=("vip",))
    assert set(scene.support.tickets[ticket].tags) == {"vip", "darurat"}
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    scene.news(scene.dev, issue)
    assert "darurat" in scene.dev.tickets[issue].tags
    writes(scene, ticket, "/bridge severity standard", Role.AGENT, PRIVATE)
    assert set(scene.support.tickets[ticket].tags) == {"vip", "biasa"}
    assert "biasa" in scene.dev.tickets[issue].tags
    assert "darurat" not in scene.dev.tickets[issue].tags


def test_a_label_that_an_agent_takes_away_stays_away(make_severe):
    scene = make_severe(labels={Severity.EMERGENCY: "darurat"})
    ticket = opened(scene, GRAVE)
    assert scene.support.tickets[ticket].tags == ("darurat",)
    scene.support.tickets[ticket] = replace(scene.support.tickets[ticket], tags=())
    scene.news(scene.support, ticket)
    writes(scene, ticket, "It is still under water")
    assert scene.support.tickets[ticket].tags == ()


def test_without_labels_no_ticket_is_changed(make_severe):
    scene = make_severe()
    ticket = opened(scene, GRAVE)
    assert scene.support.tickets[ticket].tags == ()


def test_what_an_earlier_version_stored_is_read():
    stored = '{"severity": "emergency", "category": "priority", "reason": "the ticket\'s priority is urgent"}'
    assert decode(stored, Classification) == Classification(
        Severity.EMERGENCY, "priority", "the ticket's priority is urgent"
    )
