"""`${NAME}` and `file:`: what they become, and what an admin reads when they lead nowhere."""

from typing import Literal

import pytest

from escalation_bridge.configfile import Document, InvalidConfiguration, load_document, validate
from escalation_bridge.plugin.settings import Resolved, Secret, Settings


class Server(Settings):
    port: int = 0
    ratio: float = 0
    enabled: bool = True
    language: Literal["en", "id"] = "en"
    token: Secret | None = None


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load_text(text: str, **environ: str) -> Document:
        (tmp_path / "bridge.yaml").write_text(text, encoding="utf-8")
        return load_document("bridge.yaml", environ)

    return load_text


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("${A}", Resolved("alpha")),
        ("'${A}'", Resolved("alpha")),
        ("Bearer ${A}", Resolved("Bearer alpha")),
        ("${A}-${B}", Resolved("alpha-${A}")),
        ("$${A}", "${A}"),
        ("cost $5 {A}", "cost $5 {A}"),
        ("file of notes", "file of notes"),
        ("'file: see below'", "file: see below"),
        ("${FILE}", Resolved("file:secret.txt")),
    ],
)
def test_what_comes_from_elsewhere_is_resolved_once(load, written, becomes):
    value = load(f"key: {written}", A="alpha", B="${A}", FILE="file:secret.txt").value(("key",))
    assert value == becomes
    assert type(value) is type(becomes)


def test_a_file_is_found_from_the_folder_of_the_configuration(load, tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "token").write_bytes(b"\xef\xbb\xbfline 1\nline 2\r\n")
    document = load(
        "a: file:run/token\nb: [file:./run/token, 'file:${DIR}/token']", DIR=str(tmp_path / "run")
    )
    content = Resolved("line 1\nline 2")
    assert document.value(()) == {"a": content, "b": [content, content]}
    monkeypatch.chdir("/")
    assert load_document(tmp_path / "bridge.yaml", {"DIR": "run"}).value(("a",)) == content


def test_numbers_and_switches_may_be_references(load):
    text = "port: ${P}\nratio: ${R}\nenabled: ${E}\nlanguage: ${L}\ntoken: ${T}"
    server = validate(load(text, P="8080", R="0.5", E="no", L="id", T="s3cret"), Server)
    assert (server.port, server.ratio, server.enabled, server.language) == (8080, 0.5, False, "id")
    assert server.token is not None
    assert server.token.get_secret_value() == "s3cret"


def test_the_environment_of_the_process_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("ESCALATION_BRIDGE_SAMPLE", "from outside")
    (tmp_path / "bridge.yaml").write_text("key: ${ESCALATION_BRIDGE_SAMPLE}")
    assert load_document(tmp_path / "bridge.yaml").value(("key",)) == "from outside"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${NOPE}", "a[1].key: the environment variable `NOPE` is not set"),
        ("x ${NOPE} ${NEITHER}", "a[1].key: the environment variables `NOPE` and `NEITHER` are not set"),
        ("${EMPTY}", "a[1].key: empty: the environment variable `EMPTY` is set to nothing"),
        ("${UNDECODABLE}", "a[1].key: the environment variable `UNDECODABLE` is not UTF-8 text"),
        (
            "${NAME:-x}",
            "a[1].key: after `${` comes the name of an environment variable and `}`, nothing else",
        ),
        ("'${'", "a[1].key: after `${` comes the name of an environment variable and `}`, nothing else"),
        ("file:nowhere", "a[1].key: `file:nowhere` cannot be read: No such file or directory"),
        ("file:.", "a[1].key: `file:.` cannot be read: Is a directory"),
        ('"file:a\\0b"', "a[1].key: `file:a\\x00b` cannot be the path of a file"),
        ("file:large", "a[1].key: `file:large` is too large; allowed: 64 KiB"),
        ("file:latin1", "a[1].key: `file:latin1` is not UTF-8 text"),
        ("file:empty", "a[1].key: `file:empty` is empty"),
        ("'file:${EMPTY}x'", "a[1].key: `file:${EMPTY}x` cannot be read"),
    ],
)
def test_a_reference_that_leads_nowhere_is_explained(load, tmp_path, written, expected):
    (tmp_path / "large").write_bytes(b"x" * (64 * 1024 + 1))
    (tmp_path / "latin1").write_bytes(b"caf\xe9")
    (tmp_path / "empty").write_bytes(b"\n")
    document = load(f"a:\n  - 1\n  - key: {written}\n", EMPTY="", UNDECODABLE="caf\udce9")
    (finding,) = document.findings
    assert str(finding).startswith(f"bridge.yaml:3:10: {expected}")


def test_a_key_cannot_be_a_reference(load):
    (finding,) = load("a: {'${NAME}': 1}", NAME="x").findings
    assert str(finding) == "bridge.yaml:1:5: a: a key cannot hold a reference; allowed: a name"


def test_a_broken_reference_is_told_once_and_together_with_the_other_mistakes(load):
    document = load("port: ${NOPE}\nlanguage: de\ntoken: ${NEITHER}")
    with pytest.raises(InvalidConfiguration) as caught:
        validate(document, Server)
    assert str(caught.value).split("\n") == [
        "bridge.yaml:1:7: port: the environment variable `NOPE` is not set",
        "bridge.yaml:2:11: language: found 'de'; allowed: 'en' or 'id'",
        "bridge.yaml:3:8: token: the environment variable `NEITHER` is not set",
    ]
