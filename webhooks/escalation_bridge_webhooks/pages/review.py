"""The pages of a review: one on which it is written, and one on which an action of it is marked as done."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, abort, request

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.review import (
    ACTION,
    REVIEW,
    Review,
    ReviewAction,
    done_actions,
    reviews_in,
)
from escalation_bridge.domain.sla import events
from escalation_bridge.store.cases import case_file, case_views, stored_incidents
from escalation_bridge.store.queue import wakes
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_webhooks.pages.page import facts_of, language_of, show

_log = structlog.get_logger(__name__)

_LONGEST = 4000
"""Characters of an answer; more is cut off."""
_SHORT = 200
_ACTIONS = 5


def reviewing(on_done: Callable[[], None]) -> Callable[[Blueprint, Bridge], None]:
    """Add the pages; `on_done` is called after somebody wrote something, so that a worker need not wait."""

    def add(pages: Blueprint, bridge: Bridge) -> None:
        @pages.get(f"/{REVIEW}/<token>")
        def ask_for_review(token: str) -> Response:
            facts = facts_of(bridge, REVIEW, token)
            return _review_page(bridge, facts, _case(bridge, facts))

        @pages.post(f"/{REVIEW}/<token>")
        def take_review(token: str) -> Response:
            facts = facts_of(bridge, REVIEW, token)
            view = _case(bridge, facts)
            review = _written(facts["subject"])
            is_new = all(each.subject != review.subject for each in reviews_in(view.events))
            if not is_new or not (review.by and review.happened):
                return _review_page(bridge, facts, view, is_incomplete=is_new)
            with bridge.database.write() as transaction:
                _save(transaction, bridge, view, review)
            on_done()
            _log.info("page.reviewed", case=view.id, subject=review.subject)
            return _review_page(bridge, facts, _case(bridge, facts), done=True)

        @pages.get(f"/{ACTION}/<token>")
        def ask_for_action(token: str) -> Response:
            facts = facts_of(bridge, ACTION, token)
            return _action_page(bridge, facts, _case(bridge, facts))

        @pages.post(f"/{ACTION}/<token>")
        def take_action(token: str) -> Response:
            facts = facts_of(bridge, ACTION, token)
            view, now = _case(bridge, facts), bridge.now()
            by = _line("by")
            event = events.action_done(facts["subject"], int(facts["action"]), by, now)
            with bridge.database.write() as transaction:
                case_file.save_events(transaction, view.id, [event])
                wakes.wake(transaction, view.id, now, "a person")
            on_done()
            return _action_page(bridge, facts, _case(bridge, facts))

    return add


def _save(transaction: sa.Connection, bridge: Bridge, view: CaseView, review: Review) -> None:
    """Keep a review with its case and its incident, and wake all cases that get it."""
    now, concerned = bridge.now(), [view.id]
    if view.incident is not None and view.incident.name == review.subject:
        document = json.dumps(review.choice, ensure_ascii=False)
        stored_incidents.update_incident(transaction, view.incident.id, review=document)
        concerned = sorted({*concerned, *stored_incidents.members_of(transaction, view.incident.id)})
    case_file.save_events(transaction, view.id, [events.reviewed(review.choice, now)])
    wakes.wake_all(transaction, dict.fromkeys(concerned, "a person"), now)


def _case(bridge: Bridge, facts: dict[str, str]) -> CaseView:
    """The case of a link; the request ends if there is none any more."""
    try:
        with bridge.database.read() as transaction:
            view = case_views.load_case(transaction, int(facts["case"]))
            incident = stored_incidents.incidents_of_cases(transaction, [view.id]).get(view.id)
    except (LookupError, ValueError):
        abort(404)
    return replace(view, incident=incident)


def _text(name: str) -> str:
    """What somebody wrote into a field, as plain text."""
    return from_text(request.form.get(name, "").strip()[:_LONGEST]).text


def _line(name: str) -> str:
    """The same on one line."""
    return " ".join(_text(name).split())[:_SHORT]


def _written(subject: str) -> Review:
    return Review(
        subject, _line("by"), _text("happened"), _text("cause"), _text("prevention"), tuple(_actions())
    )


def _actions() -> Iterator[ReviewAction]:
    for number in range(1, _ACTIONS + 1):
        action = _line(f"what{number}")
        if action:
            yield ReviewAction(action, _line(f"who{number}"), _date(f"due{number}"))


def _date(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


def _review_page(
    bridge: Bridge,
    facts: dict[str, str],
    view: CaseView,
    *,
    done: bool = False,
    is_incomplete: bool = False,
) -> Response:
    origin = view.tickets.get(view.origin)
    found = next((each for each in reviews_in(view.events) if each.subject == facts.get("subject")), None)
    return show(
        "review",
        language_of(bridge, facts),
        key=origin.key if origin else str(view.origin),
        url=origin.url if origin else "",
        subject=origin.subject if origin else "",
        incident=view.incident.name if view.incident is not None else "",
        review=found,
        done=done,
        is_incomplete=is_incomplete,
        written=request.form,
        numbers=range(1, _ACTIONS + 1),
    )


def _action_page(bridge: Bridge, facts: dict[str, str], view: CaseView) -> Response:
    review = next((each for each in reviews_in(view.events) if each.subject == facts.get("subject")), None)
    position = int(facts.get("action", "-1"))
    if review is None or not 0 <= position < len(review.actions):
        abort(404)
    return show(
        "action",
        language_of(bridge, facts),
        action=review.actions[position],
        subject=review.subject,
        is_done=position in done_actions(view.events, review.subject),
    )
