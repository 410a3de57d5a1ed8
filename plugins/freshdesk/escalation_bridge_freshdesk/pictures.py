"""Pasted pictures, which Freshdesk does not list among the attachments: only the text has their addresses. Pure.

Two forms of address are known, from published texts and recorded answers: the object store's,
`https://s3.amazonaws.com/cdn.freshdesk.com/data/helpdesk/attachments/production/{id}/original/{name}`, and
`https://attachment.freshdesk.com/inline/attachment?token=...`, whose token contains the id; regions have hosts and buckets of their own.
Anybody with such an address can read the file. Any other address is a stranger's and stays unchanged: the bridge downloads nothing from
a host or a bucket that a customer can choose.
"""

import base64
import html
import re
from urllib.parse import parse_qs, unquote, urlsplit

from escalation_bridge.plugin import (
    Address,
    Attachment,
    UnclearAddress,
    is_same_origin,
    named_images,
    parse_address,
    parse_json,
    read_identifier,
    tokens,
    unique_name,
)

_VENDORS_OWN = ".freshdesk.com"
_STORE = re.compile(r"s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
_BUCKETS = ("cdn.freshdesk.com", "euc-cdn.freshdesk.com", "ind-cdn.freshdesk.com")
"""Buckets seen in published texts. Anybody can create a bucket with a similar name."""
_STORED = re.compile(
    r"/(?:([a-z.-]+)/)?data/helpdesk/attachments/production/([0-9]{1,19})/original/([^/]+)", re.ASCII
)


def pictures_in(markup: str, site: str = "") -> tuple[Attachment, ...]:
    """The files of a text's pictures, each once. Their size is unknown.

    Args:
        markup: HTML from Freshdesk.
        site: The account's address, which is accepted besides the vendor's own.
    """
    if "<img" not in markup.lower():
        return ()
    found = (
        picture(html.unescape(token.attributes.get("src", "")), site)
        for token in tokens(markup)
        if token.name == "img" and not token.is_end
    )
    return tuple({each.id: each for each in found if each is not None}.values())


def naming_pictures(markup: str, site: str = "") -> str:
    """The text with the names of those files in place of the pictures."""
    return named_images(markup, lambda address: each.name if (each := picture(address, site)) else None)


def picture(address: str, site: str = "") -> Attachment | None:
    """The file at an address; None if it is not Freshdesk's."""
    try:
        at = parse_address(address)
    except UnclearAddress:
        return None
    url = urlsplit(at.rest)
    own = _is_own(at, address, site)
    identifier, name = (
        _stored(at, url.path, own=own) or (_by_token(url.path, url.query) if own else None) or ("", "")
    )
    return Attachment(identifier, unique_name(name, identifier), "", None, address) if identifier else None


def _is_own(at: Address, address: str, site: str) -> bool:
    """Whether the address is Freshdesk's: the account's, or one of its hosts."""
    if site and is_same_origin(address, site):
        return True
    return at.scheme == "https" and at.port == 443 and at.host.endswith(_VENDORS_OWN)


def _stored(at: Address, path: str, *, own: bool) -> tuple[str, str] | None:
    found = _STORED.fullmatch(path)
    if found is None:
        return None
    is_store = at.scheme == "https" and at.port == 443 and _STORE.fullmatch(at.host) is not None
    if own or (is_store and found[1] in _BUCKETS):
        return found[2], unquote(found[3])
    return None


def _by_token(path: str, query: str) -> tuple[str, str] | None:
    """A file without a known name. Screenshots are PNG; viewers check the content."""
    if path != "/inline/attachment":
        return None
    token = (parse_qs(query).get("token") or [""])[0].split(".")
    try:
        claims = parse_json(base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4)))
    except (IndexError, ValueError):
        return None
    identifier = read_identifier(claims.get("id")) if isinstance(claims, dict) else None
    return (identifier, "picture.png") if identifier else None
