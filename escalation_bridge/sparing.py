"""Writing as many fields as a vendor takes: for plugins, whose vendors refuse a whole ticket for one of its fields."""

from collections.abc import Callable, Collection, Mapping
from typing import NoReturn, TypeVar

T = TypeVar("T")


class FieldsRefused(Exception):
    """What a vendor says to single fields of a write, of which nothing was carried out.

    Attributes:
        named: Its words, by field; empty where something else is wrong, too.
        fail: Raises the error that whoever asked for the write is to see.
    """

    def __init__(self, named: Mapping[str, str], fail: Callable[[], NoReturn]) -> None:
        super().__init__(named)
        self.named = named
        self.fail = fail


def sparing(
    wanted: Mapping[str, object],
    spare: Collection[str],
    send: Callable[[Mapping[str, object]], T],
) -> tuple[T | None, Mapping[str, str]]:
    """Send fields; leave out what the vendor refuses and can be spared, and send the rest again.

    Args:
        wanted: The fields with their values.
        spare: Those that may be left out.
        send: Sends what it is given, or raises `FieldsRefused`.

    Returns:
        The answer, None where nothing was left to be sent; and the vendor's words to each field that was left out.

    Raises:
        VendorError: Something else is wrong, too, or something that cannot be spared.
    """
    left, refused = dict(wanted), dict[str, str]()
    first: FieldsRefused | None = None
    while left:
        try:
            return send(left), refused
        except FieldsRefused as refusal:
            first = first or refusal
            if not refusal.named or not refusal.named.keys() <= (set(spare) & left.keys()):
                # Of what was left out and turns out to be required, the vendor's first words tell what is wrong.
                (first if refusal.named.keys() & refused.keys() else refusal).fail()
            refused.update(refusal.named)
            left = {name: value for name, value in left.items() if name not in refusal.named}
    return None, refused
