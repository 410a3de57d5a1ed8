"""People change what they have said: they edit it, take it back, make it private or public, as far as their vendor lets them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge_histories.remarks import Remark
from bridge_histories.seen import End

if TYPE_CHECKING:
    from bridge_histories.desks import Desk


class Change(StrEnum):
    """What a person does to a comment."""

    EDIT = "edit"
    DELETE = "delete"
    HIDE = "make private"
    SHOW = "make public"
    BAR = "redact"


@dataclass(frozen=True)
class Rewords:
    """An agent changes something that was said: which remark, counted back from the newest; which change, counted round."""

    end: End
    remark: int
    choice: int


def reword(desk: "Desk", ticket: str, remarks: Sequence[Remark], step: Rewords) -> bool:
    """Change something that was said, as it can be changed there; say whether anything was."""
    there = [each for each in remarks if each.end is step.end and not each.is_gone]
    if not there:
        return False
    remark = there[-1 - step.remark % len(there)]
    changes = [change for change in desk.changes(ticket, remark.id) if _has_effect(change, remark)]
    if not changes:
        return False
    match changes[step.choice % len(changes)]:
        case Change.EDIT:
            desk.edit(ticket, remark.id, desk.naming(remark.reword().text, remark.file))
        case Change.DELETE:
            remark.is_gone = True
            desk.delete(ticket, remark.id)
        case Change.HIDE:
            remark.public, remark.was_hidden = False, True
            desk.hide(ticket, remark.id)
        case Change.SHOW:
            # Nobody shows what is not for everybody: it is reworded first, in the same request.
            remark.public = remark.was_shown = True
            desk.show(ticket, remark.id, desk.naming(remark.reword().text, remark.file))
        case Change.BAR:
            remark.bar()
            desk.bar(ticket, remark.id)
    return True


def _has_effect(change: Change, remark: Remark) -> bool:
    return not (
        (change is Change.HIDE and not remark.public)
        or (change is Change.SHOW and remark.public)
        or (change is Change.BAR and remark.is_barred)
    )
