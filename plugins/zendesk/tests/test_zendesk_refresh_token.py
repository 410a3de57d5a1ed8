"""Refresh tokens are good once: kept before they are needed, shared by all, and told apart when they fail."""

import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import responses

from escalation_bridge.errors import AuthenticationFailed, NotReachable, PermissionDenied, Unavailable
from escalation_bridge.plugin.http.token_file import Room, StoredTokens, TokenFile
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

URL = "https://acme.zendesk.com"
TOKENS = f"{URL}/oauth/tokens"
ME = f"{URL}/api/v2/users/me"
BRIDGE = {"id": 900, "name": "Bridge", "role": "admin"}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

MakePlugin = Callable[..., ZendeskPlugin]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


def oauth(file: Path, first: str = "r0") -> dict[str, object]:
    client = {"client_id": "bridge", "client_secret": Resolved("client-secret")}
    return {"oauth": {**client, "refresh_token": Resolved(first), "token_file": str(file)}}


def at_the_sandbox(file: Path) -> dict[str, object]:
    client = {"client_id": seed.OAUTH_CLIENT_ID, "client_secret": Resolved(seed.OAUTH_CLIENT_SECRET)}
    return {"oauth": {**client, "refresh_token": Resolved(seed.OAUTH_REFRESH_TOKEN), "token_file": str(file)}}


def pair(number: int, **more: object) -> dict[str, object]:
    lives = {"expires_in": 1800, "refresh_token_expires_in": 2_592_000}
    return {
        "access_token": f"a{number}",
        "refresh_token": f"r{number}",
        "token_type": "bearer",
        **lives,
        **more,
    }


def spent(asked: responses.BaseResponse) -> list[str]:
    return [parse_qs(str(call.request.body))["refresh_token"][0] for call in asked.calls]


def test_the_pair_is_on_disk_for_the_next_start(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path
) -> None:
    asked = zendesk.post(TOKENS, json=pair(1))
    zendesk.get(ME, json={"user": BRIDGE})
    make_plugin(sign_in=oauth(file)).check_connection()
    assert parse_qs(str(asked.calls[0].request.body)) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["r0"],
        "scope": ["read write"],
        "client_id": ["bridge"],
        "client_secret": ["client-secret"],
        "expires_in": ["1800"],
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "client-secret" not in file.read_text()
    assert "r0" not in json.loads(file.read_text()).values()
    # Another start, and nothing is spent while the access token is good.
    make_plugin(sign_in=oauth(file)).check_connection()
    assert asked.call_count == 1
    # After it, the newest refresh token is used and not the configured one.
    zendesk.upsert(responses.POST, TOKENS, json=pair(2))
    make_plugin(now=lambda: NOW + timedelta(minutes=30), sign_in=oauth(file)).check_connection()
    bodies = [parse_qs(str(call.request.body)) for call in zendesk.calls if call.request.url == TOKENS]
    assert [body["refresh_token"] for body in bodies] == [["r0"], ["r1"]]
    assert sorted(entry.name for entry in file.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_another_refresh_token_in_the_configuration_is_meant(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path
) -> None:
    asked = zendesk.post(TOKENS, json=pair(1))
    zendesk.get(ME, json={"user": BRIDGE})
    make_plugin(sign_in=oauth(file)).check_connection()
    make_plugin(sign_in=oauth(file, first="granted-anew")).check_connection()
    assert spent(asked) == ["r0", "granted-anew"]


def test_there_is_room_on_the_disk_before_the_old_token_is_spent(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = zendesk.post(TOKENS, json=pair(1))

    def full(handle: int, body: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Unavailable, match="No space left on device") as failure:
        make_plugin(sign_in=oauth(file)).check_connection()
    assert "token_file" in failure.value.advice
    assert asked.call_count == 0
    assert [entry.name for entry in file.parent.iterdir()] == ["tokens.json.lock"]


def test_a_disk_that_fails_at_the_last_moment_stops_nobody_who_runs(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [NOW]
    zendesk.post(TOKENS, json=pair(1))
    second = zendesk.post(TOKENS, json=pair(2))
    zendesk.get(ME, json={"user": BRIDGE})
    plugin = make_plugin(now=lambda: moment[0], sign_in=oauth(file))

    def broken(room: Room, tokens: StoredTokens) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as fault:
        fault.setattr(Room, "keep", broken)
        plugin.check_connection()
    assert not file.exists()
    moment[0] += timedelta(hours=1)
    plugin.check_connection()
    assert spent(second) == ["r1"]
    assert json.loads(file.read_text())["refresh_token"] == "r2"


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"v":1}', '{"v":9,"origin":"x"}'])
def test_a_file_that_cannot_be_read_leaves_the_configured_token(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path, broken: str
) -> None:
    file.parent.mkdir()
    file.write_text(broken)
    asked = zendesk.post(TOKENS, json=pair(1))
    zendesk.get(ME, json={"user": BRIDGE})
    make_plugin(sign_in=oauth(file)).check_connection()
    assert spent(asked) == ["r0"]


def test_a_power_cut_leaves_the_old_pair_or_the_new_one(file: Path) -> None:
    old = StoredTokens("o", "a1", "r1", NOW, None)
    new = StoredTokens("o", "a2", "r2", NOW, NOW + timedelta(days=30))
    file.parent.mkdir()
    tokens = TokenFile(file)
    with tokens.room() as room:
        room.keep(old)
    replace = Path.replace

    def cut(self: Path, target: Path) -> Path:
        assert tokens.read() == old  # what is written so far has touched nothing
        return replace(self, target)

    with pytest.MonkeyPatch.context() as patch, tokens.room() as room:
        patch.setattr(Path, "replace", cut)
        room.keep(new)
    assert tokens.read() == new


def test_what_a_killed_process_left_is_in_nobodys_way(file: Path) -> None:
    file.parent.mkdir()
    file.with_name(f"{file.name}.{os.getpid()}.new").write_text("half")
    with TokenFile(file).room() as room:
        room.keep(StoredTokens("o", "a", "r", NOW, None))
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_an_expired_refresh_token_is_told_from_a_revoked_one(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path
) -> None:
    moment = [NOW]
    zendesk.post(TOKENS, json=pair(1))
    zendesk.post(TOKENS, status=400, json={"error": "invalid_grant", "error_description": "no"})
    zendesk.get(ME, json={"user": BRIDGE})
    plugin = make_plugin(now=lambda: moment[0], sign_in=oauth(file))
    plugin.check_connection()
    moment[0] += timedelta(days=2)
    with pytest.raises(AuthenticationFailed, match="expired, revoked or used up"):
        plugin.check_connection()
    moment[0] += timedelta(days=40)
    with pytest.raises(AuthenticationFailed, match="expired on 2026-04-01") as expired:
        plugin.check_connection()
    assert "grant access anew" in expired.value.advice


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("invalid_client", "identifier and secret"),
        ("invalid_scope", "sign_in.oauth.scope"),
        ("invalid_grant", "grant access anew"),
    ],
)
def test_each_refusal_comes_with_what_can_be_done(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path, word: str, advice: str
) -> None:
    zendesk.post(TOKENS, status=400, json={"error": word, "error_description": "no"})
    with pytest.raises(AuthenticationFailed) as failure:
        make_plugin(sign_in=oauth(file)).check_connection()
    assert advice in failure.value.advice
    assert not {"client-secret", "r0"} & set(str(failure.value).split())


def test_a_renewal_whose_answer_is_lost_is_no_write_whose_outcome_is_unknown(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path
) -> None:
    asked = zendesk.post(TOKENS, body=responses.ConnectionError("reset"))
    with pytest.raises(NotReachable, match="renewal"):
        make_plugin(sign_in=oauth(file)).update_ticket("1", None, None)  # type: ignore[arg-type]
    assert {call.request.url for call in asked.calls} == {TOKENS}


@pytest.mark.parametrize("answer", [{"access_token": "a"}, {"refresh_token": "r"}, {}])
def test_half_a_pair_is_none(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, file: Path, answer: dict[str, object]
) -> None:
    zendesk.post(TOKENS, json=answer)
    with pytest.raises(NotReachable, match="carries no"):
        make_plugin(sign_in=oauth(file)).check_connection()
    assert not file.exists()


def test_two_bridges_share_one_pair_over_many_renewals(
    connect: MakePlugin, sandbox: ZendeskSandbox, file: Path
) -> None:
    # Each has its own memory, as two processes have; a refresh token that is used twice would be refused.
    bridges = [connect(sign_in=at_the_sandbox(file)) for _ in range(2)]
    for _ in range(4):
        with ThreadPoolExecutor(8) as pool:
            reports = list(pool.map(lambda number: bridges[number % 2].check_connection(), range(16)))
        assert {report.user_id for report in reports} == {str(seed.BRIDGE.id)}
        with sandbox.lock:  # the access tokens are revoked, the refresh tokens are not
            for grant in list(sandbox.state.grants.values()):
                grant.expires_at = sandbox.clock.now()
    renewals = [entry for entry in sandbox.journal.entries() if entry.path == "/oauth/tokens"]
    assert len(renewals) == 4
    assert {entry.status for entry in renewals} == {200}


def test_a_revoked_pair_is_told_once_and_mended_by_a_new_grant(
    connect: MakePlugin, sandbox: ZendeskSandbox, file: Path, writes: Callable[..., str]
) -> None:
    ticket_id = writes()
    plugin = connect(sign_in=at_the_sandbox(file))
    plugin.fetch_ticket(ticket_id)
    with sandbox.lock:
        sandbox.state.grants.clear()
    with pytest.raises(AuthenticationFailed, match="revoked"):
        plugin.fetch_ticket(ticket_id)
    with sandbox.lock:
        sandbox.state.add_grant(seed.grant(sandbox.clock.now()))
    file.unlink()  # as another refresh token in the configuration does
    connect(sign_in=at_the_sandbox(file)).fetch_ticket(ticket_id)


def test_a_token_endpoint_that_is_down_spends_nothing(
    connect: MakePlugin, sandbox: ZendeskSandbox, file: Path
) -> None:
    plugin = connect(sign_in=at_the_sandbox(file))
    fault = sandbox.faults.add(Fault(FaultKind.SERVER_ERROR, path="/oauth/tokens", times=-1))
    with pytest.raises(Unavailable):
        plugin.check_connection()
    sandbox.faults.remove(fault)
    assert plugin.check_connection().user_id == str(seed.BRIDGE.id)


def test_a_token_with_too_narrow_a_scope_is_told_from_a_missing_role(
    connect: MakePlugin, sandbox: ZendeskSandbox, writes: Callable[..., str]
) -> None:
    ticket_id = writes()
    client = {"client_id": seed.OAUTH_CLIENT_ID, "client_secret": Resolved(seed.OAUTH_CLIENT_SECRET)}
    narrow = connect(sign_in={"oauth": {**client, "scope": "users:read"}})
    with pytest.raises(PermissionDenied) as failure:
        narrow.fetch_ticket(ticket_id)
    assert "read write" in failure.value.advice
    agent = connect(sign_in={"email": seed.AGENT_SARI.email, "api_token": Resolved(seed.API_TOKEN)})
    with pytest.raises(PermissionDenied) as no_admin:
        agent.subscribe_webhooks("https://bridge.example/webhooks/helpdesk", "")
    assert "scope" not in no_admin.value.advice
