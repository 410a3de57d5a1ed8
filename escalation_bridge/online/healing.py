"""Maintain webhook registrations: a running bridge repairs what `connect` created."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.online.subscribing import calls, webhook_secrets
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import Subscription


@dataclass(frozen=True, slots=True)
class Healed:
    """The result of maintaining a connection's registrations.

    Attributes:
        seen: Whether this bridge has, or had, a registration: only then one is created again.
        expires_at: When the first of them expires; None: they do not expire.
        repaired: What was broken and is repaired, for people; webhooks may have been lost.
        kept: What else was done: renewals, removal of superfluous registrations.
        problem: What a person has to do; None: nothing.
    """

    seen: bool
    expires_at: datetime | None = None
    repaired: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    problem: str | None = None


def heal(helpdesk: Helpdesk, callback: str, now: datetime, *, was_seen: bool, ended: bool) -> Healed:
    """Check a connection's registrations, and renew, repair and prune them.

    It never creates a registration that an admin never asked for; it only restores what existed.

    Args:
        helpdesk: The connection.
        callback: The bridge's own address for it.
        now: The time.
        was_seen: Whether there was one before.
        ended: Whether earlier registrations were of a kind that expires.

    Raises:
        VendorError: The vendor does not answer, or refuses.
    """
    before = [one for one in helpdesk.list_subscriptions() if calls(one, callback)]
    if not before and not was_seen:
        return Healed(seen=False)
    ends = ended or any(one.expires_at is not None for one in before)
    known = webhook_secrets(helpdesk)
    if not known and not ends and not any(one.secret for one in before):
        # One signed with a secret that nobody configured would be refused by the receiver, and created again every day.
        return Healed(seen=True, problem=None if _alive(before, now) else _BY_HAND.format(helpdesk.name))
    after = helpdesk.subscribe_webhooks(callback, known[-1] if known else secrets.token_urlsafe(32))
    unknown = any(one.secret is not None and one.secret not in known for one in after)
    return Healed(
        seen=True,
        expires_at=min((one.expires_at for one in after if one.expires_at is not None), default=None),
        repaired=tuple(_repaired(before, after, now)),
        kept=tuple(_kept(before, after)),
        problem=_UNKNOWN_SIGNATURE.format(helpdesk.name) if unknown else None,
    )


_BY_HAND = "its webhook registration is gone or switched off: run `escalation-bridge connect {}`"
_UNKNOWN_SIGNATURE = (
    "its webhook has a signing secret that is not configured, so what it sends is refused: run `escalation-bridge connect {}`, "
    "which shows it"
)


def _alive(subscriptions: list[Subscription], now: datetime) -> bool:
    return any(one.active and (one.expires_at is None or one.expires_at > now) for one in subscriptions)


def _repaired(before: list[Subscription], after: tuple[Subscription, ...], now: datetime) -> Iterator[str]:
    known = {one.id for one in before}
    if not before:
        yield "the webhook registration was missing and was made again"
        return
    broken = [one for one in before if not _alive([one], now)]
    if broken:
        yield "a webhook registration had expired or was switched off, and works again"
    elif len(after) > len(before) and any(one.id not in known for one in after):
        yield "one of the webhook registrations was missing and was made again"


def _kept(before: list[Subscription], after: tuple[Subscription, ...]) -> Iterator[str]:
    ends = {one.id: one.expires_at for one in before}
    for one in after:
        earlier = ends.get(one.id)
        if one.expires_at is not None and earlier is not None and one.expires_at > earlier:
            yield f"the webhook registration was renewed until {one.expires_at:%Y-%m-%d %H:%M} UTC"
    superfluous = len(ends.keys() - {one.id for one in after})
    if superfluous:
        yield f"superfluous or outdated webhook registrations were removed: {superfluous}"
