"""The connection that a vendor plugin receives, and the plugin's base class."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Generic, TypeVar

from escalation_bridge.plugin.hooks import HelpdeskHooks
from escalation_bridge.plugin.http.meter import Budgets
from escalation_bridge.plugin.settings import ConnectionSettings

SettingsT = TypeVar("SettingsT", bound=ConnectionSettings)


def utc_now() -> datetime:
    """The current instant: the default wall clock, replaced in tests."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Connection(Generic[SettingsT]):
    """One account, as its plugin sees it.

    Attributes:
        name: The admin's name for it; every `TicketRef` of the plugin carries it.
        settings: The plugin's own settings, validated.
        now: The wall clock.
        budgets: The vendor's rate limit budgets, for the plugin's transports. The bridge shares them with the other
            workers.
    """

    name: str
    settings: SettingsT
    now: Callable[[], datetime] = utc_now
    budgets: Budgets = field(default_factory=Budgets, compare=False)


class HelpdeskPlugin(HelpdeskHooks, Generic[SettingsT]):
    """The base of a vendor plugin: one instance per connection.

    Attributes:
        vendor: The product's name in lower case; also the name of the entry point.
        title: The product's official name.
        settings: The class that validates this vendor's part of the configuration.
        closes_solved_tickets: Whether the helpdesk closes solved tickets by its own automation, after some days. Then the bridge
            never closes one, and only gives notice.
    """

    vendor: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[type[ConnectionSettings]]
    closes_solved_tickets: ClassVar[bool] = False

    def __init__(self, connection: Connection[SettingsT]) -> None:
        """Store the connection. No network here: a plugin is created before its vendor is known to be reachable."""
        self.connection = connection

    def close(self) -> None:
        """Close sockets and the like; called once when the bridge stops."""
