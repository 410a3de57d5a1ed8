"""The webhooks that the bridge's own writes bring back cost no reading, and hide nothing that somebody else did meanwhile."""

import json
from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa

from escalation_bridge.domain.tickets.echo import ChangeEvidence
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.plugin.webhooks import TicketHint, WebhookNews, WebhookRequest
from escalation_bridge.store.database.schema import deliveries
from escalation_bridge.store.queue import claims, wakes
from escalation_bridge.store.webhooks.deliveries import IncomingDelivery, save_deliveries

NUMBERS = count()


class Telling:
    """A vendor whose webhooks tell who did what and when; its readings are counted."""

    def __init__(self):
        self.read = 0

    @hookimpl(tryfirst=True)
    def parse_webhook(self, request):
        told = json.loads(request.body)
        ticket, deleted = told["ticket"], told["deleted"]
        evidence = ChangeEvidence(told["own"], self.plugin.tickets[ticket].updated_at, told["comment"])
        return WebhookNews(hints=(TicketHint(ticket, "changed", deleted=deleted, evidence=evidence),))

    @hookimpl(wrapper=True)
    def fetch_ticket(self):
        self.read += 1
        return (yield)


@pytest.fixture
def told(scene):
    """A customer's ticket that was escalated, and the vendor's side of it."""
    telling = Telling()
    telling.plugin = scene.support
    scene.bridge.helpdesks["support"].extend(telling, "telling")
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    hears(scene, ticket)
    scene.run(minutes=61)
    assert len(scene.dev.tickets) == 1
    return scene, telling, ticket


def hears(scene, ticket, *, own=False, comment=None, deleted=False):
    body = json.dumps(
        {"ticket": ticket, "own": own, "comment": comment, "deleted": deleted, "nth": next(NUMBERS)}
    )
    request = WebhookRequest.make(body.encode(), {}, received_at=scene.clock())
    with scene.bridge.database.write() as transaction:
        save_deliveries(transaction, [IncomingDelivery("support", request, str(next(NUMBERS)))])


def last_outcome(scene):
    with scene.bridge.database.read() as transaction:
        return transaction.execute(
            sa.select(deliveries.c.state, deliveries.c.outcome).order_by(deliveries.c.id.desc()).limit(1)
        ).one()


def own_comment(scene, ticket):
    own = {c.id for c in scene.view().comments if (c.ticket, c.id) in scene.view().own_comments}
    return next(c.id for c in scene.support.comments[ticket] if c.id in own)


def test_the_echo_of_an_own_comment_wakes_nobody(told):
    scene, telling, ticket = told
    read = telling.read
    hears(scene, ticket, own=True, comment=own_comment(scene, ticket))
    scene.run()
    assert telling.read == read
    assert last_outcome(scene) == ("ignored", "the echo of the bridge's own write")


def test_the_echo_of_an_own_change_wakes_nobody(told):
    scene, telling, ticket = told
    hears(scene, ticket)
    scene.run()
    read = telling.read
    hears(scene, ticket, own=True)
    scene.run()
    assert telling.read == read
    assert last_outcome(scene).state == "ignored"


def test_a_deletion_is_news_whoever_did_it(told):
    """The bridge deletes no tickets: somebody uses its account."""
    scene, _, ticket = told
    hears(scene, ticket)
    scene.run()
    hears(scene, ticket, own=True, deleted=True)
    scene.run()
    assert last_outcome(scene).state == "routed"


def test_what_somebody_does_in_the_same_instant_is_read_and_carried_over(told):
    scene, _, ticket = told
    hears(scene, ticket)
    scene.run()
    before = scene.support.tickets[ticket].updated_at
    scene.support.set_status(ticket, StatusKind.SOLVED)
    assert scene.support.tickets[ticket].updated_at == before, "the vendor's clock has not moved on"
    hears(scene, ticket, own=True)
    hears(scene, ticket)
    scene.run()
    (issue,) = scene.dev.tickets
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED


def test_what_somebody_says_beside_an_own_comment_is_passed(told):
    scene, _, ticket = told
    said = scene.support.says(ticket, "Any news?", Role.CUSTOMER, Visibility.PUBLIC)
    hears(scene, ticket, own=True, comment=own_comment(scene, ticket))
    hears(scene, ticket, comment=said)
    scene.run()
    (issue,) = scene.dev.tickets
    assert any("Any news?" in comment.body.text for comment in scene.dev.comments[issue])


def test_an_echo_that_comes_while_the_case_is_worked_on_is_judged_afterwards(told):
    scene, telling, ticket = told
    with scene.bridge.database.write() as transaction:
        wakes.wake(transaction, 1, scene.clock(), "test")
        (claim,) = claims.claim_cases(transaction, "somebody", scene.clock(), timedelta(minutes=5), at_most=1)
    read = telling.read
    hears(scene, ticket, own=True, comment=own_comment(scene, ticket))
    scene.run()
    assert last_outcome(scene).state == "routed", "what is being written cannot be seen yet"
    with scene.bridge.database.write() as transaction:
        claims.release_case(transaction, claim, None, "done")
    scene.run()
    assert telling.read == read
