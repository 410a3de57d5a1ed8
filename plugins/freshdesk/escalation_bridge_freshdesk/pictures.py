"""Pasted pictures, which Freshdesk does not list among the attachments: only the text has their addresses. Pure.

Two forms of address are known, from published tickets: the object store's, `.../helpdesk/attachments/production/{id}/original/{name}`,
and `https://{domain}/inline/attachment?token=...`, whose token names the id. Both are good for whoever has them, and expire.
Any other address is a stranger's and stays as it is: the bridge fetches nothing from a host that a customer can choose.
"""

import base64
import binascii
import html
import json
from urllib.parse import parse_qs, unquote, urlsplit

from escalation_bridge.domain.tickets import Attachment
from escalation_bridge.inline import named_images, unique_name
from escalation_bridge.markup import tokens

_STORED = "/helpdesk/attachments/production/"
_HOSTS = (".freshdesk.com", ".amazonaws.com")


def pictures_in(markup: str) -> tuple[Attachment, ...]:
    """The files that the pictures of a text are, each once. Nobody says their size."""
    if "<img" not in markup.lower():
        return ()
    found = (
        picture(html.unescape(token.attributes.get("src", "")))
        for token in tokens(markup)
        if token.name == "img" and not token.is_end
    )
    return tuple({each.id: each for each in found if each is not None}.values())


def naming_pictures(markup: str) -> str:
    """The text with the names of those files in place of their pictures."""
    return named_images(markup, lambda address: each.name if (each := picture(address)) else None)


def picture(address: str) -> Attachment | None:
    """The file at an address; None where it is none of Freshdesk's."""
    try:
        url = urlsplit(address)
        host = url.hostname or ""
    except ValueError:
        return None
    # No user, port or backslash, which another parser of addresses could read as another host.
    is_plain = (
        url.netloc.lower() == host and host.isascii() and host.replace("-", "").replace(".", "").isalnum()
    )
    if url.scheme != "https" or not is_plain or not host.endswith(_HOSTS):
        return None
    identifier, name = _stored(url.path) or _by_token(url.path, url.query, host) or ("", "")
    return Attachment(identifier, unique_name(name, identifier), "", None, address) if identifier else None


def _stored(path: str) -> tuple[str, str] | None:
    _, found, rest = path.partition(_STORED)
    parts = rest.split("/")
    if not found or len(parts) < 3 or not _is_id(parts[0]):
        return None
    return parts[0], unquote(parts[-1]) or "picture"


def _by_token(path: str, query: str, host: str) -> tuple[str, str] | None:
    if path != "/inline/attachment" or not host.endswith(".freshdesk.com"):
        return None
    token = (parse_qs(query).get("token") or [""])[0].split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4)))
    except (IndexError, ValueError, binascii.Error, RecursionError):
        return None
    identifier = str(claims.get("id")) if isinstance(claims, dict) else ""
    return (identifier, "picture") if _is_id(identifier) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
