"""Keys of notes about a link, and of other writes for it."""

from typing import Annotated

from escalation_bridge.domain.case.keys.key import Inner, Key, OfNote, key
from escalation_bridge.domain.case.keys.parts import At, End, MaybeNumber, Number, OnSide, Word, fixed


@key("show")
class Show(Key):
    """What a side shows of the other ticket; the first time has no number."""

    link: Inner
    side: OnSide
    edges: MaybeNumber = None


@key("tell")
class CustomerNotice(Key):
    """The customer's notification of the escalation."""

    link: Inner


@key("hand_on")
class HandOn(Key):
    """The origin's status after the hand-over."""

    link: Inner


@key("describe")
class Describe(Key):
    """The description of a linked ticket that could not have one."""

    link: Inner


@key("left_out")
class LeftOut(Key):
    """A note about what a linked ticket was created without."""

    link: Inner
    ticket: At


@key("leg")
class HandOffOver(Key):
    """That a link's team is over its target."""

    link: Inner
    over: Annotated[str, fixed("over", str)] = "over"


@key("closed")
class Closed(Key):
    """That a side's ticket is closed for good."""

    link: Inner
    side: OnSide


@key("unlinked")
class Unlinked(Key):
    """A note that a link was removed."""

    link: Inner
    side: OnSide


@key("waiting")
class Waiting(OfNote):
    """Who waits for a linked ticket."""

    link: Inner
    version: End


@key("raise")
class Raise(Key):
    """A priority to which a linked ticket is raised."""

    link: Inner
    priority: Word


@key("draft")
class Draft(Key):
    """What to answer the customer."""

    link: Inner
    edges: Number


@key("move")
class Move(Key):
    """A link's way to another ticket."""

    link: Inner
    to: At


@key("take_over")
class TakeOver(Key):
    """The links of an earlier ticket."""

    earlier: At


@key("first_words")
class FirstWords(Key):
    """What a follow-up begins with, in a linked ticket."""

    ticket: At
