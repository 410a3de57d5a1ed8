"""Writes that were given up and get another chance, and notices that could not be sent."""

from datetime import timedelta

import pytest

from bridge_helpers.failing_writes import FAILED, error, escalated, fail, opened, retry, state
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.errors import (
    NotReachable,
    Rejected,
    Unavailable,
)
from escalation_bridge.plugin.hooks import EscalationHooks, hookimpl
from escalation_bridge.store.cases import case_views

# --- another chance -----------------------------------------------------------------------------------------------------


def test_a_retry_touches_only_what_failed(scene):
    escalated(scene)
    before = scene.view().intents
    assert retry(scene) == 0
    assert scene.view().intents == before


def test_a_retry_looks_first_whether_the_ticket_is_there(scene):
    scene.dev.faults["after_create_ticket"] = [error(Rejected, scene.dev, "create_ticket")]
    opened(scene)
    scene.run(minutes=61)
    assert state(scene, "create_ticket", "dev") is FAILED
    assert len(scene.dev.tickets) == 1
    assert retry(scene) == 1
    assert len(scene.dev.tickets) == 1
    assert "adopted" in scene.timeline()


def test_a_failure_that_comes_back_after_a_retry_is_told_again(scene):
    fail(scene.dev, "create_ticket", Rejected, times=2)
    ticket = opened(scene)
    scene.run(minutes=61)
    retry(scene)
    (note,) = [c for c in scene.support.comments[ticket] if "Could not deliver" in c.body.text]
    assert "The bridge tried 2 times." in note.body.text


def test_a_late_retry_is_more_than_one_try(scene):
    fail(scene.dev, "create_ticket", Rejected)
    opened(scene)
    scene.run(minutes=61)
    scene.run(days=3)
    fail(scene.dev, "find_ticket", Unavailable)
    retry(scene)
    scene.run(minutes=5)
    assert len(scene.dev.tickets) == 1


def test_after_a_standstill_there_is_more_than_one_try(scene):
    fail(scene.dev, "create_ticket", NotReachable, times=2)
    opened(scene)
    scene.run(minutes=61)
    scene.run(days=2)  # the bridge was off
    scene.run(minutes=10)
    assert len(scene.dev.tickets) == 1


# --- notices ------------------------------------------------------------------------------------------------------------


class Pages(EscalationHooks):
    def __init__(self, failures=0):
        self.failures, self.sent = failures, []

    @hookimpl
    def notify(self, to, message, key):
        if self.failures:
            self.failures -= 1
            raise OSError("mail server away")
        self.sent.append((to, key))
        return f"mail to {to}"


@pytest.fixture
def with_notice(make_scene, make_policy):
    def make(**extensions):
        ladder = (Step("a", Metric.FIRST_RESPONSE, 100, 0, (SendNotice("duty", "sla_breached"),)),)
        scene = make_scene((make_policy(ladder=ladder),), **extensions)
        opened(scene)
        scene.run(minutes=61)
        return scene

    return make


def test_a_notice_goes_out_once(with_notice):
    pages = Pages()
    scene = with_notice(pages=pages)
    for _ in range(3):
        scene.wake()
        scene.run(minutes=1)
    assert len(pages.sent) == 1


def test_a_notice_that_nobody_sends_is_no_matter_of_the_tickets_agents(with_notice):
    scene = with_notice()
    assert [r.state for r in scene.view().intents.values()] == [FAILED]


def test_a_notifier_that_fails_is_tried_again(with_notice):
    pages = Pages(failures=1)
    scene = with_notice(pages=pages)
    scene.run(minutes=5)
    assert len(pages.sent) == 1


def test_nothing_is_left_in_the_store_of_what_was_sent(scene):
    escalated(scene)
    with scene.bridge.database.read() as transaction:
        kept = transaction.exec_driver_sql("SELECT sent_text FROM intents WHERE sent_text IS NOT NULL").all()
        assert kept == []
        assert case_views.stale_tickets(transaction, 1) == []
    assert scene.clock() - scene.view().opened_at > timedelta(minutes=60)
