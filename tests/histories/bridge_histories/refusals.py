"""Permissions that somebody takes from the bridge's account for a while: the vendor answers 403, until it is mended and tried again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge_histories.asking import Asks, Verb, ask
from bridge_histories.seen import End
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind

if TYPE_CHECKING:
    from bridge_histories.history import History


class Work(StrEnum):
    """What a permission is needed for."""

    COMMENTS = "comments"
    CHANGES = "statuses and fields"
    FILES = "files"
    REWORDING = "what becomes of the bridge's own comments"
    READING = "reading the ticket"


@dataclass(frozen=True)
class Right:
    """A permission, by the requests that need it."""

    method: str
    path: str
    work: frozenset[Work]

    @property
    def refusal(self) -> Fault:
        return Fault(FaultKind.FORBIDDEN, self.method, self.path, times=-1)


def right(method: str, path: str, *work: Work) -> Right:
    return Right(method, path, frozenset(work))


class Mender(StrEnum):
    """Who says that it is mended."""

    ADMIN = "an administrator, on the command line"
    AT_ORIGIN = "an agent at the origin"
    AT_LINKED = "an agent at the linked ticket"


@dataclass(frozen=True)
class Refuses:
    """One end's vendor begins to refuse something: which permission is gone, counted round. One at a time."""

    end: End
    choice: int


@dataclass(frozen=True)
class Mends:
    """The permission is given back, and somebody says retry."""

    by: Mender


@dataclass(frozen=True)
class Refused:
    """What one end refuses."""

    end: End
    right: Right

    def concerns(self, end: End, *work: Work) -> bool:
        """Whether any of some work of the bridge at one end, or with what it reads there, cannot be done."""
        if Work.READING in self.right.work:
            return True
        return end is self.end and bool(self.right.work & set(work))


def mend(history: "History", by: Mender) -> None:
    """Nothing is refused any more, and somebody says that what failed is to be tried again."""
    if history.troubles.refused is None:
        return
    history.troubles.mend()
    if by is Mender.AT_LINKED and history.asking.unlinks:
        by = Mender.ADMIN  # who is not linked any more is not heard
    end = End.ORIGIN if by is Mender.AT_ORIGIN else End.LINKED
    ticket = history.id_at(end)
    if by is Mender.ADMIN:
        history.world.retry()
    elif ticket is not None:
        ask(history, Asks(end, Verb.RETRY))
