"""Remove secrets from what is stored: a verified webhook no longer needs its proof."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import unquote

from pydantic import BaseModel, SecretStr

from escalation_bridge.plugin.webhooks import WebhookRequest

_TELLING = re.compile("auth|cookie|credential|secret|token|signature|api-?key|password")


def without_secrets(request: WebhookRequest, secrets: Collection[str]) -> WebhookRequest:
    """The request without headers that prove something, and without its query, which may contain a token.

    Args:
        request: The request as received.
        secrets: The connection's secrets: a header that contains one is removed whatever its name. An admin may send
            the secret in any header, and a proxy may have copied the URL into another.
    """
    kept = {
        name: value
        for name, value in request.headers.items()
        if not _is_telling(name) and not _holds(value, secrets)
    }
    return replace(request, headers=MappingProxyType(kept), query=MappingProxyType({}))


@lru_cache(maxsize=256)  # a vendor sends the same few names with every webhook
def _is_telling(name: str) -> bool:
    return _TELLING.search(name) is not None


def _holds(value: str, secrets: Collection[str]) -> bool:
    if any(secret in value for secret in secrets):
        return True
    return "%" in value and any(secret in unquote(value) for secret in secrets)


def secret_values(value: object) -> Iterator[str]:
    """Yield every secret in a connection's settings, at any depth."""
    match value:
        case SecretStr():
            if value.get_secret_value():
                yield value.get_secret_value()
        case BaseModel():
            for name in type(value).model_fields:
                yield from secret_values(getattr(value, name))
        case dict():
            for item in value.values():
                yield from secret_values(item)
        case list() | tuple() | set() | frozenset():
            for item in value:
                yield from secret_values(item)
        case _:
            return
