"""What every kind of field can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from escalation_bridge_sandbox.jira.errors import FieldProblem

if TYPE_CHECKING:
    from escalation_bridge_sandbox.jira.model.project import Project
    from escalation_bridge_sandbox.jira.render.basics import Basics
    from escalation_bridge_sandbox.jira.site import JiraSite


@dataclass(frozen=True)
class Frame:
    """Where a value is read: the site, the API version it came by, and the issue's project."""

    site: JiraSite
    api: int
    project: Project


@dataclass(frozen=True)
class Words:
    """A value as the history keeps it: an id, where there is one, and what people read."""

    id: str | None
    text: str | None


NOTHING = Words(None, None)


class FieldKind(ABC):
    """A type of field. Values are kept in a plain form of the kind's own choosing; None is no value."""

    operations: ClassVar[tuple[str, ...]] = ("set",)

    @abstractmethod
    def read(self, value: Any, frame: Frame) -> Any:
        """The value to keep for one that was sent, other than null.

        Raises:
            FieldProblem: Jira does not take it.
        """

    @abstractmethod
    def show(self, kept: Any, basics: Basics) -> Any:
        """The value in an answer, for one that is kept, other than None."""

    @abstractmethod
    def words(self, kept: Any, site: JiraSite) -> Words:
        """The value in the history, for one that is kept, other than None."""

    @property
    def nothing(self) -> Any:
        """What is kept when there is no value."""
        return None

    def read_or_clear(self, value: Any, frame: Frame) -> Any:
        return self.nothing if value is None else self.read(value, frame)

    def apply(self, operation: str, kept: Any, value: Any, frame: Frame) -> Any:
        """The value to keep after an operation of an `update`.

        Raises:
            FieldProblem: The field does not have the operation, or not take the value.
        """
        if operation not in self.operations:
            raise FieldProblem(f"Field does not support update '{operation}'")
        del kept
        return self.read_or_clear(value, frame)

    def allowed(self, project: Project, basics: Basics) -> list[Any] | None:
        """The values to choose from, or None when there is no list of them."""
        del project, basics
        return None

    def shown_html(self, kept: Any) -> str | None:
        """The rendered form, for the kinds that have one."""
        del kept
        return None


@dataclass(frozen=True)
class Field:
    """A field of the site.

    Attributes:
        schema: What Jira calls the field's schema: type, system or custom type.
        clauses: Names in JQL.
        navigable: Whether `*navigable` includes it.
    """

    id: str
    name: str
    schema: Mapping[str, Any]
    kind: FieldKind | None = None
    clauses: tuple[str, ...] = ()
    navigable: bool = True
    orderable: bool = True
    searchable: bool = True

    @property
    def is_custom(self) -> bool:
        return self.id.startswith("customfield_")


def not_on_screen(field_id: str) -> str:
    """What Jira says of a field that it does not know here."""
    return f"Field '{field_id}' cannot be set. It is not on the appropriate screen, or unknown."
