"""Fields whose value is one of, or several of, something that the site knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from escalation_bridge_sandbox.jira.errors import FieldProblem
from escalation_bridge_sandbox.jira.fields.kind import FieldKind, Frame, Words
from escalation_bridge_sandbox.jira.rules.permissions import may

if TYPE_CHECKING:
    from escalation_bridge_sandbox.jira.model.project import Component, Project
    from escalation_bridge_sandbox.jira.render.basics import Basics
    from escalation_bridge_sandbox.jira.site import JiraSite

LABEL_LIMIT = 255


def _reference(value: Any, what: str) -> tuple[str, str]:
    """The key (`id` or `name`) and the value of something that is pointed at."""
    if not isinstance(value, dict):
        raise FieldProblem("data was not an object")
    for key in ("id", "name"):
        if value.get(key) is not None:
            if not isinstance(value[key], str):
                raise FieldProblem(f"Specify the {what} (id or name) in the string format")
            return key, value[key]
    raise FieldProblem(f"Specify the {what} (id or name) in the string format")


class PriorityField(FieldKind):
    def read(self, value: Any, frame: Frame) -> str:
        key, wanted = _reference(value, "Priority")
        for priority in frame.site.priorities.values():
            if wanted == getattr(priority, key) or (
                key == "name" and wanted.lower() == priority.name.lower()
            ):
                return priority.id
        raise FieldProblem(f"Priority {key} '{wanted}' is not valid")

    def read_or_clear(self, value: Any, frame: Frame) -> Any:
        if value is None:
            raise FieldProblem("Priority is required.")
        return self.read(value, frame)

    def show(self, kept: str, basics: Basics) -> Any:
        return basics.priority(basics.site.priorities[kept])

    def words(self, kept: str, site: JiraSite) -> Words:
        return Words(kept, site.priorities[kept].name)

    def allowed(self, project: Project, basics: Basics) -> list[Any]:
        del project
        return [basics.priority(each) for each in basics.site.priorities.values()]


class ResolutionField(FieldKind):
    def read(self, value: Any, frame: Frame) -> str:
        key, wanted = _reference(value, "Resolution")
        for resolution in frame.site.resolutions.values():
            if wanted == getattr(resolution, key):
                return resolution.id
        raise FieldProblem(f"Resolution {key} '{wanted}' is not valid")

    def show(self, kept: str, basics: Basics) -> Any:
        return basics.resolution(basics.site.resolutions[kept])

    def words(self, kept: str, site: JiraSite) -> Words:
        return Words(kept, site.resolutions[kept].name)

    def allowed(self, project: Project, basics: Basics) -> list[Any]:
        del project
        return [basics.resolution(each) for each in basics.site.resolutions.values()]


class PersonField(FieldKind):
    """An account. Cloud takes account ids only, Data Center user names."""

    def read(self, value: Any, frame: Frame) -> str:
        person = frame.site.person(read_person_reference(value, frame.site))
        if person is None:
            raise FieldProblem("Specify a valid user")
        return person.account_id

    def show(self, kept: str, basics: Basics) -> Any:
        return basics.person(basics.site.people[kept])

    def words(self, kept: str, site: JiraSite) -> Words:
        person = site.people[kept]
        return Words(person.account_id if site.edition.is_cloud else person.key, person.display_name)


class AssigneeField(PersonField):
    def read(self, value: Any, frame: Frame) -> str:
        reference = read_person_reference(value, frame.site)
        person = frame.site.person(reference)
        if person is None or not may(person, "ASSIGNABLE_USER", frame.project):
            raise FieldProblem(f"User '{reference}' cannot be assigned issues.")
        return person.account_id


class ReporterField(PersonField):
    def read(self, value: Any, frame: Frame) -> str:
        person = frame.site.person(read_person_reference(value, frame.site))
        if person is None or not person.active:
            raise FieldProblem("The reporter specified is not a user.")
        return person.account_id

    def read_or_clear(self, value: Any, frame: Frame) -> Any:
        if value is None:
            raise FieldProblem("Reporter is required.")
        return self.read(value, frame)


def read_person_reference(value: Any, site: JiraSite) -> str:
    """What an account is called by: an account id on Cloud, a name or key on Data Center.

    Raises:
        FieldProblem: It is called by something else.
    """
    if not isinstance(value, dict):
        raise FieldProblem("data was not an object")
    if site.edition.is_cloud:
        reference = value.get("accountId", value.get("id"))
        if reference is None and ("name" in value or "key" in value):
            raise FieldProblem(
                "'accountId' must be the only user identifying query parameter in GDPR strict mode."
            )
    else:
        reference = value.get("name", value.get("key"))
    if not isinstance(reference, str):
        raise FieldProblem(
            "expected 'id' property to be provided" if site.edition.is_cloud else "User does not exist."
        )
    return reference


class LabelsField(FieldKind):
    """Labels: short, without spaces, kept in alphabetical order."""

    operations: ClassVar[tuple[str, ...]] = ("add", "set", "remove")

    @property
    def nothing(self) -> Any:
        return ()

    def read(self, value: Any, frame: Frame) -> tuple[str, ...]:
        del frame
        if not isinstance(value, list):
            raise FieldProblem("data was not an array")
        return tuple(sorted({self._label(each, at) for at, each in enumerate(value)}))

    def apply(self, operation: str, kept: Any, value: Any, frame: Frame) -> Any:
        if operation == "add":
            return tuple(sorted({*kept, self._label(value, 0)}))
        if operation == "remove":
            return tuple(label for label in kept if label != value)
        return super().apply(operation, kept, value, frame)

    def show(self, kept: tuple[str, ...], basics: Basics) -> list[str]:
        del basics
        return list(kept)

    def words(self, kept: tuple[str, ...], site: JiraSite) -> Words:
        del site
        return Words(None, " ".join(kept))

    def _label(self, value: Any, at: int) -> str:
        if not isinstance(value, str):
            raise FieldProblem(f"string expected at index {at}")
        if any(character.isspace() for character in value):
            raise FieldProblem(f"The label '{value}' contains spaces which is invalid.")
        if len(value) > LABEL_LIMIT:
            raise FieldProblem(f"The label '{value}' exceeds the maximum length allowed ({LABEL_LIMIT})")
        return value


class ComponentsField(FieldKind):
    """Components of the issue's project."""

    operations: ClassVar[tuple[str, ...]] = ("add", "set", "remove")

    @property
    def nothing(self) -> Any:
        return ()

    def read(self, value: Any, frame: Frame) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise FieldProblem("data was not an array")
        return tuple(dict.fromkeys(self._component(each, frame.project).id for each in value))

    def apply(self, operation: str, kept: Any, value: Any, frame: Frame) -> Any:
        if operation == "add":
            return tuple(dict.fromkeys([*kept, self._component(value, frame.project).id]))
        if operation == "remove":
            gone = self._component(value, frame.project).id
            return tuple(each for each in kept if each != gone)
        return super().apply(operation, kept, value, frame)

    def show(self, kept: tuple[str, ...], basics: Basics) -> Any:
        return [basics.component(basics.site.component(each)) for each in kept]

    def words(self, kept: tuple[str, ...], site: JiraSite) -> Words:
        if not kept:
            return Words(None, None)
        return Words(", ".join(kept), ", ".join(site.component(each).name for each in kept))

    def allowed(self, project: Project, basics: Basics) -> list[Any]:
        return [basics.component(each) for each in project.components]

    def _component(self, value: Any, project: Project) -> Component:
        key, wanted = _reference(value, "Component")
        for component in project.components:
            if getattr(component, key) == wanted:
                return component
        raise FieldProblem(f"Component {key} '{wanted}' is not valid")


@dataclass(frozen=True)
class Option:
    id: str
    value: str


class SelectField(FieldKind):
    """A choice from a list of options."""

    def __init__(self, *options: Option) -> None:
        self.options = {option.id: option for option in options}

    def read(self, value: Any, frame: Frame) -> str:
        del frame
        if not isinstance(value, dict):
            raise FieldProblem("Specify a valid 'id' or 'name' for the option")
        if "id" in value:
            if isinstance(value["id"], str) and value["id"] in self.options:
                return value["id"]
            raise FieldProblem(f"Option id '{value['id']}' is not valid")
        if "value" in value:
            for option in self.options.values():
                if option.value == value["value"]:
                    return option.id
            raise FieldProblem(f"Option value '{value['value']}' is not valid")
        raise FieldProblem("Option id 'null' is not valid")

    def show(self, kept: str, basics: Basics) -> Any:
        return self._option(self.options[kept], basics)

    def words(self, kept: str, site: JiraSite) -> Words:
        del site
        return Words(kept, self.options[kept].value)

    def allowed(self, project: Project, basics: Basics) -> list[Any]:
        del project
        return [self._option(option, basics) for option in self.options.values()]

    def _option(self, option: Option, basics: Basics) -> Any:
        return {"self": basics.url(f"customFieldOption/{option.id}"), "value": option.value, "id": option.id}


@dataclass(frozen=True)
class Parent:
    """A choice of the first level with those below it."""

    id: str
    value: str
    children: tuple[Option, ...] = ()


class CascadeField(FieldKind):
    """A cascading select: a choice, and perhaps one below it. Kept as both ids."""

    def __init__(self, *parents: Parent) -> None:
        self.parents = parents

    def read(self, value: Any, frame: Frame) -> tuple[str, str | None]:
        del frame
        parent = self._chosen(self.parents, value)
        below = value.get("child")
        return parent.id, None if below is None else self._chosen(parent.children, below).id

    def show(self, kept: tuple[str, str | None], basics: Basics) -> Any:
        parent, child = self._options(kept)
        shown = self._option(parent, basics)
        return shown if child is None else {**shown, "child": self._option(child, basics)}

    def words(self, kept: tuple[str, str | None], site: JiraSite) -> Words:
        del site
        parent, child = self._options(kept)
        text = f"Parent values: {parent.value}({parent.id})"
        return Words(kept[0], text if child is None else f"{text}Level 1 values: {child.value}({child.id})")

    def allowed(self, project: Project, basics: Basics) -> list[Any]:
        del project
        return [
            {
                **self._option(each, basics),
                "children": [self._option(child, basics) for child in each.children],
            }
            for each in self.parents
        ]

    def _options(self, kept: tuple[str, str | None]) -> tuple[Parent, Option | None]:
        parent = next(each for each in self.parents if each.id == kept[0])
        return parent, next((each for each in parent.children if each.id == kept[1]), None)

    def _chosen(self, options: tuple[Any, ...], value: Any) -> Any:
        if not isinstance(value, dict):
            raise FieldProblem("Specify a valid 'id' or 'name' for the option")
        for option in options:
            if option.id == value.get("id") or ("id" not in value and option.value == value.get("value")):
                return option
        raise FieldProblem(f"Option value '{value.get('value', value.get('id'))}' is not valid")

    def _option(self, option: Parent | Option, basics: Basics) -> dict[str, Any]:
        return {"self": basics.url(f"customFieldOption/{option.id}"), "value": option.value, "id": option.id}
