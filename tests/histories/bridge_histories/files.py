"""Files that people attach to what they say, and how they have to stand on the other side."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from escalation_bridge.domain.routes.routes import FileRule

if TYPE_CHECKING:
    from bridge_histories.remarks import Remark

MOST_BYTES = 600
RULE = FileRule(MOST_BYTES, (".exe",))
NOT_PASSED_ON = "An attachment of"
EXPOSED = "Customers can see attachments here"
"""What the bridge's notes about files say in English."""


class Parcel(StrEnum):
    """What a person attaches."""

    SMALL = "a small file"
    SAME = "the bytes of an earlier one"
    LARGE = "more than the route lets go"
    REFUSED = "a type that the route refuses"


@dataclass(frozen=True)
class File:
    """A file as somebody attached it."""

    parcel: Parcel
    name: str
    content: bytes

    @property
    def content_type(self) -> str:
        return "text/plain"


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as its vendor shows it.

    Attributes:
        public: Whether the customer can open it.
    """

    name: str
    content: bytes
    public: bool
    by_bridge: bool


def packed(parcel: Parcel | None, number: int, earlier: Sequence["Remark"]) -> File | None:
    """The file that comes with a remark, if one does. No name has anything in it by which words are found again."""
    content = f"what is in file {number}\n".encode()
    match parcel:
        case Parcel.SAME:
            before = [each.file for each in earlier if each.file and each.file.parcel is not Parcel.LARGE]
            return File(parcel, f"file{number}.txt", before[-1].content if before else content)
        case Parcel.LARGE:
            return File(parcel, f"file{number}.txt", content.ljust(MOST_BYTES + 1, b"."))
        case Parcel.REFUSED:
            return File(parcel, f"file{number}.exe", content)
        case Parcel.SMALL:
            return File(parcel, f"file{number}.txt", content)
        case None:
            return None
