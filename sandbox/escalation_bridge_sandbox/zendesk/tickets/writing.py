"""Making the comments of a ticket."""

from dataclasses import dataclass
from datetime import datetime

from escalation_bridge_sandbox.zendesk.state.errors import record_invalid
from escalation_bridge_sandbox.zendesk.state.records import Attachment, Audit, Comment, Json, Ticket, User
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.text import LONGEST_BODY, Bodies, from_html, from_markdown
from escalation_bridge_sandbox.zendesk.tickets.people import existing_user

MOST_COMMENTS = 5000


@dataclass(frozen=True)
class CommentDraft:
    """A comment that passed the checks, before it has an audit."""

    author: User
    bodies: Bodies
    public: bool
    attachments: tuple[Attachment, ...]
    is_answer: bool = False

    def comment(self, state: State, audit: Audit) -> Comment:
        return Comment(
            id=state.next_id(),
            audit_id=audit.id,
            author_id=self.author.id,
            body=self.bodies.body,
            html_body=self.bodies.html_body,
            plain_body=self.bodies.plain_body,
            public=self.public,
            created_at=audit.created_at,
            via=audit.via,
            metadata=audit.metadata,
            attachments=list(self.attachments),
            is_answer=self.is_answer,
        )


def draft_comment(state: State, ticket: Ticket, values: Json, actor: User, now: datetime) -> CommentDraft:
    """Check the `comment` object of a ticket.

    Without `public`, a comment is as public as the ticket's first one. A light agent's comment is private
    whatever was asked for.

    Raises:
        ApiError: 422, for a comment without text and files, one that is too long, one too many, an unknown
            author or upload.
    """
    author = actor
    if values.get("author_id") is not None:
        author = existing_user(state, values["author_id"], "author", "Author")
    attachments = _take_uploads(state, values.get("uploads") or [], now)
    bodies = _bodies(values)
    for attachment in attachments:
        attachment.inline = f"/attachments/token/{attachment.token}/" in bodies.html_body
    if not bodies.plain_body.strip() and not attachments:
        raise record_invalid("comment", {"description": "Comment: cannot be blank", "error": "BlankValue"})
    if max(len(text.encode()) for text in (bodies.body, bodies.html_body)) > LONGEST_BODY:
        raise record_invalid(
            "comment", {"description": f"Comment: is too long (maximum is {LONGEST_BODY} characters)"}
        )
    if len(ticket.comments) >= MOST_COMMENTS:
        raise record_invalid(
            "base",
            {"description": "Ticket: has too many comments (maximum is 5000)", "error": "TooManyComments"},
        )
    is_public = values.get("public", ticket.is_public) and not author.light and not actor.light
    is_answer = author.is_staff and author.id != ticket.requester_id
    return CommentDraft(author, bodies, is_public, attachments, is_answer)


def _bodies(values: Json) -> Bodies:
    if values.get("html_body") is not None:
        return from_html(values["html_body"])
    return from_markdown(values.get("body") or "")


def _take_uploads(state: State, tokens: list[str], now: datetime) -> tuple[Attachment, ...]:
    taken: list[Attachment] = []
    for token in tokens:
        upload = state.uploads.get(token)
        if upload is None or upload.expires_at <= now:
            raise record_invalid("base", {"description": "Upload: is invalid", "error": "InvalidValue"})
        taken.extend(upload.attachments)
    # A token is good once.
    for token in tokens:
        state.uploads.pop(token, None)
    return tuple(taken)
