"""Addresses that credentials may be sent to: encrypted, or never leaving this machine."""

import ipaddress
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator


def is_loopback(host: str | None) -> bool:
    """Whether this is the machine itself."""
    if host is None or host == "localhost":
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_secure(url: str) -> bool:
    """Whether what is sent there cannot be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def _checked(value: str) -> SplitResult:
    parts = urlsplit(value.strip())
    if not parts.hostname or not is_secure(value.strip()):
        raise ValueError("must begin with https:// (http:// is only allowed for this machine itself)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be a plain address: no user, password, ? or #")
    return parts


def _site(value: str) -> str:
    parts = _checked(value)
    if parts.path.rstrip("/"):
        raise ValueError("must be scheme and host alone, with nothing behind them")
    return f"{parts.scheme}://{parts.netloc}"


def _base(value: str) -> str:
    parts = _checked(value)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


SiteUrl = Annotated[str, AfterValidator(_site)]
"""Scheme and host of a vendor's account, for a setting."""

BaseUrl = Annotated[str, AfterValidator(_base)]
"""An address below which an API is, perhaps with a path, for a setting."""
