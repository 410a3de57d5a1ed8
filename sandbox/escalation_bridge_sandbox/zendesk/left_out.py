"""What Zendesk's API has and the stand-in has not: answered with 501, so that nobody takes it for a 404."""

import re

_NUMBER = r"\d+"
_LEFT_OUT = tuple(
    re.compile(pattern)
    for pattern in (
        # Whole sections of the ticketing API.
        r"\w+ /api/v2/(accounts?|activities|account/settings|apps|approval_workflow_instances|audit_logs)\b.*",
        r"\w+ /api/v2/(automations|bookmarks|business_hours|channels|custom_objects|custom_object)\b.*",
        r"\w+ /api/v2/(dynamic_content|email_notifications|end_users|group_memberships|group_slas|imports?)\b.*",
        r"\w+ /api/v2/(locales|macros|nps|oauth|object_layouts|organization_fields|organization_memberships)\b.*",
        r"\w+ /api/v2/(organization_subscriptions|problems|queues|recipient_addresses|relationships|requests)\b.*",
        r"\w+ /api/v2/(resource_collections|routing|satisfaction_ratings|satisfaction_reasons|sessions)\b.*",
        r"\w+ /api/v2/(sharing_agreements|skips|slas(?!/policies)|suspended_tickets|tags|target_failures|targets)\b.*",
        r"\w+ /api/v2/(ticket_audits|ticket_content_pins|ticket_metrics|trigger_categories|user_fields|views)\b.*",
        r"\w+ /api/v2/(workspaces|help_center|community|guide|wfm|talk|calls)\b.*",
        r"\w+ /api/(services|lotus|sunshine|v2/chat)\b.*",
        # Of the tickets.
        r"\w+ /api/v2/tickets/(create_many|update_many|destroy_many|recent|mark_many_as_spam)",
        rf"\w+ /api/v2/tickets/{_NUMBER}/(collaborators|email_ccs|followers|incidents|macros)\b.*",
        rf"\w+ /api/v2/tickets/{_NUMBER}/(related|satisfaction_rating|side_conversations)\b.*",
        rf"\w+ /api/v2/tickets/{_NUMBER}/comments/{_NUMBER}/(attachments/{_NUMBER}/)?redact",
        rf"PUT /api/v2/(attachments|chat_redactions|chat_file_redactions)/{_NUMBER}",
        r"(PUT|DELETE) /api/v2/deleted_tickets/(destroy_many|restore_many)",
        r"GET /api/v2/incremental/(?!tickets).*",
        # Of the people.
        r"(POST|PUT|DELETE) /api/v2/(users|groups|organizations)\b.*",
        rf"GET /api/v2/users/({_NUMBER}/(identities|tickets|organizations|related|tags).*|autocomplete|count)",
        rf"GET /api/v2/(groups|organizations)/({_NUMBER}/(memberships|tickets|related|tags|users).*|autocomplete|count)",
        # Of the set-up.
        r"(POST|PUT|PATCH|DELETE) /api/v2/(custom_statuses|ticket_fields|ticket_forms|brands|custom_roles)\b.*",
        r"\w+ /api/v2/triggers/(search|definitions|reorder|update_many|destroy_many).*",
        rf"GET /api/v2/triggers/{_NUMBER}/revisions.*",
    )
)


def is_left_out(method: str, path: str) -> bool:
    """Whether Zendesk would serve what the stand-in does not."""
    request = f"{method} {path.removesuffix('.json').rstrip('/')}"
    return any(pattern.fullmatch(request) for pattern in _LEFT_OUT)
