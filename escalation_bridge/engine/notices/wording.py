"""What stands in a message: one notice, or several that go out together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from textwrap import shorten

from markupsafe import Markup

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.notices.notice import Notice
from escalation_bridge.domain.notices.recipients import Recipient, language_of, name_of, reach_of, team_of
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.messages.catalogue import LANGUAGES, date_and_time, phrase, texts, time_of_day
from escalation_bridge.messages.own_texts import Occasion
from escalation_bridge.text.rich_text import one_line

ACKNOWLEDGE = "ack"
"""The page of the receiver on which somebody acknowledges an escalation."""
_LINK_VALID = timedelta(days=7)
_MOST_LISTED = 40
_LONGEST_SUBJECT = 120
"""Characters of a ticket's subject in a title."""
_IS_CLEAR = timedelta(hours=18)
"""A time of day without a date is clear as long as it is no further away."""


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
    """Put notices for one recipient into one message, the gravest first."""
    language = language_of(directory, recipient, LANGUAGES, bridge.language)
    now = bridge.now()
    notices = _one_for_each_thing(notices)
    if len(notices) == 1:
        (notice,) = notices
        body = _body(bridge, directory, notice, language)
        return Worded(
            _title(directory, notice, language, now),
            body + _acknowledge(bridge, directory, notice, language, now),
        )
    lines = [
        Markup('<li><a href="{url}">{title}</a>{acknowledge}</li>').format(
            url=notice.message.facts.get("ticket_url", ""),
            title=_title(directory, notice, language, now),
            acknowledge=Markup(_acknowledge(bridge, directory, notice, language, now, inline=True)),  # noqa: S704 - made here
        )
        for notice in notices[:_MOST_LISTED]
    ]
    if len(notices) > _MOST_LISTED:
        more = phrase("notice", "and_more", language, count=len(notices) - _MOST_LISTED)
        lines.append(Markup("<li>{}</li>").format(more))
    emergencies = sum(notice.severity is Severity.EMERGENCY for notice in notices)
    title = phrase("notice", "several", language, count=len(notices), emergencies=emergencies)
    return Worded(title, str(Markup("<ul>{}</ul>").format(Markup("").join(lines))))


def _one_for_each_thing(notices: Sequence[Notice]) -> list[Notice]:
    """The gravest first, and of several notices about a case, or about an incident, only the gravest and newest."""

    def rank(notice: Notice) -> tuple[bool, bool, bool, int]:
        is_grave = notice.severity is Severity.EMERGENCY
        return not notice.page, not is_grave, notice.about.escalation is None, -notice.id

    found: dict[str, Notice] = {}
    for notice in sorted(notices, key=rank):
        found.setdefault(notice.thing, notice)
    return list(found.values())


def _title(directory: Directory, notice: Notice, language: str, now: datetime) -> str:
    """One line: how grave, by when, and what. Phones show its beginning only."""
    subject = notice.message.facts.get("ticket_subject", "")
    facts = {
        **notice.message.facts,
        **_deadline(directory, notice, language, now),
        "ticket_subject": shorten(subject, _LONGEST_SUBJECT, placeholder="…"),
        "severity": str(notice.severity),
        "again": notice.sent,
    }
    known = texts(language)["notice"]
    name = f"title_{notice.message.template}"
    return one_line(phrase("notice", name if name in known else "title", language, **facts))


def _deadline(directory: Directory, notice: Notice, language: str, now: datetime) -> dict[str, str]:
    """When the target is due, as a time of day if that is clear; `missed` if it is over."""
    text = notice.message.facts.get("due", "")
    if not text:
        return {"by_when": "", "missed": ""}
    due, timezone = datetime.fromisoformat(text), _timezone(directory, notice)
    shown = time_of_day if abs(due - now) < _IS_CLEAR else date_and_time
    return {"by_when": shown(due, timezone, language), "missed": "yes" if due <= now else ""}


def _body(bridge: Bridge, directory: Directory, notice: Notice, language: str) -> str:
    facts = {**notice.message.facts, "timezone": _timezone(directory, notice)}
    occasion = Occasion(team=team_of(directory, notice.recipient) or None)
    return bridge.extensions.compose_message(
        replace(notice.message, facts=facts), language, occasion=occasion
    ).body.html


def _timezone(directory: Directory, notice: Notice) -> str:
    """The zone of times in a message: in which the person lives, else that of the ticket's policy."""
    quiet = reach_of(directory, notice.recipient).quiet
    known = notice.message.facts.get("timezone") or directory.notices.timezone
    return quiet.timezone if quiet is not None else known


def _acknowledge(
    bridge: Bridge,
    directory: Directory,
    notice: Notice,
    language: str,
    now: datetime,
    *,
    inline: bool = False,
) -> str:
    """The link to acknowledge an escalation or a page; empty for what needs none, or without a public address."""
    escalation = notice.about.escalation
    if escalation is None and not notice.page:
        return ""
    about = (
        {"since": notice.created_at.isoformat()} if escalation is None else {"escalation": str(escalation)}
    )
    recipient = notice.recipient
    facts = {
        "case": str(notice.case_id),
        **about,
        "language": language,
        **({"member": recipient.person} if recipient.person else {"by": name_of(directory, recipient)}),
    }
    url = bridge.links.url(ACKNOWLEDGE, facts, now, _LINK_VALID)
    if url is None:
        return ""
    text = phrase("notice", "acknowledge", language)
    link = Markup('<a href="{url}">{text}</a>').format(url=url, text=text)
    return str(Markup(": {}").format(link) if inline else Markup("<p><strong>{}</strong></p>").format(link))
