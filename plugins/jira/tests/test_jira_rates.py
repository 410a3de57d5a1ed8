"""Jira's limits on requests: which ones count for what, what the headers tell, and that a 429 stops what it is about."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict

from escalation_bridge.domain.tickets.tickets import CommentDraft, TicketDraft, Visibility
from escalation_bridge.errors import RateLimited
from escalation_bridge.plugin.http.budgets import ACCOUNT, Reading, Urgency, working
from escalation_bridge.plugin.http.meter import Budgets
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_jira.http.rates import JiraLimits
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.limits import CloudLimits, DatacenterLimits

Site = Any
MakeSite = Callable[..., Site]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLOUD = JiraLimits(cloud=True, now=lambda: NOW)
DATA_CENTER = JiraLimits(cloud=False, now=lambda: NOW)
ISSUE = "/rest/api/3/issue/10000"
KEY = "eb-0123456789abcdef0123"


def told(limits: JiraLimits, method: str = "GET", path: str = ISSUE, **headers: str) -> list[Reading]:
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return list(limits.readings(method, path, CaseInsensitiveDict(spelt)))


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", ISSUE, [ACCOUNT, "GET /rest/api/3/issue/{}"]),
        ("GET", "/ex/jira/1f/rest/api/3/issue/ENG-1", [ACCOUNT, "GET /rest/api/3/issue/{}"]),
        ("PUT", ISSUE, [ACCOUNT, "PUT /rest/api/3/issue/{}", "writes to issue 10000"]),
        (
            "POST",
            "/rest/servicedeskapi/request/10000/comment",
            [ACCOUNT, "POST /rest/servicedeskapi/request/{}/comment", "writes to issue 10000"],
        ),
        ("POST", "/rest/api/3/issue", [ACCOUNT, "POST /rest/api/3/issue"]),
        ("POST", "/rest/api/3/issue/bulkfetch", [ACCOUNT, "POST /rest/api/3/issue/bulkfetch"]),
        ("POST", "/rest/api/3/search/jql", [ACCOUNT, "POST /rest/api/3/search/jql"]),
    ],
)
def test_cloud_counts_for_the_account_the_endpoint_and_the_issue(
    method: str, path: str, expected: list[str]
) -> None:
    assert [scope.name for scope in CLOUD.scopes(method, path, {})] == expected
    assert [scope.name for scope in DATA_CENTER.scopes(method, path, {})] == [ACCOUNT]


def test_writes_to_an_issue_are_counted_before_jira_refuses_them() -> None:
    budgets, sent = Budgets(), list[float]()
    for tenths in range(600):
        at = tenths / 10
        while (
            budgets.take(CLOUD.scopes("PUT", ISSUE, {}), Urgency.PROMISE, NOW + timedelta(seconds=at)) is None
        ):
            sent.append(at)
    assert max(sum(at <= other < at + 2 for other in sent) for at in sent) == 20
    assert max(sum(at <= other < at + 30 for other in sent) for at in sent) == 100
    elsewhere = CLOUD.scopes("PUT", "/rest/api/3/issue/10001", {})
    assert budgets.take(elsewhere, Urgency.PROMISE, NOW + timedelta(seconds=sent[-1])) is None


def test_the_requests_of_a_second_are_the_endpoints() -> None:
    endpoint = "GET /rest/api/3/issue/{}"
    headers = {"X_RateLimit_Limit": "100", "X_RateLimit_Remaining": "90"}
    assert told(CLOUD, **headers) == [Reading(endpoint, 90, 100, 1)]
    assert told(CLOUD, **headers, RateLimit_Reason="jira-per-issue-on-write") == []


def test_numbers_that_warn_are_the_accounts() -> None:
    headers = {"X_RateLimit_Limit": "65000", "X_RateLimit_Remaining": "9000"}
    assert told(CLOUD, **headers, X_RateLimit_NearLimit="true") == [Reading(ACCOUNT, 9000, 65000)]
    headers |= {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2026-03-02T09:10:00Z"}
    headers |= {"RateLimit_Reason": "jira-quota-tenant-based"}
    assert told(CLOUD, **headers) == [Reading(ACCOUNT, 0, 65000, 600)]


def test_the_structured_headers_name_their_policies() -> None:
    policy = '"global-app-quota";q=65000;w=3600, "jira-burst-based";q=100;w=1, "another-one";q=1;w=1'
    left = '"global-app-quota";r=11000;t=600,"jira-burst-based";r=90;t=1,"another-one";r=0;t=9'
    assert told(CLOUD, RateLimit=left, RateLimit_Policy=policy, X_RateLimit_Remaining="3") == [
        Reading(ACCOUNT, 11000, 65000, 600),
        Reading("GET /rest/api/3/issue/{}", 90, 100, 1),
    ]
    assert told(CLOUD, RateLimit='"global-app-quota";t=3200') == []  # "well within its limits"


def test_what_is_only_announced_binds_nobody() -> None:
    assert told(CLOUD, Beta_RateLimit='"global-app-quota";r=0;t=50', X_Beta_RateLimit_Remaining="0") == []


def test_data_center_fills_its_bucket_again() -> None:
    headers = {"X_RateLimit_Limit": "50", "X_RateLimit_Remaining": "10"}
    headers |= {"X_RateLimit_FillRate": "5", "X_RateLimit_Interval_Seconds": "2", "retry_after": "0"}
    assert told(DATA_CENTER, **headers) == [Reading(ACCOUNT, 10, 50, 16)]


@pytest.mark.parametrize(
    ("reason", "closed"),
    [
        ("jira-quota-global-based", ACCOUNT),
        ("jira-quota-tenant-based", ACCOUNT),
        ("jira-burst-based", "PUT /rest/api/3/issue/{}"),
        ("jira-per-issue-on-write", "writes to issue 10000"),
        (None, ACCOUNT),
        ("something new", ACCOUNT),
    ],
)
def test_a_429_closes_what_its_reason_names(reason: str | None, closed: str) -> None:
    headers = CaseInsensitiveDict({"RateLimit-Reason": reason} if reason else {})
    assert CLOUD.closed("PUT", ISSUE, headers) == closed


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *(f"X-RateLimit-{part}" for part in ("Limit", "Remaining", "Reset", "NearLimit")),
                *("X-RateLimit-FillRate", "X-RateLimit-Interval-Seconds"),
                *("RateLimit", "RateLimit-Policy", "RateLimit-Reason"),
            ]
        ),
        st.text()
        | st.sampled_from(["0", "true", "2026-03-02T09:00Z", '"global-app-quota";r=1', "jira-quota-x"]),
    ),
    st.sampled_from([CLOUD, DATA_CENTER]),
)
def test_no_header_breaks_anything(headers: dict[str, str], limits: JiraLimits) -> None:
    for reading in limits.readings("PUT", ISSUE, CaseInsensitiveDict(headers)):
        assert reading.left >= 0
        assert reading.renews_in is None or reading.renews_in >= 0
    limits.closed("PUT", ISSUE, CaseInsensitiveDict(headers))


# --- at the stand-in --------------------------------------------------------------------------------------------------------


def refused(site: Site) -> list[str]:
    return [f"{entry.method} {entry.path}" for entry in site.sandbox.journal.entries() if entry.status == 429]


def test_an_issue_that_takes_no_writes_is_left_alone_and_others_are_not(
    make_site: MakeSite, draft: TicketDraft
) -> None:
    site = make_site("cloud", limits=CloudLimits(issue_writes=((100, 2), (3, 30))))
    plugin = site.plugin()
    tickets = [plugin.create_ticket(draft, f"{KEY}{number}") for number in range(2)]
    first, second = (ticket.ref.id for ticket in tickets)
    note = CommentDraft(from_text("A note."), Visibility.PUBLIC)
    site.sandbox.journal.clear()
    for number in range(8):  # somebody else's limit is smaller than the bridge knows of
        with suppress(RateLimited):
            plugin.add_comment(first, note, f"eb-{number}")
    assert len(refused(site)) == 1
    with pytest.raises(RateLimited, match=f"writes to issue {first}") as limited:
        plugin.add_comment(first, note, "eb-9")
    assert 20 < (limited.value.at.retry_after or 0) <= 35
    assert plugin.fetch_ticket(first).ref.id == first
    plugin.add_comment(second, note, "eb-10")
    assert len(refused(site)) == 1


def test_looking_for_what_was_missed_leaves_tokens_for_promises(
    make_site: MakeSite, draft: TicketDraft
) -> None:
    site = make_site("datacenter", limits=DatacenterLimits(size=40, fill_rate=1, interval_seconds=60))
    plugin = site.plugin()
    issue = plugin.create_ticket(draft, KEY).ref.id
    asked = 0
    with working(Urgency.BACKFILL), suppress(RateLimited):
        for _ in range(60):
            plugin.fetch_ticket(issue)
            asked += 1
    assert 0 < asked < 60
    with working(Urgency.PROMISE):
        for _ in range(6):
            plugin.fetch_ticket(issue)
    assert refused(site) == []


def test_an_app_without_points_asks_nothing_more_until_they_are_counted_anew(make_site: MakeSite) -> None:
    site = make_site("cloud", limits=CloudLimits(app_points=10))
    client = {"client_id": "bridge", "client_secret": SecretStr(seed.oauth_secret(seed.BRIDGE))}
    app = site.plugin(
        email=None,
        api_token=None,
        oauth={**client, "server": site.running.url},
        cloud_id=seed.CLOUD_ID,
        api_gateway=site.running.url,
    )
    with suppress(RateLimited):
        for _ in range(20):
            app.check_connection()
    before = len(site.sandbox.journal.entries())
    with working(Urgency.PROMISE), suppress(RateLimited):
        for _ in range(20):
            app.check_connection()
    with working(Urgency.PROMISE), pytest.raises(RateLimited) as limited:
        app.check_connection()
    assert 3500 < (limited.value.at.retry_after or 0) <= 3605
    assert refused(site) == []  # the headers said in time that little was left
    assert before < len(site.sandbox.journal.entries()) <= 11
