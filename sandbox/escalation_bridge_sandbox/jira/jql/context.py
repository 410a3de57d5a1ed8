"""Who asks, when, and of which site."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import Project
from escalation_bridge_sandbox.jira.rules.permissions import may
from escalation_bridge_sandbox.jira.site import JiraSite


@dataclass(frozen=True)
class Context:
    """What a query is understood in. Without a viewer it sees everything: a webhook's filter."""

    site: JiraSite
    viewer: Person | None
    now: datetime
    sees_all: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """Dates without a zone mean the asking user's."""
        return self.viewer.zone if self.viewer else ZoneInfo("Etc/UTC")

    def projects(self) -> list[Project]:
        """The projects that can be named in the query."""
        return [
            project
            for project in self.site.projects.values()
            if self.sees_all or may(self.viewer, "BROWSE_PROJECTS", project)
        ]
