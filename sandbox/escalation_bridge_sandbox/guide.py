"""What somebody who starts the stand-ins needs to know: who can log in, with what, and what to try."""

import json
from dataclasses import dataclass

from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed


@dataclass(frozen=True)
class Login:
    """An account of a stand-in; `user` and `secret` are what goes into basic authentication."""

    who: str
    user: str
    secret: str


@dataclass(frozen=True)
class Guide:
    """One stand-in, explained.

    Attributes:
        title: The vendor's name, with its edition if it has several.
        api: Where the API begins, after the URL.
        more: Further ways to log in.
        customers: Who writes in; they have no credentials.
        tries: Commands, with `{url}` for the stand-in's address.
    """

    title: str
    api: str
    logins: tuple[Login, ...]
    more: tuple[str, ...]
    customers: tuple[str, ...]
    tries: tuple[str, ...]


def zendesk_guide() -> Guide:
    staff = (
        (zendesk_seed.BRIDGE, "for the bridge, admin"),
        (zendesk_seed.ADMIN, "admin"),
        (zendesk_seed.AGENT_SARI, "agent"),
        (zendesk_seed.AGENT_BUDI, "agent"),
        (zendesk_seed.LIGHT_AGENT, "light agent"),
    )
    bridge = f"{zendesk_seed.BRIDGE.email}/token:{zendesk_seed.API_TOKEN}"
    return Guide(
        title="Zendesk",
        api="/api/v2",
        logins=tuple(
            Login(f"{account.name} ({what})", f"{account.email}/token", zendesk_seed.API_TOKEN)
            for account, what in staff
        ),
        more=(
            f"OAuth client {zendesk_seed.OAUTH_CLIENT_ID} / {zendesk_seed.OAUTH_CLIENT_SECRET} at /oauth/tokens",
            f"OAuth tokens {zendesk_seed.OAUTH_ACCESS_TOKEN} and {zendesk_seed.OAUTH_REFRESH_TOKEN}",
        ),
        customers=(zendesk_seed.CUSTOMER_DEWI.email, zendesk_seed.CUSTOMER_MAYA.email),
        tries=(
            _customer_writes({"email": zendesk_seed.CUSTOMER_DEWI.email}),
            f"curl -u '{bridge}' {{url}}/api/v2/tickets/1",
        ),
    )


def jira_guide(deployment: str) -> Guide:
    people = (
        (jira_seed.BRIDGE, "for the bridge, admin"),
        (jira_seed.ADMIN, "admin"),
        (jira_seed.DEVELOPER, "developer"),
        (jira_seed.OTHER_DEVELOPER, "developer"),
    )
    is_cloud = deployment == "cloud"
    more: tuple[str, ...]
    if is_cloud:
        logins = [
            Login(f"{person.display_name} ({what})", person.email, jira_seed.api_token(person))
            for person, what in people
        ]
        more = (
            f"OAuth bearer {jira_seed.oauth_token(jira_seed.BRIDGE)} at /ex/jira/{jira_seed.CLOUD_ID}",
            f"scoped token {jira_seed.scoped_token(jira_seed.BRIDGE)} at the same place",
        )
    else:
        logins = [
            Login(f"{person.display_name} ({what})", person.name, jira_seed.password(person))
            for person, what in people
        ]
        more = (f"personal access token (bearer) {jira_seed.personal_token(jira_seed.BRIDGE)}",)
    bridge, version = f"{logins[0].user}:{logins[0].secret}", "3" if is_cloud else "2"
    return Guide(
        title=f"Jira ({'Cloud' if is_cloud else 'Data Center'})",
        api=f"/rest/api/{version}",
        logins=tuple(logins),
        more=more,
        customers=(jira_seed.CUSTOMER.email,),
        tries=(f"curl -u '{bridge}' {{url}}/rest/api/{version}/project",),
    )


def freshdesk_guide() -> Guide:
    bridge = freshdesk_seed.BRIDGE.api_key
    return Guide(
        title="Freshdesk",
        api="/api/v2",
        logins=tuple(
            Login(
                f"{agent.name} ({agent.role.name.lower().replace('_', ' ')})",
                agent.api_key,
                freshdesk_seed.PASSWORD,
            )
            for agent in freshdesk_seed.AGENTS
        ),
        more=(),
        customers=tuple(customer.email for customer in freshdesk_seed.CUSTOMERS if customer.email),
        tries=(
            _customer_writes({"from": {"email": freshdesk_seed.CUSTOMER_SARI.email or ""}}),
            f"curl -u '{bridge}:{freshdesk_seed.PASSWORD}' {{url}}/api/v2/tickets",
        ),
    )


def _customer_writes(sender: dict[str, object]) -> str:
    mail = json.dumps(sender | {"subject": "Where is my parcel?", "body": "It is late."})
    return f"curl {{url}}{CONTROL_PREFIX}/inbound --json '{mail}'"
