"""The settings of a Jira site."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, JsonValue, model_validator

from escalation_bridge.plugin import (
    BaseUrl,
    ConnectionSettings,
    Priority,
    Secret,
    Settings,
    StatusKind,
)

_ATLASSIAN = "https://api.atlassian.com"


class OAuthClient(Settings):
    """OAuth 2.0: the credential of an Atlassian service account, or an app that a person lets in (then with a refresh token)."""

    client_id: str = Field(min_length=1)
    client_secret: Secret
    refresh_token: Secret | None = None
    """Of an app that a person lets in: the first one. Each is good once; the bridge keeps the newest in `token_file`."""
    token_file: Path | None = None
    """With `refresh_token`: where the bridge keeps the newest tokens. A whole path, that only the bridge reads."""
    server: BaseUrl = "https://auth.atlassian.com"
    """Where tokens are fetched. Only Atlassian Government Cloud has another one."""

    @model_validator(mode="after")
    def _file_for_what_changes(self) -> "OAuthClient":
        if (self.refresh_token is None) != (self.token_file is None):
            raise ValueError("refresh_token and token_file belong together: write both or neither")
        if self.token_file is not None and not self.token_file.is_absolute():
            raise ValueError("token_file must be a whole path, from the root")
        return self


class JiraSettings(ConnectionSettings):
    """One Jira site: Cloud or Data Center, with or without Jira Service Management."""

    vendor_name: ClassVar[str] = "jira"

    deployment: Literal["cloud", "datacenter"]
    """Where it runs: `cloud` (https://<site>.atlassian.net) or `datacenter` (your own servers, Jira Server included)."""
    url: BaseUrl
    """Where people open it: https://<site>.atlassian.net, or https://jira.example.com/jira with its context path."""

    email: str | None = None
    """Cloud: the e-mail address of the bridge's account."""
    api_token: Secret | None = None
    """Cloud: an API token of that account. It expires after a year at the latest."""
    oauth: OAuthClient | None = None
    """Cloud: instead of an API token, OAuth 2.0: a service account's credential, or an app with a refresh token. Needs `cloud_id`."""
    cloud_id: str | None = Field(default=None, pattern=r"^[0-9A-Za-z-]+$")
    """Cloud: for a token with scopes and for `oauth`. The site's id, from https://<site>.atlassian.net/_edge/tenant_info"""
    api_gateway: BaseUrl = _ATLASSIAN
    """Cloud: where tokens with scopes are used. Only Atlassian Government Cloud has another one."""
    personal_access_token: Secret | None = None
    """Data Center: a personal access token of the bridge's account (Jira 8.14 or newer)."""

    webhook_secrets: tuple[Secret, ...] = ()
    """The secrets that Jira signs webhooks with. The first is used for new registrations; several are accepted while one is changed."""
    automation_secrets: tuple[Secret, ...] = ()
    """Secrets that rules of Jira Automation send in the header X-Escalation-Bridge-Secret; several while one is changed."""
    webhook_window_hours: float = Field(default=24.0, gt=0, le=24 * 14)
    """How old a webhook may be. Jira Cloud sends again for hours after an outage, so this is generous."""
    webhook_jql: str | None = None
    """Which issues send webhooks, in JQL: `project = ENG`. By default all; an issue that is moved out of it falls silent."""

    project: str | None = None
    """Key or id of the project that new issues go to; a route may name another one."""
    issue_type: str = "Task"
    """Name or id of new issues' type; a route may name another one."""
    names_language: str = Field(default="en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    """The language of the names of statuses, priorities, types and resolutions that Jira translates, as this file has them. The
    profile of the bridge's account does not count."""
    priorities: Mapping[Priority, str] = {}
    """What Jira calls low, normal, high and urgent, where it is not Low, Medium, High and Highest."""
    status_kinds: Mapping[str, StatusKind] = {}
    """What a status means, by its name or id, where its category does not tell: `Blocked: waiting_third_party`."""
    transition_fields: Mapping[str, Mapping[str, JsonValue]] = {}
    """Fields that a transition asks for, by its own name, or by the name or id of the status it leads to:
    `Done: {resolution: {name: Done}}`."""
    transitions: Mapping[str, str] = {}
    """Where several transitions lead to a status, the one to take, by name or id: `Done: Resolve issue`. No other is taken then."""
    status_paths: Mapping[str, tuple[str, ...]] = {}
    """Statuses to go through where no transition leads there at once: `Done: [In Progress, In Review]`."""
    follow_workflow: bool = True
    """Go through further statuses as the workflow itself has them, where Cloud tells it, or other issues show it."""

    private_comment_role: str | None = None
    """Software and business projects: the project role that alone may read the bridge's private comments."""
    private_comment_group: str | None = None
    """Software and business projects: the group that alone may read the bridge's private comments."""
    customers_read_comments: bool = False
    """Software and business projects: true where customers themselves read the issues there. Service projects tell by themselves."""

    team_roles: tuple[str, ...] = ("Service Desk Team", "Administrators")
    """Service projects: the project roles whose members answer requests, where Jira does not show who has the permission of agents."""

    search_lag_seconds: float = Field(default=60.0, ge=0, le=3600)
    """How long Jira's search may not know a new issue. A create with an unknown outcome is not repeated before."""

    @model_validator(mode="after")
    def _complete_sign_in(self) -> "JiraSettings":
        cloud: dict[str, object] = {"email": self.email, "api_token": self.api_token}
        if self.oauth is not None:
            if self.deployment == "cloud" and (self.email or self.api_token):
                raise ValueError("give either oauth, or email and api_token")
            cloud = {"oauth": self.oauth, "cloud_id": self.cloud_id}
        datacenter: dict[str, object] = {"personal_access_token": self.personal_access_token}
        needed, foreign = (cloud, datacenter) if self.deployment == "cloud" else (datacenter, cloud)
        missing = [name for name, value in needed.items() if value is None]
        if missing:
            raise ValueError(f"deployment {self.deployment} needs {' and '.join(missing)}")
        superfluous = [name for name, value in foreign.items() if value is not None]
        if self.deployment != "cloud" and self.cloud_id is not None and "cloud_id" not in superfluous:
            superfluous.append("cloud_id")
        if superfluous:
            raise ValueError(f"deployment {self.deployment} does not use {' and '.join(superfluous)}")
        if self.private_comment_role and self.private_comment_group:
            raise ValueError("Jira restricts a comment to one role or one group: give one of them")
        return self

    @property
    def cloud(self) -> bool:
        return self.deployment == "cloud"

    @property
    def app_secret(self) -> Secret | None:
        """The secret that verifies webhooks of an OAuth 2.0 app."""
        return self.oauth.client_secret if self.oauth else None

    @property
    def api_url(self) -> str:
        """The address of requests. A token with scopes is refused (401) at the site's own address, one without scopes at the gateway."""
        return f"{self.api_gateway}/ex/jira/{self.cloud_id}" if self.cloud_id else self.url
