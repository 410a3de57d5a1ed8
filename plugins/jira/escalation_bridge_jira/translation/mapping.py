"""Convert Jira's issues and comments to the bridge's tickets and comments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from escalation_bridge.plugin import (
    Channel,
    Comment,
    JsonPart,
    Person,
    Presence,
    Priority,
    RichText,
    Role,
    Status,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
)
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.text import adf, wiki_reader
from escalation_bridge_jira.translation.cascades import in_one_text
from escalation_bridge_jira.translation.properties import PROPERTIES, vendor_priority
from escalation_bridge_jira.vocabulary import (
    CHANNEL_PROPERTY,
    CHANNELS,
    INTERNAL_PROPERTY,
    KIND_BY_CATEGORY,
    PROPERTY,
    ROLE_BY_ACCOUNT_TYPE,
    SERVICE_PROJECT,
)

_FURTHER_FIELDS = frozenset(
    "project resolution resolutiondate components fixVersions versions duedate environment security parent".split()
)
"""Jira's own fields that a route may need, besides all custom ones."""


@dataclass(frozen=True)
class Mapper:
    """Converts one connection's issues and comments. Pure."""

    connection: str
    settings: JiraSettings

    def ticket(self, issue: JsonPart) -> Ticket:
        """The ticket of an issue. Accepts REST answers of both editions and webhook bodies."""
        fields = issue / "fields"
        key = (issue / "key").text()
        requester = self._requester(issue)
        return Ticket(
            ref=TicketRef(self.connection, (issue / "id").identifier()),
            key=key,
            url=f"{self.settings.url}/browse/{key}",
            subject=(fields / "summary").text(),
            description=rich_text(fields / "description"),
            description_visibility=self._readers(issue),
            status=self.status(fields / "status"),
            channel=_channel(issue),
            created_by=self._person_at(issue, fields / "creator") or requester or _NOBODY,
            created_at=(fields / "created").instant(),
            updated_at=(fields / "updated").maybe_instant(),
            type=(fields / "issuetype" / "name").maybe_text(),
            requester=requester,
            assignee=self._person_at(issue, fields / "assignee"),
            tags=(fields / "labels").texts(),
            custom_fields=_further(fields),
            presence=Presence.PRESENT,
            status_since=_status_since(issue),
            bridge_key=(issue / "properties" / PROPERTY / "key").maybe_text(),
            timezone=(fields / "reporter" / "timeZone").maybe_text(),
            **{name: each.read(self.settings, fields) for name, each in PROPERTIES.items()},
        )

    def status(self, status: JsonPart) -> Status:
        """A status; its kind comes from the settings, otherwise from its category, otherwise it is unknown."""
        identifier, name = (status / "id").text(), (status / "name").text()
        return self.status_of(identifier, name, (status / "statusCategory" / "key").maybe_text() or "")

    def status_of(self, identifier: str, name: str, category: str) -> Status:
        """A status by its id, its name and its category's key."""
        configured = self._configured_kind(identifier, name)
        return Status(configured or KIND_BY_CATEGORY.get(category, StatusKind.UNKNOWN), identifier, name)

    def comment(self, comment: JsonPart, issue: JsonPart) -> Comment:
        """A comment of this issue."""
        return Comment(
            ticket=TicketRef(self.connection, (issue / "id").identifier()),
            id=(comment / "id").identifier(),
            author=self._author(comment, issue),
            visibility=self._visibility(comment, issue),
            body=rich_text(comment / "body"),
            created_at=(comment / "created").instant(),
            marker=key_of(comment),
        )

    def person(self, user: JsonPart) -> Person:
        """A user. Cloud shows who is a customer; on Data Center all accounts are of one kind."""
        identifier = (user / "accountId").maybe_text() or (user / "name").maybe_text() or ""
        return Person(
            id=identifier,
            name=(user / "displayName").maybe_text() or identifier,
            email=(user / "emailAddress").maybe_text(),
            role=ROLE_BY_ACCOUNT_TYPE.get((user / "accountType").maybe_text() or "", Role.UNKNOWN),
        )

    def vendor_priority(self, priority: Priority) -> str:
        """This site's name of a priority."""
        return vendor_priority(self.settings, priority)

    def _configured_kind(self, identifier: str, name: str) -> StatusKind | None:
        kinds = {word.casefold(): kind for word, kind in self.settings.status_kinds.items()}
        return kinds.get(identifier) or kinds.get(name.casefold())

    def _person_at(self, issue: JsonPart, user: JsonPart) -> Person | None:
        """A person of this issue; None for nobody."""
        if not user.mapping():
            return None
        person = self.person(user)
        among_colleagues = project_type(issue) not in (None, SERVICE_PROJECT)
        if person.role is Role.UNKNOWN and among_colleagues and not self.settings.customers_read_comments:
            return replace(person, role=Role.AGENT)  # Data Center does not say so, but lets nobody else in
        return person

    def _requester(self, issue: JsonPart) -> Person | None:
        person = self._person_at(issue, issue / "fields" / "reporter")
        return replace(person, role=Role.CUSTOMER) if person and is_service_project(issue) else person

    def _author(self, comment: JsonPart, issue: JsonPart) -> Person:
        person = self._person_at(issue, comment / "author") or _NOBODY
        if not is_service_project(issue):
            return person
        requester = self._requester(issue)
        if requester and person.id and person.id == requester.id:
            return replace(person, role=Role.CUSTOMER)
        if person.role is Role.UNKNOWN and is_internal(comment):
            return replace(person, role=Role.AGENT)  # customers cannot write internal comments
        return person

    def _visibility(self, comment: JsonPart, issue: JsonPart) -> Visibility:
        if comment / "visibility":  # restricted to a role or a group
            return Visibility.PRIVATE
        if is_service_project(issue) and is_internal(comment) is not False:
            return Visibility.PRIVATE
        return self._readers(issue)

    def _readers(self, issue: JsonPart) -> Visibility:
        """The visibility of unrestricted comments: public in a service project, colleagues only in any other."""
        kind = project_type(issue)
        customers = kind == SERVICE_PROJECT or (kind is not None and self.settings.customers_read_comments)
        return Visibility.PUBLIC if customers else Visibility.PRIVATE


def _channel(issue: JsonPart) -> Channel:
    """The channel of a request. Issues of other projects have none: nobody outside the company wrote them."""
    channel = (issue / "properties" / CHANNEL_PROPERTY / "value").maybe_text() or ""
    return CHANNELS.get(channel.casefold(), Channel.UNKNOWN)


def _status_since(issue: JsonPart) -> datetime | None:
    """The time of the last status change, from the changelog; None if unknown."""
    histories = list((issue / "changelog" / "histories").items())
    changes = [
        (change / "created").instant()
        for change in histories
        if any((item / "field").value == "status" for item in (change / "items").items())
    ]
    if changes:
        return max(changes)
    total = (issue / "changelog" / "total").maybe_number()
    return (issue / "fields" / "created").instant() if total is not None and total <= len(histories) else None


def rich_text(value: JsonPart) -> RichText:
    """A text of either format: an ADF document is an object, wiki markup a string (v2, and every webhook)."""
    return wiki_reader.rich_text(value.value) if isinstance(value.value, str) else adf.rich_text(value)


def project_type(issue: JsonPart) -> str | None:
    """The type of the issue's project; None if the JSON lacks it."""
    return (issue / "fields" / "project" / "projectTypeKey").maybe_text()


def is_service_project(issue: JsonPart) -> bool:
    """Whether the issue is in a project of Jira Service Management."""
    return project_type(issue) == SERVICE_PROJECT


def is_internal(comment: JsonPart) -> bool | None:
    """Whether a comment of a service project is internal; None if unknown.

    Cloud has `jsdPublic`; Data Center only has the property that Jira Service Management itself sets.
    """
    public = (comment / "jsdPublic").maybe_flag()
    if public is not None:
        return not public
    internal = properties_of(comment).get(INTERNAL_PROPERTY, _NOTHING) / "internal"
    return (
        {"true": True, "false": False}.get(internal.value)
        if isinstance(internal.value, str)
        else internal.maybe_flag()
    )


def properties_of(entity: JsonPart) -> Mapping[str, JsonPart]:
    """The values of a comment's entity properties, by key."""
    return {(each / "key").maybe_text() or "": each / "value" for each in (entity / "properties").items()}


def key_of(comment: JsonPart) -> str | None:
    """The key of the write that created a comment; None if the bridge did not write it."""
    return (properties_of(comment).get(PROPERTY, _NOTHING) / "key").maybe_text()


def is_named(part: JsonPart, wanted: str) -> bool:
    """Whether an object of Jira's has this id, or this name in any case."""
    name = (part / "name").maybe_text() or ""
    return (part / "id").maybe_text() == wanted or name.casefold() == wanted.casefold()


def _plain(value: JsonPart) -> object:
    """A field's value; for a paragraph field of Cloud, which is a document, its text; for a cascading select both levels."""
    if (value / "type").value == "doc":
        return rich_text(value).text
    return in_one_text(value.mapping()) if (value / "child").mapping() else value.value


def _further(fields: JsonPart) -> dict[str, object]:
    """Custom fields and some of Jira's own; the project as its key, for conditions and moves."""
    found = {name: _plain(part) for name, part in fields.members() if _is_further(name) and part}
    project = (fields / "project" / "key").maybe_text()
    return found | ({"project": project} if project else {})


def _is_further(name: str) -> bool:
    return name.startswith("customfield_") or name in _FURTHER_FIELDS


def _absent(message: str) -> NoReturn:
    raise AssertionError(message)


_NOTHING = JsonPart(None, "", _absent)
_NOBODY = Person(id="", name="")
