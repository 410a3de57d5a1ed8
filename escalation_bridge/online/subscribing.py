"""Register webhooks: check, create and repair registrations, and list what an admin has to do."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from escalation_bridge.errors import ConfigurationError, PermissionDenied
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import ConnectionReport, Subscription
from escalation_bridge.plugin.http.addresses import is_secure

SOON = timedelta(days=7)
"""A registration that expires within this time is reported."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state of a connection and its webhooks.

    Attributes:
        report: The bridge's user there.
        subscriptions: The bridge's own registrations; None if the vendor's API has none or denies access.
        refusal: Why the vendor denies access; then `steps` describes how an admin does it.
        steps: What an admin has to enter by hand.
        new_secret: A webhook secret that the configuration lacks; to be shown to the admin once.
        left_alone: Registrations with the connection's name that call another address.
        missing: What prevents webhooks from arriving, each with its remedy. Empty: nothing.
    """

    report: ConnectionReport
    subscriptions: tuple[Subscription, ...] | None
    steps: tuple[str, ...]
    refusal: str | None
    new_secret: str | None
    left_alone: tuple[Subscription, ...]
    missing: tuple[str, ...]


def callback_of(name: str, public_url: str | None, given: str | None) -> str:
    """The address that a vendor has to call.

    Raises:
        ConfigurationError: Neither the configuration nor the command names it, or it is not encrypted.
    """
    if given is None and public_url is None:
        raise ConfigurationError(
            "under which address do vendors reach the bridge? Set bridge.public_url, or give --callback"
        )
    callback = given or f"{(public_url or '').rstrip('/')}/webhooks/{name}"
    if not is_secure(callback):
        raise ConfigurationError(
            f"{callback}: webhooks carry customers' words, so it has to begin with https://"
        )
    return callback


def see_to(helpdesk: Helpdesk, callback: str, now: datetime, *, change: bool) -> Outcome:
    """Check a connection's webhooks; with `change`, create, repair and prune them. Idempotent.

    If no webhook secret is configured, one is generated for vendors that let the subscriber choose it.

    Raises:
        VendorError: The vendor does not answer, or refuses.
    """
    report = helpdesk.check_connection()
    new_secret = refusal = listed = None
    try:
        if change and helpdesk.can("subscribe_webhooks"):
            new_secret = _subscribe(helpdesk, callback)
        if helpdesk.can("list_subscriptions"):
            listed = helpdesk.list_subscriptions()
    except PermissionDenied as denied:
        if not helpdesk.can("webhook_setup"):
            raise
        refusal = f"{denied.message}. {denied.advice}"
    steps = helpdesk.webhook_setup(callback) if helpdesk.can("webhook_setup") else ()
    missing = tuple(_missing(helpdesk, report, callback, listed, new_secret, now))
    left_alone = tuple(one for one in listed or () if not calls(one, callback))
    return Outcome(report, listed, steps, refusal, new_secret, left_alone, missing)


def _subscribe(helpdesk: Helpdesk, callback: str) -> str | None:
    """Create and repair. Returns the new secret, if the configuration lacks it."""
    known = webhook_secrets(helpdesk)
    offered = known[-1] if known else secrets.token_urlsafe(32)
    made = helpdesk.subscribe_webhooks(callback, offered)
    # What the vendor chose by itself counts; otherwise it took what it was offered.
    used = [one.secret or offered for one in made]
    return next((secret for secret in used if secret not in known), None)


def webhook_secrets(helpdesk: Helpdesk) -> tuple[str, ...]:
    """The configured secrets, the newest last. A plugin's settings keep them in `webhook_secrets`."""
    configured = getattr(helpdesk.settings, "webhook_secrets", ())
    return tuple(one.get_secret_value() for one in configured if isinstance(one, SecretStr))


def calls(subscription: Subscription, callback: str) -> bool:
    """Whether a registration calls this address. A query may contain a secret and is ignored."""
    return subscription.url.partition("?")[0] == callback


def _missing(
    helpdesk: Helpdesk,
    report: ConnectionReport,
    callback: str,
    listed: tuple[Subscription, ...] | None,
    new_secret: str | None,
    now: datetime,
) -> Iterator[str]:
    yield from report.problems
    if new_secret is not None:
        yield (
            f"the webhook's secret is not in the configuration: put it where connections.{helpdesk.name}.webhook_secrets "
            "takes it from (an environment variable or a file), and start the receiver anew"
        )
    if listed is None:
        return
    calling = [one for one in listed if calls(one, callback)]
    if not calling:
        yield f"no webhook calls {callback}: run `escalation-bridge connect {helpdesk.name}`"
    elif not any(one.active and (one.expires_at is None or one.expires_at > now) for one in calling):
        yield f"the webhook is switched off or has expired: run `escalation-bridge connect {helpdesk.name}`"
