"""Remove the bridge's own texts: Zendesk deletes no comment, but allows every word of one to be redacted for good."""

import re
from collections.abc import Mapping

from bs4 import BeautifulSoup
from bs4.element import NavigableString

from escalation_bridge.plugin import (
    JsonPart,
    NotApplied,
    Rejected,
    WriteReceipt,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path
from escalation_bridge_zendesk.http.refusals import explain
from escalation_bridge_zendesk.translation import mapping

_OPERATION = "delete_comment"
_NOT_FOR_ALL = frozenset({403, 404})
_ADVICE = (
    "Redaction needs the Agent Workspace, and a role that may redact (Enterprise) or agents that may delete tickets "
    "(Professional); or an agent redacts the comment by hand."
)
_SHOWN = re.compile("[^\\s\u2587]")
"""Anything but spaces and the bars that replace redacted characters."""
_LETTER = re.compile(r"[^\W\d_]")
"""The characters that must not remain; a plain text may number the lines of a list."""
_FILE_LEFT = "redacted.txt"


class Redaction:
    """Redacts comments of the bridge's own."""

    def __init__(self, client: ZendeskClient, account: Account) -> None:
        self._client = client
        self._account = account

    def redact(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        """Redact all words and files of a comment. Black bars remain; a mail that was sent is not recalled.

        Raises:
            Rejected: It is not the bridge's own, or the account or the role allows no redaction.
            NotApplied: Zendesk confirmed it, and words are left.
        """
        raw = self._own(ticket_id, comment_id)
        if raw is None:
            return WriteReceipt(comment_id, f"comment {comment_id}: not there any more")
        body = _redaction(ticket_id, raw)
        if body is None:
            return WriteReceipt(comment_id, f"comment {comment_id}: redacted already")
        response = self._client.write(
            _OPERATION, "PUT", f"/comment_redactions/{comment_id}", body, accept=_NOT_FOR_ALL
        )
        if response.status_code in _NOT_FOR_ALL:
            self._client.refuse(Rejected, _OPERATION, explain(response), response, advice=_ADVICE)
        after = self._client.parsed(_OPERATION, response) / "comment"
        if _LETTER.search((after / "plain_body").maybe_text() or "") or not after.mapping():
            self._client.refuse(
                NotApplied,
                _OPERATION,
                f"Zendesk said yes, and comment {comment_id} still has letters",
                response,
            )
        return WriteReceipt(comment_id, f"comment {comment_id} redacted")

    def _own(self, ticket_id: str, comment_id: str) -> JsonPart | None:
        """The comment, if it exists and is the bridge's own. The author is checked too: an account may not keep marks."""
        listed = self._client.pages(_OPERATION, ticket_path(ticket_id, "comments"), {"sort": "-created_at"})
        for page in listed:
            for raw in (page / "comments").as_list().objects():
                if (raw / "id").maybe_identifier() != comment_id:
                    continue
                author = (raw / "author_id").maybe_identifier()
                if mapping.mark(raw, mapping.MARK) is None and author != self._account.me().id:
                    self._client.refuse(
                        Rejected, _OPERATION, f"comment {comment_id} is not one of the bridge's"
                    )
                return raw
        return None


def _redaction(ticket_id: str, raw: JsonPart) -> Mapping[str, object] | None:
    """The request that redacts every word and file of a comment; None if none is left."""
    soup = BeautifulSoup((raw / "html_body").maybe_text() or "", "html.parser")
    worded = [found for found in soup.find_all(string=True) if _SHOWN.search(found)]
    for found in worded:
        if isinstance(found, NavigableString):
            found.wrap(soup.new_tag("redact"))
    # The attribute redacts the element itself: where a link leads, an image.
    elements = soup.find_all(["a", "img"])
    for element in elements:
        element["redact"] = ""
    files = [
        url
        for file in (raw / "attachments").objects()
        if (file / "file_name").maybe_text() != _FILE_LEFT and (url := (file / "content_url").maybe_text())
    ]
    if not (worded or elements or files):
        return None
    body: dict[str, object] = {"ticket_id": int(ticket_id), "html_body": str(soup)}
    if files:
        body["external_attachment_urls"] = files
    return body
