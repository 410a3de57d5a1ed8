"""The interface of a kind of field that routes keep in sync."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from pydantic import Field, create_model

from escalation_bridge.config.values import Word
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.fields.rule import Direction, FieldFamily, FieldRule
from escalation_bridge.domain.routes.fields.single_value import ValueRule
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange
from escalation_bridge.plugin.settings import Settings

if TYPE_CHECKING:
    from escalation_bridge.config.routes import RouteSettings

S = TypeVar("S")
KEEP = str(Keep.KEEP)
LAST = 100


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person in the settings of a kind of field, who can be the assignee of tickets on a side.

    Attributes:
        at: Where, below the path of the kind.
        assigned: Whether the bridge would assign tickets to this person, and not only compare.
    """

    at: Path
    word: str
    side: Side
    assigned: bool


class Directed(Protocol):
    @property
    def direction(self) -> Direction: ...


class FieldsSettings(Settings):
    """Which fields besides the status are kept in sync, each with its own direction and owner. Others are not."""

    def of(self, kind: "FieldKind[S]") -> S:
        """The settings of a kind; its `missing` if there are none."""
        return cast(S, getattr(self, kind.word))


@dataclass(frozen=True, slots=True)
class FieldKind(Generic[S]):
    """A kind of field that routes keep in sync: a value in a file of the folder `fields`.

    Attributes:
        word: Its key in a route's `fields`. The catalogue has the same word for notes and histories.
        settings: Its settings, as a pydantic type.
        missing: The value without settings.
        rules: Converts valid settings to rules: `FieldRule` defines how the field is read, compared, translated and
            written. It also receives the settings of the other kinds.
        check: Reports settings that cannot work, at the kind's path in the file.
        people: The people in its settings; `config check --online` looks them up.
        place: Its order in texts and in evaluation; ties are ordered by word.
    """

    word: str
    settings: Any
    missing: S
    rules: Callable[[S, FieldsSettings], Iterable[FieldRule | FieldFamily]]
    check: "Callable[[Review, Path, S, RouteSettings], None]"
    place: int = LAST
    people: Callable[[S], Iterable[NamedPerson]] = lambda _: ()


class ValueSync(Settings):
    """A single-valued field that is kept in sync."""

    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose value wins if both changed at once: origin or linked. If omitted, a person chooses."""
    values: Mapping[Word, Word] = Field(default_factory=dict)
    """Maps values of the origin to those of the linked side; `keep` changes nothing there.

    An unmapped value puts the field on hold; it is never guessed. Without `values` everything passes unchanged.
    """
    one_way: tuple[Word, ...] = ()
    """Keys of `values` that intentionally come back as another value."""


def kind_of_value(
    word: str, help_text: str, read: Callable[[Ticket], str], write: Callable[[str], TicketChange]
) -> FieldKind[ValueSync | None]:
    """A kind of single-valued field without settings of its own.

    Args:
        word: Its name in the configuration and in the catalogue.
        help_text: Its description in the configuration's schema.
        read: Reads the value from a ticket; an empty value is not copied.
        write: Makes the change that sets a value.
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


# --- checks that several kinds share --------------------------------------------------------------------------------


def check_values(
    review: Review, at: Path, values: Mapping[str, str], one_way: tuple[str, ...], direction: Direction
) -> None:
    """Report two values that map to the same one, and `one_way` keys that are none."""
    for word in one_way:
        if word not in values:
            review.report_unknown((*at, "one_way", one_way.index(word)), "value", tuple(values))
    seen: dict[str, str] = {}
    for word, wish in values.items():
        if wish == KEEP or word in one_way or not direction.carries(Side.LINKED):
            continue
        other = seen.setdefault(wish.casefold(), word)
        if other != word:
            report_no_round_trip(review, (*at, "values", word), word, wish, other)


def report_no_round_trip(review: Review, at: Path, word: str, wish: str, back: str) -> None:
    """Report a value that would come back as another one."""
    review.report(
        at,
        f"{name(word)} becomes {name(wish)}, and {name(wish)} comes back as {name(back)}. If that is meant, add "
        f"{name(word)} to `one_way`; `keep` on the way back changes nothing",
        of_key=True,
    )


def report_unused(review: Review, at: Path, rule: Directed) -> None:
    """Report settings that the direction makes unused."""
    review.report(at, f"it is never used: the direction is {rule.direction}", of_key=True)
