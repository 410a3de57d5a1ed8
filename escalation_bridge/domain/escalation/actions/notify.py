"""`notify`: a notice to people outside the ticket."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.escalation.action import Acting, ActionKind, Hook
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.messages import MessageRequest


@dataclass(frozen=True, slots=True)
class SendNotice(Action):
    """A notice to people outside the ticket, through whatever extensions implement `notify`."""

    to: str
    template: str


def _act(action: SendNotice, at: Acting) -> Part:
    # It waits for their working hours, unless it pages.
    opening = None if at.rung.step.page else at.policy.calendar.next_open(at.now)
    notice = Notify(action.to, MessageRequest(action.template, at.facts))
    return Part(intents=(KeyedIntent(at.key, notice, not_before=opening),))


NOTIFY = ActionKind(
    word="notify",
    help="A notice to these people, through an extension that serves them.",
    make=lambda to: SendNotice(to, "notice"),
    of=SendNotice,
    act=_act,
    hook=Hook("notify", "nothing sends notifications", "write `note` for an internal note"),
    pages=True,
    reader=lambda action: ("notice", action.to),
)
