"""The kinds of write that there are: the files of this folder hold them, and `engine/deliver/kinds` how they are delivered."""

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
"""By what they are called in documents."""


def kinds_that(are: Callable[[type[Write]], bool]) -> tuple[str, ...]:
    """What the kinds are called that have a trait."""
    return tuple(name for name, kind in KINDS.items() if are(kind))
