"""The page on which a person acknowledges an escalation, or a page about a target, from the link in a notice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Blueprint, Response, abort

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseState, CaseView
from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.sla import events
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.queue import wakes
from escalation_bridge_webhooks.pages.page import facts_of, language_of, show

_log = structlog.get_logger(__name__)

PAGE = "ack"


@dataclass(frozen=True, slots=True)
class _Paged:
    """What a link is about.

    Attributes:
        view: The case.
        escalation: Its escalation; None: the page was about a target.
        since: When the page about a target was sent first; None: it is about an escalation.
    """

    view: CaseView
    escalation: Escalation | None
    since: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether nobody is needed any more."""
        if self.escalation is None:
            return self.view.state is CaseState.CLOSED
        return not self.escalation.is_open

    @property
    def acknowledged_by(self) -> str | None:
        """Who acknowledged it, as far as that is known; None: nobody did."""
        if self.escalation is not None:
            changes = reversed(self.escalation.changes)
            by = next((each.by for each in changes if each.what == "acknowledged"), "")
            return by if self.escalation.acknowledged_at is not None else None
        done = [each for each in self.view.events if each.kind is events.EventKind.ACKNOWLEDGED]
        return next(
            ("".join(each.choice[:1]) for each in done if self.since is not None and each.at >= self.since),
            None,
        )


def acknowledging(on_done: Callable[[], None]) -> Callable[[Blueprint, Bridge], None]:
    """Add the page; `on_done` is called after somebody acknowledged something, so that a worker need not wait."""

    def add(pages: Blueprint, bridge: Bridge) -> None:
        @pages.get(f"/{PAGE}/<token>")
        def ask(token: str) -> Response:
            facts = facts_of(bridge, PAGE, token)
            return _shown(bridge, facts, _paged(bridge, facts))

        @pages.post(f"/{PAGE}/<token>")
        def acknowledge(token: str) -> Response:
            facts = facts_of(bridge, PAGE, token)
            paged = _paged(bridge, facts)
            if paged.has_ended or paged.acknowledged_by is not None:
                return _shown(bridge, facts, paged)
            member, now = facts.get("member", ""), bridge.now()
            name = bridge.rules.directory.name_of(member) or facts.get("by", "")
            with bridge.database.write() as transaction:
                case_file.save_events(
                    transaction, paged.view.id, [events.commanded("ack", name, now, member)]
                )
                wakes.wake(transaction, paged.view.id, now, "a person")
            on_done()
            _log.info("page.acknowledged", case=paged.view.id)
            return _shown(bridge, facts, paged, done=True)

    return add


def _paged(bridge: Bridge, facts: dict[str, str]) -> _Paged:
    """What a link is about; the request ends if there is no such thing any more."""
    try:
        with bridge.database.read() as transaction:
            view = case_views.load_case(transaction, int(facts["case"]))
        if "since" in facts:
            return _Paged(view, None, datetime.fromisoformat(facts["since"]))
        number = int(facts["escalation"])
        return _Paged(view, next(each for each in view.escalations if each.number == number), None)
    except (LookupError, ValueError, StopIteration):
        abort(404)


def _shown(bridge: Bridge, facts: dict[str, str], paged: _Paged, *, done: bool = False) -> Response:
    origin, escalation = paged.view.tickets.get(paged.view.origin), paged.escalation
    return show(
        "acknowledge",
        language_of(bridge, facts),
        key=origin.key if origin else str(paged.view.origin),
        url=origin.url if origin else "",
        subject=origin.subject if origin else "",
        team=bridge.rules.directory.title_of(escalation.owner.team) if escalation is not None else "",
        summary=escalation.summary if escalation is not None else "",
        done=done,
        acknowledged=paged.acknowledged_by is not None,
        by=paged.acknowledged_by or "",
        ended=paged.has_ended,
    )
