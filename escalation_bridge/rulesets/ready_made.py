"""Reads the ready-made rules, and adds an admin's own."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError

from escalation_bridge.domain.triage.reading import Spelling
from escalation_bridge.domain.triage.rules import (
    Facts,
    Kind,
    Negation,
    Reach,
    Rule,
    RuleError,
    RuleSet,
    Veto,
)
from escalation_bridge.plugin.settings import Settings

LANGUAGES = ("en", "id")
_RULES = "rules.toml"

_Read = TypeVar("_Read", bound=Settings)


def _split(given: Any) -> Any:
    return tuple(given.split()) if isinstance(given, str) else given


def _lines(given: Any) -> Any:
    return tuple(filter(None, map(str.strip, given.splitlines()))) if isinstance(given, str) else given


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Lines = Annotated[tuple[str, ...], BeforeValidator(_lines)]
RuleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
RuleKind = Literal["safety", "disruption", "damage", "important", "any"]
EmergencyKind = Literal["safety", "disruption", "damage", "important"]


class _SpellingFile(Settings):
    function_words: Words
    contrasts: Words = ()
    slang: Mapping[str, str] = Field(default_factory=dict)
    numbers: Mapping[str, int] = Field(default_factory=dict)


class _NegationFile(Settings):
    words: Words
    between: Words


class _IdiomsFile(Settings):
    phrases: Lines


class _WordsFile(Settings):
    spelling: _SpellingFile
    negation: _NegationFile
    lists: Mapping[str, Words]
    signals: Mapping[str, tuple[str, ...]]
    idioms: _IdiomsFile


class RuleShape(Settings):
    """Points for a kind, where all of its signals stand close together."""

    name: RuleName
    """What the reason and `off` call it; a ready-made rule of this name is replaced."""
    kind: RuleKind
    """The kind that it gives points to; `any` strengthens each emergency that has points already."""
    points: int = Field(default=10, ge=1, le=20)
    """How certain it is; 10 make the kind."""
    all: tuple[str, ...] = ()
    """The signals, all of which have to be there."""
    near: int = Field(default=8, ge=1, le=200)
    """How many words may lie between them."""
    across: bool = False
    """Whether they may stand in different sentences."""
    unless: tuple[str, ...] = ()
    """Signals that switch the rule off wherever they stand."""
    broad: bool = False
    """Whether it counts only where no closer rule of its kind says enough."""
    tags: tuple[str, ...] = ()
    """One of these is on the ticket, as a whole or as a part between `_` or `-`."""
    tiers: tuple[str, ...] = ()
    """The customer is in one of these."""
    channels: tuple[str, ...] = ()
    """The ticket came through one of these."""
    fields: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Form or custom fields, each with the values of which it must have one."""
    similar: int = Field(default=0, ge=0)
    """So many similar tickets were opened lately."""
    customers: int = Field(default=0, ge=0)
    """It touches so many customers."""
    says: Mapping[Literal["en", "id"], str] = Field(default_factory=dict)
    """What the reason says, by language; by default the rule's name."""

    def rule(self) -> Rule:
        """The rule of the domain."""
        return Rule(
            name=self.name,
            kind=None if self.kind == "any" else Kind(self.kind),
            points=self.points,
            signals=self.all,
            near=self.near,
            across=self.across,
            unless=self.unless,
            broad=self.broad,
            facts=Facts(
                tags=_folded(self.tags),
                tiers=_folded(self.tiers),
                channels=_folded(self.channels),
                fields={name: _folded(values) for name, values in self.fields.items()},
                similar=self.similar,
                customers=self.customers,
            ),
            says={str(language): text for language, text in self.says.items()},
        )


class VetoShape(Settings):
    """Signals beside which others do not count."""

    name: RuleName
    """What the reason and `off` call it; a ready-made veto of this name is replaced."""
    all: tuple[str, ...] = Field(min_length=1)
    """The signals, all of which have to be somewhere; the first one says where."""
    reach: Reach = Reach.TEXT
    """How much it covers: its clause, its sentence, the rest of it (after), all up to it (before), or the text."""
    cancels: tuple[EmergencyKind, ...] = ("safety", "disruption", "damage")
    """For which kinds the signals within reach do not count."""
    unless: tuple[str, ...] = ()
    """Signals that switch the veto off wherever they stand."""
    says: Mapping[Literal["en", "id"], str] = Field(default_factory=dict)
    """What the reason says, by language; by default the veto's name."""

    def veto(self) -> Veto:
        """The veto of the domain."""
        return Veto(
            self.name,
            self.all,
            self.reach,
            tuple(map(Kind, self.cancels)),
            self.unless,
            {str(language): text for language, text in self.says.items()},
        )


class _RulesFile(Settings):
    threshold: int = 10
    bare: tuple[str, ...] = ()
    rules: tuple[RuleShape, ...]
    vetoes: tuple[VetoShape, ...]


def _folded(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(text.casefold() for text in texts)


@cache
def _words_of(language: str) -> _WordsFile:
    return _loaded(f"{language}.toml", _WordsFile)


@cache
def _rules_file() -> _RulesFile:
    return _loaded(_RULES, _RulesFile)


def _loaded(name: str, shape: type[_Read]) -> _Read:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return parse_file(text, name, shape)


def parse_file(text: str, name: str, shape: type[_Read]) -> _Read:
    """Read a file of rules.

    Raises:
        RuleError: It is no TOML, or not of this shape; the place names the file, its entry and the line where that is known.
    """
    try:
        return shape.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RuleError(name, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise RuleError(f"{name}: {'.'.join(map(str, first['loc']))}", first["msg"]) from error


@cache
def ready_made(chosen: tuple[str, ...] = LANGUAGES) -> RuleSet:
    """The ready-made rules, with the words of the languages chosen."""
    words = {language: _words_of(language) for language in chosen}
    rules = _rules_file()
    names = dict.fromkeys(name for each in words.values() for name in each.signals)
    lists: dict[str, tuple[str, ...]] = {}
    for language, each in words.items():
        lists |= {f"{language}_{name}": choices for name, choices in each.lists.items()}
    return RuleSet(
        lists=lists,
        signals={
            name: tuple(
                (language, _named(text, language))
                for language, each in words.items()
                for text in each.signals.get(name, ())
            )
            for name in names
        },
        idioms=tuple(
            (language, _named(text, language))
            for language, each in words.items()
            for text in each.idioms.phrases
        ),
        rules=tuple(each.rule() for each in rules.rules),
        vetoes=tuple(each.veto() for each in rules.vetoes),
        negation=Negation(
            words=frozenset(word for each in words.values() for word in each.negation.words),
            between=frozenset(word for each in words.values() for word in each.negation.between),
        ),
        spelling=Spelling(
            slang={name: each.spelling.slang for name, each in words.items()},
            contrasts=frozenset(word for each in words.values() for word in each.spelling.contrasts),
            numbers={word: value for each in words.values() for word, value in each.spelling.numbers.items()},
            function_words={name: frozenset(each.spelling.function_words) for name, each in words.items()},
        ),
        bare=frozenset(rules.bare),
        threshold=rules.threshold,
    )


def _named(pattern: str, language: str) -> str:
    """A pattern whose lists are those of its language."""
    return pattern.replace("@", f"@{language}_")
