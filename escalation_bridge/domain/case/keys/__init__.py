"""The keys of writes, holds and links. Only this folder builds and parses them.

A key is a value. Its text is what the store has: a word that says what it is for, and its parts, with colons between them. A link's
id is a key too, for the most part that of the write that created the linked ticket; so keys stand inside keys.

A text is read from left to right: the word says which parts follow, and how many, so that it can be read in one way only. A colon
within a part is written as `%3A`. Texts that are stored never change: a write in a vendor's system is found again by its key's hash.
"""

from escalation_bridge.domain.case.keys.changes import Ask, Fields, Late, SeverityLabel, Status
from escalation_bridge.domain.case.keys.closing import OfClosing
from escalation_bridge.domain.case.keys.commands import Button, Command, Refused
from escalation_bridge.domain.case.keys.comments import (
    Comment,
    Delete,
    Edit,
    Edited,
    Gone,
    NotChanged,
    QuoteExposed,
)
from escalation_bridge.domain.case.keys.customers import CustomerDraft, CustomerUpdate
from escalation_bridge.domain.case.keys.escalations import OfEscalation
from escalation_bridge.domain.case.keys.failures import CredentialsRefused, Failures, Missing
from escalation_bridge.domain.case.keys.files import File, FilesExposed
from escalation_bridge.domain.case.keys.holds import FieldOnHold, OnHold
from escalation_bridge.domain.case.keys.incidents import IncidentState, OfIncident
from escalation_bridge.domain.case.keys.key import (
    Key,
    OfLastingNote,
    OfNote,
    OfWrite,
    is_version,
    kinds,
    of_case,
    parse,
)
from escalation_bridge.domain.case.keys.link_notes import (
    Closed,
    CustomerNotice,
    Describe,
    Draft,
    FirstWords,
    HandOffOver,
    HandOn,
    LeftOut,
    Move,
    Raise,
    Show,
    TakeOver,
    Unlinked,
    Waiting,
)
from escalation_bridge.domain.case.keys.links import Again, ByHand, Moved
from escalation_bridge.domain.case.keys.steps import Step, StepName

KINDS: tuple[type[Key], ...] = kinds()
"""All that there are; no text fits two."""

__all__ = [
    "KINDS",
    "Again",
    "Ask",
    "Button",
    "ByHand",
    "Closed",
    "Command",
    "Comment",
    "CredentialsRefused",
    "CustomerDraft",
    "CustomerNotice",
    "CustomerUpdate",
    "Delete",
    "Describe",
    "Draft",
    "Edit",
    "Edited",
    "Failures",
    "FieldOnHold",
    "Fields",
    "File",
    "FilesExposed",
    "FirstWords",
    "Gone",
    "HandOffOver",
    "HandOn",
    "IncidentState",
    "Key",
    "Late",
    "LeftOut",
    "Missing",
    "Move",
    "Moved",
    "NotChanged",
    "OfClosing",
    "OfEscalation",
    "OfIncident",
    "OfLastingNote",
    "OfNote",
    "OfWrite",
    "OnHold",
    "QuoteExposed",
    "Raise",
    "Refused",
    "SeverityLabel",
    "Show",
    "Status",
    "Step",
    "StepName",
    "TakeOver",
    "Unlinked",
    "Waiting",
    "is_version",
    "of_case",
    "parse",
]
