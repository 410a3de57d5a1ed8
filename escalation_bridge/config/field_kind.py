"""What a kind of field is in the configuration: how it is written, what it becomes, and what cannot work in it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from pydantic import Field, create_model

from escalation_bridge.config.values import Word
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.field_rules import Direction, FieldRule, TagsRule, ValueRule
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange
from escalation_bridge.plugin.settings import Settings

if TYPE_CHECKING:
    from escalation_bridge.config.routes import RouteSettings

S = TypeVar("S")
KEEP = str(Keep.KEEP)
LAST = 100


class Directed(Protocol):
    @property
    def direction(self) -> Direction: ...


class FieldsSettings(Settings):
    """Which fields besides the status are kept in step, each with its own direction and owner. What is left out is not."""

    def of(self, kind: "FieldKind[S]") -> S:
        """What is written of a kind; its `missing` where nothing is."""
        return cast(S, getattr(self, kind.word))


@dataclass(frozen=True, slots=True)
class FieldKind(Generic[S]):
    """A kind of field that routes keep in step: a value in a file of the folder `fields`.

    Attributes:
        word: Under which a route's `fields` has it. The catalogue has the same word for notes and histories.
        settings: What is written there, as pydantic takes it.
        missing: What it is where nothing is written.
        rules: What it becomes, from settings in which nothing is wrong; `FieldRule` says how it is read, compared, translated
            and written. It is given the settings of the other kinds as well.
        check: Reports what cannot work, at the place of the kind in the file.
        place: Where it stands among the others, in texts and in the order of looking; equal ones by their words.
    """

    word: str
    settings: Any
    missing: S
    rules: Callable[[S, FieldsSettings], Iterable[FieldRule | TagsRule]]
    check: "Callable[[Review, Path, S, RouteSettings], None]"
    place: int = LAST


class ValueSync(Settings):
    """A property in step of which each ticket has one value."""

    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose value wins when both changed at once: origin or linked. Left out: a person chooses."""
    values: Mapping[Word, Word] = Field(default_factory=dict)
    """A value at the origin, and the one at the linked side that means the same; `keep` changes nothing there.

    What is not listed is never guessed: it holds the field. Without `values` everything passes unchanged.
    """
    one_way: tuple[Word, ...] = ()
    """Keys of `values` that are meant to come back as another value."""


def kind_of_value(
    word: str, help_text: str, read: Callable[[Ticket], str], write: Callable[[str], TicketChange]
) -> FieldKind[ValueSync | None]:
    """A kind of field of which each ticket has one value, without any settings of its own.

    Args:
        word: What it is called in the configuration, and in the catalogue.
        help_text: What it is, for the configuration's schema.
        read: What a ticket shows; empty: nothing, which is not carried over.
        write: The change after which a ticket shows a value.
    """
    settings = create_model(f"{word.capitalize()}Sync", __base__=ValueSync, __doc__=help_text)

    def rules(sync: ValueSync | None, _: FieldsSettings) -> Iterable[FieldRule]:
        if sync is not None:
            ordered = sorted(sync.values.items(), key=lambda pair: pair[0] in sync.one_way)
            values = tuple((here, Keep.KEEP if there == KEEP else there) for here, there in ordered)
            yield ValueRule(
                key=word, direction=sync.direction, owner=sync.owner, values=values, read=read, write=write
            )

    def check(review: Review, at: Path, sync: ValueSync | None, _: object) -> None:
        if sync is not None:
            check_values(review, at, sync.values, sync.one_way, sync.direction)

    return FieldKind(word, settings | None, None, rules, check)


# --- what several kinds report ------------------------------------------------------------------------------------------


def check_values(
    review: Review, at: Path, values: Mapping[str, str], one_way: tuple[str, ...], direction: Direction
) -> None:
    """Report values of which two become one, and marks of ways back that are none."""
    for word in one_way:
        if word not in values:
            review.report_unknown((*at, "one_way", one_way.index(word)), "value", tuple(values))
    seen: dict[str, str] = {}
    for word, wish in values.items():
        if wish == KEEP or word in one_way or not direction.carries(Side.LINKED):
            continue
        other = seen.setdefault(wish.casefold(), word)
        if other != word:
            does_not_come_back(review, (*at, "values", word), word, wish, other)


def does_not_come_back(review: Review, at: Path, word: str, wish: str, back: str) -> None:
    """Report a value that would come back as another one."""
    review.report(
        at,
        f"{name(word)} becomes {name(wish)}, and {name(wish)} comes back as {name(back)}. If that is meant, add "
        f"{name(word)} to `one_way`; `keep` on the way back changes nothing",
        of_key=True,
    )


def unused(review: Review, at: Path, rule: Directed) -> None:
    """Report what the direction leaves no use for."""
    review.report(at, f"it is never used: the direction is {rule.direction}", of_key=True)
