"""Parse which issues a webhook is about. Pure."""

import re

from escalation_bridge.plugin import (
    ChangeEvidence,
    JsonPart,
    TicketHint,
    WebhookNews,
    WebhookRequest,
    webhook_document,
)

_ISSUE_EVENTS = frozenset({"jira:issue_created", "jira:issue_updated", "jira:issue_deleted"})
_COMMENT_EVENTS = frozenset({"comment_created", "comment_updated", "comment_deleted"})
_OF_NO_CONCERN = re.compile(
    r"(jira:)?(worklog|attachment|issuelink|issue_property|version|project|user|sprint|board|filter|issue_type|"
    r"issuetype|option|feature|jira_expression_evaluation)_?\w*"
)
_ISSUE_IN_ADDRESS = re.compile(r"/issue/(\d+)/comment/")


# --- reading ----------------------------------------------------------------------------------------------------------


def parse(request: WebhookRequest, own_account: str | None = None) -> WebhookNews:
    """Parse which issue a webhook is about.

    Bodies have the form of REST v2 on both editions, with descriptions in wiki markup.

    Args:
        request: The webhook.
        own_account: The id of the bridge's own account; None: unknown, and nothing counts as the bridge's own.

    Raises:
        WebhookMalformed: It is not JSON, or lacks a required member.
    """
    body = webhook_document(request.body)
    if not body / "webhookEvent":
        return _of_automation(body)
    event = (body / "webhookEvent").text()
    details = {"event": event}
    if event in _ISSUE_EVENTS:
        is_deleted = event == "jira:issue_deleted" and request.body_is_proven
        return _about_issue(body, event, details, own_account, is_deleted=is_deleted)
    if event in _COMMENT_EVENTS:
        return _about_comment(body, event, details, own_account)
    if _OF_NO_CONCERN.fullmatch(event):
        return WebhookNews(ignored=f"{event} changes nothing that the bridge follows", details=details)
    return WebhookNews(unsupported=event, details=details)


def _of_automation(body: JsonPart) -> WebhookNews:
    """The webhook of the action *Send web request* of Jira Automation: an issue, in Jira's form under `issue`, or in Automation's by itself.

    An admin may also write the body; the issue's id suffices: `{"issue": {"id": "{{issue.id}}"}}`.
    """
    issue = body / "issue" or body
    if not issue / "id":
        body.fail("webhookEvent is missing, and so is the id of an issue")
    details = {"event": "automation"}
    if (key := (issue / "key").maybe_text()) is not None:
        details["key"] = key
    return WebhookNews((TicketHint((issue / "id").identifier(), "automation"),), details=details)


def _about_issue(
    body: JsonPart, event: str, details: dict[str, str], own_account: str | None, *, is_deleted: bool
) -> WebhookNews:
    issue = body / "issue"
    issue_id = (issue / "id").identifier()
    name = (body / "issue_event_type_name").maybe_text() or event  # old servers do not send it
    moved = next(
        (item for item in (body / "changelog" / "items").items() if (item / "field").value == "Key"), None
    )
    if moved:
        details["moved"] = f"{(moved / 'fromString').maybe_text()} -> {(moved / 'toString').maybe_text()}"
    if (key := (issue / "key").maybe_text()) is not None:
        details["key"] = key
    evidence = ChangeEvidence(
        by_bridge=_is_by(body / "user", own_account) and not body / "comment",
        updated_at=(issue / "fields" / "updated").maybe_instant(),
    )
    hint = TicketHint(issue_id, name, deleted=is_deleted, evidence=evidence)
    return WebhookNews((hint,), details=details)


def _is_by(person: JsonPart, account: str | None) -> bool:
    """Whether a person has this account id (Cloud), key or name (Data Center)."""
    if account is None:
        return False
    return any((person / name).maybe_text() == account for name in ("accountId", "key", "name"))


def _about_comment(
    body: JsonPart, event: str, details: dict[str, str], own_account: str | None
) -> WebhookNews:
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
    author = comment / "updateAuthor" or comment / "author"
    evidence = ChangeEvidence(by_bridge=_is_by(author, own_account), comment=details["comment"])
    return WebhookNews((TicketHint(issue_id, event, evidence=evidence),), details=details)
