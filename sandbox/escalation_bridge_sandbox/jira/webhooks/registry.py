"""Which webhooks there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from escalation_bridge_sandbox.jira.errors import BareError, JiraError
from escalation_bridge_sandbox.jira.jql.context import Context
from escalation_bridge_sandbox.jira.jql.query import compile_query
from escalation_bridge_sandbox.jira.jql.tokens import JqlError
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.rules.session import Event
from escalation_bridge_sandbox.jira.site import JiraSite

# Atlassian's list; the sandbox sends those of issues, comments and links.
EVENTS = frozenset(
    """
    jira:issue_created jira:issue_updated jira:issue_deleted comment_created comment_updated comment_deleted
    issuelink_created issuelink_deleted attachment_created attachment_deleted issue_property_set
    issue_property_deleted worklog_created worklog_updated worklog_deleted jira:worklog_updated project_created
    project_updated project_deleted jira:version_created jira:version_updated jira:version_released
    jira:version_unreleased jira:version_moved jira:version_deleted jira:version_merged user_created user_updated
    user_deleted board_created board_updated board_deleted board_configuration_changed sprint_created
    sprint_updated sprint_deleted sprint_started sprint_closed option_voting_changed option_watching_changed
    option_unassigned_issues_changed option_subtasks_changed option_attachments_changed option_issuelinks_changed
    option_timetracking_changed
    """.split()
)
FILTER = "issue-related-events-section"


@dataclass(frozen=True)
class Webhook:
    """A registered webhook. An empty filter matches all issues.

    Attributes:
        app: Whose it is, by account id, if it belongs to an app and not to the site's administrators.
        expires: When it ends; None where it does not.
    """

    id: int
    name: str
    url: str
    events: tuple[str, ...]
    active: bool
    filters: Mapping[str, str]
    exclude_body: bool
    secret: str | None
    updated_by: str
    created: datetime
    updated: datetime
    app: str | None = None
    expires: datetime | None = None

    @property
    def jql(self) -> str:
        return self.filters.get(FILTER, "").strip()


@dataclass(frozen=True)
class Wish:
    """What a registration asks for; None is what it does not mention."""

    name: str | None = None
    url: str | None = None
    events: tuple[str, ...] | None = None
    active: bool | None = None
    filters: Mapping[str, str] | None = None
    exclude_body: bool | None = None
    secret: str | None = None


@dataclass
class Registry:
    """The site's webhooks, in the order of their registration."""

    webhooks: dict[int, Webhook] = field(default_factory=dict)
    last_id: int = 0

    def register(self, wish: Wish, person: Person, site: JiraSite) -> Webhook:
        """Register a webhook.

        Raises:
            JiraError: Name or URL are missing, an event is not known, or the filter is no JQL.
        """
        now = site.now()
        for what, value in (("name", wish.name), ("url", wish.url)):
            if not value or not value.strip():
                raise _refused(f"The webhook's {what} must not be empty.")
        self.last_id += 1
        webhook = Webhook(
            self.last_id,
            wish.name or "",
            wish.url or "",
            wish.events or (),
            wish.active is not False,
            wish.filters or {},
            bool(wish.exclude_body),
            wish.secret or None,
            person.account_id,
            now,
            now,
        )
        _check(webhook, site)
        self.webhooks[webhook.id] = webhook
        return webhook

    def change(self, webhook: Webhook, wish: Wish, person: Person, site: JiraSite) -> Webhook:
        """Change what the wish mentions; a secret that is not mentioned stays."""
        mentioned = {name: value for name, value in vars(wish).items() if value is not None}
        changed = replace(webhook, **mentioned, updated_by=person.account_id, updated=site.now())
        _check(changed, site)
        self.webhooks[webhook.id] = changed
        return changed

    def find(self, webhook_id: str) -> Webhook:
        """A webhook by id.

        Raises:
            JiraError: 404.
        """
        webhook = self.webhooks.get(int(webhook_id)) if webhook_id.isdecimal() else None
        if webhook is None or webhook.app is not None:
            raise JiraError(404, f"Webhook with id {webhook_id} does not exist.")
        return webhook

    def interested_in(self, event: Event, site: JiraSite) -> list[Webhook]:
        """The active webhooks that want the event and whose filter matches the issue."""
        return [
            webhook
            for webhook in self.webhooks.values()
            if webhook.active
            and (webhook.expires is None or webhook.expires > site.now())
            and event.name in webhook.events
            and _matches(webhook, event, site)
        ]


def _matches(webhook: Webhook, event: Event, site: JiraSite) -> bool:
    if not webhook.jql:
        return True
    try:
        query = compile_query(webhook.jql, _context(site))
    except JqlError:
        # What it named at registration was renamed or deleted since: it matches nothing any more.
        return False
    return query.matches(event.issue)


def _context(site: JiraSite) -> Context:
    return Context(site, None, site.now(), sees_all=True)


def _check(webhook: Webhook, site: JiraSite) -> None:
    if not webhook.url.startswith(("http://", "https://")):
        raise _refused(f"The webhook's url is not valid: {webhook.url}")
    unknown = sorted(set(webhook.events) - EVENTS)
    if unknown:
        raise _refused(f"Unknown webhook event: {', '.join(unknown)}")
    if webhook.jql:
        try:
            compile_query(webhook.jql, _context(site))
        except JqlError as problem:
            raise _refused(*problem.messages) from problem


def _refused(*messages: str) -> BareError:
    # The webhook resource has a body of its own for errors; its exact shape is not documented.
    return BareError(400, {"messages": [{"key": message, "arguments": []} for message in messages]})


def read_wish(body: Any, known: Mapping[str, type]) -> dict[str, Any]:
    """The known properties of a registration's body, of the right types; the others are read over.

    Raises:
        JiraError: 400.
    """
    if not isinstance(body, dict):
        raise _refused("A JSON object is expected.")
    read: dict[str, Any] = {}
    for name, wanted in known.items():
        if body.get(name) is None:
            continue
        if not isinstance(body[name], wanted):
            raise _refused(f"The webhook's {name} is not valid.")
        read[name] = body[name]
    if not all(isinstance(each, str) for each in read.get("events", [])):
        raise _refused("The webhook's events are not valid.")
    if not all(isinstance(each, str) for each in read.get("filters", {}).values()):
        raise _refused("The webhook's filters are not valid.")
    return read
