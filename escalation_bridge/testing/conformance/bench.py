"""The part that a plugin's author provides: the plugin, people at the vendor, and faults."""

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NoReturn

import pytest

from escalation_bridge.domain.tickets.tickets import Priority, Severity, TicketDraft, Visibility
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import HelpdeskPlugin, utc_now
from escalation_bridge.testing import stated
from escalation_bridge.text.rich_text import from_text


class Trouble(StrEnum):
    """Faults of a vendor."""

    ANSWER_LOST = "answer lost"
    """The hook's next write takes effect, but its answer is lost. Once."""
    RATE_LIMITED = "rate limited"
    """429, with `Retry-After` if given."""
    SERVER_ERROR = "server error"
    """500, and nothing takes effect."""
    UNAUTHORIZED = "unauthorized"
    """The credentials are no longer accepted."""
    FORBIDDEN = "forbidden"
    """The credentials are accepted but lack the permission."""
    LOGIN_PAGE = "login page"
    """200 with a login page, as a single sign-on proxy answers."""
    EMPTY = "empty"
    """200 with an empty object."""
    IGNORED = "ignored"
    """The vendor confirms the hook's write and changes nothing."""
    MADE_PUBLIC = "made public"
    """A private text is stored as public."""
    SEARCH_LAGS = "search lags"
    """The vendor's search index lags."""


@dataclass(frozen=True, slots=True)
class StoredComment:
    """A comment as stored at the vendor. `public`: whether the customer reads it."""

    text: str
    public: bool


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as stored at the vendor, read without the plugin.

    Attributes:
        text: The description; may contain markup.
        comments: The comments after the description, oldest first; may contain markup.
    """

    subject: str
    text: str
    status: str
    priority: Priority | None
    tags: frozenset[str] = frozenset()
    comments: tuple[StoredComment, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A webhook as the vendor sends it."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)


class Bench(ABC):
    """The part of the kit that a plugin's author fills in.

    The abstract methods are required. The attributes and the other methods have defaults that fit many vendors. A method
    that cannot be provided calls `self.cannot(reason)`, which skips the tests that need it. Each skipped test has to
    be in `cannot_arrange`; otherwise it fails.

    pytest creates a new object for each test: a fixture of the subclass (`autouse=True`) sets it up and stores its state
    on `self`.
    """

    statuses: ClassVar[tuple[str, ...]] = ()
    """Names of statuses that a customer's new ticket can be set to, one after the other."""
    unimportant_headers: ClassVar[frozenset[str]] = frozenset({"content-type"})
    """Headers of a webhook, in lower case, that are not part of the proof: without them it is accepted, too."""
    signs_body: ClassVar[bool] = True
    """False if the vendor sends a fixed secret instead of a signature over the body."""
    signs_time: ClassVar[bool] = True
    """False if nothing in a webhook proves when it was sent."""
    page: ClassVar[int] = 30
    """A number of comments that does not fit on one page of the vendor's answer."""
    settling: ClassVar[float] = 2.0
    """Seconds after which the vendor's list of changes certainly contains a change."""
    route_fields: ClassVar[Mapping[str, object]] = {}
    """Fields that a route has to add to every ticket created here, in the vendor's own terms."""
    known_gaps: ClassVar[Mapping[str, str]] = {}
    """Names of tests that are known to fail, with or without `[parameters]`, and why. One that passes fails the
    run.
    """
    cannot_arrange: ClassVar[Mapping[str, str]] = {}
    """Names of tests that are skipped, with or without `[parameters]`, because their setup is impossible, and why.

    They are listed at the end of a run. A skip that is not listed fails, and so does a listed test that is not skipped.
    """

    # --- required ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def make_plugin(self, webhook_secrets: tuple[str, ...]) -> HelpdeskPlugin[Any]:
        """Create a plugin that connects to the vendor and accepts these webhook secrets. The kit closes it."""

    @abstractmethod
    def customer_writes(self, subject: str, text: str) -> str:
        """A customer opens a ticket; returns its immutable id."""

    @abstractmethod
    def agent_comments(self, ticket_id: str, text: str, visibility: Visibility) -> None:
        """An agent, who is not the bridge, comments."""

    @abstractmethod
    def agent_sets(self, ticket_id: str, priority: Priority | None = None, tag: str | None = None) -> None:
        """An agent, who is not the bridge, sets the priority, or adds a tag."""

    @abstractmethod
    def look(self, ticket_id: str) -> StoredTicket:
        """Read a ticket without the plugin."""

    @abstractmethod
    def count_tickets(self, subject: str) -> int:
        """Count the tickets with this subject, without the search index."""

    @abstractmethod
    def webhook(self, ticket_id: str, secret: str, sent_at: datetime) -> Delivered:
        """Create the vendor's webhook about a change of this ticket, verified with this secret, without the
        plugin's own code.
        """

    @abstractmethod
    def arrange(self, trouble: Trouble, hook: str, retry_after: str | None = None) -> None:
        """Plant a fault for the requests of a hook: until `calm`, unless the fault ends by itself."""

    # --- optional ---------------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """Remove all faults."""
        self.cannot("it has no calm()")

    def empty_once(self, before: int) -> Callable[[], bool]:
        """Answer one request of the bridge with 200 and nothing, without effect, after this many normal answers.

        Returns:
            A function that returns whether it happened.
        """
        del before
        self.cannot("it has no empty_once()")

    def count_writes(self) -> int:
        """Count the writes of the bridge that have reached the vendor so far."""
        self.cannot("it has no count_writes()")

    def delete(self, ticket_id: str) -> None:
        """Somebody deletes a ticket."""
        del ticket_id
        self.cannot("it has no delete()")

    def agent_sets_status(self, ticket_id: str, status: str) -> None:
        """An agent, who is not the bridge, sets a status by its name."""
        del ticket_id, status
        self.cannot("it has no agent_sets_status()")

    def close(self, ticket_id: str) -> None:
        """Close a ticket permanently: it takes no more changes."""
        del ticket_id
        self.cannot("it has no close()")

    def wait(self, seconds: float) -> None:
        """Let the time pass that the plugin requested."""
        if seconds > 10:
            self.cannot(f"the plugin asks to wait {seconds:.0f} seconds, and there is no wait()")
        time.sleep(seconds)

    def now(self) -> datetime:
        """The vendor's clock, by which webhooks are sent and received."""
        return utc_now()

    def draft(self, subject: str) -> TicketDraft:
        """A ticket for the bridge to create."""
        return TicketDraft(
            summary=subject,
            description=from_text("The checkout fails.\n\nSince nine o'clock, for <everybody> & always."),
            priority=Priority.HIGH,
            severity=Severity.STANDARD,
            labels=("conformance",),
            fields=self.route_fields,
        )

    # --- for the tests ----------------------------------------------------------------------------------------------

    def cannot(self, reason: str) -> NoReturn:
        """Skip a test whose setup is impossible; `cannot_arrange` has to list it."""
        pytest.skip(reason)

    @pytest.fixture(autouse=True)
    def known_gap_of_this_test(self, request: pytest.FixtureRequest) -> None:
        plugins = request.config.pluginmanager
        if not plugins.is_registered(stated):
            plugins.register(stated, stated.NAME)
        name = request.node.name
        reason = self.known_gaps.get(name) or self.known_gaps.get(name.partition("[")[0])
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    @pytest.fixture
    def make_desk(self) -> Iterator[Any]:
        """Makes the bridge's interface to a plugin, with given webhook secrets."""
        made: list[Helpdesk] = []

        def make(*webhook_secrets: str) -> Helpdesk:
            plugin = self.make_plugin(webhook_secrets)
            made.append(Helpdesk(plugin.connection.name, plugin))
            return made[-1]

        yield make
        for desk in made:
            desk.close()

    @pytest.fixture
    def desk_of(self, make_desk: Any) -> Helpdesk:
        """The bridge's interface to the plugin."""
        desk: Helpdesk = make_desk(SECRET)
        return desk


SECRET = "conformance-secret-of-the-kit"  # noqa: S105 - an example
"""The webhook secret of tests about something else."""


def new_key() -> str:
    """A key in the bridge's format."""
    return f"eb-{secrets.token_hex(10)}"


def new_subject() -> str:
    """A unique subject."""
    return f"Conformance {secrets.token_hex(4)}"


def expect(holds: object, broken: str) -> None:
    """Fail with the broken promise, worded for the plugin's author."""
    if not holds:
        pytest.fail(broken, pytrace=False)


def need(desk: Helpdesk, *hooks: str) -> None:
    """Skip a test of hooks that the plugin lacks."""
    missing = [hook for hook in hooks if not desk.can(hook)]
    if missing:
        stated.not_offered(f"the plugin does not implement {', '.join(missing)}")
