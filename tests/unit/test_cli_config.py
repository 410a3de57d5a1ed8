"""`escalation-bridge config`: everything that is wrong, at once and in the order of the file."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bridge_helpers.post import chat, mail_server
from escalation_bridge.cli.main import main
from escalation_bridge.config.zone_data import choose

EXAMPLE = Path(__file__).parents[2] / "examples" / "bridge.yaml"
VARIABLES = (
    *("ZENDESK_CLIENT_SECRET", "ZENDESK_WEBHOOK_SECRET", "FRESHDESK_API_KEY"),
    *("FRESHDESK_WEBHOOK_SECRET", "JIRA_API_TOKEN"),
)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run `escalation-bridge config` in this process: exit status, standard output, standard error."""
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)
    monkeypatch.setenv("COLUMNS", "80")
    for name in VARIABLES:
        monkeypatch.setenv(name, "a-secret-that-nobody-may-see")
    monkeypatch.setenv(
        "NOTICE_MAIL", "mailtos://bridge:a-secret-that-nobody-may-see@smtp.acme.example?to={to}"
    )
    monkeypatch.setenv("PAYMENTS_CHAT", "json://chat.acme.example/a-secret-that-nobody-may-see")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["escalation-bridge", "config", *arguments])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        told = capfd.readouterr()
        return status, told.out, told.err

    return run


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example configuration, with the secret that it takes from a file."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "jira-webhook").write_text("a-secret-that-nobody-may-see")
    file = tmp_path / "bridge.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return file


def test_the_example_is_in_order(run, example):
    status, out, err = run("check", "--config", str(example))
    assert (status, err) == (0, "")
    zones, verdict = out.splitlines()
    assert zones == f"Time zones: {choose()}"
    assert verdict == f"{example}: OK, no problems found (3 connections, 3 policies, 2 routes)"


def test_the_file_can_come_from_the_environment(run, example, monkeypatch):
    monkeypatch.setenv("ESCALATION_BRIDGE_CONFIG", str(example))
    assert run("check")[0] == 0


MISTAKES = """\
bridge:
  langauge: en
  worker_threads: many
connections:
  support:
    plugin: zendest
  shop:
    plugin: freshdesk
    url: http://acme.freshdesk.com
    api_key: written-down-by-hand
  engineering:
    plugin: jira
    deployment: moon
    url: https://acme.atlassian.net
    api_token: ${A_VARIABLE_THAT_IS_NOT_SET}
calendars:
  office:
    timezone: Asia/Jakarat
    hours: {}
policies:
  - name: standard
    calendar: offfice
    targets:
      default: {first_response: soon}
    ladder:
      - {id: warn, metric: resolution, at: 80%, do: [{note: sla_warnin}]}
      - {id: hand-on, metric: first_response, at: later, do: [{escalate: nowhere}]}
routes:
  hand-on:
    from: suport
    to: engineering
"""


def test_all_mistakes_are_told_at_once_with_line_and_place(run, tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(MISTAKES)
    status, out, err = run("check", "--config", str(file))
    assert (status, out) == (1, "")
    told = [line for line in err.splitlines() if line.startswith(str(file))]
    assert len(told) == len(set(told))
    found = {
        match[2]: int(match[1]) for line in told if (match := re.match(r".*?yaml:(\d+):\d+: ([^:]+):", line))
    }
    expected = {
        "bridge.langauge": 2,
        "bridge.worker_threads": 3,
        "connections.support.plugin": 6,
        "connections.shop.url": 9,
        "connections.shop.api_key": 10,
        "connections.engineering.deployment": 13,
        "connections.engineering.api_token": 15,
        "calendars.office": 18,
        "policies[0].targets.default.first_response": 24,
        "policies[0].ladder[1].at": 27,
        "routes.hand-on.from": 30,
    }
    assert expected.items() <= found.items()
    lines = [int(re.sub(r".*?yaml:(\d+):.*", r"\1", line)) for line in told]
    assert lines == sorted(lines)
    assert "Traceback" not in err
    assert "written-down-by-hand" not in err
    for nearest in ("`language`", "`zendesk`", "`support`"):
        assert nearest in err


def test_a_secret_in_the_wrong_place_is_not_shown(run, example):
    written = example.read_text(encoding="utf-8").replace(
        "listen: 127.0.0.1:8080", "listen: ${JIRA_API_TOKEN}"
    )
    example.write_text(written, encoding="utf-8")
    status, _, err = run("check", "--config", str(example))
    assert status == 1
    assert "bridge.listen" in err
    assert "a-secret-that-nobody-may-see" not in err


@pytest.mark.parametrize("content", ["", "- a\n- list\n", "a: [", "\x00", "connections: {a: &x [*x]}\n"])
def test_a_file_that_is_no_configuration_is_told_in_one_piece(run, tmp_path, content):
    file = tmp_path / "bridge.yaml"
    file.write_text(content)
    status, out, err = run("check", "--config", str(file))
    assert (status, out) == (1, "")
    assert str(file) in err
    assert "Traceback" not in err


def test_the_schema_accepts_the_example_and_knows_every_plugin(run, example):
    status, out, err = run("schema")
    assert (status, err) == (0, "")
    schema = json.loads(out)
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["connections"]["additionalProperties"]["properties"]["plugin"]["enum"] == [
        *("freshdesk", "jira", "zendesk")
    ]


def test_a_test_message_goes_through_every_channel(run, tmp_path, monkeypatch):
    file = tmp_path / "bridge.yaml"
    with mail_server() as mails, chat() as room:
        monkeypatch.setenv("MAIL", mails.url)
        monkeypatch.setenv("ROOM", room.url)
        file.write_text(
            "connections: {}\n"
            'channels: {mail: {url: "${MAIL}"}, room: {url: "${ROOM}"}}\n'
            "notices: {everybody: [{channel: mail}]}\n"
            "teams:\n  first:\n    routes: [r]\n    members: [{email: sari@acme.example}]\n"
            "escalation: {last_resort: first}\n"
            "routes:\n  r: {from: a, to: b, status: {to_linked: {}, to_origin: {}}}\n"
        )
        text = file.read_text().replace(
            "connections: {}",
            "connections:\n  a: {plugin: zendesk, url: https://a.zendesk.com, sign_in: {access_token: '${ZENDESK_CLIENT_SECRET}'}}\n  b: {plugin: zendesk, url: https://b.zendesk.com, sign_in: {access_token: '${ZENDESK_CLIENT_SECRET}'}}",
        )
        file.write_text(text)
        status, out, err = run("check", "--config", str(file), "--send-test")
        assert (status, err) == (0, "")
        assert "mail: took a test message for sari@acme.example" in out
        assert "room: took a test message" in out
        assert len(mails.mails) == len(room.posts) == 1
        room.behaviour = "refuse"
        status, out, err = run("check", "--config", str(file), "--send-test")
    assert status == 1
    assert "the channel room took no message" in err
    assert "T0KEN1234" not in out + err
