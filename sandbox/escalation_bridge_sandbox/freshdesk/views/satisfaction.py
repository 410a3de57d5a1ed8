"""`/api/v2/tickets/[id]/satisfaction_ratings`: what customers answered to the account's survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import flask

from escalation_bridge_sandbox.freshdesk.gate import API
from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.intake import query_params, read_json
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    invalid_value,
    it_should_be_one_of,
    missing,
)
from escalation_bridge_sandbox.freshdesk.state.records import SatisfactionRating, Ticket
from escalation_bridge_sandbox.freshdesk.tickets import shapes
from escalation_bridge_sandbox.freshdesk.views.tickets import living_ticket, seen_ticket

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount

SURVEY = 1
ANSWERS = (103, 102, 101, 100, -101, -102, -103)
"""From extremely happy over neutral (100) to extremely unhappy, as documented."""


def _ratings(name: str, value: object) -> FieldProblem | None:
    if not isinstance(value, dict) or "default_question" not in value:
        return missing(f"{name}.default_question", "Object")
    if any(answer not in ANSWERS for answer in value.values()):
        return invalid_value(name, it_should_be_one_of(tuple(map(str, ANSWERS))))
    return None


CHECKS: Mapping[str, checks.Check] = {"feedback": checks.string, "ratings": _ratings}


def satisfaction_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    views = flask.Blueprint("freshdesk_satisfaction", __name__)
    path = f"{API}/tickets/<int:ticket_id>/satisfaction_ratings"

    @views.get(path)
    def list_ratings(ticket_id: int) -> flask.Response:
        query_params(())
        ticket = seen_ticket(vendor.helpdesk.desk, ticket_id)
        return flask.jsonify([_json(ticket, each) for each in ticket.satisfaction_ratings])

    @views.post(path)
    def create(ticket_id: int) -> tuple[shapes.Json, int]:
        desk = vendor.helpdesk.desk
        ticket = living_ticket(desk, ticket_id)
        body = read_json()
        checks.refuse_unknown(body, CHECKS)
        problems = checks.missing_among(body, {"ratings": "It should be a/an Object"})
        problems += checks.problems_in(body, CHECKS)
        if problems:
            raise Invalid(problems)
        rating = SatisfactionRating(
            id=desk.new_id(),
            user_id=ticket.requester_id,
            agent_id=ticket.responder_id,
            group_id=ticket.group_id,
            feedback=body.get("feedback"),
            ratings=dict(body["ratings"]),
            created_at=vendor.helpdesk.now(),
        )
        ticket.satisfaction_ratings.append(rating)
        return _json(ticket, rating), 201

    return views


def _json(ticket: Ticket, rating: SatisfactionRating) -> shapes.Json:
    return {
        "id": rating.id,
        "survey_id": SURVEY,
        "user_id": rating.user_id,
        "agent_id": rating.agent_id,
        "feedback": rating.feedback,
        "group_id": rating.group_id,
        "ticket_id": ticket.id,
        "ratings": rating.ratings,
        "created_at": shapes.instant(rating.created_at),
        "updated_at": shapes.instant(rating.created_at),
    }
