"""Redaction of comments, as the Agent Workspace has it: what stands in `redact` tags becomes bars."""

from bs4 import BeautifulSoup
from bs4.element import NavigableString

from escalation_bridge_sandbox.zendesk.state.errors import record_invalid
from escalation_bridge_sandbox.zendesk.state.records import Comment
from escalation_bridge_sandbox.zendesk.state.text import plain

BAR = "\u2587"
REDACTED_FILE = b"redacted"


def redact_text(comment: Comment, html_body: str) -> None:
    """Replace the characters in `redact` tags, and take the addresses of elements with a `redact` attribute.

    Raises:
        ApiError: 422, when the text is not the comment's own. (How Zendesk refuses it was not found.)
    """
    if plain(html_body) != comment.plain_body:
        raise record_invalid("html_body", {"description": "Html body: is invalid", "error": "InvalidValue"})
    soup = BeautifulSoup(html_body, "html.parser")
    for tag in soup.find_all("redact"):
        for text in list(tag.find_all(string=True)):
            text.replace_with(NavigableString("".join(c if c.isspace() else BAR for c in text)))
        tag.unwrap()
    for tag in soup.find_all(["a", "img"], redact=True):
        if tag.name == "img":
            tag.decompose()
        else:
            tag.unwrap()
    comment.html_body = str(soup)
    comment.body = comment.plain_body = plain(comment.html_body)


def redact_files(comment: Comment, urls: list[str]) -> None:
    """Empty the comment's files with these addresses."""
    for file in comment.attachments:
        if any(f"/attachments/token/{file.token}/" in url for url in urls):
            file.file_name, file.content_type, file.content = "redacted.txt", "text/plain", REDACTED_FILE
