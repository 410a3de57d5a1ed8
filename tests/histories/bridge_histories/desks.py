"""The people at each vendor, who use its own API with accounts of their own, and what they see there."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import requests

from bridge_histories.files import File
from bridge_histories.refusals import Right
from bridge_histories.rewording import Change
from bridge_histories.seen import Seen
from escalation_bridge_sandbox.kernel.faults import FaultKind
from escalation_bridge_sandbox.kernel.journal import JournalEntry
from escalation_bridge_sandbox.kernel.vendor import Vendor

Json = Any


def mailed(file: File | None) -> list[Json]:
    """A file as it comes with a customer's mail to one of the stand-ins."""
    if file is None:
        return []
    content = base64.b64encode(file.content).decode()
    return [{"name": file.name, "content_base64": content, "content_type": file.content_type}]


RANKS = ("low", "normal", "high", "urgent")
TAKES_EFFECT = {FaultKind.TIMEOUT_AFTER_WRITE.value, FaultKind.DROP_CONNECTION.value}


@dataclass
class Desk(ABC):
    """A stand-in and the people at it.

    Attributes:
        bridge: The user name of the bridge's own account, as the stand-in's journal has it.
        rights: What the bridge's account may lose of its permissions.
        statuses: The names of the statuses that agents choose from.
        file_writes: How many writing requests the bridge needs to put a file at a ticket here.
        has_customers: Whether customers read what is not internal there.
        tells_of_edits: Whether the vendor lets anybody know that a comment was edited or deleted.
    """

    vendor: Vendor
    host: str

    bridge: ClassVar[str]
    statuses: ClassVar[tuple[str, ...]]
    rights: ClassVar[tuple[Right, ...]]
    file_writes: ClassVar[int]
    has_customers: ClassVar[bool] = True
    tells_of_edits: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self.vendor.base_url = self.url

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    def call(
        self, method: str, path: str, *, auth: tuple[str, str] | None = None, body: Json = None, **form: Any
    ) -> Json:
        """A request of somebody's; `form`: what `requests` takes besides, for bodies that are no JSON."""
        answer = requests.request(method, self.url + path, json=body, auth=auth, timeout=5, **form)
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def writes(self) -> list[JournalEntry]:
        """What the bridge wrote here, as far as it took effect."""
        entries = self.vendor.journal.entries(writes=True, user=self.bridge)
        return [
            entry
            for entry in entries
            if (entry.status < 400 if entry.fault is None else entry.fault in TAKES_EFFECT)
        ]

    @abstractmethod
    def subscribe(self, receiver: str) -> str:
        """An admin has webhooks sent; returns the secret that they are proven with."""

    @abstractmethod
    def customer_opens(self, subject: str, text: str) -> str:
        """A customer writes for the first time; returns the ticket's id."""

    @abstractmethod
    def customer_says(self, ticket: str, text: str, file: File | None = None) -> None: ...

    @abstractmethod
    def agent_says(self, ticket: str, text: str, *, public: bool, file: File | None = None) -> None: ...

    def naming(self, text: str, file: File | None) -> str:
        """A text with the file that belongs to it, where it is the text that tells which does."""
        return text

    @abstractmethod
    def newest(self, ticket: str) -> str:
        """The id of the newest comment, without a request."""

    @abstractmethod
    def changes(self, ticket: str, comment: str) -> Sequence[Change]:
        """What agents can do to a comment that a person wrote."""

    @abstractmethod
    def can_reword(self, *, public: bool) -> bool:
        """Whether other words can be put into what the bridge wrote, publicly or for colleagues."""

    def edit(self, ticket: str, comment: str, text: str) -> None:
        """Reword a comment; asked only where `changes` offers it."""
        raise NotImplementedError

    def delete(self, ticket: str, comment: str) -> None:
        """Take a comment back; asked only where `changes` offers it."""
        raise NotImplementedError

    def hide(self, ticket: str, comment: str) -> None:
        raise NotImplementedError

    def show(self, ticket: str, comment: str, text: str) -> None:
        """Make a private comment public, with other words."""
        raise NotImplementedError

    def bar(self, ticket: str, comment: str) -> None:
        """Redact all words of a comment."""
        raise NotImplementedError

    def touch(self, ticket: str) -> None:
        """Do something for which the ticket is read again."""
        raise NotImplementedError

    @abstractmethod
    def moves(self, ticket: str) -> Sequence[str]:
        """The statuses that an agent can set now."""

    @abstractmethod
    def status(self, ticket: str) -> str:
        """The name of the status as it is stored, without a request."""

    @abstractmethod
    def set_status(self, ticket: str, status: str) -> None: ...

    @abstractmethod
    def rank(self, ticket: str) -> str | None:
        """The priority as it is stored, in the words of `RANKS`, without a request."""

    @abstractmethod
    def set_rank(self, ticket: str, rank: str) -> None: ...

    # Tags, a custom field and the assignee: as they are stored, without a request, and as agents set them.

    @abstractmethod
    def tags(self, ticket: str) -> Sequence[str]: ...

    @abstractmethod
    def set_tags(self, ticket: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None: ...

    @abstractmethod
    def custom(self, ticket: str, field: str) -> str:
        """What people see in a field of the account's own; empty where nothing is."""

    @abstractmethod
    def set_custom(self, ticket: str, field: str, value: str) -> None: ...

    @abstractmethod
    def assignee(self, ticket: str) -> str:
        """By the name that people go by in histories; empty where it is nobody's."""

    @abstractmethod
    def assign(self, ticket: str, person: str) -> None: ...

    @abstractmethod
    def called(self, person: str) -> str:
        """What an admin calls somebody in a route's table."""

    @abstractmethod
    def look(self, ticket: str) -> Seen: ...

    @abstractmethod
    def made_by_bridge(self) -> list[str]:
        """The ids of all tickets that the bridge created."""
