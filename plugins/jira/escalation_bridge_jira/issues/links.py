"""Other systems' tickets as remote links of an issue, which customers never see."""

import hashlib
from datetime import UTC

from escalation_bridge.plugin import (
    TicketPointer,
    TicketRef,
    WriteReceipt,
)
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.text.limits import LONGEST_GLOBAL_ID, LONGEST_SUMMARY, one_line

_CHANGED = {"en": "updated", "id": "diperbarui"}


def link(desk: Desk, ticket_id: str, other: TicketPointer) -> WriteReceipt:
    """Create or update the remote link: Jira has one link per global id."""
    body = {
        "globalId": global_id(other.ref),
        "application": {"name": other.vendor.capitalize()},
        "relationship": "escalation",
        "object": {
            "url": other.url,
            "title": one_line(f"{other.key}: {other.title}", LONGEST_SUMMARY),
            "summary": summary(other, desk.language),
            "status": {"resolved": other.done},
        },
    }
    answer = desk.jira.write("POST", f"/issue/{ticket_id}/remotelink", body, repeatable=True)
    return WriteReceipt((answer / "id").text(), f"{other.key}, {other.status}")


def summary(other: TicketPointer, language: str) -> str:
    """The line beside the title: status, assignee, last change and health; the health is cut first."""
    changed = None
    if other.updated_at is not None:
        changed = f"{_CHANGED[language]} {other.updated_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    known = [part for part in (other.status, other.assignee, changed, other.health) if part]
    return one_line(" · ".join(known), LONGEST_SUMMARY)


def global_id(ref: TicketRef) -> str:
    """The identity of the remote link: the ticket's, not its status or title."""
    readable = f"escalation-bridge={ref.connection}&id={ref.id}"
    if len(readable) <= LONGEST_GLOBAL_ID:
        return readable
    return f"escalation-bridge={hashlib.sha256(readable.encode()).hexdigest()}"
