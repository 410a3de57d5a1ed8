"""Keys of what is done about a command in a note."""

from escalation_bridge.domain.case.keys.key import Inner, Key, OfWrite, key
from escalation_bridge.domain.case.keys.parts import At, Number, Word


@key("command")
class Command(Key):
    """What is done about a command, or answered."""

    ticket: At
    comment: Word


@key("button")
class Button(Key):
    """What is removed from a ticket after a button of the helpdesk was obeyed."""

    name: Word
    number: Number


@key("refused")
class Refused(OfWrite):
    """A note that a file or a command was refused."""

    of: Inner
