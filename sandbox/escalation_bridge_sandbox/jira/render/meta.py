"""Screens: which fields can be set where, and to what."""

from collections.abc import Iterable
from typing import Any

from escalation_bridge_sandbox.jira.fields.catalogue import FIELDS
from escalation_bridge_sandbox.jira.fields.kind import Field
from escalation_bridge_sandbox.jira.model.project import Project
from escalation_bridge_sandbox.jira.model.workflow import ScreenField, Transition
from escalation_bridge_sandbox.jira.render.basics import Basics

COMMENT_OPERATIONS = ("add", "edit", "remove")


def field_details(field: Field, basics: Basics) -> dict[str, Any]:
    """A field in the list of all fields."""
    key = {"key": field.id} if basics.is_cloud else {}
    return {
        "id": field.id,
        **key,
        "name": field.name,
        "custom": field.is_custom,
        "orderable": field.orderable,
        "navigable": field.navigable,
        "searchable": field.searchable,
        "clauseNames": list(field.clauses),
        "schema": dict(field.schema),
    }


def field_metadata(screen_field: ScreenField, project: Project, basics: Basics) -> dict[str, Any]:
    """A field of a screen, by which an integration knows what to send."""
    field = FIELDS[screen_field.field_id]
    shown: dict[str, Any] = {
        "required": screen_field.required,
        "schema": dict(field.schema),
        "name": field.name,
        "key": field.id,
        "hasDefaultValue": field.id == "priority",
        "operations": list(operations_of(field)),
    }
    if not basics.is_cloud:
        shown["fieldId"] = field.id
    allowed = None if field.kind is None else field.kind.allowed(project, basics)
    if allowed is not None:
        shown["allowedValues"] = allowed
    return shown


def operations_of(field: Field) -> tuple[str, ...]:
    if field.kind is not None:
        return field.kind.operations
    return {"comment": COMMENT_OPERATIONS, "issuelinks": ("add",), "attachment": ("set",)}.get(
        field.id, ("set",)
    )


def screen_metadata(screen: Iterable[ScreenField], project: Project, basics: Basics) -> dict[str, Any]:
    return {each.field_id: field_metadata(each, project, basics) for each in screen}


def transition(
    way: Transition, project: Project, basics: Basics, *, with_fields: bool, is_initial: bool = False
) -> dict[str, Any]:
    """A transition in the list of those that are open now."""
    shown: dict[str, Any] = {
        "id": way.id,
        "name": way.name,
    }
    if not way.hides_target:
        shown["to"] = basics.status(basics.site.statuses[way.target])
    if basics.is_cloud:
        shown |= {
            "hasScreen": bool(way.screen),
            "isGlobal": way.sources is None,
            "isInitial": is_initial,
            "isAvailable": True,
            "isConditional": False,
            "looped": way.sources == frozenset({way.target}),
        }
    if with_fields:
        shown["fields"] = screen_metadata(way.screen, project, basics)
    return shown


def creatable_fields(project: Project) -> tuple[ScreenField, ...]:
    """The create screen, with project and issue type, which are always on it."""
    return (
        ScreenField("project", required=True),
        ScreenField("issuetype", required=True),
        *project.create_screen,
    )


def createmeta_field(
    screen_field: ScreenField, project: Project, issue_type: str, basics: Basics
) -> dict[str, Any]:
    """A field of the create screen; here it says its own id."""
    shown = field_metadata(screen_field, project, basics)
    shown["fieldId"] = screen_field.field_id
    if screen_field.field_id == "project":
        shown["allowedValues"] = [basics.project_reference(project)]
    if screen_field.field_id == "issuetype":
        shown["allowedValues"] = [basics.issue_type(basics.site.issue_types[issue_type])]
    return shown


def project_details(project: Project, basics: Basics) -> dict[str, Any]:
    """A project as its own resource shows it."""
    site = basics.site
    shown: dict[str, Any] = {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "self": basics.url(f"project/{project.id}"),
        "id": project.id,
        "key": project.key,
        "description": project.description,
        "lead": basics.person(site.people[project.lead]),
        "components": [basics.component(each) for each in project.components],
        "issueTypes": [basics.issue_type(site.issue_types[each]) for each in project.issue_type_ids],
        "assigneeType": "UNASSIGNED",
        "versions": [],
        "name": project.name,
        "roles": {},
        "avatarUrls": basics.avatars("projectavatar", "avatarId=10324"),
        "projectTypeKey": project.type_key,
    }
    if basics.is_cloud:
        shown |= {"simplified": False, "style": "classic", "isPrivate": False, "properties": {}}
    return shown


def project_statuses(project: Project, basics: Basics) -> list[dict[str, Any]]:
    """The statuses of a project's workflows, by issue type."""
    site = basics.site
    return [
        {
            "self": basics.url(f"issuetype/{type_id}"),
            "id": type_id,
            "name": basics.issue_type(site.issue_types[type_id])["name"],
            "subtask": False,
            "statuses": [
                basics.status(site.statuses[each]) for each in project.workflow_of(type_id).status_ids()
            ],
        }
        for type_id in project.issue_type_ids
    ]
