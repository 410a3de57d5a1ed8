"""On the command line teams, members and times are named as in a ticket: the same words, read by the same parser."""

import json

import pytest

from escalation_bridge.domain.tickets.tickets import Person, Role

TEAMS = """
levels: [L1, L2]
calendars:
  office: {timezone: Asia/Jakarta, hours: {mon-sun: [["00:00", "24:00"]]}}
teams:
  first: {level: L1, places: [{connection: support, group: First}], calendar: office, next: payments}
  payments:
    title: Payments Team
    level: L2
    places: [{connection: support, group: Payments}]
    calendar: office
    members:
      - {email: sari@example.com, name: Sari Dewi}
      - {email: budi@example.com, name: Budi Santoso}
      - {email: budi.w@example.com, name: Budi Wijaya}
escalation:
  last_resort: payments
  rules: [{name: fires, when: {all: [{field: subject, contains: fire}]}, to: payments}]
"""


@pytest.fixture
def configured():
    return TEAMS


def escalation(people, run):
    people.passes(seconds=1)
    return json.loads(run("explain", "1", "--json")[1])["escalations"][-1]["owner"]


@pytest.mark.parametrize(
    "words",
    [
        ("next", "it burns"),
        ("naik", "it burns"),
        ("auto", "it burns"),
        ("otomatis", "it burns"),
        ("to", "payments:", "it burns"),
        ("ke", "L2", "it burns"),
        ("Payments", "Team", "it burns"),
    ],
)
def test_a_case_is_escalated_to_what_a_note_may_name(run, people, words):
    people.customer_writes("Printer on fire")
    if words[0] in ("next", "naik"):
        assert run("escalate", "1", "first", "it burns")[0] == 0
        people.passes(seconds=1)
    status, _, err = run("escalate", "1", *words)
    assert (status, err) == (0, "")
    assert escalation(people, run)["team"] == "payments"


@pytest.mark.parametrize("name", [("sari",), ("Sari", "Dewi"), ("@sari",), ("SARI@example.com",)])
def test_an_owner_is_named_as_in_a_note(run, people, name):
    people.customer_writes("Printer on fire")
    assert run("escalate", "1", "payments", "it burns")[0] == 0
    people.passes(seconds=1)
    people.support.agents = [Person("7", "Sari Dewi", "sari@example.com", Role.AGENT)]
    status, _, err = run("owner", "1", *name)
    assert (status, err) == (0, "")
    assert escalation(people, run) == {"team": "payments", "person": "sari@example.com"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("owner", "1", "budi"), "budi is nobody in the team that has case 1"),
        (
            ("owner", "1", "dewi", "sari"),
            "its members: sari@example.com, budi@example.com, budi.w@example.com",
        ),
        (("escalate", "1", "next", "it burns"), "case 1 has no next level"),
        (("escalate", "1", "Payments", "Team"), "write a summary"),
        (("escalate", "1", "autom", "it burns"), "did you mean auto?"),
        (
            ("snooze", "1", "until", "yesterday"),
            "write a time such as 2h, tomorrow 9:00 or until 14:00, at most 24h",
        ),
        (("snooze", "1", "until", "Friday"), "at most 24h"),
    ],
)
def test_what_names_nobody_or_two_is_refused_at_once(run, people, arguments, words):
    people.customer_writes("Printer on fire")
    assert run("escalate", "1", "payments", "it burns")[0] == 0
    people.passes(seconds=1)
    before = run("explain", "1")[1]
    status, _, err = run(*arguments)
    assert status == 1
    assert words in " ".join(err.split())
    people.passes(seconds=1)
    assert run("explain", "1")[1] == before


@pytest.mark.parametrize(
    ("time", "until"),
    [
        (("2h",), "2026-03-02T11:30:00+00:00"),
        (("half", "an", "hour"), "2026-03-02T10:00:00+00:00"),
        (("setengah", "jam"), "2026-03-02T10:00:00+00:00"),
        (("until", "18:00"), "2026-03-02T11:00:00+00:00"),
        (("sampai", "jam", "18"), "2026-03-02T11:00:00+00:00"),
        (("tomorrow", "9:00"), "2026-03-03T02:00:00+00:00"),
        (("besok",), "2026-03-02T17:00:00+00:00"),
    ],
)
def test_a_snooze_ends_when_a_note_would_end_it(run, people, time, until):
    """Times of day are those of the team that has it: here of Jakarta, seven hours ahead."""
    people.customer_writes("Printer on fire")
    assert run("escalate", "1", "payments", "it burns")[0] == 0
    people.passes(seconds=1)
    people.passes(minutes=29, seconds=59)
    status, out, err = run("snooze", "1", *time, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["until"] == until
    people.passes(seconds=1)
    answer = people.support.comments["1"][-1].body.text
    assert f"{(int(until[11:13]) + 7) % 24:02}:{until[14:16]}" in answer
