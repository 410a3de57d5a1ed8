"""What a plugin tells about the account behind a connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.routes.field_values import Convert
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.tickets.tickets import Comment, Group, Status, StatusChange, Ticket


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """Who the bridge is at the vendor, and what stands in the way.

    Attributes:
        user_id: The vendor's id of the bridge's own account.
        edition: For example "cloud" or "datacenter"; empty where there is only one.
        problems: What would keep the bridge from working, each with what to do. Empty: all is well.
        warnings: What will become a problem, for example credentials that the vendor is about to switch off.
    """

    user_id: str
    user_name: str
    edition: str = ""
    version: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """A field of an account's tickets. Of what is left out nothing is known, and nothing is judged.

    Attributes:
        allowed_values: Its choices, by the words that are written.
        holds: What kind of value it has.
        takes: What may be written to it, where that is something else than what it holds.
        unwritable: Why the bridge cannot set it at a ticket that is there, and what to do.
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
    """What the configuration is checked against: the account's own words.

    Attributes:
        largest_file: Bytes that an attachment may have at the most; None where the account does not tell.
        never_set: Ids of statuses that tickets have, and that nobody can set them to: the account does that itself.
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
    """What an account makes of the tickets that a route creates there.

    Attributes:
        problems: What would keep it from taking one, each with what to do. Empty: all is well, as far as it tells.
        statuses: Those that such a ticket can have; empty where the account does not tell.
        unreachable: Ids of those among them to which no way leads from where such a ticket begins.
        fields: The fields of such a ticket; empty where they are those of the account.
        unjudged: Why it could not be told which statuses are unreachable, where it could not.
        warnings: What a ticket would be created without, each with what to do.
    """

    problems: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    unreachable: frozenset[str] = frozenset()
    fields: tuple[FieldDescription, ...] = ()
    unjudged: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketKind:
    """One kind of the tickets that an account has, where the kind decides which statuses a ticket can get.

    Attributes:
        name: In words for an admin: "Bug in ENG".
        ways: By a status's id, the ids of those from which the bridge can lead a ticket to it; None where that is not known.
        unjudged: Why it is not known, and what an admin may look at.
    """

    name: str
    statuses: tuple[Status, ...]
    ways: Mapping[str, frozenset[str]] | None = None
    unjudged: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook registration at the vendor.

    Attributes:
        active: False where the vendor switched it off or it has expired.
        expires_at: None where it does not expire.
    """

    id: str
    url: str
    active: bool
    expires_at: datetime | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class TicketReading:
    """A ticket with its comments, as the vendor shows both at one moment.

    Attributes:
        comments: As `fetch_comments` answers them.
        status_changes: As `fetch_status_changes` answers them, for all that the vendor keeps, where they came along; None: they have
            to be asked for.
        native_clocks: As `native_clocks` answers them, where they came along; None: they have to be asked for.
    """

    ticket: Ticket
    comments: tuple[Comment, ...]
    status_changes: tuple[StatusChange, ...] | None = None
    native_clocks: tuple[NativeClock, ...] | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One page of tickets that changed.

    Attributes:
        ids: Immutable ticket ids; doubles are allowed.
        cursor: Where to go on; opaque to the core, which stores it.
        more: Whether another page is ready now.
    """

    ids: tuple[str, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class OpenTickets:
    """One page of the tickets that are not done.

    Attributes:
        ids: Immutable ticket ids; doubles are allowed.
        cursor: Where to go on; opaque to the core, which stores it. None: this was the last page.
        total: How many there are in all, as far as the vendor counts them; None where it does not.
    """

    ids: tuple[str, ...]
    cursor: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class WriteReceipt:
    """Proof of a write that has no richer answer.

    Attributes:
        remote_id: The vendor's id of what was written (a remote link, a field).
        detail: What was written, in a few words, for the timeline.
        ticket: The ticket as the answer to the write shows it; None: the answer does not show it.
        comment: The comment that was written for it, if one was: by it the bridge knows its own when the vendor tells of it.
    """

    remote_id: str
    detail: str
    ticket: Ticket | None = None
    comment: Comment | None = None
