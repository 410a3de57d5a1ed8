"""Why a link, or one field of it, is on hold."""

from enum import StrEnum


class HoldReason(StrEnum):
    """Each is also the template of its explanation in the message catalogue."""

    TICKET_GONE = "ticket_gone"
    PROJECT_MOVED = "project_moved"
    WRITE_BUDGET = "write_budget"
    PING_PONG = "ping_pong"
    STATUS_UNMAPPED = "status_unmapped"
    STATUS_CONFLICT = "status_conflict"
    STATUS_REFUSED = "status_refused"
    FIELD_UNMAPPED = "field_unmapped"
    FIELD_CONFLICT = "field_conflict"
    FIELD_REFUSED = "field_refused"

    @property
    def is_of_status(self) -> bool:
        """Whether only the status is on hold, and fields continue."""
        return self in (
            HoldReason.PING_PONG,
            HoldReason.STATUS_UNMAPPED,
            HoldReason.STATUS_CONFLICT,
            HoldReason.STATUS_REFUSED,
        )

    @property
    def is_conflict(self) -> bool:
        """Whether both sides changed, and a person can choose whose value counts."""
        return self in (HoldReason.STATUS_CONFLICT, HoldReason.FIELD_CONFLICT)

    @property
    def is_refusal(self) -> bool:
        """Whether a vendor refused what was to be written."""
        return self in (HoldReason.STATUS_REFUSED, HoldReason.FIELD_REFUSED)
