"""The history of escalations in lines for people: `/bridge why`, and whoever has to decide who keeps a case."""

from collections.abc import Iterable

from escalation_bridge.domain.case.escalations import Change, Escalation
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.tickets.messages import Health

_MOST_LINES = 12


def history_lines(directory: Directory, escalations: Iterable[Escalation]) -> tuple[Health, ...]:
    """A line for each of the last changes, oldest first."""
    changes = [change for each in escalations for change in each.changes]
    return tuple(_line(directory, change) for change in changes[-_MOST_LINES:])


def _line(directory: Directory, change: Change) -> Health:
    facts = {
        "at": change.at.isoformat(),
        "team": directory.title_of(change.owner.team),
        "person": directory.name_of(change.owner.person),
        "by": change.by,
        "cause": str(change.cause),
        "outcome": change.facts.get("outcome", ""),
        "reason": change.facts.get("reason", ""),
        "verdict": change.facts.get("verdict", ""),
    }
    return Health(f"escalation_{change.what}", facts)
