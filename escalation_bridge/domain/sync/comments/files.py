"""Copy files with their comments: the same way, once, and never more visible.

A file is passed on after the comment that carries it, the files of the description and of what it quotes after the linked
ticket was created. So nothing is passed on whose comment is not, and no file keeps a comment waiting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.routes.routes import CommentRule, Route, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments.carry_over import Carriers
from escalation_bridge.domain.sync.comments.who_spoke import is_our_file
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Attachment, Comment, Ticket, Visibility


@dataclass(frozen=True, slots=True)
class _Carried:
    """A copied text with files. `comment` is None for the description."""

    side: Side
    source: Ticket
    comment: str | None
    seen: Visibility
    files: tuple[Attachment, ...]


def pass_files(view: CaseView, link: Link, route: Route, now: datetime) -> Part:
    """Copy the files of copied texts, as far as the route allows; note the refused ones."""
    if route.files is None or any(view.absence(ref) is not None for ref in (link.origin, link.linked)):
        return NOTHING
    part = NOTHING
    for carried in (*_with_the_ticket(view, link), *_with_comments(view, link, route)):
        # The rule of the comments' way: public is only what was public and is written as public.
        visible = carried.seen is route.comment_rule(carried.side).write is Visibility.PUBLIC
        for file in carried.files:
            if is_our_file(file, carried.source.ref, view.intents.values()):
                continue
            intent = PassFile(
                ticket=link.ticket(carried.side.other),
                visibility=Visibility.PUBLIC if visible else Visibility.PRIVATE,
                link=link.id,
                side=carried.side,
                source=carried.source.ref,
                comment=carried.comment,
                seen=carried.seen,
                attachment=file,
                rule=route.files,
            )
            key = _key(intent)
            if key in view.intents:
                continue
            objection = route.files.objection(file.name, file.content_type, file.size)
            part += (
                Part(intents=(KeyedIntent(key, intent),))
                if objection is None
                else _refused(view, key, intent, objection, now)
            )
    return part


def note_refused_files(view: CaseView, now: datetime) -> Part:
    """A file that could not be passed on is named in the ticket that it was for, once, with its size and the reason."""
    part = NOTHING
    for record in view.intents.values():
        if isinstance(record.intent, PassFile) and record.state is IntentState.FAILED:
            part += _refused(view, record.key, record.intent, record.error or "", now)
    return part


def _with_the_ticket(view: CaseView, link: Link) -> Iterator[_Carried]:
    """The description of the origin and the comments that the linked ticket's description quotes."""
    created, origin = view.intents.get(link.id), view.tickets.get(link.origin)
    if created is None or not isinstance(created.intent, CreateTicket) or not created.intent.files:
        return
    if origin is None:
        return
    if origin.description_visibility is Visibility.PUBLIC:
        yield _Carried(Side.ORIGIN, origin, None, Visibility.PUBLIC, origin.attachments)
    public_only = CommentRule(Take.PUBLIC, Visibility.PRIVATE)
    for comment in view.comments_of(origin.ref):
        if comment.id in link.excluded and _may_go(view, comment, public_only):
            yield _Carried(Side.ORIGIN, origin, comment.id, comment.visibility, comment.attachments)


def _with_comments(view: CaseView, link: Link, route: Route) -> Iterator[_Carried]:
    """The comments that were copied one by one."""
    carriers = Carriers.of(view)
    for side in Side:
        source = view.tickets.get(link.ticket(side))
        if source is None:
            continue
        for comment in view.comments_of(source.ref):
            record = view.intents.get(carriers.key(link, comment)) if comment.attachments else None
            if (
                record is not None
                and isinstance(record.intent, WriteComment)
                and record.intent.files
                and record.state is IntentState.DONE
                and _may_go(view, comment, route.comment_rule(side))
            ):
                yield _Carried(side, source, comment.id, comment.visibility, comment.attachments)


def _may_go(view: CaseView, comment: Comment, rule: CommentRule) -> bool:
    """Whether the comment would be copied today, too: it may have been hidden since."""
    if (comment.ticket, comment.id) in view.own_comments or (comment.ticket, comment.id) in view.taken_back:
        return False
    if rule.take is Take.NONE:
        return False
    return rule.take is Take.ALL or comment.visibility is Visibility.PUBLIC


def _key(intent: PassFile) -> str:
    return keys.File(intent.link, intent.side, intent.source, intent.comment, intent.attachment.id).text


def _refused(view: CaseView, key: str, intent: PassFile, reason: str, now: datetime) -> Part:
    note_key = keys.Refused(key).text
    if note_key in view.intents:
        return NOTHING
    source, target = view.tickets.get(intent.source), view.tickets.get(intent.ticket)
    facts = {
        "name": intent.attachment.name,
        "size": "" if intent.attachment.size is None else str(intent.attachment.size),
        "error": reason,
        "limit": str(intent.rule.max_bytes) if reason == "file_too_large" else "",
        "from_key": source.key if source else str(intent.source),
        "from_vendor": view.vendors.get(intent.source.connection, intent.source.connection),
        "to_key": target.key if target else str(intent.ticket),
    }
    message = MessageRequest("file_refused", facts, visibility=Visibility.PRIVATE)
    note = WriteComment(intent.ticket, Visibility.PRIVATE, message)
    return Part(intents=(KeyedIntent(note_key, note),), timeline=(TimelineEntry(now, "file_refused", facts),))
