"""All fields of the site."""

from collections.abc import Mapping
from types import MappingProxyType

from escalation_bridge_sandbox.jira.fields.choices import (
    AssigneeField,
    CascadeField,
    ComponentsField,
    LabelsField,
    Option,
    Parent,
    PersonField,
    PriorityField,
    ReporterField,
    ResolutionField,
    SelectField,
)
from escalation_bridge_sandbox.jira.fields.kind import Field, FieldKind
from escalation_bridge_sandbox.jira.fields.texts import (
    DateField,
    InstantField,
    LineField,
    NumberField,
    RichTextField,
    SummaryField,
)

TICKET_FIELD = "customfield_10010"
IMPACT_FIELD = "customfield_10011"
WORKAROUND_FIELD = "customfield_10012"
CUSTOMERS_FIELD = "customfield_10013"
TEAM_FIELD = "customfield_10014"
REASON_FIELD = "customfield_10015"
CATEGORY_FIELD = "customfield_10016"
MEETING_FIELD = "customfield_10017"
EXPERT_FIELD = "customfield_10018"
REQUEST_TYPE_FIELD = "customfield_10020"

CUSTOM_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"


def _system(
    field_id: str,
    name: str,
    schema_type: str,
    kind: FieldKind | None = None,
    *clauses: str,
    items: str | None = None,
    navigable: bool = True,
) -> Field:
    schema = {"type": schema_type, **({"items": items} if items else {}), "system": field_id}
    return Field(
        field_id, name, schema, kind, clauses or (field_id,), navigable=navigable, orderable=kind is not None
    )


def _custom(field_id: str, name: str, schema_type: str, custom: str, kind: FieldKind | None) -> Field:
    number = int(field_id.removeprefix("customfield_"))
    schema = {"type": schema_type, "custom": custom, "customId": number}
    return Field(field_id, name, schema, kind, (f"cf[{number}]", name))


_ALL = (
    _system("summary", "Summary", "string", SummaryField()),
    _system("status", "Status", "status"),
    _system("project", "Project", "project"),
    _system("issuetype", "Issue Type", "issuetype", None, "issuetype", "type"),
    _system("priority", "Priority", "priority", PriorityField()),
    _system("resolution", "Resolution", "resolution", ResolutionField()),
    _system("resolutiondate", "Resolved", "datetime", None, "resolutiondate", "resolved"),
    _system("labels", "Labels", "array", LabelsField(), items="string"),
    _system("components", "Components", "array", ComponentsField(), "component", items="component"),
    _system("description", "Description", "string", RichTextField()),
    _system("environment", "Environment", "string", RichTextField()),
    _system("assignee", "Assignee", "user", AssigneeField()),
    _system("reporter", "Reporter", "user", ReporterField()),
    _system("creator", "Creator", "user"),
    _system("created", "Created", "datetime", None, "created", "createdDate"),
    _system("updated", "Updated", "datetime", None, "updated", "updatedDate"),
    _system("duedate", "Due date", "date", DateField(), "due", "duedate"),
    _system("issuelinks", "Linked Issues", "array", items="issuelinks"),
    _system("attachment", "Attachment", "array", items="attachment", navigable=False),
    _system("comment", "Comment", "comments-page", navigable=False),
    _system("watches", "Watchers", "watches"),
    _system("votes", "Votes", "votes"),
    _system("subtasks", "Sub-tasks", "array", items="issuelinks"),
    _system("fixVersions", "Fix versions", "array", items="version"),
    _system("versions", "Affects versions", "array", items="version"),
    _custom(TICKET_FIELD, "Helpdesk ticket", "string", f"{CUSTOM_TYPES}:textfield", LineField()),
    _custom(
        IMPACT_FIELD,
        "Customer impact",
        "option",
        f"{CUSTOM_TYPES}:select",
        SelectField(Option("10100", "Minor"), Option("10101", "Major"), Option("10102", "Critical")),
    ),
    _custom(WORKAROUND_FIELD, "Workaround", "string", f"{CUSTOM_TYPES}:textarea", RichTextField()),
    _custom(CUSTOMERS_FIELD, "Affected customers", "number", f"{CUSTOM_TYPES}:float", NumberField()),
    # On no screen: whoever sends it is told so.
    _custom(TEAM_FIELD, "Owning team", "string", f"{CUSTOM_TYPES}:textfield", LineField()),
    _custom(REASON_FIELD, "Reason", "string", f"{CUSTOM_TYPES}:textfield", LineField()),
    # On no screen until somebody puts it there.
    _custom(
        CATEGORY_FIELD,
        "Category",
        "option-with-child",
        f"{CUSTOM_TYPES}:cascadingselect",
        CascadeField(
            Parent("10200", "Hardware", (Option("10201", "Printer"), Option("10202", "Scanner"))),
            Parent("10210", "Software", (Option("10211", "Printer"),)),
        ),
    ),
    _custom(MEETING_FIELD, "Meeting", "datetime", f"{CUSTOM_TYPES}:datetime", InstantField()),
    _custom(EXPERT_FIELD, "Expert", "user", f"{CUSTOM_TYPES}:userpicker", PersonField()),
    _custom(
        REQUEST_TYPE_FIELD,
        "Request Type",
        "sd-customerrequesttype",
        "com.atlassian.servicedesk:vp-origin",
        None,
    ),
)

FIELDS: Mapping[str, Field] = MappingProxyType({field.id: field for field in _ALL})
EDITABLE: Mapping[str, FieldKind] = MappingProxyType(
    {field.id: field.kind for field in _ALL if field.kind is not None}
)


def empty_values() -> dict[str, object]:
    """A value of nothing for every field that can have one."""
    return {field_id: kind.nothing for field_id, kind in EDITABLE.items()}
