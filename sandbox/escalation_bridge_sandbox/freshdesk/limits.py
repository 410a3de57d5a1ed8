"""The calls that an account may make per minute, and the headers that say so."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.ratelimit import RateVerdict, RateWindow

MINUTE = 60.0


class Endpoint(StrEnum):
    """The endpoints that have a limit of their own."""

    TICKET_CREATE = "ticket create"
    TICKET_UPDATE = "ticket update"
    TICKETS_LIST = "tickets list"
    CONTACTS_LIST = "contacts list"


@dataclass(frozen=True)
class Plan:
    """Calls per minute of the whole account, and of some endpoints."""

    total: int
    endpoints: Mapping[Endpoint, int] = field(default_factory=dict)


def _plan(total: int, create: int, update: int, tickets: int, contacts: int) -> Plan:
    return Plan(
        total,
        {
            Endpoint.TICKET_CREATE: create,
            Endpoint.TICKET_UPDATE: update,
            Endpoint.TICKETS_LIST: tickets,
            Endpoint.CONTACTS_LIST: contacts,
        },
    )


# From the API documentation, but for the first, which is for working in peace.
PLANS: Mapping[str, Plan] = {
    "generous": Plan(20_000),
    "trial": Plan(50),
    "growth": _plan(200, 80, 80, 20, 20),
    "pro": _plan(400, 160, 160, 100, 100),
    "enterprise": _plan(700, 280, 280, 200, 200),
}


@dataclass(frozen=True)
class Charge:
    """What one request cost and left."""

    allowed: bool
    total: int
    remaining: int
    cost: int
    retry_after: int


class CallLedger:
    """Counts calls for the whole account; refused ones and invalid ones included."""

    def __init__(self, plan: Plan, clock: SandboxClock) -> None:
        self._account = RateWindow(plan.total, MINUTE, clock)
        self._endpoints = {name: RateWindow(limit, MINUTE, clock) for name, limit in plan.endpoints.items()}
        self._answers = itertools.count()

    def charge(self, endpoint: Endpoint | None, cost: int) -> Charge:
        """Take one call, and the further ones that its embedded resources cost, as far as they last."""
        verdict = self._account.take()
        for _ in range(cost - 1):
            self._account.take()
        own = self._endpoints.get(endpoint) if endpoint else None
        verdicts = [verdict] if own is None else [verdict, own.take()]
        refused = [each for each in verdicts if not each.allowed]
        left: RateVerdict = self._account.look()
        return Charge(
            allowed=not refused,
            total=left.limit,
            remaining=left.remaining,
            cost=cost,
            retry_after=max((each.reset_seconds for each in refused), default=0),
        )

    def headers(self, charge: Charge) -> dict[str, str]:
        """Every second answer has its numbers as `100.0`: clients have met both."""
        as_float = next(self._answers) % 2 == 1
        return {
            "X-Ratelimit-Total": _number(charge.total, as_float),
            "X-Ratelimit-Remaining": _number(charge.remaining, as_float),
            "X-Ratelimit-Used-CurrentRequest": _number(charge.cost, as_float),
        }


def _number(value: int, as_float: bool) -> str:
    return f"{value:.1f}" if as_float else str(value)
