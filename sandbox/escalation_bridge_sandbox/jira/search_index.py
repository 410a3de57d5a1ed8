"""What search sees: the issues as they were a moment ago."""

import copy
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from escalation_bridge_sandbox.jira.model.issue import Issue


class SearchIndex:
    """Copies of the issues at each change, so that a search can be answered with a lag.

    Attributes:
        lag: Seconds until a change is found. Jira Cloud's search is eventually consistent; 0 finds all at once.
    """

    def __init__(self, lag: float) -> None:
        self.lag = lag
        self._versions: dict[str, list[tuple[datetime, Issue | None]]] = {}

    def put(self, issue: Issue, at: datetime) -> None:
        self._add(issue.id, copy.deepcopy(issue), at)

    def remove(self, issue_id: str, at: datetime) -> None:
        self._add(issue_id, None, at)

    def issues(self, now: datetime, current: Iterable[Issue], fresh: Collection[str] = ()) -> list[Issue]:
        """The issues as search sees them; those with `fresh` ids as they are."""
        if self.lag <= 0:
            return list(current)
        seen = {issue.id: issue for issue in current if issue.id in fresh}
        for issue_id, versions in self._versions.items():
            if issue_id in fresh:
                continue
            latest = _latest(versions, now - timedelta(seconds=self.lag))
            if latest is not None:
                seen[issue_id] = latest
        return list(seen.values())

    def _add(self, issue_id: str, version: Issue | None, at: datetime) -> None:
        versions = self._versions.setdefault(issue_id, [])
        # A clock that was moved back must not leave versions in the future.
        versions[:] = [(when, each) for when, each in versions if when < at][-50:]
        versions.append((at, version))


def _latest(versions: list[tuple[datetime, Issue | None]], until: datetime) -> Issue | None:
    found = None
    for when, version in versions:
        if when <= until:
            found = version
    return found
