"""The set-up that the README gives to admins, entered at the stand-in: its webhooks prove themselves and are read."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from escalation_bridge.plugin.hooks import PROJECT
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SECRET = "a-secret-of-some-length"


def rule_content() -> str:
    """The content that the README has to be copied into the rule."""
    (content,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    assert "{{ticket.id}}" in content
    return str(content)


WAYS: dict[str, dict[str, Any]] = {
    "header": {"headers": {"X-Escalation-Bridge-Secret": SECRET}},
    "basic": {"basic_auth": {"username": "bridge", "password": SECRET}},
    "api key": {"api_key": SECRET},
    "query": {"query": f"?token={SECRET}"},
}


def enter_rules(desk: Any, url: str, way: dict[str, Any]) -> None:
    webhook = {
        "method": "POST",
        "url": url + way.get("query", ""),
        "encoding": "json",
        "content": {"advanced": rule_content()},
        **{name: value for name, value in way.items() if name != "query"},
    }
    events = [
        {"field": "status"},
        {"field": "priority"},
        {"field": "subject"},
        {"note": "any"},
        {"reply": "any"},
    ]
    for rule in (
        {"name": "Escalation Bridge: created", "on": "ticket_created", "webhook": webhook},
        {"name": "Escalation Bridge: updated", "on": "ticket_updated", "events": events, "webhook": webhook},
    ):
        answer = requests.post(f"{desk.url}/_sandbox/rules", json=rule, timeout=5)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_the_readmes_rules_tell_the_bridge_what_to_look_at(
    desk: Any, arrived: Any, way: dict[str, Any]
) -> None:
    enter_rules(desk, arrived.url, way)
    ticket_id = desk.customer_writes(subject="No receipt", body="I got none.")
    desk.agent("PUT", f"/tickets/{ticket_id}", {"status": 3})
    heard = [arrived.get(timeout=5) for _ in range(2)]
    for request in heard:
        assert desk.plugin.verify_webhook(request).delivery_id is None
    news = [desk.plugin.parse_webhook(request).hints for request in heard]
    assert [[hint.id for hint in hints] for hints in news] == [[ticket_id], [ticket_id]]
    assert {hints[0].what for hints in news} == {"{ticket_action:created}", "{status:{from:2,to:3}}"}


def test_a_subject_full_of_quotes_hides_nothing(desk: Any, arrived: Any) -> None:
    enter_rules(desk, arrived.url, WAYS["header"])
    ticket_id = desk.customer_writes(subject='The "Save" button', body="It does nothing.")
    arrived.get(timeout=5)
    desk.agent("PUT", f"/tickets/{ticket_id}", {"subject": 'The "Save", "ticket_id":"77" button'})
    hints = desk.plugin.parse_webhook(arrived.get(timeout=5)).hints
    assert hints[0].id == ticket_id


def test_the_readme_lists_exactly_what_the_plugin_can_do() -> None:
    table = README.partition("## What it can do")[2].partition("\n## ")[0]
    told = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    marked = f"{PROJECT}_impl"
    assert told == {name for name in dir(FreshdeskPlugin) if hasattr(getattr(FreshdeskPlugin, name), marked)}
