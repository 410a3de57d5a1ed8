"""Control characters of customers stop at the door: they reach neither the other helpdesk nor the operator's terminal."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.domain.tickets.tickets import Role

EVIL = "\x1b[2J\x1b]0;owned\x07\u202e\x00\x9b31m\r\n"


def steering(text):
    return [char for char in text if char in "\x1b\x07\x00\x9b\r\u202e\u2066"]


@pytest.fixture
def escalated(scene):
    ticket = scene.support.customer_writes(f"Printer{EVIL}on fire", f"It burns.{EVIL}Help.")
    present = scene.support.tickets[ticket]
    requester = replace(present.requester, name=f"Sari{EVIL}")
    scene.support.tickets[ticket] = replace(
        present, requester=requester, key=f"#1{EVIL}", tags=(f"vip{EVIL}",)
    )
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    scene.support.says(ticket, f"Still{EVIL} burning.", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    scene.run(minutes=1)
    return scene


def test_the_other_helpdesk_gets_none(escalated):
    (issue,) = escalated.dev.tickets.values()
    said = [comment.body for each in escalated.dev.comments.values() for comment in each]
    written = [issue.subject, issue.description.text, issue.description.html]
    written += [part for body in said for part in (body.text, body.html)]
    assert any("burning" in each for each in written)
    assert "on fire" in issue.subject
    assert not [each for each in written if steering(each)]
    assert "\n" not in issue.subject


def test_the_terminal_gets_none(escalated, tmp_path):
    file = tmp_path / "bridge.yaml"
    url = escalated.bridge.database.url.render_as_string(hide_password=False)
    file.write_text(f"bridge:\n  database: {json.dumps(url)}\n")
    for arguments in (["cases"], ["explain", "1"], ["sla", "explain", "1"]):
        result = CliRunner().invoke(app, [*arguments, "-c", str(file)], env={"COLUMNS": "200"}, color=False)
        assert result.exception is None, result.output
        assert not steering(result.output)
    assert "Printer" in result.output or arguments != ["cases"]
