"""Write as many fields as a vendor accepts, for vendors that refuse a whole ticket because of one field."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import NoReturn, TypeVar

from escalation_bridge.domain.tickets.tickets import LeftOut

T = TypeVar("T")

_MOST_CREATES = 1000


class LeftOutByKey:
    """The fields that creates omitted, by the ticket's key: after a lost answer, the ticket that is found has to
    report them, too.

    Shared by a connection's threads. A restart loses it: then the ticket exists without the note about it.
    """

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, tuple[LeftOut, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, left_out: tuple[LeftOut, ...]) -> None:
        """Store the omitted fields before the create is sent; they replace those of an earlier try."""
        with self._lock:
            self._by_key[key] = left_out
            self._by_key.move_to_end(key)
            while len(self._by_key) > _MOST_CREATES:
                self._by_key.popitem(last=False)

    def get(self, key: str) -> tuple[LeftOut, ...]:
        """The fields that the newest create with this key omitted."""
        with self._lock:
            return self._by_key.get(key, ())


class FieldsRefused(Exception):
    """A vendor refused single fields of a write, and carried out none of it.

    Attributes:
        named: Its messages, by field; empty if something else is wrong, too.
        fail: Raises the error for the caller.
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
    """Send fields; omit refused ones that can be spared, and send the rest again.

    Args:
        wanted: The fields with their values.
        spare: Those that may be omitted.
        send: Sends the fields, or raises `FieldsRefused`.
        before_again: Receives the vendor's messages for all fields omitted so far, before the rest is sent again.

    Returns:
        The answer, None if nothing was left to send; and the vendor's message for each omitted field.

    Raises:
        VendorError: Something else is wrong, too, or a field that cannot be spared.
    """
    left, refused = dict(wanted), dict[str, str]()
    first: FieldsRefused | None = None
    while left:
        try:
            return send(left), refused
        except FieldsRefused as refusal:
            first = first or refusal
            if not refusal.named or not refusal.named.keys() <= (set(spare) & left.keys()):
                # If an omitted field turns out to be required, the vendor's first message explains the cause.
                (first if refusal.named.keys() & refused.keys() else refusal).fail()
            refused.update(refusal.named)
            left = {name: value for name, value in left.items() if name not in refusal.named}
            before_again(dict(refused))
    return None, refused
