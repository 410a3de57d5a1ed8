"""A review over HTTP: an agent's command makes an emergency of a ticket, its end asks for a review, which stands in the ticket."""

import re
from dataclasses import replace

import pytest
import requests

from bridge_helpers.desks_with_groups import (
    AtFreshdesk,
    AtZendesk,
    free_port,
    is_there,
    receiving,
    works_until,
)
from escalation_bridge.domain.case.review import ReviewRule
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.permissions import Circle, Permissions
from escalation_bridge.domain.teams.team import Place, Team
from escalation_bridge.messages.signed_links import SignedLinks


@pytest.fixture(params=[AtZendesk, AtFreshdesk], ids=lambda desk: desk.vendor)
def desk(request, make_pair):
    made = request.param(make_pair(request.param.vendor, "jira", policy={"ladder": ()}))
    teams = {
        name: Team(name, name.title(), None, (Place("support", group=group),), (), (), "always", ALWAYS)
        for name, group in (("first", made.support), ("billing", "Billing"))
    }
    everybody = Permissions({"escalate": Circle.ANYBODY, "severity": Circle.ANYBODY})
    directory = Directory(teams, last_resort="first", permissions=everybody)
    bridge = made.pair.bridge
    rules = replace(bridge.rules, directory=directory, review=ReviewRule())
    made.pair = replace(made.pair, bridge=replace(bridge, rules=rules, language="id"))
    return made


def test_an_emergency_that_is_over_is_reviewed(desk):
    port = free_port()
    links = SignedLinks("a-secret", f"http://127.0.0.1:{port}")
    desk.pair = replace(desk.pair, bridge=replace(desk.pair.bridge, links=links))
    with receiving(desk, port) as address:
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.notes("sari", "/bridge severity emergency\n/bridge escalate billing charged twice")
        works_until(desk, lambda: bool(desk.pair.view().escalations))
        solves(desk)
        works_until(desk, lambda: not desk.pair.view().escalations[0].is_open)
        works_until(desk, lambda: any("tinjauan singkat" in each for each in desk.private()))
        page = re.search(rf"{address}/review/[\w.\-]+", "\n".join(links_in(desk)))[0]
        assert "Apa yang terjadi?" in requests.get(page, timeout=10).text
        form = {"by": "Sari", "happened": "Ditagih dua kali", "cause": "Tombol ditekan dua kali"}
        assert "tersimpan" in requests.post(page, data=form, timeout=10).text
        works_until(desk, lambda: any("Tombol ditekan dua kali" in each for each in desk.private()))


def solves(desk):
    """Zendesk solves no ticket that nobody has."""
    if desk.vendor == "zendesk":
        solution = {"assignee_id": desk.members["sari"].id, "status": "solved"}
        desk.as_agent("sari", "PUT", f"/tickets/{desk.pair.ticket}", json={"ticket": solution})
    else:
        desk.solves()


def links_in(desk):
    """The notes with their markup."""
    if desk.vendor == "zendesk":
        path = f"/tickets/{desk.pair.ticket}/comments"
        return [each["html_body"] for each in desk.as_agent("sari", "GET", path)["comments"]]
    path = f"/tickets/{desk.pair.ticket}/conversations"
    return [each["body"] for each in desk.as_agent("sari", "GET", path)]
