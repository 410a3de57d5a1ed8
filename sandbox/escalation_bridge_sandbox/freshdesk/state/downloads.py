"""Attachment links: signed, without login, and good for a while only."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

import flask

from escalation_bridge_sandbox.freshdesk.state.records import Attachment

PATH = "/data/helpdesk/attachments/production"
INLINE_PATH = "/inline/attachment"
_HEADER = {"typ": "JWT", "alg": "HS256"}
_ACCOUNT_ID = 507611
_TIME = "%Y%m%dT%H%M%SZ"


class DownloadLinks:
    """Makes and checks links in the manner of the object store that the vendor's links lead to.

    That they expire is from general knowledge; so are the parameters' names.
    """

    def __init__(self, lifetime: timedelta) -> None:
        self._lifetime = lifetime
        self._secret = secrets.token_bytes(16)

    def url(self, base_url: str, entry: Attachment, now: datetime) -> str:
        """A link that can be opened by whoever has it, from now on for its lifetime."""
        signed_at, seconds = now.strftime(_TIME), int(self._lifetime.total_seconds())
        query = urlencode(
            {
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Date": signed_at,
                "X-Amz-Expires": seconds,
                "X-Amz-SignedHeaders": "host",
                "X-Amz-Signature": self._signature(entry.id, signed_at, str(seconds)),
            }
        )
        return f"{base_url}{PATH}/{entry.id}/original/{quote(entry.name)}?{query}"

    def refusal(self, attachment_id: int, now: datetime) -> flask.Response | None:
        """Why the current request is not served, if it is not."""
        if "Authorization" in flask.request.headers:
            # An API key sent along is a second way to log in, which the object store does not accept.
            return _xml_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        args = flask.request.args
        signed_at, seconds = args.get("X-Amz-Date", ""), args.get("X-Amz-Expires", "")
        expected = self._signature(attachment_id, signed_at, seconds)
        if not hmac.compare_digest(expected, args.get("X-Amz-Signature", "")):
            return _xml_error(403, "AccessDenied", "Access Denied")
        until = datetime.strptime(signed_at, _TIME).replace(tzinfo=UTC) + timedelta(seconds=int(seconds))
        if now >= until:
            return _xml_error(403, "AccessDenied", "Request has expired")
        return None

    def inline_url(self, base_url: str, picture: Attachment) -> str:
        """Where a text shows a pasted picture.

        The form is that of published texts, whose tokens have no end. The vendor has it at a host of its own for each
        region (`attachment.freshdesk.com`, `eucattachment.`, `indattachment.`); here it is the account's.
        """
        domain = urlsplit(base_url).hostname or ""
        claims = {"id": picture.id, "domain": domain, "account_id": _ACCOUNT_ID}
        signed = f"{_base64(_HEADER)}.{_base64(claims)}"
        return f"{base_url}{INLINE_PATH}?token={signed}.{self._token_signature(signed)}"

    def pasted(self, token: str) -> int | None:
        """The id of the picture that a token is for; None: it is no token of this account."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._token_signature(signed), signature):
            return None
        claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
        return int(claims["id"])

    def _token_signature(self, signed: str) -> str:
        digest = hmac.new(self._secret, signed.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _signature(self, attachment_id: int, signed_at: str, seconds: str) -> str:
        signed = f"{attachment_id}:{signed_at}:{seconds}".encode()
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()


def serve(entry: Attachment) -> flask.Response:
    response = flask.Response(entry.content, mimetype=entry.content_type)
    plain_name = re.sub(r"[^\w.\- ]", "_", entry.name, flags=re.ASCII)
    response.headers["Content-Disposition"] = f'inline; filename="{plain_name}"'
    return response


def _base64(value: object) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _xml_error(status: int, code: str, message: str) -> flask.Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    )
    return flask.Response(body, status, mimetype="application/xml")


def gone() -> flask.Response:
    return _xml_error(404, "NoSuchKey", "The specified key does not exist.")
