"""What an admin may write about a Jira site, and what the mistakes are called."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.contract import hooks_of
from escalation_bridge.plugin.hooks import HelpdeskHooks
from escalation_bridge.plugin.settings import ConnectionSettings, Resolved
from escalation_bridge_jira.http.client import transport_for
from escalation_bridge_jira.http.signin import credentials
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings

CLOUD = {
    "plugin": "jira",
    "deployment": "cloud",
    "url": "https://acme.atlassian.net",
    "email": "bridge@acme.example",
    "api_token": Resolved("token"),
}
DATA_CENTER = {
    "plugin": "jira",
    "deployment": "datacenter",
    "url": "https://jira.acme.example/jira",
    "personal_access_token": Resolved("token"),
}


def test_both_editions_can_be_configured() -> None:
    assert JiraSettings(**CLOUD).cloud
    assert JiraSettings(**DATA_CENTER).api_url == "https://jira.acme.example/jira"


def test_a_token_with_scopes_goes_to_the_gateway() -> None:
    settings = JiraSettings(**CLOUD, cloud_id="35273b54-3f06")
    assert settings.api_url == "https://api.atlassian.com/ex/jira/35273b54-3f06"
    connection = Connection("jira", settings)
    assert transport_for(connection, credentials(connection)).base_url == settings.api_url


def test_words_are_checked() -> None:
    settings = JiraSettings(
        **CLOUD, status_kinds={"Blocked": "waiting_third_party"}, priorities={"urgent": "P1"}
    )
    assert settings.status_kinds["Blocked"] is StatusKind.WAITING_THIRD_PARTY


@pytest.mark.parametrize(
    ("base", "changes", "told"),
    [
        (CLOUD, {"url": "http://acme.atlassian.net"}, "must begin with https://"),
        (CLOUD, {"url": "acme.atlassian.net"}, "must begin with https://"),
        (CLOUD, {"url": "https://user:pw@acme.atlassian.net"}, "must be a plain address"),
        (CLOUD, {"url": "https://acme.atlassian.net/?x=1"}, "must be a plain address"),
        (CLOUD, {"api_token": None}, "deployment cloud needs api_token"),
        (CLOUD, {"email": None, "api_token": None}, "deployment cloud needs email and api_token"),
        (
            CLOUD,
            {"personal_access_token": SecretStr("x")},
            "deployment cloud does not use personal_access_token",
        ),
        (DATA_CENTER, {"personal_access_token": None}, "deployment datacenter needs personal_access_token"),
        (DATA_CENTER, {"email": "a@example.com"}, "deployment datacenter does not use email"),
        (DATA_CENTER, {"cloud_id": "1"}, "deployment datacenter does not use cloud_id"),
        (CLOUD, {"deployment": "server"}, "'cloud' or 'datacenter'"),
        (CLOUD, {"api_token": "written here"}, "must not stand in the configuration file"),
        (CLOUD, {"private_comment_role": "a", "private_comment_group": "b"}, "one role or one group"),
        (CLOUD, {"status_kinds": {"Blocked": "stuck"}}, "waiting_third_party"),
        (CLOUD, {"search_lag_seconds": -1}, "greater than or equal to 0"),
        (CLOUD, {"projekt": "ENG"}, "Extra inputs are not permitted"),
    ],
)
def test_mistakes_are_named(base: dict[str, Any], changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        JiraSettings(**{**base, **changes})


def test_this_machine_may_be_spoken_to_without_tls() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert JiraSettings(**{**CLOUD, "url": f"http://{host}:8080/"}).url == f"http://{host}:8080"


def test_secrets_are_not_printed() -> None:
    assert "token" not in repr(JiraSettings(**CLOUD)).replace("api_token", "").replace("_token", "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cloud_id": None}, "needs cloud_id"),
        ({"email": "bridge@acme.example"}, "either oauth, or email and api_token"),
        ({"deployment": "datacenter"}, "needs personal_access_token"),
    ],
    ids=str,
)
def test_oauth_goes_with_nothing_else(changes: dict[str, Any], told: str) -> None:
    settings = {
        "plugin": "jira",
        "deployment": "cloud",
        "url": "https://acme.atlassian.net",
        "cloud_id": "1-2",
        "oauth": {"client_id": "c", "client_secret": SecretStr("s3cret")},
    }
    assert JiraSettings(**settings).api_url == "https://api.atlassian.com/ex/jira/1-2"
    with pytest.raises(ValidationError, match=told) as problem:
        JiraSettings(**{**settings, **changes})
    assert "s3cret" not in str(problem.value)


README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def in_table(heading: str) -> set[str]:
    """What stands in the first column of a table of the README, in backquotes."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {word for cell in cells for word in re.findall(r"`(\w+)`", cell)}


def test_the_readme_lists_exactly_what_the_plugin_can_do() -> None:
    assert in_table("What it can do") == {
        name for name in hooks_of(HelpdeskHooks) if name in vars(JiraPlugin)
    }


def test_the_readme_explains_every_setting() -> None:
    common = set(ConnectionSettings.model_fields)
    assert in_table("Settings") - common == set(JiraSettings.model_fields) - common
