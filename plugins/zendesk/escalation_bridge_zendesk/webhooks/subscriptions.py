"""Maintain the bridge's own webhook at Zendesk: exactly one, for events or called by a trigger."""

from escalation_bridge.plugin import (
    Connection,
    JsonPart,
    Subscription,
    UnreadableAnswer,
)
from escalation_bridge_zendesk.http.client import ZendeskClient
from escalation_bridge_zendesk.settings import ZendeskSettings
from escalation_bridge_zendesk.webhooks.triggers import Triggers, calls
from escalation_bridge_zendesk.webhooks.webhook import HEEDED

_OPERATION = "subscribe_webhooks"
_PREFIX = "Escalation Bridge"
_EVENTS = tuple(f"zen:event-type:ticket.{name}" for name in HEEDED)
_BY_TRIGGER = ("conditional_ticket_events",)
_SHAPE = {"http_method": "POST", "request_format": "json"}


class Subscriptions:
    """The account's webhooks with the name of this bridge and connection.

    A webhook with that name and another address stays unchanged: it may belong to a second bridge.
    """

    def __init__(self, connection: Connection[ZendeskSettings], client: ZendeskClient) -> None:
        self._client = client
        self._by_trigger = connection.settings.webhooks == "trigger"
        self._name = f"{_PREFIX} ({connection.name})"
        self._connection = connection.name
        self._triggers = Triggers(client, self._name)
        self._known = {secret.get_secret_value() for secret in connection.settings.webhook_secrets}

    def subscribe(self, callback: str) -> tuple[Subscription, ...]:
        """Ensure exactly one webhook of the bridge that calls `callback`. Returns it with its signing secret.

        A webhook for events cannot become one for triggers or the other way round, so the other kind needs another webhook. If a trigger
        is wanted, a webhook for events is deleted, because it would send too many tickets. If events are wanted, one for
        triggers is harmless, may be an admin's, and stays.
        """
        named = self._named()
        ours = [raw for raw in named if (raw / "endpoint").maybe_text() == callback]
        for_events = [raw for raw in ours if _is_for_events(raw)]
        if not self._by_trigger:
            return (self._single(callback, for_events, _EVENTS),)
        driven = [raw for raw in ours if not _is_for_events(raw)]
        kept = self._single(callback, driven, _BY_TRIGGER)
        self._triggers.see_to(kept.id, {_id(raw) for raw in named})
        for superfluous in for_events:
            self._delete(superfluous)
        return (kept,)

    def all(self) -> tuple[Subscription, ...]:
        """The webhooks with the bridge's name, without their secrets.

        One for triggers is active only if an active trigger calls it.
        """
        named = self._named()
        triggers = (
            [] if all(_is_for_events(raw) for raw in named) else self._triggers.all("list_subscriptions")
        )
        return tuple(
            Subscription(
                _id(raw),
                (raw / "endpoint").maybe_text() or "",
                active=(raw / "status").maybe_text() == "active"
                and (
                    _is_for_events(raw)
                    or any(
                        calls(trigger, _id(raw)) and (trigger / "active").value is True
                        for trigger in triggers
                    )
                ),
            )
            for raw in named
        )

    def setup(self, callback: str) -> tuple[str, ...]:
        """The steps that an admin has to do."""
        if self._by_trigger:
            kind = "connected to *Trigger or automation*, and a trigger as the plugin's README has it"
        else:
            kind = "connected to *Zendesk events*, with the ticket events that the plugin's README lists"
        return (
            (
                f"Where the bridge's user is no admin, an admin makes the webhook: Admin Center > Apps and integrations > "
                f"Webhooks > Create webhook, {kind}; name {self._name}; endpoint {callback}; POST; JSON; no authentication."
            ),
            (
                f"Open the webhook {self._name} there, choose *Show signing secret*, and put the secret where "
                f"connections.{self._connection}.webhook_secrets takes it from: an environment variable or a file."
            ),
            "Start the receiver anew, so that it knows the secret, and change a ticket: the bridge tells that the webhook came.",
        )

    def _named(self) -> list[JsonPart]:
        pages = self._client.pages("list_subscriptions", "/webhooks", {"filter[name_contains]": _PREFIX})
        return [
            raw
            for page in pages
            for raw in (page / "webhooks").as_list().objects()
            if (raw / "name").value == self._name and (raw / "id").maybe_text()
        ]

    def _single(self, callback: str, candidates: list[JsonPart], wanted: tuple[str, ...]) -> Subscription:
        if not candidates:
            return self._create(callback, wanted)
        secrets = {_id(raw): self._secret(_id(raw)) for raw in candidates}
        # The one whose secret the configuration has already is worth keeping; then the oldest.
        candidates.sort(
            key=lambda raw: (secrets[_id(raw)] not in self._known, (raw / "created_at").maybe_text() or "")
        )
        kept, *doubles = candidates
        for double in doubles:
            # Zendesk does not part with a webhook that an active trigger calls; one that an admin's trigger calls stays.
            if _is_for_events(double) or self._triggers.release(_id(double)):
                self._delete(double)
        misshapen = {name: value for name, value in _SHAPE.items() if (kept / name).value != value}
        if (
            misshapen
            or (kept / "status").maybe_text() != "active"
            or set((kept / "subscriptions").texts()) != set(wanted)
        ):
            right = {**misshapen, "status": "active", "subscriptions": list(wanted)}
            self._client.write(_OPERATION, "PATCH", f"/webhooks/{_id(kept)}", {"webhook": right})
        return Subscription(_id(kept), callback, active=True, secret=secrets[_id(kept)])

    def _create(self, callback: str, wanted: tuple[str, ...]) -> Subscription:
        webhook = {
            "name": self._name,
            "description": "Tells Escalation Bridge which ticket to look at.",
            "status": "active",
            "endpoint": callback,
            **_SHAPE,
            "subscriptions": list(wanted),
        }
        answer = self._client.write_and_read(_OPERATION, "POST", "/webhooks", {"webhook": webhook})
        created = _id(answer / "webhook")
        if not created:
            self._client.refuse(UnreadableAnswer, _OPERATION, "Zendesk names no webhook")
        return Subscription(created, callback, active=True, secret=self._secret(created))

    def _delete(self, raw: JsonPart) -> None:
        self._client.write(_OPERATION, "DELETE", f"/webhooks/{_id(raw)}")

    def _secret(self, webhook_id: str) -> str:
        """Its signing secret. An error is raised for no answer: treating it as no secret might delete a configured webhook."""
        answer = self._client.read(_OPERATION, f"/webhooks/{webhook_id}/signing_secret")
        secret = (answer / "signing_secret" / "secret").maybe_text()
        return secret or self._client.refuse(
            UnreadableAnswer, _OPERATION, "Zendesk shows no signing secret of the webhook"
        )


def _id(raw: JsonPart) -> str:
    return (raw / "id").maybe_text() or ""


def _is_for_events(raw: JsonPart) -> bool:
    return all(name.startswith("zen:event-type:") for name in (raw / "subscriptions").texts())
