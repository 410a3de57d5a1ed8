"""Keys of copied comments, of their edits and deletions, and of notes about them."""

from typing import Self

from escalation_bridge.domain.case.keys.key import Inner, Key, OfWrite, key, parse
from escalation_bridge.domain.case.keys.parts import At, Attempt, CommentId, Number, Orphan
from escalation_bridge.domain.tickets import tickets


@key("comment")
class Comment(Key):
    """A copied comment; `number` counts if an earlier copy was deleted."""

    link: Inner
    ticket: At
    comment: CommentId
    number: Attempt = 1

    @classmethod
    def of(cls, link: str, original: tickets.Comment, number: int = 1) -> Self:
        """The key of a comment's copy over a link."""
        return cls(link, original.ticket, original.id, number)


@key("edit")
class Edit(OfWrite):
    """An edit of a copied comment."""

    of: Inner
    number: Number


@key("unsay")
class Delete(OfWrite):
    """The deletion of a copied comment. `number` is None if the link no longer exists."""

    of: Inner
    number: Orphan


@key("edited")
class Edited(OfWrite):
    """A note about an edit that could not be applied in place."""

    of: Inner
    number: Number


@key("gone")
class Gone(OfWrite):
    """A note that a comment was deleted."""

    of: Inner


@key("note")
class NotChanged(OfWrite):
    """A note that a comment could not be edited or deleted."""

    of: Inner

    @property
    def failed(self) -> tuple[str, str] | None:
        """What could not be done, and with which comment, however often it was tried."""
        tried = parse(self.of)
        return (tried.word, tried.of) if isinstance(tried, Edit | Delete) else None


@key("note:quote")
class QuoteExposed(OfWrite):
    """A note that a description shows what was made private."""

    of: Inner
