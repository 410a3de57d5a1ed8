"""YAML text: what plain values mean, and what an admin reads when the text is broken."""

import math

import pytest

from escalation_bridge.configfile import Document, InvalidConfiguration, load_document


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load_text(text: str | bytes, **environ: str) -> Document:
        (tmp_path / "bridge.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_document("bridge.yaml", environ)

    return load_text


@pytest.fixture
def complaint(load):
    def complain(text: str | bytes) -> str:
        try:
            return str(InvalidConfiguration(load(text).findings))
        except InvalidConfiguration as error:
            return str(error)

    return complain


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("09:00", "09:00"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-12-31", "2026-12-31"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1.2.3", "1.2.3"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("'null'", "null"),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("5", 5),
        ("-5", -5),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ('"\\ud83d\\ude00"', "😀"),
        ("|\n  one\n  two\n", "one\ntwo\n"),
        ("$${HOME}", "${HOME}"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_plain_values_mean_what_yaml_1_2_says(load, written, meant):
    value = load(f"key: {written}\n").value(("key",))
    assert value == meant
    assert type(value) is type(meant)


def test_not_a_number_is_a_number_of_its_own(load):
    assert math.isnan(load("key: .nan").value(("key",)))


def test_keys_are_texts_as_they_are_written(load):
    assert load("3: a\n010: b\ntrue: c\non: d\n~: e\n'q r': f").keys() == (
        "3",
        "010",
        "true",
        "on",
        "~",
        "q r",
    )


def test_aliases_and_merge_keys_repeat_what_was_written(load):
    document = load(
        "base: &base {a: 1, b: 2}\none: *base\ntwo: {<<: *base, b: 3}\nthree: {<<: [*base, {c: 4}]}\n"
    )
    assert document.value(("one",)) == {"a": 1, "b": 2}
    assert document.value(("two",)) == {"a": 1, "b": 3}
    assert document.value(("three",)) == {"a": 1, "b": 2, "c": 4}


def test_every_value_and_key_has_its_place(load):
    document = load("# comment\nconnections:\n  support:\n    url: x\n    empty:\nroutes: [a, {to: b}]\n")
    assert document.place(("connections", "support", "url")) == (4, 10)
    assert document.key_place(("connections", "support", "url")) == (4, 5)
    assert document.place(("connections", "support", "empty")) == (5, 5)
    assert document.place(("routes", 1, "to")) == (6, 18)
    assert document.place(("connections", "support", "missing", "deeper")) == (4, 5)


def test_what_is_below_a_path_can_be_listed_whatever_stands_there(load):
    document = load("policies: [a, {b: c}]\nroutes: {x: 1, y: 2}\nwrong: 5")
    assert document.below(("policies",)) == (("policies", 0), ("policies", 1))
    assert document.below(("routes",)) == (("routes", "x"), ("routes", "y"))
    assert document.below(("wrong",)) == document.below(("absent", 3)) == ()
    assert document.keys(("policies",)) == ()


def test_a_byte_order_mark_is_no_character(load):
    assert load(b"\xef\xbb\xbfkey: 1").value(("key",)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "bridge.yaml: the file is empty; allowed: `key: value` lines"),
        ("# only a comment\n", "bridge.yaml: the file is empty; allowed: `key: value` lines"),
        ("- a\n", "bridge.yaml:1:1: found a list; allowed: a mapping, that is `key: value` lines"),
        ("hello\n", "bridge.yaml:1:1: found a single value; allowed: a mapping, that is `key: value` lines"),
        ("a: 1\n\tb: 2", "bridge.yaml:2:1: there is a tab here; allowed: spaces for indentation"),
        ("a:\n  - b\n - c", "bridge.yaml:3:2: the indentation of this line differs from those above it"),
        ("a: b: c", "bridge.yaml:1:5: a second `: ` or a wrong indentation"),
        ("a: 1\nfoo", "bridge.yaml:2:1: this line has no `:`; allowed: `key: value`, or `- item` in a list"),
        ("a: -\n", "bridge.yaml:1:4: a `- ` or `? ` is not allowed here"),
        ("a: 'x\nb: 1", "bridge.yaml:1:4: the quote that opens here is never closed"),
        ("a: 'b' c", "bridge.yaml:1:8: text continues after the end of the value; allowed: quotes around"),
        ("a: {b: 1", "bridge.yaml:1:4: the bracket that opens here is never closed"),
        ("a: [1 2\nb: 3", "bridge.yaml:2:2: a comma or the closing `]` is missing here"),
        ("a: [${X}]", "bridge.yaml:1:6: inside brackets a reference needs quotes: '${NAME}'"),
        ("a: @x", "bridge.yaml:1:4: a value cannot begin with `@`; allowed: the same value in quotes"),
        ('a: "C:\\qux"', "bridge.yaml:1:8: a backslash before 'q' means nothing in double quotes"),
        ('a: "\\xZZ"', "bridge.yaml:1:7: an escape in double quotes needs 2 hexadecimal digits"),
        (
            'a: "\\UFFFFFFFF"',
            "bridge.yaml:1:1: an escape in the double quotes after this place is no character",
        ),
        ('a: "\\ud800"', "bridge.yaml:1:4: a: an escape in this value is half a character"),
        ("a: |x\n b", "bridge.yaml:1:5: after `|` or `>` the text begins on the next line"),
        ("a: &\n", "bridge.yaml:1:5: `&` and `*` begin an anchor and its use"),
        ("a: !t!x y", "bridge.yaml:1:4: a value cannot begin with `!`"),
        ("a: !!int 5", "bridge.yaml:1:4: a: the YAML tag `int` is not used here"),
        ("a: *nope", "bridge.yaml:1:4: a: the anchor `nope` is not defined above"),
        ("a: &x [*x]", "bridge.yaml:1:8: a[0]: the anchor `x` is used inside itself"),
        ("a: {<<: 5}", "bridge.yaml:1:5: a['<<']: `<<` takes over a mapping"),
        ("? [a]\n: b", "bridge.yaml:1:3: a list or mapping is used as a key; allowed: a name"),
        ("%YAML 2.0\n---\na: 1", "bridge.yaml:1:1: a line that begins with `%` is not used here"),
        ("a: 1\n---\nb: 2", "bridge.yaml:2:1: a second document begins here"),
        ("a: 1\nb: \x00", "bridge.yaml:2:4: the character U+0000 is not allowed in a YAML file"),
        ("}", "bridge.yaml:1:1: this is not allowed here"),
        ("a: " + "[" * 60, "bridge.yaml:1:53: nested too deeply; allowed: 50 levels"),
        (b"a: 1\nb: caf\xe9\n", "bridge.yaml:2:7: from here on this is not UTF-8"),
        ("a: 1".encode("utf-16"), "bridge.yaml:1:1: from here on this is not UTF-8"),
        ("#" * (1024 * 1024 + 1), "bridge.yaml: too large; allowed: 1 MiB"),
    ],
)
def test_a_broken_file_is_explained_with_its_place(complaint, text, expected):
    said = complaint(text)
    assert said.startswith(expected)
    assert "\n" not in said


def test_all_duplicate_keys_are_told_at_once(complaint):
    assert complaint("a: 1\nb: {c: 1, c: [1]}\na: 2\n") == (
        "bridge.yaml:2:11: b.c: the key `c` appears twice; the first is in line 2\n"
        "bridge.yaml:3:1: a: the key `a` appears twice; the first is in line 1"
    )


def test_aliases_cannot_fill_the_memory(complaint):
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 30))
    assert "too much; allowed: 50000 values" in complaint(f"l0: &l0 [x]\n{layers}")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(
        InvalidConfiguration, match=r"nowhere\.yaml: cannot be read: No such file or directory"
    ):
        load_document(tmp_path / "nowhere.yaml", {})
    with pytest.raises(InvalidConfiguration, match="cannot be read: Is a directory"):
        load_document(tmp_path, {})
