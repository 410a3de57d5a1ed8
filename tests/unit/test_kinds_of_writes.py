"""Each kind of write has all that a kind has, in one table of the domain and one of the engine."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case.write import Failure, Write
from escalation_bridge.domain.case.writes import KINDS
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange, TicketPointer, TicketRef
from escalation_bridge.engine.deliver.kinds import DELIVERED
from escalation_bridge.messages.catalogue import LANGUAGES, texts

FIELDS = st.dictionaries(st.text("abc", min_size=1), st.text("xyz") | st.integers(0, 9), max_size=2)
FREE = {
    "fields": FIELDS,
    "change": st.builds(TicketChange, fields=FIELDS),
    "pointer": st.builds(TicketPointer, known=st.none()),
}
"""Where values are of any type, by the name of the write's field."""
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


class Nothing:
    """A case of which nothing is known."""

    def ticket(self, ref: TicketRef) -> Ticket | None:
        return None

    def author(self, ticket: TicketRef, comment: str) -> str:
        return f"somebody in {ticket}"

    def word(self, code: str) -> str:
        return f"the word for {code}"


def a_write(kind: type[Write]) -> st.SearchStrategy[Write]:
    free = {field.name: FREE[field.name] for field in fields(kind) if field.name in FREE}
    return st.builds(kind, **free)


def name_of(kind: type[Write]) -> str:
    return next(name for name, each in KINDS.items() if each is kind)


def test_what_can_be_decided_can_be_delivered_and_nothing_else():
    assert set(DELIVERED) == set(KINDS.values())


@pytest.mark.parametrize("language", LANGUAGES)
@each_kind
def test_the_history_has_a_word_for_each_kind_that_took_place_or_was_refused(
    kind: type[Write], language: str
) -> None:
    assert name_of(kind) in texts(language)["word"]


@each_kind
@settings(max_examples=10)
@given(data=st.data())
def test_a_write_is_described_and_agents_have_a_word_for_one_that_failed(
    kind: type[Write], data: st.DataObject
) -> None:
    write = data.draw(a_write(kind))
    assert all(len(line) == 3 and line[0] for line in write.described(Nothing()))
    assert write.failure in Failure
    for language in LANGUAGES:
        assert write.called in texts(language)["word"]


@each_kind
@settings(max_examples=10)
@given(data=st.data())
def test_a_write_that_says_something_can_be_put_into_other_words(
    kind: type[Write], data: st.DataObject
) -> None:
    write, newer = data.draw(a_write(kind)), MessageRequest("sla_warning", {"late_seconds": "60"})
    if write.says is None:
        with pytest.raises(TypeError, match=write.kind):
            write.saying(newer)
    else:
        assert write.saying(newer).says == newer
