"""One rich text, kept as it was written and shown in whichever form is asked for."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from escalation_bridge_sandbox.jira.richtext.from_document import html_of, plain_of, wiki_of
from escalation_bridge_sandbox.jira.richtext.from_wiki import document_of


@dataclass(frozen=True)
class RichText:
    """Either a document or wiki markup, whichever was sent; the other is made from it."""

    written_document: dict[str, Any] | None = None
    written_wiki: str | None = None

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        return cls(written_document=document)

    @classmethod
    def from_wiki(cls, markup: str) -> Self:
        return cls(written_wiki=markup)

    @cached_property
    def document(self) -> dict[str, Any]:
        if self.written_document is not None:
            return self.written_document
        return document_of(self.written_wiki or "")

    @cached_property
    def wiki(self) -> str:
        return self.written_wiki if self.written_wiki is not None else wiki_of(self.document)

    @cached_property
    def html(self) -> str:
        return html_of(self.document)

    @cached_property
    def plain(self) -> str:
        """The words alone: what text search looks at."""
        return plain_of(self.document)

    @property
    def length(self) -> int:
        """What counts against the length limit: the characters of the markup."""
        return len(self.wiki)

    @property
    def is_blank(self) -> bool:
        return not self.wiki.strip()
