"""What describes the account: ticket fields, agents, groups, roles, mailboxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import flask

from escalation_bridge_sandbox.freshdesk.gate import API, current_agent, require_admin
from escalation_bridge_sandbox.freshdesk.input.intake import query_params
from escalation_bridge_sandbox.freshdesk.input.paging import PAGE_PARAMS, paged_response, read_page
from escalation_bridge_sandbox.freshdesk.input.problems import (
    Invalid,
    invalid_value,
    it_should_be_one_of,
    looked_up,
)
from escalation_bridge_sandbox.freshdesk.state.form import PRIORITY_LABELS, SOURCE_LABELS, TicketField
from escalation_bridge_sandbox.freshdesk.state.records import Agent, Role
from escalation_bridge_sandbox.freshdesk.tickets import shapes

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
    from escalation_bridge_sandbox.freshdesk.state.desk import Desk

AGENT_FILTERS = ("email", "mobile", "phone", "state", *PAGE_PARAMS)
AGENT_STATES = ("fulltime", "occasional")
FIRST_ROLE_ID = 82_000_950_001
# The account was made at a fixed instant, whatever the clock says.
MADE_AT = "2026-01-05T02:00:00Z"


def account_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    views = flask.Blueprint("freshdesk_account", __name__, url_prefix=API)

    @views.get("/ticket_fields")
    def list_ticket_fields() -> flask.Response:
        kind = query_params(("type",)).get("type")
        desk = vendor.helpdesk.desk
        return flask.jsonify(
            [
                _field(field, position, desk)
                for position, field in enumerate(desk.form.fields, 1)
                if kind in (None, field.type)
            ]
        )

    @views.get("/agents/me")
    def view_myself() -> shapes.Json:
        return _agent(vendor.helpdesk.desk, current_agent())

    @views.get("/agents")
    def list_agents() -> flask.Response:
        require_admin()
        params = query_params(AGENT_FILTERS)
        if params.get("state", AGENT_STATES[0]) not in AGENT_STATES:
            raise Invalid([invalid_value("state", it_should_be_one_of(AGENT_STATES))])
        page = read_page(params)
        found = [agent for agent in vendor.helpdesk.desk.agents.values() if _agent_passes(agent, params)]
        found.sort(key=lambda agent: (agent.name.lower(), agent.id))
        return paged_response(found, page, shapes.agent_row, vendor.base_url)

    @views.get("/agents/<int:agent_id>")
    def view_agent(agent_id: int) -> shapes.Json:
        require_admin()
        return _agent(vendor.helpdesk.desk, looked_up(vendor.helpdesk.desk.agents, agent_id))

    @views.get("/groups")
    def list_groups() -> flask.Response:
        require_admin()
        page = read_page(query_params(PAGE_PARAMS))
        groups = sorted(vendor.helpdesk.desk.groups.values(), key=lambda group: group.name.lower())
        return paged_response(groups, page, shapes.group_row, vendor.base_url)

    @views.get("/groups/<int:group_id>")
    def view_group(group_id: int) -> shapes.Json:
        require_admin()
        return shapes.group_full(looked_up(vendor.helpdesk.desk.groups, group_id))

    @views.get("/roles")
    def list_roles() -> flask.Response:
        require_admin()
        return flask.jsonify([_role(role) for role in Role])

    @views.get("/roles/<int:role_id>")
    def view_role(role_id: int) -> shapes.Json:
        require_admin()
        return _role(looked_up({_role_id(role): role for role in Role}, role_id))

    @views.get("/email_configs")
    def list_email_configs() -> flask.Response:
        require_admin()
        page = read_page(query_params(PAGE_PARAMS))
        configs = list(vendor.helpdesk.desk.email_configs.values())
        return paged_response(configs, page, shapes.email_config, vendor.base_url)

    @views.get("/email_configs/<int:config_id>")
    def view_email_config(config_id: int) -> shapes.Json:
        require_admin()
        return shapes.email_config(looked_up(vendor.helpdesk.desk.email_configs, config_id))

    return views


def _agent(desk: Desk, agent: Agent) -> shapes.Json:
    group_ids = [group.id for group in desk.groups.values() if agent.id in group.agent_ids]
    return shapes.agent_full(agent, group_ids, [_role_id(agent.role)])


def _agent_passes(agent: Agent, params: Mapping[str, str]) -> bool:
    return (
        params.get("email", agent.email).lower() == agent.email.lower()
        and params.get("phone", agent.phone) == agent.phone
        and params.get("mobile", agent.mobile) == agent.mobile
        and ("state" not in params or agent.occasional is (params["state"] == "occasional"))
    )


def _role_id(role: Role) -> int:
    return FIRST_ROLE_ID + list(Role).index(role)


def _role(role: Role) -> shapes.Json:
    return {
        "id": _role_id(role),
        "name": str(role),
        "description": f"The default role {role}",
        "default": True,
        "created_at": MADE_AT,
        "updated_at": MADE_AT,
        "agent_type": 1,
    }


def _field(field: TicketField, position: int, desk: Desk) -> shapes.Json:
    shown: dict[str, Any] = {
        "id": field.id,
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "position": position,
        "required_for_closure": field.required_for_closure,
        "required_for_agents": field.required_for_agents,
        "type": field.type,
        "default": not field.is_custom,
        "customers_can_edit": field.customers_can_edit,
        "customers_can_filter": False,
        "label_for_customers": field.label_for_customers,
        "required_for_customers": field.required_for_customers,
        "displayed_to_customers": field.displayed_to_customers,
        "created_at": MADE_AT,
        "updated_at": MADE_AT,
    }
    if field.type == "default_requester":
        shown |= {"portal_cc": False, "portal_cc_to": "company"}
    choices = _CHOICES.get(field.type)
    if choices is not None:
        shown["choices"] = choices(field, desk)
    return shown


# Each kind of field lists its choices in a manner of its own: status by code, the rest by label.
_CHOICES: Mapping[str, Callable[[TicketField, Desk], Any]] = {
    "default_ticket_type": lambda _field, desk: list(desk.form.types),
    "default_source": lambda _field, _desk: {label: int(source) for source, label in SOURCE_LABELS.items()},
    "default_status": lambda _field, desk: {
        str(status.code): [status.label, status.customer_label] for status in desk.form.statuses
    },
    "default_priority": lambda _field, _desk: {
        label: int(priority) for priority, label in PRIORITY_LABELS.items()
    },
    "default_group": lambda _field, desk: {group.name: group.id for group in desk.groups.values()},
    "default_agent": lambda _field, desk: {agent.name: agent.id for agent in desk.agents.values()},
    "custom_dropdown": lambda field, _desk: list(field.choices),
}
