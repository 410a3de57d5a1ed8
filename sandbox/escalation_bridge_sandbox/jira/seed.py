"""The site as it is at first: accounts with their credentials, projects with their workflows. No issues yet.

The credentials are good for nothing but this stand-in.
"""

from collections.abc import Callable
from datetime import datetime

from escalation_bridge_sandbox.jira.edition import Edition
from escalation_bridge_sandbox.jira.model.people import Credential, CredentialKind, Person
from escalation_bridge_sandbox.jira.model.project import IssueType, LinkType, Priority, Resolution
from escalation_bridge_sandbox.jira.search_index import SearchIndex
from escalation_bridge_sandbox.jira.seed_people import (
    ADMIN,
    BRIDGE,
    CUSTOMER,
    DEVELOPER,
    OTHER_CUSTOMER,
    OTHER_DEVELOPER,
    PEOPLE,
    VIEWER,
)
from escalation_bridge_sandbox.jira.seed_projects import PROJECTS
from escalation_bridge_sandbox.jira.seed_workflows import STATUSES
from escalation_bridge_sandbox.jira.site import JiraSite

__all__ = [
    "ADMIN",
    "BRIDGE",
    "CLOUD_ID",
    "CUSTOMER",
    "DEVELOPER",
    "OTHER_CUSTOMER",
    "OTHER_DEVELOPER",
    "VIEWER",
    "api_token",
    "oauth_refresh_token",
    "oauth_secret",
    "oauth_token",
    "password",
    "personal_token",
    "scoped_token",
]

CLOUD_ID = "35273b54-3f06-40d2-880f-dd28cf8daafa"


def api_token(person: Person) -> str:
    """Cloud: the token that goes with the e-mail address, on the site's own address."""
    return f"ATATT-sandbox-{person.name}"


def scoped_token(person: Person) -> str:
    """Cloud: a token with scopes, good at `/ex/jira/{CLOUD_ID}` only."""
    return f"ATATT-scoped-sandbox-{person.name}"


def oauth_token(person: Person) -> str:
    """Cloud: an OAuth 2.0 access token, a bearer at `/ex/jira/{CLOUD_ID}` only."""
    return f"oauth-sandbox-{person.name}"


def oauth_refresh_token(person: Person) -> str:
    """Cloud: the first refresh token of an app that the account let in. The app's client is that of `oauth_secret`."""
    return f"oauth-refresh-sandbox-{person.name}"


def oauth_secret(person: Person) -> str:
    """Cloud: the secret of the account's OAuth 2.0 credential, whose client id is the account's name."""
    return f"oauth-secret-of-the-sandbox-{person.name}"


def password(person: Person) -> str:
    """Data Center: the password that goes with the user name."""
    return f"password-{person.name}"


def personal_token(person: Person) -> str:
    """Data Center: a personal access token, a bearer."""
    return f"pat-sandbox-{person.name}"


ISSUE_TYPES = (
    IssueType("10001", "Bug", "A problem or error.", 10303),
    IssueType("10002", "Task", "A small, distinct piece of work.", 10318),
    IssueType("10003", "Story", "Functionality expressed as a user goal.", 10315),
    IssueType("10004", "Incident", "An unplanned interruption of a service.", 10304),
    IssueType("10005", "Service Request", "Something that a customer asked for.", 10311),
    IssueType("10006", "Tugas", "Pekerjaan kecil.", 10318),
)
# From the highest to the lowest.
PRIORITIES = (
    Priority("1", "Highest", "#d04437", "This problem will block progress."),
    Priority("2", "High", "#f15C75", "Serious problem that could block progress."),
    Priority("3", "Medium", "#f79232", "Has the potential to affect progress."),
    Priority("4", "Low", "#707070", "Minor problem or easily worked around."),
    Priority("5", "Lowest", "#999999", "Trivial problem with little or no impact on progress."),
)
MEDIUM = "3"
RESOLUTIONS = (
    Resolution("10000", "Done", "Work has been completed on this issue."),
    Resolution("10001", "Fixed", "A fix for this issue is checked in and tested."),
    Resolution("10002", "Won't Do", "This issue won't be actioned."),
    Resolution("10003", "Duplicate", "The problem is a duplicate of an existing issue."),
    Resolution("10004", "Cannot Reproduce", "All attempts at reproducing this issue failed."),
)
LINK_TYPES = (
    LinkType("10000", "Blocks", "is blocked by", "blocks"),
    LinkType("10001", "Cloners", "is cloned by", "clones"),
    LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
    LinkType("10003", "Relates", "relates to", "relates to"),
)


def credentials_for(edition: Edition) -> list[Credential]:
    """What everybody logs in with."""
    makers: dict[CredentialKind, Callable[[Person], str]] = (
        {
            CredentialKind.API_TOKEN: api_token,
            CredentialKind.SCOPED_TOKEN: scoped_token,
            CredentialKind.OAUTH: oauth_token,
        }
        if edition.is_cloud
        else {CredentialKind.PASSWORD: password, CredentialKind.PERSONAL_TOKEN: personal_token}
    )
    return [
        Credential(kind, make(person), person.account_id)
        for person in PEOPLE
        for kind, make in makers.items()
    ]


def seeded_site(edition: Edition, now: Callable[[], datetime], search_lag: float) -> JiraSite:
    """A new site."""
    return JiraSite(
        edition=edition,
        now=now,
        cloud_id=CLOUD_ID,
        people={each.account_id: each for each in PEOPLE},
        credentials=credentials_for(edition),
        refresh_tokens={oauth_refresh_token(each): each.account_id for each in PEOPLE},
        statuses={each.id: each for each in STATUSES},
        issue_types={each.id: each for each in ISSUE_TYPES},
        priorities={each.id: each for each in PRIORITIES},
        default_priority=MEDIUM,
        resolutions={each.id: each for each in RESOLUTIONS},
        link_types={each.id: each for each in LINK_TYPES},
        projects={each.key: each for each in PROJECTS},
        index=SearchIndex(search_lag),
    )
