"""The fields of a project's issues: their types, and the edit screens that have them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from escalation_bridge.plugin import (
    Convert,
    FieldDescription,
    JsonPart,
    TicketNotFound,
)
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.translation import cascades

_MOST_TYPES = 10
"""The number of issue types for which an example is read: it takes two requests for each."""
_HOLDS = {
    "string": Convert.TEXT,
    "number": Convert.NUMBER,
    "date": Convert.DATE,
    "datetime": Convert.DATETIME,
    **dict.fromkeys(
        ("option", cascades.TYPE, "priority", "resolution", "version", "component", "group"), Convert.CHOICE
    ),
}
"""By the type of the field's schema. Others (users, apps' own types) are not judged."""


@dataclass(frozen=True, slots=True)
class _Screens:
    """The edit screens, as far as issues show them.

    Attributes:
        place: The project.
        shown: The ids of the fields on the screen of each issue type; None if no issue shows it.
        on_creation: The ids of those on the create screen.
        created: The name of the issue type of that create screen.
    """

    place: str
    shown: Mapping[str, Collection[str] | None]
    on_creation: Collection[str]
    created: str

    def hindrance(self, field_id: str) -> tuple[str, str]:
        """Why a field cannot be written to an existing issue, and the possible cause; both empty if it can."""
        unknown = [kind for kind, ids in self.shown.items() if ids is None]
        lacking = [kind for kind, ids in self.shown.items() if ids is not None and field_id not in ids]
        if lacking and len(lacking) == len(self.shown):
            where = f"{', '.join(lacking)} in {self.place}"
            return f"it is on no edit screen of {where}. Put it there; its contexts must have the project", ""
        if lacking:
            return "", f"it is not on the edit screen of {', '.join(lacking)} in {self.place}"
        if len(unknown) == len(self.shown) and field_id not in self.on_creation:
            return "", (
                f"it is not on the create screen of {self.created} in {self.place}, and there is no issue yet that "
                "tells whether it is on the edit screen; see that it is"
            )
        return "", ""


def fields_of(
    desk: Desk, project: str, chosen: JsonPart, types: Sequence[JsonPart]
) -> tuple[FieldDescription, ...]:
    """The fields of the chosen type's create screen, then all further custom fields, which may be on other screens.

    Args:
        desk: The site.
        project: Its id or key.
        chosen: The issue type of issues that are created.
        types: The issue types of issues that are written to.
    """
    path = f"/issue/createmeta/{project}/issuetypes/{(chosen / 'id').text()}"
    on_creation = {_id(field): field for field in desk.jira.pages(path, "fields", "values")}
    further = {
        _id(field): field
        for field in desk.jira.get("/field").elements()
        if (field / "custom").maybe_flag() and _id(field) not in on_creation
    }
    shown = {
        (each / "name").text(): _editable(desk, project, (each / "id").text()) for each in types[:_MOST_TYPES]
    }
    screens = _Screens(project, shown, on_creation, (chosen / "name").text())
    return tuple(_described(field, screens) for field in (*on_creation.values(), *further.values()))


def _editable(desk: Desk, project: str, type_id: str) -> Collection[str] | None:
    """The fields that can be set at the most recently changed issue of a type.

    The API shows edit screens only for an issue: `GET /issue/{issueIdOrKey}/editmeta`, which is empty without permission to edit.
    """
    for hit in desk.jira.search(
        f'project = "{project}" AND issuetype = {type_id} ORDER BY updated DESC', most=1
    ):
        try:
            answer = desk.jira.get(f"/issue/{(hit / 'id').identifier()}/editmeta")
        except TicketNotFound:
            return None
        return frozenset((answer / "fields").present().mapping()) or None
    return None


def _described(field: JsonPart, screens: _Screens) -> FieldDescription:
    identifier = _id(field)
    unwritable, doubt = screens.hindrance(identifier)
    is_cascade = (field / "schema" / "type").value == cascades.TYPE
    if is_cascade and cascades.is_ambiguous(field):
        unwritable = (
            f"one of its parents has {cascades.BETWEEN!r} in its name, which stands between the two levels"
        )
    values = cascades.choices(field) if is_cascade else _names(field)
    return FieldDescription(
        id=identifier,
        name=(field / "name").maybe_text() or identifier,
        required=bool((field / "required").maybe_flag()) and not (field / "hasDefaultValue").maybe_flag(),
        allowed_values=tuple(values),
        holds=_held(field / "schema"),
        unwritable=unwritable,
        doubt=doubt,
    )


def _names(field: JsonPart) -> Iterator[str]:
    for value in (field / "allowedValues").items():
        name = (value / "name").maybe_text() or (value / "value").maybe_text()
        if name:
            yield name


def _held(schema: JsonPart) -> Convert | None:
    if (schema / "type").value == "array":
        # Labels and the like are arrays of strings; people make them up, and the bridge writes them as choices.
        several = str((schema / "items").value)
        return Convert.CHOICES if several == "string" or _HOLDS.get(several) is Convert.CHOICE else None
    return _HOLDS.get(str((schema / "type").value))


def _id(field: JsonPart) -> str:
    return (field / "fieldId").maybe_text() or (field / "key").maybe_text() or (field / "id").text()
