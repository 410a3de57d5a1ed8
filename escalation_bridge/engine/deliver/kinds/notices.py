"""Send notifications to people outside the ticket, through an extension."""

from datetime import datetime

from escalation_bridge.domain.after_writing import Consequence
from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.engine.deliver.failures import FailureVerdict
from escalation_bridge.engine.deliver.work import Kind, Result, Work
from escalation_bridge.errors import UnsupportedOperation


def _notify(work: Work, intent: Notify) -> Result:
    bridge = work.bridge
    message = bridge.extensions.compose_message(work.in_local_time(intent.message), bridge.language)
    work.mark_sent(None)
    ways = bridge.extensions.notify(intent.to, message, work.record.token)
    if not ways:
        raise UnsupportedOperation(f"no enabled extension sends notices to {intent.to!r}")
    detail = ", ".join(ways)
    sent = TimelineEntry(bridge.now(), "notice_sent", {"to": intent.to, "detail": detail})
    return Result(Receipt(detail=detail), consequence=Consequence(timeline=(sent,)))


def _refused(intent: Notify, verdict: FailureVerdict, error: str, now: datetime) -> TimelineEntry:
    if verdict.until is not None:
        facts = {"to": intent.to, "error": error, "until": verdict.until.isoformat()}
        return TimelineEntry(now, "notice_put_off", facts)
    return TimelineEntry(now, "notice_given_up", {"to": intent.to, "error": error})


NOTIFY = Kind(Notify, _notify, refused=_refused)
