"""An extension: what one company wants otherwise, without a line changed in the bridge.

Switched on by its name under `bridge.extensions`. Every hook is optional, and answering None leaves it to the others.
"""

import os
import threading
from pathlib import Path

from escalation_bridge.plugin import (
    CaseView,
    Classification,
    EscalationHooks,
    Message,
    Severity,
    Ticket,
    Veto,
    hookimpl,
)

NOTICEBOARD_VARIABLE = "HOUSE_RULES_NOTICEBOARD"
"""Names the file that notices to `noticeboard` are appended to; by default noticeboard.txt in the present folder."""


class HouseRules(EscalationHooks):
    """Outages are emergencies, tests are not escalated, and there is a noticeboard."""

    def __init__(self) -> None:
        self._noticeboard = Path(os.environ.get(NOTICEBOARD_VARIABLE, "noticeboard.txt"))
        self._lock = threading.Lock()  # cases are worked on in several threads

    @hookimpl
    def classify_ticket(self, ticket: Ticket) -> Classification | None:
        if "outage" in ticket.tags:
            return Classification(Severity.EMERGENCY, "outage", "the ticket is tagged outage")
        return None

    @hookimpl
    def veto_escalation(self, view: CaseView, route: str) -> Veto | None:
        if "internal-test" in view.tickets[view.origin].tags:
            return Veto("house_rules", "the ticket is tagged internal-test")
        return None

    @hookimpl
    def notify(self, to: str, message: Message, key: str) -> str | None:
        if to != "noticeboard":
            return None
        notice = f"[{key}] {' '.join(message.body.text.split())}\n"
        with self._lock, self._noticeboard.open("a+", encoding="utf-8") as board:
            board.seek(0)
            # A notice is repeated when the answer to it was lost: the key tells that it hangs there already.
            if not any(line.startswith(f"[{key}]") for line in board):
                board.write(notice)
        return f"noticeboard {self._noticeboard.name}"
