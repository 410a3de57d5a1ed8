"""What a set of rules consists of: lists of words, signals, rules and vetoes. Data only; `rule_book` makes it ready for use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from escalation_bridge.domain.triage.reading import Spelling


class Kind(StrEnum):
    """What a ticket is about. The first three are emergencies."""

    SAFETY = "safety"
    DISRUPTION = "disruption"
    DAMAGE = "damage"
    IMPORTANT = "important"
    STANDARD = "standard"


EMERGENCIES = (Kind.SAFETY, Kind.DAMAGE, Kind.DISRUPTION)
"""In the order in which they win where two are equally certain."""


class Reach(StrEnum):
    """How much of a text a veto covers.

    CLAUSE and SENTENCE are those in which it stands, AFTER is the rest of its sentence, BEFORE is everything up to the end of its
    clause, TEXT is everything.
    """

    CLAUSE = "clause"
    SENTENCE = "sentence"
    AFTER = "after"
    BEFORE = "before"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """What else a rule asks of a ticket, besides its words. Empty: nothing.

    Attributes:
        tags: One of them is on the ticket, as a whole or as a part between `_` or `-`.
        tiers: The customer is in one of them.
        channels: It came through one of them.
        fields: By form field, the values of which it has one.
        similar: So many similar tickets were opened lately.
        customers: It touches so many customers.
    """

    tags: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    similar: int = 0
    customers: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """Points for a kind, where all of its signals stand close together.

    Attributes:
        kind: None: the points count for each emergency that has points of its own.
        points: How certain; `RuleBook.threshold` of them make the kind.
        signals: All of them have to be there, in any order.
        near: How many words they may be apart from the first one.
        across: Whether they may stand in different sentences.
        unless: Signals that switch the rule off wherever they stand.
        broad: Whether it counts only where no closer rule of its kind says enough.
        facts: What the ticket must be besides.
        says: By language, what it found, in words; empty where the message catalogue has them.
    """

    name: str
    kind: Kind | None
    points: int
    signals: tuple[str, ...] = ()
    near: int = 8
    across: bool = False
    unless: tuple[str, ...] = ()
    broad: bool = False
    facts: Facts = field(default_factory=Facts)
    says: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Veto:
    """Signals beside which others do not count.

    Attributes:
        signals: All of them have to be somewhere; the first one says where.
        cancels: For which kinds the signals within reach do not count.
        unless: Signals that switch the veto off wherever they stand.
    """

    name: str
    signals: tuple[str, ...]
    reach: Reach
    cancels: tuple[Kind, ...]
    unless: tuple[str, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Negation:
    """How something is denied.

    Attributes:
        words: The words that deny.
        between: Words that may stand between the denial and what is denied.
        reach: How many of them.
    """

    words: frozenset[str]
    between: frozenset[str]
    reach: int = 5


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules, of all languages and of the admin.

    Attributes:
        lists: Lists of words, which patterns name as `@list`.
        signals: By name, patterns with the language in which they are written; "" is any.
        idioms: Patterns whose words mean nothing else: names, figures of speech.
        bare: Signals that are not denied by a word before them.
    """

    lists: Mapping[str, tuple[str, ...]]
    signals: Mapping[str, tuple[tuple[str, str], ...]]
    idioms: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]
    vetoes: tuple[Veto, ...]
    negation: Negation
    spelling: Spelling
    bare: frozenset[str] = frozenset()
    threshold: int = 10


class RuleError(ValueError):
    """A rule that cannot work.

    Attributes:
        place: Where it stands, such as `rules.burning_device.signals`.
        problem: What is wrong, and what is allowed.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place, self.problem = place, problem
