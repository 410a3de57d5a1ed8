"""Classify an answer: whether it comes from the vendor, and which error its status means."""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import requests

from escalation_bridge.errors import (
    AuthenticationFailed,
    ConcurrentChange,
    Gone,
    NotReachable,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    Rejected,
    TicketNotFound,
    Unavailable,
    VendorError,
)
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.plugin.json_reading import NotJson, parse_json

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_WAIT = 86400.0
"""A longer Retry-After is a mistake and must not become a date beyond every calendar."""
_FROM_ANY_SENDER = frozenset({401, 402, 407, 408, 413, 414, 421, 425, 429, 431})
"""Statuses with the same meaning from any sender, so that the body may be a proxy's: credentials, limits, a
size.
"""
_PAGE = re.compile(r"\btext/html\b|\bapplication/xhtml\+xml\b", re.IGNORECASE)
_JSON_BEGINS_WITH = b'{["-0123456789tfn'

_CLASSES: Mapping[int, type[VendorError]] = {
    401: AuthenticationFailed,
    402: AuthenticationFailed,
    403: PermissionDenied,
    404: TicketNotFound,
    407: NotReachable,
    408: Unavailable,
    409: ConcurrentChange,
    410: Gone,
    412: ConcurrentChange,
    421: NotReachable,
    423: Unavailable,
    425: Unavailable,
    429: RateLimited,
}
_CUT_OFF = frozenset({444, 460, 499, 502, 504, 520, 524})
"""Statuses of proxies for a vendor that did not answer in time or completely: nginx 444 and 499, AWS 460,
Cloudflare 520 and 524.
"""
_FINAL = (Rejected, PermissionDenied, TicketNotFound, Gone)


def is_page(response: requests.Response) -> bool:
    """Whether it is a web page, by its content type."""
    return _PAGE.search(response.headers.get("Content-Type", "")) is not None


def is_json(response: requests.Response) -> bool:
    """Whether it is an answer of a JSON API, which may also be empty.

    Maintenance pages, login pages, proxies and firewalls answer instead of the API, with any status: a page or a line of text.
    Only the beginning of a success is checked: its parser finds out whether it is complete.
    """
    content = response.content.removeprefix(b"\xef\xbb\xbf").strip()
    if not content:
        return True
    if is_page(response):
        return False
    if response.ok:
        return content[0] in _JSON_BEGINS_WITH
    try:
        parse_json(content)
    except NotJson:
        return False
    return True


def may_be_anybodys(status: int) -> bool:
    """Whether a refusal's status counts, whoever sent it."""
    return status in _FROM_ANY_SENDER or status >= 500


def class_of(response: requests.Response, *, may_repeat: bool) -> type[VendorError]:
    """The error class of a refusal.

    Args:
        response: The vendor's answer.
        may_repeat: Whether the request is idempotent.
    """
    status = response.status_code
    if status in _CUT_OFF:
        return Unavailable if may_repeat else OutcomeUnknown  # the vendor may have carried it out
    found = _CLASSES.get(status) or (Unavailable if status >= 500 else Rejected)
    # With a Retry-After, the refusal is temporary.
    return Unavailable if found in _FINAL and retry_after(response) is not None else found


def retry_after(response: requests.Response) -> float | None:
    """The seconds of Retry-After, or None."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - utc_now()).total_seconds()
        except (ValueError, TypeError):
            return None
    return None if math.isnan(seconds) else min(max(0.0, seconds), _LONGEST_WAIT)
