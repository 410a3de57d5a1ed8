"""Which standard procedure fits an escalation."""

from collections.abc import Iterable

from escalation_bridge.domain.case.escalations import ChangeKind, Escalation
from escalation_bridge.domain.teams.procedures import Matter, Procedure, fitting


def procedure_of(procedures: Iterable[Procedure], escalation: Escalation) -> Procedure | None:
    """The procedure for the team that has an escalation; None: none fits."""
    matter = Matter(_rule_of(escalation), escalation.owner.team, escalation.category)
    return fitting(procedures, matter)


def name_of_procedure(procedures: Iterable[Procedure], escalation: Escalation) -> str:
    """What agents write to read the procedure; empty: none fits."""
    found = procedure_of(procedures, escalation)
    return found.name if found is not None else ""


def _rule_of(escalation: Escalation) -> str:
    """The routing rule that chose the present team; empty: none did."""
    given = (ChangeKind.OPENED, ChangeKind.HANDED_ON)
    last = next((change for change in reversed(escalation.changes) if change.what in given), None)
    return last.facts.get("rule", "") if last is not None else ""
