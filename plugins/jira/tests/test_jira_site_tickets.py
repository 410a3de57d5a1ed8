"""Issues at the stand-ins of both editions, over real HTTP: read, changed, linked, and read back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bridge_helpers.jira_site import KEY, Site, field_id
from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Priority,
    StatusKind,
    TicketChange,
    TicketDraft,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import (
    AuthenticationFailed,
    ConcurrentChange,
    NotApplied,
    PermissionDenied,
    Rejected,
    TicketNotFound,
    UnreadableAnswer,
)
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

# --- read -----------------------------------------------------------------------------------------------------------


def test_a_missing_ticket_is_told_from_a_revoked_token(site: Site) -> None:
    with pytest.raises(TicketNotFound):
        site.plugin().fetch_ticket("99999")
    if site.deployment == "cloud":
        # Cloud answers 404 to strangers, who may be anybody.
        site.fault(FaultKind.UNAUTHORIZED, path="/myself")
        with pytest.raises(AuthenticationFailed):
            site.plugin().fetch_ticket("99999")


def test_a_deleted_ticket_is_told_from_one_that_may_not_be_seen(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    kept, deleted = plugin.create_ticket(draft, KEY), plugin.create_ticket(draft, "eb-2")
    site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{deleted.ref.id}")
    with pytest.raises(TicketNotFound):
        plugin.fetch_ticket(deleted.ref.id)
    for role in ("Integrations", "Administrators"):
        site.call(seed.ADMIN, "PUT", f"/_sandbox/projects/ENG/roles/{role}", {"users": []})
    for ticket in (kept, deleted):
        with pytest.raises(PermissionDenied, match="project ENG"):
            plugin.fetch_ticket(ticket.ref.id)
    site.call(seed.ADMIN, "PUT", "/_sandbox/projects/ENG/roles/Integrations", {"users": ["bridge"]})
    assert plugin.fetch_ticket(kept.ref.id) == kept


def test_a_moved_ticket_goes_the_new_workflows_way(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    body = {"project": "OPS", "issuetype": "Incident"}
    site.call(seed.BRIDGE, "POST", f"/_sandbox/issues/{ticket.ref.id}/move", body)
    moved = plugin.fetch_ticket(ticket.ref.id)
    assert (moved.key, moved.status.name) == ("OPS-1", "Reported")
    moved = plugin.update_ticket(ticket.ref.id, TicketChange(status="Investigating"), moved)
    assert (moved.ref, moved.status.name) == (ticket.ref, "Investigating")
    comment = plugin.add_comment(ticket.ref.id, CommentDraft(from_text("moved"), Visibility.PRIVATE), "eb-3")
    assert plugin.fetch_comments(ticket.ref.id, None) == (comment,)


def test_a_moved_ticket_keeps_its_id_and_gets_a_new_key(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    body = {"project": "OPS", "issuetype": "Task"}
    site.call(seed.BRIDGE, "POST", f"/_sandbox/issues/{ticket.ref.id}/move", body)
    assert ticket.custom_fields["project"] == "ENG"
    moved = plugin.fetch_ticket(ticket.ref.id)
    assert (moved.ref, moved.key, moved.bridge_key) == (ticket.ref, "OPS-1", KEY)
    assert moved.custom_fields["project"] == "OPS"
    assert plugin.find_ticket(KEY, None) == moved


def test_an_answer_that_is_a_login_page_is_unreadable(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.HTML_LOGIN_PAGE, method="GET", times=-1)
    with pytest.raises(UnreadableAnswer):
        plugin.fetch_ticket(ticket.ref.id)
    site.sandbox.faults.clear()
    site.fault(FaultKind.EMPTY_200, method="GET", times=-1)
    with pytest.raises(UnreadableAnswer, match="missing"):
        plugin.fetch_ticket(ticket.ref.id)


# --- change -----------------------------------------------------------------------------------------------------------


def test_the_status_goes_the_workflows_way(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    for wanted, name, kind in (
        ("open", "In Progress", StatusKind.OPEN),
        ("In Review", "In Review", StatusKind.OPEN),
        ("done", "Done", StatusKind.SOLVED),
        ("closed", "Closed", StatusKind.SOLVED),
        ("10100", "To Do", StatusKind.NEW),
    ):
        ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status=wanted), ticket)
        assert (ticket.status.name, ticket.status.kind) == (name, kind)


def test_required_fields_of_a_transition_come_from_the_settings(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(transition_fields={"10103": {"resolution": {"name": "Fixed"}}})
    ticket = plugin.create_ticket(draft, KEY)
    ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status="In Progress"), ticket)
    ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status="solved"), ticket)
    resolution = ticket.custom_fields["resolution"]
    assert isinstance(resolution, dict)
    assert resolution["name"] == "Fixed"
    assert site.writes("POST", "/transitions")[-1].body["transition"] == {"id": "51"}  # not "Won't Do"


def test_a_transition_that_asks_for_what_is_not_configured_is_rejected(
    site: Site, draft: TicketDraft
) -> None:
    plugin = site.plugin(transition_fields={})
    ticket = plugin.create_ticket(draft, KEY)
    ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status="In Progress"), ticket)
    with pytest.raises(
        Rejected, match=r"'Done' to 'Done' asks for resolution \(Resolution\): set transition_fields.Done"
    ):
        plugin.update_ticket(ticket.ref.id, TicketChange(status="Done"), ticket)


def test_a_status_that_cannot_be_reached_at_once_is_rejected_with_what_can(
    site: Site, draft: TicketDraft
) -> None:
    plugin = site.plugin(follow_workflow=False)
    ticket = plugin.create_ticket(draft, KEY)
    with pytest.raises(
        Rejected,
        match="ENG-1 is 'To Do': no transition leads to 'Closed' from here; reachable now: In Progress",
    ):
        plugin.update_ticket(ticket.ref.id, TicketChange(status="Closed"), ticket)


def test_who_may_not_transition_is_told_the_permission(site: Site, draft: TicketDraft) -> None:
    ticket = site.plugin().create_ticket(draft, KEY)
    with pytest.raises(Rejected, match="permission Transition issues"):
        site.plugin(seed.VIEWER).update_ticket(ticket.ref.id, TicketChange(status="open"), ticket)


def test_statuses_in_the_language_of_the_site(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(
        project="DUK", issue_type="Tugas", status_kinds={"Menunggu Pelanggan": "waiting_customer"}
    )
    ticket = plugin.create_ticket(draft, KEY)
    assert (ticket.status.name, ticket.status.kind) == ("Untuk Dikerjakan", StatusKind.NEW)
    ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status="open"), ticket)
    ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status="waiting_customer"), ticket)
    assert ticket.status.name == "Menunggu Pelanggan"


def test_all_of_a_change_is_written_and_read_back(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    field = field_id(site, "ustomers")
    change = TicketChange(
        status="In Progress",
        priority=Priority.URGENT,
        assignee=site.user(seed.DEVELOPER),
        add_tags=("sla breached", "vip-customer"),
        remove_tags=("not there",),
        fields={"environment": "Production\n\n*live*", "duedate": "2026-12-24"},
    )
    changed = plugin.update_ticket(ticket.ref.id, change, ticket)
    assert changed.status.name == "In Progress"
    assert changed.priority is Priority.URGENT
    assert changed.assignee is not None
    assert changed.assignee.id == site.user(seed.DEVELOPER)
    assert set(changed.tags) == {"vip-customer", "sla-breached", KEY}
    assert changed.custom_fields["duedate"] == "2026-12-24"
    assert field.startswith("customfield_")
    before = len(site.writes())
    assert plugin.update_ticket(ticket.ref.id, change, ticket) == changed  # nothing is written twice
    assert len(site.writes()) == before


def test_other_peoples_labels_stay(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    body = {"update": {"labels": [{"add": "theirs"}]}}
    site.call(seed.DEVELOPER, "PUT", f"/rest/api/2/issue/{ticket.key}", body)
    changed = plugin.update_ticket(
        ticket.ref.id, TicketChange(add_tags=("ours",), remove_tags=("vip-customer",)), ticket
    )
    assert set(changed.tags) == {"theirs", "ours", KEY}


def test_somebody_elses_change_is_not_written_over(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    path = f"/rest/api/2/issue/{ticket.key}"
    site.call(seed.DEVELOPER, "POST", f"{path}/transitions", {"transition": {"id": "11"}})
    site.call(seed.DEVELOPER, "PUT", path, {"fields": {"priority": {"name": "Low"}}})
    with pytest.raises(ConcurrentChange, match="somebody else changed the status"):
        plugin.update_ticket(ticket.ref.id, TicketChange(status="Blocked"), ticket)
    with pytest.raises(ConcurrentChange, match="somebody else changed the priority"):
        plugin.update_ticket(ticket.ref.id, TicketChange(priority=Priority.URGENT), ticket)
    # What somebody else did already is no conflict.
    changed = plugin.update_ticket(ticket.ref.id, TicketChange(status="open", priority=Priority.LOW), ticket)
    assert changed.status.name == "In Progress"


def test_a_yes_without_effect_is_no_success(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.EMPTY_200, method="POST", path="/transitions")
    with pytest.raises(NotApplied, match="it is 'To Do' instead of 'In Progress'"):
        plugin.update_ticket(ticket.ref.id, TicketChange(status="open"), ticket)
    site.fault(FaultKind.EMPTY_200, method="PUT", times=2)
    change = TicketChange(
        priority=Priority.LOW,
        add_tags=("x",),
        assignee=site.user(seed.DEVELOPER),
        fields={"duedate": "2026-12-24"},
    )
    with pytest.raises(NotApplied, match=r"the priority, duedate, the label x, the assignee did not"):
        plugin.update_ticket(ticket.ref.id, change, ticket)


def test_a_reopened_ticket_is_edited_after_it_is_reopened(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    for wanted in ("open", "Done"):
        ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status=wanted), ticket)
    site.sandbox.journal.clear()
    plugin.update_ticket(ticket.ref.id, TicketChange(status="new", priority=Priority.URGENT), ticket)
    assert [entry.method for entry in site.writes()] == ["POST", "PUT"]


def test_there_are_no_groups(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    with pytest.raises(Rejected, match="no groups"):
        plugin.update_ticket(ticket.ref.id, TicketChange(group="L2"), ticket)


# --- links ------------------------------------------------------------------------------------------------------------


def test_a_link_is_made_once_and_then_changed(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    other = TicketPointer(
        TicketRef("zendesk-main", "35436"),
        "#35436",
        "https://acme.zendesk.com/agent/tickets/35436",
        "zendesk",
        "Cannot pay\nat all",
        "open",
        done=False,
    )
    first = plugin.link_ticket(ticket.ref.id, other, "eb-1")
    [link] = site.call(seed.DEVELOPER, "GET", f"/rest/api/2/issue/{ticket.key}/remotelink")
    assert (link["object"]["summary"], link["object"]["status"]["resolved"]) == ("open", False)
    solved = replace(
        other,
        status="solved",
        done=True,
        assignee="Rina\nHartono",
        updated_at=datetime(2026, 7, 1, 9, 15, tzinfo=timezone(timedelta(hours=7))),
        health="held: the status is not mapped",
    )
    again = plugin.link_ticket(ticket.ref.id, solved, "eb-2")
    assert first.remote_id == again.remote_id
    [link] = site.call(seed.DEVELOPER, "GET", f"/rest/api/2/issue/{ticket.key}/remotelink")
    assert link["globalId"] == "escalation-bridge=zendesk-main&id=35436"
    assert link["application"]["name"] == "Zendesk"
    assert link["object"]["url"] == other.url
    assert link["object"]["title"] == "#35436: Cannot pay at all"
    told = "solved · Rina Hartono · updated 2026-07-01 02:15 UTC · held: the status is not mapped"
    assert link["object"]["summary"] == told
    assert link["object"]["status"]["resolved"] is True


def test_a_links_line_is_never_too_long_and_in_the_agents_language(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(language="id")
    ticket = plugin.create_ticket(draft, KEY)
    other = TicketPointer(
        ref=TicketRef("zendesk-main", "1"),
        key="#1",
        url="https://acme.zendesk.com/agent/tickets/1",
        vendor="zendesk",
        title="t" * 300,
        status="open",
        done=False,
        updated_at=datetime(2026, 7, 1, 2, 15, tzinfo=UTC),
        health="tertahan " * 60,
    )
    plugin.link_ticket(ticket.ref.id, other, "eb-1")
    [link] = site.call(seed.DEVELOPER, "GET", f"/rest/api/2/issue/{ticket.key}/remotelink")
    assert link["object"]["summary"].startswith("open · diperbarui 2026-07-01 02:15 UTC · tertahan")
    assert max(len(link["object"]["summary"]), len(link["object"]["title"])) <= 255


def test_a_link_whose_answer_was_lost_is_made_again_without_harm(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    other = TicketPointer(
        TicketRef("z" * 300, "1"), "#1", "https://example.com/1", "zendesk", "T", "open", done=False
    )
    site.fault(FaultKind.DROP_CONNECTION, method="POST", path="/remotelink")
    plugin.link_ticket(ticket.ref.id, other, "eb-1")
    links = site.call(seed.DEVELOPER, "GET", f"/rest/api/2/issue/{ticket.key}/remotelink")
    assert len(links) == 1
    assert len(links[0]["globalId"]) <= 255


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_429_is_waited_for(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    object.__setattr__(plugin._transport, "sleep", lambda _: plugin.connection.budgets.forget())
    site.fault(FaultKind.RATE_LIMIT, retry_after="1")
    assert plugin.fetch_ticket(ticket.ref.id) == ticket
