"""Routes: how a case is escalated, and how the two tickets are kept in sync."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from escalation_bridge.domain.routes.package_rule import COMMON, PackageRule
from escalation_bridge.domain.routes.sides import Ask, Keep, Side, Unmapped, Wish
from escalation_bridge.domain.sla.hand_offs import HandOffTarget
from escalation_bridge.domain.tickets.tickets import Priority, Status, Visibility

if TYPE_CHECKING:  # a field's rule speaks of the sides of a route
    from escalation_bridge.domain.routes.fields.rule import FieldRules


class Take(StrEnum):
    """Which comments are copied."""

    NONE = "none"
    PUBLIC = "public"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class CommentRule:
    """Which comments of one side are copied to the other, and their visibility there."""

    take: Take
    write: Visibility


@dataclass(frozen=True, slots=True)
class FileRule:
    """Which files are copied with their comments.

    Attributes:
        max_bytes: How large a file may be.
        refused: What is not passed on: endings of names (".exe") and content types ("application/zip", "video/*").
    """

    max_bytes: int
    refused: tuple[str, ...] = ()

    def objection(self, name: str, content_type: str, size: int | None) -> str | None:
        """Why a file is not passed on, as a word of the message catalogue; None: it is. An unknown size is no objection."""
        if size is not None and size > self.max_bytes:
            return "file_too_large"
        # Windows opens "a.exe. " as "a.exe".
        plain, kind = name.casefold().rstrip(". "), content_type.partition(";")[0].strip().casefold()
        for pattern in (each.casefold() for each in self.refused):
            if plain.endswith(pattern) if pattern.startswith(".") else _fits(kind, pattern):
                return "file_type_refused"
        return None


def _fits(content_type: str, pattern: str) -> bool:
    return content_type.startswith(pattern[:-1]) if pattern.endswith("/*") else content_type == pattern


"""What the other side's status should be: a word of its vendor, or one of the answers that write no status."""


@dataclass(frozen=True, slots=True)
class StatusMap:
    """What a status of one side means for the other.

    Keys are vendor ids, vendor names or kinds, looked up in this order; values are words of the other side's vendor.
    """

    words: Mapping[str, str | Keep | Ask]

    def wish(self, status: Status) -> Wish:
        """What the other side should show when this one shows `status`."""
        folded = {word.casefold(): wish for word, wish in self.words.items()}
        for word in (status.id, status.name, status.kind):
            if word.casefold() in folded:
                return folded[word.casefold()]
        return Unmapped.UNMAPPED


def shows(status: Status, word: str) -> bool:
    """Whether a status is what `word` asks for: by id, by name, or by kind."""
    return word.casefold() in (status.id.casefold(), status.name.casefold(), status.kind.casefold())


class TooLate(StrEnum):
    """What becomes of a ticket that is reopened when the other one has been done for too long."""

    NOTE = "note"
    NEW_TICKET = "new_ticket"


@dataclass(frozen=True, slots=True)
class ReopenRule:
    """What happens when one of two done tickets is taken up again.

    Attributes:
        to_linked: The linked ticket's status when the customer's is reopened; None: as the status map says.
        to_origin: The other way round.
        within: How long after it was done a ticket is reopened together with the other one; None: always.
        too_late: What happens after that when the customer's ticket is reopened. The other way round there is only a note.
        at_most: How often within a day the bridge reopens a ticket of a link, before a person has to look.
    """

    to_linked: str | None = None
    to_origin: str | None = None
    within: timedelta | None = None
    too_late: TooLate = TooLate.NOTE
    at_most: int = 5

    def word(self, source: Side) -> str | None:
        """The status for the other side when `source` is reopened."""
        return self.to_linked if source is Side.ORIGIN else self.to_origin


@dataclass(frozen=True, slots=True)
class WriteBudget:
    """The write budget of a link: a robot that answers each write would cause an endless loop.

    Attributes:
        changes: How many changes of fields within the time.
        per: That time. Of comments three times as many are carried over.
        quiet: After how long without any change the link resumes by itself.
    """

    changes: int = 10
    per: timedelta = timedelta(minutes=5)
    quiet: timedelta = timedelta(minutes=30)


class DoneWhen(StrEnum):
    """Whether a customer's ticket is handed back with the last or the first of its finished linked tickets."""

    ALL = "all"
    ANY = "any"


class DraftReply(StrEnum):
    """For which linked tickets a reply to the customer is drafted when they are done: those that several wait for, all, none."""

    SHARED = "shared"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Route:
    """A route from an origin connection to a linked one.

    Attributes:
        owner: Whose status wins a conflict; None: a person chooses.
        origin_status: The origin's status after the escalation; None: unchanged.
        tell_customer: Whether the customer is notified publicly that a specialist has taken over.
        priorities: The linked ticket's priority; an unmapped one stays.
        fields: The fields of every linked ticket, in the linked vendor's own terms.
        hand_off: The target of the linked ticket's team for the time in which it owns the work; None: no target.
        files: Which files are copied, either way; None: none.
        synced: Which fields besides the status are kept in sync; None: none.
        follow_edits: For how long after a comment was written its edits and its deletion are copied; None: never.
        done_when: Of several linked tickets of one ticket, how many have to be done before it is handed back.
        draft_reply: When a reply to the customer is drafted.
        raise_priority: Whether a linked ticket for which several wait gets as urgent as the most urgent of them.
        trim_quotes: Whether quoted history and signatures of mails are trimmed.
        languages: The language of what is written into the tickets of a side; where none is named, the connection's.
        package: What the team of the linked ticket reads about the escalation.
    """

    name: str
    origin: str
    linked: str
    to_linked: StatusMap
    to_origin: StatusMap
    comments_to_linked: CommentRule
    comments_to_origin: CommentRule
    owner: Side | None = None
    origin_status: str | None = None
    tell_customer: bool = False
    labels: tuple[str, ...] = ()
    priorities: Mapping[Priority, Priority] = field(default_factory=dict)
    fields: Mapping[str, object] = field(default_factory=dict)
    hand_off: HandOffTarget | None = None
    files: FileRule | None = None
    synced: "FieldRules | None" = None
    follow_edits: timedelta | None = timedelta(hours=24)
    trim_quotes: bool = True
    reopen: ReopenRule = ReopenRule()
    budget: WriteBudget = WriteBudget()
    done_when: DoneWhen = DoneWhen.ALL
    draft_reply: DraftReply = DraftReply.SHARED
    raise_priority: bool = True
    languages: Mapping[Side, str] = field(default_factory=dict)
    package: PackageRule = COMMON

    def status_map(self, source: Side) -> StatusMap:
        """The map for changes that begin on `source`."""
        return self.to_linked if source is Side.ORIGIN else self.to_origin

    def comment_rule(self, source: Side) -> CommentRule:
        """The rule for comments that are written on `source`."""
        return self.comments_to_linked if source is Side.ORIGIN else self.comments_to_origin
