"""The errors of the bridge: one root, and for vendors one class per possible reaction.

A vendor error has the connection, the operation, the HTTP status and the request id, and whether a retry can help. Its message
is written for the person who can fix the cause.
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
    """The database cannot be written now: disk full, locked, or not reachable."""


class StoreMissing(BridgeError):
    """There is no database yet, or it has another version: a read-only command cannot continue."""


class StoreRefused(BridgeError):
    """The database works and rejects a write. The message contains no value, which may be a customer's text."""


# --- webhooks -------------------------------------------------------------------------------------------------------


class WebhookError(BridgeError):
    """A webhook that is not accepted. The message goes to the sender: it must not reveal what would have been right."""


class WebhookRefused(WebhookError):
    """Not verified: signature, secret or time stamp missing, wrong or too old. Answered 401."""


class WebhookMalformed(WebhookError):
    """Verified, but not readable. Kept for inspection and answered 400."""


# --- vendors --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where a vendor error happened.

    Attributes:
        operation: The hook or step, for example "create_ticket".
        status: HTTP status; None without an answer.
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
        can_retry: Whether the same request may succeed later without any change.
        asked_in_vain: Whether no status means that the vendor was asked and gave no answer. Elsewhere it means that nobody
            was asked: the bridge refused by itself.
        advice: What an admin can do. A class has general advice; an instance may have more specific advice.
    """

    can_retry: ClassVar[bool] = False
    asked_in_vain: ClassVar[bool] = False
    default_advice: ClassVar[str] = ""

    def __init__(self, message: str, at: Circumstances, *, advice: str | None = None) -> None:
        """Take what happened (`message`, without secrets or customers' texts), where (`at`), and what to do about it."""
        super().__init__(message)
        self.message = message
        self.at = at
        self.advice = self.default_advice if advice is None else advice

    def __str__(self) -> str:
        answered = f"HTTP {self.at.status}" if self.at.status else "no answer" if self.asked_in_vain else ""
        request = f"request {self.at.request_id}" if self.at.request_id else ""
        details = ", ".join(filter(None, (answered, request)))
        advice = f" {self.advice}" if self.advice else ""
        circumstances = f" ({details})" if details else ""
        return f"{self.at.connection}: {self.at.operation}: {self.message}{circumstances}.{advice}"


class NotReachable(VendorError):
    """No connection could be made, so nothing was done."""

    can_retry = True
    asked_in_vain = True
    default_advice = "Check the connection's url, DNS, proxy and firewall; the bridge retries automatically."


class OutcomeUnknown(VendorError):
    """The request was sent and no usable answer arrived: it may have been carried out. Check before writing again."""

    can_retry = True
    asked_in_vain = True
    default_advice = "The bridge checks whether it was carried out before it writes again."


class NotSettled(VendorError):
    """It is not known yet whether an earlier write was carried out (a search index lags). Ask again after `retry_after`."""

    can_retry = True


class Unavailable(VendorError):
    """The vendor answered that it is unavailable (5xx), and did nothing."""

    can_retry = True
    default_advice = "The bridge retries automatically."


class RateLimited(VendorError):
    """Too many requests (429)."""

    can_retry = True
    default_advice = "The bridge waits as the vendor asks."


class AuthenticationFailed(VendorError):
    """The credentials are missing, wrong, expired or revoked (401)."""

    default_advice = "Renew the credentials of this connection; events are kept and processed afterwards."


class PermissionDenied(VendorError):
    """The account may not do this (403)."""

    default_advice = "Give the bridge's account the permission that the plugin's README lists."


class TicketNotFound(VendorError):
    """There is no such ticket, or the account may not see it (404)."""

    default_advice = "It was deleted, or the bridge's account may not see it."


class CommentNotFound(VendorError):
    """The comment no longer exists."""


class TicketClosed(VendorError):
    """The ticket is closed permanently and accepts no change."""


class ConcurrentChange(VendorError):
    """Somebody changed the ticket since it was read. Read it and decide again."""

    can_retry = True


class Rejected(VendorError):
    """The vendor understood the request and refuses it (400, 422): a field, a value, a transition."""

    default_advice = "Correct the configuration of this route or connection, then retry the case."


class UnknownPerson(Rejected):
    """Nobody at the vendor has this id or email address, or the person cannot be assigned here."""

    default_advice = "Name the person in the route's table of users, or assign the ticket by hand."


class PersonRefused(Rejected):
    """The vendor does not accept a person that a write names: suspended, blocked, deactivated, no access, an invalid address.

    Nothing was written. A create is repeated with these people in `TicketDraft.without`, so that a person's account never
    prevents an escalation.

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
    """A file is refused: too large, or its type or address is not allowed."""

    default_advice = "Copy it by hand if it is needed on the other side."


class NotApplied(VendorError):
    """The vendor reported success and changed nothing."""

    default_advice = "Check the ticket's workflow and required fields, then retry the case."


class PrivacyBreach(VendorError):
    """A private text became public. It was deleted if that is possible."""

    default_advice = "Check the ticket now; do not use the connection for private notes until this is fixed."


class ConnectionHeld(VendorError):
    """A person must check the connection before this can be done there."""

    can_retry = True
    default_advice = "Find the cause, then run `escalation-bridge release` for the connection."


class Gone(VendorError):
    """The vendor has removed this part of its API (410)."""

    default_advice = "Update the plugin of this connection."


class UnreadableAnswer(VendorError):
    """The answer differs from the documentation: empty, truncated, of another shape. It means neither success nor failure."""

    can_retry = True
    default_advice = "The bridge retries automatically. If it stays so, update the plugin of this connection."


class Intercepted(UnreadableAnswer):
    """Something answered in the API's place: a maintenance page, a login page, a proxy, a firewall. An outage, as a 503 is.

    Whether a write was carried out is unknown, because the answer is not from the vendor.
    """

    default_advice = (
        "The bridge retries automatically, as in an outage. If the problem persists, check the connection's url, and whether a proxy, a "
        "firewall or a single sign-on page answers in the vendor's place."
    )
