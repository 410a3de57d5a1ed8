"""How much may be asked in which time."""

from dataclasses import dataclass
from datetime import timedelta

import flask

from escalation_bridge_sandbox.jira.edition import Edition
from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.ratelimit import RateVerdict, RateWindow

WRITES = frozenset({"POST", "PUT", "DELETE"})
NEAR_LIMIT = 0.2
HOUR = 3600


@dataclass(frozen=True)
class CloudLimits:
    """The limits of Cloud (Atlassian, rate limiting).

    Attributes:
        reads_and_creates: GET and POST, for each endpoint, per second.
        changes_and_deletes: PUT and DELETE, for each endpoint, per second.
        issue_writes: Pairs of a number of writes to one issue and the seconds in which they are allowed.
        app_points: Points per hour of an app; API tokens have no such limit. Every request costs one here, where Atlassian has some that
            cost two.
    """

    reads_and_creates: int = 100
    changes_and_deletes: int = 50
    issue_writes: tuple[tuple[int, float], ...] = ((20, 2), (100, 30))
    app_points: int = 65_000


@dataclass(frozen=True)
class DatacenterLimits:
    """A token bucket for each user; administrators switch it on."""

    size: int = 50
    fill_rate: int = 10
    interval_seconds: int = 1


class CloudMeter:
    """Counts by endpoint, by issue and by app, and says in each answer how it stands."""

    def __init__(self, limits: CloudLimits, clock: SandboxClock) -> None:
        self._clock = clock
        self._reads = RateWindow(limits.reads_and_creates, 1, clock)
        self._changes = RateWindow(limits.changes_and_deletes, 1, clock)
        self._issues = [RateWindow(limit, seconds, clock) for limit, seconds in limits.issue_writes]
        self._points = RateWindow(limits.app_points, HOUR, clock)

    def count(self, method: str, endpoint: str, issue_id: str | None) -> None:
        """Count a request.

        Raises:
            JiraError: 429. A write to an issue only blocks that issue, a burst only that endpoint, and the points everything.
        """
        if flask.g.get("jira_is_app"):
            points = flask.g.jira_points = self._points.take(flask.g.sandbox_user)
            if not points.allowed:
                raise self._refusal(points, "jira-quota-global-based")
        window = self._changes if method in ("PUT", "DELETE") else self._reads
        verdict = window.take((method, endpoint))
        flask.g.jira_rate = verdict
        if not verdict.allowed:
            raise self._refusal(verdict, "jira-burst-based")
        if issue_id is not None and method in WRITES:
            for each in self._issues:
                issue_verdict = each.take(issue_id)
                if not issue_verdict.allowed:
                    raise self._refusal(issue_verdict, "jira-per-issue-on-write")

    def headers(self) -> dict[str, str]:
        """Headers for the answer to the request that was counted last."""
        verdict: RateVerdict | None = flask.g.get("jira_rate")
        points: RateVerdict | None = flask.g.get("jira_points")
        headers = {} if verdict is None else _count(verdict)
        return headers if points is None else {**headers, **_quota(points)}

    def _refusal(self, verdict: RateVerdict, reason: str) -> JiraError:
        reset = self._clock.now() + timedelta(seconds=verdict.reset_seconds)
        headers = {
            **_count(verdict),
            # Both only come with a 429.
            "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%M:%SZ}",
            "Retry-After": str(verdict.reset_seconds),
            "RateLimit-Reason": reason,
        }
        return JiraError(429, "Rate limit exceeded.", headers=headers)


def _count(verdict: RateVerdict) -> dict[str, str]:
    return {"X-RateLimit-Limit": str(verdict.limit), "X-RateLimit-Remaining": str(verdict.remaining)}


def _quota(points: RateVerdict) -> dict[str, str]:
    """How the app's points stand. What remains is only told when it is little."""
    near = points.remaining < points.limit * NEAR_LIMIT
    left = f"r={points.remaining};" if near else ""
    return {
        "RateLimit-Policy": f'"global-app-quota";q={points.limit};w={HOUR}',
        "RateLimit": f'"global-app-quota";{left}t={points.reset_seconds}',
    }


class DatacenterMeter:
    """A bucket of tokens for each user; without limits it counts nothing and says nothing."""

    def __init__(self, limits: DatacenterLimits | None, clock: SandboxClock) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def count(self, method: str, endpoint: str, issue_id: str | None) -> None:
        """Take a token of the user who is logged in.

        Raises:
            JiraError: 429, when there is none left.
        """
        del method, endpoint, issue_id
        if self._limits is None:
            return
        user = flask.g.sandbox_user
        now = self._clock.now().timestamp()
        tokens, then = self._buckets.get(user, (float(self._limits.size), now))
        gained = max(0.0, now - then) / self._limits.interval_seconds * self._limits.fill_rate
        tokens = min(float(self._limits.size), tokens + gained)
        if tokens < 1:
            self._buckets[user] = (tokens, now)
            wait = max(1, round((1 - tokens) / self._limits.fill_rate * self._limits.interval_seconds))
            raise JiraError(
                429, "Rate limit exceeded.", headers={**self._headers(0), "Retry-After": str(wait)}
            )
        self._buckets[user] = (tokens - 1, now)
        flask.g.jira_tokens = int(tokens - 1)

    def headers(self) -> dict[str, str]:
        """Headers for the answer to the request that was counted last."""
        left: int | None = flask.g.get("jira_tokens")
        return {} if left is None else {**self._headers(left), "Retry-After": "0"}

    def _headers(self, left: int) -> dict[str, str]:
        if self._limits is None:
            return {}
        return {
            "X-RateLimit-Limit": str(self._limits.size),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-FillRate": str(self._limits.fill_rate),
            "X-RateLimit-Interval-Seconds": str(self._limits.interval_seconds),
        }


Meter = CloudMeter | DatacenterMeter
Limits = CloudLimits | DatacenterLimits


def meter_for(edition: Edition, limits: Limits | None, clock: SandboxClock) -> Meter:
    """The meter of an edition.

    Raises:
        ValueError: The limits are the other edition's.
    """
    match edition.deployment, limits:
        case "cloud", CloudLimits() | None:
            return CloudMeter(limits or CloudLimits(), clock)
        case "datacenter", DatacenterLimits() | None:
            return DatacenterMeter(limits, clock)
    raise ValueError("Jira Cloud takes CloudLimits, Data Center takes DatacenterLimits")
