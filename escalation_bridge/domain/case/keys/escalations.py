"""Keys of what an escalation writes."""

from escalation_bridge.domain.case.keys.key import Key, key
from escalation_bridge.domain.case.keys.parts import Number, Word


@key("escalation")
class OfEscalation(Key):
    """A write of one change of an escalation.

    Attributes:
        number: Of the escalation in its case.
        position: Of the change in the escalation.
        what: What is written: `move`, `create`, `note` and others.
    """

    number: Number
    position: Number
    what: Word
