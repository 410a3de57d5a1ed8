"""The extension, behind the bridge's own face and beside the core's answers."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.cases import CaseState, CaseView
from escalation_bridge.domain.tickets.messages import Message
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.text.rich_text import from_html
from escalation_bridge_plainlist.house_rules import NOTICEBOARD_VARIABLE, HouseRules

NOTICE = Message(from_html("<p><strong>First response</strong>: missed.</p><p>Policy standard.</p>"))


@pytest.fixture
def noticeboard(tmp_path, monkeypatch):
    file = tmp_path / "board.txt"
    monkeypatch.setenv(NOTICEBOARD_VARIABLE, str(file))
    return file


@pytest.fixture
def extensions(noticeboard):
    return Extensions({"house_rules": HouseRules()})


@pytest.fixture
def ticket(desk, api):
    api.answers("GET", "/api/tickets/7", api.ticket(priority="critical"))
    return desk.fetch_ticket("7")


def case_of(extensions, ticket):
    severity = extensions.classify_ticket(ticket)
    return CaseView(
        1,
        ticket.ref,
        ticket.created_at,
        CaseState.OPEN,
        {ticket.ref: ticket},
        comments=(),
        events=(),
        clocks=(),
        links=(),
        fired=(),
        intents={},
        classification=severity,
    )


def test_an_outage_is_an_emergency_and_the_rest_is_the_cores_to_say(extensions, ticket):
    calm = replace(ticket, priority=None)
    assert extensions.classify_ticket(calm).severity is Severity.STANDARD
    assert extensions.classify_ticket(ticket).category == "priority"
    assert extensions.classify_ticket(replace(calm, tags=("outage",))).category == "outage"


def test_a_test_is_not_escalated(extensions, ticket):
    assert extensions.veto_escalation(case_of(extensions, ticket), "any") == ()
    tagged = replace(ticket, tags=("internal-test",))
    (veto,) = extensions.veto_escalation(case_of(extensions, tagged), "any")
    assert veto.by == "house_rules"


def test_a_notice_hangs_on_the_noticeboard_once(extensions, noticeboard):
    for key in ("eb-1", "eb-2", "eb-1"):
        assert extensions.notify("noticeboard", NOTICE, key) == ("noticeboard board.txt",)
    assert noticeboard.read_text() == (
        "[eb-1] First response: missed. Policy standard.\n[eb-2] First response: missed. Policy standard.\n"
    )


def test_other_addresses_are_somebody_elses(extensions, noticeboard):
    assert extensions.notify("duty", NOTICE, "eb-1") == ()
    assert not noticeboard.exists()
