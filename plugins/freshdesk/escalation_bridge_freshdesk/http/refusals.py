"""The meaning of Freshdesk's refusals, and their texts. Pure."""

from collections.abc import Mapping

import requests

from escalation_bridge.plugin import (
    AuthenticationFailed,
    Circumstances,
    JsonPart,
    PermissionDenied,
    VendorError,
    refusal_document,
)

_LONGEST = 300
_OTHER_PLAN = "Choose a plan of Freshdesk that has it: its API and its webhooks need a paid one."
_SUSPENDED = (
    "Have the account paid for or reactivated at Freshdesk, until then it can only be read; "
    "events are kept and go on afterwards."
)


def explain(response: requests.Response) -> str:
    """The fields and the reasons. Freshdesk answers {description, errors: [{field, message, code}]} or {code, message}."""
    answer = refusal_document(response)
    reasons = "; ".join(_finding(entry) for entry in (answer / "errors").objects())
    single = (answer / "message").maybe_text() or (answer / "description").maybe_text()
    return (reasons or single or response.reason or "refused")[:_LONGEST]


def complaints(response: requests.Response) -> Mapping[str, str]:
    """The reasons for single fields that were sent; missing fields were not.

    Freshdesk names the account's own fields `custom_fields.cf_x`.
    """
    entries = (refusal_document(response) / "errors").objects()
    if any((entry / "code").value == "missing_field" for entry in entries):
        return {}
    return {_field(entry).removeprefix("custom_fields."): _reason(entry) for entry in entries}


def is_about_files(response: requests.Response) -> bool:
    """Whether the file is refused: too large, or of a refused type."""
    return any(field.startswith("attachments") for field in _named_fields(response))


def is_about_copies(response: requests.Response) -> bool:
    """Whether a CC address is refused."""
    return any(field.startswith("cc_emails") for field in _named_fields(response))


IDENTITIES = frozenset({"requester_id", "email", "phone", "unique_external_id", "twitter_id", "facebook_id"})
"""The fields of a create that identify the requester."""
RESPONDER = "responder_id"


def refused_people(response: requests.Response) -> frozenset[str]:
    """The fields of people that a refusal names: a blocked or deleted contact, an invalid address, an agent."""
    return frozenset(_named_fields(response) & {*IDENTITIES, "name", RESPONDER})


def forbidden(connection: str, operation: str, response: requests.Response) -> VendorError:
    """The meaning of a 403: the account's plan, the whole account, or only this agent's permissions."""
    at = Circumstances(connection, operation, response.status_code, response.headers.get("X-Request-Id"))
    code, reasons = (refusal_document(response) / "code").maybe_text(), explain(response)
    if code == "require_feature":
        return PermissionDenied(
            f"the account's plan does not include this: {reasons}", at, advice=_OTHER_PLAN
        )
    # How the API words it was not found; the pages say "Your account has been suspended".
    if "suspended" in f"{code} {reasons}".casefold():
        return AuthenticationFailed(f"the account is suspended: {reasons}", at, advice=_SUSPENDED)
    return PermissionDenied(reasons, at)


def _named_fields(response: requests.Response) -> set[str]:
    return {_field(entry) for entry in (refusal_document(response) / "errors").objects()}


def _finding(entry: JsonPart) -> str:
    return f"{_field(entry) or 'the request'}: {_reason(entry)}"


def _field(entry: JsonPart) -> str:
    return (entry / "field").maybe_text() or ""


def _reason(entry: JsonPart) -> str:
    return (entry / "message").maybe_text() or (entry / "code").maybe_text() or "refused"
