"""Issues are created once and found at the stand-ins of both editions, over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge_helpers.jira_site import KEY, Site, field_id, now
from escalation_bridge.domain.tickets.tickets import (
    Priority,
    StatusKind,
    TicketDraft,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import (
    NotSettled,
    OutcomeUnknown,
    Rejected,
)
from escalation_bridge.plugin.hooks import FOUND_NOTHING
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

# --- create and find ----------------------------------------------------------------------------------------------------


def test_a_ticket_is_created_and_found_by_its_key(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    assert plugin.find_ticket(KEY, None) is FOUND_NOTHING
    ticket = plugin.create_ticket(draft, KEY)
    assert (ticket.key, ticket.subject, ticket.type) == ("ENG-1", "Payment fails with error 500", "Bug")
    assert ticket.ref == TicketRef("jira-main", "10000")
    assert ticket.url == f"{site.running.url}/browse/ENG-1"
    assert ticket.description.html == draft.description.html
    assert ticket.description_visibility is Visibility.PRIVATE
    assert (ticket.status.kind, ticket.status.name) == (StatusKind.NEW, "To Do")
    assert ticket.priority is Priority.HIGH
    assert set(ticket.tags) == {"vip-customer", KEY}
    assert ticket.bridge_key == KEY
    assert plugin.find_ticket(KEY, now()) == ticket
    assert plugin.fetch_ticket(ticket.ref.id) == ticket


def test_an_issue_is_found_by_its_key_and_by_its_id(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    plugin.create_ticket(draft, KEY)
    wanted = plugin.create_ticket(replace(draft, summary="Another one"), KEY[:-1] + "4")
    for text in ("ENG-2", " eng-2 ", wanted.ref.id):
        assert plugin.find_by_key(text) == wanted
    for text in ("ENG-3", "ENG", "2", "ENG-2/comment", "ENG-2?fields=x", "ENG-٢"):
        assert plugin.find_by_key(text) is FOUND_NOTHING


def test_a_create_whose_answer_was_lost_is_found_and_not_repeated(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    site.fault(FaultKind.TIMEOUT_AFTER_WRITE, method="POST", path=r"/issue$", seconds=1)
    with pytest.raises(OutcomeUnknown):
        plugin.create_ticket(draft, KEY)
    found = plugin.find_ticket(KEY, now())
    assert found
    assert (found.key, found.bridge_key) == ("ENG-1", KEY)
    assert len(site.issues()) == 1


@pytest.mark.parametrize(
    "fault", [FaultKind.DROP_CONNECTION, FaultKind.SERVER_ERROR, FaultKind.HTML_LOGIN_PAGE]
)
def test_a_create_without_a_proper_answer_is_never_called_not_created(
    fault: FaultKind, site: Site, draft: TicketDraft
) -> None:
    site.fault(fault, method="POST", path=r"/issue$")
    with pytest.raises(OutcomeUnknown):
        site.plugin().create_ticket(draft, KEY)


def test_a_created_ticket_that_cannot_be_read_is_never_called_not_created(
    site: Site, draft: TicketDraft
) -> None:
    site.fault(FaultKind.FORBIDDEN, method="GET", path=r"/issue/\d+$")
    with pytest.raises(OutcomeUnknown, match="ENG-1 was created but cannot be read"):
        site.plugin().create_ticket(draft, KEY)


def test_nothing_found_is_believed_only_after_the_searchs_lag(
    make_site: Callable[..., Site], draft: TicketDraft
) -> None:
    site = make_site("cloud", search_lag=30)
    plugin = site.plugin(search_lag_seconds=30)
    plugin.create_ticket(draft, KEY)
    with pytest.raises(NotSettled) as problem:
        plugin.find_ticket(KEY, now() - timedelta(seconds=10))
    assert problem.value.at.retry_after == pytest.approx(20, abs=2)
    assert plugin.find_ticket(KEY, now() - timedelta(seconds=31)) is FOUND_NOTHING
    assert plugin.find_ticket(KEY, None) is FOUND_NOTHING
    site.sandbox.clock.advance(31)
    found = plugin.find_ticket(KEY, now())
    assert found
    assert found.key == "ENG-1"


def test_a_clone_with_the_same_label_is_not_taken_for_the_ticket(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    fields = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "Clone", "labels": [KEY]}
    site.call(seed.DEVELOPER, "POST", "/rest/api/2/issue", {"fields": fields})
    ticket = plugin.create_ticket(draft, KEY)
    assert ticket.key == "ENG-2"
    found = plugin.find_ticket(KEY, None)
    assert found
    assert found.key == "ENG-2"


def test_the_oldest_is_taken_where_only_the_label_tells(site: Site) -> None:
    for summary in ("First", "Second"):
        fields = {
            "project": {"key": "ENG"},
            "issuetype": {"name": "Bug"},
            "summary": summary,
            "labels": [KEY],
        }
        site.call(seed.DEVELOPER, "POST", "/rest/api/2/issue", {"fields": fields})
    found = site.plugin().find_ticket(KEY, None)
    assert found
    assert (found.subject, found.bridge_key) == ("First", KEY)


def test_a_find_with_an_odd_key_finds_nothing_and_breaks_nothing(site: Site) -> None:
    assert site.plugin().find_ticket('x" OR project = ENG OR labels = "\\', None) is FOUND_NOTHING


def test_a_route_chooses_project_type_and_fields(site: Site, draft: TicketDraft) -> None:
    chosen = replace(
        draft,
        fields={
            "project": "OPS",
            "issue_type": "Incident",
            "fields": {field_id(site, "Impact"): "High", "components": []},
        },
    )
    known = [field["name"] for field in site.call(seed.BRIDGE, "GET", "/rest/api/2/field")]
    named = next(name for name in known if "mpact" in name)
    chosen = replace(chosen, fields={**chosen.fields, "fields": {named: first_choice(site, named)}})
    ticket = site.plugin().create_ticket(chosen, KEY)
    assert (ticket.key, ticket.type) == ("OPS-1", "Incident")
    stored = ticket.custom_fields[field_id(site, named)]
    assert isinstance(stored, dict)
    assert stored["value"] == first_choice(site, named)


def first_choice(site: Site, name: str) -> str:
    path = "/rest/api/2/issue/createmeta/OPS/issuetypes"
    types = site.call(seed.BRIDGE, "GET", path)
    incident = next(t for t in types.get("issueTypes", types.get("values")) if t["name"] == "Incident")
    answer = site.call(seed.BRIDGE, "GET", f"{path}/{incident['id']}")
    fields = answer.get("fields", answer.get("values"))
    return str(next(f for f in fields if f["name"] == name)["allowedValues"][0]["value"])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"project": "NONE"}, "project"),
        ({"issue_type": "Epic"}, "issue ?type"),
        ({"issue_type": "99999"}, "issue ?type"),
        ({"fields": {"security": "Nobody"}}, "security"),
        ({"fields": ["x"]}, "fields: write names or ids"),
        ({"projekt": "ENG"}, "projekt: a route to Jira takes project, issue_type, request_type"),
    ],
)
def test_a_draft_that_jira_cannot_take_is_rejected_by_name(
    fields: dict[str, object], told: str, site: Site, draft: TicketDraft
) -> None:
    with pytest.raises(Rejected, match=f"(?i){told}"):
        site.plugin().create_ticket(replace(draft, fields=fields), KEY)
    assert site.plugin().find_ticket(KEY, None) is FOUND_NOTHING


def test_without_a_project_nothing_is_created(site: Site, draft: TicketDraft) -> None:
    with pytest.raises(Rejected, match="there is no project"):
        site.plugin(project=None).create_ticket(draft, KEY)


def test_a_required_field_is_named(site: Site, draft: TicketDraft) -> None:
    fields = {"project": "OPS", "issue_type": "Incident"}
    with pytest.raises(Rejected, match="customfield_"):
        site.plugin().create_ticket(replace(draft, fields=fields), KEY)


def test_a_long_text_with_line_ends_in_the_summary_fits(site: Site, draft: TicketDraft) -> None:
    long = replace(draft, summary="Fails\nagain " * 50, description=from_text("word {x} " * 20_000))
    ticket = site.plugin(language="id").create_ticket(long, KEY)
    assert len(ticket.subject) <= 255
    assert "Dipersingkat" in ticket.description.text
