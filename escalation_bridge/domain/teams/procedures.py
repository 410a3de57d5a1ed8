"""Standard procedures: what the admin wants done in a kind of case, and which procedure fits an escalation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain


@dataclass(frozen=True, slots=True)
class Procedure:
    """A standard procedure. Its name counts as a routing rule, a team and a category of that name.

    Attributes:
        name: What agents write in `/bridge how`.
        title: What people call it.
        texts: The admin's own text, by language; at least one.
        rules: The routing rules whose escalations it is for.
        teams: The teams whose work it is for.
        categories: The categories of severity that it is for.
    """

    name: str
    title: str
    texts: Mapping[str, str]
    rules: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that agents may call it."""
        return (self.name, self.title, *sorted(self.rules | self.teams | self.categories))


@dataclass(frozen=True, slots=True)
class Matter:
    """What an escalation, or a ticket without one, is about. Empty: unknown.

    Attributes:
        rule: The routing rule that chose its team.
        team: The team that has it.
        category: The category of its severity.
    """

    rule: str = ""
    team: str = ""
    category: str = ""


def fitting(procedures: Iterable[Procedure], matter: Matter) -> Procedure | None:
    """The procedure for a matter: the one of its routing rule, else of its team, else of its category. The first one counts."""
    known = tuple(procedures)
    by_rule = (each for each in known if matter.rule in {each.name, *each.rules})
    by_team = (each for each in known if matter.team in {each.name, *each.teams})
    by_category = (each for each in known if matter.category in {each.name, *each.categories})
    return next(chain(by_rule, by_team, by_category), None)


def called(procedures: Iterable[Procedure], words: str) -> Procedure | None:
    """The procedure of that name or title, else the first one for a rule, a team or a category of that name."""
    wanted, known = words.casefold(), tuple(procedures)
    own = (each for each in known if wanted in (each.name, each.title.casefold()))
    others = (each for each in known if wanted in map(str.casefold, each.names))
    return next(chain(own, others), None)


def nearest(procedures: Iterable[Procedure], words: str, at_most: int = 3) -> tuple[str, ...]:
    """The names of the procedures that somebody probably meant, the nearest first."""
    by_word = {word.casefold(): each.name for each in procedures for word in reversed(each.names)}
    found = get_close_matches(words.casefold(), by_word, n=len(by_word) or 1, cutoff=0.5)
    return tuple(dict.fromkeys(by_word[word] for word in found))[:at_most]
