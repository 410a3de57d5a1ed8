"""What an answer means: whether it is the vendor's at all, and which error a status stands for."""

import json
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

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_WAIT = 86400.0
"""Seconds: a longer Retry-After is a mistake and must not become a date that no calendar has."""
_SAID_BY_ANYBODY = frozenset({401, 402, 407, 408, 413, 414, 421, 425, 429, 431})
"""Statuses that mean the same whoever says them, so that the body need not be the vendor's: credentials, limits, a size."""
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
"""What proxies say of a vendor who did not answer them in time or whole: nginx 444 and 499, AWS 460, Cloudflare 520 and 524."""
_FINAL = (Rejected, PermissionDenied, TicketNotFound, Gone)


def is_page(response: requests.Response) -> bool:
    """Whether a web page came, by its content type."""
    return _PAGE.search(response.headers.get("Content-Type", "")) is not None


def is_json(response: requests.Response) -> bool:
    """Whether an answer is one of a JSON API, which may also answer with nothing.

    Maintenance pages, login pages, proxies and firewalls answer in the API's place, with any status: a page or a line of text.
    Of a success only the beginning is looked at: whoever reads it finds out whether it is whole.
    """
    content = response.content.removeprefix(b"\xef\xbb\xbf").strip()
    if not content:
        return True
    if is_page(response):
        return False
    if response.ok:
        return content[0] in _JSON_BEGINS_WITH
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def may_be_anybodys(status: int) -> bool:
    """Whether a refusal's status counts whoever answered."""
    return status in _SAID_BY_ANYBODY or status >= 500


def class_of(response: requests.Response, *, may_repeat: bool) -> type[VendorError]:
    """The error that a refusal stands for.

    Args:
        response: The vendor's.
        may_repeat: Whether the request does no harm when it is carried out twice.
    """
    status = response.status_code
    if status in _CUT_OFF:
        return Unavailable if may_repeat else OutcomeUnknown  # the vendor may have carried it out
    found = _CLASSES.get(status) or (Unavailable if status >= 500 else Rejected)
    # Whoever says when to come again has not said his last word.
    return Unavailable if found in _FINAL and retry_after(response) is not None else found


def retry_after(response: requests.Response) -> float | None:
    """Seconds that the answer asks to wait, or None where it does not say."""
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
