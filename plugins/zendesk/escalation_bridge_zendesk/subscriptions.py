"""The bridge's own webhook at Zendesk: one event subscription, made, mended and kept single."""

from escalation_bridge.accounts import Subscription
from escalation_bridge.connection import Connection
from escalation_bridge.errors import UnreadableAnswer
from escalation_bridge_zendesk.client import ZendeskClient
from escalation_bridge_zendesk.settings import ZendeskSettings
from escalation_bridge_zendesk.shapes import Json, entries, member, text, words
from escalation_bridge_zendesk.webhook import HEEDED

_PREFIX = "Escalation Bridge"
_EVENTS = tuple(f"zen:event-type:ticket.{name}" for name in HEEDED)


class Subscriptions:
    """The account's webhooks that carry the name of this bridge and connection."""

    def __init__(self, connection: Connection[ZendeskSettings], client: ZendeskClient) -> None:
        self._client = client
        self._name = f"{_PREFIX} ({connection.name})"
        self._known = {secret.get_secret_value() for secret in connection.settings.webhook_secrets}

    def subscribe(self, callback: str) -> tuple[Subscription, ...]:
        """Leave exactly one webhook of the bridge that calls `callback`, and return it with its signing secret.

        A webhook with the bridge's name that calls another address is left alone: it may be a second bridge's. So is one
        that a trigger drives, because an admin made it and it cannot be turned into an event subscription.
        """
        ours = [raw for raw in self._named() if text(raw, "endpoint") == callback and _is_for_events(raw)]
        if not ours:
            return (self._create(callback),)
        secrets = {_id(raw): self._secret(_id(raw)) for raw in ours}
        # The one whose secret the configuration has already is worth keeping; then the oldest.
        ours.sort(key=lambda raw: (secrets[_id(raw)] not in self._known, text(raw, "created_at") or ""))
        kept, *doubles = ours
        for double in doubles:
            self._client.write("subscribe_webhooks", "DELETE", f"/webhooks/{_id(double)}")
        if text(kept, "status") != "active" or set(words(kept, "subscriptions")) != set(_EVENTS):
            self._client.write(
                "subscribe_webhooks",
                "PATCH",
                f"/webhooks/{_id(kept)}",
                {"webhook": {"status": "active", "subscriptions": list(_EVENTS)}},
            )
        return (Subscription(_id(kept), callback, active=True, secret=secrets[_id(kept)]),)

    def all(self) -> tuple[Subscription, ...]:
        """The webhooks that carry the bridge's name, without their secrets."""
        return tuple(
            Subscription(_id(raw), text(raw, "endpoint") or "", active=text(raw, "status") == "active")
            for raw in self._named()
        )

    def _named(self) -> list[Json]:
        pages = self._client.pages("list_subscriptions", "/webhooks", {"filter[name_contains]": _PREFIX})
        return [
            raw
            for page in pages
            for raw in entries(page, "webhooks")
            if raw.get("name") == self._name and text(raw, "id")
        ]

    def _create(self, callback: str) -> Subscription:
        wanted = {
            "name": self._name,
            "description": "Tells Escalation Bridge which ticket to look at.",
            "status": "active",
            "endpoint": callback,
            "http_method": "POST",
            "request_format": "json",
            "subscriptions": list(_EVENTS),
        }
        answer = self._client.write_and_read("subscribe_webhooks", "POST", "/webhooks", {"webhook": wanted})
        created = _id(member(answer, "webhook"))
        if not created:
            self._client.refuse(UnreadableAnswer, "subscribe_webhooks", "Zendesk names no webhook")
        return Subscription(created, callback, active=True, secret=self._secret(created))

    def _secret(self, webhook_id: str) -> str | None:
        answer = self._client.read("subscribe_webhooks", f"/webhooks/{webhook_id}/signing_secret")
        return text(member(answer, "signing_secret"), "secret")


def _id(raw: Json) -> str:
    return text(raw, "id") or ""


def _is_for_events(raw: Json) -> bool:
    return all(name.startswith("zen:event-type:") for name in words(raw, "subscriptions"))
