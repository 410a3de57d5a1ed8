"""`notify`: a notice to people outside the ticket."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.escalation.notices import incident_of
from escalation_bridge.domain.notices.notice import About
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.messages import MessageRequest


@dataclass(frozen=True, slots=True)
class SendNotice(Action):
    """A notice to people outside the ticket: through the channels of the configuration, or an extension that implements `notify`."""

    to: str
    template: str


def _act(action: SendNotice, at: Acting) -> Part:
    # It waits for their working hours, unless it pages.
    opening = None if at.rung.step.page else at.policy.calendar.next_open(at.now)
    clock = at.rung.clock
    notice = Notify(
        action.to,
        MessageRequest(action.template, at.facts),
        page=at.rung.step.page,
        about=About(metric=clock.metric, started_at=clock.started_at, incident=incident_of(at.view)),
        severity=at.view.classification.severity,
    )
    return Part(intents=(KeyedIntent(at.key, notice, not_before=opening),))


NOTIFY = ActionKind(
    word="notify",
    help="A notice outside of the ticket to a team, a member's e-mail address, a channel, or a name that an extension serves.",
    make=lambda to: SendNotice(to, "notice"),
    of=SendNotice,
    act=_act,
    pages=True,
    reader=lambda action: ("notice", action.to),
)
