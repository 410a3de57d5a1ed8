"""The errors of the bridge: one root, and for vendors one class per thing that can be done about it.

A vendor error says on which connection, in which operation, with which HTTP status and request id, and whether trying
again can help. Its message is written for the person who can mend it.
"""

from dataclasses import dataclass
from typing import ClassVar


class BridgeError(Exception):
    """The root of everything that the bridge raises on purpose."""


class ConfigurationError(BridgeError):
    """The configuration cannot work; the message lists every finding with file, line and path."""


class PluginError(BridgeError):
    """A plugin cannot be loaded, clashes with another one, or broke its contract."""


class UnsupportedOperation(PluginError):
    """The connection's plugin does not implement this hook."""


class StoreUnavailable(BridgeError):
    """The database cannot be written just now: disk full, locked, or not reachable."""


class StoreMissing(BridgeError):
    """There is no database yet, or it is of another version: a command that only looks at one cannot go on."""


class StoreRefused(BridgeError):
    """The database works and refuses what was to be written. The message names no value: it may be a customer's text."""


# --- webhooks -------------------------------------------------------------------------------------------------------


class WebhookError(BridgeError):
    """A webhook that is not accepted. The message goes to the sender: it must not tell what would have been right."""


class WebhookRefused(WebhookError):
    """Not proven to come from the vendor: signature, secret or time stamp missing, wrong or too old. Answered 401."""


class WebhookMalformed(WebhookError):
    """Proven to come from the vendor, but it cannot be read. Kept for inspection and answered 400."""


# --- vendors --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where a vendor error happened.

    Attributes:
        operation: The hook or step, for example "create_ticket".
        status: HTTP status; None when no answer came.
        request_id: The vendor's id of the request, for its support.
        retry_after: Seconds the vendor asked to wait: a lower bound.
    """

    connection: str
    operation: str
    status: int | None = None
    request_id: str | None = None
    retry_after: float | None = None


class VendorError(BridgeError):
    """Something went wrong at the vendor.

    Attributes:
        can_retry: Whether the same request may succeed later without anybody doing anything.
        asked_in_vain: Whether no status means that the vendor was asked and gave no answer. Elsewhere it means that nobody
            was asked: the bridge refused by itself.
        advice: What an admin can do; a class says what is true of all its errors, an instance may say more.
    """

    can_retry: ClassVar[bool] = False
    asked_in_vain: ClassVar[bool] = False
    default_advice: ClassVar[str] = ""

    def __init__(self, message: str, at: Circumstances, *, advice: str | None = None) -> None:
        """Say what happened (`message`, without secrets or customers' texts), where (`at`), and what to do about it."""
        super().__init__(message)
        self.message = message
        self.at = at
        self.advice = self.default_advice if advice is None else advice

    def __str__(self) -> str:
        answered = f"HTTP {self.at.status}" if self.at.status else "no answer" if self.asked_in_vain else ""
        request = f"request {self.at.request_id}" if self.at.request_id else ""
        told = ", ".join(filter(None, (answered, request)))
        advice = f" {self.advice}" if self.advice else ""
        circumstances = f" ({told})" if told else ""
        return f"{self.at.connection}: {self.at.operation}: {self.message}{circumstances}.{advice}"


class NotReachable(VendorError):
    """No connection could be made, so nothing was done."""

    can_retry = True
    asked_in_vain = True
    default_advice = "Check the connection's url, DNS, proxy and firewall; the bridge tries again by itself."


class OutcomeUnknown(VendorError):
    """The request was sent and no usable answer came: it may have been carried out. Look before writing again."""

    can_retry = True
    asked_in_vain = True
    default_advice = "The bridge looks whether it was carried out before it writes again."


class NotSettled(VendorError):
    """Whether an earlier write was carried out cannot be told yet (a search index lags). Ask again after `retry_after`."""

    can_retry = True


class Unavailable(VendorError):
    """The vendor answered that it cannot just now (5xx), and did nothing."""

    can_retry = True
    default_advice = "The bridge tries again by itself."


class RateLimited(VendorError):
    """Too many requests (429)."""

    can_retry = True
    default_advice = "The bridge waits as the vendor asks."


class AuthenticationFailed(VendorError):
    """The credentials are missing, wrong, expired or revoked (401)."""

    default_advice = "Renew the credentials of this connection; events are kept and go on afterwards."


class PermissionDenied(VendorError):
    """The account may not do this (403)."""

    default_advice = "Give the bridge's account the permission that the plugin's README lists."


class TicketNotFound(VendorError):
    """There is no such ticket, or the account may not see it (404)."""

    default_advice = "It was deleted, or the bridge's account may not see it."


class CommentNotFound(VendorError):
    """The comment is not there any more."""


class TicketClosed(VendorError):
    """The ticket is closed for good and takes no change."""


class ConcurrentChange(VendorError):
    """Somebody changed the ticket since it was read. Read it again and decide anew."""

    can_retry = True


class Rejected(VendorError):
    """The vendor understood the request and refuses it (400, 422): a field, a value, a transition."""

    default_advice = "Correct the configuration of this route or connection, then retry the case."


class UnknownPerson(Rejected):
    """Nobody at the vendor has this id or e-mail address, or may not be assigned here."""

    default_advice = "Name the person in the route's table of users, or leave the ticket to somebody by hand."


class PersonRefused(Rejected):
    """The vendor does not accept a person that a write names: suspended, blocked, deactivated, no access, an invalid address.

    Nothing was written. A create is repeated with these people in `TicketDraft.without`, so that a person's account never
    costs an escalation.

    Attributes:
        people: Who: `requester`, or names of the draft's fields (`assignee_id`, `raise_on_behalf_of`).
    """

    default_advice = "Reactivate or unblock the person at the vendor, or name another one."

    def __init__(
        self,
        message: str,
        at: Circumstances,
        *,
        advice: str | None = None,
        people: frozenset[str] = frozenset({"requester"}),
    ) -> None:
        """As for any vendor error, and which people were refused."""
        super().__init__(message, at, advice=advice)
        self.people = people


class FileRefused(VendorError):
    """A file is not taken: too large, of a type that is not allowed, or at an address that is not fetched."""

    default_advice = "Pass it on by hand if it is needed on the other side."


class NotApplied(VendorError):
    """The vendor said yes and changed nothing."""

    default_advice = "Look at the ticket's workflow and required fields, then retry the case."


class PrivacyBreach(VendorError):
    """What was written as private came out public. It was taken back where that is possible."""

    default_advice = (
        "Look at the ticket now; the connection must not be used for private notes before this is mended."
    )


class ConnectionHeld(VendorError):
    """A person has to look into the connection before this is done there."""

    can_retry = True
    default_advice = "Look into it, then `escalation-bridge release` the connection."


class Gone(VendorError):
    """The vendor has removed this part of its API (410)."""

    default_advice = "Update the plugin of this connection."


class UnreadableAnswer(VendorError):
    """The answer is not what the vendor documents: empty, cut off, of another shape. It says neither yes nor no."""

    can_retry = True
    default_advice = "The bridge tries again by itself. If it stays so, update the plugin of this connection."


class Intercepted(UnreadableAnswer):
    """Something answered in the API's place: a maintenance page, a login page, a proxy, a firewall. An outage, as a 503 is.

    Whether a write was carried out is unknown: the answer is not from whoever would have done it.
    """

    default_advice = (
        "The bridge tries again by itself, as in an outage. If it stays so, check the connection's url, and whether a proxy, a "
        "firewall or a single sign-on page answers in the vendor's place."
    )
