"""pydantic's errors in an admin's words, at the place in the file where something can be mended."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Discriminator, Field, HttpUrl, RootModel, Tag, field_validator, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from escalation_bridge.configfile import InvalidConfiguration, load_document, validate
from escalation_bridge.plugin.settings import Secret, Settings


class Level(Enum):
    low = "low"
    high = "high"


class Note(Settings):
    kind: Literal["note"]
    note: str
    """What the agents read. Plain text."""


class Escalate(Settings):
    kind: Literal["escalate"]
    to: Annotated[str, Field(min_length=1, max_length=5)]
    note: Note | None = None


class Hours(Settings):
    opens: time
    closes: time


class Names(RootModel[dict[Annotated[str, Field(pattern="^[a-z]+$")], int]]):
    """Numbers by name."""


class Tree(Settings):
    branches: "list[Tree]" = Field(default_factory=list)


class Typed(TypedDict):
    size: int


@dataclass
class Data:
    size: int


def _shape_of(value: Any) -> str:
    return "many" if isinstance(value, list) else "one"


class Sample(Settings):
    text: str = ""
    code: Annotated[str, Field(pattern="^[A-Z]+$")] = "A"
    whole: Annotated[int, Field(ge=1, le=10)] = 1
    number: Annotated[float, Field(gt=0, lt=60.5)] = 1
    even: Annotated[int, Field(multiple_of=2)] = 2
    switch: bool = True
    url: HttpUrl | None = None
    language: Literal["en", "id"] = "en"
    level: Level = Level.low
    day: date | None = None
    moment: datetime | None = None
    hour: time | None = None
    span: timedelta | None = None
    pair: tuple[int, str] = (1, "")
    few: Annotated[list[int], Field(min_length=1, max_length=2)] = Field(default_factory=lambda: [1])
    statuses: dict[int, Literal["open", "solved"]] = Field(default_factory=dict)
    steps: list[Annotated[Note | Escalate, Field(discriminator="kind")]] = Field(default_factory=list)
    days: dict[Literal["monday", "tuesday"], Literal["closed"] | Hours | list[Hours]] = Field(
        default_factory=dict
    )
    retries: int | Literal["never"] | None = None
    either: Note | Hours | None = None
    nested: Annotated[Note | Escalate, Field(discriminator="kind")] | int | None = None
    counted: Annotated[
        Annotated[list[int], Tag("many")] | Annotated[int, Tag("one")], Discriminator(_shape_of)
    ] = 1
    names: Names = Names({})
    tree: Tree = Tree()
    typed: Typed | None = None
    data: Data | None = None
    renamed: int = Field(default=1, alias="from")
    odd: int = 1
    token: Secret | None = None

    @field_validator("odd")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value == 15:
            raise PydanticCustomError("greater_than", "15 is taken")
        if value == 13:
            raise PydanticCustomError("unlucky", "13 brings bad luck; allowed: any other number")
        if value % 2 == 0:
            raise AssertionError("this is even; allowed: odd numbers")
        return value

    @model_validator(mode="after")
    def _is_coherent(self) -> "Sample":
        if self.text == "bad":
            raise ValueError("`text` and the rest do not go together")
        return self


@pytest.fixture
def findings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def check(text: str, model: type = Sample) -> list[str]:
        (tmp_path / "bridge.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(InvalidConfiguration) as caught:
            validate(load_document("bridge.yaml", {}), model)
        return str(caught.value).removeprefix("bridge.yaml:").split("\nbridge.yaml:")

    return check


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text: 1.10", "1:7: text: found 1.10; allowed: text, so in quotes: '1.10'"),
        ("text: True", "1:7: text: found True; allowed: text, so in quotes: 'True'"),
        ("text:", "1:1: text: found nothing; allowed: text"),
        ("text: {a: 1}", "1:7: text: found a mapping; allowed: text"),
        ("text: [1]", "1:7: text: found a list; allowed: text"),
        ("code: ab", "1:7: code: found 'ab'; allowed: text that matches the pattern ^[A-Z]+$"),
        ("whole: ten", "1:8: whole: found 'ten'; allowed: a whole number"),
        ("whole: 1.5", "1:8: whole: found 1.5; allowed: a whole number"),
        ("whole: 11", "1:8: whole: found 11; allowed: 10 or less"),
        ("whole: 0", "1:8: whole: found 0; allowed: 1 or more"),
        ("number: 0", "1:9: number: found 0; allowed: more than 0"),
        ("number: 60.5", "1:9: number: found 60.5; allowed: less than 60.5"),
        ("number: x", "1:9: number: found 'x'; allowed: a number"),
        ("even: 3", "1:7: even: found 3; allowed: a multiple of 2"),
        ("switch: perhaps", "1:9: switch: found 'perhaps'; allowed: true or false"),
        ("url: htp://x", "1:6: url: found 'htp://x'; allowed: an address that begins with 'http' or 'https'"),
        ("url: x", "1:6: url: found 'x'; allowed: a complete address such as https://helpdesk.example.com"),
        ("language: de", "1:11: language: found 'de'; allowed: 'en' or 'id'"),
        ("level: hihg", "1:8: level: found 'hihg'; allowed: 'low' or 'high'; did you mean `high`?"),
        ("day: 31.12.2026", "1:6: day: found '31.12.2026'; allowed: a date such as 2026-12-31"),
        ("hour: 25:00", "1:7: hour: found '25:00'; allowed: a time of day such as 09:00"),
        ("moment: soon", "1:9: moment: found 'soon'; allowed: a date and time such as 2026-12-31T09:00:00+07:00"),
        ("span: soon", "1:7: span: found 'soon'; allowed: a length of time such as PT4H or 04:00:00"),
        ("pair: [x, y]", "1:8: pair[0]: found 'x'; allowed: a whole number"),
        ("pair: [1]", "1:7: pair[1]: missing"),
        ("few: []", "1:6: few: found an empty list; allowed: at least 1 item"),
        ("few: [1, 2, 3]", "1:6: few: found a list; allowed: at most 2 items"),
        ("few: 1", "1:6: few: found 1; allowed: a list"),
        ("statuses: {2: opne}", "1:15: statuses.2: found 'opne'; allowed: 'open' or 'solved'; did you mean `open`?"),
        ("statuses: {x: open}", "1:12: statuses.x: the key `x` is not allowed here; allowed: a whole number"),
        ("days: {munday: closed}", ("1:8: days.munday: the key `munday` is not allowed here; "
         "allowed: 'monday' or 'tuesday'; did you mean `monday`?")),
        ("names: {A: 1}", ("1:9: names.A: the key `A` is not allowed here; "
         "allowed: text that matches the pattern ^[a-z]+$")),
        ("names: {a: b}", "1:12: names.a: found 'b'; allowed: a whole number"),
        ("tree: {branches: [{}, {branches: [{leafs: 1}]}]}", ("1:36: tree.branches[1].branches[0].leafs: "
         "unknown key `leafs`; known here: `branches`")),
        ("typed: {size: x}", "1:15: typed.size: found 'x'; allowed: a whole number"),
        ("data: {size: x}", "1:14: data.size: found 'x'; allowed: a whole number"),
        ("from: x", "1:7: from: found 'x'; allowed: a whole number"),
        ("odd: 2", "1:6: odd: found 2; this is even; allowed: odd numbers"),
        ("odd: 13", "1:6: odd: found 13; 13 brings bad luck; allowed: any other number"),
        ("odd: 15", "1:6: odd: found 15; 15 is taken"),
        ("text: bad", "1:1: `text` and the rest do not go together"),
        ("url: https://user:pa@ss@x:port/", ("1:6: url: found 'https://***@x:port/'; "
         "allowed: a complete address such as https://helpdesk.example.com")),
        ("language: " + "x" * 100, "1:11: language: found '" + "x" * 59 + "…'; allowed: 'en' or 'id'"),
        ('language: "\\e[31m\\n"', "1:11: language: found '\\x1b[31m\\n'; allowed: 'en' or 'id'"),
        ("'a b': 1\n", None),
    ],
)  # fmt: skip
def test_a_wrong_value_is_shown_with_what_is_allowed(findings, text, expected):
    (finding,) = findings(text)
    if expected is None:
        assert finding.startswith("1:1: ['a b']: unknown key `a b`; known here: `code`, `counted`, ")
    else:
        assert finding == expected


def test_an_unknown_key_names_the_nearest_known_one(findings):
    (finding,) = findings("languag: en")
    assert finding.startswith(
        "1:1: languag: unknown key `languag`; did you mean `language`? known here: `code`, "
    )
    assert findings("steps:\n  - {kind: note, note: x, To: y}\n  - {kind: escalate, to: y, nte: x}") == [
        "2:27: steps[0].To: unknown key `To`; known here: `kind`, `note`",
        "3:29: steps[1].nte: unknown key `nte`; did you mean `note`? known here: `kind`, `note`, `to`",
    ]


def test_a_missing_key_is_placed_at_its_mapping_with_what_it_is_for(findings):
    assert findings("steps:\n  - kind: note\n  - kind: escalate") == [
        "2:5: steps[0].note: missing (What the agents read)",
        "3:5: steps[1].to: missing",
    ]


def test_the_whole_file_may_be_what_lacks_a_key(findings):
    assert findings("kind: note", Note) == ["1:1: note: missing (What the agents read)"]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{kind: notes}", "1:16: steps[0].kind: found 'notes'; allowed: 'note' or 'escalate'; did you mean `note`?"),
        ("{knd: note}", "1:9: steps[0].kind: missing; allowed: 'note' or 'escalate'; was it meant by `knd`?"),
        ("{}", "1:9: steps[0].kind: missing; allowed: 'note' or 'escalate'"),
        ("{kind: }", "1:10: steps[0].kind: found nothing; allowed: 'note' or 'escalate'"),
        ("note", "1:9: steps[0]: found 'note'; allowed: a mapping (`key: value` lines)"),
        # the tag's label and a key have the same name
        ("{kind: note, note: 5}", "1:28: steps[0].note: found 5; allowed: text, so in quotes: '5'"),
        ("{kind: escalate, to: x, note: {kind: note}}", "1:39: steps[0].note.note: missing (What the agents read)"),
        ("{kind: escalate, to: ''}", "1:30: steps[0].to: found ''; allowed: text of at least 1 character"),
        ("{kind: escalate, to: abcdef}", "1:30: steps[0].to: found 'abcdef'; allowed: text of at most 5 characters"),
    ],
)  # fmt: skip
def test_one_of_several_kinds_is_chosen_by_its_tag(findings, step, expected):
    assert findings(f"steps: [{step}]") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("retries: often", ["1:10: retries: found 'often'; allowed: a whole number or 'never'"]),
        ("days: {monday: open}", [("1:16: days.monday: found 'open'; "
         "allowed: 'closed' or a mapping (`key: value` lines) or a list")]),
        ("days: {monday: {opens: 09:00}}", ["1:16: days.monday.closes: missing"]),
        ("days: {monday: [{opens: 09:00, closes: x}]}", [("1:40: days.monday[0].closes: found 'x'; "
         "allowed: a time of day such as 09:00")]),
        # of several mappings the one with the fewest mistakes is meant
        ("either: {kind: note, note: 5}", ["1:28: either.note: found 5; allowed: text, so in quotes: '5'"]),
        ("either: {opens: 09:00}", ["1:9: either.closes: missing"]),
        ("nested: {kind: escalate}", ["1:9: nested.to: missing"]),
        ("nested: {kind: escape}", [("1:16: nested.kind: found 'escape'; allowed: 'note' or 'escalate'; "
         "did you mean `escalate`?")]),
        ("counted: [x]", ["1:11: counted[0]: found 'x'; allowed: a whole number"]),
        ("counted: x", ["1:10: counted: found 'x'; allowed: a whole number"]),
    ],
)  # fmt: skip
def test_of_the_alternatives_of_a_union_the_one_that_was_meant_is_explained(findings, text, expected):
    assert findings(text) == expected


def test_all_mistakes_come_from_top_to_bottom(findings):
    lines = findings("z: 1\nwhole: x\nsteps:\n- kind: note\nlevel: x\na: 1")
    assert [line.split(": ")[0:2] for line in lines] == [
        ["1:1", "z"], ["2:8", "whole"], ["4:3", "steps[0].note"], ["5:8", "level"], ["6:1", "a"]
    ]  # fmt: skip


def test_a_finding_can_be_read_by_programs(tmp_path):
    (tmp_path / "bridge.yaml").write_text("languag: en\nlevel: hihg")
    with pytest.raises(InvalidConfiguration) as caught:
        validate(load_document(tmp_path / "bridge.yaml", {}), Sample)
    unknown, wrong = caught.value.findings
    assert (unknown.place, unknown.path, unknown.found) == ((1, 1), "languag", "`languag`")
    assert (wrong.place, wrong.path, wrong.found, wrong.allowed) == (
        (2, 8),
        "level",
        "'hihg'",
        "'low' or 'high'",
    )
