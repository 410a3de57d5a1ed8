"""What `/bridge` does in a ticket, on the command line: the worker carries it out, and what cannot be done is refused at once."""

import pytest

TEAMS = """
teams:
  payments: {places: [{connection: support, group: Payments}]}
escalation: {last_resort: payments}
"""


def test_a_case_is_escalated_and_given_back(run, people):
    people.customer_writes("Printer on fire")
    status, out, err = run("escalate", "1", "support-to-dev", "it", "burns", "since 9:00", "--by", "rani")
    assert (status, err) == (0, "")
    assert "Case 1: the worker escalates it to support-to-dev, and answers in the ticket." in out
    people.passes(minutes=1)
    assert len(people.dev.tickets) == 1
    assert "Escalated on route support-to-dev to dev." in run("explain", "1")[1]
    assert run("deescalate", "1", "a", "mistake", "--by", "rani")[0] == 0
    people.passes(minutes=1)
    assert "given back, by rani (a mistake)" in " ".join(run("explain", "1")[1].split())
    status, _, err = run("deescalate", "1", "again")
    assert status == 1
    assert "case 1 has no open escalation; nothing was changed" in err


def test_a_snooze_puts_the_ladder_off(run, people):
    people.customer_writes("Printer on fire")
    assert run("snooze", "1", "1h", "10m")[0] == 0
    people.passes(seconds=1)
    people.passes(minutes=61)
    assert not people.dev.tickets
    people.passes(minutes=10)
    assert people.dev.tickets


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("escalate", "1", "paymnts", "it burns"), "did you mean payments?"),
        (("escalate", "1", "", "it burns"), "Known: payments"),
        (("escalate", "1", "payments", ""), "write a summary"),
        (("escalate", "1", "payments", "  "), "write a summary"),
        (("escalate", "1", "payments", "x" * 5000), "at most 4000 characters"),
        (("escalate", "7", "payments", "it burns"), "there is no case 7"),
        (("deescalate", "1", "a mistake"), "has no open escalation"),
        (("owner", "1", "sari"), "has no open escalation"),
        (("snooze", "1", "forever"), "write a time such as 2h"),
        (("snooze", "1", "9999w " * 99), "write a time such as 2h"),
        (("snooze", "1", "25h"), "at most 24h"),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_no_trace(run, people, tmp_path, arguments, words):
    people.customer_writes("Printer on fire")
    file = tmp_path / "bridge.yaml"
    file.write_text(file.read_text() + TEAMS)
    before = run("explain", "1")[1]
    status, _, err = run(*arguments)
    assert status == 1
    assert words in " ".join(err.split())
    people.passes(seconds=1)
    assert run("explain", "1")[1] == before
