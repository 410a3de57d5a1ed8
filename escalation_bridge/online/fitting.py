"""Check whether two custom fields can be kept in sync: their types, whether they can be written, and their choices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from escalation_bridge.config.fields.custom import CustomFieldSync
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import list_names, name
from escalation_bridge.domain.routes.fields.values import Convert, read_value
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.plugin.accounts import FieldDescription

_READ_AS: Mapping[Convert, frozenset[Convert]] = {
    Convert.TEXT: frozenset(Convert) - {Convert.CHOICES},
    Convert.NUMBER: frozenset({Convert.NUMBER, Convert.TEXT, Convert.CHOICE}),
    Convert.DATE: frozenset({Convert.DATE, Convert.DATETIME, Convert.TEXT}),
    Convert.DATETIME: frozenset({Convert.DATETIME, Convert.DATE, Convert.TEXT}),
    Convert.YES_NO: frozenset({Convert.YES_NO, Convert.TEXT, Convert.CHOICE}),
    Convert.CHOICE: frozenset(Convert),  # what its choices are called decides
    Convert.CHOICES: frozenset({Convert.CHOICES}),
}
"""The types as which a field can be read, by the type of its content."""
_TAKES: Mapping[Convert, frozenset[Convert]] = {
    **{kind: frozenset({kind}) for kind in Convert},
    # These are all written as text.
    Convert.TEXT: frozenset({Convert.TEXT, Convert.DATE, Convert.DATETIME, Convert.CHOICE}),
    Convert.CHOICE: frozenset({Convert.CHOICE, Convert.TEXT}),
}
"""The values that a field accepts, by the type of its content; a plugin may know better."""


@dataclass(frozen=True, slots=True)
class End:
    """A custom field at one side.

    Attributes:
        connection: The connection of the field.
        at: Its place in the configuration.
        convert: The type as which the bridge reads and writes it.
    """

    connection: str
    field: FieldDescription
    at: Path
    convert: Convert

    @property
    def called(self) -> str:
        return f"{self.field.name} of {self.connection}"


def ends_of(
    at: Path,
    custom: CustomFieldSync,
    connections: Mapping[Side, str],
    fields: Mapping[Side, FieldDescription | None],
) -> dict[Side, End]:
    """Both ends of a custom field, as far as the accounts describe them."""
    # With `values` the linked field has choices, whatever the one at the origin holds.
    chosen = custom.convert if custom.convert is Convert.CHOICES else Convert.CHOICE
    converts = {Side.ORIGIN: custom.convert, Side.LINKED: chosen if custom.values else custom.convert}
    return {
        side: End(connections[side], field, (*at, str(side)), converts[side])
        for side, field in fields.items()
        if field is not None
    }


def check_fit(
    at: Path, custom: CustomFieldSync, ends: Mapping[Side, End], problems: Review, warnings: Review
) -> None:
    """Check reading at one end and writing at the other, for each direction of the sync."""
    for source in Side:
        if not custom.direction.carries(source):
            continue
        if source in ends:
            _check_read(ends[source], problems)
        if source.other in ends:
            check_written(ends[source.other], problems, warnings)
        if source in ends and source.other in ends:
            _check_choices(at, custom, source, ends, problems, warnings)


def check_written(end: End, problems: Review, warnings: Review) -> None:
    """Check that the bridge can write its value to a field."""
    field = end.field
    if field.unwritable:
        problems.report(end.at, f"{end.called} cannot be written: {field.unwritable}")
        return
    if field.doubt:
        warnings.report(end.at, f"{end.called} may not be writable: {field.doubt}")
    if field.holds is None:
        return
    takes = frozenset(field.takes) or _TAKES[field.holds]
    if end.convert not in takes:
        problems.report(
            end.at,
            f"{end.called} holds {name(field.holds)}, and would be written {name(end.convert)}, which it does not take. "
            f"It takes {list_names(sorted(takes))}",
        )


def _check_read(end: End, review: Review) -> None:
    field = end.field
    if field.holds is None:
        return
    readable = end.convert in _READ_AS[field.holds]
    if readable and field.holds is Convert.CHOICE and field.allowed_values:
        readable = any(read_value(word, end.convert).valid for word in field.allowed_values)
    if not readable:
        review.report(
            end.at,
            f"{end.called} holds {name(field.holds)}, which cannot be read as {name(end.convert)}: every value would hold "
            "the field. Write another `convert`",
        )


def _check_choices(
    at: Path,
    custom: CustomFieldSync,
    source: Side,
    ends: Mapping[Side, End],
    problems: Review,
    warnings: Review,
) -> None:
    """Report choices that would put the field on hold: those missing in `values` or in the other field."""
    offered = ends[source].field.allowed_values
    if custom.values:
        known = custom.values.keys() if source is Side.ORIGIN else custom.values.values()
        if custom.convert is Convert.YES_NO and source is Side.ORIGIN:
            return
        left_out = without(offered, known)
        if left_out:
            warnings.report(
                (*at, "values"),
                f"{list_names(left_out)} of {ends[source].called} are not listed: a ticket that shows one holds the field",
                of_key=True,
            )
        return
    target = ends[source.other]
    if not target.field.allowed_values or target.convert not in (
        Convert.CHOICE,
        Convert.CHOICES,
        Convert.TEXT,
    ):
        return
    if not offered:
        if ends[source].field.holds is Convert.TEXT:
            warnings.report(
                target.at,
                f"{target.called} takes one of its choices only, and {ends[source].called} any text; what is no choice "
                "holds the field",
            )
        return
    missing = without(offered, target.field.allowed_values)
    if missing:
        (problems if len(missing) == len(offered) else warnings).report(
            target.at,
            f"{target.called} does not offer {list_names(missing)} of {ends[source].called}; list under `values` which "
            "choices mean the same",
        )


def without(words: Iterable[str], known: Iterable[str]) -> list[str]:
    """The words that are not among the known ones; case is ignored."""
    folded = {word.casefold() for word in known}
    return [word for word in words if word.casefold() not in folded]
