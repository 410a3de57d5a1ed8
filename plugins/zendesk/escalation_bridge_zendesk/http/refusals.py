"""Read Zendesk's error bodies: the reason for people, and whether the ticket is closed for good."""

from collections.abc import Iterator, Mapping

import requests

from escalation_bridge.plugin import (
    Circumstances,
    JsonPart,
    Rejected,
    refusal_document,
)

_LONGEST = 300
_CLOSED = "closed prevents ticket update"


class FieldsNotTaken(Rejected):
    """A refusal in which each reason names a field.

    Attributes:
        named: Zendesk's reasons, by the fields' ids.
    """

    def __init__(self, message: str, at: Circumstances, named: Mapping[str, str]) -> None:
        """As any refusal, with the reason for each field."""
        super().__init__(message, at)
        self.named = named


def explain(response: requests.Response) -> str:
    """The reasons of a refusal in one line: "Assignee: is required when solving a ticket"."""
    body = refusal_document(response)
    reasons = [reason for reason in dict.fromkeys(_reasons(body)) if reason]
    reason = "; ".join(reasons) or response.reason or "refused"
    return reason if len(reason) <= _LONGEST else reason[: _LONGEST - 1] + "…"


def is_closed(response: requests.Response) -> bool:
    """Whether the refusal says that the ticket is closed.

    The sentence is under `details.status` or `details.base`, depending on the account; some answers add `ClosedTicket`.
    """
    body = refusal_document(response)
    return any(_CLOSED in detail.lower() for detail in _details(body)) or any(
        (error / "error").value == "ClosedTicket" for error in _detail_objects(body)
    )


def is_about_assignee(explained: str) -> bool:
    """Whether a refusal, as `explain` puts it, is about the assignee: "Assignee: is invalid"."""
    return any(reason.lower().startswith("assignee:") for reason in explained.split("; "))


_PEOPLE: Mapping[str, str] = {
    "requester": "requester",
    "requester_id": "requester",
    "email": "requester",
    "submitter": "submitter_id",
    "submitter_id": "submitter_id",
    "assignee": "assignee_id",
    "assignee_id": "assignee_id",
    "assignee_email": "assignee_id",
}
"""The keys under which a refusal names a person, and the person's field in a draft. The keys are the same in all languages."""


def refused_people(response: requests.Response) -> frozenset[str]:
    """The people of a new ticket that a refusal is about: `{"requester": [{"description": "...", "error": "UserSuspended"}]}`.

    Recorded for suspended requesters; invalid addresses have the same key.
    """
    details = refusal_document(response) / "details"
    return frozenset(person for key, person in _PEOPLE.items() if (details / key).objects())


def refused_fields(response: requests.Response) -> Mapping[str, str]:
    """The reasons for single custom fields, by their ids; empty if any reason names no field.

    Recorded: `{"base": [{"description": "...", "ticket_field_id": 1, "ticket_field_type": "FieldTagger"}]}`. The account's own
    fields have ids of that kind, too, so callers compare them with those they sent.
    """
    reasons = list(_detail_objects(refusal_document(response)))
    named = {
        field: (reason / "description").maybe_text() or "refused"
        for reason in reasons
        if (field := (reason / "ticket_field_id").maybe_identifier()) is not None
    }
    return named if len(named) == len(reasons) else {}


def names_error(response: requests.Response, error: str) -> bool:
    """Whether the body's `error` is this word."""
    return (refusal_document(response) / "error").value == error


def _reasons(body: JsonPart) -> Iterator[str]:
    details = list(_details(body))
    if details:
        yield from details
        return
    for listed in (body / "errors").objects():  # the webhooks API answers in this shape
        yield (
            (listed / "detail").maybe_text()
            or (listed / "title").maybe_text()
            or (listed / "code").maybe_text()
            or ""
        )
    nested = body / "error"  # what is answered before the application is reached
    yield (nested / "message").maybe_text() or (nested / "title").maybe_text() or ""
    described = (body / "description").maybe_text() or (body / "error_description").maybe_text()
    yield ": ".join(reason for reason in ((body / "error").maybe_text(), described) if reason)


def _details(body: JsonPart) -> Iterator[str]:
    for detail in _detail_objects(body):
        reason = (detail / "description").maybe_text()
        if reason:
            yield reason


def _detail_objects(body: JsonPart) -> Iterator[JsonPart]:
    for _, listed in (body / "details").members():
        yield from listed.objects()
