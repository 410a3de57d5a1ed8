"""Replies and notes, and the files on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import flask
from werkzeug.wrappers import Response as BaseResponse

from escalation_bridge_sandbox.freshdesk.gate import API, current_agent
from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.intake import (
    Body,
    check_attachment_size,
    query_params,
    read_json_or_form,
)
from escalation_bridge_sandbox.freshdesk.input.paging import PAGE_PARAMS, paged_response, read_page
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    invalid_value,
    it_should_be,
    looked_up,
    method_not_allowed,
    missing,
    no_match,
    not_found,
)
from escalation_bridge_sandbox.freshdesk.state import downloads
from escalation_bridge_sandbox.freshdesk.state.events import Actor
from escalation_bridge_sandbox.freshdesk.state.records import Conversation, ConversationSource
from escalation_bridge_sandbox.freshdesk.tickets import shapes
from escalation_bridge_sandbox.freshdesk.tickets.operations import NewConversation
from escalation_bridge_sandbox.freshdesk.views.tickets import living_ticket, seen_ticket, stored_bytes

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
    from escalation_bridge_sandbox.freshdesk.state.desk import Desk

REPLY_CHECKS: Mapping[str, checks.Check] = {
    "body": checks.filled_string,
    "from_email": checks.email,
    "user_id": checks.positive_integer,
    "cc_emails": checks.emails,
    "bcc_emails": checks.emails,
}
NOTE_CHECKS: Mapping[str, checks.Check] = {
    "body": checks.filled_string,
    "private": checks.boolean,
    "incoming": checks.boolean,
    "notify_emails": checks.emails,
    "user_id": checks.positive_integer,
}
NUMBERS = frozenset({"user_id"})
FLAGS = frozenset({"private", "incoming"})


def conversations_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    views = flask.Blueprint("freshdesk_conversations", __name__)

    @views.get(f"{API}/tickets/<int:ticket_id>/conversations")
    def list_conversations(ticket_id: int) -> flask.Response:
        params = query_params(PAGE_PARAMS)
        seen_ticket(vendor.helpdesk.desk, ticket_id)
        page = read_page(params)
        entries = vendor.helpdesk.desk.conversations_of(ticket_id)
        return paged_response(
            entries, page, lambda entry: shapes.conversation(entry, vendor.attachment_url), vendor.base_url
        )

    @views.post(f"{API}/tickets/<int:ticket_id>/reply")
    def reply(ticket_id: int) -> tuple[shapes.Json, int]:
        desk = vendor.helpdesk.desk
        ticket = living_ticket(desk, ticket_id)
        body, uploads = read_json_or_form(NUMBERS, FLAGS)
        _judge(body, REPLY_CHECKS)
        problems = _reply_references(body, desk)
        if problems:
            raise Invalid(problems)
        check_attachment_size(uploads, stored_bytes(desk, ticket))
        requester = desk.person(ticket.requester_id)
        new = NewConversation(
            user_id=body.get("user_id", current_agent().id),
            body=body["body"],
            source=ConversationSource.REPLY,
            private=False,
            from_email=body.get("from_email") or ticket.support_email or _support_email(desk),
            to_emails=[requester.email] if requester is not None and requester.email else [],
            cc_emails=body.get("cc_emails", []),
            bcc_emails=body.get("bcc_emails", []),
            uploads=uploads,
        )
        entry = vendor.helpdesk.add_conversation(ticket, new, Actor.AGENT)
        return shapes.reply_made(entry, vendor.attachment_url), 201

    @views.post(f"{API}/tickets/<int:ticket_id>/notes")
    def note(ticket_id: int) -> tuple[shapes.Json, int]:
        desk = vendor.helpdesk.desk
        ticket = living_ticket(desk, ticket_id)
        body, uploads = read_json_or_form(NUMBERS, FLAGS)
        _judge(body, NOTE_CHECKS)
        user_id = body.get("user_id", current_agent().id)
        if desk.person(user_id) is None:
            raise Invalid([no_match("user_id", "user")])
        check_attachment_size(uploads, stored_bytes(desk, ticket))
        new = NewConversation(
            user_id=user_id,
            body=body["body"],
            source=ConversationSource.NOTE,
            private=body.get("private", True),
            incoming=body.get("incoming", False),
            to_emails=body.get("notify_emails", []),
            uploads=uploads,
        )
        actor = Actor.REQUESTER if user_id in desk.contacts or new.incoming else Actor.AGENT
        entry = vendor.helpdesk.add_conversation(ticket, new, actor)
        return shapes.note_made(entry, vendor.attachment_url), 201

    @views.put(f"{API}/conversations/<int:conversation_id>")
    def edit(conversation_id: int) -> shapes.Json:
        entry = _note(vendor.helpdesk.desk, conversation_id)
        body, uploads = read_json_or_form()
        checks.refuse_unknown(body, ("body",))
        problems = checks.problems_in(body, NOTE_CHECKS)
        if not body and not uploads:
            problems.append(missing("body", it_should_be("String")))
        if problems:
            raise Invalid(problems)
        vendor.helpdesk.edit_note(entry, body.get("body"), uploads, current_agent().id)
        return shapes.note_made(entry, vendor.attachment_url)

    @views.delete(f"{API}/conversations/<int:conversation_id>")
    def delete(conversation_id: int) -> tuple[str, int]:
        if vendor.helpdesk.desk.conversations.pop(conversation_id, None) is None:
            raise not_found()
        return "", 204

    @views.delete(f"{API}/attachments/<int:attachment_id>")
    def delete_attachment(attachment_id: int) -> tuple[str, int]:
        if not vendor.helpdesk.desk.drop_attachment(attachment_id):
            raise not_found()
        return "", 204

    @views.get(f"{downloads.PATH}/<int:attachment_id>/original/<name>")
    def download(attachment_id: int, name: str) -> flask.Response:
        del name
        refused = vendor.links.refusal(attachment_id, vendor.clock.now())
        if refused is not None:
            return refused
        entry = vendor.helpdesk.desk.find_attachment(attachment_id)
        return downloads.serve(entry) if entry is not None else downloads.gone()

    @views.get(downloads.INLINE_PATH)
    def show_picture() -> BaseResponse:
        identifier = vendor.links.pasted(flask.request.args.get("token", ""))
        picture = vendor.helpdesk.desk.pictures.get(identifier or 0)
        # Not verified: that it leads to the object store rather than serving the bytes itself.
        return flask.redirect(vendor.attachment_url(picture)) if picture is not None else downloads.gone()

    return views


def _judge(body: Body, known: Mapping[str, checks.Check]) -> None:
    _take_structured_body(body)
    checks.refuse_unknown(body, known)
    problems = checks.missing_among(body, {"body": it_should_be("String")})
    problems += checks.problems_in(body, known)
    if problems:
        raise Invalid(problems)


def _take_structured_body(body: Body) -> None:
    """Tickets from web chat are answered with `structured_body`; its texts become the body."""
    structured = body.pop("structured_body", None)
    if structured is None:
        return
    match structured:
        case {"body_contents": list() as parts} if "body" not in body:
            body["body"] = "\n".join(_part_text(part) for part in parts)
        case _:
            raise Invalid([invalid_value("structured_body", it_should_be("key/value pair"))])


def _part_text(part: object) -> str:
    match part:
        case {"type": "text", "data": {"content": str() as text}}:
            return text
        case _:
            raise Invalid([invalid_value("structured_body", it_should_be("key/value pair"))])


def _reply_references(body: Body, desk: Desk) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    if "user_id" in body and body["user_id"] not in desk.agents:
        problems.append(no_match("user_id", "agent"))
    mailboxes = {config.reply_email for config in desk.email_configs.values()}
    if "from_email" in body and body["from_email"] not in mailboxes:
        problems.append(no_match("from_email", "email_config"))
    return problems


def _support_email(desk: Desk) -> str:
    return next(iter(desk.email_configs.values())).reply_email


def _note(desk: Desk, conversation_id: int) -> Conversation:
    """Documented: "Only public & private notes can be edited" (how a reply is refused is not verified)."""
    entry = looked_up(desk.conversations, conversation_id)
    if entry.source is not ConversationSource.NOTE:
        raise method_not_allowed("PUT", ("DELETE",))
    return entry
