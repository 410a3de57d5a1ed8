"""Zendesk's words for a status and ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import Channel, Status, StatusKind
from escalation_bridge.plugin import webhook_object
from escalation_bridge_zendesk.translation.channels import channel
from escalation_bridge_zendesk.translation.statuses import CustomStatus, StatusBook, status_book

PLAIN = StatusBook()
CUSTOM = StatusBook(
    (
        CustomStatus("1", "new", "New", active=True, default=True),
        CustomStatus("2", "open", "Open", active=True, default=True),
        CustomStatus("3", "open", "In progress", active=True, default=False),
        CustomStatus("4", "pending", "Waiting for files", active=True, default=False),
        CustomStatus("5", "pending", "Pending", active=True, default=True),
        CustomStatus("6", "hold", "With engineering", active=False, default=False),
        CustomStatus("7", "hold", "On-hold", active=True, default=True),
        CustomStatus("8", "solved", "Solved", active=True, default=True),
    )
)


@pytest.mark.parametrize(
    ("word", "kind", "name"),
    [
        ("new", StatusKind.NEW, "New"),
        ("open", StatusKind.OPEN, "Open"),
        ("pending", StatusKind.WAITING_CUSTOMER, "Pending"),
        ("hold", StatusKind.WAITING_THIRD_PARTY, "On-hold"),
        ("solved", StatusKind.SOLVED, "Solved"),
        ("closed", StatusKind.CLOSED, "Closed"),
        ("OPEN", StatusKind.OPEN, "Open"),
        ("DELETED", StatusKind.CLOSED, "Deleted"),
        ("ARCHIVED", StatusKind.CLOSED, "Archived"),
        ("SCRUBBED", StatusKind.CLOSED, "Scrubbed"),
    ],
)
def test_a_category_is_understood_in_either_case(word: str, kind: StatusKind, name: str) -> None:
    assert PLAIN.status(word, None) == Status(kind, word.lower(), name)


@given(word=st.text(max_size=12))
def test_an_unknown_word_is_never_guessed(word: str) -> None:
    known = ("new", "open", "pending", "hold", "solved", "closed", "deleted", "archived", "scrubbed")
    assert (PLAIN.status(word, None).kind is StatusKind.UNKNOWN) == (word.lower() not in known)


def test_a_custom_status_keeps_its_id_and_the_agents_name_for_it() -> None:
    assert CUSTOM.status("pending", "4") == Status(StatusKind.WAITING_CUSTOMER, "4", "Waiting for files")
    assert CUSTOM.status("hold", "6") == Status(StatusKind.WAITING_THIRD_PARTY, "6", "With engineering")


def test_a_custom_status_that_is_not_listed_falls_back_to_its_category() -> None:
    assert CUSTOM.status("pending", "99") == Status(StatusKind.WAITING_CUSTOMER, "pending", "Pending")


@pytest.mark.parametrize(
    ("asked", "members"),
    [
        ("4", {"status": "pending", "custom_status_id": 4}),
        ("waiting for FILES", {"status": "pending", "custom_status_id": 4}),
        ("In progress", {"status": "open", "custom_status_id": 3}),
        ("Open", {"status": "open", "custom_status_id": 2}),
        ("open", {"status": "open", "custom_status_id": 2}),
        ("pending", {"status": "pending", "custom_status_id": 5}),
        ("waiting_customer", {"status": "pending", "custom_status_id": 5}),
        ("waiting_third_party", {"status": "hold", "custom_status_id": 7}),
        ("hold", {"status": "hold", "custom_status_id": 7}),
        ("closed", {"status": "closed"}),
    ],
)
def test_a_status_is_found_by_id_then_name_then_kind(asked: str, members: object) -> None:
    found = CUSTOM.resolve(asked)
    assert found is not None
    assert found.members == members


@pytest.mark.parametrize("asked", ["6", "With engineering", "99", "done", "deleted", "", "unknown"])
def test_an_inactive_or_unknown_status_is_not_found(asked: str) -> None:
    assert CUSTOM.resolve(asked) is None


@pytest.mark.parametrize(
    ("asked", "category"),
    [("on-hold", "hold"), ("solved", "solved"), ("waiting_customer", "pending"), ("Open", "open")],
)
def test_without_custom_statuses_the_categories_are_written(asked: str, category: str) -> None:
    found = PLAIN.resolve(asked)
    assert found is not None
    assert found.members == {"status": category}


@pytest.mark.parametrize(
    ("asked", "current", "met"),
    [
        ("open", "3", True),
        ("Open", "3", False),
        ("Open", "2", True),
        ("In progress", "2", False),
        ("waiting_customer", "4", True),
        ("solved", "2", False),
    ],
)
def test_a_kind_is_met_by_any_of_its_statuses_and_a_name_only_by_itself(
    asked: str, current: str, met: bool
) -> None:
    category = next(custom.category for custom in CUSTOM.custom if custom.id == current)
    found = CUSTOM.resolve(asked)
    assert found is not None
    assert found.is_met_by(CUSTOM.status(category, current)) is met


def test_only_statuses_that_can_be_given_are_offered() -> None:
    assert [status.id for status in CUSTOM.all()] == ["1", "2", "3", "4", "5", "7", "8", "closed"]
    assert [status.id for status in PLAIN.all()] == ["new", "open", "pending", "hold", "solved", "closed"]


def test_nobody_makes_a_ticket_new_again_or_closes_it() -> None:
    assert PLAIN.never_set() == {"new", "closed"}
    assert CUSTOM.never_set() == {"1", "closed"}


def test_the_book_is_read_from_what_zendesk_lists() -> None:
    shown = {
        "id": 22644162812557,
        "status_category": "open",
        "agent_label": "In progress",
        "end_user_label": "Open",
        "active": True,
        "default": False,
    }
    assert status_book([webhook_object(shown)]).custom == (
        CustomStatus("22644162812557", "open", "In progress", active=True, default=False),
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("email", Channel.EMAIL),
        ("mail", Channel.EMAIL),
        ("web", Channel.WEB),
        ("help_center", Channel.PORTAL),
        ("native_messaging", Channel.CHAT),
        ("chat", Channel.CHAT),
        ("voice", Channel.PHONE),
        ("twitter_dm", Channel.TWITTER),
        ("facebook", Channel.FACEBOOK),
        ("sunshine_conversations_facebook_messenger", Channel.FACEBOOK),
        ("instagram_dm", Channel.INSTAGRAM),
        ("whatsapp", Channel.WHATSAPP),
        ("sms", Channel.SMS),
        ("api", Channel.API),
        ("WEB_SERVICE", Channel.API),
        ("any_channel", Channel.OTHER),
        ("telepathy", Channel.UNKNOWN),
        (None, Channel.UNKNOWN),
    ],
)
def test_channels(word: str | None, expected: Channel) -> None:
    assert channel(word) is expected
