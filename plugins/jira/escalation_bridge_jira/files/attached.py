"""Which files came with the description or with which comment, and where they are fetched.

Jira keeps files at the issue. A service desk tells which comment each came with; elsewhere a comment's text names them. What was
there from the beginning, and came with no comment, came with the description.
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
    """The ticket that an issue is, with the files of its description."""
    return replace(desk.mapper.ticket(issue), attachments=Attached(desk, issue).of_description())


@dataclass(frozen=True)
class Attached:
    """The files of one issue, by comment.

    Attributes:
        issue: With its field `attachment`; for the description's files also with all that a ticket is read from.
    """

    desk: Desk
    issue: JsonPart

    def of_description(self) -> tuple[Attachment, ...]:
        """The files that whoever opened the issue put there when opening it, and others of that moment that the description names.

        Never the bridge's own, and none where the service desk does not tell which comments have files: an agent's internal
        file of the first minute would pass for one that the customer sees.
        """
        if (self.issue / "properties" / PROPERTY / "key").maybe_text():
            return ()  # the bridge opened it, and put what came with it
        early = [each for each in (self.issue / "fields" / "attachment").items() if self._came_first(each)]
        told = self._told_by_service_desk() if early else {}
        if told is None:
            return ()
        with_comments = {each for ids in told.values() for each in ids}
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
        told = self._told_by_service_desk() or {}
        found = {}
        for comment in comments:
            identifier = (comment / "id").identifier()
            ids = told.get(identifier) or list(self._named_in(comment, stored))
            if files := tuple(self._attachment(stored[each]) for each in ids if each in stored):
                found[identifier] = files
        return found

    def _told_by_service_desk(self) -> Mapping[str, list[str]] | None:
        """The ids of files by the comments that they came with; None where the service desk does not tell."""
        if not is_service_project(self.issue):
            return {}
        try:
            comments = list(self.desk.jira.request_comments((self.issue / "id").identifier()))
        except (TicketNotFound, PermissionDenied):
            return None  # no request, or the account is no agent
        return {(each / "id").identifier(): files_of(each) for each in comments}

    def _named_in(self, comment: JsonPart, stored: Mapping[str, JsonPart]) -> Iterator[str]:
        """Files that a comment's text names. Of several of a name, the last one that was there already."""
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
    """Where a file is fetched: where the credentials are good, not where people open it, which a token with scopes does not."""
    if settings.cloud:
        return f"{settings.api_url}/rest/api/3/attachment/content/{identifier}"
    return f"{settings.url}/secure/attachment/{identifier}/{quote(name, safe='')}"


def at_home(attachment: Attachment, settings: JiraSettings) -> Attachment:
    """The file with the address that this connection fetches it from, whatever address it was told with."""
    if not attachment.id.isascii() or not attachment.id.isdigit():
        return attachment
    return replace(attachment, url=address(settings, attachment.id, attachment.name))


def names_in(body: JsonPart) -> Iterator[str]:
    """The names of files in a text: wiki markup names them, a document has them as `alt` of its media."""
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
