"""How the account is set up: statuses, fields, form, brand, roles. Read only."""

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, base_url
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import not_found
from escalation_bridge_sandbox.zendesk.state.records import CustomStatus, Json, TicketField
from escalation_bridge_sandbox.zendesk.state.times import iso
from escalation_bridge_sandbox.zendesk.tickets.present import custom_status_json, ticket_field_json

ROLES = {
    seed.ROLE_ADMIN: ("Admin", 4, "all", "public", False),
    seed.ROLE_AGENT: ("Agent", 0, "all", "public", False),
    seed.ROLE_LIGHT_AGENT: ("Light agent", 1, "all", "none", True),
    seed.ROLE_TEAM_LEAD: ("Team lead", 0, "all", "public", False),
}


def account_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("account")

    def made_at() -> str:
        return iso(vendor.state.users[seed.ADMIN.id].created_at)

    def show_status(status: CustomStatus) -> Json:
        return custom_status_json(status, base_url(), made_at())

    def show_field(field: TicketField) -> Json:
        return ticket_field_json(
            field, base_url(), list(vendor.state.ticket_fields).index(field.id), made_at()
        )

    @api.get("/custom_statuses")
    def list_statuses() -> Json:
        statuses = list(vendor.state.custom_statuses.values())
        active = flask.request.args.get("active")
        if active is not None:
            statuses = [status for status in statuses if status.active == (active == "true")]
        categories = flask.request.args.get("status_categories")
        if categories is not None:
            statuses = [status for status in statuses if status.status_category in categories.split(",")]
        return {"custom_statuses": [show_status(status) for status in statuses]}

    @api.get("/custom_statuses/<int:status_id>")
    def show_one_status(status_id: int) -> Json:
        if status_id not in vendor.state.custom_statuses:
            raise not_found()
        return {"custom_status": show_status(vendor.state.custom_statuses[status_id])}

    @api.get("/ticket_fields")
    def list_fields() -> Json:
        fields = [show_field(field) for field in vendor.state.ticket_fields.values()]
        return {"ticket_fields": fields, "next_page": None, "previous_page": None, "count": len(fields)}

    @api.get("/ticket_fields/<int:field_id>")
    def show_one_field(field_id: int) -> Json:
        if field_id not in vendor.state.ticket_fields:
            raise not_found()
        return {"ticket_field": show_field(vendor.state.ticket_fields[field_id])}

    @api.get("/account/settings")
    def show_settings() -> Json:
        """Of the many settings those that the stand-in has."""
        return {
            "settings": {
                "limits": {"attachment_size": vendor.settings.attachment_size},
                "tickets": {"status_hold": True, "private_attachments": False},
            }
        }

    @api.get("/slas/policies")
    def list_sla_policies() -> Json:
        """One policy for all tickets, where there are targets (`PUT /_sandbox/sla`)."""
        targets = vendor.state.sla_targets
        policy = {
            "id": 1,
            "title": "Sandbox",
            "description": "",
            "position": 1,
            "filter": {"all": [], "any": []},
            "policy_metrics": [
                {"priority": priority, "metric": name, "target": minutes, "business_hours": False}
                for name, minutes in targets.items()
                for priority in ("low", "normal", "high", "urgent")
            ],
        }
        policies = [policy] if targets else []
        return {"sla_policies": policies, "next_page": None, "previous_page": None, "count": len(policies)}

    @api.get("/ticket_forms")
    def list_forms() -> Json:
        return {
            "ticket_forms": [_form(vendor, made_at())],
            "next_page": None,
            "previous_page": None,
            "count": 1,
        }

    @api.get("/ticket_forms/<int:form_id>")
    def show_form(form_id: int) -> Json:
        if form_id != seed.TICKET_FORM_ID:
            raise not_found()
        return {"ticket_form": _form(vendor, made_at())}

    @api.get("/brands")
    def list_brands() -> Json:
        return {"brands": [_brand(made_at())], "next_page": None, "previous_page": None, "count": 1}

    @api.get("/brands/<int:brand_id>")
    def show_brand(brand_id: int) -> Json:
        if brand_id != seed.BRAND_ID:
            raise not_found()
        return {"brand": _brand(made_at())}

    @api.get("/custom_roles")
    def list_roles() -> Json:
        roles = [_role(role_id, made_at()) for role_id in ROLES]
        return {"custom_roles": roles, "next_page": None, "previous_page": None, "count": len(roles)}

    @api.get("/custom_roles/<int:role_id>")
    def show_role(role_id: int) -> Json:
        if role_id not in ROLES:
            raise not_found()
        return {"custom_role": _role(role_id, made_at())}

    return api


def _form(vendor: ZendeskAccount, made_at: str) -> Json:
    return {
        "url": f"{base_url()}/api/v2/ticket_forms/{seed.TICKET_FORM_ID}.json",
        "id": seed.TICKET_FORM_ID,
        "name": "Default ticket form",
        "raw_name": "Default ticket form",
        "display_name": "Default ticket form",
        "raw_display_name": "Default ticket form",
        "end_user_visible": True,
        "position": 0,
        "ticket_field_ids": list(vendor.state.ticket_fields),
        "active": True,
        "default": True,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "created_at": made_at,
        "updated_at": made_at,
    }


def _brand(made_at: str) -> Json:
    return {
        "url": f"{base_url()}/api/v2/brands/{seed.BRAND_ID}.json",
        "id": seed.BRAND_ID,
        "name": seed.ACCOUNT_NAME,
        "brand_url": base_url(),
        "subdomain": "sandbox",
        "host_mapping": None,
        "has_help_center": False,
        "help_center_state": "disabled",
        "active": True,
        "default": True,
        "is_deleted": False,
        "logo": None,
        "ticket_form_ids": [seed.TICKET_FORM_ID],
        "signature_template": "{{agent.signature}}",
        "created_at": made_at,
        "updated_at": made_at,
    }


def _role(role_id: int, made_at: str) -> Json:
    name, role_type, ticket_access, comment_access, is_light = ROLES[role_id]
    is_admin = role_id == seed.ROLE_ADMIN
    return {
        "id": role_id,
        "name": name,
        "description": name,
        "role_type": role_type,
        "created_at": made_at,
        "updated_at": made_at,
        "configuration": {
            "light_agent": is_light,
            "ticket_access": ticket_access,
            "ticket_comment_access": comment_access,
            "ticket_deletion": is_admin,
            "ticket_editing": not is_light,
            "ticket_merge": not is_light,
            "ticket_tag_editing": not is_light,
            "view_deleted_tickets": is_admin,
            "manage_business_rules": is_admin,
            "manage_triggers": is_admin,
            "manage_extensions_and_channels": is_admin,
        },
    }
