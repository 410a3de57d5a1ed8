"""What is done about what agents ask for, and what they are answered."""

from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Hold, Link, Rules, TimelineEntry
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent, Receipt
from escalation_bridge.domain.case.writes import LinkByKey, WriteComment
from escalation_bridge.domain.commands.parse import Command, Verb, open_commands
from escalation_bridge.domain.commands.replies import (
    answer,
    heard,
    is_called,
    key_of,
    leave_to_another,
    near_links,
    other_end,
    others_at,
)
from escalation_bridge.domain.commands.status_reply import tell_status
from escalation_bridge.domain.links.by_hand import unlink
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.sync.fields.holds import settle
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

_SIDES = {side.value: side for side in Side} | {"asal": Side.ORIGIN, "tertaut": Side.LINKED}


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
                part += tell_status(view, command, now)
            case Verb.RETRY:
                part += _retry(view, command, now)
            case Verb.CHOOSE:
                part += _choose(view, command)
            case Verb.LINK:
                part += leave_to_another(view, command) or _link(rules, command)
            case Verb.UNLINK:
                part += _unlink(view, command, now)
            case None:
                part += leave_to_another(view, command) or answer(command, "command_unknown")
    return part


def _retry(view: CaseView, command: Command, now: datetime) -> Part:
    failed = tuple(key for key, record in view.intents.items() if record.state is IntentState.FAILED)
    calmed = tuple(replace(link, calm_since=now) for link in view.links if link.hold is not None)
    if not failed and not calmed and (left := leave_to_another(view, command)):
        return left
    entry = TimelineEntry(now, "retried_by", {"by": command.by, "count": str(len(failed))})
    done = Part(links=calmed, retried=failed, timeline=(entry,))
    return done + answer(command, "command_retried", count=str(len(failed)))


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
        and link.hold.reason is HoldReason.STATUS_CONFLICT
    ):
        link = replace(link, chosen=side) if counts(link.hold) else link
    late = {key: state for key, state in link.fields.items() if not counts(state.hold)}
    settled = settle(link, field, side)
    return replace(settled, fields={**settled.fields, **late}) if settled != link else link


def _choose(view: CaseView, command: Command) -> Part:
    side = _SIDES.get(command.words[0].casefold()) if command.words else None
    if side is None:
        return leave_to_another(view, command) or answer(command, "command_unknown")
    field = " ".join(command.words[1:]) or None
    changed: list[Link] = []
    for link in near_links(view, command):
        chosen = _chosen(link, side, field)
        if chosen != link:
            changed.append(chosen)
    if not changed:
        return leave_to_another(view, command) or answer(command, "command_nothing_to_choose")
    return Part(links=tuple(changed)) + answer(command, "command_chosen", side=side.value)


def _link(rules: Rules, command: Command) -> Part:
    routes = sorted(name for name, route in rules.routes.items() if route.origin == command.ticket.connection)
    named = command.words[1:2] or tuple(routes[:1] if len(routes) == 1 else ())
    if not command.words or not named or named[0] not in routes:
        return answer(command, "command_link_how", routes=", ".join(routes))
    route = rules.routes[named[0]]
    ask = LinkByKey(route.linked, route.name, command.ticket, command.words[0], command.by)
    return Part(intents=(KeyedIntent(command.key, ask),))


def tell_of_refused_links(view: CaseView) -> Part:
    """Answer who named a ticket that could not be linked."""
    part = NOTHING
    for record in view.intents.values():
        intent, receipt = record.intent, record.receipt
        refusal = _refusal_in(receipt) if receipt is not None else None
        if not isinstance(intent, LinkByKey) or refusal is None:
            continue
        facts = {"by": intent.by, "words": intent.words, "reason": refusal.value}
        message = MessageRequest("command_link_refused", facts, visibility=Visibility.PRIVATE)
        note = WriteComment(intent.ticket, Visibility.PRIVATE, message)
        part += Part(intents=(KeyedIntent(keys.Refused(record.key).text, note),))
    return part


def _refusal_in(receipt: Receipt) -> LinkRefusal | None:
    in_detail = (each for each in LinkRefusal if each == receipt.detail)  # of an earlier version
    return receipt.refusal or next(in_detail, None)


def _unlink(view: CaseView, command: Command, now: datetime) -> Part:
    near, name = near_links(view, command), " ".join(command.words[:1])
    if not near:
        return answer(command, "command_no_link")
    ends = {link.id: other_end(link, command) for link in near}
    meant = [link for link in near if not name or is_called(ends[link.id], key_of(view, ends[link.id]), name)]
    others = [one for link in near for one in others_at(view, link, command)]
    if not meant and any(is_called(one.origin, one.key, name) for one in others):
        return heard(near, command)
    if len(meant) != 1 or (not name and others):
        return leave_to_another(view, command) or _ask_which(view, near, name, command)
    part = unlink(view, meant[0], command.by, now)
    # The note that says so in this ticket is the answer.
    answered = tuple(
        replace(keyed, key=command.key)
        if isinstance(keyed.intent, WriteComment) and keyed.intent.ticket == command.ticket
        else keyed
        for keyed in part.intents
    )
    return replace(part, intents=answered)


def _ask_which(view: CaseView, near: list[Link], name: str, command: Command) -> Part:
    keys = [key_of(view, other_end(link, command)) for link in near]
    keys += [one.key for link in near for one in others_at(view, link, command)]
    return answer(command, "command_unlink_which", words=name, keys=", ".join(dict.fromkeys(keys)))
