"""Changes of an issue's status, from its changelog."""

from collections.abc import Iterator
from datetime import datetime

from escalation_bridge.plugin import (
    JsonPart,
    Status,
    StatusChange,
)
from escalation_bridge_jira.site.desk import Desk


def is_own_status(desk: Desk, ticket_id: str, status_id: str) -> bool:
    """Whether the last status change of an issue led to this one and was the connection's own."""
    change = max(_status_changes(desk.jira.history_of(ticket_id)), key=_age, default=None)
    if change is None or _led_to(change) != status_id:
        return False
    user = desk.jira.edition.user
    return (change / "author" / user).maybe_text() == (desk.jira.get("/myself") / user).text()


def status_changes(desk: Desk, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
    """The status changes of an issue since an instant, oldest first."""
    return tuple(each for each in _changes(desk, desk.jira.history_of(ticket_id)) if each.at >= since)


def all_status_changes(desk: Desk, issue: JsonPart) -> tuple[StatusChange, ...] | None:
    """The status changes of an issue that was read with its changelog; None without one."""
    changelog = issue / "changelog"
    return tuple(_changes(desk, changelog)) if changelog else None


def _changes(desk: Desk, changelog: JsonPart) -> Iterator[StatusChange]:
    for change in sorted(_status_changes(changelog), key=_age):
        yield StatusChange(
            (change / "id").identifier(), (change / "created").instant(), _status(desk, change)
        )


def _status(desk: Desk, change: JsonPart) -> Status:
    """The status that a change led to. The changelog has its id and name; the site's statuses have its kind."""
    item = next(item for item in (change / "items").items() if (item / "field").value == "status")
    status_id, name = (item / "to").text(), (item / "toString").maybe_text() or ""
    known = desk.memory.statuses.get()
    if known is None or status_id not in known:
        listed = (desk.mapper.status(each) for each in desk.jira.get("/status").elements())
        known = desk.memory.statuses.put({status.id: status for status in listed})
    return known.get(status_id) or desk.mapper.status_of(status_id, name, "")


def _status_changes(changelog: JsonPart) -> Iterator[JsonPart]:
    # Both editions show the changelog as part of the issue, Cloud its newest entries first, Data Center all, the oldest first.
    for change in (changelog / "histories").elements():
        if _led_to(change) is not None:
            yield change


def _led_to(change: JsonPart) -> str | None:
    """The id of the status that a change led to; None if it changed other fields."""
    statuses = (item for item in (change / "items").items() if (item / "field").value == "status")
    return next(((item / "to").maybe_text() for item in statuses), None)


def _age(change: JsonPart) -> tuple[object, int]:
    """The sort key of changes: two in one millisecond are ordered by their ids."""
    return (change / "created").instant(), int((change / "id").identifier())
