"""Accounts and what they log in with."""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

ADMIN_GROUP = "jira-administrators"
USERS_GROUP = "jira-users"


@dataclass(frozen=True)
class Person:
    """An account. Cloud knows it by `account_id`, Data Center by `name` and `key`.

    Attributes:
        email_visible: Whether other users of Cloud are shown the address; people hide it in their profile.
    """

    account_id: str
    name: str
    key: str
    display_name: str
    email: str
    time_zone: str = "Etc/UTC"
    locale: str = "en_US"
    account_type: str = "atlassian"
    active: bool = True
    email_visible: bool = True
    groups: frozenset[str] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_admin(self) -> bool:
        """Whether the account has the global permission *Administer Jira*."""
        return ADMIN_GROUP in self.groups

    @property
    def is_licensed(self) -> bool:
        """Customers of a service desk have a portal account only."""
        return self.account_type != "customer"


class CredentialKind(StrEnum):
    """What a secret is, and with that where it is good."""

    API_TOKEN = "api_token"  # noqa: S105 -- the name of a kind, not a secret
    """Cloud: basic, with the e-mail address, on the site's own address."""
    SCOPED_TOKEN = "scoped_token"  # noqa: S105 -- the name of a kind, not a secret
    """Cloud: basic, with the e-mail address, through the API gateway only."""
    OAUTH = "oauth"
    """Cloud: bearer, through the API gateway only."""
    PASSWORD = "password"  # noqa: S105 -- the name of a kind, not a secret
    """Data Center: basic, with the user name."""
    PERSONAL_TOKEN = "personal_token"  # noqa: S105 -- the name of a kind, not a secret
    """Data Center: bearer."""


@dataclass(frozen=True)
class Credential:
    """A secret, whose it is and what kind."""

    kind: CredentialKind
    secret: str
    account_id: str
