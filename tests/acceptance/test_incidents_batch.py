"""`incidents replay --batch` and `incidents measure`: tickets in, incidents out."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bridge_helpers.ticket_streams import lines, stream
from escalation_bridge.cli.incidents.incidents import app

DEPOK = [
    "internet mati di Depok dari jam 7 pagi, modem kedip merah terus",
    "wifi down in Depok since 7, anyone fixing this?",
    "kok lemot bgt ya indihome daerah depok, udah gitu putus2",
    "No connection in Margonda area, I work from home",
    "LOS merah dari pagi. lokasi beji depok",
    "jaringan fiber putus kah di depok? kantor kami lumpuh",
    "Still offline in Depok. When will the network be back?",
]


def ticket(number, text, **more):
    return {
        "id": f"t{number}",
        "ts": f"2026-03-02T09:{number:02}:00Z",
        "text": text,
        "connection": "support",
        "channel": "email",
        **more,
    }


def ask(*given):
    """Each line's answer and the exit status."""
    text = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in given)
    result = CliRunner().invoke(app, ["replay", "--batch"], input=text)
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


def test_the_ticket_that_raises_an_incident_lists_those_before_it():
    answers, status = ask(*(ticket(number, text) for number, text in enumerate(DEPOK)))
    raised = [answer for answer in answers if answer["raised"]]
    assert len(raised) == 1
    at = answers.index(raised[0])
    assert at <= 4, "by the fifth ticket"
    assert all(answer["incident"] is None and answer["joined"] == [] for answer in answers[:at])
    assert raised[0]["joined"] == [f"t{number}" for number in range(at)]
    assert all(answer["incident"] == raised[0]["incident"] for answer in answers[at:])
    assert all(answer["joined"] == [] and not answer["raised"] for answer in answers[at + 1 :])
    assert status == 0


def test_a_reason_names_what_the_tickets_have_in_common():
    answers, _ = ask(*(ticket(number, text) for number, text in enumerate(DEPOK)))
    (reason,) = [answer["reason"] for answer in answers if answer["raised"]]
    assert "depok" in reason
    assert "tickets about" in reason
    assert answers[0]["reason"] == "no similar tickets lately"
    assert answers[-1]["reason"].startswith("like the ")


def test_the_same_stream_has_the_same_answers():
    given = stream(5, waves="waves", most=3, everyday=200)
    assert ask(*given) == ask(*given)


def test_times_are_iso_or_seconds():
    answers, status = ask(
        ticket(1, "a", ts=1_772_442_000),
        ticket(2, "b", ts="1772442000.5"),
        ticket(3, "c", ts="2026-03-02T09:00:00"),
        ticket(4, "d", ts="2026-03-02 16:00:00+07:00"),
    )
    assert [answer["id"] for answer in answers] == ["t1", "t2", "t3", "t4"]
    assert status == 0


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"\n", {"error": "line: not JSON: Expecting value at column 1"}),
        (b"[]\n", {"error": "line: must be a JSON object"}),
        (b"[" * 100_000 + b"\n", {"error": "nested too deep"}),
        (b"\xff{}\n", {"error": "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"}),
        ({"ts": 0, "text": ""}, {"error": "id: is missing"}),
        (b'{"id": ' + b"1" * 5000 + b"}\n", {"error": "line: a number has too many digits"}),
        (ticket(1, "x", id={"a": 1}), {"error": "id: must be a text or a whole number"}),
        (ticket(1, "x", id=["a"]), {"error": "id: must be a text or a whole number"}),
        (ticket(1, "x", id=1.5), {"error": "id: must be a text or a whole number"}),
        (ticket(1, "x", id=True), {"error": "id: must be a text or a whole number"}),
        (ticket(1, 7), {"id": "t1", "error": "text: must be a text"}),
        ({"id": 7, "ts": 0}, {"id": 7, "error": "text: is missing"}),
        (ticket(1, "x", channel=[]), {"id": "t1", "error": "channel: must be a text"}),
        ({"id": 7, "text": ""}, {"id": 7, "error": "ts: is missing"}),
        (ticket(1, "x", ts="soon"), {"id": "t1", "error": "ts: must be an instant such as 2026-03-02T09:00:00Z, or seconds since 1970"}),
        (ticket(1, "x", ts=True), {"id": "t1", "error": "ts: must be an instant such as 2026-03-02T09:00:00Z, or seconds since 1970"}),
        (ticket(1, "x", ts="nan"), {"id": "t1", "error": "ts: must be an instant such as 2026-03-02T09:00:00Z, or seconds since 1970"}),
        (ticket(1, "x", ts=10**30), {"id": "t1", "error": "ts: must be an instant such as 2026-03-02T09:00:00Z, or seconds since 1970"}),
        (ticket(1, "x", ts="9999-12-31T23:59:59Z"), {"id": "t1", "error": "ts: lies beyond the horizon, 1970-01-01 to 2200-01-01"}),
        (ticket(0, "twice"), {"id": "t0", "error": "id: was given before"}),
    ],
)  # fmt: skip
def test_a_bad_line_is_answered_with_what_is_wrong_and_the_rest_goes_on(line, answer):
    answers, status = ask(ticket(0, "first"), line, ticket(9, "last"))
    assert answers[1] == answer
    assert [answers[0]["id"], answers[2]["id"]] == ["t0", "t9"]
    assert status == 1


def test_a_number_stays_a_number():
    answers, _ = ask(*(ticket(number, text, id=number) for number, text in enumerate(DEPOK)))
    assert [answer["id"] for answer in answers] == list(range(len(DEPOK)))
    (joined,) = [answer["joined"] for answer in answers if answer["raised"]]
    assert joined == list(range(len(joined)))


def test_nothing_in_nothing_out():
    assert ask() == ([], 0)


def test_without_batch_it_says_what_to_do():
    result = CliRunner().invoke(app, ["replay"])
    assert result.exit_code == 2
    assert "--batch" in result.output


def test_each_line_is_answered_before_the_next_is_asked():
    program = [
        sys.executable,
        "-c",
        "from escalation_bridge.cli import main; main()",
        "incidents",
        "replay",
        "--batch",
    ]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        for number in range(3):
            running.stdin.write(json.dumps(ticket(number, "hello")) + "\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["id"] == f"t{number}"
        running.stdin.close()
        assert running.wait(timeout=20) == 0


def measure(*arguments, given=b""):
    return CliRunner().invoke(app, ["measure", *arguments], input=given)


def test_a_labelled_stream_is_measured(tmp_path):
    file = tmp_path / "stream.jsonl"
    file.write_bytes(b"".join(lines(stream(5, waves="waves", most=3, everyday=200))))
    found = json.loads(measure(str(file), "--json").stdout)
    assert found["waves"] == len(found["noticed"]) == 3
    assert found["f"] > 0.7
    result = measure(given=file.read_bytes())
    assert f"F {found['f']:.3f}" in result.stdout


@pytest.mark.parametrize("label", [{}, {"wave": 3}])
def test_a_line_without_a_label_cannot_be_measured(label):
    result = measure(given=json.dumps(ticket(1, "x", **label)).encode())
    assert result.exit_code == 2
    assert "line 1: wave" in result.output
