"""Keys of notes about why a link or a field is on hold."""

from escalation_bridge.domain.case.keys.key import Inner, Key, key
from escalation_bridge.domain.case.keys.parts import At, Number, Rest


@key("hold")
class OnHold(Key):
    """A note about why a link is on hold."""

    link: Inner
    edges: Number
    ticket: At


@key("field_hold")
class FieldOnHold(Key):
    """A note about why a link's field is on hold. `field` is the key of the field's rule."""

    link: Inner
    edges: Number
    field: Rest
    ticket: At
