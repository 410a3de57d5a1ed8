"""The small things that answers are made of: people, statuses, priorities, dates."""

from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import (
    Component,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
)
from escalation_bridge_sandbox.jira.model.workflow import Category, Status
from escalation_bridge_sandbox.jira.render.language import in_language, language_of
from escalation_bridge_sandbox.jira.site import JiraSite

SIZES = (("48x48", ""), ("24x24", "size=small&"), ("16x16", "size=xsmall&"), ("32x32", "size=medium&"))


class Basics:
    """Shows the parts of a site to one viewer, in one API version.

    Attributes:
        base_url: The site's address, without a slash at the end.
        for_webhook: Webhooks show people without their e-mail address on Cloud.
    """

    def __init__(
        self,
        site: JiraSite,
        base_url: str,
        api: int,
        viewer: Person | None,
        *,
        for_webhook: bool = False,
    ) -> None:
        self.site = site
        self.base_url = base_url
        self.api = api
        self.viewer = viewer
        self.for_webhook = for_webhook
        self._language = language_of(viewer)

    def _named(self, name: str) -> str:
        return in_language(name, self._language)

    @property
    def is_cloud(self) -> bool:
        return self.site.edition.is_cloud

    def url(self, path: str) -> str:
        """The address of something in the REST API of this version."""
        return f"{self.base_url}/rest/api/{self.api}/{path}"

    def time(self, instant: datetime) -> str:
        """An instant as Jira writes it: in the viewer's zone on Cloud, in the server's on Data Center."""
        zone = self.viewer.zone if self.viewer and self.is_cloud else ZoneInfo("Etc/UTC")
        local = instant.astimezone(zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def person(self, person: Person) -> dict[str, Any]:
        if self.is_cloud:
            return self._cloud_person(person)
        return {
            "self": f"{self.base_url}/rest/api/2/user?username={quote(person.name)}",
            "name": person.name,
            "key": person.key,
            "emailAddress": person.email,
            "avatarUrls": self.avatars("useravatar", "avatarId=10338"),
            "displayName": person.display_name,
            "active": person.active,
            "timeZone": person.time_zone,
        }

    def _cloud_person(self, person: Person) -> dict[str, Any]:
        shown = person.email_visible or (
            self.viewer is not None and self.viewer.account_id == person.account_id
        )
        email = {"emailAddress": person.email} if shown and not self.for_webhook else {}
        return {
            "self": self.url(f"user?accountId={quote(person.account_id)}"),
            "accountId": person.account_id,
            **email,
            "avatarUrls": self.avatars("useravatar", "avatarId=10338"),
            "displayName": person.display_name,
            "active": person.active,
            "timeZone": person.time_zone,
            "accountType": person.account_type,
        }

    def user(self, person: Person) -> dict[str, Any]:
        """A person as the user resources show it, which is a little more than elsewhere."""
        shown = self.person(person)
        if self.is_cloud:
            return {**shown, "locale": person.locale}
        return {**shown, "deleted": False, "locale": person.locale}

    def avatars(self, servlet: str, parameters: str) -> dict[str, str]:
        return {size: f"{self.base_url}/secure/{servlet}?{extra}{parameters}" for size, extra in SIZES}

    def category(self, category: Category) -> dict[str, Any]:
        return {
            "self": self.url(f"statuscategory/{category.number}"),
            "id": category.number,
            "key": category.key,
            "colorName": category.color,
            "name": category.label,
        }

    def status(self, status: Status) -> dict[str, Any]:
        return {
            "self": self.url(f"status/{status.id}"),
            "description": status.description,
            "iconUrl": f"{self.base_url}/",
            "name": self._named(status.name),
            "id": status.id,
            "statusCategory": self.category(status.category),
        }

    def priority(self, priority: Priority) -> dict[str, Any]:
        return {
            "self": self.url(f"priority/{priority.id}"),
            "iconUrl": f"{self.base_url}/images/icons/priorities/{priority.name.lower()}.svg",
            "name": self._named(priority.name),
            "id": priority.id,
        }

    def resolution(self, resolution: Resolution) -> dict[str, Any]:
        return {
            "self": self.url(f"resolution/{resolution.id}"),
            "id": resolution.id,
            "description": resolution.description,
            "name": self._named(resolution.name),
        }

    def issue_type(self, issue_type: IssueType) -> dict[str, Any]:
        parameters = f"size=xsmall&avatarId={issue_type.avatar_id}&avatarType=issuetype"
        shown = {
            "self": self.url(f"issuetype/{issue_type.id}"),
            "id": issue_type.id,
            "description": issue_type.description,
            "iconUrl": f"{self.base_url}/secure/viewavatar?{parameters}",
            "name": self._named(issue_type.name),
            "subtask": False,
            "avatarId": issue_type.avatar_id,
        }
        return {**shown, "hierarchyLevel": 0} if self.is_cloud and not self.for_webhook else shown

    def project_reference(self, project: Project) -> dict[str, Any]:
        """A project as an issue shows it."""
        simplified = {"simplified": False} if self.is_cloud else {}
        return {
            "self": self.url(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.type_key,
            **simplified,
            "avatarUrls": self.avatars("projectavatar", "avatarId=10324"),
        }

    def component(self, component: Component) -> dict[str, Any]:
        return {"self": self.url(f"component/{component.id}"), "id": component.id, "name": component.name}

    def link_type(self, link_type: LinkType) -> dict[str, Any]:
        return {
            "id": link_type.id,
            "name": self._named(link_type.name),
            "inward": link_type.inward,
            "outward": link_type.outward,
            "self": self.url(f"issueLinkType/{link_type.id}"),
        }
