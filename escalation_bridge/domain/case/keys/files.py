"""Keys of copied files, and of notes about them."""

from escalation_bridge.domain.case.keys.key import Inner, Key, key
from escalation_bridge.domain.case.keys.parts import At, OnSide, Place, Rest, Word


@key("file")
class File(Key):
    """A file that goes along with a comment, or with the description (None)."""

    link: Inner
    side: OnSide
    source: At
    comment: Place
    attachment: Rest


@key("note:files")
class FilesExposed(Key):
    """A note that a ticket shows files of a comment that was made private."""

    source: At
    comment: Word
    ticket: At
