"""A wave over Zendesk and Freshdesk becomes one Jira issue, from the vendors' HTTP to the vendors' HTTP."""

from datetime import timedelta

import requests

from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed
from tests.integration.between_vendors.incidents.conftest import TEXTS


def test_a_wave_over_two_helpdesks_is_one_issue(vendors):
    assert isinstance(vendors.plugins["shop"], FreshdeskPlugin)
    for number, (connection, subject, body) in enumerate(TEXTS):
        vendors.customer_writes(connection, number, subject, body)
    (issue,) = vendors.issues()
    linked = [[link.linked.id for link in vendors.view(ref).links] for ref in vendors.tickets]
    assert linked == [[issue["id"]]] * 12
    for ref in vendors.tickets:
        (note,) = [text for text in vendors.notes(ref) if "belongs to incident I-1" in text]
        assert "tickets are about the same: " in note
    said = vendors.comments_of_issue(issue["id"])
    assert sum("tickets of 10 customers" in text for text in said) == 1
    assert sum("12 customers' tickets are linked" in text for text in said) == 1

    taken_out = vendors.tickets[0]
    login = (f"{zendesk_seed.AGENT_SARI.email}/token", zendesk_seed.API_TOKEN)
    comment = {"ticket": {"comment": {"body": "/bridge incident leave", "public": False}}}
    url = f"{vendors.servers['support'].url}/api/v2/tickets/{taken_out.id}.json"
    assert requests.put(url, json=comment, auth=login, timeout=10).ok
    vendors.hear(taken_out)
    assert vendors.view(taken_out).links == ()
    assert any("no longer belongs to incident I-1" in text for text in vendors.notes(taken_out))

    way = f"/rest/api/2/issue/{issue['id']}/transitions"
    for name, fields in (("Start Progress", {}), ("Done", {"resolution": {"name": "Done"}})):
        (move,) = [each for each in vendors.jira("GET", way)["transitions"] if each["name"] == name]
        vendors.jira("POST", way, json={"transition": {"id": move["id"]}, "fields": fields})
    vendors.hear(TicketRef("engineering", issue["id"]))
    for ref in vendors.tickets[1:]:
        assert sum("Incident I-1 is over" in text for text in vendors.notes(ref)) == 1
    assert not any("is over" in text for text in vendors.notes(taken_out))
    Worker(vendors.bridge).run_until_idle()
    assert len(vendors.issues()) == 1


def test_a_worker_that_dies_in_the_middle_doubles_no_issue(vendors, monkeypatch):
    class Killed(BaseException):
        pass

    real, died = Helpdesk.create_ticket, []

    def dies(self, draft, key):
        created = real(self, draft, key)
        if not died:
            died.append(created)
            raise Killed
        return created

    monkeypatch.setattr(Helpdesk, "create_ticket", dies)
    for number, (connection, subject, body) in enumerate(TEXTS[:8]):
        try:
            vendors.customer_writes(connection, number, subject, body)
        except Killed:
            object.__setattr__(vendors.bridge, "now", lambda: utc_now() + timedelta(minutes=10))
            Worker(vendors.bridge).run_until_idle()
    assert len(died) == 1
    (issue,) = vendors.issues()
    assert [[link.linked.id for link in vendors.view(ref).links] for ref in vendors.tickets] == [
        [issue["id"]]
    ] * 8
