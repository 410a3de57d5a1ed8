"""The write policy of plugins: never overwrite others' changes, never publish private text, and check every confirmation.

Plugins pass in the vendor's own calls. The rules about them are the same for every vendor.
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
"""The name of a ticket whose id is its number."""


# --- changing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish(Generic[T, W]):
    """A property of a ticket and its wanted value.

    Attributes:
        name: Its name in errors.
        write: How to set it, in the plugin's own terms.
        is_met: Whether a ticket has the wanted value.
        changed_since: Whether it changed since the decision.
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
    """Write what differs, unless somebody else changed it meanwhile, and check that it took effect.

    Args:
        transport: The connection's, for errors.
        operation: For errors.
        wishes: All wanted properties.
        current: The current ticket.
        write: Makes these changes, and returns the resulting ticket: from the answer, or read again.

    Returns:
        The resulting ticket; `current` if there was nothing to write.

    Raises:
        ConcurrentChange: A property has neither the wanted nor the original value. Nothing was written.
        NotApplied: The vendor accepted the write, but a property does not have the wanted value.
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
    """Refuse a change of fields that a plugin does not write, because it would seem done.

    Args:
        transport: The connection's, for errors.
        operation: For errors.
        change: The wanted change.
        written: The fields of a change that the plugin writes.

    Raises:
        Rejected: It has another field.
    """
    unknown = [name for name, _ in change.asked() if name not in written]
    if unknown:
        transport.refuse(Rejected, operation, f"the plugin does not write {', '.join(unknown)}")


# --- finding ----------------------------------------------------------------------------------------------------------


def find_named(text: str, form: re.Pattern[str], fetch: Callable[[str], Ticket]) -> Ticket | FoundNothing:
    """Find a ticket by the name that people use.

    Args:
        text: The name as written.
        form: The form of a ticket's name; its first group is the argument of `fetch`.
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
    """The answer of `find_ticket` if nothing was found.

    Args:
        connection: Provides the clock.
        sent_at: When the create was sent; None if none was.
        lag: The maximum lag of the vendor's search.

    Raises:
        NotSettled: The ticket may exist, because the search lags.
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
    """Check the visibility of a comment or a file. An unreported visibility counts as wrong.

    Args:
        transport: The connection's, for errors.
        operation: For errors.
        what: Its name: "comment 7".
        asked: The wanted visibility.
        private: What the vendor stored; None if unknown.
        take_back: Hides it from customers.
        taken_back: What `take_back` does, as a participle.

    Raises:
        PrivacyBreach: It should be private and is not.
        NotApplied: It should be public and is not.
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
    """Withdraw what should be private and is not; for the arguments see `ensure_visibility`.

    Raises:
        PrivacyBreach: Always, with whether customers may still see it.
    """
    try:
        take_back()
    except VendorError as error:
        outcome = f"it could NOT be {taken_back} ({error.message}): see to it by hand"
    else:
        outcome = f"it was {taken_back}, but mails may have gone out"
    transport.refuse(PrivacyBreach, operation, f"{what} was to be private and {problem}; {outcome}")
