"""What there is to report to a customer. Each occasion has an id, and is reported once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.domain.case.cases import Link
from escalation_bridge.domain.case.escalations import Escalation, Outcome
from escalation_bridge.domain.case.incidents import CaseIncident, over_occasion, raised_occasion
from escalation_bridge.domain.customers.correspondence import Correspondence, update_of
from escalation_bridge.domain.customers.expectation import Expectation, Expected
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.sla.customer_updates import Occasion
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.domain.tickets.tickets import StatusKind

_WORTH_A_CORRECTION = timedelta(minutes=30)
"""Somebody who was told a time does not want to know that it moved by less."""


@dataclass(frozen=True, slots=True)
class News:
    """Something to report.

    Attributes:
        id: The same for the same occasion, whenever it is looked at.
        about: How an update about it alone begins; a word of the message catalogue with the prefix `update_`.
        since: When it came about.
        answers: Whether a later public comment of an agent makes it needless.
        settled_before: How long before an agent's comment made it needless already.
    """

    id: str
    kind: Occasion
    about: str
    since: datetime
    answers: bool = True
    settled_before: timedelta = timedelta()

    def is_answered(self, answered_at: datetime | None) -> bool:
        """Whether an agent's last public comment made it needless."""
        # Vendors tell whole seconds.
        since = (self.since - self.settled_before).replace(microsecond=0)
        return self.answers and answered_at is not None and answered_at >= since


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks for what there is to report.

    Attributes:
        so_far: What the customer was told.
        reported: The ids of occasions that were reported.
        drafting: Whether drafts count as reports.
        expected: What the customer may expect now.
    """

    at: Situation
    policy: Policy
    so_far: Correspondence
    reported: frozenset[str]
    drafting: bool
    expected: Expectation | None

    def news(self) -> tuple[News, ...]:
        """What is to be reported now, the most important first."""
        updates = self.policy.updates
        wanted = updates.occasions if updates is not None else frozenset()
        order = list(Occasion)
        found = [
            each
            for each in self._all()
            if each.kind in wanted
            and each.id not in self.reported
            and not each.is_answered(self.so_far.answered_at)
        ]
        return tuple(sorted(found, key=lambda each: order.index(each.kind)))

    @property
    def silent_until(self) -> datetime | None:
        """When the customer will have heard nothing for too long; None: no update is promised."""
        updates, since = self.policy.updates, self._silent_since
        if updates is None or updates.every_seconds is None or since is None:
            return None
        if Occasion.SILENCE not in updates.occasions:
            return None
        return self.policy.calendar.due(since, updates.every_seconds)

    @property
    def broken_at(self) -> datetime | None:
        """When the time that the customer was told passes; None: no such time lies ahead."""
        promised = self._promised
        if promised is None or promised.by <= self.at.now or Occasion.MISSED not in self._wanted:
            return None
        return promised.by

    # --- single occasions ---------------------------------------------------------------------------------------------

    @property
    def _wanted(self) -> frozenset[Occasion]:
        return self.policy.updates.occasions if self.policy.updates is not None else frozenset()

    @property
    def _incident(self) -> CaseIncident | None:
        """The incident for which the customer is informed, instead of the single ticket."""
        incident, last = self.at.view.incident, self._last
        if incident is None or (
            incident.ended_at is not None and last and last.opened_at > incident.ended_at
        ):
            return None
        return incident

    @property
    def _last(self) -> Escalation | None:
        return self.at.view.escalations[-1] if self.at.view.escalations else None

    @property
    def _is_worked_on(self) -> bool:
        """Whether others work on it for the customer, so that updates are due."""
        incident = self._incident
        if self.at.origin.status.kind.done:
            return False
        return self.at.present is not None or (incident is not None and incident.ended_at is None)

    def _all(self) -> Iterator[News]:
        incident = self._incident
        if incident is not None:
            if incident.speaks:
                yield from self._of_incident(incident)
                yield from self._of_time()
        else:
            yield from self._of_escalation()
            yield from self._of_time()
        yield from self._done()

    def _of_incident(self, incident: CaseIncident) -> Iterator[News]:
        raised = News(raised_occasion(incident.id), Occasion.INCIDENT, "incident", incident.raised_at)
        if self.at.origin.status.kind.done:
            return
        if incident.ended_at is None:
            yield raised
        elif raised.id in self.reported:  # who was not told of it does not need to know that it is over
            over = over_occasion(incident.id)
            yield News(over, Occasion.INCIDENT, "incident_over", incident.ended_at, answers=False)

    def _of_escalation(self) -> Iterator[News]:
        last, view = self._last, self.at.view
        if last is None or self.at.origin.status.kind.done:
            return
        if last.is_open and self._has_begun(last) and self._is_recent(last.opened_at):
            about = "again" if last.number > 1 else "escalated"
            yield News(f"escalated:{last.number}", Occasion.ESCALATED, about, last.opened_at)
        if (
            last.outcome is Outcome.RETURNED
            and last.closed_at is not None
            and self._is_recent(last.closed_at)
        ):
            drafted = self.drafting and last.route in self.at.rules.routes
            if not (drafted and last.route and self.at.rules.routes[last.route].draft_reply):
                yield News(f"returned:{last.number}", Occasion.PROGRESS, "returned", last.closed_at)
        if last.is_open:
            for link in view.links:
                if link.route == last.route and not link.by_hand:
                    yield from self._of_linked(link)

    def _has_begun(self, escalation: Escalation) -> bool:
        """Whether there is somebody who has the case: a linked ticket is there, or a team of the same helpdesk has it."""
        links = self.at.view.links
        return escalation.route is None or any(
            link.route == escalation.route and link.linked in self.at.view.tickets for link in links
        )

    def _is_recent(self, since: datetime) -> bool:
        return self.at.now - since <= timedelta(seconds=self.policy.stale_after_seconds)

    def _of_linked(self, link: Link) -> Iterator[News]:
        """The last change of the linked ticket's status that tells a customer something."""
        found, before = None, StatusKind.NEW
        for event in self.at.view.linked_events.get(link.linked, ()):
            if event.status is None:
                continue
            if event.kind is EventKind.STATUS:
                found = _progress(link, before, event.status, event.key, event.at) or found
            before = event.status
        ticket = self.at.view.tickets.get(link.linked)
        if found is None or ticket is None or ticket.status.kind.done or not self._is_recent(found.since):
            return
        if found.about == "question" and ticket.status.kind is not StatusKind.WAITING_CUSTOMER:
            return
        yield found

    def _done(self) -> Iterator[News]:
        """The ticket is solved: for those who were told of the escalation."""
        if self.at.origin.status.kind is not StatusKind.SOLVED:
            return
        if self.so_far.last(with_drafts=self.drafting) is None:
            return
        solved = [event for event in self.at.view.events if event.status and event.kind is EventKind.STATUS]
        if not solved or not solved[-1].status or not solved[-1].status.done:
            return
        since, updates = solved[-1].at, self.policy.updates
        quiet = timedelta(seconds=updates.quiet_seconds if updates is not None else 0)
        if self._is_recent(since):
            yield News(f"done:{solved[-1].key}", Occasion.DONE, "done", since, settled_before=quiet)

    # --- time -----------------------------------------------------------------------------------------------------------

    @property
    def _promised(self) -> Expectation | None:
        """What the customer was last told to expect."""
        last = self.so_far.last(with_drafts=self.drafting)
        update = update_of(last) if last is not None else None
        if last is None or update is None or not update.facts["due"]:
            return None
        return Expectation(Expected(update.facts["expected"]), datetime.fromisoformat(update.facts["due"]))

    def _of_time(self) -> Iterator[News]:
        if not self._is_worked_on:
            return
        promised, now = self._promised, self.at.now
        if promised is not None and promised.what is not Expected.UPDATE:
            moved = self.expected is not None and self.expected.what is promised.what
            if moved and self.expected and abs(self.expected.by - promised.by) >= _WORTH_A_CORRECTION:
                about = "due"
                yield News(f"due:{self.expected.by.isoformat()}", Occasion.DUE, about, now, answers=False)
            elif promised.by <= now:
                yield News(f"missed:{promised.by.isoformat()}", Occasion.MISSED, "missed", promised.by)
        until = self.silent_until
        if until is not None and until <= now and self._silent_since is not None:
            since = self._silent_since.isoformat()
            yield News(f"silence:{since}", Occasion.SILENCE, "silence", until, answers=False)

    @property
    def _silent_since(self) -> datetime | None:
        """Since when the customer has heard nothing while others work on it; None: it is the customer's turn."""
        if not self._is_worked_on or self.at.origin.status.kind is StatusKind.WAITING_CUSTOMER:
            return None
        incident, present = self._incident, self.at.present
        began = incident.raised_at if incident is not None else present.opened_at if present else None
        last = self.so_far.last(with_drafts=self.drafting)
        wrote = (last.sent_at or last.decided_at) if last is not None else None
        return max((each for each in (began, wrote, self.so_far.answered_at) if each), default=None)


def _progress(link: Link, before: StatusKind, status: StatusKind, key: str, since: datetime) -> News | None:
    """What a change of a linked ticket's status means to a customer; None: nothing."""
    if before.done and not status.done:
        return News(f"reopened:{key}", Occasion.PROGRESS, "reopened", since)
    if status is StatusKind.WAITING_CUSTOMER:
        return News(f"question:{key}", Occasion.PROGRESS, "question", since)
    if before is StatusKind.NEW and status is StatusKind.OPEN:
        return News(f"started:{link.id}", Occasion.PROGRESS, "started", since)
    return None
