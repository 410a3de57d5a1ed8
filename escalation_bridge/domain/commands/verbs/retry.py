"""`/bridge retry`: retries failed writes, and resumes what is on hold."""

from dataclasses import replace

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another


def _obey(asked: Asked) -> Part:
    view, command, now = asked.view, asked.command, asked.now
    failed = tuple(key for key, record in view.intents.items() if record.state is IntentState.FAILED)
    calmed = tuple(replace(link, calm_since=now) for link in view.links if link.hold is not None)
    if not failed and not calmed and (left := leave_to_another(view, command)):
        return left
    entry = TimelineEntry(now, "retried_by", {"by": command.by, "count": str(len(failed))})
    done = Part(links=calmed, retried=failed, timeline=(entry,))
    return done + answer(command, "command_retried", count=str(len(failed)))


RETRY = Verb(("retry", "ulangi"), _obey)
