"""Notices to people outside of tickets, at run time: who sends them, and who hears of it when nobody does."""

from datetime import timedelta

import pytest

from escalation_bridge.cli.connections.connections import connection_lines
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.plugin.hooks import EscalationHooks, hookimpl
from escalation_bridge.store.cases import case_views

PAGE = Step("page", Metric.FIRST_RESPONSE, 100, 0, (SendNotice("on-call", "notice"),), page=True)


class OnlyNights(EscalationHooks):
    """Knows one name, and not the one that the policy uses."""

    @hookimpl
    def notify(self, to: str) -> str | None:
        return "pager" if to == "nights" else None


def late_case(make_scene, make_policy, **extensions):
    scene = make_scene(policies=(make_policy(ladder=(PAGE,)),), **extensions)
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    return scene, ticket


def history(scene, language):
    with scene.bridge.database.read() as transaction:
        return [history_line(entry, language) for entry in case_views.load_timeline(transaction, 1)]


@pytest.mark.parametrize("extensions", [{}, {"nights": OnlyNights()}])
def test_a_name_that_nobody_serves_is_one_line_for_the_admin(make_scene, make_policy, extensions):
    scene, ticket = late_case(make_scene, make_policy, **extensions)
    scene.run(days=2)
    with scene.bridge.database.read() as transaction:
        lines = connection_lines(transaction, scene.clock())
    assert len(lines) == 1
    assert lines[0].startswith("1 notification not sent")
    assert "no enabled extension sends notices to 'on-call'" in lines[0]
    assert "bridge: extensions" in lines[0]
    assert scene.timeline().count("notice_given_up") == 1
    assert scene.support.fetch_comments(ticket, None) == ()  # agents can do nothing about it
    told = [line for line in history(scene, "id") if "on-call" in line]
    assert told[0].startswith("Pemberitahuan kepada on-call tidak terkirim")


def test_a_notice_that_was_sent_is_in_the_history(make_scene, make_policy):
    class Pager(EscalationHooks):
        @hookimpl
        def notify(self, to: str) -> str | None:
            return f"paged {to}"

    scene, _ = late_case(make_scene, make_policy, pager=Pager())
    assert "Notification sent to on-call: paged on-call." in history(scene, "en")
    with scene.bridge.database.read() as transaction:
        assert connection_lines(transaction, scene.clock() + timedelta(minutes=1)) == ()
