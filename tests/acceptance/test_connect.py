"""`escalation-bridge connect` against the stand-ins: made once, repaired, said what is missing, secrets shown only on purpose."""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from escalation_bridge.cli.main import main
from escalation_bridge.cli.running import opened, running_worker
from escalation_bridge.engine.attention import lines_of_attention
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.webhooks.deliveries import IncomingDelivery, save_deliveries
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

CONFIGURATION = """
bridge:
  database: sqlite:///{folder}/bridge.db
  public_url: https://bridge.example
connections:
  support:
    plugin: zendesk
    url: {zendesk}
    sign_in:
      oauth: {{client_id: {client}, client_secret: "${{ZENDESK_CLIENT_SECRET}}"}}
    webhook_secrets: {zendesk_secrets}
  engineering:
    plugin: jira
    deployment: cloud
    url: {jira}
    email: {email}
    api_token: ${{JIRA_API_TOKEN}}
    project: ENG
    webhook_secrets: ["${{JIRA_WEBHOOK_SECRET}}"]
  shop:
    plugin: freshdesk
    url: {freshdesk}
    api_key: ${{FRESHDESK_API_KEY}}
    key_field: {key_field}
    webhook_secrets: ["${{FRESHDESK_WEBHOOK_SECRET}}"]
"""
SECRETS = {
    "ZENDESK_CLIENT_SECRET": zendesk.OAUTH_CLIENT_SECRET,
    "JIRA_API_TOKEN": jira.api_token(jira.BRIDGE),
    "JIRA_WEBHOOK_SECRET": "a-jira-secret-of-enough-length",
    "FRESHDESK_API_KEY": freshdesk.BRIDGE.api_key,
    "FRESHDESK_WEBHOOK_SECRET": "a-freshdesk-secret-of-enough-length",
}
Vendors = dict[str, RunningVendor]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with (
        start(ZendeskSandbox()) as one,
        start(JiraSandbox("cloud")) as two,
        start(FreshdeskSandbox()) as three,
    ):
        yield {"zendesk": one, "jira": two, "freshdesk": three}


@pytest.fixture
def write(tmp_path: Path, vendors: Vendors) -> Callable[..., None]:
    def write(zendesk_secrets: str = "[]", **changes: str) -> None:
        text = CONFIGURATION.format(
            folder=tmp_path,
            client=zendesk.OAUTH_CLIENT_ID,
            email=jira.BRIDGE.email,
            key_field=freshdesk.FIELD_REFERENCE,
            zendesk_secrets=zendesk_secrets,
            **{name: vendor.url for name, vendor in vendors.items()},
        )
        for old, new in changes.items():
            text = text.replace(old, new)
        (tmp_path / "bridge.yaml").write_text(text)

    return write


@pytest.fixture
def run(
    write: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)
    monkeypatch.setenv("ESCALATION_BRIDGE_CONFIG", str(tmp_path / "bridge.yaml"))
    monkeypatch.setenv("COLUMNS", "160")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    write()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["escalation-bridge", "connect", *arguments])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        told = capfd.readouterr()
        for secret in SECRETS.values():
            assert secret not in told.out + told.err
        # Debug lines of the log are no part of what the command says.
        said = "\n".join(line for line in told.out.splitlines() if "vendor.answered" not in line)
        return status, said, told.err

    return run


def zendesk_webhooks(vendors: Vendors) -> list[dict[str, object]]:
    answer = requests.get(
        f"{vendors['zendesk'].url}/api/v2/webhooks",
        auth=(f"{zendesk.ADMIN.email}/token", zendesk.API_TOKEN),
        timeout=5,
    )
    return list(answer.json()["webhooks"])


def test_zendesks_own_secret_is_shown_on_purpose_and_asked_for_until_it_is_configured(
    run: Run, write: Callable[..., None], vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, err = run("support")
    assert status == 1
    assert "The webhook's secret is not printed to a file" in out
    assert "the webhook's secret is not in the configuration" in err
    assert "connections.support.webhook_secrets" in err
    assert "https://bridge.example/webhooks/support" in out

    status, out, _ = run("support", "--show-secret")
    (secret,) = re.findall(r"^The webhook's secret: (\S+)$", out, re.MULTILINE)
    assert len(zendesk_webhooks(vendors)) == 1  # however often it is run

    monkeypatch.setenv("ZENDESK_WEBHOOK_SECRET", secret)
    write('["${ZENDESK_WEBHOOK_SECRET}"]')
    status, out, err = run("support")
    assert (status, err) == (0, "")
    assert "Nothing is missing." in out
    assert secret not in out
    assert run("support", "--check")[0] == 0


def test_what_was_switched_off_is_told_and_repaired(run: Run, vendors: Vendors) -> None:
    assert run("engineering", "--check")[0] == 1
    assert run("engineering")[0] == 0
    assert run("engineering", "--check")[0] == 0
    auth = (jira.ADMIN.email, jira.api_token(jira.ADMIN))
    address = f"{vendors['jira'].url}/rest/webhooks/1.0/webhook"
    (made,) = requests.get(address, auth=auth, timeout=5).json()
    assert made["url"] == "https://bridge.example/webhooks/engineering"
    changed = {**made, "enabled": False}
    assert requests.put(made["self"], json=changed, auth=auth, timeout=5).ok

    status, out, err = run("engineering", "--check")
    assert status == 1
    assert "switched off" in out
    assert "escalation-bridge connect engineering" in err
    status, out, err = run("engineering")
    assert (status, err) == (0, "")
    (repaired,) = requests.get(address, auth=auth, timeout=5).json()
    assert repaired["enabled"]


@pytest.mark.parametrize("connection", ["engineering", "support"])
def test_a_second_bridges_webhook_is_left_alone_and_named(run: Run, connection: str) -> None:
    first, second = (f"https://{host}.example/webhooks/{connection}" for host in ("bridge", "trial"))
    run(connection)
    _, out, _ = run(connection, "--callback", second)
    assert re.search(
        rf"^Not changed: webhook \S+ calls {first}\. It has this connection's name", out, re.MULTILINE
    )
    _, out, err = run(connection, "--check")
    assert "Not changed: webhook" in out
    assert f"calls {second}." in out
    assert "no webhook calls" not in err


def test_looking_changes_nothing(run: Run, vendors: Vendors, tmp_path: Path) -> None:
    status, _, err = run("support", "--check")
    assert "there is no database yet" in err
    assert not (tmp_path / "bridge.db").exists()
    assert status == 1
    assert "no webhook calls https://bridge.example/webhooks/support" in err
    assert zendesk_webhooks(vendors) == []


def arrives(tmp_path: Path, *, problem: str | None = None) -> None:
    """A webhook is kept, as the receiver does."""
    request = WebhookRequest.make(b'{"ticket_id": 1}', {}, received_at=utc_now())
    database = Database(f"sqlite:///{tmp_path}/bridge.db")
    with database.write() as transaction:
        save_deliveries(transaction, [IncomingDelivery("shop", request, None, problem)])
    database.close()


@pytest.mark.parametrize("problem", [None, "body: not JSON"])
def test_where_an_admin_makes_the_webhook_it_is_waited_for(
    run: Run, tmp_path: Path, problem: str | None
) -> None:
    status, out, err = run("shop")
    assert status == 1
    assert "The bridge has no permission to manage the webhooks" in out  # its agent is no administrator there
    assert "https://bridge.example/webhooks/shop" in out
    assert "no webhook has arrived yet" in err

    def soon() -> None:
        time.sleep(1.0)
        arrives(tmp_path, problem=problem)

    coming = threading.Thread(target=soon)
    coming.start()
    status, out, err = run("shop", "--wait", "30")
    coming.join()
    if problem:
        assert status == 1
        assert f"cannot be read: {problem}" in err
    else:
        assert (status, err) == (0, "")
        assert "A webhook arrived" in out
        assert run("shop")[0] == 0


def test_a_webhook_that_does_not_come_is_missing(run: Run, tmp_path: Path) -> None:
    status, _, err = run("shop", "--wait", "0.2")
    assert status == 1
    assert "no webhook arrived within 0.2 seconds" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("suport",), "there is no connection suport; did you mean `support`?"),
        (("support", "--callback", "http://bridge.example/x"), "it has to begin with https://"),
    ],
)
def test_what_cannot_be_is_told(run: Run, arguments: tuple[str, ...], told: str) -> None:
    status, _, err = run(*arguments)
    assert status == 1
    assert told in err
    assert "Traceback" not in err


def test_without_an_address_it_is_asked_for(run: Run, write: Callable[..., None]) -> None:
    write(**{"  public_url: https://bridge.example\n": ""})
    status, _, err = run("support")
    assert status == 1
    assert "Set bridge.public_url, or give --callback" in err


def test_credentials_that_are_not_accepted_are_told_as_such(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "revoked-a-while-ago")
    status, _, err = run("engineering")
    assert status == 1
    assert "Renew the credentials" in err
    assert "revoked-a-while-ago" not in err


def test_what_the_running_bridge_did_about_the_webhooks_is_shown(
    run: Run, vendors: Vendors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made by `connect`, deleted by somebody, made again by the running bridge: its worker, not the command."""
    assert run("engineering")[0] == 0
    assert "The running bridge" not in run("engineering", "--check")[1]
    login = (jira.ADMIN.email, jira.api_token(jira.ADMIN))
    path = f"{vendors['jira'].url}/rest/webhooks/1.0/webhook"
    (made,) = requests.get(path, auth=login, timeout=5).json()
    assert requests.delete(made["self"], auth=login, timeout=5).ok
    with opened(tmp_path / "bridge.yaml") as (bridge, settings):
        with running_worker(bridge, 1, threading.Event(), public_url=settings.public_url):
            deadline = time.monotonic() + 60
            while not requests.get(path, auth=login, timeout=5).json():
                assert time.monotonic() < deadline
                time.sleep(0.1)
        with bridge.database.read() as transaction:
            attention = lines_of_attention(transaction, bridge.now())
    assert [line.partition(" (")[0] for line in attention] == [
        "engineering: the webhook registration was missing and was made again"
    ]
    out = run("engineering", "--check")[1]
    assert "The running bridge last checked the webhooks at" in out
    assert "Its last repair: the webhook registration was missing and was made again" in out
