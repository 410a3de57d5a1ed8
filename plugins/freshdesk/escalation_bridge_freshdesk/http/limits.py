"""Freshdesk's rate limits: calls per minute for the account, and fewer for some endpoints.

"Rate Limit" in Freshdesk's API reference: each answer has the account's numbers, recorded as "100" and as "100.0". Invalid calls
count as well, and so does each embedded resource. The beginning of the minute is unknown, and only a 429 shows an endpoint's own
limit.
"""

import re
from collections.abc import Mapping

from escalation_bridge.plugin import (
    ACCOUNT,
    Limits,
    Reading,
    Scope,
)

_FAMILIES = (
    ("POST", re.compile(r"/api/v2/tickets"), "creating tickets"),
    ("PUT", re.compile(r"/api/v2/tickets/\d+"), "updating tickets"),
    ("GET", re.compile(r"/api/v2/tickets"), "listing tickets"),
    ("GET", re.compile(r"/api/v2/contacts"), "listing contacts"),
)
_IN_A_LIST = 2.0
"""Calls that an embedded resource costs in a list; in a single ticket it costs one."""
_NUMBER = re.compile(r"\s*\d{1,9}(\.\d{1,3})?\s*")


class FreshdeskLimits(Limits):
    """The account's calls per minute, and those for creating, updating and listing."""

    def scopes(self, method: str, path: str, params: Mapping[str, object]) -> tuple[Scope, ...]:
        """The scopes of a request, the widest first."""
        family = _family(method, path)
        embedded = [name for name in str(params.get("include") or "").split(",") if name]
        each = _IN_A_LIST if path.endswith("/tickets") else 1.0
        account = Scope(ACCOUNT, cost=1.0 + each * len(embedded))
        return (account,) if family is None else (account, Scope(family))

    def readings(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[Reading, ...]:
        """The account's count, which refused and invalid calls reduce, too."""
        del method, path
        left, total = headers.get("X-RateLimit-Remaining", ""), headers.get("X-RateLimit-Total", "")
        if not _NUMBER.fullmatch(left):
            return ()
        return (Reading(ACCOUNT, float(left), float(total) if _NUMBER.fullmatch(total) else None),)

    def closed(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The endpoint, if the account has calls left; otherwise the account."""
        family = _family(method, path)
        has_room = any(reading.left > 0 for reading in self.readings(method, path, headers))
        return family if family is not None and has_room else ACCOUNT


def _family(method: str, path: str) -> str | None:
    return next((name for verb, where, name in _FAMILIES if verb == method and where.fullmatch(path)), None)
