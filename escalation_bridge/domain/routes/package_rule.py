"""What goes into the package for the team that takes an escalation over."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PackageRule:
    """What goes into the package beside what always does.

    Attributes:
        fields: Custom fields that show the environment: label by the vendor's id.
        value: Custom fields that show the customer's value: label by the vendor's id.
        tags: Whether the ticket's tags are shown.
        internal_notes: How many of the last internal notes the team may read.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    value: Mapping[str, str] = field(default_factory=dict)
    tags: bool = False
    internal_notes: int = 0


COMMON = PackageRule()
"""Only what always does."""
