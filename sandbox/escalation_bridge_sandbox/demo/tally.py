"""Counting what the bridge wrote at each vendor: in the tickets as they are now, and in the vendor's journal."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from rich.console import Console
from rich.table import Table

from escalation_bridge_sandbox.demo.scene import Scene
from escalation_bridge_sandbox.freshdesk.state.seed import BRIDGE as FRESHDESK_BRIDGE
from escalation_bridge_sandbox.jira.seed import BRIDGE as JIRA_BRIDGE
from escalation_bridge_sandbox.kernel.faults import FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk.state.seed import BRIDGE as ZENDESK_BRIDGE


@dataclass(frozen=True)
class Tally:
    """How often something is there, and how often it should be."""

    vendor: str
    what: str
    expected: int
    seen: int

    @property
    def right(self) -> bool:
        return self.seen == self.expected


def count(scene: Scene, zendesk_ticket: int, freshdesk_ticket: int) -> list[Tally]:
    """Count the bridge's writes in both tickets and both issues, through the vendors' own APIs."""
    zendesk = [c for c in scene.support.comments(zendesk_ticket) if c["author_id"] == ZENDESK_BRIDGE.id]
    bridge_agent = scene.shop.call("GET", "/_sandbox/people")["agents"]
    freshdesk_id = next(agent["id"] for agent in bridge_agent if agent["email"] == FRESHDESK_BRIDGE.email)
    freshdesk = [c for c in scene.shop.conversations(freshdesk_ticket) if c["user_id"] == freshdesk_id]
    issues = scene.developer.issues("ENG")
    tallies = [
        # a warning, the link, the developer's comment; and the one to the customer
        Tally("Zendesk", "internal notes", 3, sum(not c["public"] for c in zendesk)),
        Tally("Zendesk", "public comments", 1, sum(c["public"] for c in zendesk)),
        Tally("Freshdesk", "internal notes", 3, sum(c["private"] for c in freshdesk)),
        Tally("Freshdesk", "notes that show the closed issue", 1, sum(_shows_done(c) for c in freshdesk)),
        Tally("Freshdesk", "public replies", 1, sum(not c["private"] for c in freshdesk)),
        Tally("Jira", "issues created", 2, len(issues)),
    ]
    for issue in issues:
        comments = scene.developer.comments(issue["key"])
        written = [c for c in comments if c["author"]["accountId"] == JIRA_BRIDGE.account_id]
        tallies.append(Tally("Jira", f"comments in {issue['key']}", 1, len(written)))
        tallies.append(
            Tally("Jira", f"links in {issue['key']}", 1, len(scene.developer.remote_links(issue["key"])))
        )
    tallies += (_requests(name, running) for name, running in scene.vendors().items())
    return tallies


def _shows_done(conversation: Mapping[str, Any]) -> bool:
    text = conversation["body_text"]
    return bool(conversation["private"]) and "ENG-2" in text and "Closed" in text


# What the story needs, request by request; nothing else is written.
# Zendesk: label of the severity, warning, priority, link with its tag, word to the customer, three statuses, the developer's comment.
# Jira: for both issues create, remote link, transitions (one and two), the answer, the link's new state.
# Freshdesk: warning, priority, link with its field, word to the customer, four statuses, the developer's comment.
# Its note of the link is kept true as the issue goes along: how often depends on how quickly one thing follows the other.
_REQUESTS = {"Zendesk": 10, "Jira": 11, "Freshdesk": 10}
_KEPT_TRUE = "/api/v2/conversations/"


def _requests(name: str, running: RunningVendor) -> Tally:
    users = {ZENDESK_BRIDGE.email, JIRA_BRIDGE.email, FRESHDESK_BRIDGE.email}
    writes = [
        entry
        for entry in running.vendor.journal.entries(writes=True)
        if entry.user in users and not (entry.method == "PUT" and entry.path.startswith(_KEPT_TRUE))
    ]
    took_effect = [
        w for w in writes if w.status < HTTPStatus.BAD_REQUEST or w.fault == FaultKind.TIMEOUT_AFTER_WRITE
    ]
    return Tally(name, "writing requests in all", _REQUESTS[name], len(took_effect))


def show(console: Console, tallies: list[Tally]) -> None:
    """Print the tallies as a table."""
    table = Table("vendor", "the bridge wrote", "expected", "counted", "")
    for tally in tallies:
        mark = "[green]✓[/green]" if tally.right else "[red]✗[/red]"
        table.add_row(tally.vendor, tally.what, str(tally.expected), str(tally.seen), mark)
    console.print(table)
