"""The incremental export: everything that changed, for pollers and warehouses."""

import base64
import binascii
from urllib.parse import quote

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, admins_only, base_url, included
from escalation_bridge_sandbox.zendesk.http.sideloads import beside, ticket_with_counts
from escalation_bridge_sandbox.zendesk.state.errors import ApiError, invalid_attribute
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket

LARGEST_PAGE = 1000
# What changed within the last minute is left out: it may still be changing.
SETTLING_SECONDS = 60

Mark = tuple[int, int]


def incremental_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("incremental")

    def settled() -> list[Ticket]:
        """Tickets, deleted ones too, in the order of their last change of any kind."""
        newest = int(vendor.clock.now().timestamp()) - SETTLING_SECONDS - 1
        without_deleted = flask.request.args.get("exclude_deleted") == "true"
        tickets = [
            ticket
            for ticket in vendor.state.tickets.values()
            if _mark(ticket)[0] <= newest and not (without_deleted and ticket.deleted_at)
        ]
        return sorted(tickets, key=_mark)

    def start_time() -> int:
        text = flask.request.args.get("start_time", "")
        if not text.isdigit():
            raise invalid_attribute("start_time", "an integer")
        if int(text) > vendor.clock.now().timestamp() - SETTLING_SECONDS:
            raise ApiError(
                422,
                {
                    "error": "StartTimeTooRecent",
                    "description": "Too recent start_time. Use a start_time older than 1 minutes",
                },
            )
        return int(text)

    def shown(tickets: list[Ticket]) -> Json:
        include = included()
        return {
            "tickets": [ticket_with_counts(ticket, vendor.state, base_url(), include) for ticket in tickets],
            **beside(tickets, vendor.state, base_url(), include),
        }

    @api.get("/incremental/tickets/cursor")
    def by_cursor() -> Json:
        admins_only()
        cursor = flask.request.args.get("cursor")
        after: Mark = (start_time(), -1) if cursor is None else _decode(cursor)
        waiting = [ticket for ticket in settled() if _mark(ticket) > after]
        size = _size()
        page = waiting[:size]
        after_cursor = _encode(_mark(page[-1])) if page else cursor
        return {
            **shown(page),
            "after_url": after_cursor and f"{flask.request.base_url}?cursor={quote(after_cursor)}",
            "before_url": None,
            "after_cursor": after_cursor,
            "before_cursor": None,
            "end_of_stream": len(waiting) <= size,
        }

    @api.get("/incremental/tickets")
    def by_time() -> Json:
        admins_only()
        start = start_time()
        waiting = [ticket for ticket in settled() if _mark(ticket)[0] >= start]
        page = waiting[: _size()]
        # The last second is taken whole, so that the next page can begin at its end; seen twice is possible.
        end_time = _mark(page[-1])[0] if page else None
        page += [ticket for ticket in waiting[len(page) :] if _mark(ticket)[0] == end_time]
        return {
            **shown(page),
            "count": len(page),
            "end_of_stream": len(page) == len(waiting),
            "next_page": None if end_time is None else f"{flask.request.base_url}?start_time={end_time}",
            "end_time": end_time,
        }

    return api


def _mark(ticket: Ticket) -> Mark:
    return int(ticket.generated_at.timestamp()), ticket.id


def _encode(mark: Mark) -> str:
    return base64.b64encode(f"{mark[0]}.0||{mark[1]}|".encode()).decode()


def _decode(cursor: str) -> Mark:
    try:
        seconds, _, number = base64.b64decode(cursor, validate=True).decode().rstrip("|").partition("||")
        return int(float(seconds)), int(number)
    except (binascii.Error, ValueError) as problem:
        raise invalid_attribute("cursor", "a valid cursor") from problem


def _size() -> int:
    text = flask.request.args.get("per_page", str(LARGEST_PAGE))
    if not text.isdigit() or int(text) < 1:
        raise invalid_attribute("per_page", "an integer")
    return min(int(text), LARGEST_PAGE)
