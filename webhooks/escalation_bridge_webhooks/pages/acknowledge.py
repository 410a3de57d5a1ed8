"""The page on which a person acknowledges an escalation, from the link in a notice."""

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, abort

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.sla import events
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.queue import wakes
from escalation_bridge_webhooks.pages.page import facts_of, language_of, show

_log = structlog.get_logger(__name__)

PAGE = "ack"


def acknowledging(on_done: Callable[[], None]) -> Callable[[Blueprint, Bridge], None]:
    """Add the page; `on_done` is called after somebody acknowledged something, so that a worker need not wait."""

    def add(pages: Blueprint, bridge: Bridge) -> None:
        @pages.get(f"/{PAGE}/<token>")
        def ask(token: str) -> Response:
            facts = facts_of(bridge, PAGE, token)
            view, escalation = _escalation(bridge, facts)
            return _shown(bridge, facts, view, escalation)

        @pages.post(f"/{PAGE}/<token>")
        def acknowledge(token: str) -> Response:
            facts = facts_of(bridge, PAGE, token)
            view, escalation = _escalation(bridge, facts)
            if not escalation.is_open or escalation.acknowledged_at is not None:
                return _shown(bridge, facts, view, escalation)
            member, now = facts.get("member", ""), bridge.now()
            name = bridge.rules.directory.name_of(member)
            with bridge.database.write() as transaction:
                case_file.save_events(transaction, view.id, [events.commanded("ack", name, now, member)])
                wakes.wake(transaction, view.id, now, "a person")
            on_done()
            _log.info("page.acknowledged", case=view.id, escalation=escalation.number)
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
    origin = view.tickets.get(view.origin)
    by = next((each.by for each in reversed(escalation.changes) if each.what == "acknowledged"), "")
    return show(
        "acknowledge",
        language_of(bridge, facts),
        key=origin.key if origin else str(view.origin),
        url=origin.url if origin else "",
        subject=origin.subject if origin else "",
        team=bridge.rules.directory.title_of(escalation.owner.team),
        summary=escalation.summary,
        done=done,
        acknowledged=escalation.acknowledged_at is not None,
        by=by,
        ended=not escalation.is_open,
    )
