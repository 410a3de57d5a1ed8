"""What the bridge did not see as it happened is dated as it happened, from the vendor's HTTP to the vendor's HTTP."""

from datetime import timedelta

import pytest

from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.events import EventKind, TimeSource
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

BOTH = {"targets": Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 8 * 3600})}
SARI = (f"{zendesk.AGENT_SARI.email}/token", zendesk.API_TOKEN)
RINA = (freshdesk.AGENT_RINA.api_key, "X")


def advance(pair, **amount):
    """Both the vendor's clock and the bridge's, while the bridge stands still."""
    pair.ahead["by"] += timedelta(**amount)
    seconds = timedelta(**amount).total_seconds()
    pair.call("support", "POST", "/_sandbox/clock", json={"advance_seconds": seconds})


def at_zendesk(make_pair):
    pair = make_pair("zendesk", "jira", policy=BOTH)
    pair.inbound(email=zendesk.CUSTOMER_DEWI.email, subject="Lost", body="My order is lost.")
    return pair, lambda **change: pair.call(
        "support", "PUT", f"/api/v2/tickets/{pair.ticket}", auth=SARI, json={"ticket": change}
    )


def at_freshdesk(make_pair):
    pair = make_pair("freshdesk", "jira", policy=BOTH)
    sender = {"email": freshdesk.CUSTOMER_SARI.email}
    pair.inbound(**{"from": sender, "subject": "Lost", "body": "My order is lost."})
    return pair, lambda **change: pair.call(
        "support", "PUT", f"/api/v2/tickets/{pair.ticket}", auth=RINA, json=change
    )


SOLVED = {
    "zendesk": (at_zendesk, {"status": "solved", "assignee_id": zendesk.AGENT_SARI.id}, {"priority": "high"}),
    "freshdesk": (at_freshdesk, {"status": 4}, {"priority": 3}),
}


@pytest.mark.parametrize("vendor", SOLVED)
def test_a_promise_that_was_kept_is_not_found_broken_after_a_standstill(make_pair, vendor):
    opened, solving, touching = SOLVED[vendor]
    pair, change = opened(make_pair)
    advance(pair, seconds=3)
    change(**solving)
    advance(pair, days=4)
    change(**touching)
    pair.hear()
    view = pair.view()
    assert [clock.breached_at for clock in view.clocks] == [None, None]
    assert all(clock.used_seconds < 60 for clock in view.clocks)
    assert not view.links
    assert not view.intents
    (solved,) = [event for event in view.events if event.status is StatusKind.SOLVED]
    assert solved.source is TimeSource.VENDOR


def test_a_pause_that_came_and_went_unseen_is_not_lost(make_pair):
    pair, change = at_zendesk(make_pair)
    pair.hear()
    change(status="open")
    pair.hear()
    advance(pair, seconds=60)
    change(status="pending")
    advance(pair, seconds=37)
    change(status="open")
    pair.hear()
    resolution = next(clock for clock in pair.view().clocks if clock.metric is Metric.RESOLUTION)
    ((since, until),) = resolution.pauses
    assert timedelta(seconds=36) <= until - since <= timedelta(seconds=45)


def test_a_change_that_is_seen_at_once_costs_one_request_more(make_pair):
    pair, change = at_zendesk(make_pair)
    pair.hear()
    journal = "/_sandbox/journal"
    pair.call("support", "DELETE", journal)
    pair.hear()
    audits = [e for e in pair.call("support", "GET", journal)["entries"] if "/audits" in e["path"]]
    assert audits == []
    advance(pair, seconds=5)
    change(status="pending")
    pair.hear()
    audits = [e for e in pair.call("support", "GET", journal)["entries"] if "/audits" in e["path"]]
    assert len(audits) == 1
    statuses = [event for event in pair.view().events if event.kind is EventKind.STATUS]
    assert statuses[-1].source is TimeSource.VENDOR


def test_a_colleague_who_asks_waits_for_somebody_elses_answer(make_pair):
    """An internal helpdesk: everybody has an agent's seat."""
    pair = make_pair("zendesk", "jira", policy=BOTH)
    body = {"ticket": {"subject": "VPN", "comment": {"body": "It is down."}}}
    made = pair.call("support", "POST", "/api/v2/tickets", auth=SARI, json=body)
    pair.ticket = str(made["ticket"]["id"])
    more = {"ticket": {"comment": {"body": "Anybody there?", "public": True}}}
    pair.call("support", "PUT", f"/api/v2/tickets/{pair.ticket}", auth=SARI, json=more)
    pair.hear()
    assert pair.clocks()["first_response:1"][0] == "running"
    pair.later(minutes=61)
    assert pair.linked().subject


def test_a_status_change_of_jira_that_is_read_late_is_dated_by_the_changelog(make_pair):
    pair = make_pair(
        "jira",
        "zendesk",
        policy={
            "targets": Targets(default={Metric.RESOLUTION: 8 * 3600}),
            "ladder": (Step("escalate", Metric.RESOLUTION, 100, 0, (Escalate("engineering"),)),),
        },
    )
    developer = (jira.DEVELOPER.email, jira.api_token(jira.DEVELOPER))

    def do(method, path, **body):
        return pair.call("support", method, f"/rest/api/3/issue{path}", auth=developer, json=body)

    def transition(*names):
        for name in names:
            offered = do("GET", f"/{pair.ticket}/transitions")["transitions"]
            to = next(each["id"] for each in offered if each["to"]["name"] == name)
            done = {"fields": {"resolution": {"name": "Done"}}} if name == "Done" else {}
            do("POST", f"/{pair.ticket}/transitions", transition={"id": to}, **done)

    fields = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "Lost"}
    pair.ticket = do("POST", "", fields=fields)["id"]
    pair.hear()
    advance(pair, minutes=5)
    transition("In Progress")
    pair.hear()
    advance(pair, hours=3)
    transition("Done")
    advance(pair, days=4)
    do("PUT", f"/{pair.ticket}", fields={"summary": "Found"})
    pair.hear()
    view = pair.view()
    (resolution,) = view.clocks
    assert resolution.breached_at is None
    assert timedelta(hours=3) <= timedelta(seconds=resolution.used_seconds) < timedelta(hours=3.2)
    assert not view.links
    solved = [event for event in view.events if event.status is StatusKind.SOLVED]
    assert [event.source for event in solved] == [TimeSource.VENDOR]
