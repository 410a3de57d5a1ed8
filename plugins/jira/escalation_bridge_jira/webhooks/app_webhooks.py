"""Webhooks of an OAuth 2.0 app: Cloud's dynamic webhooks, which expire after 30 days unless they are renewed.

Only apps may use them (403 for others). They have no name and no secret of their own: a token signed with the
app's client secret verifies them. Their filter is required and supports only a part of JQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from escalation_bridge.plugin import (
    JsonPart,
    Subscription,
    from_milliseconds,
)
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.webhooks.subscriptions import EVENTS, same_host

_PROLONG_BEFORE = timedelta(days=20)
"""Renewed when less than this is left of 30 days, so that weeks of downtime do no harm."""


@dataclass(frozen=True)
class AppWebhooks:
    """The registrations of the app that call this connection."""

    desk: Desk

    def all(self) -> tuple[Subscription, ...]:
        """Those with the connection's name, including another bridge's."""
        return tuple(self._subscription(each) for each in self._named())

    def ensure(self, callback: str) -> tuple[Subscription, ...]:
        """Ensure exactly one registration that calls `callback` and expires in more than a few days.

        One that calls another host stays unchanged: a second bridge may use the same app.
        """
        jql = self._jql()
        own = [each for each in self._named() if same_host((each / "url").maybe_text(), callback)]
        alive = [each for each in own if self._subscription(each).active]
        kept = next((each for each in alive if _is_as_wanted(each, callback, jql)), None)
        if kept is None:  # made before the others go, so that no event falls between them
            kept = self._register(callback, jql)
        self._delete([_id_of(each) for each in own if _id_of(each) != _id_of(kept)])
        found = self._subscription(kept)
        if found.expires_at is None or found.expires_at - self.desk.connection.now() < _PROLONG_BEFORE:
            found = self._prolonged(found)
        return (found,)

    def _named(self) -> list[JsonPart]:
        """Those that call the receiver's path of this connection, on any host."""
        ending = f"/{self.desk.connection.name}"
        webhooks = self.desk.jira.pages("/webhook", "values")
        return [
            each for each in webhooks if urlsplit((each / "url").maybe_text() or "").path.endswith(ending)
        ]

    def _jql(self) -> str:
        settings = self.desk.settings
        if settings.webhook_jql:
            return settings.webhook_jql
        if not settings.project:
            self.desk.reject("webhooks of an app need a filter: set webhook_jql or project in the connection")
        return f"project = {settings.project}"

    def _register(self, callback: str, jql: str) -> JsonPart:
        wanted = {"url": callback, "webhooks": [{"events": list(EVENTS), "jqlFilter": jql}]}
        answer = self.desk.jira.write("POST", "/webhook", wanted)
        result = next((answer / "webhookRegistrationResult").elements(), answer)
        if problems := (result / "errors").texts():
            self.desk.reject(f"Jira does not take the webhook: {'; '.join(problems)}{self._others(callback)}")
        made = (result / "createdWebhookId").identifier()
        # What Jira keeps is read again, for its end.
        return next(
            (each for each in self._named() if _id_of(each) == made), None
        ) or self.desk.jira.unreadable(f"the webhook {made}, just made, is not among the app's webhooks")

    def _others(self, callback: str) -> str:
        """Other addresses that this app calls: the API description allows one URL for each app."""
        urls = {(each / "url").maybe_text() or "" for each in self.desk.jira.pages("/webhook", "values")}
        others = sorted(url.partition("?")[0] for url in urls if url and not same_host(url, callback))
        if not others:
            return ""
        return (
            f". The app's webhooks call {', '.join(others)}, and Jira allows one URL for each app: give this bridge an app of "
            "its own; a webhook that nobody needs any more ends by itself within 30 days"
        )

    def _delete(self, ids: Sequence[str]) -> None:
        if ids:
            body = {"webhookIds": [int(each) for each in ids]}
            self.desk.jira.write("DELETE", "/webhook", body, repeatable=True)

    def _prolonged(self, webhook: Subscription) -> Subscription:
        body = {"webhookIds": [int(webhook.id)]}
        answer = self.desk.jira.write("PUT", "/webhook/refresh", body, repeatable=True)
        ends = _end(answer) or self.desk.jira.unreadable("expirationDate is missing or is no instant")
        return Subscription(webhook.id, webhook.url, active=True, expires_at=ends)

    def _subscription(self, webhook: JsonPart) -> Subscription:
        ends = _end(webhook)
        return Subscription(
            id=_id_of(webhook),
            url=(webhook / "url").text(),
            active=ends is None or ends > self.desk.connection.now(),
            expires_at=ends,
        )


def _end(part: JsonPart) -> datetime | None:
    """Its expiry: milliseconds by the API description's types, a text in its examples."""
    milliseconds = (part / "expirationDate").maybe_number()
    if milliseconds is not None:
        return from_milliseconds(milliseconds)
    return (part / "expirationDate").maybe_instant()


def _id_of(webhook: JsonPart) -> str:
    return (webhook / "id").identifier()


def _is_as_wanted(webhook: JsonPart, callback: str, jql: str) -> bool:
    return (
        (webhook / "url").value == callback
        and (webhook / "jqlFilter").value == jql
        and set((webhook / "events").texts()) == set(EVENTS)
    )
