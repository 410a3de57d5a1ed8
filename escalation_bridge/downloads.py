"""Fetching files: streamed, measured and hashed while they come, never whole in memory, and never from a private network."""

import hashlib
import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests

from escalation_bridge.addresses import is_loopback, is_secure
from escalation_bridge.domain.tickets import Attachment
from escalation_bridge.errors import BridgeError, FileRefused, NotReachable, UnreadableAnswer
from escalation_bridge.files import FetchedFile
from escalation_bridge.transport import Transport, is_same_origin

_OPERATION = "fetch_attachment"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 4
_CHUNK = 64 * 1024
_HTML = re.compile(r"\btext/html\b|\bapplication/xhtml\+xml\b", re.IGNORECASE)


def keep(chunks: Iterable[bytes], into: BinaryIO, limit: int, content_type: str) -> FetchedFile:
    """Write chunks to a file, counting and hashing.

    Raises:
        FileTooLarge: More than `limit` bytes came; what has been written is not to be used.
    """
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise FileTooLarge(limit)
        digest.update(chunk)
        into.write(chunk)
    return FetchedFile(size, digest.hexdigest(), content_type)


class FileTooLarge(BridgeError):
    """More came than is taken.

    Args:
        limit: Bytes.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is larger than {limit} bytes")


def download(transport: Transport, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
    """Fetch a file by its address, over the redirects that vendors lead through to their file stores.

    Credentials are put on requests to the connection's own origin alone. Another host is asked without them, only over
    https, and only if it has a public address: a ticket's text must not make the bridge read from inside its own network.

    Args:
        transport: The connection's; its credentials are used at its own origin.
        attachment: Whose `url` is fetched.
        into: Where to, in binary.
        limit: Bytes, at the most.

    Raises:
        FileRefused: It is too large, or its address is one that is not fetched.
        UnreadableAnswer: A web page came instead of the file, most likely a login page.
        VendorError: As of any request.
    """
    url = urljoin(transport.base_url, attachment.url)
    if attachment.size is not None and attachment.size > limit:
        transport.refuse(FileRefused, _OPERATION, f"the file has {attachment.size} bytes, more than {limit}")
    for _ in range(_MOST_REDIRECTS + 1):
        _check(transport, url)
        with transport.request(
            _OPERATION, "GET", url, headers={"Accept": "*/*"}, accept=_REDIRECTS, stream=True
        ) as response:
            if response.status_code not in _REDIRECTS:
                return _take(transport, response, attachment, into, limit)
            url = urljoin(url, response.headers.get("Location", ""))
    return transport.refuse(UnreadableAnswer, _OPERATION, "the file is redirected again and again")


def _check(transport: Transport, url: str) -> None:
    if is_same_origin(url, transport.base_url):
        return
    if not is_secure(url):
        transport.refuse(FileRefused, _OPERATION, "the file's address is not https")
    # A vendor on this machine, as the stand-ins are, keeps its files there, too.
    at_home_here = is_loopback(urlsplit(transport.base_url).hostname)
    for address in _addresses(urlsplit(url).hostname or ""):
        if not address.is_global and not (at_home_here and address.is_loopback):
            transport.refuse(FileRefused, _OPERATION, "the file's address leads into a private network")


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Where a name leads. Nowhere, where it is not known here: then the request fails, or a proxy knows better."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return []
    return [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]


def _take(
    transport: Transport, response: requests.Response, attachment: Attachment, into: BinaryIO, limit: int
) -> FetchedFile:
    came = response.headers.get("Content-Type", "")
    if _HTML.search(came) and "html" not in attachment.content_type.lower():
        transport.refuse(UnreadableAnswer, _OPERATION, "a web page came instead of the file", response)
    try:
        return keep(response.iter_content(_CHUNK), into, limit, came or attachment.content_type)
    except FileTooLarge as error:
        transport.refuse(FileRefused, _OPERATION, str(error), response)
    except requests.exceptions.RequestException:
        transport.refuse(NotReachable, _OPERATION, "the connection broke in the middle of the file", response)
