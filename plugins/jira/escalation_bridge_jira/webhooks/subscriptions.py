"""Maintain the bridge's own webhook registration at a site: create, repair and prune.

There are three interfaces; the site's edition and version decide:

* Cloud: `/rest/webhooks/1.0/webhook` with `secret`; the answer has `isSigned`. (The dynamic webhooks of the REST API
  v3 are for Connect and OAuth apps and expire.)
* Data Center from 10 on: `/rest/jira-webhook/1.0/webhooks` with the secret in `configuration.SECRET`. A `secret` beside it is
  silently ignored, and deliveries are not signed.
* Data Center before 10: as Cloud, but signing depends on the version; without `isSigned` it is refused.
"""

import hashlib
import hmac
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from escalation_bridge.plugin import (
    JsonPart,
    Rejected,
    Subscription,
    TicketNotFound,
)
from escalation_bridge_jira.site.desk import Desk

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
)
_JQL = "issue-related-events-section"
_CLASSIC = "/rest/webhooks/1.0/webhook"
_FROM_10 = "/rest/jira-webhook/1.0/webhooks"


@dataclass(frozen=True)
class Subscriptions:
    """The registrations of this connection, recognized by their name and the host that they call."""

    desk: Desk
    path: str

    @classmethod
    def of(cls, desk: Desk) -> "Subscriptions":
        """The interface of the site."""
        server = desk.jira.site()
        major = next((number.maybe_number() for number in (server / "versionNumbers").elements()), None) or 0
        newer = (server / "deploymentType").value != "Cloud" and not desk.settings.cloud and major >= 10
        return cls(desk, _FROM_10 if newer else _CLASSIC)

    def all(self) -> tuple[Subscription, ...]:
        """Those with the connection's name, including another bridge's."""
        return tuple(_subscription(each) for each in self._named())

    def ensure(self, callback: str, secret: str) -> tuple[Subscription, ...]:
        """Ensure exactly one registration that calls `callback`, signed with `secret`.

        Jira does not show a secret again, so its fingerprint is in the name: a changed secret needs a new registration. One of
        the same name that calls another host stays unchanged: a second bridge may use the same connection name.
        """
        wanted = self._wanted(callback, secret)
        own = [each for each in self._named() if same_host((each / "url").maybe_text(), callback)]
        kept = next((each for each in own if _is_as_wanted(each, wanted)), None)
        if kept is None:  # made before the old one goes, so that no event falls between them
            kept = self.desk.jira.call("POST", self.path, json=wanted)
            self._refuse_unsigned(kept)
        for each in own:
            if _id_of(each) != _id_of(kept):
                self._delete(each)
        return (_subscription(kept),)

    def _named(self) -> list[JsonPart]:
        everything = self.desk.jira.call("GET", self.path)
        return [each for each in everything.elements() if str((each / "name").value).startswith(self._name)]

    @property
    def _name(self) -> str:
        return f"Escalation Bridge: {self.desk.connection.name} "

    def _wanted(self, callback: str, secret: str) -> dict[str, object]:
        jql = self.desk.settings.webhook_jql
        common = {
            "name": f"{self._name}({_fingerprint(secret)})",
            "url": callback,
            "events": list(EVENTS),
            "filters": {_JQL: jql} if jql else {},
        }
        if self.path == _FROM_10:
            return {
                **common,
                "active": True,
                "scopeType": "global",
                "configuration": {"SECRET": secret, "EXCLUDE_BODY": "false"},
            }
        return {**common, "excludeBody": False, "secret": secret}

    def _refuse_unsigned(self, made: JsonPart) -> None:
        if self.path == _FROM_10:
            return
        signed = (made / "isSigned").maybe_flag()
        if signed or (signed is None and self.desk.settings.cloud):
            return
        self._delete(made)
        self.desk.refuse(
            Rejected,
            "this Jira does not sign webhooks, so they could not be told from forged ones; Jira 10 and newer does",
        )

    def _delete(self, registration: JsonPart) -> None:
        with suppress(TicketNotFound):  # somebody else was faster
            self.desk.jira.call("DELETE", f"{self.path}/{_id_of(registration)}", repeatable=True)


def same_host(url: str | None, callback: str) -> bool:
    """Whether a registration calls the host and port of this bridge, with any path."""
    return urlsplit(url or "").netloc.casefold() == urlsplit(callback).netloc.casefold()


def _fingerprint(secret: str) -> str:
    return hmac.new(secret.encode(), b"escalation-bridge webhook", hashlib.sha256).hexdigest()[:8]


def _is_as_wanted(registration: JsonPart, wanted: dict[str, object]) -> bool:
    same = all((registration / name).value == wanted[name] for name in ("name", "url"))
    events = set((registration / "events").texts()) == set(EVENTS)
    jql = wanted["filters"] == {_JQL: (registration / "filters" / _JQL).value} or (
        not wanted["filters"] and not (registration / "filters" / _JQL).value
    )
    return same and events and jql and _is_active(registration)


def _is_active(registration: JsonPart) -> bool:
    """Whether it is enabled and signed, as far as known."""
    switched = (registration / "enabled", registration / "active", registration / "isSigned")
    return all(switch.maybe_flag() is not False for switch in switched)


def _id_of(registration: JsonPart) -> str:
    """Its id; the classic interface has it only at the end of `self`."""
    address = (registration / "self").maybe_text() or ""
    return (
        (registration / "id").maybe_text()
        or address.rstrip("/").rpartition("/")[2]
        or (registration / "id").text()
    )


def _subscription(registration: JsonPart) -> Subscription:
    return Subscription(
        id=_id_of(registration), url=(registration / "url").text(), active=_is_active(registration)
    )
