"""Customers' requests, created through the service desk's interface, so that portal, forms and clocks know them.

A form has no place for labels or entity properties. So that a create with a lost answer can be found, the key is in the
request's description from the beginning, as the last line; label, property and fields outside the form follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from escalation_bridge.plugin import (
    Circumstances,
    JsonPart,
    LeftOut,
    PermissionDenied,
    Person,
    PersonRefused,
    Rejected,
    TicketDraft,
    TicketNotFound,
)
from escalation_bridge_jira.http.client import DATA_CENTER
from escalation_bridge_jira.issues.creation import complete, keyed
from escalation_bridge_jira.site.desk import Desk, labels_of
from escalation_bridge_jira.text import wiki
from escalation_bridge_jira.text.limits import LONGEST_SUMMARY, one_line
from escalation_bridge_jira.translation.fields import Resolved, resolved
from escalation_bridge_jira.translation.mapping import is_named
from escalation_bridge_jira.vocabulary import PROPERTY, reference

_log = structlog.get_logger(__name__)

ON_BEHALF = "raise_on_behalf_of"
REQUESTER = "requester"
"""A route's value for: on behalf of the requester of the escalated ticket."""
_ROOT = "/rest/servicedeskapi"


@dataclass(frozen=True)
class _Form:
    """A request type of a service desk.

    Attributes:
        fields: The ids of its fields.
        for_others: Whether the account may create requests on behalf of customers.
    """

    desk_id: str
    id: str
    issue_type: str
    fields: frozenset[str]
    for_others: bool


@dataclass(frozen=True)
class Drafted:
    """A request before it is created.

    Attributes:
        body: The body for the service desk.
        fields: Fields outside the form, which are written later, by field id.
        labels: The labels that are set later.
        names: The configured names of fields, by their ids.
        left_out: Fields that Jira accepts nowhere.
        customer_from: The source of the customer: the escalated ticket's requester, or the route.
    """

    body: Mapping[str, object]
    fields: Mapping[str, object]
    labels: list[str]
    names: Mapping[str, str]
    left_out: tuple[LeftOut, ...]
    customer_from: str = ON_BEHALF


@dataclass(frozen=True)
class ServiceRequests:
    """Creates requests in a service project."""

    desk: Desk
    project: str

    def drafted(self, draft: TicketDraft, key: str, further: Mapping[str, object]) -> Drafted:
        """A request with the key in it. Writes nothing yet.

        Raises:
            Rejected: The project has no such request type, its form has no description, or a customer is unknown.
        """
        form = self._form(str(draft.fields["request_type"]))
        further = {name: value for name, value in further.items() if name not in draft.without}
        asked = self._for_form(further)
        left = set(asked.values) - form.fields
        later = (
            {name: value for name, value in self.desk.fitting(further).values.items() if name in left}
            if left
            else {}
        )
        values = {name: value for name, value in asked.values.items() if name in form.fields}
        if draft.priority is not None:
            place = values if "priority" in form.fields else later
            place["priority"] = reference(self.desk.mapper.vendor_priority(draft.priority))
        description = keyed(DATA_CENTER, key).document(draft.description, self.desk.language)
        body: dict[str, object] = {
            "serviceDeskId": form.desk_id,
            "requestTypeId": form.id,
            "requestFieldValues": {
                "summary": one_line(draft.summary, LONGEST_SUMMARY),
                "description": description,
                **values,
            },
        }
        if (customer := self._customer(draft, form)) is not None:
            body["raiseOnBehalfOf"] = customer
        customer_from = REQUESTER if draft.fields.get(ON_BEHALF) == REQUESTER else ON_BEHALF
        return Drafted(body, later, labels_of(draft.labels), asked.names, asked.unfit, customer_from)

    def create(self, drafted: Drafted) -> JsonPart:
        """Create it. Returns the service desk's answer.

        Raises:
            PersonRefused: It was refused, and it named a customer: inactive, without access to the desk, or no longer a
                customer. Atlassian documents no way to distinguish these refusals from others, so a second create
                without the customer shows the cause.
        """
        path, headers = f"{_ROOT}/request", self.desk.jira.experimental
        try:
            return self.desk.jira.call("POST", path, json=drafted.body, headers=headers)
        except (Rejected, PermissionDenied, TicketNotFound) as refusal:
            if "raiseOnBehalfOf" not in drafted.body:
                raise
            people = frozenset({drafted.customer_from})
            raise PersonRefused(refusal.message, refusal.at, people=people) from refusal

    def complete(self, issue_id: str, drafted: Drafted, key: str) -> tuple[LeftOut, ...]:
        """Write the key as for all issues, and the fields outside the form. Returns those that Jira refuses."""
        mark(self.desk, issue_id, key)
        refused = complete(self.desk, issue_id, {**drafted.fields, "labels": [*drafted.labels, key]})
        return tuple(
            LeftOut(name, drafted.names.get(name, name), reason)
            for name, reason in refused.items()
            if name != "labels" or drafted.labels  # the key's own label is the bridge's affair
        )

    def issue_type(self, named: str) -> str:
        """The id of the issue type of a request type.

        Raises:
            Rejected: The project has no such request type, or its form has no description.
        """
        return self._form(named).issue_type

    # --- the form -----------------------------------------------------------------------------------------------------

    def _form(self, named: str) -> _Form:
        try:
            desk_id = (self.desk.jira.service_desk(f"/servicedesk/{self.project}") / "id").text()
        except TicketNotFound:
            self.desk.reject(f"project {self.project} has no service desk, so there is no request_type")
        path = f"/servicedesk/{desk_id}/requesttype"
        types = list(self.desk.jira.service_desk_pages(path))
        fitting = [each for each in types if is_named(each, named)]
        if len(fitting) != 1:
            there = ", ".join(sorted((each / "name").text() for each in types))
            self.desk.reject(f"request_type: {len(fitting)} request types are named so; there are: {there}")
        identifier = (fitting[0] / "id").text()
        meta = self.desk.jira.service_desk(f"{path}/{identifier}/field")
        ids = frozenset((each / "fieldId").text() for each in (meta / "requestTypeFields").elements())
        if "description" not in ids:
            self.desk.reject(
                "request_type: its form has no description, in which the bridge leaves its key: add one to the form"
            )
        for_others = (meta / "canRaiseOnBehalfOf").maybe_flag() is True
        return _Form(desk_id, identifier, (fitting[0] / "issueTypeId").text(), ids, for_others)

    def _for_form(self, further: Mapping[str, object]) -> Resolved:
        """The further fields for the form, which accepts markup on both editions."""
        markup = replace(self.desk.jira, edition=replace(self.desk.jira.edition, written=wiki.markup))
        return resolved(markup, further, self.desk.language)

    # --- the customer -------------------------------------------------------------------------------------------------

    def _customer(self, draft: TicketDraft, form: _Form) -> str | None:
        """The customer on whose behalf it is created; None for the bridge's own account."""
        named = draft.fields.get(ON_BEHALF)
        if not named or draft.without & {ON_BEHALF, REQUESTER}:
            return None
        if not form.for_others:
            self.desk.reject("raise_on_behalf_of: the account is no agent of this service desk")
        if named != REQUESTER:
            found = self._found(str(named))
            if found is None:
                at = Circumstances(self.desk.connection.name, self.desk.jira.operation)
                message = f"{ON_BEHALF}: no customer is named so at this service desk"
                raise PersonRefused(message, at, people=frozenset({ON_BEHALF}))
            return found
        found = self._found(_address_of(draft.requester))
        if found is None:
            _log.info("jira.requester_is_no_customer", connection=self.desk.connection.name)
        return found

    def _found(self, named: str) -> str | None:
        """The id of a customer by id or email address; None if nobody or more than one has it."""
        if not named:
            return None
        path = f"/servicedesk/{self.project}/customer"
        people = list(self.desk.jira.service_desk_pages(path, query=named))
        ids = {
            self.desk.mapper.person(each).id
            for each in people
            if named.casefold() in (str((each / "emailAddress").value).casefold(), _id(self.desk, each))
        }
        return ids.pop() if len(ids) == 1 else None


def mark(desk: Desk, issue_id: str, key: str) -> None:
    """Write the key into the entity property that all tickets of the bridge have."""
    path = f"/issue/{issue_id}/properties/{PROPERTY}"
    desk.jira.write("PUT", path, {"key": key}, repeatable=True)


def carries(description: str, key: str) -> bool:
    """Whether a description ends with the key, as that of a request created by the bridge."""
    return description.rstrip().rpartition("\n")[2].strip() == key


def _address_of(person: Person | None) -> str:
    return (person.email if person else None) or ""


def _id(desk: Desk, user: JsonPart) -> str:
    return desk.mapper.person(user).id.casefold()
