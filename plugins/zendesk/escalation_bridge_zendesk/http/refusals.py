"""What Zendesk's error bodies say: the reason for people, and whether the ticket is closed for good."""

from collections.abc import Iterator, Mapping

import requests

from escalation_bridge.plugin import (
    Circumstances,
    Rejected,
)
from escalation_bridge_zendesk.translation.shapes import Json, entries, identifier, member, text

_LONGEST = 300
_CLOSED = "closed prevents ticket update"


class FieldsNotTaken(Rejected):
    """A refusal of which each reason names a field.

    Attributes:
        named: Zendesk's words, by the fields' ids.
    """

    def __init__(self, message: str, at: Circumstances, named: Mapping[str, str]) -> None:
        """As for any refusal, and what is said to which field."""
        super().__init__(message, at)
        self.named = named


def explain(response: requests.Response) -> str:
    """The reasons of a refusal in one line: "Assignee: is required when solving a ticket"."""
    body = _body(response)
    reasons = [said for said in dict.fromkeys(_reasons(body)) if said]
    said = "; ".join(reasons) or response.reason or "refused"
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def is_closed(response: requests.Response) -> bool:
    """Whether the refusal says that the ticket is closed.

    The sentence stands under `details.status` or `details.base`, depending on the account; some add `ClosedTicket`.
    """
    body = _body(response)
    return any(_CLOSED in detail.lower() for detail in _details(body)) or any(
        error.get("error") == "ClosedTicket" for error in _detail_objects(body)
    )


def is_about_assignee(said: str) -> bool:
    """Whether a refusal, as `explain` puts it, is about the assignee: "Assignee: is invalid"."""
    return any(reason.lower().startswith("assignee:") for reason in said.split("; "))


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
"""Under which keys a refusal speaks of a person, and how a draft names that person. The keys are the same in all languages."""


def refused_people(response: requests.Response) -> frozenset[str]:
    """Which people of a new ticket a refusal is about: `{"requester": [{"description": "...", "error": "UserSuspended"}]}`.

    Recorded for suspended requesters; invalid addresses stand under the same key.
    """
    details = member(_body(response), "details")
    return frozenset(person for key, person in _PEOPLE.items() if entries(details, key))


def refused_fields(response: requests.Response) -> Mapping[str, str]:
    """What a refusal says to single custom fields, by their ids; nothing where any reason names no field.

    Recorded: `{"base": [{"description": "...", "ticket_field_id": 1, "ticket_field_type": "FieldTagger"}]}`. The account's own
    fields have ids of that kind, too, so a caller compares them with what it sent.
    """
    reasons = list(_detail_objects(_body(response)))
    named = {
        field: text(reason, "description") or "refused"
        for reason in reasons
        if (field := identifier(reason.get("ticket_field_id"))) is not None
    }
    return named if len(named) == len(reasons) else {}


def names_error(response: requests.Response, error: str) -> bool:
    """Whether the body's `error` is this word."""
    return _body(response).get("error") == error


def _body(response: requests.Response) -> Json:
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _reasons(body: Json) -> Iterator[str]:
    details = list(_details(body))
    if details:
        yield from details
        return
    for listed in entries(body, "errors"):  # the webhooks API answers in this shape
        yield text(listed, "detail") or text(listed, "title") or text(listed, "code") or ""
    nested = member(body, "error")  # what is answered before the application is reached
    yield text(nested, "message") or text(nested, "title") or ""
    described = text(body, "description") or text(body, "error_description")
    yield ": ".join(said for said in (text(body, "error"), described) if said)


def _details(body: Json) -> Iterator[str]:
    for detail in _detail_objects(body):
        said = text(detail, "description")
        if said:
            yield said


def _detail_objects(body: Json) -> Iterator[Json]:
    details = member(body, "details")
    for field in details:
        yield from entries(details, field)
