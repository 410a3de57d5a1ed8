"""The echo of an own write is known by who wrote it, not by its time alone: two people may write within one tick of a vendor's clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.echo import ChangeEvidence
from escalation_bridge.domain.tickets.tickets import (
    Channel,
    Person,
    Status,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
)
from escalation_bridge.plugin import from_text

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICKET = Ticket(
    ref=TicketRef("support", "1"),
    key="#1",
    url="https://support.example/1",
    subject="Printer on fire",
    description=from_text("It burns."),
    description_visibility=Visibility.PUBLIC,
    status=Status(StatusKind.OPEN, "open", "Open"),
    priority=None,
    channel=Channel.EMAIL,
    created_by=Person("5", "Sari"),
    created_at=AT,
    updated_at=AT,
)
OWN = frozenset({"7"})
OFFSETS = st.integers(-2, 2).map(lambda seconds: timedelta(seconds=seconds))


def evidence_of(offset, *, by_bridge=True, comment=None):
    return ChangeEvidence(by_bridge, AT + offset, comment)


@given(offset=OFFSETS, comment=st.sampled_from([None, "7", "8"]))
def test_what_somebody_else_did_is_never_an_echo(offset, comment):
    told = evidence_of(offset, by_bridge=False, comment=comment)
    assert not told.is_echo(TICKET, OWN)


@given(offset=OFFSETS)
def test_an_own_change_is_an_echo_once_the_ticket_is_known_as_it_was_then_or_later(offset):
    assert evidence_of(offset).is_echo(TICKET, OWN) == (offset <= timedelta())


def test_an_own_comment_is_an_echo_once_there_is_a_receipt_of_it():
    assert evidence_of(timedelta(1), comment="7").is_echo(TICKET, OWN)
    assert not evidence_of(-timedelta(1), comment="8").is_echo(TICKET, OWN), "written, and not yet known"


def test_nothing_is_an_echo_of_what_is_not_known():
    assert not evidence_of(timedelta()).is_echo(None, OWN)
    assert not evidence_of(timedelta()).is_echo(replace(TICKET, updated_at=None), OWN)
    assert not ChangeEvidence(by_bridge=True).is_echo(TICKET, OWN)
