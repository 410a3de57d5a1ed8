"""`/bridge reproduced`: whether the problem could be reproduced, which decides which team takes it over."""

from escalation_bridge.domain.case.escalations import Cause
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.permission import is_lead
from escalation_bridge.domain.commands.replies import answer, answer_with, leave_to_another
from escalation_bridge.domain.escalation.escalating import Request, Situation, escalate, package_for
from escalation_bridge.domain.escalation.replication import was_asked
from escalation_bridge.domain.sla.events import reproduced
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

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
    summary = "\n".join(part for part in (" ".join(command.words[1:]), command.more) if part)
    if not was_asked(asked.view) or rule is None or origin.status.kind.done:
        done += answer(command, "command_reproduced", said=choice, team="", person="")
        return done + _passed_on(at, f"reproduced: {choice}, {summary}".rstrip(", "), command.by)
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
    facts = {
        "by": command.by,
        "said": choice,
        "team": at.directory.title_of(owner.team) if owner else "",
        "person": at.directory.name_of(owner.person) if owner else "",
    }
    package = package_for(at, done.escalations[-1]) if owner and request.quietly else None
    message = MessageRequest("command_reproduced", facts, visibility=Visibility.PRIVATE, package=package)
    return done + answer_with(command, message)


def _passed_on(at: Situation, summary: str, by: str) -> Part:
    """The answer, for a team behind a route that has the escalation: it does not read the customer's ticket."""
    present = at.present
    if present is None or present.route is None:
        return NOTHING
    request = Request(Cause.BY_HAND, by=by, summary=summary, quietly=True)
    if present.owner.team in at.directory.teams:
        return escalate(at, request.to(present.owner.team))
    return escalate(at, request.along(present.route))


REPRODUCED = Verb(("reproduced", "direproduksi"), _obey)
