"""`/bridge how`: the standard procedure for the case, or the one that is named."""

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.escalation.procedure import procedure_of
from escalation_bridge.domain.escalation.replication import reproducible
from escalation_bridge.domain.teams.procedures import Matter, Procedure, called, fitting, nearest


def _obey(asked: Asked) -> Part:
    command, known = asked.command, asked.rules.directory.procedures
    if (left := leave_to_another(asked.view, command)) is not None:
        return left
    words = " ".join(command.words)
    found = called(known, words) if words else _for_case(asked)
    if found is None:
        near = nearest(known, words) if words else ()
        return answer(
            command,
            "command_how_which",
            words=words,
            near=", ".join(near),
            names=", ".join(each.name for each in known),
            verb=command.verb,
            example=(near or tuple(each.name for each in known) or ("",))[0],
        )
    return answer(
        command,
        "command_how",
        title=found.title,
        text_en=found.texts.get("en", ""),
        text_id=found.texts.get("id", ""),
    )


def _for_case(asked: Asked) -> Procedure | None:
    """The procedure for the open escalation; without one, for the ticket as the rules would route it."""
    at, graded = asked.situation, asked.view.classification
    procedures = at.directory.procedures
    if at.present is not None:
        return procedure_of(procedures, at.present)
    rule = at.directory.routed(at.origin, graded, reproducible(asked.view, at.origin, at.directory))
    return fitting(procedures, Matter(rule.name if rule else "", at.present_team or "", graded.category))


HOW = Verb(("how", "cara"), _obey)
