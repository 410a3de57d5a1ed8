"""Triggers: what admins make so that changes of tickets set something off."""

from datetime import datetime
from typing import Any

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.automation.conditions import condition_problem
from escalation_bridge_sandbox.zendesk.automation.triggers import action_problem, conditions_of
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, admins_only, base_url, json_body
from escalation_bridge_sandbox.zendesk.http.pages import paged
from escalation_bridge_sandbox.zendesk.state.errors import invalid_attribute, not_found, record_invalid
from escalation_bridge_sandbox.zendesk.state.records import Json, Trigger
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import whole_seconds
from escalation_bridge_sandbox.zendesk.tickets.present import trigger_json


def triggers_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("triggers")

    @api.get("/triggers")
    @api.get("/triggers/active")
    def list_triggers() -> Json:
        triggers = list(vendor.state.triggers.values())
        if "active" in flask.request.args or flask.request.path.removesuffix(".json").endswith("/active"):
            wanted = flask.request.args.get("active", "true") == "true"
            triggers = [trigger for trigger in triggers if trigger.active is wanted]
        return paged(
            "triggers",
            triggers,
            lambda trigger: (trigger.position, trigger.id),
            lambda trigger: trigger_json(trigger, base_url()),
        )

    @api.post("/triggers")
    def create_trigger() -> tuple[Json, int]:
        admins_only()
        given = _given()
        title = given.get("title")
        if not isinstance(title, str) or not title.strip():
            raise record_invalid("title", {"description": "Title: cannot be blank", "error": "BlankValue"})
        conditions = conditions_of(given)
        if conditions is None or not (conditions["all"] or conditions["any"]):
            raise record_invalid(
                "base", {"description": "Conditions: cannot be blank", "error": "BlankValue"}
            )
        if not given.get("actions"):
            raise record_invalid("base", {"description": "Actions: cannot be blank", "error": "BlankValue"})
        now = whole_seconds(vendor.clock.now())
        trigger = Trigger(
            id=vendor.state.next_id(),
            title=title,
            active=given.get("active", True) is True,
            position=len(vendor.state.triggers) + 1,
            conditions=_checked_conditions(conditions, vendor.state),
            actions=_checked_actions(given["actions"], vendor.state),
            created_at=now,
            updated_at=now,
            description=given.get("description"),
        )
        vendor.state.triggers[trigger.id] = trigger
        return {"trigger": trigger_json(trigger, base_url())}, 201

    @api.get("/triggers/<int:trigger_id>")
    def show_trigger(trigger_id: int) -> Json:
        return {"trigger": trigger_json(_found(vendor.state, trigger_id), base_url())}

    @api.put("/triggers/<int:trigger_id>")
    def update_trigger(trigger_id: int) -> Json:
        admins_only()
        trigger = _found(vendor.state, trigger_id)
        _update(trigger, _given(), vendor.state, whole_seconds(vendor.clock.now()))
        return {"trigger": trigger_json(trigger, base_url())}

    @api.delete("/triggers/<int:trigger_id>")
    def delete_trigger(trigger_id: int) -> tuple[str, int]:
        admins_only()
        _found(vendor.state, trigger_id)
        del vendor.state.triggers[trigger_id]
        return "", 204

    return api


def _update(trigger: Trigger, given: Json, state: State, now: datetime) -> None:
    """Conditions and actions are replaced as a whole, never merged."""
    conditions = conditions_of(given)
    if conditions is not None:
        trigger.conditions = _checked_conditions(conditions, state)
    if "actions" in given:
        trigger.actions = _checked_actions(given["actions"], state)
    if isinstance(given.get("title"), str) and given["title"].strip():
        trigger.title = given["title"]
    if isinstance(given.get("active"), bool):
        trigger.active = given["active"]
    if isinstance(given.get("position"), int):
        trigger.position = given["position"]
    if "description" in given:
        trigger.description = given["description"]
    trigger.updated_at = now


def _found(state: State, trigger_id: int) -> Trigger:
    trigger = state.triggers.get(trigger_id)
    if trigger is None:
        raise not_found()
    return trigger


def _given() -> Json:
    given = json_body().get("trigger")
    if not isinstance(given, dict):
        raise invalid_attribute("trigger", "an object")
    return given


def _checked_conditions(conditions: Json, state: State) -> Json:
    for condition in [*conditions["all"], *conditions["any"]]:
        _refuse(condition_problem(condition, state))
    return conditions


def _checked_actions(actions: Any, state: State) -> list[Json]:
    if not isinstance(actions, list):
        raise invalid_attribute("actions", "an array of objects")
    for action in actions:
        _refuse(action_problem(action, state))
    return actions


def _refuse(problem: str | None) -> None:
    if problem is not None:
        raise record_invalid("base", {"description": problem, "error": "InvalidValue"})
