"""What the plugin tells about the account, its clocks and its files, and what it can do at all."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pluggy
import pytest
import responses

from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.tickets.tickets import Attachment, Group
from escalation_bridge.errors import FileRefused, UnreadableAnswer
from escalation_bridge.plugin.accounts import FieldDescription
from escalation_bridge.plugin.hooks import PROJECT, HelpdeskHooks
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import PUBLIC_TEST_SECRET

API = "https://acme.zendesk.com/api/v2"
ADMIN = {
    "id": 900,
    "name": "Bridge",
    "role": "admin",
    "ticket_restriction": None,
    "only_private_comments": False,
}

Json = dict[str, object]
MakePlugin = Callable[..., ZendeskPlugin]


def test_all_is_well(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(f"{API}/users/me", json={"user": ADMIN})
    report = plugin.check_connection()
    assert (report.user_id, report.user_name) == ("900", "Bridge")
    assert (report.problems, report.warnings) == ((), ())


@pytest.mark.parametrize(
    ("me", "settings", "problem", "warning"),
    [
        ({"role": "end-user"}, {}, "no agent", ""),
        ({"role": "agent"}, {}, "", "not an admin"),
        ({"only_private_comments": True}, {}, "internal notes only", ""),
        ({"ticket_restriction": "groups"}, {}, "", "may not see all tickets"),
        ({}, {"webhook_secrets": []}, "webhook_secrets is empty", ""),
        ({}, {"webhook_secrets": [Resolved(PUBLIC_TEST_SECRET)]}, "published test secret", ""),
        ({}, {"link_field_id": 360404}, "no ticket field 360404", ""),
        ({}, {"link_field_id": 360001}, "must be an active text field", ""),
        ({}, {"link_field_id": 360002}, "", ""),
    ],
)
def test_what_stands_in_the_way_is_named(
    make_plugin: MakePlugin,
    zendesk: responses.RequestsMock,
    me: Json,
    settings: Json,
    problem: str,
    warning: str,
) -> None:
    zendesk.get(f"{API}/users/me", json={"user": ADMIN | me})
    zendesk.get(f"{API}/ticket_fields/360404", status=404, json={})
    zendesk.get(f"{API}/ticket_fields/360001", json={"ticket_field": {"id": 360001, "type": "checkbox"}})
    zendesk.get(f"{API}/ticket_fields/360002", json={"ticket_field": {"id": 360002, "type": "text"}})
    report = make_plugin(**settings).check_connection()
    assert [problem in found for found in report.problems] == ([True] if problem else [])
    assert [warning in found for found in report.warnings] == ([True] if warning else [])


def test_the_accounts_own_words(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(
        f"{API}/ticket_fields",
        json={
            "ticket_fields": [
                {
                    "id": 1,
                    "type": "priority",
                    "title": "Priority",
                    "required": False,
                    "active": True,
                    "system_field_options": [
                        {"name": "Normal", "value": "normal"},
                        {"name": "High", "value": "high"},
                    ],
                },
                {
                    "id": 2,
                    "type": "tagger",
                    "title": "Building",
                    "required": True,
                    "active": True,
                    "custom_field_options": [{"name": "B", "value": "building_b"}],
                },
                {"id": 3, "type": "text", "title": "Old", "active": False},
            ]
        },
    )
    zendesk.get(f"{API}/groups", json={"groups": [{"id": 21, "name": "Support"}]})
    zendesk.get(f"{API}/custom_statuses", status=404, json={})
    zendesk.get(f"{API}/account/settings", json={"settings": {"limits": {"attachment_size": 7_000_000}}})
    account = plugin.describe_fields()
    assert account.largest_file == 7_000_000
    assert account.priorities == ("normal", "high")
    assert account.groups == (Group("21", "Support"),)
    assert [status.id for status in account.statuses] == [
        "new",
        "open",
        "pending",
        "hold",
        "solved",
        "closed",
    ]
    assert account.fields == (
        FieldDescription("1", "Priority", required=False, allowed_values=("normal", "high")),
        FieldDescription(
            "2", "Building", required=True, allowed_values=("building_b",), holds=Convert.CHOICE
        ),
    )


def test_zendesks_own_clocks(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(
        f"{API}/tickets/35",
        json={
            "ticket": {
                "id": 35,
                "slas": {
                    "policy_metrics": [
                        {
                            "metric": "first_reply_time",
                            "stage": "active",
                            "breach_at": "2026-03-02T08:59:00Z",
                        },
                        {"metric": "next_reply_time", "stage": "active", "breach_at": "2026-03-02T10:00:00Z"},
                        {"metric": "requester_wait_time", "stage": "paused", "breach_at": None},
                        {
                            "metric": "agent_work_time",
                            "stage": "achieved",
                            "breach_at": "2026-03-02T08:00:00Z",
                        },
                    ]
                },
            }
        },
    )
    assert plugin.native_clocks("35") == (
        NativeClock("first_reply_time", datetime(2026, 3, 2, 8, 59, tzinfo=UTC), breached=True),
        NativeClock("next_reply_time", datetime(2026, 3, 2, 10, 0, tzinfo=UTC), breached=False),
        NativeClock("requester_wait_time", None, breached=False, paused=True),
        NativeClock("agent_work_time", None, breached=False),
    )


FILE = Attachment(
    "61", "fire.png", "image/png", 4, "https://acme.zendesk.com/attachments/token/x/?name=fire.png"
)


def test_a_file_comes_from_the_store_without_the_credentials(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    store = "https://files.example/fire.png"
    zendesk.get(FILE.url, status=302, headers={"Location": store})
    zendesk.get(store, body=b"\x89PNG", content_type="image/png")
    into = BytesIO()
    fetched = plugin.fetch_attachment(FILE, into, 100)
    assert into.getvalue() == b"\x89PNG"
    assert (fetched.size, fetched.content_type) == (4, "image/png")
    at_home, elsewhere = (call.request.headers for call in zendesk.calls)
    assert at_home["Authorization"] == "Bearer token-1"
    assert "Authorization" not in elsewhere


def test_a_login_page_is_no_file(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(FILE.url, body="<html>", content_type="text/html; charset=utf-8")
    with pytest.raises(UnreadableAnswer, match="web page"):
        plugin.fetch_attachment(FILE, BytesIO(), 100)


def test_a_file_is_not_fetched_in_the_clear(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(FILE.url, status=302, headers={"Location": "http://files.example/fire.png"})
    with pytest.raises(FileRefused, match="not https"):
        plugin.fetch_attachment(FILE, BytesIO(), 100)


def test_redirects_end(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(FILE.url, status=302, headers={"Location": FILE.url})
    with pytest.raises(UnreadableAnswer, match="again and again"):
        plugin.fetch_attachment(FILE, BytesIO(), 100)


def test_the_plugin_can_do_what_it_implements(plugin: ZendeskPlugin) -> None:
    relay = pluggy.PluginManager(PROJECT)
    relay.add_hookspecs(HelpdeskHooks)
    relay.register(plugin)
    relay.check_pending()
    hooks = {caller.name for caller in relay.get_hookcallers(plugin) or ()}
    assert "edit_comment" not in hooks  # Zendesk has no such thing
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    table = readme.partition("## What it does")[2].partition("## ")[0]
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert named == hooks


def test_what_fields_hold_and_which_cannot_be_set(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    """Zendesk ignores its own fields' ids among a ticket's custom fields."""
    raw = [
        {"id": 1, "type": "subject", "title": "Subject", "removable": False},
        *(
            {"id": number, "type": kind, "title": kind, "removable": True}
            for number, kind in enumerate(("text", "integer", "checkbox", "date", "multiselect", "lookup"), 2)
        ),
    ]
    zendesk.get(f"{API}/ticket_fields", json={"ticket_fields": raw})
    zendesk.get(f"{API}/groups", json={"groups": []})
    zendesk.get(f"{API}/custom_statuses", status=404, json={})
    zendesk.get(f"{API}/account/settings", status=403, json={})
    subject, *own = plugin.describe_fields().fields
    assert "one of Zendesk's own fields" in subject.unwritable
    assert [field.unwritable for field in own] == [""] * 6
    assert [field.holds for field in own] == [
        *(Convert.TEXT, Convert.NUMBER, Convert.YES_NO, Convert.DATE, Convert.CHOICES),
        None,
    ]
    assert Convert.NUMBER in own[0].takes
