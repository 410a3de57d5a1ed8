"""Channels that do not work, ways that lead nowhere, and notices that nobody would get."""

from collections.abc import Collection, Iterator
from typing import Any

from escalation_bridge.config.notices import ChannelSettings
from escalation_bridge.config.reach import actions_in
from escalation_bridge.configfile import Document, Review
from escalation_bridge.configfile import Path as Place

_PERSONAL = "{to}"


def check_channels(document: Document, review: Review) -> None:
    """Report addresses that Apprise cannot use. It is loaded only where there are channels."""
    names = document.keys(("channels",))
    if not names:
        return
    from escalation_bridge.plugged.channels import Channel  # takes a tenth of a second

    for name in names:
        at = ("channels", name, "url")
        settings = review.read(ChannelSettings, ("channels", name))
        problem = Channel(name, settings.url.get_secret_value()).problem() if settings is not None else None
        if problem is not None:
            review.report(at, problem)


def check_notices(document: Document, review: Review, *, extended: bool) -> None:
    """Check the names of channels, and that somebody gets each notice.

    Args:
        document: The file.
        review: Gets the findings.
        extended: Whether an enabled extension sends notices: only it knows which names it serves.
    """
    channels = document.keys(("channels",))
    for at in _ways(document):
        _check_way(document, review, at, channels)
    for action in actions_in(document):
        if document.node((*action, "notify")) is not None:
            _check_recipient(document, review, (*action, "notify"), extended=extended)
    for at in (("escalation", "alert"), ("review", "to")):
        if document.node(at) is not None:
            _check_recipient(document, review, at, extended=extended)


def _ways(document: Document) -> Iterator[Place]:
    yield from document.below(("notices", "everybody"))
    for team in document.below(("teams",)):
        yield from document.below((*team, "notify"))
        for member in document.below((*team, "members")):
            yield from document.below((*member, "notify"))


def _check_way(document: Document, review: Review, at: Place, channels: Collection[str]) -> None:
    channel = document.value((*at, "channel"))
    if not isinstance(channel, str):
        return
    if channel not in channels:
        review.report_unknown((*at, "channel"), "channel", channels, section="channels")
        return
    url = str(document.value(("channels", channel, "url")))
    is_of_team = len(at) == len(("teams", "name", "notify", 0)) and at[0] == "teams"
    if is_of_team and _PERSONAL in url and document.value((*at, "to")) is None:
        review.report(
            at,
            f"the channel {channel} reaches single people: write `to`, such as an address that the team reads",
        )
    if _PERSONAL not in url and document.value((*at, "to")) is not None:
        review.report(
            (*at, "to"),
            f"the channel {channel} is a room for all: its url has no {_PERSONAL} where this would go",
        )


def _check_recipient(document: Document, review: Review, at: Place, *, extended: bool) -> None:
    """Report a recipient that is nobody, or whom nothing reaches."""
    if extended:
        return
    to = document.value(at)
    channels = document.keys(("channels",))
    if not channels:
        review.report(
            at,
            "nothing sends notifications: write `channels`, enable an extension that implements the hook `notify` under "
            "bridge: extensions, or write `note` for an internal note",
            of_key=True,
        )
        return
    reached = _reached(document)
    if not isinstance(to, str) or to.casefold() in (each.casefold() for each in channels):
        return
    known = {name.casefold(): is_reached for name, is_reached in reached.items()}
    if to.casefold() not in known:
        review.report_unknown(at, "team, member or channel", (*reached, *channels))
    elif not known[to.casefold()]:
        review.report(
            at,
            f"nothing reaches {to}: write `notify` for the team or its members, or `everybody` under notices",
        )


def _reached(document: Document) -> dict[str, bool]:
    """All teams, their titles and members, and whether something reaches them."""
    everybody = bool(document.below(("notices", "everybody")))
    reached: dict[str, bool] = {}
    for team in document.below(("teams",)):
        members = document.below((*team, "members"))
        people = {
            str(document.value((*each, "email"))): everybody or bool(document.below((*each, "notify")))
            for each in members
        }
        from_group = any(
            document.value((*place, "members_from_group")) is True
            for place in document.below((*team, "places"))
        )
        is_reached = (
            bool(document.below((*team, "notify"))) or any(people.values()) or (everybody and from_group)
        )
        title: Any = document.value((*team, "title"))
        reached |= (
            people | {str(team[-1]): is_reached} | ({title: is_reached} if isinstance(title, str) else {})
        )
    return reached
