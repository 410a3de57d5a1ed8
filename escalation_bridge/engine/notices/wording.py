"""What stands in a message: one notice, or several that go out together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from markupsafe import Markup

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.notices.notice import Notice
from escalation_bridge.domain.notices.recipients import Recipient, language_of, name_of, reach_of, team_of
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.messages.catalogue import LANGUAGES, phrase, texts
from escalation_bridge.messages.own_texts import Occasion

ACKNOWLEDGE = "ack"
"""The page of the receiver on which somebody acknowledges an escalation."""
_LINK_VALID = timedelta(days=7)
_MOST_LISTED = 40


@dataclass(frozen=True, slots=True)
class Worded:
    """A message.

    Attributes:
        title: One line of plain text.
        html: The body.
    """

    title: str
    html: str


def word(bridge: Bridge, directory: Directory, recipient: Recipient, notices: Sequence[Notice]) -> Worded:
    """Put notices for one recipient into one message."""
    language = language_of(directory, recipient, LANGUAGES, bridge.language)
    now = bridge.now()
    notices = _one_for_each_thing(notices)
    if len(notices) == 1:
        (notice,) = notices
        body = _body(bridge, directory, notice, language)
        return Worded(_title(notice, language), body + _acknowledge(bridge, directory, notice, language, now))
    lines = [
        Markup('<li><a href="{url}">{title}</a>{acknowledge}</li>').format(
            url=notice.message.facts.get("ticket_url", ""),
            title=_title(notice, language),
            acknowledge=Markup(_acknowledge(bridge, directory, notice, language, now, inline=True)),  # noqa: S704 - made here
        )
        for notice in notices[:_MOST_LISTED]
    ]
    if len(notices) > _MOST_LISTED:
        more = phrase("notice", "and_more", language, count=len(notices) - _MOST_LISTED)
        lines.append(Markup("<li>{}</li>").format(more))
    title = phrase("notice", "several", language, count=len(notices))
    return Worded(title, str(Markup("<ul>{}</ul>").format(Markup("").join(lines))))


def _one_for_each_thing(notices: Sequence[Notice]) -> list[Notice]:
    """Of several notices about a case, or about an incident, the one that asks for most."""
    found: dict[str | int, Notice] = {}
    for notice in sorted(notices, key=lambda each: (each.page, each.about.escalation is not None, -each.id)):
        found[notice.about.incident or notice.case_id] = notice
    return list(found.values())


def _title(notice: Notice, language: str) -> str:
    facts = {**notice.message.facts, "severity": str(notice.severity), "again": notice.sent}
    known = texts(language)["notice"]
    name = f"title_{notice.message.template}"
    return " ".join(phrase("notice", name if name in known else "title", language, **facts).split())


def _body(bridge: Bridge, directory: Directory, notice: Notice, language: str) -> str:
    reach = reach_of(directory, notice.recipient)
    facts = {"timezone": directory.notices.timezone, **notice.message.facts}
    if reach.quiet is not None:  # the zone in which the person lives
        facts["timezone"] = reach.quiet.timezone
    message = replace(notice.message, facts=facts)
    occasion = Occasion(team=team_of(directory, notice.recipient) or None)
    return bridge.extensions.compose_message(message, language, occasion=occasion).body.html


def _acknowledge(
    bridge: Bridge,
    directory: Directory,
    notice: Notice,
    language: str,
    now: datetime,
    *,
    inline: bool = False,
) -> str:
    """The link to acknowledge an escalation; empty for what needs none, or without a public address."""
    if notice.about.escalation is None:
        return ""
    recipient = notice.recipient
    facts = {
        "case": str(notice.case_id),
        "escalation": str(notice.about.escalation),
        "language": language,
        **({"member": recipient.person} if recipient.person else {"by": name_of(directory, recipient)}),
    }
    url = bridge.links.url(ACKNOWLEDGE, facts, now, _LINK_VALID)
    if url is None:
        return ""
    text = phrase("notice", "acknowledge", language)
    link = Markup('<a href="{url}">{text}</a>').format(url=url, text=text)
    return str(Markup(": {}").format(link) if inline else Markup("<p><strong>{}</strong></p>").format(link))
