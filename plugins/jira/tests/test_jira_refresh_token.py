"""Apps that a person lets in: refresh tokens that are good once, kept before they are needed, and told apart when they fail."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from escalation_bridge.errors import AuthenticationFailed, NotReachable, Unavailable
from escalation_bridge.plugin.connection import Connection
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import OAuthClient
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
FIRST = seed.oauth_refresh_token(seed.BRIDGE)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site("cloud")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


def app(site: Site, file: Path, first: str = FIRST) -> JiraPlugin:
    client = {
        "client_id": seed.BRIDGE.name,
        "client_secret": SecretStr(seed.oauth_secret(seed.BRIDGE)),
        "refresh_token": SecretStr(first),
        "token_file": file,
        "server": site.running.url,
    }
    settings = site.plugin(
        email=None, api_token=None, oauth=client, cloud_id=seed.CLOUD_ID, api_gateway=site.running.url
    ).connection.settings
    plugin = JiraPlugin(Connection("jira-main", settings, site.sandbox.clock.now))
    site.plugins.append(plugin)
    return plugin


def spent(site: Site) -> list[str]:
    entries = site.sandbox.journal.entries()
    return [entry.body["refresh_token"] for entry in entries if entry.path == "/oauth/token"]


def test_each_token_is_spent_once_over_starts_and_renewals(site: Site, file: Path) -> None:
    for _ in range(2):
        assert app(site, file).check_connection().user_name == seed.BRIDGE.display_name
    assert spent(site) == [FIRST]
    kept = json.loads(file.read_text())["refresh_token"]
    site.sandbox.clock.advance(3600)
    plugin = app(site, file)
    plugin.check_connection()
    assert spent(site) == [FIRST, kept]
    site.fault(FaultKind.UNAUTHORIZED, method="GET", path="/myself")  # revoked before its end
    plugin.check_connection()
    assert len(set(spent(site))) == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert FIRST not in json.loads(file.read_text()).values()


def test_a_spent_token_says_what_to_do(site: Site, file: Path) -> None:
    site.sandbox.site.refresh_tokens.clear()
    with pytest.raises(AuthenticationFailed, match="expired, revoked or used up") as refused:
        app(site, file).check_connection()
    assert "oauth.refresh_token" in refused.value.advice
    assert FIRST not in str(refused.value)
    site.sandbox.site.refresh_tokens["granted-anew"] = seed.BRIDGE.account_id
    app(site, file, "granted-anew").check_connection()


def test_one_that_nobody_used_for_90_days_is_told_with_its_day(site: Site, file: Path) -> None:
    app(site, file).check_connection()
    ended = site.sandbox.clock.now()
    site.sandbox.clock.advance(91 * 86400)
    site.sandbox.site.refresh_tokens.clear()
    with pytest.raises(AuthenticationFailed, match="expired on") as refused:
        app(site, file).check_connection()
    assert ended.strftime("%Y-%m-%d") not in str(refused.value)


def test_nothing_is_spent_that_could_not_be_kept(
    site: Site, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = app(site, file)

    def full(handle: int, body: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        with pytest.raises(Unavailable, match="No space left") as problem:
            plugin.check_connection()
    assert "oauth.token_file" in problem.value.advice
    assert spent(site) == []
    plugin.check_connection()


def test_an_answer_that_was_lost_costs_no_access_while_atlassian_takes_the_token_again(
    site: Site, file: Path
) -> None:
    site.fault(FaultKind.DROP_CONNECTION, method="POST", path="/oauth/token")
    app(site, file).check_connection()
    assert spent(site) == [FIRST, FIRST]
    site.sandbox.clock.advance(3600)
    file.unlink()  # as after a disk that was lost
    with pytest.raises(AuthenticationFailed, match="used up"):
        app(site, file).check_connection()


def test_no_answer_to_a_renewal_is_no_outcome_of_what_was_to_be_sent(site: Site, file: Path) -> None:
    plugin = app(site, file)
    site.fault(FaultKind.DROP_CONNECTION, method="POST", path="/oauth/token", times=-1)
    with pytest.raises(NotReachable, match="no usable answer came to the renewal"):
        plugin.delete_comment("10000", "10000")


@pytest.mark.parametrize(
    "wrong",
    [
        {"refresh_token": SecretStr("x")},
        {"token_file": "/x"},
        {"token_file": "x", "refresh_token": SecretStr("x")},
    ],
)
def test_a_refresh_token_needs_a_whole_path_for_its_file(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="token_file"):
        OAuthClient(client_id="c", client_secret=SecretStr("s"), **wrong)
