"""Projects and what belongs to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from escalation_bridge_sandbox.jira.model.workflow import ScreenField, Workflow


@dataclass(frozen=True)
class IssueType:
    id: str
    name: str
    description: str = ""
    avatar_id: int = 10300


@dataclass(frozen=True)
class Priority:
    id: str
    name: str
    color: str
    description: str = ""


@dataclass(frozen=True)
class Resolution:
    id: str
    name: str
    description: str = ""


@dataclass(frozen=True)
class LinkType:
    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True)
class Component:
    id: str
    name: str


@dataclass(frozen=True)
class RequestType:
    """What a customer can ask for in a service desk.

    Attributes:
        form: The fields that the form shows.
    """

    id: str
    name: str
    issue_type_id: str
    description: str = ""
    form: tuple[str, ...] = ("summary", "description")


@dataclass(frozen=True)
class ServiceDesk:
    """The service desk of a project."""

    id: str
    request_types: tuple[RequestType, ...]


@dataclass(frozen=True)
class Project:
    """A project, its workflow, screens and members.

    Attributes:
        issue_type_ids: In the order in which they are offered.
        workflows: By issue type id; `*` is for those that have none of their own.
        create_screen: Fields on the create screen, beside project and issue type.
        edit_screen: Fields on the edit screen.
        roles: Account ids by role name.
    """

    id: str
    key: str
    name: str
    type_key: Literal["software", "service_desk", "business"]
    lead: str
    issue_type_ids: tuple[str, ...]
    workflows: Mapping[str, Workflow]
    create_screen: tuple[ScreenField, ...]
    edit_screen: tuple[ScreenField, ...]
    roles: Mapping[str, frozenset[str]]
    components: tuple[Component, ...] = ()
    service_desk: ServiceDesk | None = None
    description: str = ""
    properties: dict[str, object] = field(default_factory=dict, compare=False)

    def workflow_of(self, issue_type_id: str) -> Workflow:
        return self.workflows.get(issue_type_id) or self.workflows["*"]

    def members(self, role: str) -> frozenset[str]:
        return self.roles.get(role, frozenset())
