"""Download files: streamed, measured and hashed on the fly, never whole in memory, and never from a private
network.
"""

import hashlib
import ipaddress
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import requests

from escalation_bridge.domain.tickets.tickets import Attachment
from escalation_bridge.errors import BridgeError, FileRefused, Intercepted, NotReachable, UnreadableAnswer
from escalation_bridge.plugin.files import FetchedFile
from escalation_bridge.plugin.http.addresses import Address, UnclearAddress, parse_address, resolve_address
from escalation_bridge.plugin.http.answers import REDIRECTS, is_page
from escalation_bridge.plugin.http.transport import Transport

_OPERATION = "fetch_attachment"
_MOST_REDIRECTS = 4
_CHUNK = 64 * 1024


def keep(chunks: Iterable[bytes], into: BinaryIO, limit: int, content_type: str) -> FetchedFile:
    """Write chunks to a file, counting and hashing.

    Raises:
        FileTooLarge: It has more than `limit` bytes; the written part must not be used.
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
    """The content exceeds the limit.

    Args:
        limit: Bytes.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is larger than {limit} bytes")


def download(transport: Transport, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
    """Download a file by its address, and follow the redirects to vendors' file stores.

    Credentials are sent to the connection's own origin only. Requests to another host have none, use only
    https, and only if it has a public address: a ticket's text must not make the bridge read from inside its own network.

    Args:
        transport: The connection's; its credentials are used at its own origin.
        attachment: Whose `url` is fetched.
        into: Where to, in binary.
        limit: The maximum bytes.

    Raises:
        FileRefused: It is too large, or its address is one that is not fetched.
        Intercepted: A web page came instead of the file, most likely a login page.
        VendorError: As of any request.
    """
    if attachment.size is not None and attachment.size > limit:
        transport.refuse(FileRefused, _OPERATION, f"the file has {attachment.size} bytes, more than {limit}")
    with opened(transport, _OPERATION, attachment.url) as response:
        return _take(transport, response, attachment, into, limit)


@contextmanager
def opened(transport: Transport, operation: str, url: str) -> Iterator[requests.Response]:
    """Request a file by its address, and follow redirects; its content is left to the caller.

    Only the connection's own origin may be in a private network.

    Raises:
        FileRefused: It has an address that is not requested.
        VendorError: As of any request.
    """
    address = _address(transport, operation, transport.base_url, url)
    for _ in range(_MOST_REDIRECTS + 1):
        _check(transport, operation, address)
        with transport.request(
            operation, "GET", str(address), headers={"Accept": "*/*"}, accept=REDIRECTS, stream=True
        ) as response:
            if response.status_code not in REDIRECTS:
                yield response
                return
            address = _address(transport, operation, str(address), response.headers.get("Location", ""))
    transport.refuse(UnreadableAnswer, operation, "the file is redirected again and again")


def _address(transport: Transport, operation: str, base: str, reference: str) -> Address:
    try:
        return resolve_address(base, reference)
    except UnclearAddress as error:
        return transport.refuse(
            FileRefused, operation, f"the file's address can be read in more than one way ({error})"
        )


def _check(transport: Transport, operation: str, address: Address) -> None:
    home = parse_address(transport.base_url)
    if address.origin == home.origin:
        return
    if not address.is_secure:
        transport.refuse(FileRefused, operation, "the file's address is not https")
    # A vendor on this machine, such as a stand-in, has its files there, too.
    for found in _leads_to(address.host):
        if not found.is_global and not (home.is_loopback and found.is_loopback):
            transport.refuse(FileRefused, operation, "the file's address leads into a private network")


def _leads_to(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses of a host name. Empty if it cannot be resolved here: then the request fails, or a proxy
    resolves it.
    """
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return []
    return [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]


def _take(
    transport: Transport, response: requests.Response, attachment: Attachment, into: BinaryIO, limit: int
) -> FetchedFile:
    came = response.headers.get("Content-Type", "")
    if is_page(response) and "html" not in attachment.content_type.lower():
        transport.refuse(Intercepted, _OPERATION, "a web page came instead of the file", response)
    try:
        return keep(response.iter_content(_CHUNK), into, limit, came or attachment.content_type)
    except FileTooLarge as error:
        transport.refuse(FileRefused, _OPERATION, str(error), response)
    except requests.exceptions.RequestException:
        transport.refuse(NotReachable, _OPERATION, "the connection broke in the middle of the file", response)
