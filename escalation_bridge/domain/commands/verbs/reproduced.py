"""`/bridge reproduced`: whether the problem could be reproduced, which decides which team takes it over."""

from escalation_bridge.domain.case.escalations import Cause
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.permission import is_lead
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.escalation.escalating import Request, escalate
from escalation_bridge.domain.escalation.replication import was_asked
from escalation_bridge.domain.sla.events import reproduced

_ANSWERS = {"yes": "yes", "ya": "yes", "no": "no", "tidak": "no", "gak": "no", "nggak": "no"}


def _obey(asked: Asked) -> Part:
    command, origin = asked.command, asked.origin
    if (left := leave_to_another(asked.view, command)) is not None:
        return left
    choice = _ANSWERS.get(command.words[0].casefold()) if command.words else None
    if choice is None:
        return answer(command, "command_reproduced_how", verb=command.verb)
    done = Part(happened=(reproduced(choice, asked.now),))
    at = asked.situation
    rule = at.directory.routed(origin, asked.view.classification, choice == "yes")
    if not was_asked(at) or rule is None or origin.status.kind.done:
        return done + answer(command, "command_reproduced", said=choice, team="", person="")
    summary = "\n".join(part for part in (" ".join(command.words[1:]), command.more) if part)
    request = Request(
        cause=Cause.RULE,
        by=command.by,
        to_team=rule.to,
        summary=summary,
        facts={"rule": rule.name, "reproduced": choice},
        skills=rule.skills,
        is_lead=is_lead(asked),
        quietly=command.ticket == origin.ref,
    )
    done += escalate(at, request)
    owner = done.escalations[-1].owner if done.escalations else None
    return done + answer(
        command,
        "command_reproduced",
        said=choice,
        team=at.directory.title_of(owner.team) if owner else "",
        person=at.directory.name_of(owner.person) if owner else "",
    )


REPRODUCED = Verb(("reproduced", "direproduksi"), _obey)
