"""Attach files to an issue: streamed, once, and never more visible than requested.

Jira has no place for a key at a file. So an entity property of the issue stores which key attached which file. A file
whose upload has no known outcome is recognized by its facts: the bridge's own, with that name and size, and without a key.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, NoReturn, cast

from escalation_bridge.plugin import (
    FileDraft,
    FileRefused,
    JsonPart,
    NotApplied,
    TicketNotFound,
    VendorError,
    Visibility,
    WriteReceipt,
    ensure_visibility,
)
from escalation_bridge_jira.http.client import explain
from escalation_bridge_jira.http.multipart import Upload, clean_name
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.translation.mapping import is_internal, is_service_project
from escalation_bridge_jira.vocabulary import FILES_PROPERTY, PROPERTY

_TOO_LARGE = 413
_SERVICE_DESK_REFUSES = frozenset({400, _TOO_LARGE})


@dataclass(frozen=True)
class _Stored:
    """A stored file. `comment`: the comment that it belongs to; None without one."""

    id: str
    comment: str | None = None


@dataclass(frozen=True)
class Files:
    """The files of one issue."""

    desk: Desk
    ticket_id: str

    def add(self, file: FileDraft, key: str) -> WriteReceipt:
        issue = self.desk.jira.issue_with_files(self.ticket_id)
        name = clean_name(file.name)
        there = {(each / "id").identifier(): each for each in (issue / "fields" / "attachment").items()}
        remembered = (issue / "properties" / FILES_PROPERTY).mapping()
        claims = {str(k): str(v) for k, v in remembered.items() if str(v) in there}
        if key not in claims:
            stored = self._put(file, name, issue, {i: there[i] for i in there if i not in claims.values()})
            if stored.comment:
                path = f"/comment/{stored.comment}/properties/{PROPERTY}"
                self.desk.jira.write("PUT", path, {"key": key}, repeatable=True)
            claims[key] = stored.id
            path = f"/issue/{self.ticket_id}/properties/{FILES_PROPERTY}"
            self.desk.jira.write("PUT", path, claims, repeatable=True)
        return WriteReceipt(claims[key], f"{name}: {file.size} bytes, {file.visibility.value}")

    def _put(self, file: FileDraft, name: str, issue: JsonPart, unclaimed: Mapping[str, JsonPart]) -> _Stored:
        private = file.visibility is Visibility.PRIVATE
        desk_id = self._service_desk_of(issue) if is_service_project(issue) else None
        if private and desk_id is None:
            self._refuse_private(issue)
        alike = [i for i, each in unclaimed.items() if _is(each, name, file.size)]
        own = self._own(alike, unclaimed) if alike else []
        if desk_id is None:
            return _Stored(own[0]) if own else self._attach(file, name)
        found = self._shown(own, public=not private) if own else None
        return found or self._attach_to_request(file, name, desk_id)

    def _refuse_private(self, issue: JsonPart) -> None:
        if is_service_project(issue):
            self.desk.reject(
                "the issue is in a service project and no request (it has no request type), so a file cannot be kept "
                "from customers who may see it later"
            )
        if self.desk.settings.customers_read_comments:
            self.desk.reject(
                "customers read the issues of this project, and Jira cannot restrict a file to colleagues there"
            )

    # --- an earlier attempt -------------------------------------------------------------------------------------------

    def _own(self, ids: list[str], files: Mapping[str, JsonPart]) -> list[str]:
        me = self.desk.myself().id
        return [each for each in ids if self.desk.mapper.person(files[each] / "author").id == me]

    def _shown(self, ids: list[str], *, public: bool) -> _Stored | None:
        """The file, among those whose comment has the requested visibility."""
        for comment in self.desk.jira.request_comments(self.ticket_id):
            ours = [each for each in ids if each in files_of(comment)]
            if ours and (comment / "public").maybe_flag() is public:
                return _Stored(ours[0], (comment / "id").identifier())
        return None

    # --- software and business projects -------------------------------------------------------------------------------

    def _attach(self, file: FileDraft, name: str) -> _Stored:
        path = f"{self.desk.jira.edition.api}/issue/{self.ticket_id}/attachments"
        answer = self._upload(path, file, name, frozenset({_TOO_LARGE}))
        made = next(answer.items(), None) or self._nothing(name)
        stored = _Stored((made / "id").identifier())
        if (made / "size").maybe_number() != file.size:
            with suppress(VendorError):
                self._delete(f"/attachment/{stored.id}")
            self.desk.refuse(NotApplied, f"Jira stored {name!r} with another size; it was deleted again")
        return stored

    def _nothing(self, name: str) -> NoReturn:
        self.desk.refuse(NotApplied, f"Jira answered well and stored no {name!r}")

    # --- service projects ---------------------------------------------------------------------------------------------

    def _service_desk_of(self, issue: JsonPart) -> str | None:
        """The service desk of a request; None if the issue is not one."""
        try:
            request = self.desk.jira.service_desk(f"/request/{(issue / 'id').identifier()}")
        except TicketNotFound:
            return None
        return (request / "serviceDeskId").text()

    def _attach_to_request(self, file: FileDraft, name: str, desk_id: str) -> _Stored:
        """Attach through the service desk's interface: the file comes with a comment, whose visibility applies to both."""
        path = f"/rest/servicedeskapi/servicedesk/{desk_id}/attachTemporaryFile"
        answer = self._upload(path, file, name, _SERVICE_DESK_REFUSES)
        ids = [(each / "temporaryAttachmentId").text() for each in (answer / "temporaryAttachments").items()]
        if not ids:
            self._nothing(name)
        public = file.visibility is Visibility.PUBLIC
        made = self.desk.jira.call(
            "POST",
            f"/rest/servicedeskapi/request/{self.ticket_id}/attachment",
            json={"temporaryAttachmentIds": ids, "public": public},
            headers=self.desk.jira.experimental,
        )
        comment = made / "comment"
        comment_id = (comment / "id").identifier()
        files = [_id_of(each) for each in (made / "attachments" / "values").items()]
        ensure_visibility(
            self.desk.jira.transport,
            self.desk.jira.operation,
            f"the file {name!r}",
            file.visibility,
            self._is_private(comment, comment_id),
            lambda: self._delete_all(comment_id, files),
        )
        if not files:
            self._nothing(name)
        return _Stored(files[0], comment_id)

    def _is_private(self, comment: JsonPart, comment_id: str) -> bool | None:
        """Whether the customer cannot see it; None if the two interfaces disagree."""
        public = (comment / "public").maybe_flag()
        if public is not False:
            return None if public is None else False
        stored = self.desk.jira.get(f"/issue/{self.ticket_id}/comment/{comment_id}", expand="properties")
        return None if is_internal(stored) is False else True

    # --- requests -----------------------------------------------------------------------------------------------------

    def _upload(self, path: str, file: FileDraft, name: str, refusals: frozenset[int]) -> JsonPart:
        jira, limit = self.desk.jira, largest_file(self.desk)
        if limit is not None and file.size > limit:
            self.desk.refuse(
                FileRefused, f"{name!r} has {file.size} bytes; this site takes {limit} at the most"
            )
        upload = Upload(name, file)
        response = jira.transport.request(
            jira.operation,
            "POST",
            path,
            data=cast(BinaryIO, upload),  # what is sent is iterated, never read
            headers={**upload.headers, **jira.experimental},
            accept=refusals,
        )
        if response.status_code in refusals:
            allowed = "" if limit is None else f"; the limit is {limit}"
            problem = f"{name!r} ({file.size} bytes{allowed}) is not taken: {explain(response)}"
            jira.transport.refuse(FileRefused, jira.operation, problem, response)
        return jira.read(response)

    def _delete_all(self, comment_id: str, files: list[str]) -> None:
        """Delete a comment and its files, even if some deletions fail."""
        problem: VendorError | None = None
        paths = (f"/attachment/{each}" for each in files)
        for path in (*paths, f"/issue/{self.ticket_id}/comment/{comment_id}"):
            try:
                self._delete(path)
            except VendorError as error:
                problem = problem or error
        if problem is not None:
            raise problem

    def _delete(self, path: str) -> None:
        with suppress(TicketNotFound):
            self.desk.jira.write("DELETE", path, None, repeatable=True)


def largest_file(desk: Desk) -> int | None:
    """The maximum size of a file in bytes; None if unknown.

    Raises:
        FileRefused: The site does not accept files.
    """
    meta = desk.jira.get("/attachment/meta")
    if (meta / "enabled").maybe_flag() is False:
        desk.refuse(FileRefused, "an administrator has switched files off for this Jira")
    return (meta / "uploadLimit").maybe_number()


def files_of(comment: JsonPart) -> list[str]:
    """The ids of a comment's files, as the service desk shows them."""
    return list(_ids(comment / "attachments" / "values"))


def _ids(values: JsonPart) -> Iterator[str]:
    for each in values.items():
        yield _id_of(each)


def _id_of(shown: JsonPart) -> str:
    """A file's id; the service desk has it only at the end of an address."""
    address = (shown / "_links" / "jiraRest").text()
    return address.rstrip("/").rpartition("/")[2]


def _is(stored: JsonPart, name: str, size: int) -> bool:
    return (stored / "filename").value == name and (stored / "size").maybe_number() == size
