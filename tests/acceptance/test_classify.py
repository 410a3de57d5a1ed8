"""`classify`: a line in, a line out, in order; a text with its explanation; and the measure of a file of labelled texts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app

OWN = Path(__file__).parents[1] / "cases" / "triage" / "held_out.jsonl"


def run(*arguments, given=b""):
    return CliRunner().invoke(app, ["classify", *arguments], input=given)


def ask(*lines, options=()):
    """Each line's answer and the exit status."""
    text = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    result = run("--batch", *options, given=text)
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


GRAVE = {"text": "colokan di kamar 12 meleleh dan keluar asap"}
PLAIN = {
    "text": "how do I change my password?",
    "subject": None,
    "tags": ["question"],
    "channel": "mail",
    "language": "en",
}


def test_lines_are_answered_in_order():
    answers, status = ask(GRAVE, PLAIN, GRAVE)
    assert [(each["severity"], each["kind"]) for each in answers] == [
        ("emergency", "safety"),
        ("standard", "standard"),
        ("emergency", "safety"),
    ]
    assert all(each["reason"] for each in answers)
    assert status == 0


def test_reasons_are_in_the_readers_language():
    (english, indonesian), _ = ask(GRAVE, options=()), None
    answers, _ = ask(GRAVE, options=("--language", "id"))
    assert english[0]["reason"].startswith("Emergency, danger to safety")
    assert answers[0]["reason"].startswith("Darurat, bahaya bagi keselamatan")
    assert indonesian == 0


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"\n", "line: not JSON: Expecting value at column 1"),
        (b"[]\n", "line: must be a JSON object"),
        (b'"text"\n', "line: must be a JSON object"),
        (b"\xff{}\n", "line: not UTF-8 at byte 0"),
        (b"[" * 100_000 + b"\n", "nested too deep"),
        (b'{"text": ' + b"1" * 5000 + b"}\n", "line: a number has too many digits"),
        ({}, "text: is missing"),
        ({"text": None}, "text: is missing"),
        ({"text": 5}, "text: must be a text"),
        ({"text": "a", "subject": ["a"]}, "subject: must be a text"),
        ({"text": "a", "channel": 1}, "channel: must be a text"),
        ({"text": "a", "tags": "fire"}, "tags: must be a list of texts"),
        ({"text": "a", "tags": [1]}, "tags: must be a list of texts"),
        ({"text": "a", "similar": -1}, "similar: must be a whole number of at least 0"),
        ({"text": "a", "fields": []}, "fields: must be an object"),
    ],
)
def test_a_bad_line_is_answered_with_what_is_wrong_and_the_rest_goes_on(line, error):
    answers, status = ask(GRAVE, line, GRAVE)
    assert answers[1] == {"error": error}
    assert answers[0] == answers[2]
    assert answers[0]["kind"] == "safety"
    assert status == 1


@pytest.mark.parametrize(
    "text",
    ["", " ", "\x00", "\U0001f525" * 1000, "\ud800 lone surrogate", "fire\u202e", "a" * 1_000_000, "\n" * 1000, "🔥🚒 1️⃣"],
)  # fmt: skip
def test_odd_texts_are_answered(text):
    answers, status = ask({"text": text}, GRAVE)
    assert answers[0]["severity"] == "standard"
    assert answers[1]["kind"] == "safety"
    assert status == 0


def test_each_line_is_answered_before_the_next_is_asked():
    program = [sys.executable, "-c", "from escalation_bridge.cli import main; main()", "classify", "--batch"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        for _ in range(3):
            running.stdin.write(json.dumps(GRAVE) + "\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["kind"] == "safety"
        running.stdin.close()
        assert running.wait(timeout=20) == 0


def test_a_text_is_explained():
    shown = run("no outage here, but smoke comes from the battery").stdout
    assert shown.startswith("Emergency, danger to safety or security:")
    assert "+10  thing_smokes:" in shown
    assert "denied: “no outage” is denied" in shown


def test_an_admins_rules_are_used(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text("triage: {signals: {goat: [goat]}, rules: [{name: goats, kind: damage, all: [goat]}]}\n")
    assert json.loads(run("a goat", "--config", str(file), "--json").stdout)["kind"] == "damage"
    assert json.loads(run("a goat", "--json").stdout)["kind"] == "standard"


def test_a_file_of_labelled_texts_is_measured(tmp_path):
    assert "emergency or not: precision" in run("--measure", str(OWN)).stdout
    figures = json.loads(run("--measure", str(OWN), "--json").stdout)
    assert figures["texts"] == 168
    file = tmp_path / "labelled.jsonl"
    file.write_text(
        '{"text": "smoke from the oven", "kind": "safety"}\n{"text": "fire the intern", "kind": "safety"}\n'
    )
    figures = json.loads(run("--measure", str(file), "--json").stdout)
    assert (figures["precision"], figures["recall"], figures["f"]["safety"]) == (1.0, 0.5, 0.667)


def test_one_of_the_three_is_required():
    assert run().exit_code == 2
    assert run("a text", "--batch").exit_code == 2
