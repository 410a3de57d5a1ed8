"""New values for an issue: read with all complaints at once, then put in place with a history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from escalation_bridge_sandbox.jira.errors import FieldProblem, JiraError, field_errors
from escalation_bridge_sandbox.jira.fields.catalogue import EDITABLE, FIELDS
from escalation_bridge_sandbox.jira.fields.kind import NOTHING, Frame, not_on_screen
from escalation_bridge_sandbox.jira.fields.texts import InvalidDocumentError
from escalation_bridge_sandbox.jira.model.issue import ChangeItem, Issue
from escalation_bridge_sandbox.jira.model.workflow import ScreenField
from escalation_bridge_sandbox.jira.rules.bean import IssueBean
from escalation_bridge_sandbox.jira.site import JiraSite


@dataclass
class Reading:
    """The values that a bean sets, and what is wrong with it, by field."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def refuse_if_wrong(self) -> None:
        if self.errors:
            raise field_errors(self.errors)


def read_values(
    bean: IssueBean,
    screen: tuple[ScreenField, ...],
    kept: Mapping[str, Any],
    frame: Frame,
    *,
    elsewhere: frozenset[str] = frozenset(),
) -> Reading:
    """Read the fields and updates of a bean against a screen.

    Args:
        bean: What was sent.
        screen: The fields that can be set.
        kept: The values so far, for operations that add and remove.
        frame: Where the values are read.
        elsewhere: Names in the bean that somebody else reads: project, comment.

    Raises:
        JiraError: A document breaks the format; Jira then does not say in which field.
    """
    reading = Reading()
    on_screen = {each.field_id for each in screen}
    for name in [*bean.fields, *bean.update]:
        if name in elsewhere:
            continue
        kind = EDITABLE.get(name)
        if kind is None or name not in on_screen:
            reading.errors[name] = not_on_screen(name)
            continue
        try:
            if name in bean.fields:
                reading.values[name] = kind.read_or_clear(bean.fields[name], frame)
            else:
                value = kept[name]
                for operation in bean.update[name]:
                    value = kind.apply(operation.verb, value, operation.value, frame)
                reading.values[name] = value
        except FieldProblem as problem:
            reading.errors[name] = str(problem)
        except InvalidDocumentError as problem:
            raise JiraError(400, str(problem)) from problem
    return reading


def require_filled(reading: Reading, screen: tuple[ScreenField, ...], kept: Mapping[str, Any]) -> None:
    """Complain of required fields that stay empty."""
    for each in screen:
        value = reading.values.get(each.field_id, kept[each.field_id])
        if each.required and each.field_id not in reading.errors and value in (None, (), ""):
            reading.errors[each.field_id] = required_message(each.field_id)


def required_message(field_id: str) -> str:
    if field_id == "summary":
        return "You must specify a summary of the issue."
    return f"{FIELDS[field_id].name} is required."


def put_values(issue: Issue, values: Mapping[str, Any], site: JiraSite) -> list[ChangeItem]:
    """Set values; the items say what really changed."""
    items: list[ChangeItem] = []
    for field_id, new in values.items():
        old = issue.values[field_id]
        if _same(old, new):
            continue
        issue.values[field_id] = new
        items.append(change_item(field_id, old, new, site))
        if field_id == "resolution":
            issue.resolved = None if new is None else site.now()
    return items


def _same(old: Any, new: Any) -> bool:
    return bool(getattr(old, "wiki", old) == getattr(new, "wiki", new))


def change_item(field_id: str, old: Any, new: Any, site: JiraSite) -> ChangeItem:
    field_ = FIELDS[field_id]
    kind = EDITABLE[field_id]
    before = NOTHING if old is None else kind.words(old, site)
    after = NOTHING if new is None else kind.words(new, site)
    # The history calls custom fields by their name and system fields by their id.
    name = field_.name if field_.is_custom else {"components": "Component"}.get(field_id, field_id)
    return ChangeItem(
        name,
        field_id,
        "custom" if field_.is_custom else "jira",
        before.id,
        before.text,
        after.id,
        after.text,
    )
