"""Each kind of field has all that a kind has, and nothing of a change is passed over."""

from dataclasses import fields, replace

import pytest

from escalation_bridge.config.fields import KINDS, FieldsSync, field_rules
from escalation_bridge.domain.after_writing import described_changes
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Priority, Severity, TicketChange
from escalation_bridge.errors import Circumstances, Rejected
from escalation_bridge.messages.catalogue import LANGUAGES, texts
from escalation_bridge.plugin import refuse_unwritten

WRITTEN = {
    "priority": {"owner": "origin"},
    "severity": {"labels": {"emergency": "sev-1"}},
    "assignee": {"default": {"origin": "triage@acme.example"}},
    "tags": {"same": ["vip"]},
    "custom": [{"origin": "1", "linked": "2"}],
}
"""What an admin may write of each kind."""
CHANGES = {
    "status": "solved",
    "priority": Priority.HIGH,
    "assignee": "mira@acme.example",
    "group": "2nd level",
    "add_tags": ("vip",),
    "remove_tags": ("vip",),
    "fields": {"17": "Payments"},
}


class Nothing:
    def ticket(self, ref):
        return None

    def author(self, ticket, comment):
        return ""

    def word(self, code):
        return code


class Line:
    """As much of a vendor's connection as refuses something."""

    def refuse(self, error, operation, message):
        raise error(message, Circumstances("support", operation))


def test_this_test_knows_all_kinds_and_all_parts_of_a_change():
    assert WRITTEN.keys() == KINDS.keys()
    assert CHANGES.keys() == {each.name for each in fields(TicketChange)}


@pytest.fixture
def ticket(make_world):
    world = make_world()
    return replace(world.tickets[world.origin], tags=("vip",))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_becomes_rules_with_a_name_and_with_words_for_a_refusal(kind, ticket):
    made = field_rules(FieldsSync.model_validate({kind: WRITTEN[kind]}))
    assert made is not None
    rules = made.rules(ticket, ticket, ())
    assert rules
    for rule in rules:
        shown = rule.shown(Side.LINKED, ticket, Severity.STANDARD)
        assert rule.is_met(Side.LINKED, shown, shown.text)
        for language in LANGUAGES:
            assert rule.name.kind in texts(language)["word"]


@pytest.mark.parametrize("name", CHANGES)
def test_each_part_of_a_change_is_described_told_and_never_passed_over(name, ticket):
    change = TicketChange(**{name: CHANGES[name]})
    assert [asked for asked, _ in change.asked()] == [name]
    assert list(ChangeTicket(ticket.ref, change).described(Nothing()))
    assert list(described_changes(change, ticket, {}))
    refuse_unwritten(Line(), "update_ticket", change, CHANGES.keys())
    with pytest.raises(Rejected, match=name):
        refuse_unwritten(Line(), "update_ticket", change, CHANGES.keys() - {name})
