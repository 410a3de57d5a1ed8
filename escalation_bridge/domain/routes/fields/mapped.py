"""How values map between the sides: what is not listed is not guessed."""

from collections.abc import Iterable, Mapping

from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped, Wish

Words = Mapping[str, str | Keep]
"""A value of one side to a value of the other."""


def counterpart(values: Iterable[tuple[str, str | Keep]], source: Side, words: Iterable[str]) -> Wish:
    """The counterpart of a value on the other side; an unmapped one is not guessed."""
    folded = {word.casefold() for word in words}
    for origin, linked in values:
        if source is Side.ORIGIN and origin.casefold() in folded:
            return linked
        if source is Side.LINKED and linked is not Keep.KEEP and linked.casefold() in folded:
            return origin
    return Unmapped.UNMAPPED
