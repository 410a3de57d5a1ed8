"""The running bridge: everything the engine and the receiver work with, put together from a configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.cases import Rules
from escalation_bridge.extensions import Extensions
from escalation_bridge.helpdesk import Helpdesk
from escalation_bridge.store.database import Database


@dataclass(frozen=True, slots=True)
class Bridge:
    """One bridge.

    Attributes:
        id: Its own id, kept in its database.
        helpdesks: The enabled connections, by name.
        language: The language of what it writes, unless a connection says otherwise.
        now: The wall clock.
    """

    id: str
    database: Database
    helpdesks: Mapping[str, Helpdesk]
    extensions: Extensions
    rules: Rules
    language: str
    now: Callable[[], datetime]

    def language_of(self, connection: str) -> str:
        """The language of what is written into a connection's tickets."""
        helpdesk = self.helpdesks.get(connection)
        return (helpdesk.settings.language if helpdesk else None) or self.language

    def opens_cases(self, connection: str) -> bool:
        """Whether a ticket of a connection is a customer's ticket, which opens a case: some route begins there."""
        return any(route.origin == connection for route in self.rules.routes.values())

    def close(self) -> None:
        """Let go of all connections."""
        for helpdesk in self.helpdesks.values():
            helpdesk.close()
        self.database.close()
