"""Who the bridge is at the stand-ins, what it may do, and the sites' own words."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.tickets.tickets import StatusKind, TicketDraft
from escalation_bridge.errors import AuthenticationFailed
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_sandbox.jira import seed

Site = Any
KEY = "eb-0123456789abcdef0123"


def test_a_good_connection_has_no_problems(site: Site) -> None:
    report = site.plugin().check_connection()
    assert (report.user_id, report.user_name) == (site.user(seed.BRIDGE), "Escalation Bridge")
    assert report.edition == site.deployment
    assert report.problems == ()
    assert report.warnings == ()


def test_wrong_credentials_are_told(site: Site) -> None:
    token = "api_token" if site.deployment == "cloud" else "personal_access_token"
    plugin = site.plugin(**{token: SecretStr("wrong")})
    with pytest.raises(AuthenticationFailed):
        plugin.check_connection()


def test_missing_permissions_are_named(site: Site) -> None:
    problems = site.plugin(seed.VIEWER).check_connection().problems
    assert "the account lacks the permission 'Create issues' in project ENG" in problems
    assert not any("Browse" in problem for problem in problems)


def test_a_project_that_does_not_exist_is_named(site: Site) -> None:
    [problem] = site.plugin(project="NONE").check_connection().problems
    assert "there is no project NONE" in problem


def test_what_will_become_a_problem_is_told(site: Site) -> None:
    warnings = site.plugin(project=None, webhook_secrets=()).check_connection().warnings
    assert any("every webhook is refused" in warning for warning in warnings)
    assert any("every route has to name one" in warning for warning in warnings)


def test_the_other_edition_is_noticed(make_site: Callable[..., Site]) -> None:
    """Cloud serves REST v2 as well, so that a wrong `deployment` half works."""
    cloud = make_site("cloud")
    settings = JiraSettings(
        plugin="jira",
        deployment="datacenter",
        url=cloud.running.url,
        personal_access_token=SecretStr("x"),
    )
    plugin = cloud.plugin()
    object.__setattr__(plugin.connection, "settings", settings)
    assert "this is Jira cloud: set deployment: cloud" in plugin.check_connection().problems


def test_the_sites_words_are_described(site: Site) -> None:
    account = site.plugin(status_kinds={"Blocked": "waiting_third_party"}).describe_fields()
    assert {status.name: status.kind for status in account.statuses} == {
        "To Do": StatusKind.NEW,
        "In Progress": StatusKind.OPEN,
        "Blocked": StatusKind.WAITING_THIRD_PARTY,
        "In Review": StatusKind.OPEN,
        "Done": StatusKind.SOLVED,
        "Closed": StatusKind.SOLVED,
    }
    assert account.priorities == ("Highest", "High", "Medium", "Low", "Lowest")
    assert set(account.projects) == {"ENG", "OPS", "DUK", "HELP"}
    summary = next(field for field in account.fields if field.id == "summary")
    assert summary.required
    on_no_screen = next(field for field in account.fields if field.id == "customfield_10014")
    assert (on_no_screen.name, on_no_screen.required) == ("Owning team", False)
    assert len({field.id for field in account.fields}) == len(account.fields)


def test_an_issue_tells_which_fields_can_be_written(site: Site) -> None:
    """Nothing but an issue tells of its type's edit screen; what is on the create screen is believed until then."""

    def told(field_id: str, **settings: Any) -> tuple[str, str]:
        fields = site.plugin(**settings).describe_fields().fields
        [field] = [each for each in fields if each.id == field_id]
        return field.unwritable, field.doubt

    assert told("customfield_10010") == ("", "")
    assert told("customfield_10014")[0] == ""
    assert "there is no issue yet that tells" in told("customfield_10014")[1]
    example = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "An example"}
    site.call(seed.DEVELOPER, "POST", "/rest/api/2/issue", {"fields": example})
    assert told("customfield_10010") == ("", "")
    assert told("customfield_10014") == ("", "it is not on the edit screen of Bug in ENG")
    [field] = [each for each in site.plugin().describe_draft({}).fields if each.id == "customfield_10014"]
    assert "it is on no edit screen of Bug in ENG. Put it there" in field.unwritable


def test_what_the_fields_hold_is_described(site: Site) -> None:
    held = {field.id: field.holds for field in site.plugin().describe_fields().fields}
    wanted = {
        "summary": Convert.TEXT,
        "customfield_10011": Convert.CHOICE,
        "customfield_10013": Convert.NUMBER,
        "labels": Convert.CHOICES,
        "assignee": None,
    }
    assert {field_id: held[field_id] for field_id in wanted} == wanted


def test_required_fields_of_the_create_screen_are_described(site: Site) -> None:
    account = site.plugin(project="OPS", issue_type="incident").describe_fields()
    assert [field.name for field in account.fields if field.required and field.allowed_values]


def test_without_a_project_all_statuses_are_described(site: Site) -> None:
    account = site.plugin(project=None).describe_fields()
    assert {"To Do", "Selesai", "Waiting for customer"} <= {status.name for status in account.statuses}
    assert account.fields == ()


def test_an_unknown_issue_type_describes_no_fields(site: Site) -> None:
    assert site.plugin(issue_type="Epic").describe_fields().fields == ()


def test_a_token_with_scopes_works_through_the_gateway_only(
    make_site: Callable[..., Site], draft: TicketDraft
) -> None:
    site = make_site("cloud")
    token = SecretStr(seed.scoped_token(seed.BRIDGE))
    gateway = site.plugin(api_token=token, cloud_id=seed.CLOUD_ID, api_gateway=site.running.url)
    ticket = gateway.create_ticket(draft, KEY)
    assert ticket.url == f"{site.running.url}/browse/ENG-1"
    with pytest.raises(AuthenticationFailed):
        site.plugin(api_token=token).fetch_ticket(ticket.ref.id)
