"""Copy a file: download it into a temporary file, never whole in memory, and upload it to the other ticket."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NoReturn

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.tickets.tickets import Attachment, Visibility
from escalation_bridge.engine.deliver.work import Kind, Result, Work
from escalation_bridge.errors import Circumstances, FileRefused, UnsupportedOperation, VendorError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.files import FetchedFile, FileDraft
from escalation_bridge.plugin.http.budgets import Urgency, working

_OPERATION = "fetch_attachment"


class FileWork:
    """The copy of one file from a ticket to its linked one.

    Args:
        view: The case.
        record: The write.
        intent: The file and its destination.
        source: The connection that has the file.
        target: The connection that receives it.
    """

    def __init__(
        self, view: CaseView, record: IntentRecord, intent: PassFile, source: Helpdesk, target: Helpdesk
    ) -> None:
        self._view = view
        self._record = record
        self._intent = intent
        self._source = source
        self._target = target

    def carry_out(self, before_sending: Callable[[], None]) -> Receipt:
        """Download the file and upload it, unless the other ticket has the same bytes already.

        Args:
            before_sending: Called after the download, just before the upload.

        Raises:
            FileRefused: One of the vendors or the route does not allow it, or its ticket no longer shows it.
            UnsupportedOperation: One of the plugins does not support files.
        """
        for helpdesk, hook in ((self._source, _OPERATION), (self._target, "add_attachment")):
            if not helpdesk.can(hook):
                raise UnsupportedOperation(
                    f"{helpdesk.name}: the plugin {helpdesk.vendor} does not implement {hook}"
                )
        intent, file = self._intent, self._intent.attachment
        # No SLA target depends on a file: it waits where comments and statuses do not.
        with working(Urgency.ORDINARY), tempfile.TemporaryFile() as kept:
            fetched = self._fetch(kept)
            if intent.rule.objection(file.name, fetched.content_type, fetched.size) is not None:
                self._refuse(
                    f"a file of {fetched.size} bytes and type {fetched.content_type} is not passed on"
                )
            if self._is_there(fetched.sha256):
                detail = f"{file.name}: the same file is there already"
                return Receipt(intent.ticket, detail=detail, sha256=fetched.sha256)
            kept.flush()
            draft = FileDraft(
                name=file.name,
                content_type=file.content_type or fetched.content_type,
                size=fetched.size,
                sha256=fetched.sha256,
                visibility=intent.visibility,
                open=lambda: _from_the_beginning(kept),
            )
            before_sending()
            written = self._target.add_attachment(intent.ticket.id, draft, self._record.token)
        return Receipt(intent.ticket, detail=written.detail, file_id=written.remote_id, sha256=fetched.sha256)

    def _fetch(self, into: BinaryIO) -> FetchedFile:
        """Download from the known address at the first attempt. Addresses expire, so retries ask for a fresh one."""
        limit, known = self._intent.rule.max_bytes, self._comment_as_known()
        if known is not None:
            self._refuse_if_hidden(known)
        record = self._record
        if record.state is IntentState.PENDING and not record.attempts and not record.failures:
            try:
                return self._source.fetch_attachment(self._intent.attachment, into, limit)
            except VendorError as error:
                if error.can_retry or isinstance(error, FileRefused):
                    raise
            into.seek(0)
            into.truncate()
        return self._source.fetch_attachment(self._read_again(), into, limit)

    def _comment_as_known(self) -> Visibility | None:
        comments = self._view.comments_of(self._intent.source)
        return next((each.visibility for each in comments if each.id == self._intent.comment), None)

    def _read_again(self) -> Attachment:
        """The file as its ticket shows it now."""
        intent = self._intent
        files: tuple[Attachment, ...] = ()
        if intent.comment is None:
            ticket = self._source.fetch_ticket(intent.source.id)
            self._refuse_if_hidden(ticket.description_visibility)
            files = ticket.attachments
        else:
            for comment in self._source.fetch_comments(intent.source.id, None):
                if comment.id == intent.comment:
                    self._refuse_if_hidden(comment.visibility)
                    files = comment.attachments
        found = next((each for each in files if each.id == intent.attachment.id), None)
        return found or self._refuse("the file is no longer there")

    def _refuse_if_hidden(self, visibility: Visibility) -> None:
        if self._intent.seen is Visibility.PUBLIC and visibility is not Visibility.PUBLIC:
            self._refuse("what the file belongs to has been made private since")

    def _refuse(self, message: str) -> NoReturn:
        raise FileRefused(message, Circumstances(self._intent.source.connection, _OPERATION))

    def _is_there(self, sha256: str) -> bool:
        """Whether the same bytes were copied there before, at least as visible."""
        return any(
            record.state is IntentState.DONE
            and record.receipt is not None
            and record.receipt.sha256 == sha256
            and earlier.visibility in (Visibility.PUBLIC, self._intent.visibility)
            for record, earlier in _on_the_same_way(self._intent, self._view.intents.values())
        )


def _pass(work: Work, intent: PassFile) -> Result:
    source = work.bridge.helpdesks.get(intent.source.connection)
    if source is None:
        raise UnsupportedOperation(f"there is no enabled connection {intent.source.connection}")
    work.keep_lease()  # fetching may take a while
    file = FileWork(work.view, work.record, intent, source, work.helpdesk)
    return Result(file.carry_out(lambda: work.mark_sent(None)))


def _waits_for_another(view: CaseView, record: IntentRecord, intent: PassFile) -> bool:
    """Whether another file, possibly the same one, was sent to the same ticket with an unknown outcome.

    If a retry sends several at once, each waits only for those before it.
    """
    others = list(view.intents.values())
    if record.state is IntentState.SENT:
        others = others[: others.index(record)]
    return any(
        other.state is IntentState.SENT
        and other.key != record.key
        and (earlier.attachment.size is None or earlier.attachment.size == intent.attachment.size)
        for other, earlier in _on_the_same_way(intent, others)
    )


def _on_the_same_way(
    intent: PassFile, records: Iterable[IntentRecord]
) -> Iterator[tuple[IntentRecord, PassFile]]:
    for record in records:
        other = record.intent
        if isinstance(other, PassFile) and (other.link, other.side) == (intent.link, intent.side):
            yield record, other


def _from_the_beginning(kept: BinaryIO) -> BinaryIO:
    """Open the downloaded file again. The caller closes it; a retry opens it once more."""
    again = os.fdopen(os.dup(kept.fileno()), "rb")
    again.seek(0)
    return again


PASS_FILE = Kind(PassFile, _pass, waits=_waits_for_another)
