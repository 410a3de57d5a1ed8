"""The page on which a customer says whether the handling of a request was satisfactory, from the link in the ticket."""

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, abort, request

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.case.satisfaction import RATE, Survey
from escalation_bridge.domain.tickets.satisfaction import Satisfaction, Verdict
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.cases.satisfaction import has_answer, save_answer
from escalation_bridge.store.queue import wakes
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_webhooks.pages.page import facts_of, language_of, show

_log = structlog.get_logger(__name__)

_LONGEST = 4000
"""Characters of a comment; more is cut off."""


def rating(on_done: Callable[[], None]) -> Callable[[Blueprint, Bridge], None]:
    """Add the page; `on_done` is called after somebody answered, so that a worker need not wait."""

    def add(pages: Blueprint, bridge: Bridge) -> None:
        @pages.get(f"/{RATE}/<token>")
        def ask_customer(token: str) -> Response:
            facts = facts_of(bridge, RATE, token)
            return _shown(bridge, facts, *_escalation(bridge, facts))

        @pages.post(f"/{RATE}/<token>")
        def take_answer(token: str) -> Response:
            facts = facts_of(bridge, RATE, token)
            view, escalation = _escalation(bridge, facts)
            written = request.form.get("verdict", "")
            if written not in set(Verdict):
                return _shown(bridge, facts, view, escalation)
            comment = from_text(request.form.get("comment", "")[:_LONGEST]).text
            now = bridge.now()
            with bridge.database.write() as transaction:
                answer = Satisfaction(Verdict(written), written, comment, now)
                event = save_answer(transaction, view.id, escalation, answer, Survey.LINK, now)
                if event is not None:
                    wakes.wake(transaction, view.id, now, "a customer")
            if event is None:
                return _shown(bridge, facts, view, escalation)
            on_done()
            _log.info("page.rated", case=view.id, escalation=escalation.number)
            return _shown(bridge, facts, view, escalation, done=True)

    return add


def _escalation(bridge: Bridge, facts: dict[str, str]) -> tuple[CaseView, Escalation]:
    """The case and the escalation of a link; the request ends if there is none any more."""
    try:
        case_id, number = int(facts["case"]), int(facts["escalation"])
        with bridge.database.read() as transaction:
            view = case_views.load_case(transaction, case_id)
        return view, next(each for each in view.escalations if each.number == number)
    except (LookupError, ValueError, StopIteration):
        abort(404)


def _shown(
    bridge: Bridge, facts: dict[str, str], view: CaseView, escalation: Escalation, *, done: bool = False
) -> Response:
    """The page. It shows the customer the request's own number and subject, and nothing of the escalation."""
    with bridge.database.read() as transaction:
        answered = has_answer(transaction, view.id, escalation.number)
    origin = view.tickets.get(view.origin)
    return show(
        "rate",
        language_of(bridge, facts),
        key=origin.key if origin else str(view.origin),
        subject=origin.subject if origin else "",
        verdicts=[str(each) for each in Verdict],
        done=done,
        answered=answered,
    )
