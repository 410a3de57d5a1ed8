"""What Zendesk measures of a ticket: metric events, the metric set, and the clocks of its own SLA policy. All in calendar time.

An answer is a public comment of somebody who had an agent's seat when it was written and is not the ticket's requester; what became of
the seat afterwards changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket
from escalation_bridge_sandbox.zendesk.state.times import iso, iso_or_none

PAUSED_IN = {"requester_wait_time": ("pending",), "agent_work_time": ("pending", "hold")}
METRICS = ("first_reply_time", "next_reply_time", "requester_wait_time", "agent_work_time")

Stretch = tuple[datetime, datetime | None]


def status_changes(ticket: Ticket) -> list[tuple[datetime, str]]:
    """The ticket's statuses and since when, from its audits."""
    return [
        (audit.created_at, str(event["value"]))
        for audit in ticket.audits
        for event in audit.events
        if event.get("field_name") == "status" and event["type"] in ("Create", "Change")
    ]


def replies(ticket: Ticket) -> list[Stretch]:
    """The stretches in which somebody waited for an answer: since when, and until which answer."""
    stretches: list[Stretch] = []
    waits: datetime | None = ticket.created_at
    for comment in ticket.comments[1:]:
        if comment.public and comment.is_answer and waits is not None:
            stretches.append((waits, comment.created_at))
            waits = None
        elif comment.public and not comment.is_answer and waits is None:
            waits = comment.created_at
    return [*stretches, (waits, None)] if waits is not None else stretches


def metric_events(ticket: Ticket) -> Json:
    """`include=metric_events` of a single ticket."""
    return {
        "reply_time": list(_numbered(ticket, "reply_time", _reply_events(ticket))),
        **{
            metric: list(_numbered(ticket, metric, _status_events(ticket, paused)))
            for metric, paused in PAUSED_IN.items()
        },
    }


def _numbered(ticket: Ticket, metric: str, events: Iterator[tuple[int, str, datetime]]) -> Iterator[Json]:
    for number, (instance, kind, at) in enumerate(events, start=1):
        yield {
            "id": ticket.id * 1000 + number,
            "ticket_id": ticket.id,
            "metric": metric,
            "instance_id": instance,
            "type": kind,
            "time": iso(at),
        }


def _reply_events(ticket: Ticket) -> Iterator[tuple[int, str, datetime]]:
    for instance, (since, answered) in enumerate(replies(ticket), start=1):
        yield instance, "activate", since
        if answered is not None:
            yield instance, "fulfill", answered


def _status_events(ticket: Ticket, paused: tuple[str, ...]) -> Iterator[tuple[int, str, datetime]]:
    before = ""
    for at, status in status_changes(ticket):
        kind = "fulfill" if status in ("solved", "closed") else "pause" if status in paused else "activate"
        if kind != before:
            yield 1, kind, at
        before = kind


def metric_set(ticket: Ticket, now: datetime) -> Json:
    """`include=metric_sets`, and `GET /tickets/{id}/metrics`."""
    changes = status_changes(ticket)
    solved = [at for at, status in changes if status == "solved"]
    answered = [until for _, until in replies(ticket)[:1] if until is not None]
    return {
        "url": "",
        "id": ticket.id + 9_000_000,
        "ticket_id": ticket.id,
        "created_at": iso(ticket.created_at),
        "updated_at": iso(ticket.updated_at),
        "group_stations": 1 if ticket.group_id else 0,
        "assignee_stations": 1 if ticket.assignee_id else 0,
        "reopens": sum(
            before in ("solved", "closed") and after not in ("solved", "closed")
            for (_, before), (_, after) in pairwise(changes)
        ),
        "replies": sum(comment.public and comment.is_answer for comment in ticket.comments[1:]),
        "assignee_updated_at": None,
        "requester_updated_at": iso(ticket.created_at),
        "status_updated_at": iso(changes[-1][0] if changes else ticket.created_at),
        "custom_status_updated_at": iso(changes[-1][0] if changes else ticket.created_at),
        "initially_assigned_at": None,
        "assigned_at": None,
        "solved_at": iso_or_none(solved[-1] if solved else None),
        "latest_comment_added_at": iso_or_none(ticket.comments[-1].created_at if ticket.comments else None),
        "reply_time_in_minutes": _minutes(answered[0] - ticket.created_at if answered else None),
        "first_resolution_time_in_minutes": _minutes(solved[0] - ticket.created_at if solved else None),
        "full_resolution_time_in_minutes": _minutes(solved[-1] - ticket.created_at if solved else None),
        "agent_wait_time_in_minutes": _minutes(None),
        "requester_wait_time_in_minutes": _minutes(_used(ticket, ("pending",), now)),
        "on_hold_time_in_minutes": _minutes(timedelta()),
    }


def _minutes(span: timedelta | None) -> Json:
    minutes = None if span is None else int(span / timedelta(minutes=1))
    return {"calendar": minutes, "business": minutes}


def slas(ticket: Ticket, targets: dict[str, int], now: datetime) -> Json:
    """`include=slas`: the clocks that the account's policy keeps about this ticket; `targets` in minutes."""
    metrics = (_policy_metric(ticket, name, targets[name], now) for name in METRICS if name in targets)
    return {"policy_metrics": [metric for metric in metrics if metric is not None]}


def _policy_metric(ticket: Ticket, name: str, minutes: int, now: datetime) -> Json | None:
    target = timedelta(minutes=minutes)
    if name in PAUSED_IN:
        return _work_metric(ticket, name, target, now)
    stretches = replies(ticket)[:1] if name == "first_reply_time" else replies(ticket)[1:]
    if not stretches:
        return None
    since, answered = stretches[-1]
    if answered is not None or ticket.status in ("solved", "closed"):
        return {"breach_at": None, "stage": "achieved", "metric": name}
    return _running(name, since + target, now)


def _work_metric(ticket: Ticket, name: str, target: timedelta, now: datetime) -> Json:
    if ticket.status in ("solved", "closed"):
        return {"breach_at": None, "stage": "achieved", "metric": name}
    if ticket.status in PAUSED_IN[name]:
        return {"breach_at": None, "stage": "paused", "metric": name}
    return _running(name, now + target - _used(ticket, PAUSED_IN[name], now), now)


def _running(name: str, due: datetime, now: datetime) -> Json:
    left = int((due - now) / timedelta(minutes=1))
    return {"breach_at": iso(due), "stage": "active", "metric": name, "minutes": left}


def _used(ticket: Ticket, paused: tuple[str, ...], now: datetime) -> timedelta:
    steps = status_changes(ticket) or [(ticket.created_at, "new")]
    ends = [at for at, _ in steps[1:]] + [now]
    stopped = (*paused, "solved", "closed")
    return sum(
        (end - at for (at, status), end in zip(steps, ends, strict=True) if status not in stopped),
        timedelta(),
    )
