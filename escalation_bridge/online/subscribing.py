"""Having a vendor call the bridge: what is there, what is made, and what an admin still has to do."""

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
"""A subscription that ends within this time is told."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a connection and its webhooks stand.

    Attributes:
        report: Who the bridge is there.
        subscriptions: The bridge's own registrations; None where the vendor's API has none, or does not let the bridge at them.
        refusal: Why the vendor does not let the bridge at them; then `steps` say how an admin does it.
        steps: What an admin has to enter by hand.
        new_secret: A webhook secret that the configuration does not have yet; to be shown to the admin once.
        left_alone: Registrations of the connection's name that call somebody else.
        missing: What keeps webhooks from being received, each with what to do. Empty: all is well.
    """

    report: ConnectionReport
    subscriptions: tuple[Subscription, ...] | None
    steps: tuple[str, ...]
    refusal: str | None
    new_secret: str | None
    left_alone: tuple[Subscription, ...]
    missing: tuple[str, ...]


def callback_of(name: str, public_url: str | None, given: str | None) -> str:
    """The address that a vendor is to call.

    Raises:
        ConfigurationError: Neither the configuration nor the command says, or it is not encrypted.
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
    """Look at a connection's webhooks, and create, repair and prune them if `change` says so. Idempotent.

    Where no webhook secret is configured yet, one is made up for vendors that let the subscriber choose it.

    Raises:
        VendorError: The vendor cannot be asked, or refuses.
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
    """Create and repair; returns the secret that is used and not configured yet."""
    known = webhook_secrets(helpdesk)
    offered = known[-1] if known else secrets.token_urlsafe(32)
    made = helpdesk.subscribe_webhooks(callback, offered)
    # What the vendor chose by itself counts; otherwise it took what it was offered.
    used = [one.secret or offered for one in made]
    return next((secret for secret in used if secret not in known), None)


def webhook_secrets(helpdesk: Helpdesk) -> tuple[str, ...]:
    """The secrets that are configured, the newest last. A plugin's settings keep them in `webhook_secrets`."""
    configured = getattr(helpdesk.settings, "webhook_secrets", ())
    return tuple(one.get_secret_value() for one in configured if isinstance(one, SecretStr))


def calls(subscription: Subscription, callback: str) -> bool:
    """Whether a registration calls this address; whatever stands behind its path may be a secret."""
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
