"""The main job, on helpdesks in memory: escalation, link, both ways, without echo."""

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind, Visibility
from escalation_bridge.errors import NotReachable, OutcomeUnknown


def escalated(scene):
    """A ticket that nobody answered in time, and its linked ticket."""
    ticket = scene.support.customer_writes("Printer on fire", "It burns.\n\nPlease help.")
    scene.news(scene.support, ticket)
    scene.run(minutes=48)
    scene.run(minutes=13)
    return ticket, next(iter(scene.dev.tickets))


def texts(plugin, ticket):
    return [(c.visibility, c.body.text) for c in plugin.comments.get(ticket, [])]


def test_a_ticket_opens_a_case_with_clocks(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    view = scene.view()
    assert view.state is CaseState.OPEN
    assert [(str(c.metric), c.target_seconds) for c in view.clocks] == [
        ("first_response", 3600),
        ("resolution", 28800),
    ]
    assert scene.timeline() == ["case_opened", "clock_started", "clock_started"]
    assert scene.support.writes == []


def test_agents_are_warned_before_the_breach(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=47, seconds=59)
    assert scene.support.writes == []
    scene.run(seconds=1)
    assert scene.support.writes == [("add_comment", ticket), ("update_ticket", ticket)]
    assert scene.support.tickets[ticket].priority is Priority.HIGH
    ((visibility, text),) = texts(scene.support, ticket)
    assert visibility is Visibility.PRIVATE
    assert "First response: 12 minutes left" in text


def test_the_breach_escalates(scene):
    ticket, issue = escalated(scene)
    created = scene.dev.tickets[issue]
    assert created.subject == f"[{scene.support.tickets[ticket].key}] Printer on fire"
    assert "It burns." in created.description.text
    assert "Customer: Sari" in created.description.text
    assert created.priority is Priority.HIGH
    assert created.tags == ("escalated",)
    assert scene.support.tickets[ticket].status.kind is StatusKind.WAITING_THIRD_PARTY
    assert scene.support.shown[ticket, created.ref].key == created.key
    assert scene.dev.shown[issue, scene.support.tickets[ticket].ref].key == scene.support.tickets[ticket].key
    told = [text for visibility, text in texts(scene.support, ticket) if visibility is Visibility.PUBLIC]
    assert len(told) == 1
    assert "specialist has taken over" in told[0]


def test_nothing_more_is_written_when_nothing_happens(scene):
    ticket, issue = escalated(scene)
    before = (list(scene.support.writes), list(scene.dev.writes))
    for _ in range(3):
        scene.news(scene.support, ticket)
        scene.news(scene.dev, issue)
        scene.run(hours=1)
    assert (scene.support.writes, scene.dev.writes) == before


def test_status_and_comments_travel_both_ways_without_echo(scene):
    ticket, issue = escalated(scene)
    scene.clock.advance(minutes=1)
    scene.dev.set_status(issue, StatusKind.OPEN)
    scene.dev.says(issue, "Looking into it.", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.dev, issue)
    assert texts(scene.support, ticket)[-1][0] is Visibility.PRIVATE
    assert "Looking into it." in texts(scene.support, ticket)[-1][1]

    scene.clock.advance(minutes=1)
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    assert scene.support.tickets[ticket].status.kind is StatusKind.OPEN

    scene.clock.advance(minutes=1)
    scene.support.says(ticket, "It is fixed now.", Role.AGENT)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED
    assert len(scene.dev.comments[issue]) == 2
    assert "It is fixed now." in texts(scene.dev, issue)[-1][1]
    writes = (list(scene.support.writes), list(scene.dev.writes))
    for _ in range(2):
        scene.news(scene.support, ticket)
        scene.news(scene.dev, issue)
    assert (scene.support.writes, scene.dev.writes) == writes
    assert scene.view().state is CaseState.CLOSED


def test_a_private_note_stays_on_its_side(scene):
    ticket, issue = escalated(scene)
    scene.clock.advance(minutes=1)
    scene.support.says(ticket, "The customer is difficult.", Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, ticket)
    assert issue not in scene.dev.comments


def test_an_answer_seconds_before_cancels_the_step(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=47)
    scene.support.says(ticket, "We are on it.", Role.AGENT)  # its webhook is lost
    scene.run(minutes=5)
    assert scene.support.writes == []
    assert "step_cancelled" in scene.timeline()
    assert "clock_met" in scene.timeline()


def test_a_create_that_answers_nothing_is_adopted(scene):
    scene.dev.faults["after_create_ticket"] = [OutcomeUnknown("no answer", scene.dev.at("create_ticket"))]
    ticket, issue = escalated(scene)
    assert len(scene.dev.tickets) == 1
    assert not scene.view().links
    scene.run(seconds=10)
    assert len(scene.dev.tickets) == 1
    assert scene.view().links[0].linked.id == issue
    assert "adopted" in scene.timeline()
    assert scene.support.tickets[ticket].status.kind is StatusKind.WAITING_THIRD_PARTY


def test_one_connection_in_trouble_does_not_stop_the_other(scene):
    scene.dev.faults["create_ticket"] = [
        NotReachable("down", scene.dev.at("create_ticket")) for _ in range(3)
    ]
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    assert scene.support.writes[0] == ("add_comment", ticket)
    assert not scene.dev.tickets
    for _ in range(4):
        scene.run(minutes=5)
    assert len(scene.dev.tickets) == 1
    assert scene.timeline().count("put_off") == 1


def test_deliveries_are_heard_once_however_often_they_come(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    for _ in range(3):
        scene.hear(scene.support, ticket, delivery="d-1")
        scene.hear(scene.support, ticket)
    scene.run()
    assert scene.timeline().count("case_opened") == 1
    scene.hear(scene.support, ticket)
    scene.run()
    assert scene.timeline().count("case_opened") == 1
