"""Search: over the index, which lags behind."""

from collections.abc import Sequence
from typing import Any

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, base_url
from escalation_bridge_sandbox.zendesk.http.pages import paged
from escalation_bridge_sandbox.zendesk.http.query import Term, finds_ticket, finds_user, parse, wanted_type
from escalation_bridge_sandbox.zendesk.state.errors import ApiError
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket, User
from escalation_bridge_sandbox.zendesk.state.times import iso
from escalation_bridge_sandbox.zendesk.tickets.present import ticket_json, user_json

MOST_RESULTS = 1000
LARGEST_EXPORT_PAGE = 1000


def search_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("search")

    def results(terms: list[Term], kind: str | None) -> list[Ticket | User]:
        found: list[Ticket | User] = []
        if kind in (None, "ticket"):
            found.extend(
                entry.ticket for entry in vendor.index.tickets() if finds_ticket(terms, entry, vendor.state)
            )
        if kind in (None, "user"):
            found.extend(user for user in vendor.state.users.values() if finds_user(terms, user))
        return found

    def show(found: Ticket | User) -> Json:
        if isinstance(found, Ticket):
            return ticket_json(found, vendor.state, base_url()) | {"result_type": "ticket"}
        return user_json(found, base_url()) | {"result_type": "user"}

    @api.get("/search")
    def search() -> Json:
        terms = _terms()
        key, descending = _order()
        found = results(terms, wanted_type(terms))
        _check_depth()
        page = paged("results", found, key, show, descending=descending)
        return {"results": page.pop("results"), "facets": None, **page}

    @api.get("/search/count")
    def count() -> Json:
        terms = _terms()
        return {"count": len(results(terms, wanted_type(terms)))}

    @api.get("/search/export")
    def export() -> Json:
        kind = flask.request.args.get("filter[type]")
        if kind not in ("ticket", "user", "organization", "group"):
            raise ApiError(400, {"error": "invalid", "description": "filter[type] must be ticket, user, ..."})
        # `type:` in the query is superfluous here; recorded traffic shows that it does no harm.
        found: Sequence[Ticket | User] = results(_terms(), kind) if kind in ("ticket", "user") else []
        page = paged(
            "results",
            found,
            _by_creation,
            show,
            largest=LARGEST_EXPORT_PAGE,
            always_cursor=True,
            descending=True,
        )
        # There is no way back.
        page["meta"]["before_cursor"] = page["links"]["prev"] = None
        return {"results": page.pop("results"), "facets": None, **page}

    return api


def _terms() -> list[Term]:
    query = flask.request.args.get("query", "")
    if not query.strip():
        raise ApiError(422, {"error": "invalid", "description": "Invalid search: query must not be blank"})
    return parse(query)


def _by_creation(found: Ticket | User) -> tuple[Any, ...]:
    return (iso(found.created_at), found.id)


def _order() -> tuple[Any, bool]:
    descending = flask.request.args.get("sort_order", "desc") == "desc"
    if flask.request.args.get("sort_by") == "updated_at":
        return lambda found: (iso(getattr(found, "updated_at", found.created_at)), found.id), descending
    return _by_creation, descending


def _check_depth() -> None:
    page, per_page = flask.request.args.get("page", "1"), flask.request.args.get("per_page", "100")
    if page.isdigit() and per_page.isdigit() and int(page) * min(int(per_page), 100) > MOST_RESULTS:
        raise ApiError(
            422,
            {
                "error": "invalid",
                "description": "Invalid search: Requested response size was greater than Search Response Limits",
            },
        )
