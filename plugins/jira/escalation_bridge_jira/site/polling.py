"""Changed issues by search: complete although the search has minutes only, lags, and moves while it is read.

* JQL compares whole minutes in the time zone of the account's profile. So the zone is read, and a pass begins early.
* The index lags behind the database. So a pass begins earlier by the maximum lag, and issues already returned are recognized by
  id and time of change.
* Issues change while pages are read. So the newest come first: an issue that changes moves to the front, the others move to
  the next page, never out of it, and the one that changed is newer than this pass, so that the next one finds it.

A deleted issue is in no search: only its webhook reports it, or reading it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from escalation_bridge.plugin import (
    ChangePage,
    JsonPart,
    Rejected,
)
from escalation_bridge_jira.site.desk import Desk

ISSUES_PER_PAGE = 100
_AGAIN = 5
"""The number of issues of a page that the next one repeats, when paging by count: deletions move the rest forward."""
_MOST_KNOWN = 2000
"""The number of changes that a cursor stores. Forgotten ones are returned twice."""
_MINUTE = timedelta(minutes=1)
_WESTERNMOST = timedelta(hours=12)
"""The maximum that a clock may be behind UTC."""


@dataclass(frozen=True)
class _Cursor:
    """The position of the next page.

    Attributes:
        until: The newest change of all completed passes.
        known: Returned changes that the next pass may find again: time by issue id.
        began: The wall clock time of this pass's query; None between passes.
        newest: The newest change of this pass.
        token: Cloud's next page.
        start: Data Center's next page.
    """

    until: datetime
    known: Mapping[str, str] = field(default_factory=dict)
    began: str | None = None
    newest: datetime | None = None
    token: str | None = None
    start: int = 0

    def __str__(self) -> str:
        newest = self.newest.isoformat() if self.newest else None
        return json.dumps(
            [self.until.isoformat(), dict(self.known), self.began, newest, self.token, self.start],
            separators=(",", ":"),
        )

    @classmethod
    def read(cls, text: str) -> "_Cursor":
        """Parse a cursor that `str` wrote.

        Raises:
            ValueError: It is not one.
        """
        try:
            until, known, began, newest, token, start = json.loads(text)
            return cls(
                datetime.fromisoformat(until),
                {str(key): str(value) for key, value in known.items()},
                began,
                datetime.fromisoformat(newest) if newest else None,
                token,
                int(start),
            )
        except (TypeError, AttributeError) as error:
            raise ValueError("not a cursor") from error


@dataclass(frozen=True)
class Polling:
    """Reads the changes of one site."""

    desk: Desk

    def page(self, text: str | None) -> ChangePage:
        """The next page of changes; without a cursor, only the starting position."""
        if text is None:
            now = (self.desk.jira.site() / "serverTime").maybe_instant()
            return ChangePage((), str(_Cursor(now or self.desk.connection.now())), more=False)
        try:
            cursor = _Cursor.read(text)
        except ValueError:
            self.desk.reject(
                "the stored cursor is not one of this plugin: start the connection's polling anew"
            )
        try:
            return self._page(cursor)
        except Rejected:
            if cursor.token is None:
                raise
            # Cloud's page tokens expire after 7 days. Whoever comes back later begins the pass anew.
            return self._page(replace(cursor, began=None, newest=None, token=None, start=0))

    def _page(self, cursor: _Cursor) -> ChangePage:
        began = cursor.began or self._wall_clock(cursor.until - self._overlap)
        answer = self._search(f'updated >= "{began}" ORDER BY updated DESC', cursor)
        found = dict(_changes(answer))
        fresh = {
            issue: changed for issue, changed in found.items() if cursor.known.get(issue) != _stamp(changed)
        }
        newest = max(filter(None, (cursor.newest, *found.values())), default=None)
        known = {**cursor.known, **{issue: _stamp(changed) for issue, changed in fresh.items()}}
        token = (answer / "nextPageToken").maybe_text()
        total, end = (answer / "total").maybe_number(), cursor.start + len(found)
        if self.desk.settings.cloud:
            more = token is not None and (answer / "isLast").maybe_flag() is not True
        else:
            more = bool(found) and total is not None and end < total
        if more:
            start = max(end - _AGAIN, cursor.start + 1)
            coming_again = {issue: _stamp(found[issue]) for issue in list(found)[-_AGAIN:]}
            remembered = {**self._worth_knowing(known, newest), **coming_again}
            following = _Cursor(cursor.until, remembered, began, newest, token, start)
        else:
            until = max(filter(None, (cursor.until, newest)))
            following = _Cursor(until, self._worth_knowing(known, until))
        return ChangePage(tuple(fresh), str(following), more)

    def _search(self, jql: str, cursor: _Cursor) -> JsonPart:
        body: dict[str, object] = {"jql": jql, "maxResults": ISSUES_PER_PAGE, "fields": ["updated"]}
        if not self.desk.settings.cloud:
            body["startAt"] = cursor.start
        elif cursor.token:
            body["nextPageToken"] = cursor.token
        return self.desk.jira.write("POST", self.desk.jira.edition.search, body, repeatable=True)

    @property
    def _overlap(self) -> timedelta:
        return timedelta(seconds=self.desk.settings.search_lag_seconds) + _MINUTE

    def _worth_knowing(self, known: Mapping[str, str], newest: datetime | None) -> Mapping[str, str]:
        """Changes that the next pass may find again."""
        if newest is None:
            return known
        # The wall clock has no seconds, and may be read an hour early where clocks are put back.
        since = newest - self._overlap - _MINUTE - timedelta(hours=1)
        recent = [(stamp, issue) for issue, stamp in known.items() if datetime.fromisoformat(stamp) >= since]
        return {issue: stamp for stamp, issue in sorted(recent, reverse=True)[:_MOST_KNOWN]}

    def _wall_clock(self, instant: datetime) -> str:
        name = (self.desk.jira.get("/myself") / "timeZone").maybe_text()
        try:
            zone = ZoneInfo(name or "")
        except (ValueError, OSError, KeyError):
            # A zone that is not known here: early enough for every zone there is.
            return _minutes(instant.astimezone(UTC) - _WESTERNMOST)
        return wall_clock(instant, zone)


def wall_clock(instant: datetime, zone: ZoneInfo) -> str:
    """The time of a clock in the zone, to the minute; the earlier one if it is ambiguous, because JQL cannot distinguish them."""
    local = instant.astimezone(zone)
    while local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        instant -= timedelta(minutes=30)
        local = instant.astimezone(zone)
    return _minutes(local)


def _minutes(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _changes(answer: JsonPart) -> Iterator[tuple[str, datetime]]:
    for issue in (answer / "issues").elements():
        yield (issue / "id").identifier(), (issue / "fields" / "updated").instant()


def _stamp(changed: datetime) -> str:
    return changed.isoformat(timespec="milliseconds")
