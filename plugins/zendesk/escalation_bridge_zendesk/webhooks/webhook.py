"""Zendesk's webhooks: verify the sender, and parse which tickets they are about. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from escalation_bridge.plugin import (
    ChangeEvidence,
    JsonPart,
    TicketHint,
    Verified,
    WebhookMalformed,
    WebhookNews,
    WebhookRefused,
    WebhookRequest,
    read_instant,
    webhook_document,
)

_SIGNATURE = "x-zendesk-webhook-signature"
_TIMESTAMP = "x-zendesk-webhook-signature-timestamp"
_INVOCATION = "x-zendesk-webhook-invocation-id"
_EVENT = "zen:event-type:"
_TICKET_EVENT = _EVENT + "ticket."

HEEDED = (
    "agent_assignment_changed",
    "attachment_redacted_from_comment",
    "comment_added",
    "comment_made_private",
    "comment_redacted",
    "created",
    "custom_field_changed",
    "custom_status_changed",
    "group_assignment_changed",
    "marked_as_spam",
    "merged",
    "organization_changed",
    "permanently_deleted",
    "priority_changed",
    "requester_changed",
    "soft_deleted",
    "status_changed",
    "subject_changed",
    "tags_changed",
    "type_changed",
    "undeleted",
)
"""The ticket events that the bridge subscribes to."""

_OF_NO_CONCERN = frozenset(
    {
        "attachment_linked_to_comment",
        "brand_changed",
        "csat_received",
        "csat_requested",
        "description_changed",
        "email_ccs_changed",
        "external_id_changed",
        "followers_changed",
        "form_changed",
        "next_sla_breach_changed",
        "ola_policy_changed",
        "problem_link_changed",
        "schedule_changed",
        "sla_policy_changed",
        "submitter_changed",
        "task_due_at_changed",
    }
)
_DELETIONS = frozenset({"permanently_deleted", "soft_deleted"})
_OTHER_SUBJECTS = frozenset(
    {"agent", "article", "community_post", "custom_object", "organization", "routing", "user"}
)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Zendesk's signature. The secret is used as it is shown, although it looks like base64."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def verify(request: WebhookRequest, secrets: Iterable[str], tolerance: timedelta) -> Verified:
    """Verify that Zendesk signed this body recently.

    Raises:
        WebhookRefused: It did not.
    """
    claimed = request.headers.get(_SIGNATURE)
    timestamp = request.headers.get(_TIMESTAMP)
    if not claimed or not timestamp:
        raise WebhookRefused("not signed")
    candidates = [signature(secret, timestamp, request.body).encode() for secret in secrets]
    offered = claimed.encode(errors="replace")
    # Every candidate is compared, so that the time taken does not reveal which one it was.
    if not any([hmac.compare_digest(candidate, offered) for candidate in candidates]):  # noqa: C419 - `any` must not stop early
        raise WebhookRefused("the signature is not accepted")
    signed_at = read_instant(timestamp)
    if signed_at is None or abs(request.received_at - signed_at) > tolerance:
        raise WebhookRefused("the signature's time is not accepted")
    return Verified(_delivery_id(request), covers_body=True)


def parse(request: WebhookRequest, own_user: str | None = None) -> WebhookNews:
    """Parse which ticket an event or a trigger's body is about.

    Args:
        request: The webhook.
        own_user: The id of the bridge's own user; None: unknown, and nothing counts as the bridge's own.

    Raises:
        WebhookMalformed: It cannot be parsed.
    """
    body = webhook_document(request.body)
    kind = (body / "type").maybe_text() or ""
    if kind.startswith(_EVENT):
        return _event(kind, body, own_user, is_proven=request.body_is_proven)
    return _trigger(body)


def _delivery_id(request: WebhookRequest) -> str | None:
    """An event's own id, because several webhooks may deliver one event; otherwise the invocation's, which retries share."""
    with suppress(WebhookMalformed):
        body = webhook_document(request.body)
        if ((body / "type").maybe_text() or "").startswith(_EVENT) and (
            event_id := (body / "id").maybe_text()
        ):
            return event_id
    return request.headers.get(_INVOCATION) or None


def _event(kind: str, body: JsonPart, own_user: str | None, *, is_proven: bool) -> WebhookNews:
    if not kind.startswith(_TICKET_EVENT):
        subject = kind.removeprefix(_EVENT).partition(".")[0]
        if subject in _OTHER_SUBJECTS:
            return WebhookNews(ignored=f"{subject} events do not concern tickets")
        return WebhookNews(unsupported=kind)
    name = kind.removeprefix(_TICKET_EVENT)
    if name in _OF_NO_CONCERN:
        return WebhookNews(ignored=f"the bridge acts on nothing that {name} tells")
    if name not in HEEDED:
        return WebhookNews(unsupported=kind)
    ticket_id = (body / "detail" / "id").identifier()
    sequence = (body / "event" / "meta" / "sequence" / "id").maybe_text()
    details = {"event": (body / "id").maybe_text() or "", "at": (body / "time").maybe_text() or ""}
    # Events with the same sequence came from the same action of one person.
    is_deleted = is_proven and name in _DELETIONS
    return WebhookNews(
        hints=(
            TicketHint(ticket_id, name, deleted=is_deleted, evidence=_evidence(name, body, own_user)),
            *(TicketHint(target, name) for target in _merged_into(name, body)),
        ),
        details=details | ({"sequence": sequence} if sequence else {}),
    )


def _evidence(name: str, body: JsonPart, own_user: str | None) -> ChangeEvidence:
    """Who made a change, and when; for changes by a trigger, `detail.actor_id` names the person who caused it.

    Source: developer.zendesk.com, "Ticket events", the members of `detail` and `event.comment`.
    """
    detail, comment = body / "detail", body / "event" / "comment"
    return ChangeEvidence(
        by_bridge=own_user is not None and (detail / "actor_id").maybe_identifier() == own_user,
        updated_at=(detail / "updated_at").maybe_instant(),
        comment=(comment / "id").maybe_identifier() if name == "comment_added" else None,
    )


def _merged_into(name: str, body: JsonPart) -> tuple[str, ...]:
    """The ticket into which another one was merged, if the event has it: it has changed, too."""
    target = (body / "event" / "target_ticket_id").maybe_identifier() if name == "merged" else None
    return (target,) if target else ()


def _trigger(body: JsonPart) -> WebhookNews:
    event = (body / "event").maybe_text() or (body / "trigger").maybe_text() or "trigger"
    for ticket_id in (body / "ticket" / "id", body / "ticket_id", body / "detail" / "id"):
        if ticket_id:
            return WebhookNews(hints=(TicketHint(ticket_id.identifier(), event),))
    return body.fail("no ticket id at any of ticket.id, ticket_id, detail.id")
