"""The kinds of write: one file each in this folder, and their delivery in `engine/deliver/kinds`."""

from collections.abc import Callable
from dataclasses import fields

from escalation_bridge.domain.case.one_file_each import classes_in
from escalation_bridge.domain.case.write import Write

KINDS: dict[str, type[Write]] = {
    str(field.default): kind
    for kind in classes_in(__name__, __path__, Write)
    for field in fields(kind)
    if field.name == "kind"
}
"""By their names in documents."""


def kinds_that(are: Callable[[type[Write]], bool]) -> tuple[str, ...]:
    """The names of the kinds with a trait."""
    return tuple(name for name, kind in KINDS.items() if are(kind))
