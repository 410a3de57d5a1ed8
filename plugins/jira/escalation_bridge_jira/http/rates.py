"""Jira's rate limits: the scopes of a request, and the readings in an answer's headers.

From "Rate limiting" in Atlassian's documentation. Cloud counts three things at once: the app's points of an hour, requests of a second for
each endpoint and method, and writes to one issue. The `RateLimit-Reason` of a 429 names the limit. Data Center, if an admin has
enabled it, has one token bucket for each user.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from escalation_bridge.plugin import (
    ACCOUNT,
    Limits,
    Reading,
    Scope,
)

_WRITING = frozenset({"POST", "PUT", "DELETE"})
_ISSUE_WRITES = ((20, 2.0), (100, 30.0))
"""Cloud's limits for writes to one issue, which no answer shows before they are used up."""
_ISSUE = re.compile(r"/rest/(?:api/\d|servicedeskapi)/(?:issue|request)/([^/]+)")
_NOT_ISSUES = frozenset({"createmeta", "bulk", "picker", "archive", "bulkfetch"})
_ID = re.compile(r"\d+|[A-Z][A-Z0-9_]+-\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}")
_POLICY = re.compile(r'\s*"([^"]+)"((?:\s*;\s*[a-z]+=\d+)*)\s*')
_QUOTAS = frozenset({"global-app-quota", "tenant-app-quota"})
_BURST = "jira-burst-based"
_PER_ISSUE = "jira-per-issue-on-write"
_LONGEST = 190


@dataclass(frozen=True)
class JiraLimits(Limits):
    """The account's limit; on Cloud also the endpoint's and the issue's.

    Attributes:
        cloud: Whether it is Jira Cloud.
        now: The wall clock.
    """

    cloud: bool
    now: Callable[[], datetime]

    def scopes(self, method: str, path: str, params: Mapping[str, object]) -> tuple[Scope, ...]:
        """The scopes of a request, the widest first."""
        del params
        if not self.cloud:
            return (Scope(ACCOUNT),)
        scopes = Scope(ACCOUNT), Scope(_endpoint(method, path))
        issue = _written(method, path)
        return scopes if issue is None else (*scopes, Scope(_writes_to(issue), windows=_ISSUE_WRITES))

    def readings(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[Reading, ...]:
        """The account's tokens or points, and the endpoint's requests.

        Headers that begin with `Beta-` or `X-Beta-` are ignored: they announce limits that are not enforced yet.
        """
        return tuple(self._readings(_endpoint(method, path), headers))

    def closed(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The scope that the reason names. Quotas, and a 429 without a reason, as of Data Center, concern the whole account."""
        reason, issue = headers.get("RateLimit-Reason"), _written(method, path)
        if reason == _PER_ISSUE and issue is not None:
            return _writes_to(issue)
        return _endpoint(method, path) if reason in (_BURST, _PER_ISSUE) else ACCOUNT

    def _readings(self, endpoint: str, headers: Mapping[str, str]) -> Iterator[Reading]:
        total, left = _number(headers, "X-RateLimit-Limit"), _number(headers, "X-RateLimit-Remaining")
        filling, interval = (
            _number(headers, "X-RateLimit-FillRate"),
            _number(headers, "X-RateLimit-Interval-Seconds"),
        )
        if filling and interval and total is not None and left is not None:
            yield Reading(ACCOUNT, left, total, max(0.0, total - left) / filling * interval)
            return
        structured = list(
            _structured(endpoint, headers.get("RateLimit", ""), headers.get("RateLimit-Policy", ""))
        )
        yield from structured
        if left is None or structured:
            return
        reason = headers.get("RateLimit-Reason", "")
        # The near-limit header is "not used for request rate limiting": where it warns, the numbers are a quota's.
        if reason.startswith("jira-quota") or headers.get("X-RateLimit-NearLimit", "").lower() == "true":
            yield Reading(ACCOUNT, left, total, self._until(headers))
        elif reason in ("", _BURST):
            yield Reading(endpoint, left, total, 1.0)  # "requests per second"

    def _until(self, headers: Mapping[str, str]) -> float | None:
        """Seconds until `X-RateLimit-Reset`, an ISO 8601 instant that only a 429 has."""
        try:
            reset = datetime.fromisoformat(headers["X-RateLimit-Reset"])
            return max(0.0, (reset.replace(tzinfo=reset.tzinfo or UTC) - self.now()).total_seconds())
        except (KeyError, ValueError, OverflowError):
            return None


def _structured(endpoint: str, levels: str, policies: str) -> Iterator[Reading]:
    """The readings of `"global-app-quota";r=11000;t=600`. Without `r`, there is enough."""
    totals = {name: values.get("q") for name, values in _entries(policies)}
    for name, values in _entries(levels):
        scope = ACCOUNT if name in _QUOTAS else endpoint if name == _BURST else None
        if scope is not None and "r" in values:
            yield Reading(scope, values["r"], totals.get(name), values.get("t"))


def _entries(header: str) -> Iterator[tuple[str, dict[str, float]]]:
    for entry in header.split(","):
        match = _POLICY.fullmatch(entry)
        if match:
            yield (
                match[1],
                {name: float(value) for name, value in re.findall(r"([a-z]+)=(\d{1,9})", match[2])},
            )


def _endpoint(method: str, path: str) -> str:
    """The endpoint as Atlassian counts it: without ids, with the API's version."""
    parts = path[max(0, path.find("/rest/")) :].split("/")
    general = (
        "{}" if _ID.fullmatch(part) and before != "api" else part
        for before, part in zip(["", *parts], parts, strict=False)
    )
    return f"{method} {'/'.join(general)}"[:_LONGEST]


def _written(method: str, path: str) -> str | None:
    match = _ISSUE.search(path) if method in _WRITING else None
    return match[1] if match and match[1] not in _NOT_ISSUES else None


def _writes_to(issue: str) -> str:
    return f"writes to issue {issue}"[:_LONGEST]


def _number(headers: Mapping[str, str], name: str) -> float | None:
    value = headers.get(name, "").strip()
    return float(value) if re.fullmatch(r"\d{1,9}", value) else None
