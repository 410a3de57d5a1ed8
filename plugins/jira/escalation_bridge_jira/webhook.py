"""Webhooks: proven by their signature, and read for which issues they are about. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from pydantic import SecretStr

from escalation_bridge.domain.tickets import Presence, Ticket
from escalation_bridge.errors import WebhookMalformed, WebhookRefused
from escalation_bridge.webhooks import TicketHint, Verified, WebhookNews, WebhookRequest
from escalation_bridge_jira.mapping import Mapper
from escalation_bridge_jira.shapes import Part

_REFUSED = "the webhook is not signed as it has to be"
_SKEW = timedelta(minutes=10)
"""How far Jira's clock may be ahead of the bridge's."""

_ISSUE_EVENTS = frozenset({"jira:issue_created", "jira:issue_updated", "jira:issue_deleted"})
_COMMENT_EVENTS = frozenset({"comment_created", "comment_updated", "comment_deleted"})
_OF_NO_CONCERN = re.compile(
    r"(jira:)?(worklog|attachment|issuelink|issue_property|version|project|user|sprint|board|filter|issue_type|"
    r"issuetype|option|feature|jira_expression_evaluation)_?\w*"
)
_ISSUE_IN_ADDRESS = re.compile(r"/issue/(\d+)/comment/")


# --- proof ------------------------------------------------------------------------------------------------------------


def verify(request: WebhookRequest, secrets: Sequence[SecretStr], window: timedelta) -> Verified:
    """Prove that the body was signed with one of the secrets, not too long ago.

    The signature is WebSub's: `X-Hub-Signature: sha256=<hex>`. It covers no time stamp, so the age comes from the body's own
    `timestamp`, which Jira sets when the event happens. Retries carry the first one's.

    Raises:
        WebhookRefused: Not signed, signed otherwise, or too old.
    """
    method, _, signature = request.headers.get("x-hub-signature", "").partition("=")
    if method != "sha256" or not any(_signed(request.body, signature, secret) for secret in secrets):
        raise WebhookRefused(_REFUSED)
    _refuse_old(request, window)
    return Verified(request.headers.get("x-atlassian-webhook-identifier") or None)


def _signed(body: bytes, signature: str, secret: SecretStr) -> bool:
    key = secret.get_secret_value().encode()
    if not key:
        return False
    right = hmac.new(key, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), signature.encode())


def _refuse_old(request: WebhookRequest, window: timedelta) -> None:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return  # signed by Jira and no JSON: that is for `parse` to say
    if not isinstance(body, dict):
        return
    sent = _sent_at(body.get("timestamp"))
    if sent is None or not request.received_at - window <= sent <= request.received_at + _SKEW:
        raise WebhookRefused(_REFUSED)


def _sent_at(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


# --- reading ----------------------------------------------------------------------------------------------------------


def parse(request: WebhookRequest, mapper: Mapper) -> WebhookNews:
    """Say which issue a webhook is about.

    Bodies are those of REST v2 on both editions, descriptions in wiki markup.

    Raises:
        WebhookMalformed: It is not JSON, or lacks what every webhook of its kind has.
    """
    body = _document(request.body)
    event = (body / "webhookEvent").text()
    details = {"event": event}
    if event in _ISSUE_EVENTS:
        return _about_issue(body, event, mapper, details)
    if event in _COMMENT_EVENTS:
        return _about_comment(body, event, details)
    if _OF_NO_CONCERN.fullmatch(event):
        return WebhookNews(ignored=f"{event} changes nothing that the bridge follows", details=details)
    return WebhookNews(unsupported=event, details=details)


def _document(body: bytes) -> Part:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WebhookMalformed(f"the body is not UTF-8 (byte {error.start})") from error
    try:
        document = json.loads(text)
    except ValueError as error:
        position = f" (character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        raise WebhookMalformed(f"the body is not JSON{position}") from error
    except RecursionError as error:
        raise WebhookMalformed("the body is nested too deeply") from error
    if not isinstance(document, dict):
        raise WebhookMalformed("the body is not a JSON object")
    return Part(document, "", _malformed)


def _malformed(message: str) -> NoReturn:
    raise WebhookMalformed(message)


def _about_issue(body: Part, event: str, mapper: Mapper, details: dict[str, str]) -> WebhookNews:
    issue = body / "issue"
    issue_id = (issue / "id").identifier()
    what = (body / "issue_event_type_name").maybe_text() or event  # old servers do not send it
    moved = next(
        (item for item in (body / "changelog" / "items").items() if (item / "field").value == "Key"), None
    )
    if moved:
        details["moved"] = f"{(moved / 'fromString').maybe_text()} -> {(moved / 'toString').maybe_text()}"
    if (key := (issue / "key").maybe_text()) is not None:
        details["key"] = key
    # Only a deletion's snapshot is taken: it is final, and a later fetch could not tell it from a missing permission.
    snapshot = _deleted(issue, mapper) if event == "jira:issue_deleted" else None
    return WebhookNews((TicketHint(issue_id, what, snapshot),), details=details)


def _deleted(issue: Part, mapper: Mapper) -> Ticket | None:
    try:
        return mapper.ticket(issue, presence=Presence.DELETED)
    except WebhookMalformed:  # less than a whole issue; the id says enough
        return None


def _about_comment(body: Part, event: str, details: dict[str, str]) -> WebhookNews:
    comment = body / "comment"
    if body / "issue":
        issue_id = (body / "issue" / "id").identifier()
    else:
        # Data Center sends no issue here; its id is in the comment's address.
        address = _ISSUE_IN_ADDRESS.search((comment / "self").maybe_text() or "")
        if address is None:
            reason = f"{event} names no issue; Data Center sends jira:issue_updated for the same comment"
            return WebhookNews(ignored=reason, details=details)
        issue_id = address[1]
    details["comment"] = (comment / "id").identifier()
    return WebhookNews((TicketHint(issue_id, event),), details=details)
