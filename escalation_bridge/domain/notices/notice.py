"""A notice that is on its way to a recipient."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from escalation_bridge.domain.notices.recipients import Recipient
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Severity


class NoticeState(StrEnum):
    """The state of a notice.

    WAITING is not sent yet. PAGING was sent, and is repeated until somebody acknowledges. SENT needs nothing more. DROPPED was not
    needed any more when its turn came. ANSWERED is a page that somebody acknowledged. PASSED_ON is a page that went to the next
    person; one that failed at every channel is tried on nevertheless. UNANSWERED is a page after which nobody is left. FAILED was
    given up.
    """

    WAITING = "waiting"
    PAGING = "paging"
    SENT = "sent"
    DROPPED = "dropped"
    ANSWERED = "answered"
    PASSED_ON = "passed_on"
    UNANSWERED = "unanswered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class About:
    """What a notice is about. It is looked at again just before it goes out.

    Attributes:
        escalation: The number of the case's escalation; None: of none.
        metric: The clock whose step notifies; None: none does.
        started_at: When the clock's cycle began.
        incident: The incident that the ticket belongs to, as people write it; empty: to none. It is one thing, however many tickets
            it has.
        review: The review that it asks for, or the action of one; it is needed although the case is closed.
    """

    escalation: int | None = None
    metric: Metric | None = None
    started_at: datetime | None = None
    incident: str = ""
    review: str = ""

    def thing(self, case_id: int) -> str:
        """What a notice from a case is about to a person: an incident is one thing, however many tickets it has.

        Each action of a review is a thing of its own.
        """
        return self.incident or " ".join([f"case-{case_id}", self.review]).strip()


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to one recipient.

    Attributes:
        token: The write that it comes from: one write has one notice for a recipient.
        page: Whether it is sent at any hour, and repeated until somebody acknowledges.
        due_at: Not before this.
        sent: How often it was sent.
        failures: How often sending failed since it was last sent.
        failing_since: When it failed first since then; None: it did not.
        failed: The channels that failed with it.
        error: The last error, for people.
    """

    id: int
    case_id: int
    token: str
    recipient: Recipient
    message: MessageRequest
    severity: Severity
    page: bool
    about: About
    state: NoticeState
    created_at: datetime
    due_at: datetime
    sent: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    failed: tuple[str, ...] = ()
    error: str | None = None

    @property
    def thing(self) -> str:
        """What it is about to a person."""
        return self.about.thing(self.case_id)

    def is_unanswered(self, page_every: timedelta, page_times: int, now: datetime) -> bool:
        """Whether a page goes to the next person: nobody answered, or no channel took it for as long as an answer may take."""
        if not self.page or self.state is NoticeState.PASSED_ON:
            return False
        is_unreachable = (
            self.failing_since is not None and now - self.failing_since >= page_every * page_times
        )
        return self.sent >= page_times or is_unreachable
