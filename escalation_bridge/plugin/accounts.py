"""What a plugin reports about the account behind a connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.tickets.tickets import Comment, Group, Status, StatusChange, Ticket


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """The bridge's account at the vendor, and problems with it.

    Attributes:
        user_id: The vendor's id of the bridge's own account.
        edition: For example "cloud" or "datacenter"; empty if there is only one.
        problems: What prevents the bridge from working, each with what to do. Empty: no problems.
        warnings: What will become a problem, for example credentials that the vendor will deactivate soon.
    """

    user_id: str
    user_name: str
    edition: str = ""
    version: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """A field of an account's tickets. What is omitted is unknown and not checked.

    Attributes:
        allowed_values: Its choices, as they are written.
        holds: The type of its value.
        takes: The type that can be written, if it differs.
        unwritable: Why the bridge cannot set it at an existing ticket, and what to do.
        doubt: Why it may not be able to.
    """

    id: str
    name: str
    required: bool
    allowed_values: tuple[str, ...] = ()
    holds: Convert | None = None
    takes: tuple[Convert, ...] = ()
    unwritable: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class AccountDescription:
    """The account's own values, for checking the configuration.

    Attributes:
        largest_file: The maximum bytes of an attachment; None if unknown.
        never_set: Ids of statuses that only the account itself sets.
    """

    statuses: tuple[Status, ...]
    priorities: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    fields: tuple[FieldDescription, ...] = ()
    projects: tuple[str, ...] = ()
    largest_file: int | None = None
    never_set: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DraftDescription:
    """The tickets that an account creates for a route.

    Attributes:
        problems: What prevents the creation, each with what to do. Empty: no known problems.
        statuses: The statuses of such a ticket; empty if unknown.
        unreachable: Ids of those statuses that cannot be reached from the initial one.
        fields: The fields of such a ticket; empty if they are the account's.
        unjudged: Why reachability is unknown, if it is.
        warnings: What is omitted at creation, each with what to do.
    """

    problems: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    unreachable: frozenset[str] = frozenset()
    fields: tuple[FieldDescription, ...] = ()
    unjudged: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketKind:
    """A kind of ticket, for accounts where the kind determines the possible statuses.

    Attributes:
        name: Its name for an admin: "Bug in ENG".
        ways: By a status's id, the ids of those from which the bridge can reach it; None if unknown.
        unjudged: Why it is unknown, and what an admin can check.
    """

    name: str
    statuses: tuple[Status, ...]
    ways: Mapping[str, frozenset[str]] | None = None
    unjudged: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook registration at the vendor.

    Attributes:
        active: False if the vendor deactivated it or it has expired.
        expires_at: None if it does not expire.
    """

    id: str
    url: str
    active: bool
    expires_at: datetime | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class TicketReading:
    """A ticket with its comments, read at the same moment.

    Attributes:
        comments: As returned by `fetch_comments`.
        status_changes: As returned by `fetch_status_changes`, for all that the vendor keeps, if the answer contained
            them; None: they need another request.
        native_clocks: As `native_clocks` answers them, where they came along; None: they have to be asked for.
    """

    ticket: Ticket
    comments: tuple[Comment, ...]
    status_changes: tuple[StatusChange, ...] | None = None
    native_clocks: tuple[NativeClock, ...] | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One page of changed tickets.

    Attributes:
        ids: Immutable ticket ids; duplicates are allowed.
        cursor: Where to continue; opaque to the core, which stores it.
        more: Whether another page is ready now.
    """

    ids: tuple[str, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class OpenTickets:
    """One page of unfinished tickets.

    Attributes:
        ids: Immutable ticket ids; duplicates are allowed.
        cursor: Where to continue; opaque to the core, which stores it. None: this was the last page.
        total: The total as counted by the vendor; None if it does not count.
    """

    ids: tuple[str, ...]
    cursor: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class WriteReceipt:
    """Proof of a write without a more specific result.

    Attributes:
        remote_id: The vendor's id of the result (a remote link, a field).
        detail: A short description for the timeline.
        ticket: The ticket in the answer to the write; None: the answer does not contain it.
        comment: The comment that was written for it, if any: the bridge recognizes its echo by it.
    """

    remote_id: str
    detail: str
    ticket: Ticket | None = None
    comment: Comment | None = None
