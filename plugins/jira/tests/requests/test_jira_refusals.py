"""What Jira's refusals become."""

from typing import Any

import pytest
from responses import matchers

from bridge_helpers.jira_wire import KEY, V2, V3, Wire, issue, sent
from escalation_bridge.domain.tickets.tickets import (
    TicketDraft,
)
from escalation_bridge.errors import (
    AuthenticationFailed,
    Gone,
    Intercepted,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    TicketNotFound,
    VendorError,
)
from escalation_bridge_jira.plugin import JiraPlugin

# --- refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error", "told"),
    [
        (
            400,
            {"errorMessages": ["No."], "errors": {"priority": "Field 'priority' cannot be set."}},
            Rejected,
            "priority: Field 'priority' cannot be set.; No.",
        ),
        (
            403,
            {"errorMessages": ["You do not have permission."], "errors": {}},
            PermissionDenied,
            "permission",
        ),
        (410, {"errorMessages": ["The requested API has been removed."]}, Gone, "has been removed"),
        (422, {"errorMessage": "Service desk says no"}, Rejected, "Service desk says no"),
        (
            401,
            {"code": 401, "message": "Unauthorized; scope does not match"},
            PermissionDenied,
            "lacks a scope",
        ),
        (400, ["odd"], Rejected, "Bad Request"),
        (400, {"errors": ["odd"], "errorMessages": "odd"}, Rejected, "Bad Request"),
        (400, {"errorMessages": ["x" * 9000]}, Rejected, "xxx"),
    ],
)
def test_refusals_say_what_jira_says(
    status: int,
    body: Any,
    error: type[VendorError],
    told: str,
    wire: Wire,
    cloud: JiraPlugin,
    draft: TicketDraft,
) -> None:
    wire.post(f"{V3}/issue", status=status, json=body, headers={"ATL-TraceId": "abc123"})
    with pytest.raises(error, match=told) as problem:
        cloud.create_ticket(draft, KEY)
    assert len(str(problem.value)) < 1000
    assert problem.value.at.request_id == "abc123"


def test_a_page_instead_of_json_is_no_refusal(wire: Wire, cloud: JiraPlugin, draft: TicketDraft) -> None:
    wire.post(f"{V3}/issue", status=403, body="<html>blocked</html>")
    with pytest.raises(OutcomeUnknown, match="in the API's place"):
        cloud.create_ticket(draft, KEY)


@pytest.mark.parametrize("status", [401, 403])
def test_data_center_refuses_a_locked_account_with_a_page_of_its_own(
    wire: Wire, datacenter: JiraPlugin, status: int
) -> None:
    """Waited for until somebody solves the CAPTCHA, as refused credentials are; a missing permission would be given up."""
    reason = "CAPTCHA_CHALLENGE; login-url=https://jira.acme.example/login.jsp"
    headers = {"X-Authentication-Denied-Reason": reason}
    wire.get(f"{V2}/issue/10040", status=status, headers=headers, body="<html>Forbidden (403)</html>")
    with pytest.raises(AuthenticationFailed, match="solves a CAPTCHA"):
        datacenter.fetch_ticket("10040")


def test_nothing_found_at_all_is_not_a_missing_issue(wire: Wire, cloud: JiraPlugin) -> None:
    for path in ("issue/10040", "myself"):
        wire.get(f"{V3}/{path}", status=404)
    with pytest.raises(Intercepted):
        cloud.fetch_ticket("10040")


def test_a_locked_account_is_told(wire: Wire, datacenter: JiraPlugin) -> None:
    reason = "CAPTCHA_CHALLENGE; login-url=https://jira.acme.example/login.jsp"
    wire.get(f"{V2}/issue/10040", status=401, headers={"X-Authentication-Denied-Reason": reason})
    with pytest.raises(AuthenticationFailed, match="solves a CAPTCHA"):
        datacenter.fetch_ticket("10040")


def test_404_to_a_stranger_is_a_failed_sign_in(wire: Wire, cloud: JiraPlugin) -> None:
    wire.get(f"{V3}/issue/10040", status=404, json={"errorMessages": ["Issue does not exist"], "errors": {}})
    wire.get(f"{V3}/myself", status=401, json={"errorMessages": ["You are not authenticated"]})
    for read in (lambda: cloud.fetch_ticket("10040"), lambda: cloud.fetch_comments("10040", None)):
        with pytest.raises(AuthenticationFailed):
            read()


def test_404_to_a_known_account_is_a_missing_ticket(wire: Wire, cloud: JiraPlugin) -> None:
    wire.get(f"{V3}/issue/10040", status=404, json={"errorMessages": ["Issue does not exist"], "errors": {}})
    still_let_in(wire)
    with pytest.raises(TicketNotFound, match="deleted, or hidden from the bridge's account") as missing:
        cloud.fetch_ticket("10040")
    assert "security level" in missing.value.advice


def still_let_in(wire: Wire, *, browses: bool = True) -> None:
    """What is asked after a 404: who am I, and may I still see the project?"""
    wire.get(f"{V3}/myself", json={"accountId": "1"})
    permissions = {"BROWSE_PROJECTS": {"havePermission": browses}}
    query = [matchers.query_param_matcher({"permissions": "BROWSE_PROJECTS", "projectKey": "ENG"})]
    wire.get(f"{V3}/mypermissions", json={"permissions": permissions}, match=query)


def test_404_to_an_account_that_may_not_browse_any_more_is_no_missing_ticket(
    wire: Wire, cloud: JiraPlugin
) -> None:
    wire.get(f"{V3}/issue/10040", status=404)
    still_let_in(wire, browses=False)
    with pytest.raises(PermissionDenied, match="may not browse project ENG any more"):
        cloud.fetch_ticket("10040")


def test_404_because_the_project_is_gone_is_no_missing_ticket(wire: Wire, cloud: JiraPlugin) -> None:
    wire.get(f"{V3}/issue/10040", status=404)
    wire.get(f"{V3}/myself", json={"accountId": "1"})
    wire.get(f"{V3}/mypermissions", status=404)
    with pytest.raises(PermissionDenied, match="project ENG is not there any more"):
        cloud.fetch_ticket("10040")


def test_a_hit_that_is_gone_by_now_is_nothing_found(wire: Wire, cloud: JiraPlugin) -> None:
    wire.post(f"{V3}/search/jql", json={"issues": [{"id": "10040"}, {"id": "9999"}], "isLast": True})
    wire.get(f"{V3}/issue/10040", status=404)
    still_let_in(wire)
    wire.get(f"{V3}/issue/9999", json=issue(labels=["other"]))
    assert not cloud.find_ticket(KEY, None)
    jql = f'labels = "{KEY}" OR description ~ "\\"{KEY}\\""'
    assert sent(wire, 0) == {"jql": jql, "maxResults": 10, "fields": ["labels"]}


def test_data_center_searches_where_it_has_it(wire: Wire, datacenter: JiraPlugin) -> None:
    wire.post(f"{V2}/search", json={"issues": [], "total": 0})
    assert not datacenter.find_ticket(KEY, None)
