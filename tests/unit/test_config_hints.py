"""What is not meant in a status map: words that are nearly a kind, and maps that do not come back."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from escalation_bridge.config.hints import hint
from escalation_bridge.config.round_trips import check_keys, check_round_trips
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.configfile import load_document, validate
from escalation_bridge.domain.tickets.tickets import Status, StatusKind

HOLD = Status(StatusKind.WAITING_THIRD_PARTY, "7", "On-hold")
OPEN = Status(StatusKind.OPEN, "2", "Open")
BLOCKED = Status(StatusKind.WAITING_THIRD_PARTY, "9", "Blocked")
SOVLED = Status(StatusKind.OPEN, "11", "sovled")


def hints(
    folder: Path,
    to_linked: str,
    to_origin: str,
    one_way: str = "[]",
    statuses: Mapping[str, tuple[Status, ...]] | None = None,
) -> list[str]:
    file = folder / "bridge.yaml"
    file.write_text(
        f"routes:\n  r:\n    from: a\n    to: b\n    status:\n      to_linked: {to_linked}\n"
        f"      to_origin: {to_origin}\n      one_way: {one_way}\n"
    )
    document = load_document(file)
    route = validate(document, RouteSettings, ("routes", "r"))
    review = hint(document, {"r": route}, statuses or {})
    check_keys(review, ("routes", "r", "status"), route.status)
    check_round_trips(review, ("routes", "r", "status"), route, statuses or {})
    return [f"{each.path}: {each.message}" for each in review.findings]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sovled", "solved"),
        ("waiting-customer", "waiting_customer"),
        ("waiting_3rd_party", "waiting_third_party"),
    ],
)
def test_a_word_that_is_nearly_a_kind_is_told(tmp_path: Path, word: str, kind: str) -> None:
    (told,) = hints(tmp_path, f"{{{word}: keep}}", "{}")
    assert told.startswith("routes.r.status.to_linked.")
    assert f"did you mean the kind `{kind}`?" in told
    (told,) = hints(tmp_path, "{}", f"{{Done: {word}}}")
    assert told.startswith("routes.r.status.to_origin.Done: ")


@pytest.mark.parametrize(
    "word", ["solved", "Solved", "Waiting on Customer", "open", "Blocked", "pending", "to do"]
)
def test_a_kind_and_a_name_are_not(tmp_path: Path, word: str) -> None:
    assert hints(tmp_path, f"{{{word}: keep}}", "{}") == []


def test_a_status_that_is_really_called_so_is_not(tmp_path: Path) -> None:
    assert hints(tmp_path, "{sovled: keep}", "{}", statuses={"a": (SOVLED,)}) == []


def test_a_status_that_comes_back_as_another_is_told_unless_it_is_meant(tmp_path: Path) -> None:
    told = hints(tmp_path, "{solved: Done}", "{Done: open}")
    assert [line.partition(":")[0] for line in told] == ["routes.r.status.to_linked.solved"]
    assert "`solved` becomes `Done`, and `Done` comes back as `open`" in told[0]
    assert hints(tmp_path, "{solved: Done}", "{Done: open}", one_way="[solved]") == []
    assert hints(tmp_path, "{solved: Done}", "{Done: open}", one_way="[done]") == []


@pytest.mark.parametrize(
    ("to_linked", "to_origin"),
    [
        ("{solved: Done}", "{Done: solved}"),
        ("{solved: Done}", "{done: keep}"),
        ("{solved: Done}", "{}"),
        ("{solved: keep}", "{Done: open}"),
        ("{waiting_third_party: Blocked}", "{Blocked: On-hold}"),
    ],
)
def test_what_comes_back_or_may_do_so_is_not(tmp_path: Path, to_linked: str, to_origin: str) -> None:
    assert hints(tmp_path, to_linked, to_origin) == []


@pytest.mark.parametrize(("back", "told"), [("On-hold", 0), ("Open", 1), ("open", 1)])
def test_with_the_accounts_more_can_be_told(tmp_path: Path, back: str, told: int) -> None:
    known = {"a": (HOLD, OPEN), "b": (BLOCKED,)}
    found = hints(tmp_path, "{On-hold: Blocked}", f"{{waiting_third_party: {back}}}", statuses=known)
    assert len([line for line in found if "to_linked" in line]) == told


@pytest.mark.parametrize(
    ("to_linked", "one_way", "place", "words"),
    [
        ("{solved: Done, SOLVED: To Do}", "[]", "to_linked.SOLVED", "`solved` is there already"),
        ("{solved: Done}", "[sovled]", "one_way[0]", "did you mean `solved`?"),
    ],
)
def test_a_status_stands_in_a_map_once(
    tmp_path: Path, to_linked: str, one_way: str, place: str, words: str
) -> None:
    (told,) = hints(tmp_path, to_linked, "{}", one_way)
    assert told.startswith(f"routes.r.status.{place}: ")
    assert words in told


@pytest.mark.parametrize("status", [{"to_linked": {"solved": ""}}, {"to_origin": {"": "keep"}}])
def test_nothing_is_no_status(status: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        RouteSettings.model_validate({"from": "a", "to": "b", "status": status})


PUBLIC_WAYS = {
    "to_origin: {take: public, write: public}": [("to_origin", "a", "b")],
    "to_origin: {take: all, write: public}": [("to_origin", "a", "b")],
    "to_linked: {take: public, write: public}": [("to_linked", "b", "a")],
    "to_origin: {take: none, write: public}": [],
    "to_origin: {take: all, write: private}": [],
    "follow_edits: none": [],
}


@pytest.mark.parametrize(("comments", "told"), PUBLIC_WAYS.items())
@pytest.mark.parametrize("attachments", ["true", "false"])
def test_a_way_on_which_words_go_to_customers_is_told(tmp_path, comments, told, attachments):
    file = tmp_path / "bridge.yaml"
    file.write_text(
        f"routes:\n  r:\n    from: a\n    to: b\n    attachments: {attachments}\n    comments: {{{comments}}}\n"
    )
    document = load_document(file)
    route = validate(document, RouteSettings, ("routes", "r"))
    found = [(each.path, each.message) for each in hint(document, {"r": route}, {}).findings]
    assert [path for path, _ in found] == [f"routes.r.comments.{way}.write" for way, _, _ in told]
    for (_, message), (_, reader, writer) in zip(found, told, strict=True):
        assert f"customers will read at {reader!r} what everybody can read at {writer!r}".replace(
            "'", "`"
        ) in (message.replace('"', "`").replace("'", "`"))
        assert ("and its files" in message) is (attachments == "true")


@pytest.mark.parametrize(
    ("custom", "told"),
    [
        ("{origin: 6130830360101, linked: customfield_10014}", ["6130830360101 / customfield_10014"]),
        ("{origin: cf_region, linked: customfield_10014}", ["cf_region / customfield_10014"]),
        ("{origin: 6130830360101, linked: customfield_10014, label: Region}", []),
        ("{origin: cf_region, linked: cf_region}", []),
    ],
)
def test_a_field_of_which_agents_would_read_only_numbers_is_told(
    tmp_path: Path, custom: str, told: list[str]
) -> None:
    file = tmp_path / "bridge.yaml"
    file.write_text(f"routes: {{r: {{from: a, to: b, fields: {{custom: [{custom}]}}}}}}\n")
    document = load_document(file)
    route = validate(document, RouteSettings, ("routes", "r"))
    findings = hint(document, {"r": route}, {}).findings
    assert [each.message.split("`")[1] for each in findings] == told
    assert all("label" in each.message for each in findings)
