"""By which channel, and when, a notice goes out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.notices.recipients import Recipient, reach_of
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.reach import Digest, Reach, Way, next_time
from escalation_bridge.domain.tickets.tickets import Severity


@dataclass(frozen=True, slots=True)
class Planned:
    """How a notice goes out.

    Attributes:
        channel: The channel.
        address: What the channel calls the recipient.
        at: The earliest time.
        is_last: Whether there is no other channel if it fails.
    """

    channel: str
    address: str
    at: datetime
    is_last: bool


def plan(
    directory: Directory,
    recipient: Recipient,
    severity: Severity,
    now: datetime,
    *,
    page: bool = False,
    is_collected: bool = False,
    failed: Collection[str] = (),
) -> Planned | None:
    """Plan a notice.

    Args:
        directory: The support organisation.
        recipient: Who gets it.
        severity: The severity of the ticket.
        now: The instant.
        page: Whether it is sent at any hour, and never collected.
        is_collected: Whether the time of its digest has come.
        failed: Channels that failed with this notice; they are used again only if all did.

    Returns:
        None: no channel is configured for it.
    """
    reach = reach_of(directory, recipient)
    # What pages goes out, if need be by a channel that is meant for other hours.
    serving = [each for each in reach.ways if each.serves(severity, now)] or (
        [each for each in reach.ways if not each.severities or severity in each.severities] if page else []
    )
    if not serving:
        return _when_a_channel_opens(reach, recipient, severity, now)
    left = [each for each in serving if each.channel not in failed]
    way = (left or serving)[0]
    at = now if page else _time(directory, reach, way, now, is_collected=is_collected)
    return Planned(way.channel, _address(way, recipient), at, is_last=len(left) <= 1)


def _when_a_channel_opens(
    reach: Reach, recipient: Recipient, severity: Severity, now: datetime
) -> Planned | None:
    """The first channel for this severity that is used again later."""
    later = [
        (next_time(now, each.hours.start, each.hours.timezone), each)
        for each in reach.ways
        if each.hours is not None and (not each.severities or severity in each.severities)
    ]
    if not later:
        return None
    at, way = min(later, key=lambda each: each[0])
    return Planned(way.channel, _address(way, recipient), at, is_last=True)


def _address(way: Way, recipient: Recipient) -> str:
    return way.address or recipient.person


def _time(directory: Directory, reach: Reach, way: Way, now: datetime, *, is_collected: bool) -> datetime:
    zone = reach.quiet.timezone if reach.quiet is not None else directory.notices.timezone
    if way.digest is not None and not is_collected:
        monday = 0 if way.digest is Digest.WEEKLY else None
        return next_time(now, directory.notices.digest_at, zone, monday)
    return reach.quiet.end_after(now) if reach.quiet is not None else now
