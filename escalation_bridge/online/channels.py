"""Send a test through every channel."""

from collections.abc import Iterator
from dataclasses import dataclass

from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.messages.catalogue import phrase
from escalation_bridge.plugged.channels import ChannelFailed, make_channels


@dataclass(frozen=True, slots=True)
class Tested:
    """A test.

    Attributes:
        channel: The name of the channel.
        to: Whom it was sent to; empty: all who read the channel.
        error: Why it failed; None: it was taken.
    """

    channel: str
    to: str
    error: str | None


def send_tests(urls: dict[str, str], directory: Directory, language: str) -> Iterator[Tested]:
    """Send a test through each channel. Through one that reaches single people, to the first who uses it, leads first."""
    title, html = phrase("notice", "title_test", language), phrase("notice", "test", language)
    for name, channel in make_channels(urls).items():
        address = _somebody(directory, name) if channel.is_personal else ""
        if address is None:
            yield Tested(name, "", "nobody uses it: no `notify` names it")
            continue
        try:
            channel.send(address, title, html)
        except ChannelFailed as error:
            yield Tested(name, address, str(error))
        else:
            yield Tested(name, address, None)


def _somebody(directory: Directory, channel: str) -> str | None:
    """The address of somebody who uses a channel; None: nobody does."""
    teams = directory.teams.values()
    members = sorted((each for team in teams for each in team.members), key=lambda each: not each.is_lead)
    used = [(each.email, directory.reach_of(each)) for each in members]
    used += [("", team.reach) for team in teams]
    for address, reach in used:
        for way in reach.ways:
            if way.channel == channel and (way.address or address):
                return way.address or address
    return None
