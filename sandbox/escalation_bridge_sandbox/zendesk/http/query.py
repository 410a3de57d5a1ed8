"""Zendesk's search language, as much of it as tickets and users need."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from escalation_bridge_sandbox.zendesk.state.errors import ApiError
from escalation_bridge_sandbox.zendesk.state.records import Ticket, User
from escalation_bridge_sandbox.zendesk.state.search_index import IndexedTicket
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import parse_iso

TERM = re.compile(r'(-?)(?:([a-zA-Z_0-9]+)(>=|<=|:|>|<))?("[^"]*"|[^\s"]+)')
STATUS_RANK = {"new": 0, "open": 1, "pending": 2, "hold": 3, "solved": 4, "closed": 5}
PRIORITY_RANK = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
DATES = {
    "created": "created_at",
    "created_at": "created_at",
    "updated": "updated_at",
    "updated_at": "updated_at",
}


@dataclass(frozen=True)
class Term:
    """`-status<solved`: negated, field, operator, value. A bare word has no field."""

    negated: bool
    field: str
    operator: str
    value: str


def parse(query: str) -> list[Term]:
    return [
        Term(bool(minus), field or "", operator or ":", value.strip('"'))
        for minus, field, operator, value in TERM.findall(query)
    ]


def wanted_type(terms: list[Term]) -> str | None:
    return next((term.value for term in terms if term.field == "type"), None)


def finds_ticket(terms: list[Term], found: IndexedTicket, state: State) -> bool:
    """Whether all terms hold; several `tags:` or `status:` terms mean any of them, as in Zendesk."""
    by_field: dict[tuple[str, str, bool], list[bool]] = {}
    for term in terms:
        if term.field == "type":
            continue
        group = (
            (term.field, term.operator, term.negated)
            if term.field and not term.negated
            else (term.value, "", True)
        )
        by_field.setdefault(group, []).append(_holds(term, found, state) != term.negated)
    return all(any(answers) for answers in by_field.values())


def _holds(term: Term, found: IndexedTicket, state: State) -> bool:
    ticket = found.ticket
    if not term.field:
        # A number alone finds the ticket with that id, too.
        return term.value.lower() in found.text or term.value == str(ticket.id)
    if term.field in DATES:
        return _compare_dates(getattr(ticket, DATES[term.field]), term)
    if term.field in ("status", "priority"):
        return _compare_ranks(term, ticket)
    if term.field in ("requester", "assignee", "submitter"):
        user_id = getattr(ticket, f"{term.field}_id")
        return _is_user(None if user_id is None else state.users.get(user_id), term.value)
    if term.field.startswith("custom_field_"):
        value = ticket.custom_fields.get(int(term.field.removeprefix("custom_field_") or 0))
        return _same(value, term.value)
    check = FIELDS.get(term.field)
    return check is not None and check(found, term.value, state)


def _same(value: object, wanted: str) -> bool:
    if wanted == "none":
        return value in (None, "")
    return value is not None and str(value).lower() == wanted.lower()


def _group(found: IndexedTicket, wanted: str, state: State) -> bool:
    group_id = found.ticket.group_id
    name = None if group_id is None else state.groups[group_id].name
    return _same(group_id, wanted) or _same(name, wanted)


def _organization(found: IndexedTicket, wanted: str, state: State) -> bool:
    organization_id = found.ticket.organization_id
    name = None if organization_id is None else state.organizations[organization_id].name
    return _same(organization_id, wanted) or _same(name, wanted)


FIELDS: dict[str, Callable[[IndexedTicket, str, State], bool]] = {
    "external_id": lambda found, wanted, _: _same(found.ticket.external_id, wanted),
    "subject": lambda found, wanted, _: wanted.lower() in (found.ticket.subject or "").lower(),
    "description": lambda found, wanted, _: wanted.lower() in found.ticket.description.lower(),
    "comment": lambda found, wanted, _: wanted.lower() in found.text,
    "tags": lambda found, wanted, _: (
        wanted.lower() in found.ticket.tags or (wanted == "none" and not found.ticket.tags)
    ),
    "ticket_type": lambda found, wanted, _: _same(found.ticket.type, wanted),
    "via": lambda found, wanted, _: _same(found.ticket.channel, wanted),
    "custom_status_id": lambda found, wanted, _: _same(found.ticket.custom_status_id, wanted),
    "group": _group,
    "organization": _organization,
}


def _is_user(user: User | None, wanted: str) -> bool:
    if user is None:
        return wanted == "none"
    return wanted.lower() in (str(user.id), (user.email or "").lower(), user.name.lower())


def _compare_ranks(term: Term, ticket: Ticket) -> bool:
    ranks = STATUS_RANK if term.field == "status" else PRIORITY_RANK
    value = getattr(ticket, term.field)
    if term.operator == ":":
        return _same(value, term.value)
    current, wanted = ranks.get(value or "", 0), ranks.get(term.value)
    return wanted is not None and _ordered(current - wanted, term.operator)


def _compare_dates(instant: datetime, term: Term) -> bool:
    wanted = parse_iso(term.value)
    if wanted is None:
        raise ApiError(
            422, {"error": "invalid", "description": f"Invalid search: Invalid date {term.value!r}"}
        )
    if term.operator == ":" and len(term.value) == len("2026-01-31"):
        day = datetime.combine(wanted.date(), time(), UTC)
        return day <= instant < day + timedelta(days=1)
    return _ordered((instant - wanted).total_seconds(), term.operator)


def _ordered(difference: float, operator: str) -> bool:
    return {
        "<": difference < 0,
        "<=": difference <= 0,
        ">": difference > 0,
        ">=": difference >= 0,
        ":": difference == 0,
    }[operator]


def finds_user(terms: list[Term], user: User) -> bool:
    """Whether all terms hold for a user; a bare word is looked for in name and address."""
    for term in terms:
        match term.field:
            case "type":
                continue
            case "":
                holds = term.value.lower() in f"{user.name} {user.email}".lower()
            case "email" | "name" | "external_id" | "role" | "phone":
                holds = _same(getattr(user, term.field), term.value)
            case "created" | "created_at":
                holds = _compare_dates(user.created_at, term)
            case _:
                holds = False
        if holds == term.negated:
            return False
    return True
