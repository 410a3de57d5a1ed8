"""The sections `channels` and `notices`, and the key `notify` of teams and members: how people are reached outside of tickets."""

from collections.abc import Collection, Mapping

from pydantic import Field

from escalation_bridge.config.values import Duration, TimeOfDay, Word, Zone
from escalation_bridge.domain.teams.directory import NoticeRules
from escalation_bridge.domain.teams.reach import DayHours, Digest, Reach, Way
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.plugin.settings import Secret, Settings


class ChannelSettings(Settings):
    """A channel: a mail server, a room of a chat, a pager, or any other service of Apprise."""

    url: Secret
    """Apprise's address of it, such as mailtos://user:password@smtp.example.com?from=bridge@example.com&to={to}. `{to}` is where the
    address of the person goes; a channel without it is a room that all its readers share.
    """


class DayHoursSettings(Settings):
    """A span of every day; it may go over midnight."""

    hours: tuple[TimeOfDay, TimeOfDay]
    """From and until, such as ["22:00", "07:00"]."""
    timezone: Zone
    """The IANA time zone, such as Asia/Jakarta."""


class WaySettings(Settings):
    """One way to reach a person or a team. The first one that fits is used; the others if it fails."""

    channel: str
    """One of `channels`."""
    severity: tuple[Severity, ...] = ()
    """For tickets of these severities only: emergency, standard. If omitted: for all."""
    hours: DayHoursSettings | None = None
    """Only at these hours. What pages ignores them if no other way is left."""
    digest: Digest | None = None
    """Collects notices, and sends them as one message: daily or weekly. What pages is sent at once."""
    to: Word | None = None
    """The address at this channel. If omitted: the member's e-mail address."""


class NoticeSettings(Settings):
    """How notices outside of tickets go out."""

    everybody: tuple[WaySettings, ...] = ()
    """How members are reached who have no `notify` of their own."""
    quiet: DayHoursSettings | None = None
    """When only what pages is sent to people who have no `quiet` of their own."""
    page_every: Duration = Field(default="5m", validate_default=True)
    """The interval of pages until somebody acknowledges."""
    page_times: int = Field(default=3, ge=1, le=20)
    """After so many unanswered pages the next person is paged: by the rota, then leads."""
    gather: Duration = Field(default="5m", validate_default=True)
    """What comes within this time after a notice to the same person waits, and is one message."""
    digest_at: TimeOfDay = Field(default="08:00", validate_default=True)
    """When digests are sent; weekly ones on Mondays."""
    timezone: Zone = "UTC"
    """The time zone of `digest_at`, for people without `quiet`."""


def make_ways(ways: Collection[WaySettings], quiet: DayHoursSettings | None) -> Reach:
    """The ways of somebody."""
    return Reach(
        tuple(
            Way(
                each.channel,
                frozenset(each.severity),
                _hours(each.hours),
                each.digest,
                each.to or "",
            )
            for each in ways
        ),
        _hours(quiet),
    )


def make_notice_rules(settings: NoticeSettings) -> NoticeRules:
    """The rules of notices."""
    return NoticeRules(
        everybody=make_ways(settings.everybody, settings.quiet),
        page_every=settings.page_every,
        page_times=settings.page_times,
        gather=settings.gather,
        digest_at=settings.digest_at,
        timezone=settings.timezone,
    )


def _hours(settings: DayHoursSettings | None) -> DayHours | None:
    if settings is None:
        return None
    start, end = settings.hours
    return DayHours(start, end, settings.timezone)


def channel_urls(channels: Mapping[str, ChannelSettings]) -> dict[str, str]:
    """The addresses of channels, by name."""
    return {name: each.url.get_secret_value() for name, each in channels.items()}
