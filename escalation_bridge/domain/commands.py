"""What agents ask the bridge for in a private note: a line that begins with `/bridge`.

A note counts once: the answer to it is an intent under the note's own key. What customers write, and what is public, never counts.

On a linked ticket that several customers wait for, all their cases hear the same note. Each does what is meant for its own link; of
what is meant for none of them in particular only one speaks. And what was asked for before a ticket was linked is not for its link.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from escalation_bridge.domain.cases import CaseView, Hold, Link, Rules, TimelineEntry
from escalation_bridge.domain.events import EventKind
from escalation_bridge.domain.field_holds import settle
from escalation_bridge.domain.intent_records import IntentState, KeyedIntent
from escalation_bridge.domain.intents import LinkByKey, WriteComment
from escalation_bridge.domain.linking import unlink
from escalation_bridge.domain.messages import MessageRequest
from escalation_bridge.domain.parts import NOTHING, Part
from escalation_bridge.domain.pointers import all_of_health
from escalation_bridge.domain.routes import Side
from escalation_bridge.domain.shared_issues import speaks_for_all
from escalation_bridge.domain.siblings import Sibling
from escalation_bridge.domain.tickets import Comment, Role, TicketRef, Visibility

# Editors put spaces that do not break where somebody types two; they are as good as any.
_LINE = re.compile(r"/bridge(?:(?:[^\S\n]|:)+(?P<words>[^\n]*))?$", re.IGNORECASE | re.MULTILINE)
_CLOCKS_DIFFER = timedelta(minutes=1)
"""So far a vendor's clock may lie behind the bridge's."""
_PEOPLE = (Role.AGENT, Role.UNKNOWN)


class Verb(StrEnum):
    STATUS = "status"
    RETRY = "retry"
    CHOOSE = "choose"
    LINK = "link"
    UNLINK = "unlink"


_VERBS = {verb.value: verb for verb in Verb} | {
    "ulangi": Verb.RETRY,
    "pilih": Verb.CHOOSE,
    "taut": Verb.LINK,
    "lepas": Verb.UNLINK,
}
_SIDES = {side.value: side for side in Side} | {"asal": Side.ORIGIN, "tertaut": Side.LINKED}


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for.

    Attributes:
        verb: None where the word is none that the bridge knows.
        words: What follows it.
        ticket: Where it was said, and where it is answered.
        comment: The id of the note.
        key: What it is answered under.
        by: Who asks.
    """

    verb: Verb | None
    words: tuple[str, ...]
    ticket: TicketRef
    comment: str
    key: str
    by: str


def is_command(comment: Comment) -> bool:
    """Whether a comment is for the bridge, and not carried over."""
    return (
        comment.visibility is Visibility.PRIVATE
        and comment.author.role in _PEOPLE
        and _LINE.match(comment.body.text.strip()) is not None
    )


def open_commands(view: CaseView) -> Iterator[Command]:
    """What has been asked for and not been answered yet, in the order in which it was said."""
    for comment in view.comments:
        seen = (comment.ticket, comment.id)
        key = f"command:{comment.ticket}:{comment.id}"
        if (
            key in view.intents
            or seen in view.own_comments
            or seen in view.taken_back
            or not is_command(comment)
            or _is_for_others(view, comment)
        ):
            continue
        said = _LINE.match(comment.body.text.strip())
        verb, *words = ((said["words"] if said else None) or "help").split() or ["help"]
        yield Command(
            _VERBS.get(verb.casefold()), tuple(words), comment.ticket, comment.id, key, comment.author.name
        )


def _is_for_others(view: CaseView, comment: Comment) -> bool:
    """Whether a note in a linked ticket was there before this case's links were, or was left to another case."""
    if comment.ticket == view.origin:
        return False
    near = [link for link in view.links if comment.ticket in (link.origin, link.linked)]
    return all(_is_not_for(link, comment) for link in near)


def _is_not_for(link: Link, comment: Comment) -> bool:
    left = link.told_linked if comment.ticket == link.linked else link.told
    return comment.id in left or (link.by_hand and comment.created_at < link.since - _CLOCKS_DIFFER)


def obey(view: CaseView, rules: Rules, now: datetime) -> Part:
    """Do what was asked for, and answer.

    The links that change are in the part; decide the rest on them.
    """
    part = _asked_from_outside(view)
    for command in open_commands(view):
        links = {link.id: link for link in (*view.links, *part.links)}
        view = replace(view, links=tuple(link for link in links.values() if link.ended is None))
        match command.verb:
            case Verb.STATUS:
                part += _tell_status(view, command, now)
            case Verb.RETRY:
                part += _retry(view, command, now)
            case Verb.CHOOSE:
                part += _choose(view, command)
            case Verb.LINK:
                part += _leave_to_another(view, command) or _link(rules, command)
            case Verb.UNLINK:
                part += _unlink(view, command, now)
            case None:
                part += _leave_to_another(view, command) or _answer(command, "command_unknown")
    return part


def _leave_to_another(view: CaseView, command: Command) -> Part | None:
    """Take note of what the case of another customer of the same ticket answers; None: this one has to."""
    near = _near(view, command)
    if command.ticket == view.origin or not near or any(speaks_for_all(view, link) for link in near):
        return None
    return _heard(near, command)


def _heard(near: list[Link], command: Command) -> Part:
    """Take note of a command that is not answered by this case, so that it is not taken up later."""
    return Part(links=tuple(replace(link, told_linked=(*link.told_linked, command.comment)) for link in near))


def _answer(command: Command, template: str, **facts: str) -> Part:
    message = MessageRequest(template, {"by": command.by, **facts}, visibility=Visibility.PRIVATE)
    return Part(
        intents=(KeyedIntent(command.key, WriteComment(command.ticket, Visibility.PRIVATE, message)),)
    )


def _near(view: CaseView, command: Command) -> list[Link]:
    """The links at the ticket in which a command was said."""
    return [link for link in view.links if command.ticket in (link.origin, link.linked)]


def _is_called(ref: TicketRef, key: str, name: str) -> bool:
    names = (key, ref.id, str(ref))
    return name.casefold().removeprefix("#") in (each.casefold().removeprefix("#") for each in names)


def _other(link: Link, command: Command) -> TicketRef:
    return link.linked if command.ticket == link.origin else link.origin


def _key(view: CaseView, ref: TicketRef) -> str:
    ticket = view.tickets.get(ref)
    return ticket.key if ticket else str(ref)


def _tell_status(view: CaseView, command: Command, now: datetime) -> Part:
    near = _near(view, command)
    if not near:
        return _answer(command, "command_no_link")
    part = NOTHING
    for number, link in enumerate(near):
        other = _other(link, command)
        ticket = view.tickets.get(other)
        facts = {
            "other_key": _key(view, other),
            "other_url": ticket.url if ticket else "",
            "status": ticket.status.name if ticket else "",
            "assignee": ticket.assignee.name if ticket and ticket.assignee else "",
        }
        message = MessageRequest(
            "command_status", facts, visibility=Visibility.PRIVATE, health=all_of_health(view, link, now)
        )
        key = command.key if number == 0 else f"{command.key}:{link.id}"
        part += Part(intents=(KeyedIntent(key, WriteComment(command.ticket, Visibility.PRIVATE, message)),))
    return part


def _retry(view: CaseView, command: Command, now: datetime) -> Part:
    failed = tuple(key for key, record in view.intents.items() if record.state is IntentState.FAILED)
    calmed = tuple(replace(link, calm_since=now) for link in view.links if link.hold is not None)
    if not failed and not calmed and (left := _leave_to_another(view, command)):
        return left
    entry = TimelineEntry(now, "retried_by", {"by": command.by, "count": str(len(failed))})
    done = Part(links=calmed, retried=failed, timeline=(entry,))
    return done + _answer(command, "command_retried", count=str(len(failed)))


def _asked_from_outside(view: CaseView) -> Part:
    """What was said on the command line about links that are on hold. It counts for what was on hold by then."""
    changed = (_as_asked_from_outside(view, link) for link in view.links)
    return Part(links=tuple(after for link, after in zip(view.links, changed, strict=True) if after != link))


def _as_asked_from_outside(view: CaseView, link: Link) -> Link:
    for event in view.events:
        held_since = link.hold.since if link.hold is not None else None
        if event.kind is EventKind.RETRIED and held_since is not None and event.at > held_since:
            link = replace(link, calm_since=max(event.at, link.calm_since or event.at))
        if event.kind is EventKind.CHOSEN:
            side, *field = event.choice
            link = _chosen(link, Side(side), field[0] if field else None, before=event.at)
    return link


def _chosen(link: Link, side: Side, field: str | None, before: datetime | None = None) -> Link:
    """The link after a choice about what has been in conflict, since before an instant where one is given."""

    def counts(hold: Hold | None) -> bool:
        return hold is not None and (before is None or hold.since < before)

    if (
        (field is None or field.casefold() == "status")
        and link.hold is not None
        and link.hold.reason == "status_conflict"
    ):
        link = replace(link, chosen=side) if counts(link.hold) else link
    late = {key: state for key, state in link.fields.items() if not counts(state.hold)}
    settled = settle(link, field, side)
    return replace(settled, fields={**settled.fields, **late}) if settled != link else link


def _choose(view: CaseView, command: Command) -> Part:
    side = _SIDES.get(command.words[0].casefold()) if command.words else None
    if side is None:
        return _leave_to_another(view, command) or _answer(command, "command_unknown")
    field = " ".join(command.words[1:]) or None
    changed: list[Link] = []
    for link in _near(view, command):
        chosen = _chosen(link, side, field)
        if chosen != link:
            changed.append(chosen)
    if not changed:
        return _leave_to_another(view, command) or _answer(command, "command_nothing_to_choose")
    return Part(links=tuple(changed)) + _answer(command, "command_chosen", side=side.value)


def _link(rules: Rules, command: Command) -> Part:
    routes = sorted(name for name, route in rules.routes.items() if route.origin == command.ticket.connection)
    named = command.words[1:2] or tuple(routes[:1] if len(routes) == 1 else ())
    if not command.words or not named or named[0] not in routes:
        return _answer(command, "command_link_how", routes=", ".join(routes))
    route = rules.routes[named[0]]
    ask = LinkByKey(route.linked, route.name, command.ticket, command.words[0], command.by)
    return Part(intents=(KeyedIntent(command.key, ask),))


def tell_of_refused_links(view: CaseView) -> Part:
    """Answer who named a ticket that could not be linked."""
    part = NOTHING
    for record in view.intents.values():
        intent, receipt = record.intent, record.receipt
        if not isinstance(intent, LinkByKey) or receipt is None or not receipt.detail:
            continue
        facts = {"by": intent.by, "words": intent.words, "reason": receipt.detail}
        message = MessageRequest("command_link_refused", facts, visibility=Visibility.PRIVATE)
        note = WriteComment(intent.ticket, Visibility.PRIVATE, message)
        part += Part(intents=(KeyedIntent(f"refused:{record.key}", note),))
    return part


def _unlink(view: CaseView, command: Command, now: datetime) -> Part:
    near, name = _near(view, command), " ".join(command.words[:1])
    if not near:
        return _answer(command, "command_no_link")
    ends = {link.id: _other(link, command) for link in near}
    meant = [link for link in near if not name or _is_called(ends[link.id], _key(view, ends[link.id]), name)]
    others = [one for link in near for one in _others_at(view, link, command)]
    if not meant and any(_is_called(one.origin, one.key, name) for one in others):
        return _heard(near, command)
    if len(meant) != 1 or (not name and others):
        return _leave_to_another(view, command) or _ask_which(view, near, name, command)
    part = unlink(view, meant[0], command.by, now)
    # The note that says so in this ticket is the answer.
    answered = tuple(
        replace(keyed, key=command.key)
        if isinstance(keyed.intent, WriteComment) and keyed.intent.ticket == command.ticket
        else keyed
        for keyed in part.intents
    )
    return replace(part, intents=answered)


def _others_at(view: CaseView, link: Link, command: Command) -> tuple[Sibling, ...]:
    """The other customers' tickets that are linked with the ticket in which a command was said."""
    return view.siblings.get(link.id, ()) if command.ticket == link.linked else ()


def _ask_which(view: CaseView, near: list[Link], name: str, command: Command) -> Part:
    keys = [_key(view, _other(link, command)) for link in near]
    keys += [one.key for link in near for one in _others_at(view, link, command)]
    return _answer(command, "command_unlink_which", words=name, keys=", ".join(dict.fromkeys(keys)))
