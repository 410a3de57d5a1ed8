"""Attachment links: signed, without login, and good for a while only."""

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import flask

from escalation_bridge_sandbox.freshdesk.records import Attachment

PATH = "/data/helpdesk/attachments/production"
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

    def _signature(self, attachment_id: int, signed_at: str, seconds: str) -> str:
        signed = f"{attachment_id}:{signed_at}:{seconds}".encode()
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()


def serve(entry: Attachment) -> flask.Response:
    response = flask.Response(entry.content, mimetype=entry.content_type)
    plain_name = re.sub(r"[^\w.\- ]", "_", entry.name, flags=re.ASCII)
    response.headers["Content-Disposition"] = f'inline; filename="{plain_name}"'
    return response


def _xml_error(status: int, code: str, message: str) -> flask.Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    )
    return flask.Response(body, status, mimetype="application/xml")


def gone() -> flask.Response:
    return _xml_error(404, "NoSuchKey", "The specified key does not exist.")
