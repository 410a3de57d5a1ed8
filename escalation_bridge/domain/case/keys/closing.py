"""Keys of what is written before a solved ticket is closed, and of its closing."""

from escalation_bridge.domain.case.keys.key import Key, key
from escalation_bridge.domain.case.keys.parts import Number, Word


@key("closing")
class OfClosing(Key):
    """A write about the closing of a solved ticket.

    Attributes:
        time: Counts how often it was to be closed; it may be reopened and solved again.
        what: `notice` or `close`.
    """

    time: Number
    what: Word
