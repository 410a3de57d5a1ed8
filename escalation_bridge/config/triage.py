"""The section `triage` of the configuration file: an admin's own signals, rules and vetoes, and what is switched off."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field

from escalation_bridge.config.values import Name, Word
from escalation_bridge.configfile import Document, Review
from escalation_bridge.configfile import Path as Place
from escalation_bridge.configfile.findings import suggest
from escalation_bridge.domain.routes.fields.tags import folded_tag
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.domain.triage.assess import RuleBook
from escalation_bridge.domain.triage.patterns import parse_pattern
from escalation_bridge.domain.triage.rules import Facts, Rule, RuleError, RuleSet
from escalation_bridge.plugin.settings import Settings
from escalation_bridge.rulesets.ready_made import RuleShape, VetoShape, ready_made


class TriageSettings(Settings):
    """How the severity of a ticket is found: ready-made rules, and what is changed in them."""

    languages: tuple[Literal["en", "id"], ...] = ("en", "id")
    """The languages whose ready-made words are used."""
    urgent_is_emergency: bool = True
    """Whether the helpdesk's priority urgent makes an emergency, whatever the rules find."""
    label: Mapping[Severity, Word] = Field(default_factory=dict)
    """The tags by which both tickets show the severity."""
    threshold: int = Field(default=10, ge=1, le=100)
    """The points that make a kind."""
    off: tuple[str, ...] = ()
    """Ready-made rules, vetoes and signals that are not used."""
    lists: Mapping[Name, tuple[str, ...]] = Field(default_factory=dict)
    """Lists of words, which patterns name as `@list`. A ready-made list is called en_device or id_device; it grows."""
    signals: Mapping[Name, tuple[str, ...]] = Field(default_factory=dict)
    """Signals, each with its patterns. A ready-made signal of this name gets these patterns, too."""
    idioms: tuple[str, ...] = ()
    """Patterns whose words mean nothing else, such as names of products."""
    rules: tuple[RuleShape, ...] = ()
    """Rules of your own, or instead of ready-made ones of the same name."""
    vetoes: tuple[VetoShape, ...] = ()
    """Vetoes of your own, or instead of ready-made ones of the same name."""


def rule_set(settings: TriageSettings) -> RuleSet:
    """The ready-made rules with an admin's changes."""
    base = ready_made(tuple(dict.fromkeys(settings.languages)))
    off = frozenset(settings.off)
    own_rules = {each.name: each.rule() for each in settings.rules}
    own_vetoes = {each.name: each.veto() for each in settings.vetoes}
    signals = {name: patterns for name, patterns in base.signals.items() if name not in off}
    for name, patterns in settings.signals.items():
        signals[name] = (*signals.get(name, ()), *(("", pattern) for pattern in patterns))
    lists = {**base.lists}
    for name, words in settings.lists.items():
        lists[name] = (*lists.get(name, ()), *words)
    kept = [rule for rule in base.rules if rule.name not in off | own_rules.keys()]
    kept_vetoes = [veto for veto in base.vetoes if veto.name not in off | own_vetoes.keys()]
    gone = off - settings.signals.keys()
    return replace(
        base,
        lists=lists,
        signals=signals,
        idioms=(*base.idioms, *(("", pattern) for pattern in settings.idioms)),
        # A rule of a signal that is switched off is off, too; an admin's own rule is not: it is a finding.
        rules=(*(rule for rule in kept if gone.isdisjoint(rule.signals)), *own_rules.values()),
        vetoes=(*(veto for veto in kept_vetoes if gone.isdisjoint(veto.signals)), *own_vetoes.values()),
        threshold=settings.threshold,
    )


def rule_book(settings: TriageSettings) -> RuleBook:
    """The rules ready for use.

    Raises:
        RuleError: They contradict each other; `check_triage` reports all such findings with their lines.
    """
    return RuleBook(_with_known_unless(rule_set(settings)))


def _with_known_unless(rules: RuleSet) -> RuleSet:
    """Without the exceptions for signals that are switched off."""

    def known(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in rules.signals)

    return replace(
        rules,
        rules=tuple(replace(rule, unless=known(rule.unless)) for rule in rules.rules),
        vetoes=tuple(replace(veto, unless=known(veto.unless)) for veto in rules.vetoes),
    )


# --- what can be wrong with it --------------------------------------------------------------------------------------


def check_triage(document: Document, review: Review) -> None:
    """Report unknown names, patterns that cannot be read and rules that can never fire."""
    at: Place = ("triage",)
    settings = Review(document).read(TriageSettings, at) if document.node(at) is not None else None
    if settings is None:
        return
    base = ready_made(tuple(dict.fromkeys(settings.languages)))
    rules = rule_set(settings)
    _check_off(review, settings, base)
    if len({folded_tag(label) for label in settings.label.values()}) < len(settings.label):
        review.report((*at, "label"), "both severities have the same label")
    for place, pattern in _patterns(settings):
        try:
            parse_pattern(pattern, rules.lists, {}, "pattern")
        except RuleError as error:
            review.report((*at, *place), error.problem)
    sections: tuple[tuple[str, tuple[RuleShape | VetoShape, ...]], ...] = (
        ("rules", settings.rules),
        ("vetoes", settings.vetoes),
    )
    for section, written in sections:
        named: set[str] = set()
        for index, each in enumerate(written):
            if each.name in named:
                review.report((*at, section, index, "name"), f"`{each.name}` is written twice")
            named.add(each.name)
            for key, signals in (("all", each.all), ("unless", each.unless)):
                for position, signal in enumerate(signals):
                    if signal not in rules.signals:
                        place = (*at, section, index, key, position)
                        hint = suggest(signal, rules.signals) or "; known are those of the ready-made rules"
                        review.report(place, f"there is no signal `{signal}`{hint}")
    for index, written_rule in enumerate(settings.rules):
        problem = _never_fires(written_rule.rule(), rules)
        if problem:
            review.report((*at, "rules", index), f"the rule `{written_rule.name}` can never fire: {problem}")


def _check_off(review: Review, settings: TriageSettings, base: RuleSet) -> None:
    known = {
        *(rule.name for rule in base.rules),
        *(veto.name for veto in base.vetoes),
        *base.signals,
    }
    for index, name in enumerate(settings.off):
        if name not in known:
            hint = suggest(name, known) or ""
            review.report(
                ("triage", "off", index), f"there is no ready-made rule, veto or signal `{name}`{hint}"
            )


def _patterns(settings: TriageSettings) -> Iterator[tuple[Place, str]]:
    for name, patterns in settings.signals.items():
        yield from ((("signals", name, index), pattern) for index, pattern in enumerate(patterns))
    yield from ((("idioms", index), pattern) for index, pattern in enumerate(settings.idioms))
    for name, words in settings.lists.items():
        yield from ((("lists", name, index), word) for index, word in enumerate(words))


def _never_fires(rule: Rule, rules: RuleSet) -> str | None:
    if not rule.signals and rule.facts == Facts():
        return "it names no signal and no fact"
    both = set(rule.signals) & set(rule.unless)
    if both:
        return f"`{min(both)}` is required by `all` and forbidden by `unless`"
    if len(set(rule.signals)) < len(rule.signals):
        return "`all` names a signal twice"
    empty = [name for name in rule.signals if name in rules.signals and not rules.signals[name]]
    if empty:
        return f"the signal `{empty[0]}` has no patterns"
    always = next(
        (
            veto.name
            for veto in rules.vetoes
            if rule.kind in veto.cancels
            and veto.reach == "text"
            and set(veto.signals) <= set(rule.signals)
            and set(rule.signals).isdisjoint(veto.unless)
        ),
        None,
    )
    if always:
        return f"the veto `{always}` always applies beside its signals"
    most = sum(each.points for each in rules.rules if each.kind is rule.kind)
    if rule.kind is not None and most < rules.threshold:
        return (
            f"all rules of the kind {rule.kind} together have {most} points, and {rules.threshold} are needed"
        )
    return None
