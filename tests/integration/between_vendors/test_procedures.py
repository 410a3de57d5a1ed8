"""Standard procedures over HTTP: an agent asks in an internal note of Zendesk or Freshdesk, and reads the admin's text there."""

from dataclasses import replace

import pytest

from bridge_helpers.desks_with_groups import AtFreshdesk, AtZendesk, is_there, receiving, works_until
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.permissions import Circle, Permissions
from escalation_bridge.domain.teams.procedures import Procedure
from escalation_bridge.domain.teams.team import Place, Team

CARDS = Procedure(
    "cards",
    "Card payments",
    {
        "en": "1. Ask for the last four digits.\n2. Look at https://status.example.com/cards",
        "id": "1. Tanyakan empat digit terakhir.\n2. Lihat https://status.example.com/cards",
    },
    teams=frozenset({"billing"}),
)
OUTAGE = Procedure("outage", "Outage", {"en": "Call the duty manager."})


@pytest.fixture(params=[AtZendesk, AtFreshdesk], ids=lambda desk: desk.vendor)
def desk(request, make_pair):
    made = request.param(make_pair(request.param.vendor, "jira", policy={"ladder": ()}))
    teams = {
        name: Team(name, name.title(), None, (Place("support", group=group),), (), (), "always", ALWAYS)
        for name, group in (("first", made.support), ("billing", "Billing"))
    }
    directory = Directory(
        teams,
        last_resort="first",
        permissions=Permissions({"escalate": Circle.ANYBODY}),
        procedures=(CARDS, OUTAGE),
    )
    bridge = made.pair.bridge
    made.pair = replace(made.pair, bridge=replace(bridge, rules=replace(bridge.rules, directory=directory)))
    return made


def speaks(desk, language):
    desk.pair = replace(desk.pair, bridge=replace(desk.pair.bridge, language=language))


@pytest.mark.parametrize(
    ("language", "ask", "named", "text"),
    [
        ("en", "/bridge how", "/bridge how cards", "Ask for the last four digits."),
        ("id", "/bridge cara", "/bridge cara cards", "Tanyakan empat digit terakhir."),
    ],
)
def test_the_note_of_an_escalation_names_the_procedure_and_agents_read_it_in_the_ticket(
    desk, language, ask, named, text
):
    speaks(desk, language)
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.notes("sari", "/bridge escalate billing charged twice")
        works_until(desk, lambda: any(named in each for each in desk.private()))
        desk.notes("budi", ask)
        works_until(desk, lambda: any(text in each for each in desk.private()))
    (answer,) = [each for each in desk.private() if text in each]
    assert "Card payments" in answer
    assert "https://status.example.com/cards" in answer


def test_a_named_procedure_is_shown_and_a_mistyped_one_is_guessed(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.notes("sari", "/bridge how outage")
        works_until(desk, lambda: any("Call the duty manager." in each for each in desk.private()))
        desk.notes("sari", "/bridge how outge")
        works_until(desk, lambda: any("Did you mean outage?" in each for each in desk.private()))
        desk.notes("sari", "/bridge how")
        works_until(desk, lambda: any("no procedure fits this ticket" in each for each in desk.private()))
    assert len([each for each in desk.private() if "Call the duty manager." in each]) == 1
