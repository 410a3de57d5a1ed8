"""Read the answers to the helpdesk's own satisfaction survey, once an escalated case is over."""

from datetime import timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.rule import with_part
from escalation_bridge.domain.case.satisfaction import Survey
from escalation_bridge.domain.customers.rating_question import escalation_to_rate
from escalation_bridge.domain.tickets.satisfaction import Satisfaction
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.store.cases.satisfaction import save_answer
from escalation_bridge.store.queue.claims import Claim, hold_lease
from escalation_bridge.text.rich_text import from_text

_log = structlog.get_logger(__name__)

_CLOCKS_DIFFER = timedelta(minutes=1)
"""The maximum clock difference between a vendor and the bridge."""
_LONGEST = 32
"""Characters of a score in the database."""


def read_satisfaction(bridge: Bridge, claim: Claim, view: CaseView, lease: timedelta) -> CaseView:
    """Read the survey of a case that is over, and save a new answer. Returns the case, with the answer.

    A failure at the vendor is logged and is no failure of the case: it is read again later.
    """
    rules = bridge.rules_under(view.rules_version)
    rule = rules.satisfaction.get(view.origin.connection)
    helpdesk = bridge.helpdesks.get(view.origin.connection)
    if rule is None or rule.survey is not Survey.HELPDESK or helpdesk is None:
        return view
    ended, now = escalation_to_rate(view), bridge.now()
    if ended is None or ended.closed_at is None or not helpdesk.can("fetch_satisfaction"):
        return view
    if not rule.after <= now - ended.closed_at <= rule.valid_for:
        return view
    answer = _read(helpdesk, view, ended)
    if answer is None:
        return view
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, now, lease)
        event = save_answer(transaction, view.id, ended, answer, rule.survey, now)
    return with_part(view, Part(happened=(event,))) if event is not None else view


def _read(helpdesk: Helpdesk, view: CaseView, ended: Escalation) -> Satisfaction | None:
    """The last answer that belongs to an escalation; one from before it is about an earlier time."""
    try:
        found = helpdesk.fetch_satisfaction(view.origin.id)
    except BridgeError as error:
        _log.warning("satisfaction.unread", case=view.id, ticket=str(view.origin), error=str(error))
        return None
    known = [each for each in found if each.at is None or each.at >= ended.opened_at - _CLOCKS_DIFFER]
    if not known:
        return None
    last = known[-1]
    return Satisfaction(last.verdict, last.score[:_LONGEST], from_text(last.comment).text, last.at)
