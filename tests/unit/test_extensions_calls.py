"""Extensions: who is asked first, who is heard, and that one in trouble is nobody else's trouble."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from escalation_bridge.domain.case.cases import CaseState, CaseView, Link, TimelineEntry, Veto
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.messages import Message, MessageRequest
from escalation_bridge.domain.tickets.tickets import Priority, Severity, Ticket, TicketRef
from escalation_bridge.errors import ConfigurationError, PluginError
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.hooks import EscalationHooks, hookimpl
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings
from escalation_bridge.text.rich_text import from_text

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GRAVE = Classification(Severity.EMERGENCY, "outage", "it is down")
LINK = Link("k", "r", TicketRef("a", "1"), TicketRef("b", "2"), NOW, {Side.ORIGIN: "new", Side.LINKED: "new"})
ENTRY = TimelineEntry(NOW, "case_closed", {"status": "Closed"})


@pytest.fixture
def ticket() -> Ticket:
    desk = MemoryHelpdesk(Connection("a", MemorySettings(plugin="memory"), lambda: NOW))
    return desk.tickets[desk.customer_writes("Lost parcel", "Where is it?", Priority.URGENT)]


@pytest.fixture
def view(ticket: Ticket) -> CaseView:
    return CaseView(
        id=1,
        origin=ticket.ref,
        opened_at=NOW,
        state=CaseState.OPEN,
        tickets={ticket.ref: ticket},
        comments=(),
        events=(),
        clocks=(),
        links=(),
        fired=(),
        intents={},
        classification=GRAVE,
    )


class Says(EscalationHooks):
    """Answers every hook with the same, and remembers what it was asked."""

    def __init__(self, answer: object, asked: list[str] | None = None, name: str = "") -> None:
        self._answer = answer
        self._asked = asked if asked is not None else []
        self._name = name

    def _say(self) -> object:
        self._asked.append(self._name)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    @hookimpl
    def classify_ticket(self):
        return self._say()

    @hookimpl
    def choose_target(self):
        return self._say()

    @hookimpl
    def map_status(self):
        return self._say()

    @hookimpl
    def resolve_conflict(self):
        return self._say()

    @hookimpl
    def compose_message(self):
        return self._say()

    @hookimpl
    def veto_escalation(self):
        return self._say()

    @hookimpl
    def notify(self):
        return self._say()

    @hookimpl
    def case_changed(self):
        self._say()


def voices(**answers: object) -> tuple[Extensions, list[str]]:
    """Extensions that give these answers, and in which order they are asked."""
    asked: list[str] = []
    return Extensions({name: Says(answer, asked, name) for name, answer in answers.items()}), asked


# --- who decides ----------------------------------------------------------------------------------------------------


def test_without_extensions_the_core_answers(ticket, view):
    core = Extensions()
    assert core.classify_ticket(ticket).severity is Severity.EMERGENCY
    assert core.choose_target(view, "first", ("first", "second")) == "first"
    assert core.map_status(LINK, Side.ORIGIN, ticket) is None
    assert core.resolve_conflict(LINK, ticket, ticket) is None
    assert "specialist" in core.compose_message(MessageRequest("specialist_took_over"), "en").body.text
    assert core.veto_escalation(view, "first") == ()
    assert core.notify("duty", Message(from_text("x")), "eb-0") == ()


def test_they_are_asked_in_the_order_in_which_the_admin_names_them(ticket):
    extensions, asked = voices(zebra=None, ant=None, lion=None)
    assert extensions.classify_ticket(ticket).category == "priority"  # all passed it on to the core
    assert asked == ["zebra", "ant", "lion"]


def test_the_first_answer_is_heard_and_nobody_is_asked_after_it(ticket):
    extensions, asked = voices(silent=None, grave=GRAVE, late=GRAVE)
    assert extensions.classify_ticket(ticket) is GRAVE
    assert asked == ["silent", "grave"]


def test_an_extension_may_ask_to_be_first_or_last(ticket):
    order = []

    class First(EscalationHooks):
        @hookimpl(tryfirst=True)
        def classify_ticket(self):
            order.append("first")

    class Last(EscalationHooks):
        @hookimpl(trylast=True)
        def classify_ticket(self):
            order.append("last")

    answer = Extensions(
        {"last": Last(), "plain": Says(None, order, "plain"), "first": First()}
    ).classify_ticket(ticket)
    assert order == ["first", "plain", "last"]
    assert answer.category == "priority"  # the core is asked even after those that want to be last


def test_each_decision_is_the_extensions_to_take(ticket, view):
    message = Message(from_text("Our own words."))
    assert voices(x="second")[0].choose_target(view, "first", ("first", "second")) == "second"
    assert voices(x="On-hold")[0].map_status(LINK, Side.LINKED, ticket) == "On-hold"
    assert voices(x=Side.LINKED)[0].resolve_conflict(LINK, ticket, ticket) is Side.LINKED
    assert voices(x=message)[0].compose_message(MessageRequest("anything"), "en") is message


# --- who objects and who tells --------------------------------------------------------------------------------------


def test_all_objections_are_heard(view):
    one, two = Veto("a", "it is a test"), Veto("b", "it is night")
    extensions, asked = voices(a=one, quiet=None, b=two)
    assert extensions.veto_escalation(view, "first") == (one, two)
    assert asked == ["a", "quiet", "b"]


def test_all_who_serve_an_address_tell_how(view):
    extensions, _ = voices(mail="mail to duty@example.com", quiet=None, pager="page 7")
    assert extensions.notify("duty", Message(from_text("x")), "eb-0") == (
        "mail to duty@example.com",
        "page 7",
    )


# --- trouble --------------------------------------------------------------------------------------------------------


def test_a_listener_that_fails_stops_nobody_and_is_logged():
    extensions, asked = voices(a=None, bad=ValueError("broken"), c=None)
    with capture_logs() as logs:
        extensions.case_changed(1, ENTRY)
    assert asked == ["a", "bad", "c"]
    (line,) = logs
    assert (line["event"], line["extension"], line["hook"]) == ("extension.failed", "bad", "case_changed")


def test_one_that_fails_counts_as_not_having_answered(ticket, view):
    extensions, _ = voices(bad=ValueError("broken"), grave=GRAVE)
    assert extensions.classify_ticket(ticket) is GRAVE
    objection = Veto("b", "it is night")
    assert voices(bad=ValueError("broken"), b=objection)[0].veto_escalation(view, "first") == (objection,)


@pytest.mark.parametrize("nonsense", ["grave", Severity.EMERGENCY, 0, False, ()])
def test_an_answer_of_another_type_counts_as_none_and_is_logged(ticket, nonsense):
    extensions, _ = voices(odd=nonsense, grave=GRAVE)
    with capture_logs() as logs:
        assert extensions.classify_ticket(ticket) is GRAVE
    (line,) = logs
    assert (line["event"], line["extension"], line["hook"]) == (
        "extension.odd_answer",
        "odd",
        "classify_ticket",
    )
    assert type(nonsense).__name__ in line["answer"]


def test_a_route_that_does_not_begin_here_is_no_answer(view):
    extensions, _ = voices(odd="elsewhere", good="second")
    with capture_logs() as logs:
        assert extensions.choose_target(view, "first", ("first", "second")) == "second"
    assert [line["extension"] for line in logs] == ["odd"]


def test_odd_objections_are_left_out_of_the_others(view):
    objection = Veto("b", "it is night")
    assert voices(odd="no!", b=objection)[0].veto_escalation(view, "first") == (objection,)
    assert voices(odd=7, mail="mail")[0].notify("duty", Message(from_text("x")), "eb-0") == ("mail",)


def test_a_message_that_nobody_knows_is_an_error_that_says_which_are_known():
    with pytest.raises(ConfigurationError, match="sla_breached"):
        voices(quiet=None)[0].compose_message(MessageRequest("nobody_wrote_this"), "en")


# --- the contract ---------------------------------------------------------------------------------------------------


class Misspelt(EscalationHooks):
    @hookimpl
    def case_change(self, case_id): ...


class Colourful(EscalationHooks):
    @hookimpl
    def notify(self, to, colour): ...


class Wrapping(EscalationHooks):
    @hookimpl(wrapper=True)
    def notify(self, to):
        return (yield)


@pytest.mark.parametrize(
    ("extension", "told"),
    [(Misspelt, "case_changed"), (Colourful, "colour"), (Wrapping, "wraps notify")],
)
def test_an_extension_that_breaks_the_contract_is_refused_by_name(extension, told):
    with pytest.raises(PluginError) as refused:
        Extensions({"odd": extension()})
    assert str(refused.value).startswith("the extension odd breaks the contract: ")
    assert told in str(refused.value)
