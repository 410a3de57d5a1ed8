"""Which files belong to the description or to a comment, and their addresses.

Jira stores files at the issue. A service desk shows the comment of each file; elsewhere a comment's text names its files. A file
from the creation that belongs to no comment belongs to the description.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from escalation_bridge.plugin import (
    Attachment,
    JsonPart,
    PermissionDenied,
    Ticket,
    TicketNotFound,
)
from escalation_bridge_jira.files.files import files_of
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.translation.mapping import is_service_project
from escalation_bridge_jira.vocabulary import FILES_PROPERTY, PROPERTY

_IN_WIKI = re.compile(r"\[\^([^\]|\n]{1,255})\]|(?<!\w)!([^!|\s][^!|\n]{0,254})(?:\|[^!\n]*)?!")
_A_MOMENT = timedelta(minutes=1)
"""How much later than its comment a file may be stored."""

_NEVER = datetime.max.replace(tzinfo=UTC)


def with_files(desk: Desk, issue: JsonPart) -> Ticket:
    """The ticket of an issue, with the files of its description."""
    return replace(desk.mapper.ticket(issue), attachments=Attached(desk, issue).of_description())


@dataclass(frozen=True)
class Attached:
    """The files of one issue, by comment.

    Attributes:
        issue: With its field `attachment`; for the description's files also with all fields of a ticket.
    """

    desk: Desk
    issue: JsonPart

    def of_description(self) -> tuple[Attachment, ...]:
        """The files that the creator attached while creating the issue, and others of that moment that the description names.

        The bridge's own files are excluded. There are none if the service desk does not show which comments have files: an agent's internal
        file of the first minute would count as visible to the customer.
        """
        if (self.issue / "properties" / PROPERTY / "key").maybe_text():
            return ()  # the bridge opened it, and put what came with it
        early = [each for each in (self.issue / "fields" / "attachment").items() if self._came_first(each)]
        listed = self._from_service_desk() if early else {}
        if listed is None:
            return ()
        with_comments = {each for ids in listed.values() for each in ids}
        return tuple(
            self._attachment(each) for each in early if (each / "id").identifier() not in with_comments
        )

    def _came_first(self, stored: JsonPart) -> bool:
        fields, person = self.issue / "fields", self.desk.mapper.person
        until = (fields / "created").instant() + _A_MOMENT
        if ((stored / "created").maybe_instant() or _NEVER) > until:
            return False
        ours = (self.issue / "properties" / FILES_PROPERTY).mapping().values()
        if (stored / "id").identifier() in map(str, ours):
            return False
        openers = {person(fields / who).id for who in ("creator", "reporter")} - {""}
        named = (stored / "filename").value in set(names_in(fields / "description"))
        return named or person(stored / "author").id in openers

    def by_comment(self, comments: list[JsonPart]) -> Mapping[str, tuple[Attachment, ...]]:
        """The files of each comment that has some, by the comment's id."""
        stored = {(each / "id").identifier(): each for each in (self.issue / "fields" / "attachment").items()}
        if not stored:
            return {}
        listed = self._from_service_desk() or {}
        found = {}
        for comment in comments:
            identifier = (comment / "id").identifier()
            ids = listed.get(identifier) or list(self._named_in(comment, stored))
            if files := tuple(self._attachment(stored[each]) for each in ids if each in stored):
                found[identifier] = files
        return found

    def _from_service_desk(self) -> Mapping[str, list[str]] | None:
        """The ids of files by their comments; None if the service desk does not show them."""
        if not is_service_project(self.issue):
            return {}
        try:
            comments = list(self.desk.jira.request_comments((self.issue / "id").identifier()))
        except (TicketNotFound, PermissionDenied):
            return None  # no request, or the account is no agent
        return {(each / "id").identifier(): files_of(each) for each in comments}

    def _named_in(self, comment: JsonPart, stored: Mapping[str, JsonPart]) -> Iterator[str]:
        """Files that a comment's text names. Of several with the same name, the newest that existed at that time."""
        until = (comment / "created").instant() + _A_MOMENT
        for name in dict.fromkeys(names_in(comment / "body")):
            alike = [i for i, each in stored.items() if (each / "filename").value == name]
            before = [i for i in alike if ((stored[i] / "created").maybe_instant() or until) <= until]
            if before:
                yield max(before, key=int)

    def _attachment(self, stored: JsonPart) -> Attachment:
        identifier = (stored / "id").identifier()
        name = (stored / "filename").maybe_text() or identifier
        return Attachment(
            id=identifier,
            name=name,
            content_type=(stored / "mimeType").maybe_text() or "application/octet-stream",
            size=(stored / "size").maybe_number(),
            url=address(self.desk.settings, identifier, name),
        )


def address(settings: JiraSettings, identifier: str, name: str) -> str:
    """The address of a file for which the credentials are valid. People's address does not accept tokens with scopes."""
    if settings.cloud:
        return f"{settings.api_url}/rest/api/3/attachment/content/{identifier}"
    return f"{settings.url}/secure/attachment/{identifier}/{quote(name, safe='')}"


def at_home(attachment: Attachment, settings: JiraSettings) -> Attachment:
    """The file with the address from which this connection downloads it."""
    if not attachment.id.isascii() or not attachment.id.isdigit():
        return attachment
    return replace(attachment, url=address(settings, attachment.id, attachment.name))


def names_in(body: JsonPart) -> Iterator[str]:
    """The names of files in a text: in wiki markup the names themselves, in a document the `alt` of its media."""
    if isinstance(body.value, str):
        for match in _IN_WIKI.finditer(body.value):
            yield (match[1] or match[2]).strip()
        return
    if (body / "type").value in ("media", "mediaInline"):
        name = (body / "attrs" / "alt").maybe_text()
        if name:
            yield name
    for child in (body / "content").items():
        yield from names_in(child)
