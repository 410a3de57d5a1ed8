"""Agents ask the bridge for something in a note, in the words of two languages; where customers read it, it is none."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge_histories.moving import Moving
from bridge_histories.remarks import SECRET, Remark, Wording
from bridge_histories.seen import SPOKEN, End

if TYPE_CHECKING:
    from bridge_histories.history import History


class Verb(StrEnum):
    """What is asked for."""

    STATUS = "status"
    RETRY = "retry"
    CHOOSE_ORIGIN = "choose origin"
    CHOOSE_LINKED = "choose linked"
    UNLINK = "unlink"
    NONSENSE = "dance"


class Voice(StrEnum):
    """How it is said. Only a note counts."""

    NOTE = "an agent's internal note"
    REPLY = "an agent's reply to the customer"
    CUSTOMER = "the customer's words"


@dataclass(frozen=True)
class Asks:
    """Somebody asks the bridge for something.

    Attributes:
        style: Which language's words, and how they begin, counted round.
        field: Of a choice, for which field alone; empty: for all that waits for one.
    """

    end: End
    verb: Verb
    voice: Voice = Voice.NOTE
    style: int = 0
    field: str = ""


INDONESIAN = {
    Verb.RETRY: "ulangi",
    Verb.CHOOSE_ORIGIN: "pilih asal",
    Verb.CHOOSE_LINKED: "pilih tertaut",
    Verb.UNLINK: "lepas",
    Verb.NONSENSE: "menari",
}
UNLINKED = "are no longer linked"
"""What the bridge tells both tickets in English of a link that is taken back."""
CHOSEN = {Verb.CHOOSE_ORIGIN: End.ORIGIN, Verb.CHOOSE_LINKED: End.LINKED}


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        token: By which the note is found again.
        remarks: How much had been said by then.
        linked: Whether there was a link by then.
    """

    step: Asks
    token: str
    remarks: int
    linked: bool


class Asking:
    """All that was asked for in a history.

    Attributes:
        notes: What counts, in the order in which it was asked for.
        aloud: What does not, and is a comment like any other.
        fresh: How much of it all had been asked for when all was quiet last.
        severed: Whether, when all was quiet last, the link had been taken back.
    """

    def __init__(self) -> None:
        self.notes: list[Asked] = []
        self.aloud: list[Remark] = []
        self.fresh = 0
        self.severed = False

    @property
    def unlinks(self) -> list[Asked]:
        """What takes the link back: what was asked for before there was one is not for it."""
        return [each for each in self.notes if each.step.verb is Verb.UNLINK and each.linked]

    def chosen(self, field: str) -> set[End]:
        """Whose value of a field or of the status agents have chosen since all was quiet last."""
        fresh = [each.step for each in self.notes[self.fresh :]]
        return {CHOSEN[step.verb] for step in fresh if step.verb in CHOSEN and step.field in ("", field)}

    def still(self, *, severed: bool) -> None:
        """From here on counts what happens next."""
        self.fresh, self.severed = len(self.notes), severed


def ask(history: "History", step: Asks) -> None:
    """Have somebody ask the bridge for something."""
    ticket = history.id_at(step.end)
    if ticket is None:
        return
    desk, asking = history.desk(step.end), history.asking
    number = len(asking.notes) + len(asking.aloud)
    token = f"{SPOKEN}{number:02}q"
    view = history.world.view()
    linked = view is not None and bool(view.links)
    is_note = step.voice is Voice.NOTE or not desk.has_customers
    words = f"{words_of(step)}\n{token}" + (f" {SECRET}" if is_note else "")
    before_link = history.linked() is None
    with Moving(history, step.end, ticket):
        if step.voice is Voice.CUSTOMER:
            desk.customer_says(ticket, words)
        else:
            desk.agent_says(ticket, words, public=not is_note)
    if is_note:
        asking.notes.append(Asked(step, token, len(history.remarks), linked))
    else:
        remark = Remark(number, step.end, desk.newest(ticket), True, before_link, [Wording(token, True)])
        asking.aloud.append(remark)


def words_of(step: Asks) -> str:
    """The words in which something is asked for."""
    words = INDONESIAN.get(step.verb, step.verb.value) if step.style % 2 else step.verb.value
    start = "/Bridge:" if step.style % 3 == 2 else "/bridge"
    return " ".join([start, words, *([step.field] if step.verb in CHOSEN and step.field else [])])
