"""A Jira site as it stands in: its state and what its views work on."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from escalation_bridge_sandbox.jira.edition import Deployment, edition_of
from escalation_bridge_sandbox.jira.limits import Limits, meter_for
from escalation_bridge_sandbox.jira.rules.session import Event
from escalation_bridge_sandbox.jira.seed import seeded_site
from escalation_bridge_sandbox.jira.webhooks.delivery import Delivery
from escalation_bridge_sandbox.jira.webhooks.registry import Registry
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.vendor import Vendor

# Cloud's default for the size of one attachment.
ATTACHMENT_LIMIT = 1024 * 1024 * 1024
READING_POSTS = ("/search", "/search/jql", "/search/approximate-count", "/issue/bulkfetch", "/workflows")


@dataclass(frozen=True)
class Cursor:
    """The rest of a search: what the next page begins with."""

    jql: str
    issue_ids: tuple[str, ...]
    made: datetime


class LiveSite(Vendor):
    """A Jira site with projects ENG, OPS, DUK (statuses in Indonesian) and the service desk HELP.

    Args:
        deployment: `cloud` serves REST v3 and v2, `datacenter` v2 only.
        version: Of Data Center, 10.3.0 by default; several things moved with versions 9, 10 and 11.
        search_lag: Seconds until a search finds a change; Cloud's search is eventually consistent.
        limits: `CloudLimits` or `DatacenterLimits`. Without, Cloud has Atlassian's limits and Data Center none.
        attachment_limit: The largest attachment in bytes.
        allow_hosts: Hosts besides this machine that webhooks may be sent to.
        clock: The time it lives in.

    Raises:
        ValueError: The deployment or version is not known, or the limits are the other deployment's.
    """

    name: ClassVar[str] = "jira"

    def __init__(
        self,
        deployment: Deployment = "cloud",
        *,
        version: str | None = None,
        search_lag: float = 0,
        limits: Limits | None = None,
        attachment_limit: int = ATTACHMENT_LIMIT,
        allow_hosts: Iterable[str] = (),
        clock: SandboxClock | None = None,
    ) -> None:
        super().__init__(allow_hosts=allow_hosts, clock=clock)
        self.edition = edition_of(deployment, version)
        self.attachment_limit = attachment_limit
        self._search_lag = search_lag
        self._limits = limits

    def load_seed(self) -> None:
        self.site = seeded_site(self.edition, self.clock.now, self._search_lag)
        self.webhooks = Registry()
        self.meter = meter_for(self.edition, self._limits, self.clock)
        self._delivery = Delivery(self.webhooks, self.outbox)
        self._cursors: dict[str, Cursor] = {}

    def publish(self, event: Event) -> None:
        """Send an event to the webhooks that want it."""
        self._delivery.publish(event, self.site, self.base_url)

    def keep_cursor(self, cursor: Cursor) -> str:
        """Keep the rest of a search; the token gets it back."""
        token = secrets.token_urlsafe(24)
        self._cursors[token] = cursor
        return token

    def cursor(self, token: str) -> Cursor | None:
        return self._cursors.get(token)

    def is_write(self, method: str, path: str) -> bool:
        return super().is_write(method, path) and not path.endswith(READING_POSTS)
