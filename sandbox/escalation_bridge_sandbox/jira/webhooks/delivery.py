"""Sending webhooks as the edition does: signed, with its headers, by its rules for trying again."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from escalation_bridge_sandbox.jira.edition import Edition
from escalation_bridge_sandbox.jira.rules.session import Event
from escalation_bridge_sandbox.jira.site import JiraSite
from escalation_bridge_sandbox.jira.webhooks.payloads import payload_of
from escalation_bridge_sandbox.jira.webhooks.registry import Registry, Webhook
from escalation_bridge_sandbox.kernel.outbox import AttemptRecord, Outbox, OutgoingWebhook, RetryRules

# Up to five times, 5 to 15 minutes apart (Atlassian, webhooks of Jira Cloud).
CLOUD_DELAYS = (300.0, 450.0, 600.0, 750.0, 900.0)
RETRIED = frozenset({408, 409, 425, 429})
# After so long without a success a receiver is given one attempt at each webhook.
PATIENCE = timedelta(minutes=30)
# Not documented; a receiver should be far quicker.
TIMEOUT = 30.0
LARGEST_BODY = 25 * 1024 * 1024


def signature_of(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature`, as WebSub has it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def token_of(secret: str, now: datetime) -> str:
    """The token that proves an app's webhook: a JSON web token, signed with the app's secret."""
    parts = (
        {"alg": "HS256", "typ": "JWT"},
        {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + 180, "iss": "sandbox"},
    )
    signed = ".".join(_in_base64(json.dumps(each).encode()) for each in parts)
    return f"{signed}.{_in_base64(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def _in_base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Delivery:
    """Hands what happened to the webhooks that want to know."""

    def __init__(self, registry: Registry, outbox: Outbox) -> None:
        self._registry = registry
        self._outbox = outbox
        # Unique for each delivery of the site, and the same when it is tried again.
        self._identifiers = itertools.count(69312270414585119)

    def publish(self, event: Event, site: JiraSite, base_url: str) -> None:
        webhooks = self._registry.interested_in(event, site)
        if not webhooks:
            return
        payload = json.dumps(payload_of(event, site, base_url), ensure_ascii=False).encode()
        if len(payload) > LARGEST_BODY:
            return
        for webhook in webhooks:
            self._send(webhook, event, payload, site)

    def _send(self, webhook: Webhook, event: Event, payload: bytes, site: JiraSite) -> None:
        edition = site.edition
        url = fill_in(webhook.url, event, site)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
        }
        if edition.is_cloud:
            identifier = str(next(self._identifiers))
            headers |= {
                "X-Atlassian-Webhook-Identifier": identifier,
                "X-Atlassian-Webhook-Flow": "Primary",
                "X-Atlassian-Webhook-Trace": hashlib.sha256(identifier.encode()).hexdigest()[:32],
            }

        def sign(body: bytes, attempt: int) -> Mapping[str, str]:
            if webhook.app is not None and webhook.secret is not None:
                signed = {"Authorization": f"Bearer {token_of(webhook.secret, site.now())}"}
            else:
                signed = (
                    {} if webhook.secret is None else {"X-Hub-Signature": signature_of(webhook.secret, body)}
                )
            if attempt and edition.is_cloud:
                signed["X-Atlassian-Webhook-Retry"] = str(attempt)
            return signed

        self._outbox.send(
            OutgoingWebhook(
                url,
                "POST",
                headers,
                b"" if webhook.exclude_body else payload,
                sign,
                rules_for(edition, url, self._outbox.attempts(), site.now()),
                label=f"{webhook.name}: {event.name} {event.issue.key}",
            )
        )


def rules_for(edition: Edition, url: str, attempts: Sequence[AttemptRecord], now: datetime) -> RetryRules:
    """How often a webhook is tried. Data Center tries once."""
    if not edition.is_cloud or _has_failed_for_long(url, attempts, now):
        return RetryRules((), _is_tried_again, TIMEOUT, retry_on_timeout=False)
    return RetryRules(CLOUD_DELAYS, _is_tried_again, TIMEOUT, retry_on_timeout=True)


def _is_tried_again(status: int, retry_after: str | None) -> bool:
    del retry_after
    return status in RETRIED or status >= 500


def _has_failed_for_long(url: str, attempts: Sequence[AttemptRecord], now: datetime) -> bool:
    """Whether all attempts since the last success have failed, and the first of them long ago."""
    failing_since = now
    for attempt in reversed(attempts):
        if attempt.url == url:
            if attempt.status is not None and 200 <= attempt.status < 300:
                break
            failing_since = attempt.at
    return now - failing_since > PATIENCE


def fill_in(url: str, event: Event, site: JiraSite) -> str:
    """Put the issue into the URL's variables: `${issue.key}`, since Data Center 10 `{issue.key}`."""
    dollar = "" if site.edition.has_moved_webhooks else "$"
    project = site.project_of(event.issue)
    values = {
        "issue.id": event.issue.id,
        "issue.key": event.issue.key,
        "project.id": project.id,
        "project.key": project.key,
        "comment.id": event.comment.id if event.comment else "",
    }
    for name, value in values.items():
        url = url.replace(f"{dollar}{{{name}}}", value)
    return url
