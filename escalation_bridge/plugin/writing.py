"""How a plugin writes: never over somebody else's change, never more public than asked, and nothing passes for done that is not.

The vendor's own calls are handed in. What has to be right about them is the same for every vendor, and stands here.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NoReturn, TypeVar

from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange, Visibility
from escalation_bridge.errors import (
    Circumstances,
    ConcurrentChange,
    NotApplied,
    NotSettled,
    PrivacyBreach,
    Rejected,
    TicketNotFound,
    VendorError,
)
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.hooks import FOUND_NOTHING, FoundNothing
from escalation_bridge.plugin.http.transport import Transport

T = TypeVar("T")
"""A ticket as the plugin reads it."""
W = TypeVar("W")
"""What the plugin writes to set one property."""

NUMBER = re.compile(r"#?([0-9]+)", re.ASCII)
"""What people call a ticket whose id is its number."""


# --- changing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish(Generic[T, W]):
    """One property of a ticket and what it should be.

    Attributes:
        name: What errors call it.
        write: What sets it, in the plugin's own terms.
        is_met: Whether a ticket has it as wanted.
        changed_since: Whether it is not any more what it was when the change was decided.
    """

    name: str
    write: W
    is_met: Callable[[T], bool]
    changed_since: bool = False


def carry_out(
    transport: Transport,
    operation: str,
    wishes: Iterable[Wish[T, W]],
    current: T,
    write: Callable[[Sequence[Wish[T, W]]], T],
) -> T:
    """Write what is not as wanted yet, unless somebody else changed it meanwhile, and see that it took effect.

    Args:
        transport: Of the connection, for errors.
        operation: The same.
        wishes: All that is wanted.
        current: The ticket as it is now.
        write: Grants these wishes, and returns the ticket as it is then: from the answer, or read again.

    Returns:
        The ticket as it is then; `current` where nothing was to be written.

    Raises:
        ConcurrentChange: A property is neither as wanted nor as it was when the change was decided. Nothing was written.
        NotApplied: The vendor accepted the write, and a property is not as wanted.
    """
    unmet = [wish for wish in wishes if not wish.is_met(current)]
    contested = [wish.name for wish in unmet if wish.changed_since]
    if contested:
        transport.refuse(
            ConcurrentChange, operation, f"somebody else changed {', '.join(contested)} meanwhile"
        )
    if not unmet:
        return current
    after = write(unmet)
    missed = [wish.name for wish in unmet if not wish.is_met(after)]
    if missed:
        transport.refuse(
            NotApplied,
            operation,
            f"the change was accepted, and {', '.join(missed)} did not change as wanted",
        )
    return after


def refuse_unwritten(
    transport: Transport, operation: str, change: TicketChange, written: Collection[str]
) -> None:
    """See that a change names nothing that a plugin does not write, for that would pass for done.

    Args:
        transport: Of the connection, for errors.
        operation: The same.
        change: What is wanted.
        written: The fields of a change that the plugin writes.

    Raises:
        Rejected: It names another one.
    """
    unknown = [name for name, _ in change.asked() if name not in written]
    if unknown:
        transport.refuse(Rejected, operation, f"the plugin does not write {', '.join(unknown)}")


# --- finding ----------------------------------------------------------------------------------------------------------


def find_named(text: str, form: re.Pattern[str], fetch: Callable[[str], Ticket]) -> Ticket | FoundNothing:
    """Find the ticket that people call so.

    Args:
        text: As it was written.
        form: What a ticket's name looks like; its first group is what `fetch` is given.
        fetch: Reads a ticket, or raises `TicketNotFound`.
    """
    named = form.fullmatch(text.strip())
    if named is None:
        return FOUND_NOTHING
    try:
        return fetch(named[1])
    except TicketNotFound:
        return FOUND_NOTHING


def found_nothing(connection: Connection[Any], sent_at: datetime | None, lag: timedelta) -> FoundNothing:
    """The answer of `find_ticket` where nothing was found.

    Args:
        connection: Whose clock counts.
        sent_at: When the create was sent; None where none was.
        lag: How far the vendor's search is behind at the most.

    Raises:
        NotSettled: The ticket may be there, and the search not know it yet.
    """
    left = (sent_at + lag - connection.now()).total_seconds() if sent_at is not None else 0
    if left > 0:
        at = Circumstances(connection.name, "find_ticket", retry_after=left)
        raise NotSettled("a ticket that was created a moment ago may not be found yet", at)
    return FOUND_NOTHING


# --- visibility -------------------------------------------------------------------------------------------------------


def ensure_visibility(
    transport: Transport,
    operation: str,
    what: str,
    asked: Visibility,
    private: bool | None,
    take_back: Callable[[], object],
    *,
    taken_back: str = "deleted",
) -> None:
    """See that a comment or a file came out as visible as asked. What the vendor does not say counts as not as asked.

    Args:
        transport: Of the connection, for errors.
        operation: The same.
        what: Which one: "comment 7".
        asked: Who was to see it.
        private: What the vendor stored; None where it does not say.
        take_back: Keeps customers from seeing it any longer.
        taken_back: What `take_back` does, as a participle.

    Raises:
        PrivacyBreach: It was to be private and is not.
        NotApplied: It was to be public and is not.
    """
    if asked is not Visibility.PUBLIC and private is not True:
        revoke(transport, operation, what, "came out public", take_back, taken_back=taken_back)
    if asked is Visibility.PUBLIC and private is not False:
        transport.refuse(NotApplied, operation, f"{what} was to be public and came out private")


def revoke(
    transport: Transport,
    operation: str,
    what: str,
    problem: str,
    take_back: Callable[[], object],
    *,
    taken_back: str = "deleted",
) -> NoReturn:
    """Take back what was to be private and is not; for the arguments see `ensure_visibility`.

    Raises:
        PrivacyBreach: Always; it says whether customers may see it still.
    """
    try:
        take_back()
    except VendorError as error:
        outcome = f"it could NOT be {taken_back} ({error.message}): see to it by hand"
    else:
        outcome = f"it was {taken_back}, but mails may have gone out"
    transport.refuse(PrivacyBreach, operation, f"{what} was to be private and {problem}; {outcome}")
