"""What webhooks miss is found, repaired and counted; what they told of is not."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.domain.sync.comments.ticket_differences import Difference
from escalation_bridge.domain.tickets.tickets import Presence, Role, StatusKind, TicketRef, Visibility
from escalation_bridge.engine.reconcile.compare import compare
from escalation_bridge.engine.reconcile.reconciler import Reconciler
from escalation_bridge.errors import AuthenticationFailed, NotReachable, PermissionDenied, RateLimited
from escalation_bridge.store.cases import case_file, case_tickets
from escalation_bridge.store.connections import reconciliations
from escalation_bridge.store.queue import wakes

EVERY = timedelta(minutes=5)


def search_of(scene):
    """A search that hardly waits for due work: here the worker does it afterwards, never beside it."""
    return Reconciler(scene.bridge, EVERY, threading.Event(), patience_seconds=0.1)


@pytest.fixture
def look(scene):
    """Let the bridge look by itself, as it does every few minutes, and do what comes of it."""
    searching = search_of(scene)

    def look(**later: float) -> None:
        scene.clock.advance(**(later or {"minutes": 5}))
        searching.look_everywhere()
        scene.worker.run_until_idle()

    look(seconds=1)
    return look


@pytest.fixture
def linked(scene, look):
    """A ticket with its issue; everything has been heard and looked at."""
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    issue = next(iter(scene.dev.tickets))
    scene.news(scene.dev, issue)
    look()
    return ticket, issue


def known(scene, name="support"):
    with scene.bridge.database.read() as transaction:
        return reconciliations.load_reconciliation(transaction, name)


def test_a_status_that_no_webhook_told_of_is_passed_on(scene, look, linked):
    ticket, issue = linked
    scene.dev.set_status(issue, StatusKind.SOLVED)
    look()
    assert scene.support.tickets[ticket].status.kind is StatusKind.OPEN
    assert known(scene, "dev").missed == 1
    assert scene.timeline().count("reconciled") == 1


def test_a_comment_that_no_webhook_told_of_is_passed_on(scene, look, linked):
    ticket, issue = linked
    scene.dev.says(issue, "Which firmware?", Role.AGENT)
    look()
    assert any("Which firmware?" in comment.body.text for comment in scene.support.comments[ticket])
    assert known(scene, "dev").missed == 1


def test_a_comment_before_the_bridges_own_write_is_passed_on_though_no_webhook_told_of_either(
    scene, look, linked
):
    ticket, issue = linked
    scene.dev.says(issue, "Which firmware?", Role.AGENT)
    scene.clock.advance(minutes=1)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)  # the issue is written to, and known as that write answered it
    look()
    assert any("Which firmware?" in comment.body.text for comment in scene.support.comments[ticket])


def test_a_ticket_that_no_webhook_told_of_opens_its_case(scene, look):
    scene.support.customer_writes("Printer on fire", "It burns.")
    look()
    assert scene.view().tickets
    assert known(scene).missed == 1


def test_what_webhooks_told_of_is_not_counted(scene, look, linked):
    ticket, issue = linked
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    scene.support.says(ticket, "Thanks", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    look()
    assert (known(scene).missed, known(scene, "dev").missed) == (0, 0)
    assert "reconciled" not in scene.timeline()


def test_the_bridges_own_writes_are_not_counted(scene, look):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)  # notes, a priority, an issue, links: and no webhook about any of it
    look()
    assert (known(scene).missed, known(scene, "dev").missed) == (0, 0)


def test_what_changed_just_now_is_read_and_not_counted(scene, look, linked):
    ticket, issue = linked
    scene.clock.advance(minutes=5)
    scene.dev.set_status(issue, StatusKind.SOLVED)
    look(seconds=10)
    assert scene.support.tickets[ticket].status.kind is StatusKind.OPEN
    assert known(scene, "dev").missed == 0


def test_a_deleted_ticket_is_noticed(scene, look, linked):
    ticket, _ = linked
    scene.support.tickets[ticket] = replace(
        scene.support.tickets[ticket], presence=Presence.DELETED, updated_at=scene.clock()
    )
    look()
    assert scene.view().tickets[TicketRef("support", ticket)].presence is Presence.DELETED


def test_the_bridges_own_tickets_open_no_case(scene, look, linked):
    _, issue = linked
    assert compare(scene.bridge, TicketRef("dev", issue)) is None
    with scene.bridge.database.read() as transaction:
        assert transaction.exec_driver_sql("select count(*) from cases").scalar() == 1


def test_it_goes_on_where_it_was_after_a_restart(scene, look, linked):
    _, issue = linked
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.clock.advance(hours=8)
    again = search_of(scene)
    again.look_everywhere()
    assert known(scene, "dev").missed == 1


@pytest.mark.parametrize("error", [NotReachable, AuthenticationFailed])
def test_trouble_is_written_down_and_the_same_page_is_asked_for_again(scene, look, linked, error):
    ticket, issue = linked
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.dev.faults["changes_since"] = [error("refused", scene.dev.at("changes_since"))]
    look()
    assert "refused" in known(scene, "dev").trouble
    assert known(scene, "support").trouble is None
    look()
    assert known(scene, "dev").trouble is None
    assert scene.support.tickets[ticket].status.kind is StatusKind.OPEN


def test_a_ticket_that_cannot_be_read_does_not_keep_the_others_from_it(scene, look, linked):
    ticket, issue = linked
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    other = scene.support.customer_writes("Another", "It smokes.")
    scene.support.faults["fetch_ticket"] = [PermissionDenied("hidden", scene.support.at("fetch_ticket"))]
    look()
    assert known(scene).missed == 1
    assert TicketRef("support", other) in scene.view(2).tickets


def test_a_search_that_has_to_wait_goes_on_with_the_same_ticket(scene, look):
    tickets = [scene.support.customer_writes(f"Printer {number}", "It burns.") for number in range(6)]
    for ticket in tickets:
        scene.news(scene.support, ticket)
    scene.clock.advance(seconds=1)
    for ticket in tickets:
        scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.clock.advance(minutes=5)
    reconciler = search_of(scene)
    asked = []
    scene.support.before = limited_after(scene, 3, asked)
    waits = 0
    reconciler.look_everywhere()
    while reconciler._resting:
        waits += 1
        before = len(asked)
        scene.clock.advance(seconds=29)
        reconciler.go_on()
        reconciler.look_everywhere()
        assert len(asked) == before  # it is not asked before the time is over
        scene.clock.advance(seconds=2)
        reconciler.go_on()
    assert known(scene).missed == len(tickets)
    assert known(scene).trouble is None
    assert asked.count("changes_since") == 1
    assert asked.count("fetch_comments") == len(tickets)
    assert asked.count("fetch_ticket") <= len(tickets) + waits  # no more than the one that was interrupted
    assert waits > 2


def limited_after(scene, most, asked):
    """A vendor that takes so many requests, and then none for half a minute."""
    taken = []

    def ask(operation):
        now = scene.clock()
        taken[:] = [at for at in taken if now - at < timedelta(seconds=30)]
        if len(taken) >= most:
            raise RateLimited("enough", replace(scene.support.at(operation), retry_after=30))
        taken.append(now)
        asked.append(operation)

    return ask


def test_a_connection_that_has_to_wait_keeps_no_other_one(scene, look, linked):
    _, issue = linked
    scene.dev.set_status(issue, StatusKind.SOLVED)
    waits = replace(scene.support.at("changes_since"), retry_after=3600)
    scene.support.faults["changes_since"] = [RateLimited("enough", waits)]
    look()
    assert known(scene, "dev").missed == 1


def test_two_workers_do_not_look_at_the_same_time(scene):
    first, second = (search_of(scene) for _ in range(2))
    first.look_everywhere()
    asked = known(scene).looked_at
    scene.clock.advance(seconds=60)
    second.look_everywhere()
    assert known(scene).looked_at == asked
    scene.clock.advance(seconds=120)
    second.look_everywhere()
    assert known(scene).looked_at > asked


def test_the_difference_is_shown_field_by_field(scene, linked):
    _, issue = linked
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.dev.says(issue, "Done.", Role.AGENT)
    finding = compare(scene.bridge, TicketRef("dev", issue))
    assert finding.changes == (Difference("status", "New", "Solved"), Difference("comments", "0", "1"))
    assert finding.cases == (1,)


def test_what_was_said_just_before_the_bridge_wrote_is_heard(scene, look, linked):
    """The newest comment that is known is the bridge's own; the one before it nobody told of."""
    ticket, issue = linked
    scene.dev.says(issue, "Which firmware?", Role.AGENT)
    scene.clock.advance(seconds=1)
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.news(scene.support, ticket)  # is carried over to the issue, after what was said there
    finding = compare(scene.bridge, TicketRef("dev", issue))
    assert Difference("comments", "1", "2") in finding.changes
    look()
    assert any("Which firmware?" in comment.body.text for comment in scene.support.comments[ticket])


def test_what_became_of_comments_is_shown_and_repaired(scene, look, linked):
    ticket, issue = linked
    said = [scene.dev.says(issue, text, Role.AGENT) for text in ("One", "Two", "Three")]
    scene.news(scene.dev, issue)
    scene.clock.advance(minutes=1)
    scene.dev.edits(issue, said[0], "One and a half")
    scene.dev.takes_back(issue, said[1])
    scene.dev.comments[issue] = [
        replace(c, visibility=Visibility.PRIVATE) if c.id == said[2] else c for c in scene.dev.comments[issue]
    ]
    finding = compare(scene.bridge, TicketRef("dev", issue))
    assert finding.changes == (
        Difference("comments edited", "", "1"),
        Difference("comments made private", "", "1"),
        Difference("comments missing", "", "1"),
    )
    look()
    scene.run(seconds=15)
    shown = "\n".join(comment.body.text for comment in scene.support.comments[ticket])
    assert "One and a half" in shown
    assert "Two" not in shown
    assert compare(scene.bridge, TicketRef("dev", issue)) is None


def test_a_ticket_is_compared_with_what_each_of_its_cases_knows(scene, look, linked):
    """The first case has heard of the change, the second has not."""
    _, issue = linked
    other = scene.support.customer_writes("Scanner on fire", "It burns too.")
    scene.news(scene.support, other)
    ref = TicketRef("dev", issue)
    with scene.bridge.database.write() as transaction:
        case_tickets.add_ticket(transaction, 2, ref)
        case_tickets.mark_stale(transaction, ref)
        wakes.wake(transaction, 2, scene.clock(), "test")
    scene.run()
    before = scene.view(2).tickets[ref]
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    with scene.bridge.database.write() as transaction:
        case_file.save_snapshot(transaction, 2, before, scene.clock())
    scene.clock.advance(minutes=5)
    finding = compare(scene.bridge, ref)
    assert (finding.cases, finding.changes) == ((2,), (Difference("status", "New", "Solved"),))
    look()
    assert scene.view(2).tickets[ref].status.kind is StatusKind.SOLVED
    assert compare(scene.bridge, ref) is None
