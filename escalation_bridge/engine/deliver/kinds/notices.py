"""Notices to people outside the ticket: an extension sends them at once, or the courier gets one for each recipient."""

from datetime import datetime

from escalation_bridge.domain.after_writing import Consequence
from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.notices.planning import plan
from escalation_bridge.domain.notices.recipients import Recipient, language_of, name_of, recipients
from escalation_bridge.engine.deliver.failures import FailureVerdict
from escalation_bridge.engine.deliver.work import HistoryEntry, Kind, Result, Work
from escalation_bridge.errors import UnsupportedOperation
from escalation_bridge.messages.catalogue import LANGUAGES
from escalation_bridge.store.cases.stored_notices import NewNotice, add_notice


def _notify(work: Work, intent: Notify) -> Result:
    bridge = work.bridge
    message = bridge.extensions.compose_message(work.in_local_time(intent.message), bridge.language)
    work.mark_sent(None)
    ways = bridge.extensions.notify(intent.to, message, work.record.token)
    if ways:
        detail = ", ".join(ways)
        sent = TimelineEntry(bridge.now(), "notice_sent", {"to": intent.to, "detail": detail})
        return Result(Receipt(detail=detail), consequence=Consequence(timeline=(sent,)))
    directory = bridge.rules_under(work.view.rules_version).directory
    people = recipients(directory, intent.to, bridge.now())
    if not people:
        raise UnsupportedOperation(
            f"no enabled extension sends notices to {intent.to!r}, and it is no channel and no team or member with `notify`"
        )
    _queue(work, intent, people)
    names = ", ".join(name_of(directory, each) for each in people)
    return Result(Receipt(detail=names), entry=HistoryEntry("notice_queued", {"to": names}))


def _queue(work: Work, intent: Notify, people: tuple[Recipient, ...]) -> None:
    bridge, now = work.bridge, work.bridge.now()
    directory = bridge.rules_under(work.view.rules_version).directory
    with bridge.database.write() as transaction:
        for each in people:
            language = language_of(directory, each, LANGUAGES, bridge.language)
            planned = plan(directory, each, intent.severity, now, page=intent.page)
            notice = NewNotice(
                case_id=work.view.id,
                token=work.record.token,
                recipient=each,
                message=work.with_link(work.in_local_time(intent.message), language),
                severity=intent.severity,
                page=intent.page,
                about=intent.about,
                due_at=planned.at if planned is not None else now,
            )
            add_notice(transaction, notice, now)


def _refused(intent: Notify, verdict: FailureVerdict, error: str, now: datetime) -> TimelineEntry:
    if verdict.until is not None:
        facts = {"to": intent.to, "error": error, "until": verdict.until.isoformat()}
        return TimelineEntry(now, "notice_put_off", facts)
    return TimelineEntry(now, "notice_given_up", {"to": intent.to, "error": error})


NOTIFY = Kind(Notify, _notify, refused=_refused)
