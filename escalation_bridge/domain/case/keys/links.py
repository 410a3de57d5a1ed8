"""Keys of links that no ladder step made."""

import re
from collections.abc import Iterable
from typing import Self

from escalation_bridge.domain.case.keys.key import Inner, Key, key
from escalation_bridge.domain.case.keys.parts import Number, Word

_BY_HAND = re.compile(r"(?:^|:)by-hand:(\d+)(?![^:])")


@key("again")
class Again(Key):
    """Another linked ticket in the place of a link's one."""

    link: Inner
    edges: Number


@key("by-hand")
class ByHand(Key):
    """A link between tickets that were there already."""

    number: Number

    @classmethod
    def next(cls, texts: Iterable[str]) -> Self:
        """One that is in none of these keys, nor in what they are about."""
        taken = [int(number) for text in texts for number in _BY_HAND.findall(text)]
        return cls(max(taken, default=0) + 1)


@key("moved")
class Moved(Key):
    """A link in the place of one whose ticket went elsewhere."""

    name: Word
