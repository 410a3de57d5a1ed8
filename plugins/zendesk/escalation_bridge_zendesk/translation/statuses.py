"""Statuses: Zendesk's six categories, and the account's own statuses within them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from escalation_bridge.plugin import (
    JsonPart,
    Status,
    StatusKind,
)

KINDS: Mapping[str, StatusKind] = {
    "new": StatusKind.NEW,
    "open": StatusKind.OPEN,
    "pending": StatusKind.WAITING_CUSTOMER,
    "hold": StatusKind.WAITING_THIRD_PARTY,
    "solved": StatusKind.SOLVED,
    "closed": StatusKind.CLOSED,
    # Words that only incremental lists and webhooks use: nobody works on these tickets any more.
    "archived": StatusKind.CLOSED,
    "deleted": StatusKind.CLOSED,
    "scrubbed": StatusKind.CLOSED,
}
_WRITABLE = ("new", "open", "pending", "hold", "solved", "closed")
_NAMES = {"hold": "On-hold"}


@dataclass(frozen=True, slots=True)
class CustomStatus:
    """A status of the account. `default`: the one that a category alone means."""

    id: str
    category: str
    label: str
    active: bool
    default: bool


@dataclass(frozen=True, slots=True)
class WantedStatus:
    """A status to set.

    Attributes:
        whole_kind: Whether any status of the kind fulfils it, because a kind or category was wanted.
    """

    status: Status
    category: str
    whole_kind: bool

    def is_met_by(self, current: Status) -> bool:
        """Whether a ticket with this status needs no change."""
        return current.id == self.status.id or (self.whole_kind and current.kind == self.status.kind)

    @property
    def members(self) -> Mapping[str, object]:
        """The members of an update that set it.

        A category that does not fit the custom status is refused. Without one, a ticket that is in the category already
        would keep its status.
        """
        if self.status.id == self.category:
            return {"status": self.category}
        return {"status": self.category, "custom_status_id": int(self.status.id)}


@dataclass(frozen=True, slots=True)
class StatusBook:
    """The account's statuses; empty if the account has no custom statuses."""

    custom: tuple[CustomStatus, ...] = ()

    def status(self, category: str | None, custom_id: str | None) -> Status:
        """The status of a ticket with this status and custom status."""
        word = (category or "").lower()
        kind = KINDS.get(word, StatusKind.UNKNOWN)
        for custom in self.custom:
            if custom.id == custom_id:
                return Status(kind, custom.id, custom.label)
        return Status(kind, word or "unknown", _name(word))

    def knows(self, custom_id: str | None) -> bool:
        """Whether a ticket's custom status is known."""
        return custom_id is None or any(custom.id == custom_id for custom in self.custom)

    def all(self) -> tuple[Status, ...]:
        """Every status that a ticket can be set to, and `closed`, which only Zendesk sets."""
        closed = self.status("closed", None)
        if self.custom:
            return (*(self._of(custom) for custom in self.custom if custom.active), closed)
        return tuple(self.status(word, None) for word in _WRITABLE)

    def never_set(self) -> frozenset[str]:
        """Ids of the statuses that cannot be set: a handled ticket is no longer new, and only Zendesk closes tickets."""
        return frozenset(one.id for one in self.all() if one.kind in (StatusKind.NEW, StatusKind.CLOSED))

    def resolve(self, wanted: str) -> WantedStatus | None:
        """The status for an id, a name, or a category or `StatusKind` value, in this order; None if it is unknown."""
        asked = wanted.strip()
        active = [custom for custom in self.custom if custom.active]
        # "Open", as it is written, is a name; "open" is the whole kind, in which agents choose freely.
        exact = [custom for custom in active if asked in (custom.id, custom.label)]
        category = _category(asked.casefold())
        if not exact and category is not None:
            return WantedStatus(self._default_of(category), category, whole_kind=True)
        named = exact or [custom for custom in active if custom.label.casefold() == asked.casefold()]
        return WantedStatus(self._of(named[0]), named[0].category, whole_kind=False) if named else None

    def _default_of(self, category: str) -> Status:
        fitting = [custom for custom in self.custom if custom.active and custom.category == category]
        fitting.sort(key=lambda custom: not custom.default)
        return self._of(fitting[0]) if fitting else self.status(category, None)

    def _of(self, custom: CustomStatus) -> Status:
        return Status(KINDS.get(custom.category, StatusKind.UNKNOWN), custom.id, custom.label)


def status_book(listed: Iterable[JsonPart]) -> StatusBook:
    """Parse the answer of `GET /custom_statuses`."""
    return StatusBook(
        tuple(
            CustomStatus(
                id=(raw / "id").identifier(),
                category=((raw / "status_category").maybe_text() or "").lower(),
                label=(raw / "agent_label").maybe_text() or (raw / "raw_agent_label").maybe_text() or "",
                active=(raw / "active").value is not False,
                default=(raw / "default").value is True,
            )
            for raw in listed
        )
    )


def _name(word: str) -> str:
    return _NAMES.get(word) or word.capitalize() or "Unknown"


def _category(word: str) -> str | None:
    """The writable category for a category's word or name, or for a status kind."""
    for category in _WRITABLE:
        if word in (category, _name(category).casefold(), KINDS[category].value):
            return category
    return None
