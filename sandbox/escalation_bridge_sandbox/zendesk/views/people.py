"""Users, groups and organizations."""

from typing import TypeVar

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, base_url, current_user, ids_parameter
from escalation_bridge_sandbox.zendesk.http.pages import paged
from escalation_bridge_sandbox.zendesk.http.query import finds_user, parse
from escalation_bridge_sandbox.zendesk.state.errors import not_found
from escalation_bridge_sandbox.zendesk.state.records import Group, Json, Organization, User
from escalation_bridge_sandbox.zendesk.tickets.present import (
    custom_role_of,
    group_json,
    organization_json,
    user_json,
)

T = TypeVar("T")


def people_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("people")

    def show_user(user: User) -> Json:
        return user_json(user, base_url())

    def users_page(users: list[User]) -> Json:
        return paged("users", users, lambda user: (user.id,), show_user)

    @api.get("/users")
    def list_users() -> Json:
        roles = set(flask.request.args.getlist("role") + flask.request.args.getlist("role[]"))
        custom = flask.request.args.get("permission_set")
        users = [user for user in vendor.state.users.values() if not roles or user.role in roles]
        # One role per request; a number that no role has finds nobody.
        return users_page([user for user in users if custom in (None, str(custom_role_of(user)))])

    @api.get("/users/me")
    def who_am_i() -> Json:
        return {"user": ANONYMOUS} if flask.g.zendesk_user is None else {"user": show_user(current_user())}

    @api.get("/users/show_many")
    def show_many_users() -> Json:
        ids, external_ids = set(ids_parameter("ids")), set(ids_parameter("external_ids"))
        users = [
            user
            for user in vendor.state.users.values()
            if str(user.id) in ids or user.external_id in external_ids
        ]
        return users_page(users)

    @api.get("/users/search")
    def search_users() -> Json:
        external_id = flask.request.args.get("external_id")
        if external_id is not None:
            return users_page(
                [user for user in vendor.state.users.values() if user.external_id == external_id]
            )
        terms = parse(flask.request.args.get("query", ""))
        return users_page([user for user in vendor.state.users.values() if finds_user(terms, user)])

    @api.get("/users/<int:user_id>")
    def show_one_user(user_id: int) -> Json:
        return {"user": show_user(_found(vendor.state.users.get(user_id)))}

    @api.get("/users/<int:user_id>/groups")
    def groups_of_user(user_id: int) -> Json:
        user = _found(vendor.state.users.get(user_id))
        return groups_page([group for group in vendor.state.groups.values() if group.id in user.group_ids])

    def groups_page(groups: list[Group]) -> Json:
        return paged("groups", groups, lambda group: (group.id,), lambda group: group_json(group, base_url()))

    @api.get("/groups")
    @api.get("/groups/assignable")
    def list_groups() -> Json:
        return groups_page(list(vendor.state.groups.values()))

    @api.get("/groups/<int:group_id>")
    def show_group(group_id: int) -> Json:
        return {"group": group_json(_found(vendor.state.groups.get(group_id)), base_url())}

    @api.get("/groups/<int:group_id>/users")
    def users_of_group(group_id: int) -> Json:
        _found(vendor.state.groups.get(group_id))
        return users_page(vendor.state.members_of(group_id))

    @api.get("/organizations")
    def list_organizations() -> Json:
        return organizations_page(list(vendor.state.organizations.values()))

    def organizations_page(organizations: list[Organization]) -> Json:
        return paged(
            "organizations",
            organizations,
            lambda organization: (organization.id,),
            lambda organization: organization_json(organization, base_url()),
        )

    @api.get("/organizations/show_many")
    def show_many_organizations() -> Json:
        ids, external_ids = set(ids_parameter("ids")), set(ids_parameter("external_ids"))
        found = [
            organization
            for organization in vendor.state.organizations.values()
            if str(organization.id) in ids or organization.external_id in external_ids
        ]
        return organizations_page(found)

    @api.get("/organizations/<int:organization_id>")
    def show_organization(organization_id: int) -> Json:
        organization = _found(vendor.state.organizations.get(organization_id))
        return {"organization": organization_json(organization, base_url())}

    return api


def _found(record: T | None) -> T:
    if record is None:
        raise not_found()
    return record


# The answer to who is asking when nobody is logged in: 200, and no id.
ANONYMOUS: Json = {
    "id": None,
    "url": None,
    "name": "Anonymous user",
    "email": "invalid@example.com",
    "role": "end-user",
    "verified": False,
    "active": None,
    "locale": "en-US",
    "locale_id": 1,
}
