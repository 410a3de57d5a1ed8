"""Which files came with which comment, and where they are fetched.

Jira keeps files at the issue. A service desk tells which comment each came with; elsewhere a comment's text names them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import quote

from escalation_bridge.domain.tickets import Attachment
from escalation_bridge.errors import PermissionDenied, TicketNotFound
from escalation_bridge_jira.desk import Desk
from escalation_bridge_jira.files import files_of
from escalation_bridge_jira.mapping import is_service_project
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.shapes import Part

_IN_WIKI = re.compile(r"\[\^([^\]|\n]{1,255})\]|(?<!\w)!([^!|\s][^!|\n]{0,254})(?:\|[^!\n]*)?!")
_A_MOMENT = timedelta(minutes=1)
"""How much later than its comment a file may be stored."""


@dataclass(frozen=True)
class Attached:
    """The files of one issue, by comment.

    Attributes:
        issue: With its field `attachment`.
    """

    desk: Desk
    issue: Part

    def by_comment(self, comments: list[Part]) -> Mapping[str, tuple[Attachment, ...]]:
        """The files of each comment that has some, by the comment's id."""
        stored = {(each / "id").identifier(): each for each in (self.issue / "fields" / "attachment").items()}
        if not stored:
            return {}
        told = self._told_by_service_desk()
        found = {}
        for comment in comments:
            identifier = (comment / "id").identifier()
            ids = told.get(identifier) or list(self._named_in(comment, stored))
            if files := tuple(self._attachment(stored[each]) for each in ids if each in stored):
                found[identifier] = files
        return found

    def _told_by_service_desk(self) -> Mapping[str, list[str]]:
        if not is_service_project(self.issue):
            return {}
        try:
            comments = list(self.desk.jira.request_comments((self.issue / "id").identifier()))
        except (TicketNotFound, PermissionDenied):
            return {}  # no request, or the account is no agent
        return {(each / "id").identifier(): files_of(each) for each in comments}

    def _named_in(self, comment: Part, stored: Mapping[str, Part]) -> Iterator[str]:
        """Files that a comment's text names. Of several of a name, the last one that was there already."""
        until = (comment / "created").instant() + _A_MOMENT
        for name in dict.fromkeys(names_in(comment / "body")):
            alike = [i for i, each in stored.items() if (each / "filename").value == name]
            before = [i for i in alike if ((stored[i] / "created").maybe_instant() or until) <= until]
            if before:
                yield max(before, key=int)

    def _attachment(self, stored: Part) -> Attachment:
        identifier = (stored / "id").identifier()
        name = (stored / "filename").maybe_text() or identifier
        return Attachment(
            id=identifier,
            name=name,
            content_type=(stored / "mimeType").maybe_text() or "application/octet-stream",
            size=(stored / "size").number(),
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


def names_in(body: Part) -> Iterator[str]:
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
