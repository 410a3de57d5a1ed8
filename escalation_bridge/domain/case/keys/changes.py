"""Keys of statuses and fields that are copied to the other side."""

from typing import Annotated

from escalation_bridge.domain.case.keys.key import Inner, Key, key
from escalation_bridge.domain.case.keys.parts import REST, At, Number, OnSide, maybe


@key("status")
class Status(Key):
    """A copied status."""

    link: Inner
    edges: Number


@key("ask")
class Ask(Key):
    """A status that is reported to the other side's agents instead of copied."""

    link: Inner
    side: OnSide
    edges: Number


@key("late")
class Late(Key):
    """That a side was reopened too late."""

    link: Inner
    side: OnSide
    edges: Number


@key("severity-label")
class SeverityLabel(Key):
    """The label of a severity on a ticket; `version` counts the changes of the severity."""

    ticket: At
    version: Number


@key("fields")
class Fields(Key):
    """Copied fields of a side; `field` is the rule's key of a field that is copied alone."""

    link: Inner
    edges: Number
    side: OnSide
    field: Annotated[str | None, maybe(REST)] = None
