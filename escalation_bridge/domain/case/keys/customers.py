"""Keys of what customers are informed of."""

from escalation_bridge.domain.case.keys.key import Key, OfLastingNote, key
from escalation_bridge.domain.case.keys.parts import Number, Over


@key("customer_update")
class CustomerUpdate(Key):
    """An update that is sent to the customer; they are counted from 1 on."""

    number: Number


@key("customer_draft")
class CustomerDraft(OfLastingNote):
    """An update that agents find as a draft; it is edited until an agent has answered."""

    episode: Number
    version: Over
