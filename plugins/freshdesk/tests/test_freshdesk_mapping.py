"""Freshdesk's words and the bridge's; changes and tags; what the settings allow."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from escalation_bridge.domain.tickets.tickets import (
    Channel,
    Presence,
    Priority,
    Role,
    Status,
    StatusKind,
    Ticket,
)
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_freshdesk.http.shapes import FieldShape, TicketShape
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.translation import changes, mapping
from escalation_bridge_freshdesk.translation.properties import PRIORITY_CODES

OPEN = Status(StatusKind.OPEN, "2", "Open")


def raw(**more: Any) -> TicketShape:
    plain = {"id": 1, "status": 2, "created_at": "2026-03-01T07:00:00+07:00"}
    return TicketShape.model_validate({**plain, **more})


def ticket(status: Status = OPEN, **more: Any) -> Ticket:
    return mapping.ticket(
        raw(**more),
        connection="support",
        url="https://example.freshdesk.com",
        key_field="cf_key",
        status=status,
        group=None,
        assignee=None,
    )


# --- tickets ----------------------------------------------------------------------------------------------------------


def test_instants_are_utc() -> None:
    assert ticket().created_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert ticket().created_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("source", "channel"), [*mapping.CHANNELS.items(), (99, Channel.UNKNOWN), (None, Channel.UNKNOWN)]
)
def test_every_source_is_a_channel(source: int | None, channel: Channel) -> None:
    assert ticket(source=source).channel is channel


def test_an_outbound_mail_was_begun_by_an_agent() -> None:
    begun = ticket(source=10, requester={"id": 9, "name": "Sari"})
    assert begun.created_by.role is Role.AGENT
    assert begun.requester is not None
    assert begun.requester.role is Role.CUSTOMER


@pytest.mark.parametrize(
    ("flags", "presence"),
    [
        ({}, Presence.PRESENT),
        ({"spam": True}, Presence.SPAM),
        ({"spam": True, "deleted": True}, Presence.DELETED),
    ],
)
def test_presence(flags: dict[str, bool], presence: Presence) -> None:
    assert ticket(**flags).presence is presence


@pytest.mark.parametrize(("value", "key"), [("eb-1", "eb-1"), ("", None), (None, None), (5, None)])
def test_the_key_is_read_from_its_field(value: object, key: str | None) -> None:
    assert ticket(custom_fields={"cf_key": value}).bridge_key == key


@given(st.text(), st.text())
def test_any_description_is_read(description: str, text: str) -> None:
    assert ticket(description=description, description_text=text).description is not None


# --- statuses ---------------------------------------------------------------------------------------------------------


def fields(choices: object) -> list[FieldShape]:
    return [
        FieldShape(name="subject", type="default_subject"),
        FieldShape(name="status", type="default_status", choices=choices),
    ]


def test_statuses_are_the_accounts_own() -> None:
    choices = {
        "8": ["With engineering", "Open"],
        "2": ["Offen", "Open"],
        "9": ["Parked", "Parked"],
        "x": ["?", "?"],
    }
    known = mapping.statuses(
        fields(choices), {"8": StatusKind.WAITING_THIRD_PARTY, "PARKED": StatusKind.OPEN}
    )
    assert list(known.values()) == [
        Status(StatusKind.OPEN, "2", "Offen"),
        Status(StatusKind.WAITING_THIRD_PARTY, "8", "With engineering"),
        Status(StatusKind.OPEN, "9", "Parked"),
    ]


@pytest.mark.parametrize("choices", [None, [], ["Open"], {"2": []}, {"2": "Open"}, {"2": None}])
def test_odd_choices_are_no_crash(choices: object) -> None:
    assert mapping.statuses(fields(choices), {}).keys() <= {2}


@given(st.integers(8), st.text())
def test_a_status_of_the_accounts_own_is_never_guessed(code: int, label: str) -> None:
    assert mapping.status(code, label, {}).kind is StatusKind.UNKNOWN


def test_nothing_is_chosen_for_being_unknown() -> None:
    known = [Status(StatusKind.UNKNOWN, "9", "Parked"), OPEN]
    assert mapping.choose_status(known, "unknown") is None
    assert mapping.choose_status(known, " parked ") == known[0]
    assert mapping.choose_status(known, "9") == known[0]
    assert mapping.choose_status(known, "open") == OPEN


# --- clocks -----------------------------------------------------------------------------------------------------------

DUES = {
    "fr_due_by": "2026-03-01T01:00:00Z",
    "due_by": "2026-03-02T00:00:00Z",
    "fr_escalated": True,
    "is_escalated": False,
    "nr_due_by": None,
}
DUE = datetime(2026, 3, 2, tzinfo=UTC)


def clocks(kind: StatusKind, **more: Any) -> dict[str, tuple[datetime | None, bool, bool]]:
    found = mapping.native_clocks(raw(**DUES, **more), Status(kind, "0", "any"))
    return {clock.name: (clock.due, clock.breached, clock.paused) for clock in found}


def test_clocks_run_pause_and_end() -> None:
    answered = {"stats": {"first_responded_at": "2026-03-01T02:00:00Z"}}
    assert clocks(StatusKind.OPEN, **answered) == {
        "first response": (None, True, False),
        "resolution": (DUE, False, False),
    }
    assert clocks(StatusKind.WAITING_CUSTOMER)["resolution"] == (None, False, True)
    assert clocks(StatusKind.SOLVED)["resolution"] == (None, False, False)
    assert mapping.native_clocks(raw(), OPEN) == ()


# --- changes ----------------------------------------------------------------------------------------------------------

TAGS = st.lists(st.sampled_from(["vip", "VIP", "calm", "escalated", "Escalated", "late"]))


@given(TAGS, TAGS, TAGS)
def test_tags_of_others_always_stay(current: list[str], add: list[str], remove: list[str]) -> None:
    merged = changes.merge_tags(current, add, remove)
    shown = {tag.casefold() for tag in merged}
    added, removed = {tag.casefold() for tag in add}, {tag.casefold() for tag in remove}
    assert {tag.casefold() for tag in current} - removed <= shown
    assert added <= shown
    assert not (removed - added) & shown
    assert len(shown) == len(merged)


def test_the_accounts_fields_go_into_custom_fields_and_the_bridges_own_wins() -> None:
    fields = {
        "type": "Incident",
        "custom_fields": {"cf_a": 1, "cf_key": "theirs"},
        "cf_b": 2,
        "cf_key": "ours",
    }
    body = changes.as_body(fields)
    assert body == {"type": "Incident", "custom_fields": {"cf_a": 1, "cf_b": 2, "cf_key": "ours"}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (5, "5", True),
        (None, None, True),
        (None, "None", False),
        (("a", "B"), ["b", "A"], True),
        (("a",), (), False),
        ("x", "X", False),
        (True, 1, True),
    ],
)
def test_values_are_compared_as_freshdesk_stores_them(one: object, other: object, same: bool) -> None:
    assert changes.same(one, other) is same


def test_priorities_are_one_to_one() -> None:
    assert {PRIORITY_CODES[priority] for priority in Priority} == {1, 2, 3, 4}


# --- settings ---------------------------------------------------------------------------------------------------------


def settings(**more: object) -> FreshdeskSettings:
    plain = {"plugin": "freshdesk", "url": "https://example.freshdesk.com", "api_key": Resolved("key")}
    return FreshdeskSettings.model_validate({**plain, **more})


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.freshdesk.com/", "https://example.freshdesk.com"),
        (" https://support.example.com ", "https://support.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:80/", "http://[::1]"),  # the scheme's own port is no part of it
        ("http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_url_is_an_origin(url: str, kept: str) -> None:
    assert settings(url=url).url == kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://example.freshdesk.com"},
        {"url": "https://example.freshdesk.com/api/v2"},
        {"url": "https://user:word@example.freshdesk.com"},
        {"url": "https://"},
        {"url": "example.freshdesk.com"},
        {"url": "http://127.0.0.1.example.com"},
        {"api_key": "in-the-file"},
        {"webhook_secrets": ["in-the-file-0123456789"]},
        {"webhook_secrets": [Resolved("short")]},
        {"webhook_secrets": [Resolved("with spaces and so on")]},
        {"webhook_secrets": [Resolved("pässwörter-sind-lang")]},
        {"webhook_header": "X Secret"},
        {"key_field": "escalation_bridge_key"},
        {"status_kinds": {"8": "resolved"}},
        {"requester_email": "nobody"},
        {"search_lag_seconds": -1},
        {"unknown": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_secrets_are_not_printed() -> None:
    shown = repr(settings(webhook_secrets=[Resolved("a-secret-of-some-length")]))
    assert "a-secret" not in shown
    assert "SecretStr('**********')" in shown
