"""Response clocks held to the SLA rules, in tables."""

import pytest

from bridge_helpers.clock_tables import (
    CLOSED,
    OPEN,
    SOLVED,
    WAITING,
    Is,
    agent,
    customer,
    expect,
    opened,
    policy,
    says,
    status,
)
from escalation_bridge.domain.sla.policy import Start
from escalation_bridge.domain.tickets.tickets import Role

SECOND = 1 / 60

RESPONSES = {
    "it runs from the customer's first word": (
        [opened()],
        30,
        {"first_response 1": Is("running", due=60, used=30, start=0), "next_response 1": None},
    ),
    "it is not broken at its due": ([opened()], 60, {"first_response 1": Is("running", due=60, used=60)}),
    "it is broken after its due": (
        [opened()],
        60 + SECOND,
        {"first_response 1": Is("running", due=60, broken=60)},
    ),
    "a second word of the customer changes nothing": (
        [opened(), customer(30)],
        45,
        {"first_response 1": Is("running", due=60, used=45), "next_response 1": None},
    ),
    "the agent's answer ends it": (
        [opened(), agent(20)],
        500,
        {"first_response 1": Is("done", due=60, used=20, done=20), "next_response 1": None},
    ),
    "an answer at the due is in time": (
        [opened(), agent(60)],
        500,
        {"first_response 1": Is("done", used=60, done=60)},
    ),
    "an answer a second later is late": (
        [opened(), agent(60 + SECOND)],
        500,
        {"first_response 1": Is("done", done=60 + SECOND, broken=60)},
    ),
    "a private note is no answer": (
        [opened(), agent(20, public=False)],
        30,
        {"first_response 1": Is("running", due=60, used=30)},
    ),
    "an automatic reply is no answer": (
        [opened(), says(20, Role.BOT)],
        30,
        {"first_response 1": Is("running", due=60)},
    ),
    "the bridge's own word is no answer": (
        [opened(), says(20, Role.BRIDGE)],
        30,
        {"first_response 1": Is("running", due=60)},
    ),
    "somebody unknown is neither customer nor agent": (
        [opened(), says(20, Role.UNKNOWN), agent(25), says(30, Role.UNKNOWN)],
        40,
        {"first_response 1": Is("done", done=25), "next_response 1": None},
    ),
    "the next one runs from the oldest word without an answer": (
        [opened(), agent(20), customer(30), customer(40)],
        50,
        {"next_response 1": Is("running", due=150, used=20, start=30)},
    ),
    "each wait is a cycle of its own": (
        [opened(), agent(20), customer(30), agent(50), customer(60), agent(60 + 130), customer(200)],
        210,
        {
            "next_response 1": Is("done", due=150, used=20, done=50),
            "next_response 2": Is("done", due=180, used=130, done=190, broken=180),
            "next_response 3": Is("running", due=320, used=10),
            "next_response 4": None,
        },
    ),
    "an agent who speaks last owes nothing": (
        [opened(), agent(20), agent(300)],
        400,
        {"first_response 1": Is("done", done=20), "next_response 1": None},
    ),
    "a customer's private word owes no answer": (
        [opened(), agent(20), customer(30, public=False)],
        40,
        {"next_response 1": None},
    ),
    "what an agent wrote down is answered by an agent's next word": (
        [opened(Role.AGENT), agent(10)],
        20,
        {
            "first_response 1": Is("done", done=10, start=0),
            "next_response 1": None,
            "resolution 1": Is("running", due=480),
        },
    ),
    "what an agent wrote down breaks like any other": (
        [opened(Role.AGENT), agent(30, public=False)],
        90,
        {"first_response 1": Is("running", due=60, start=0, broken=60)},
    ),
    "what an agent noted for colleagues has one from the customer's first word": (
        [opened(Role.AGENT, public=False), agent(10), customer(20)],
        30,
        {"first_response 1": Is("running", due=80, start=20), "next_response 1": None},
    ),
    "by the policy, what an agent wrote down has none": (
        [opened(Role.AGENT), agent(10)],
        20,
        {"first_response 1": None, "next_response 1": None, "resolution 1": Is("running", due=480)},
        policy(starts=Start.CUSTOMER),
    ),
    "by the policy, what an agent wrote down has one from the customer's first word": (
        [opened(Role.AGENT), agent(10), customer(20)],
        30,
        {"first_response 1": Is("running", due=80, start=20), "next_response 1": None},
        policy(starts=Start.CUSTOMER),
    ),
    "an opening that no customer can see owes nothing": (
        [opened(public=False)],
        30,
        {"first_response 1": None},
    ),
    "waiting for the customer does not pause it": (
        [opened(), status(10, WAITING)],
        50,
        {"first_response 1": Is("running", due=60, used=50)},
    ),
    "solving without a reply ends it": (
        [opened(), status(20, SOLVED)],
        500,
        {"first_response 1": Is("done", used=20, done=20)},
    ),
    "solving late without a reply ends it late": (
        [opened(), status(70, SOLVED)],
        500,
        {"first_response 1": Is("done", done=70, broken=60)},
    ),
    "solving ends the next one": (
        [opened(), agent(20), customer(30), status(40, SOLVED)],
        500,
        {"next_response 1": Is("done", done=40, used=10)},
    ),
    "answer and solution in one go": (
        [opened(), agent(20), status(20, SOLVED)],
        500,
        {"first_response 1": Is("done", done=20), "next_response 1": None},
    ),
}


@pytest.mark.parametrize("case", RESPONSES.values(), ids=RESPONSES.keys())
def test_responses(case):
    expect(*case)


ANSWERED_AND_SOLVED = [opened(), agent(20), status(25, SOLVED)]
AFTER_SOLVING = {
    "thanks are no question": (
        [*ANSWERED_AND_SOLVED, customer(30)],
        40,
        {"next_response 1": None, "resolution 1": Is("done", done=25, used=25)},
    ),
    "thanks stay thanks when the ticket is closed": (
        [*ANSWERED_AND_SOLVED, customer(30), status(40, CLOSED)],
        50,
        {"next_response 1": None, "resolution 1": Is("done", done=25)},
    ),
    "a word that reopens is a question": (
        [*ANSWERED_AND_SOLVED, customer(30), status(30, OPEN)],
        40,
        {
            "next_response 1": Is("running", due=150, start=30),
            "resolution 1": Is("running", due=485, used=35),
        },
    ),
    "a word that comes just after the status says so too": (
        [*ANSWERED_AND_SOLVED, status(30, OPEN), customer(30 + SECOND)],
        40,
        {"next_response 1": Is("running", start=30 + SECOND)},
    ),
    "an answer to the thanks ends the matter": (
        [*ANSWERED_AND_SOLVED, customer(30), agent(35), status(50, OPEN)],
        60,
        {"next_response 1": None, "resolution 1": Is("running")},
    ),
    "an agent who reopens owes no response": (
        [*ANSWERED_AND_SOLVED, status(50, OPEN)],
        60,
        {"first_response 1": Is("done", done=20), "next_response 1": None},
    ),
    "reopened before anybody answered: the solution had been the answer": (
        [opened(), status(20, SOLVED), customer(30), status(30, OPEN)],
        40,
        {"first_response 1": Is("done", done=20), "next_response 1": Is("running", start=30)},
    ),
}


@pytest.mark.parametrize("case", AFTER_SOLVING.values(), ids=AFTER_SOLVING.keys())
def test_after_solving(case):
    expect(*case)
