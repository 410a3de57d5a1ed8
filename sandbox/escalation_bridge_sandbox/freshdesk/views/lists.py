"""`GET /tickets` and `GET /search/tickets`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import flask

from escalation_bridge_sandbox.freshdesk.gate import API, current_agent
from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.intake import query_params
from escalation_bridge_sandbox.freshdesk.input.paging import PAGE_PARAMS, paged_response, read_page
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    invalid_value,
    it_should_be,
    it_should_be_one_of,
    wrong_type,
)
from escalation_bridge_sandbox.freshdesk.input.search_query import compile_query, searchable_fields
from escalation_bridge_sandbox.freshdesk.state.records import Status, Ticket
from escalation_bridge_sandbox.freshdesk.tickets import shapes
from escalation_bridge_sandbox.freshdesk.views.tickets import embeds

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
    from escalation_bridge_sandbox.freshdesk.state.desk import Desk

LIST_EMBEDS = ("stats", "requester", "description")
FILTERS = ("new_and_my_open", "watching", "spam", "deleted")
ORDERS = ("created_at", "due_by", "updated_at", "status")
DIRECTIONS = ("asc", "desc")
LIST_PARAMS = (
    "filter", "requester_id", "email", "unique_external_id", "company_id", "updated_since", "order_by", "order_type",
    "include", *PAGE_PARAMS,
)  # fmt: skip
RECENT = timedelta(days=30)
LAST_LIST_PAGE = 300
SEARCH_PAGE_SIZE = 30
LAST_SEARCH_PAGE = 10
NEVER = datetime.max.replace(tzinfo=UTC)

Test = Callable[[Ticket], bool]


def lists_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    views = flask.Blueprint("freshdesk_lists", __name__, url_prefix=API)

    @views.get("/tickets")
    def list_tickets() -> flask.Response:
        params = query_params(LIST_PARAMS)
        _check_choices(params)
        page = read_page(params, last_page=LAST_LIST_PAGE)
        names = embeds(params, LIST_EMBEDS)
        desk = vendor.helpdesk.desk
        tests = _tests(params, desk, vendor.helpdesk.now())
        found = [ticket for ticket in desk.tickets.values() if all(test(ticket) for test in tests)]
        found.sort(
            key=_order(params.get("order_by", "created_at")),
            reverse=params.get("order_type", "desc") == "desc",
        )
        return paged_response(
            found, page, lambda ticket: _row(ticket, desk, names), vendor.base_url, LAST_LIST_PAGE
        )

    @views.get("/search/tickets")
    def search_tickets() -> shapes.Json:
        params = query_params(("query", "page"))
        page = read_page(params, size=SEARCH_PAGE_SIZE, last_page=LAST_SEARCH_PAGE)
        desk = vendor.helpdesk.desk
        matches = compile_query(params.get("query"), searchable_fields(desk.form))
        # The index decides what is found; what is shown is the ticket as it is now.
        found = [
            number for number, document in vendor.helpdesk.index.documents().items() if matches(document)
        ]
        agent = current_agent()
        found = [number for number in found if desk.may_see(agent, desk.tickets[number])]
        found.sort(reverse=True)
        tickets = [desk.tickets[number] for number in page.slice(found)]
        return {
            "total": len(found),
            "results": [{**shapes.ticket_row(ticket), **shapes.description(ticket)} for ticket in tickets],
        }

    return views


def _row(ticket: Ticket, desk: Desk, names: Iterable[str]) -> shapes.Json:
    row = shapes.ticket_row(ticket)
    if "description" in names:
        row |= shapes.description(ticket)
    if "requester" in names:
        row["requester"] = shapes.requester(desk.person(ticket.requester_id))
    if "stats" in names:
        row["stats"] = shapes.stats(ticket)
    return row


def _check_choices(params: Mapping[str, str]) -> None:
    allowed = {"filter": FILTERS, "order_by": ORDERS, "order_type": DIRECTIONS}
    problems: list[FieldProblem] = [
        invalid_value(name, it_should_be_one_of(values))
        for name, values in allowed.items()
        if name in params and params[name] not in values
    ]
    problems += [
        wrong_type(name, params[name], it_should_be("Positive Integer"))
        for name in ("requester_id", "company_id")
        if name in params and not params[name].isdigit()
    ]
    if "updated_since" in params and checks.parse_instant(params["updated_since"]) is None:
        problems.append(wrong_type("updated_since", params["updated_since"], it_should_be("DateTime")))
    if problems:
        raise Invalid(problems)


def _tests(params: Mapping[str, str], desk: Desk, now: datetime) -> list[Test]:
    agent = current_agent()
    tests = [_visibility(params.get("filter"), agent.id), lambda ticket: desk.may_see(agent, ticket)]
    since = checks.parse_instant(params.get("updated_since", ""))
    if since is not None:
        tests.append(lambda ticket: ticket.updated_at >= since)
    else:
        tests.append(lambda ticket: ticket.created_at >= now - RECENT)
    if "requester_id" in params:
        requester_id = int(params["requester_id"])
        tests.append(lambda ticket: ticket.requester_id == requester_id)
    if "company_id" in params:
        company_id = int(params["company_id"])
        tests.append(lambda ticket: ticket.company_id == company_id)
    for attribute in ("email", "unique_external_id"):
        if attribute in params:
            contact = desk.contact_by(attribute, params[attribute])
            if contact is None:
                # Wording not verified.
                raise Invalid(
                    [invalid_value(attribute, f"There is no contact matching the given {attribute}")]
                )
            contact_id = contact.id
            tests.append(lambda ticket, contact_id=contact_id: ticket.requester_id == contact_id)  # type: ignore[misc]
    return tests


def _visibility(name: str | None, agent_id: int) -> Test:
    match name:
        case "deleted":
            return lambda ticket: ticket.deleted
        case "spam":
            return lambda ticket: ticket.spam and not ticket.deleted
        case "new_and_my_open":
            return lambda ticket: (
                ticket.listed and ticket.status == Status.OPEN and ticket.responder_id in {None, agent_id}
            )
        case "watching":
            # Watchers are left out of the stand-in, so nobody watches anything.
            return lambda _ticket: False
        case _:
            return lambda ticket: ticket.listed


def _order(name: str) -> Callable[[Ticket], Any]:
    """Instants are whole seconds, so tickets of one second are told apart by their number."""
    if name == "due_by":
        return lambda ticket: (ticket.sla.shown.due_by if ticket.sla.shown else NEVER, ticket.id)
    return lambda ticket: (getattr(ticket, name), ticket.id)
