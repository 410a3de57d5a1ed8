"""The steps for an administrator if the bridge's account may not create the webhook. Pure."""

from collections.abc import Iterator

from escalation_bridge.plugin import (
    Connection,
)
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.webhooks.proof import AUTOMATION_HEADER


def steps(connection: Connection[JiraSettings], callback: str) -> tuple[str, ...]:
    """The steps for a webhook of the site and, without a site administrator, for a rule of a project."""
    return (*_of_the_site(connection, callback), *_of_a_project(connection, callback))


def _of_the_site(connection: Connection[JiraSettings], callback: str) -> Iterator[str]:
    settings, where = connection.settings, f"connections.{connection.name}"
    menu = (
        "the cog > System"
        if settings.cloud
        else "the cog > System (Jira 10 or newer; older ones do not sign)"
    )
    yield f"As somebody with the permission Administer Jira open {settings.url}: {menu} > WebHooks > Create a WebHook."
    yield f"Name: Escalation Bridge: {connection.name}. Status: Enabled. URL: {callback}"
    if settings.webhook_secrets:
        yield f"Secret: the value of {where}.webhook_secrets[0]. Jira does not show it again."
    else:
        yield (
            f"Secret: make up a long one, and write it into {where}.webhook_secrets, too; "
            "without one every webhook is refused."
        )
    jql = settings.webhook_jql
    yield (
        f"Issue related events, JQL: {jql}"
        if jql
        else "Issue related events, JQL: leave it empty for all issues."
    )
    yield "Tick created, updated and deleted under Issue, and created, updated and deleted under Comment; nothing else."
    yield "Leave Exclude body unticked. Create."


def _of_a_project(connection: Connection[JiraSettings], callback: str) -> Iterator[str]:
    where = f"connections.{connection.name}.automation_secrets"
    yield (
        "Or, where you administer only a project: Project settings > Automation > Create rule, with the trigger Multiple issue events "
        "(created, updated, transitioned, commented, deleted) and the action Send web request."
    )
    yield f"Web request URL: {callback}. HTTP method: POST. Web request body: Issue data (Jira format)."
    yield (
        f"Headers: {AUTOMATION_HEADER} with the value of {where}[0] (another secret than that of the webhook: "
        "rules show it to their editors), hidden where Jira offers it."
    )
