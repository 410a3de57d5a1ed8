"""`sla due --batch` and `sla elapsed --batch`: a line in, a line out, in order."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.sla.sla import app

JAKARTA = {
    "timezone": "Asia/Jakarta",
    "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]},
    "holidays": ["2026-12-25"],
    "overrides": {"2026-12-24": [["08:00", "13:00"]]},
    "breaks": {"2026-12-23": [["10:00", "10:30"]]},
}
ASK = {"calendar": JAKARTA, "start": "2026-12-23T02:00:00Z", "target_seconds": 5400}


def ask(command, *lines):
    """Each line's answer and the exit status."""
    text = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    result = CliRunner().invoke(app, [command, "--batch"], input=text)
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


def test_dues_are_answered_in_order():
    answers, status = ask(
        "due",
        ASK,
        {**ASK, "pauses": [["2026-12-23T02:30:00Z", "2026-12-23T03:15:00Z"]]},
        {**ASK, "start": "2026-12-24T13:00:00+07:00"},
        {**ASK, "start": "2026-12-26T00:00:00Z", "target_seconds": 0},
        {
            **ASK,
            "calendar": {"timezone": "UTC", "hours": {}, "overrides": {"2027-01-01": [["22:00", "02:00"]]}},
        },
    )
    assert answers == [
        {"due": "2026-12-23T04:00:00Z"},
        {"due": "2026-12-23T04:30:00Z"},  # half an hour of the pause is the break
        {"due": "2026-12-28T03:30:00Z"},
        {"due": "2026-12-26T00:00:00Z"},
        {"due": "2027-01-01T23:30:00Z"},
    ]
    assert status == 0


def test_elapsed_time_is_answered_in_order():
    day = {"calendar": JAKARTA, "start": "2026-12-23T00:00:00Z", "end": "2026-12-24T00:00:00Z"}
    answers, status = ask(
        "elapsed",
        day,
        {**day, "pauses": [["2026-12-23T06:00:00Z", "2026-12-24T06:00:00Z"]]},
        {**day, "end": day["start"], "start": day["end"]},
    )
    assert answers == [{"elapsed_seconds": 23_400}, {"elapsed_seconds": 9000}, {"elapsed_seconds": 0}]
    assert status == 0


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"\n", "line: not JSON: Expecting value at column 1"),
        (b'{"calendar": \n', "line: not JSON: Expecting value at column 13"),
        (b"[]\n", "line: must be a JSON object"),
        (b"\xff{}\n", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"[" * 100_000 + b"\n", "nested too deep"),
        (b'{"start": "a", "start": "b"}\n', "start: is given twice"),
        (b'{"calendar": {"timezone": "UTC", "hours": {"mon": [], "mon": []}}}\n', "mon: is given twice"),
        ({}, "calendar: is missing"),
        ({**ASK, "calendar": None}, "calendar: must be a mapping"),
        ({**ASK, "calendar": {"timezone": "UTC", "hours": {}}}, "calendar.hours: the calendar is never open"),
        ({**ASK, "calendar": {**JAKARTA, "timezone": "Mars"}}, "calendar.timezone: Mars is not an IANA time zone such as Asia/Jakarta"),
        ({**ASK, "calendar": {**JAKARTA, "hours": {"mon": [["09:00", "09:00"]]}}}, 'calendar.hours.mon[0]: start equals end; a whole day is ["00:00", "24:00"]'),
        ({**ASK, "calendar": {**JAKARTA, "holidays": {"country": "ID", "categories": ["bank"]}}}, "calendar.holidays.categories: ID has no holidays of the category bank; allowed: `government`, `public`"),
        ({**ASK, "start": "2026-12-23T02:00:00"}, "start: 2026-12-23T02:00:00 has no time zone"),
        ({**ASK, "start": "soon"}, "start: must be an instant such as 2026-03-02T09:00:00Z"),
        ({**ASK, "start": 1_766_455_200}, "start: must be an instant such as 2026-03-02T09:00:00Z"),
        ({**ASK, "start": "9999-12-31T23:59:59-14:00"}, "start: 9999-12-31T23:59:59-14:00 lies beyond the horizon, 1970-01-01 to 2200-01-01"),
        ({**ASK, "target_seconds": -1}, "target_seconds: -1 is negative"),
        ({**ASK, "target_seconds": 1.5}, "target_seconds: must be a whole number"),
        ({**ASK, "target_seconds": True}, "target_seconds: must be a whole number"),
        ({**ASK, "target_seconds": 10**30}, "target_seconds: so much working time leads beyond the horizon, 1970-01-01 to 2200-01-01"),
        ({**ASK, "target": 5400}, "target: no such field; a line has calendar, start, target_seconds, pauses"),
        ({**ASK, "pauses": "none"}, "pauses: must be a list"),
        ({**ASK, "pauses": [["2026-12-23T02:00:00Z"]]}, "pauses[0]: must be a start and an end"),
        ({**ASK, "pauses": [["2026-12-23T02:00:00Z", None]]}, "pauses[0][1]: must be an instant such as 2026-03-02T09:00:00Z"),
        ({**ASK, "pauses": [["2026-12-23T02:00:00Z", "2026-12-23T01:00:00Z"]]}, "pauses[0]: ends before it starts"),
    ],
)  # fmt: skip
def test_a_bad_line_is_answered_with_what_is_wrong_and_the_rest_goes_on(line, error):
    answers, status = ask("due", ASK, line, ASK)
    assert answers == [{"due": "2026-12-23T04:00:00Z"}, {"error": error}, {"due": "2026-12-23T04:00:00Z"}]
    assert status == 1


def test_a_bad_line_to_elapsed_is_answered_too():
    question = {"calendar": JAKARTA, "start": "2026-12-23T00:00:00Z"}
    answers, status = ask("elapsed", {**question, "target_seconds": 1}, question)
    assert answers == [
        {"error": "target_seconds: no such field; a line has calendar, start, end, pauses"},
        {"error": "end: must be an instant such as 2026-03-02T09:00:00Z"},
    ]
    assert status == 1


def test_holidays_of_a_country_count_in_a_line_too():
    calendar = {
        "timezone": "Asia/Jakarta",
        "hours": {"mon-fri": [["09:00", "17:00"]]},
        "holidays": {"country": "ID", "years": 2026, "categories": ["public", "government"]},
    }
    # From Wednesday: cuti bersama before and after Nyepi and Idulfitri, until the 24th.
    line = {"calendar": calendar, "start": "2026-03-17T09:00:00Z", "target_seconds": 7200}
    answers, status = ask("due", line)
    assert (answers, status) == ([{"due": "2026-03-25T03:00:00Z"}], 0)


def test_nothing_in_nothing_out():
    assert ask("due") == ([], 0)


def test_without_batch_it_says_what_to_do():
    result = CliRunner().invoke(app, ["due"])
    assert result.exit_code == 2
    assert "--batch" in result.output


def test_each_line_is_answered_before_the_next_is_asked():
    program = [
        sys.executable,
        "-c",
        "from escalation_bridge.cli import main; main()",
        "sla",
        "due",
        "--batch",
    ]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        for _ in range(3):
            running.stdin.write(json.dumps(ASK) + "\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline()) == {"due": "2026-12-23T04:00:00Z"}
        running.stdin.close()
        assert running.wait(timeout=20) == 0
