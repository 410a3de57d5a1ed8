"""Writing as many fields as a vendor takes: for plugins, whose vendors refuse a whole ticket for one of its fields."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import NoReturn, TypeVar

from escalation_bridge.domain.tickets.tickets import LeftOut

T = TypeVar("T")

_MOST_CREATES = 1000


class LeftOutByKey:
    """What creates were sent without, by the key of the ticket: the answer may be lost, and the ticket found later has to say so, too.

    Shared by a connection's threads. A restart forgets it: then the ticket is there, and the note about it is not.
    """

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, tuple[LeftOut, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, left_out: tuple[LeftOut, ...]) -> None:
        """Keep it before the create is sent; it replaces what an earlier try was sent without."""
        with self._lock:
            self._by_key[key] = left_out
            self._by_key.move_to_end(key)
            while len(self._by_key) > _MOST_CREATES:
                self._by_key.popitem(last=False)

    def get(self, key: str) -> tuple[LeftOut, ...]:
        """What the newest create with this key was sent without."""
        with self._lock:
            return self._by_key.get(key, ())


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
    before_again: Callable[[Mapping[str, str]], None] = lambda _: None,
) -> tuple[T | None, Mapping[str, str]]:
    """Send fields; leave out what the vendor refuses and can be spared, and send the rest again.

    Args:
        wanted: The fields with their values.
        spare: Those that may be left out.
        send: Sends what it is given, or raises `FieldsRefused`.
        before_again: Gets the vendor's words to all fields left out so far, before the rest is sent again.

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
            before_again(dict(refused))
    return None, refused
