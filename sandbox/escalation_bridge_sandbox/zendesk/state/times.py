"""Instants as Zendesk writes them."""

from datetime import UTC, datetime


def iso(instant: datetime) -> str:
    """To the second, in UTC: `2023-09-18T23:25:58Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)


def iso_with_nanoseconds(instant: datetime) -> str:
    """As in event bodies and fresh webhooks: `2023-09-18T23:38:14.906338000Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def whole_seconds(instant: datetime) -> datetime:
    """Zendesk stores tickets, comments and audits to the second."""
    return instant.replace(microsecond=0)


def parse_iso(text: str) -> datetime | None:
    """An ISO 8601 instant or date, as UTC; None when it is none."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
