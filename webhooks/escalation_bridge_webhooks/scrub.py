"""Keeping secrets out of what is stored: a webhook's proof has served once it is verified."""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from pydantic import BaseModel, SecretStr

from escalation_bridge.settings import ConnectionSettings
from escalation_bridge.webhooks import WebhookRequest

_TELLING = ("authorization", "cookie", "secret", "token", "signature", "api-key", "apikey", "password")


def without_secrets(request: WebhookRequest, settings: ConnectionSettings) -> WebhookRequest:
    """The request without headers that prove something, and without its query, which may hold a token."""
    secrets = set(secret_values(settings))
    kept = {
        name: value
        for name, value in request.headers.items()
        if not any(word in name for word in _TELLING) and not any(secret in value for secret in secrets)
    }
    return replace(request, headers=MappingProxyType(kept), query=MappingProxyType({}))


def secret_values(value: object) -> Iterator[str]:
    """Every secret in a connection's settings, however deep."""
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
