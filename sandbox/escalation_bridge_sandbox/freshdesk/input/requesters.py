"""Who a ticket is from: by id, e-mail address, phone, social handle or the contact's external id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    invalid_value,
    it_should_be,
    missing,
    no_match,
)
from escalation_bridge_sandbox.freshdesk.state.desk import Desk

REQUESTER_CHECKS: dict[str, checks.Check] = {
    "requester_id": checks.positive_integer,
    "email": checks.email,
    "phone": checks.filled_string,
    "twitter_id": checks.filled_string,
    "facebook_id": checks.filled_string,
    "unique_external_id": checks.filled_string,
    "name": checks.string,
}
# The order in which they are looked at when several are given (not verified).
IDENTITIES = ("requester_id", "email", "phone", "twitter_id", "facebook_id", "unique_external_id")


@dataclass(frozen=True)
class RequesterWish:
    """A requester that exists, or the attributes of the contact that is to be made."""

    user_id: int | None = None
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def fulfil(self, desk: Desk, now: datetime) -> int:
        if self.user_id is not None:
            return self.user_id
        return desk.add_contact(self.name, now, **self.attributes).id


def read_requester(body: Mapping[str, object], desk: Desk) -> RequesterWish | FieldProblem | None:
    """The requester that a valid-looking body names; None when it names none."""
    named = [identity for identity in IDENTITIES if body.get(identity) is not None]
    if not named:
        return None
    if named[0] == "requester_id":
        user_id = body["requester_id"]
        found = user_id if isinstance(user_id, int) and desk.person(user_id) is not None else None
        if found is None:
            return no_match("requester_id", "contact")
    else:
        found = _find(named[0], str(body[named[0]]), desk)
    if found is None:
        return _newcomer(named, body)
    if found in desk.contacts and desk.contacts[found].deleted:
        # Wording not verified.
        return invalid_value(named[0], "The contact has been deleted")
    if found in desk.contacts and desk.contacts[found].blocked:
        # Wording not verified.
        return invalid_value(named[0], "The contact has been blocked")
    return RequesterWish(user_id=found)


def nobody_named() -> FieldProblem:
    # Wording not verified.
    return missing("requester_id", f"Please fill at least 1 of {', '.join(IDENTITIES)} fields")


def _find(identity: str, value: str, desk: Desk) -> int | None:
    contact = desk.contact_by_phone(value) if identity == "phone" else desk.contact_by(identity, value)
    return None if contact is None else contact.id


def _newcomer(named: list[str], body: Mapping[str, object]) -> RequesterWish | FieldProblem:
    if named[0] == "facebook_id":
        # The API documentation: "A contact should exist with this facebook_id".
        return no_match("facebook_id", "contact")
    given_name = str(body.get("name") or "").strip()
    if "phone" in named and "email" not in named and not given_name:
        return missing("name", it_should_be("String"))
    attributes = {identity: str(body[identity]) for identity in named if identity != "requester_id"}
    return RequesterWish(name=given_name or attributes[named[0]].partition("@")[0], attributes=attributes)
