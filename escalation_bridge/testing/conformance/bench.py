"""What a plugin's author provides: the plugin, the people at the vendor, and the troubles that can be arranged there."""

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
    """What can go wrong at a vendor."""

    ANSWER_LOST = "answer lost"
    """The hook's next write takes effect, and no answer to it comes. Once."""
    RATE_LIMITED = "rate limited"
    """429, with `Retry-After` if one is given."""
    SERVER_ERROR = "server error"
    """500, and nothing takes effect."""
    UNAUTHORIZED = "unauthorized"
    """The credentials are not accepted any more."""
    FORBIDDEN = "forbidden"
    """The credentials are accepted, and may not do this."""
    LOGIN_PAGE = "login page"
    """200, and a page to log in, as a proxy with single sign-on answers."""
    EMPTY = "empty"
    """200, and an object with nothing in it."""
    IGNORED = "ignored"
    """The vendor says yes to the hook's write and changes nothing."""
    MADE_PUBLIC = "made public"
    """What is written as private is stored as public."""
    SEARCH_LAGS = "search lags"
    """The vendor's search does not know what was written a moment ago."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A comment as it is stored at the vendor. `public`: whether the customer reads it."""

    text: str
    public: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as it is stored at the vendor, looked at without the plugin.

    Attributes:
        text: The description; markup may be in it.
        comments: What was said after the description, oldest first; markup may be in it.
    """

    subject: str
    text: str
    status: str
    priority: Priority | None
    tags: frozenset[str] = frozenset()
    comments: tuple[Spoken, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A webhook as the vendor sends it."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)


class Bench(ABC):
    """The part of the kit that a plugin's author fills in.

    The abstract methods are needed. The attributes and the other methods have answers that fit many vendors. A method
    that cannot be provided calls `self.cannot(reason)`, which skips what needs it. Each test that is skipped by that has to
    stand in `cannot_arrange`: one that does not fails.

    pytest makes a new object for each test: a fixture of the subclass (`autouse=True`) sets it up and keeps what it needs
    on `self`.
    """

    statuses: ClassVar[tuple[str, ...]] = ()
    """Names of statuses that a new ticket of a customer can be given one after the other."""
    unimportant_headers: ClassVar[frozenset[str]] = frozenset({"content-type"})
    """Headers of a webhook, in lower case, that are no part of the proof: without them it is accepted too."""
    signs_body: ClassVar[bool] = True
    """False where the vendor sends a fixed secret instead of a signature over the body."""
    signs_time: ClassVar[bool] = True
    """False where nothing in a webhook proves when it was sent."""
    page: ClassVar[int] = 30
    """How many comments surely do not fit on one page of the vendor's answer."""
    settling: ClassVar[float] = 2.0
    """Seconds after which a change is surely among the vendor's list of what changed."""
    route_fields: ClassVar[Mapping[str, object]] = {}
    """What a route has to add to every ticket created here, in the vendor's own terms."""
    known_gaps: ClassVar[Mapping[str, str]] = {}
    """Names of tests that are known to fail, with or without `[parameters]`, and why. One that passes after all fails."""
    cannot_arrange: ClassVar[Mapping[str, str]] = {}
    """Names of tests that are skipped, with or without `[parameters]`, because nobody can arrange what they need, and why.

    They are listed at the end of a run. A skip that does not stand here fails, and so does a test that stands here and is not skipped.
    """

    # --- needed -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def make_plugin(self, webhook_secrets: tuple[str, ...]) -> HelpdeskPlugin[Any]:
        """Make a plugin that speaks to the vendor and accepts these webhook secrets. The kit closes it."""

    @abstractmethod
    def customer_writes(self, subject: str, text: str) -> str:
        """A customer opens a ticket; returns its immutable id."""

    @abstractmethod
    def agent_says(self, ticket_id: str, text: str, visibility: Visibility) -> None:
        """An agent, who is not the bridge, comments."""

    @abstractmethod
    def agent_sets(self, ticket_id: str, priority: Priority | None = None, tag: str | None = None) -> None:
        """An agent, who is not the bridge, sets the priority, or adds a tag."""

    @abstractmethod
    def look(self, ticket_id: str) -> Seen:
        """Look at a ticket without the plugin."""

    @abstractmethod
    def count_tickets(self, subject: str) -> int:
        """How many tickets with this subject there are, whatever the search knows of them."""

    @abstractmethod
    def webhook(self, ticket_id: str, secret: str, sent_at: datetime) -> Delivered:
        """What the vendor sends when this ticket changes, proven with this secret. Made without the plugin's own code."""

    @abstractmethod
    def arrange(self, trouble: Trouble, hook: str, retry_after: str | None = None) -> None:
        """Arrange a trouble for what a hook asks of the vendor: until `calm`, if the trouble does not say otherwise."""

    # --- optional ---------------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """End all troubles that were arranged."""
        self.cannot("it has no calm()")

    def empty_once(self, before: int) -> Callable[[], bool]:
        """Answer one request of the bridge with 200 and nothing, and let nothing take effect, after so many are answered as usual.

        Returns:
            Tells whether it came to that.
        """
        del before
        self.cannot("it has no empty_once()")

    def count_writes(self) -> int:
        """How many writing requests of the bridge have reached the vendor so far."""
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
        """A ticket comes to be closed for good: it takes no change any more."""
        del ticket_id
        self.cannot("it has no close()")

    def wait(self, seconds: float) -> None:
        """Let as much time go by as the plugin asked for."""
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
        """Skip what needs something that cannot be provided; `cannot_arrange` has to state it."""
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
        """Makes the bridge's own face of a plugin, for some webhook secrets."""
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
        """The bridge's own face of the plugin."""
        desk: Helpdesk = make_desk(SECRET)
        return desk


SECRET = "conformance-secret-of-the-kit"  # noqa: S105 - an example
"""The webhook secret that a plugin is given where the test is about something else."""


def new_key() -> str:
    """A key as the bridge makes them."""
    return f"eb-{secrets.token_hex(10)}"


def new_subject() -> str:
    """A subject that no other ticket has."""
    return f"Conformance {secrets.token_hex(4)}"


def expect(holds: object, broken: str) -> None:
    """Fail with what was promised, in words for the plugin's author."""
    if not holds:
        pytest.fail(broken, pytrace=False)


def need(desk: Helpdesk, *hooks: str) -> None:
    """Skip a test of what the plugin does not implement."""
    missing = [hook for hook in hooks if not desk.can(hook)]
    if missing:
        stated.not_offered(f"the plugin does not implement {', '.join(missing)}")
