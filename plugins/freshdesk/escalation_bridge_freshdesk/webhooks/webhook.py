"""Webhooks of Freshdesk's automation rules: verify and parse them. Pure.

Freshdesk signs nothing, and an admin writes the body. So a secret in the request is the only proof, and the body is only
trusted to name the ticket to read: a forgery costs one read.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from escalation_bridge.plugin import (
    JsonPart,
    NotJson,
    TicketHint,
    Verified,
    WebhookMalformed,
    WebhookNews,
    WebhookRefused,
    WebhookRequest,
    parse_json,
    webhook_object,
)
from escalation_bridge_freshdesk.settings import FreshdeskSettings

_ENVELOPE = "freshdesk_webhook"
_ID = r"[1-9][0-9]{0,17}"
_ID_VALUE = re.compile(rf"#?({_ID})")
_ID_IN_URL = re.compile(rf"/tickets/({_ID})(?![0-9])")
# A key, never the inside of a string: there the quotes are escaped, or it would end the string.
_KEY_IN_TEXT = re.compile(
    rf'(?:"ticket_id"\s*:|"ticket"\s*:\s*\{{\s*"id"\s*:)\s*(?:"#?({_ID})"|({_ID}))\s*(?=[,}}])'
)
_MOST_TICKETS = 5
_MOST_FIELDS = 200
_EVENT = re.compile(r"\{[a-z_]{1,40}:[\w{}:, .-]{1,120}\}")


def verify(request: WebhookRequest, settings: FreshdeskSettings) -> Verified:
    """Find one of the secrets in the header, in basic auth, or in the URL.

    Raises:
        WebhookRefused: There is none, or none is configured.
    """
    secrets = [secret.get_secret_value().encode() for secret in settings.webhook_secrets]
    shown = [text.encode("utf-8", "surrogatepass") for text in _shown(request, settings)]
    matches = [hmac.compare_digest(one, secret) for one in shown for secret in secrets]
    if not any(matches):
        raise WebhookRefused("the webhook carries no accepted secret")
    return Verified(delivery_id=None)


def _shown(request: WebhookRequest, settings: FreshdeskSettings) -> Iterator[str]:
    """All parts of the request that may be a secret."""
    header = request.headers.get(settings.webhook_header.lower())
    if header is not None:
        yield header.strip()
    parameter = request.query.get(settings.webhook_query)
    if parameter is not None:
        yield parameter
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(credentials.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return
        # The rule's "Requires authentication" has a user name and a password, or an API key in place of the name.
        user, _, password = pair.partition(":")
        yield from (user, password, pair)


def parse(request: WebhookRequest) -> WebhookNews:
    """Parse which ticket it is about.

    Raises:
        WebhookMalformed: The encoding is not supported, or no ticket is named.
    """
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise WebhookMalformed(f"the body is not UTF-8 (byte {error.start})") from error
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "xml" in kind or text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise WebhookMalformed("the body is XML, which is not read; set the rule's encoding to JSON")
    if kind == "application/x-www-form-urlencoded":
        return _news_of_fields(webhook_object(_form(text)))
    return _news_of_json(text.removeprefix("\ufeff"))


def _news_of_json(text: str) -> WebhookNews:
    # Placeholders are put into the body without escaping: a quote in a subject breaks the JSON, or adds keys to it.
    written = tuple(dict.fromkeys(found[1] or found[2] for found in _KEY_IN_TEXT.finditer(text)))
    if len(written) > _MOST_TICKETS:
        raise WebhookMalformed(f"the body names {len(written)} tickets")
    try:
        body = parse_json(text)
    except NotJson as problem:
        if not written:
            raise WebhookMalformed(f"the body is {problem}, and no ticket_id is found in it") from problem
        return WebhookNews(
            hints=tuple(TicketHint(one, "unreadable JSON") for one in written),
            details={"body": "the JSON is broken: keep free text out of the rule's content"},
        )
    news = _news_of_fields(webhook_object(body))
    others = [one for one in written if one != news.hints[0].id]
    return WebhookNews(
        (*news.hints, *(TicketHint(one, "named twice") for one in others)), details=news.details
    )


def _news_of_fields(body: JsonPart) -> WebhookNews:
    fields = body / _ENVELOPE if (body / _ENVELOPE).mapping() else body
    event = _event(fields)
    details = {"triggered_event": event} if event else {}
    return WebhookNews((TicketHint(_ticket_id(fields), event or "ticket"),), details=details)


def _ticket_id(fields: JsonPart) -> str:
    for named in (fields / "ticket_id", fields / "ticket" / "id"):
        if named:
            found = _ID_VALUE.fullmatch((named.maybe_text() or "").strip())
            return found[1] if found else named.fail(f"{named.path} is no ticket's number")
    # A "simple" content in which only the ticket's URL was ticked.
    for name in ("ticket_url", "ticket_public_url"):
        found = _ID_IN_URL.search((fields / name).maybe_text() or "")
        if found:
            return found[1]
    return fields.fail(f"{(fields / 'ticket_id').path} is missing")


def _event(fields: JsonPart) -> str:
    """The event in Freshdesk's notation `{status:{from:4,to:6}}`, which is not JSON; empty for anything else."""
    event = (fields / "triggered_event").maybe_text() or ""
    return event if _EVENT.fullmatch(event) else ""


def _form(text: str) -> Mapping[str, object]:
    """Form fields, with `ticket[id]` and `freshdesk_webhook[ticket_id]` nested."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise WebhookMalformed(f"the body has more than {_MOST_FIELDS} form fields") from error
    fields: dict[str, object] = {}
    for name, value in pairs:
        place = fields
        *outer, last = re.findall(r"[^\[\]]+", name) or [""]
        for step in outer:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place.setdefault(last, value)
    return fields
