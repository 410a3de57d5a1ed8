"""A world whose policy keeps the customer informed, and what the customer got."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.customer_updates import InformCustomer
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending


@dataclass
class Customers:
    """A world, and the updates in it."""

    world: Any

    def updates(self, *states: IntentState) -> list[Any]:
        """The updates that the customer has, oldest first."""
        wanted = states or (IntentState.DONE,)
        records = self.world.view.intents.values()
        return [r for r in records if isinstance(r.intent, InformCustomer) and r.state in wanted]

    @property
    def abouts(self) -> list[str]:
        return [record.intent.message.facts["about"] for record in self.updates()]

    @property
    def drafts(self) -> list[str]:
        """What the notes with drafts are about, version by version; an outdated one is called so."""
        found = []
        for key, record in self.world.view.intents.items():
            if key.startswith("customer_draft:") and record.state is IntentState.DONE:
                proposed = record.intent.message.proposes
                found.append(proposed.facts["about"] if proposed else "outdated")
        return found

    def later(self, **amount: float) -> None:
        self.world.later(**amount)
        self.world.work()


@pytest.fixture
def make_customers(make_world: Any) -> Callable[..., Customers]:
    """Makes a world in which the ticket has not been looked at yet; `updates` changes the settings."""

    def make(
        *, policy: Any = None, route: Any = None, mode: Sending = Sending.SENT, **updates: Any
    ) -> Customers:
        settings = CustomerUpdates(mode, **updates)
        world = make_world(
            policies=(make_world.policy(updates=settings, **(policy or {})),),
            routes=(make_world.route(**(route or {})),),
        )
        world.work()
        return Customers(world)

    return make
