r"""URLs: one interpretation of each, and which ones credentials may be sent to.

Two parsers may take the same text for two hosts: `https://evil.example\@acme.example/` is acme's for Python's `urlsplit` and
evil's for urllib3, which opens the connection. So there is one parser here, which works on the text that is sent, and refuses
whatever another parser could read differently instead of guessing.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urljoin

from pydantic import AfterValidator

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<rest>(?:[/?#].*)?)",
    re.ASCII | re.IGNORECASE,
)
_ODD = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029]|^\s|\s$")
"""Some parsers treat a backslash as a slash, and drop tabs, line ends and surrounding blanks."""
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
_LONGEST_NAME = 253


class UnclearAddress(ValueError):
    """A URL that is ambiguous between parsers, and never used. The message names the reason only."""


@dataclass(frozen=True, slots=True)
class Address:
    """A URL with exactly one interpretation.

    Attributes:
        scheme: "http" or "https".
        host: In lower case; an IPv6 address without its brackets, in its shortest form.
        port: Also where the URL leaves it to the scheme.
        rest: Path, query and fragment, as they were.
    """

    scheme: str
    host: str
    port: int
    rest: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """The origin that credentials belong to."""
        return self.scheme, self.host, self.port

    @property
    def is_loopback(self) -> bool:
        """Whether this is the machine itself."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_secure(self) -> bool:
        """Whether requests cannot be read on the way."""
        return self.scheme == "https" or self.is_loopback

    @property
    def site(self) -> str:
        """Scheme, host and port as a URL, without the scheme's default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    def __str__(self) -> str:
        return self.site + self.rest


def parse_address(url: str) -> Address:
    """Parse a whole URL.

    Raises:
        UnclearAddress: Not http or https, with user or password, or with anything that parsers read differently: backslashes,
            control characters, letters and digits that are not ASCII (write a name as `xn--...`), unusual ports and numbers.
    """
    if _ODD.search(url):
        raise UnclearAddress("a backslash, blank or control character")
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise UnclearAddress("not http:// or https:// with a plain host name in ASCII and a port")
    scheme = found["scheme"].lower()
    port = int(found["port"]) if found["port"] else _PORTS[scheme]
    if port > _LAST_PORT:
        raise UnclearAddress("a port that is none")
    return Address(scheme, _host(found["name"], found["v6"]), port, found["rest"])


def _host(name: str | None, v6: str | None) -> str:
    try:
        if v6 is not None:
            return ipaddress.IPv6Address(v6).compressed
        host = (name or "").lower()
        # Parsers disagree whether 127.1, 0x7f.1 and 2130706433 are addresses or names.
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(host))
    except ipaddress.AddressValueError as error:
        raise UnclearAddress("an ambiguous way to write an IP address") from error
    if len(host) > _LONGEST_NAME:
        raise UnclearAddress("a host name that is too long")
    return host


def resolve_address(base: str, reference: str) -> Address:
    """Resolve a reference in an answer of `base`: a whole URL, `//host/path`, or a path.

    Raises:
        UnclearAddress: As `parse_address`.
    """
    if _ODD.search(reference):  # before they are joined, which silently drops some of these
        raise UnclearAddress("a backslash, blank or control character")
    try:
        return parse_address(urljoin(base, reference))
    except UnclearAddress:
        raise
    except ValueError as error:  # unbalanced brackets
        raise UnclearAddress("no URL") from error


def is_same_origin(url: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port, so that credentials of one may be sent to the other."""
    try:
        return parse_address(url).origin == parse_address(other).origin
    except UnclearAddress:
        return False


def is_secure(url: str) -> bool:
    """Whether requests to a URL cannot be read on the way; False for an ambiguous one."""
    try:
        return parse_address(url).is_secure
    except UnclearAddress:
        return False


def _checked(value: str) -> Address:
    stripped = value.strip()
    if re.match(r"https?://[^/?#]*@", stripped, re.IGNORECASE):
        raise ValueError("must be a plain address: no user, password, ? or #")
    try:
        address = parse_address(stripped)
    except UnclearAddress as error:
        if not re.match(r"https?://.", stripped, re.IGNORECASE):
            raise ValueError(
                "must begin with https:// (http:// is only allowed for this machine itself)"
            ) from error
        raise ValueError(f"must be an address that everybody reads alike; this one has {error}") from error
    if not address.is_secure:
        raise ValueError("must begin with https:// (http:// is only allowed for this machine itself)")
    if "?" in address.rest or "#" in address.rest:
        raise ValueError("must be a plain address: no user, password, ? or #")
    return address


def _site(value: str) -> str:
    address = _checked(value)
    if address.rest.rstrip("/"):
        raise ValueError("must be scheme and host alone, with nothing behind them")
    return address.site


def _base(value: str) -> str:
    return str(_checked(value)).rstrip("/")


SiteUrl = Annotated[str, AfterValidator(_site)]
"""Scheme and host of a vendor's account, for a setting."""

BaseUrl = Annotated[str, AfterValidator(_base)]
"""The base address of an API, for a setting."""
