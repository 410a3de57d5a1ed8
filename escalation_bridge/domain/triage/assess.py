"""Which kind a ticket is: signals are found, vetoes take some away, and rules combine the rest."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.domain.triage.patterns import Finder, Found, parse_pattern
from escalation_bridge.domain.triage.reading import Word, languages, read
from escalation_bridge.domain.triage.rules import (
    EMERGENCIES,
    Facts,
    Kind,
    Reach,
    Rule,
    RuleError,
    RuleSet,
    Veto,
)

_IDIOM = "idiom:"
_QUOTED_WORDS = 8
_TRIED = 8
"""Places of one signal that are tried beside another, so that a text of the same words takes no longer than others."""
_BEGINNING, _END = 60_000, 40_000
"""Characters that are read of a longer text, such as a mail with all mails before it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a ticket.

    Attributes:
        fields: Custom and form fields, by name.
        similar: How many similar tickets were opened lately.
        customers: How many customers it touches, where that is known.
    """

    text: str
    subject: str = ""
    channel: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None
    tier: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    similar: int = 0
    customers: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule or veto that applied.

    Attributes:
        rule: Its name.
        words: The words of the ticket in which it was found, as they are written.
        points: Those of a rule; 0 for a veto.
        says: By language, what it found, if the rule says so itself.
        kind: Of which kind the rule is; None: it strengthens others.
    """

    rule: str
    words: tuple[str, ...] = ()
    points: int = 0
    says: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """How grave a ticket is, and why.

    Attributes:
        reasons: The rules that made the kind, the strongest first.
        vetoes: Why other signals did not count.
        points: By kind, how certain.
    """

    kind: Kind
    reasons: tuple[Reason, ...] = ()
    vetoes: tuple[Reason, ...] = ()
    points: Mapping[Kind, int] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return Severity.EMERGENCY if self.kind in EMERGENCIES else Severity.STANDARD


class RuleBook:
    """Rules, ready for use. Making one takes some milliseconds; using it any number of times changes nothing in it.

    Raises:
        RuleError: A pattern cannot be read, or a rule names an unknown signal.
    """

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        _check_names(rules)
        slang = rules.spelling.slang
        patterns = [
            (name, language, parse_pattern(text, rules.lists, slang.get(language, {}), f"signals.{name}"))
            for name, texts in rules.signals.items()
            for language, text in texts
        ]
        patterns += [
            (_IDIOM + text, language, parse_pattern(text, rules.lists, slang.get(language, {}), "idioms"))
            for language, text in rules.idioms
        ]
        self._finder = Finder(patterns)

    def assess(self, report: Report) -> Assessment:
        """Say how grave a ticket is. The time grows with the length of its text; of a very long one, beginning and end are read."""
        text = f"{report.subject}\n{report.text}" if report.subject else report.text
        if len(text) > _BEGINNING + _END:
            text = f"{text[:_BEGINNING]}\n{text[-_END:]}"
        written_in = languages(text, self._rules.spelling)
        if report.language and report.language in self._rules.spelling.function_words:
            written_in |= {report.language}
        words = read(text, self._rules.spelling, written_in)
        return _Looking(self._rules, words, tuple(self._finder.find(words, written_in)), report).assess()


class _Looking:
    """One assessment."""

    def __init__(self, rules: RuleSet, words: Sequence[Word], found: Sequence[Found], report: Report) -> None:
        self._rules, self._words, self._report = rules, words, report
        self._vetoes: dict[str, Reason] = {}
        idioms = self._idioms(found)
        counted = [
            each
            for each in found
            if not each.signal.startswith(_IDIOM) and not any(_hides(idiom, each) for idiom in idioms)
        ]
        covered = bytearray(len(words))
        for each in counted:
            covered[each.start : each.end] = b"\1" * (each.end - each.start)
        self._found = [each for each in counted if not self._is_denied(each, covered)]
        self._places: dict[str, list[Found]] = {}
        for each in self._found:
            self._places.setdefault(each.signal, []).append(each)
        self._starts = {name: [each.start for each in places] for name, places in self._places.items()}
        self._cancelled = self._cancel()

    def assess(self) -> Assessment:
        fired = [reason for rule in self._rules.rules if not rule.broad and (reason := self._fire(rule))]
        closer = _points(fired)
        fired += [
            reason
            for rule in self._rules.rules
            if rule.broad and (rule.kind is None or closer[rule.kind] < self._rules.threshold)
            if (reason := self._fire(rule))
        ]
        points = _points(fired)
        more = sum(reason.points for reason in fired if reason.kind is None)
        points |= {kind: points[kind] + more for kind in EMERGENCIES if points[kind] > 0}
        kind = self._choose(points)
        mine = [each for each in fired if each.kind is kind or (each.kind is None and kind in EMERGENCIES)]
        mine.sort(key=lambda each: -each.points)
        return Assessment(kind, tuple(mine), tuple(self._vetoes.values()), points)

    def _choose(self, points: Mapping[Kind, int]) -> Kind:
        best = max(EMERGENCIES, key=lambda kind: points[kind])  # the first of equals
        if points[best] >= self._rules.threshold:
            return best
        return Kind.IMPORTANT if points[Kind.IMPORTANT] >= self._rules.threshold else Kind.STANDARD

    # --- what does not count ------------------------------------------------------------------------------------------

    def _idioms(self, found: Iterable[Found]) -> list[Found]:
        idioms = [each for each in found if each.signal.startswith(_IDIOM)]
        for each in idioms:
            self._vetoed("idiom", each)
        return idioms

    def _is_denied(self, each: Found, covered: bytearray) -> bool:
        """Whether a word before it denies it: *no fire*, *tidak ada gangguan*; between the two are only light words."""
        if each.signal in self._rules.bare:
            return False
        negation, words = self._rules.negation, self._words
        clause = words[each.start].clause
        at = each.start - 1
        passed = 0
        while at >= 0 and words[at].clause == clause and passed <= negation.reach:
            if words[at].text in negation.words:
                self._vetoed("denied", Found(each.signal, at, each.end))
                return True
            if words[at].text not in negation.between and not covered[at]:
                return False
            at, passed = at - 1, passed + 1
        return False

    def _cancel(self) -> dict[Kind, bytearray]:
        cancelled = {kind: bytearray(len(self._words)) for kind in Kind}
        for veto in self._rules.vetoes:
            places = self._places.get(veto.signals[0], [])
            if not places or not all(map(self._has, veto.signals)) or any(map(self._has, veto.unless)):
                continue
            for first, end in self._reached(veto, places):
                self._vetoed(veto.name, places[0], veto)
                for kind in veto.cancels:
                    cancelled[kind][first:end] = b"\1" * (end - first)
        return cancelled

    def _has(self, signal: str) -> bool:
        return signal in self._places

    def _reached(self, veto: Veto, places: Sequence[Found]) -> list[tuple[int, int]]:
        """The stretches of words that a veto covers; they do not overlap, so that the work stays in proportion."""
        if veto.reach is Reach.TEXT:
            return [(0, len(self._words))]
        if veto.reach is Reach.BEFORE:
            return [(0, self._end_of("clause", places[-1].end - 1))]
        stretches: list[tuple[int, int]] = []
        for each in places:
            if stretches and each.start < stretches[-1][1]:
                continue
            part = "clause" if veto.reach is Reach.CLAUSE else "sentence"
            first = each.start if veto.reach is Reach.AFTER else self._start_of(part, each.start)
            stretches.append((first, self._end_of(part, each.end - 1)))
        return stretches

    def _start_of(self, part: str, at: int) -> int:
        while at > 0 and getattr(self._words[at - 1], part) == getattr(self._words[at], part):
            at -= 1
        return at

    def _end_of(self, part: str, at: int) -> int:
        at += 1
        while at < len(self._words) and getattr(self._words[at - 1], part) == getattr(self._words[at], part):
            at += 1
        return at

    def _vetoed(self, name: str, each: Found, veto: Veto | None = None) -> None:
        if name not in self._vetoes:
            self._vetoes[name] = Reason(name, (self._quote(each),), says=veto.says if veto else {})

    # --- what counts --------------------------------------------------------------------------------------------------

    def _fire(self, rule: Rule) -> Reason | None:
        if not _holds(rule.facts, self._report) or any(map(self._has, rule.unless)):
            return None
        kinds = (rule.kind,) if rule.kind else ()
        if not rule.signals:
            return Reason(rule.name, points=rule.points, says=rule.says, kind=rule.kind)
        if not all(map(self._has, rule.signals)):
            return None
        rare = min(rule.signals, key=lambda name: len(self._places[name]))
        others = [name for name in rule.signals if name != rare]
        for each in self._places[rare]:
            if self._is_cancelled(each, kinds):
                continue
            near = self._with_others([each], others, rule, kinds)
            if near is not None:
                quotes = dict.fromkeys(self._quote(one) for one in sorted(near, key=lambda one: one.start))
                return Reason(rule.name, tuple(quotes), rule.points, rule.says, rule.kind)
        return None

    def _with_others(
        self, taken: list[Found], others: Sequence[str], rule: Rule, kinds: Sequence[Kind]
    ) -> list[Found] | None:
        """The places taken, and for each other signal one near the first that shares no word with them."""
        if not others:
            return taken
        each, tried = taken[0], 0
        places, starts = self._places[others[0]], self._starts[others[0]]
        at = bisect_left(starts, each.start - rule.near - 6)
        while at < len(places) and places[at].start <= each.end + rule.near and tried < _TRIED:
            if self._fits(places[at], taken, rule, kinds):
                tried += 1
                near = self._with_others([*taken, places[at]], others[1:], rule, kinds)
                if near is not None:
                    return near
            at += 1
        return None

    def _fits(self, one: Found, taken: Sequence[Found], rule: Rule, kinds: Sequence[Kind]) -> bool:
        each = taken[0]
        if one.end <= each.start - rule.near or self._is_cancelled(one, kinds):
            return False
        if not rule.across and self._words[one.start].sentence != self._words[each.start].sentence:
            return False
        return all(one.end <= other.start or other.end <= one.start for other in taken)

    def _is_cancelled(self, each: Found, kinds: Sequence[Kind]) -> bool:
        return any(self._cancelled[kind][each.start] for kind in kinds)

    def _quote(self, each: Found) -> str:
        raws: list[str] = []
        for word in self._words[each.start : each.end][:_QUOTED_WORDS]:
            if not raws or raws[-1] != word.raw:
                raws.append(word.raw)
        return " ".join(raws)[:80]


def _hides(idiom: Found, each: Found) -> bool:
    """Whether an idiom takes the words of a signal. A signal that says more than the idiom stays: *the smoke alarm is ringing*."""
    says_more = (
        each.start <= idiom.start
        and idiom.end <= each.end
        and each.end - each.start > idiom.end - idiom.start
    )
    return idiom.start < each.end and each.start < idiom.end and not says_more


def _points(reasons: Iterable[Reason]) -> dict[Kind, int]:
    points = dict.fromkeys((*EMERGENCIES, Kind.IMPORTANT), 0)
    for reason in reasons:
        if reason.kind is not None:
            points[reason.kind] += reason.points
    return points


def _holds(facts: Facts, report: Report) -> bool:
    if facts == _NO_FACTS:
        return True
    tags = {part for tag in report.tags for part in (tag.casefold(), *_parts(tag))}
    return (
        (not facts.tags or not facts.tags.isdisjoint(tags))
        and (not facts.tiers or report.tier.casefold() in facts.tiers)
        and (not facts.channels or report.channel.casefold() in facts.channels)
        and report.similar >= facts.similar
        and report.customers >= facts.customers
        and all(report.fields.get(name, "").casefold() in values for name, values in facts.fields.items())
    )


def _parts(tag: str) -> list[str]:
    return tag.casefold().replace("-", "_").split("_")


_NO_FACTS = Facts()


def _check_names(rules: RuleSet) -> None:
    named = [(f"rules.{rule.name}", rule.signals, rule.unless) for rule in rules.rules]
    named += [(f"vetoes.{veto.name}", veto.signals, veto.unless) for veto in rules.vetoes]
    for place, signals, unless in named:
        unknown = [signal for signal in (*signals, *unless) if signal not in rules.signals]
        if unknown:
            raise RuleError(place, f"there is no signal `{unknown[0]}`")
