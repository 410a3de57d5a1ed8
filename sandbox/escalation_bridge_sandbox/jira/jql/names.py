"""From what people write in a query to the ids of what they mean."""

from collections.abc import Callable, Iterable

from escalation_bridge_sandbox.jira.fields.catalogue import EDITABLE
from escalation_bridge_sandbox.jira.fields.choices import SelectField
from escalation_bridge_sandbox.jira.jql.context import Context
from escalation_bridge_sandbox.jira.jql.parser import Call, Value
from escalation_bridge_sandbox.jira.jql.tokens import JqlError
from escalation_bridge_sandbox.jira.model.workflow import Category
from escalation_bridge_sandbox.jira.rules.permissions import may

PEOPLE_FIELDS = frozenset({"assignee", "reporter", "creator"})


def ids_of(field_id: str, value: Value | Call, clause_name: str, context: Context) -> list[str]:
    """The ids that a value stands for.

    Raises:
        JqlError: There is nothing of that name.
    """
    if isinstance(value, Call):
        return _ids_of_call(field_id, value, context)
    if field_id == "key":
        return [_issue_id(value.text, clause_name, context)]
    found = _LOOKUPS.get(field_id, _option_ids(field_id))(value.text, context)
    if not found:
        raise JqlError(f"The value '{value.text}' does not exist for the field '{clause_name}'.")
    return found


def reads_ids(field_id: str) -> bool:
    return field_id in _LOOKUPS


def _ids_of_call(field_id: str, call: Call, context: Context) -> list[str]:
    if call.name.lower() == "currentuser" and field_id in PEOPLE_FIELDS:
        return [] if context.viewer is None else [context.viewer.account_id]
    if call.name.lower() == "membersof" and field_id in PEOPLE_FIELDS and len(call.arguments) == 1:
        group = call.arguments[0]
        return [person.account_id for person in context.site.people.values() if group in person.groups]
    raise JqlError(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")


def _issue_id(text: str, clause_name: str, context: Context) -> str:
    issue = context.site.issue(text)
    if issue is not None and (
        context.sees_all or may(context.viewer, "BROWSE_PROJECTS", context.site.project_of(issue))
    ):
        return issue.id
    if text.isdecimal():
        raise JqlError(f"A value with ID '{text}' does not exist for the field '{clause_name}'.")
    if "-" not in text:
        raise JqlError(f"The issue key '{text}' for field '{clause_name}' is invalid.")
    raise JqlError(f"An issue with key '{text}' does not exist for field '{clause_name}'.")


def _named(pairs: Iterable[tuple[str, str]], text: str) -> list[str]:
    """Ids of what has the name, in any case, or the id."""
    return [each_id for each_id, name in pairs if text == each_id or text.lower() == name.lower()]


def _projects(text: str, context: Context) -> list[str]:
    wanted = text.lower()
    return [
        project.key
        for project in context.projects()
        if wanted in (project.key.lower(), project.name.lower(), project.id)
    ]


def _people(text: str, context: Context) -> list[str]:
    wanted = text.lower()
    cloud = context.site.edition.is_cloud
    return [
        person.account_id
        for person in context.site.people.values()
        if text == person.account_id
        or wanted in (person.display_name.lower(), person.email.lower())
        or (not cloud and text in (person.name, person.key))
    ]


def _categories(text: str, context: Context) -> list[str]:
    del context
    wanted = text.lower()
    return [each.key for each in Category if wanted in (str(each.number), each.key, each.label.lower())]


_LOOKUPS: dict[str, Callable[[str, Context], list[str]]] = {
    "project": _projects,
    "assignee": _people,
    "reporter": _people,
    "creator": _people,
    "statusCategory": _categories,
    "status": lambda text, context: _named(((s.id, s.name) for s in context.site.statuses.values()), text),
    "issuetype": lambda text, context: _named(
        ((t.id, t.name) for t in context.site.issue_types.values()), text
    ),
    "priority": lambda text, context: _named(
        ((p.id, p.name) for p in context.site.priorities.values()), text
    ),
    "resolution": lambda text, context: _named(
        ((r.id, r.name) for r in context.site.resolutions.values()), text
    ),
    "components": lambda text, context: _named(
        ((c.id, c.name) for project in context.projects() for c in project.components), text
    ),
}


def _option_ids(field_id: str) -> Callable[[str, Context], list[str]]:
    def lookup(text: str, context: Context) -> list[str]:
        del context
        kind = EDITABLE.get(field_id)
        if not isinstance(kind, SelectField):
            return []
        return _named(((option.id, option.value) for option in kind.options.values()), text)

    return lookup
