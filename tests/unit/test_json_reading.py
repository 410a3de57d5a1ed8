"""Reading a vendor's JSON: what is there, what is not, and which path an error names."""

from datetime import UTC, datetime
from typing import NoReturn

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.errors import WebhookMalformed
from escalation_bridge.plugin import (
    Instant,
    JsonPart,
    NotJson,
    Shape,
    parse_json,
    read_identifier,
    read_instant,
    refusal_document,
    webhook_document,
    webhook_object,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


class Unreadable(Exception):
    """What the reader in these tests raises."""


def fail(message: str) -> NoReturn:
    raise Unreadable(message)


def document(value: object) -> JsonPart:
    return JsonPart(value, "", fail)


ISSUE = document(
    {
        "id": 7,
        "fields": {
            "summary": "VPN",
            "empty": "",
            "nothing": None,
            "votes": 0,
            "done": False,
            "created": "2026-03-02T10:00:00.000+0200",
            "labels": ["vip", 3, "eu"],
            "items": [{"id": "12"}, None, {"id": "x"}],
        },
    }
)
FIELDS = ISSUE / "fields"


def test_a_member_that_is_not_there_has_no_members_either() -> None:
    part = ISSUE / "fields" / "reporter" / "name"
    assert not part
    assert part.path == "fields.reporter.name"
    assert not FIELDS / "summary" / "inside a text"


@pytest.mark.parametrize(
    ("part", "text", "number", "flag"),
    [
        (FIELDS / "summary", "VPN", None, None),
        (FIELDS / "empty", None, None, None),
        (FIELDS / "nothing", None, None, None),
        (FIELDS / "votes", "0", 0, None),
        (FIELDS / "done", None, None, False),
        (FIELDS / "labels", None, None, None),
    ],
)
def test_each_kind_of_value_is_read_as_itself_alone(
    part: JsonPart, text: str | None, number: int | None, flag: bool | None
) -> None:
    assert (part.maybe_text(), part.maybe_number(), part.maybe_flag()) == (text, number, flag)


def test_what_must_be_there_is_given_or_missed_by_its_path() -> None:
    assert (FIELDS / "summary").text() == "VPN"
    assert (FIELDS / "votes").number() == 0
    assert (FIELDS / "done").flag() is False
    assert (FIELDS / "created").instant() == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (ISSUE / "id").identifier() == "7"
    assert ISSUE.as_object().present() is ISSUE
    assert [one.path for one in (FIELDS / "labels").elements()] == [f"fields.labels[{at}]" for at in range(3)]


@pytest.mark.parametrize(
    ("read", "message"),
    [
        ((FIELDS / "empty").text, "fields.empty is missing"),
        ((FIELDS / "nothing").present, "fields.nothing is missing"),
        ((FIELDS / "done").number, "fields.done is missing or is no number"),
        ((FIELDS / "votes").flag, "fields.votes is missing or is neither true nor false"),
        ((FIELDS / "summary").instant, "fields.summary is missing or is no instant"),
        ((FIELDS / "votes").identifier, "fields.votes is missing or is no id"),
        ((FIELDS / "labels").as_object, "fields.labels is no object"),
        (FIELDS.as_list, "fields is no list"),
        ((ISSUE / "comments").elements, "comments is no list"),
        (ISSUE.as_list, "the document is no list"),
        ((FIELDS / "items").objects()[1].identifier, "fields.items[2] is missing or is no id"),
        (((FIELDS / "items").objects()[1] / "id").identifier, "fields.items[2].id is missing or is no id"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_by_its_path(read, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unreadable) as missed:
        read()
    assert str(missed.value) == message


def test_the_path_of_a_deep_part_is_told_without_its_value() -> None:
    part = document("a secret")
    for _ in range(5_000):
        part = part / "a"
    assert part.path == ".".join("a" * 5_000)
    assert repr(FIELDS / "summary") == "JsonPart('fields.summary')"


def test_a_list_gives_what_it_has_of_a_kind() -> None:
    assert (FIELDS / "labels").texts() == ("vip", "eu")
    assert [(one / "id").value for one in (FIELDS / "items").objects()] == ["12", "x"]
    assert [one.value for one in (FIELDS / "labels").items()] == ["vip", 3, "eu"]
    assert (FIELDS / "reporter").texts() == ()
    assert (FIELDS / "reporter").objects() == ()
    assert (FIELDS / "reporter").mapping() == {}
    assert [(name, one.path) for name, one in document({"a": 1}).members()] == [("a", "a")]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (7, "7"), ("7", "7"), (" 007 ", "7"), (10**19, str(10**19)),
        (0, None), ("0", None), ("", None), (None, None), (-7, None), (True, None), (7.0, None),
        ("٣٥", None), ("7a", None), (10**20, None), ("9" * 21, None), ([7], None),
    ],
)  # fmt: skip
def test_an_id_is_a_positive_number_however_it_was_sent(value: object, found: str | None) -> None:
    assert read_identifier(value) == found


@pytest.mark.parametrize("told", ["2026-03-02T08:00:00", "0001-01-01T00:00:00Z", "yesterday", "", 5, None])
def test_what_is_no_instant_with_a_zone_is_none(told: object) -> None:
    assert read_instant(told) is None


class Author(Shape):
    id: int


class Note(Shape):
    author: Author
    created: Instant
    tags: tuple[str, ...] = ()


def test_a_part_is_read_as_a_shape() -> None:
    shown = {"author": {"id": "5", "new": 1}, "created": "2026-03-02T08:00:00Z", "tags": ["vip"]}
    note = (document({"note": shown}) / "note").shaped(Note)
    assert (note.author.id, note.created, note.tags) == (5, datetime(2026, 3, 2, 8, tzinfo=UTC), ("vip",))


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ({"author": {"id": "secret"}}, "notes[0].author.id: int_parsing"),
        ({"author": {"id": 5}, "created": "2026-03-02T08:00:00"}, "notes[0].created: timezone_aware"),
        ({"author": {"id": 5}, "created": "0001-01-01T00:00:00Z"}, "notes[0].created: value_error"),
        ([], "notes[0]: model_type"),
    ],
)
def test_a_shape_that_does_not_fit_is_named_by_its_place_without_its_value(
    note: object, message: str
) -> None:
    with pytest.raises(Unreadable) as missed:
        (document({"notes": [note]}) / "notes").shaped(tuple[Note, ...])
    assert str(missed.value) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON (line 1, column 1)"),
        (b'{"a": 1,\n oops', "the body is not JSON (line 2, column 2)"),
        (b'{"a": "\xff"}', "the body is not UTF-8 (byte 7)"),
        (b"[" * 100_000, "the body is JSON that is nested too deeply, or has a number of too many digits"),
        (b"9" * 10_000, "the body is JSON that is nested too deeply, or has a number of too many digits"),
        (b"[1]", "the body is not a JSON object"),
        (b"null", "the body is not a JSON object"),
    ],
)
def test_a_webhooks_body_that_cannot_be_read_is_refused_without_a_word_of_it(
    body: bytes, message: str
) -> None:
    with pytest.raises(WebhookMalformed) as refusal:
        webhook_document(body)
    assert str(refusal.value) == message


def test_a_webhook_misses_what_it_needs() -> None:
    for body in (webhook_document(b'{"ticket": {}}'), webhook_object({"ticket": {}})):
        with pytest.raises(WebhookMalformed, match=r"ticket\.id is missing"):
            (body / "ticket" / "id").identifier()


def test_a_bom_is_no_part_of_the_document() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("content", [b"", b"<html>", b"[" * 100_000])
def test_a_refusal_that_is_no_json_says_nothing(content: bytes) -> None:
    response = requests.Response()
    response._content = content
    assert not refusal_document(response) / "error"


@given(st.binary())
def test_any_bytes_are_json_or_not(content: bytes) -> None:
    try:
        parse_json(content)
    except NotJson as problem:
        assert str(problem).startswith(("not", "JSON"))  # noqa: PT017 - either way is allowed


@given(JSON)
def test_any_document_is_read_or_missed(value: object) -> None:
    def walk(part: JsonPart) -> None:
        (
            part.maybe_text(),
            part.maybe_identifier(),
            part.maybe_number(),
            part.maybe_flag(),
            part.maybe_instant(),
        )
        part.texts(), part.objects()
        for _, inner in part.members():
            walk(inner)
        for inner in part.items():
            walk(inner)

    walk(document(value))
