"""The courier sends notices in threads of its own.

A recipient gets what is due in one message, at most one in a while unless it pages. Each notice is looked at again just before it
goes out. A channel that fails is tried again with backoff, then the next channel is used. A page is repeated until somebody
acknowledges the escalation, and then goes to the next person.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.case.escalations import open_one
from escalation_bridge.domain.escalation.notices import why_not_wanted
from escalation_bridge.domain.notices.notice import Notice, NoticeState
from escalation_bridge.domain.notices.planning import Planned, plan
from escalation_bridge.domain.notices.recipients import (
    Recipient,
    after_unanswered_page,
    name_of,
    team_of,
)
from escalation_bridge.domain.notices.same_thing import SAME_INCIDENT, Reported, is_reported
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.engine.background import BackgroundTask
from escalation_bridge.engine.notices.wording import word
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.plugged.channels import ChannelFailed
from escalation_bridge.store.cases import case_file, case_views, stored_notices
from escalation_bridge.store.cases.stored_escalations import absent
from escalation_bridge.store.cases.stored_notices import Claimed, NewNotice

_log = structlog.get_logger(__name__)

_POLL = timedelta(seconds=1)
_TROUBLE = timedelta(seconds=10)
_LEASE = timedelta(minutes=3)
"""Longer than a message may take. Before each message it is checked that the lease still stands."""
_THREADS = 12
"""How many recipients are served at the same time."""
_PER_CHANNEL = 3
"""How many messages are on their way through a channel at the same time: one that hangs leaves threads to the others."""
_BUSY_SECONDS = 1.0
"""How long a thread waits for a channel that is busy; then it serves others."""
_BUSY_WAIT = timedelta(seconds=10)
_CASES_AT_ONCE = 50
_TRIES_PER_CHANNEL = 3
_FIRST_WAIT = 20.0
_LONGEST_WAIT = 900.0
_GIVE_UP_AFTER = timedelta(hours=24)
_PAGES_APART = timedelta(minutes=1)
"""Pages to a person that come closer together are one message."""


class Courier(BackgroundTask):
    """Sends notices until its block ends, and then ends after the messages that are on their way.

    Args:
        bridge: The bridge.
        poll: The interval in which it looks for notices.
    """

    def __init__(self, bridge: Bridge, *, poll: timedelta = _POLL) -> None:
        super().__init__("courier")
        self._bridge = bridge
        self._poll = poll
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="courier")
        self._serving: set[Future[None]] = set()
        self._slots: dict[str, threading.Semaphore] = {
            name: threading.Semaphore(_PER_CHANNEL) for name in bridge.channels
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send notices during the block."""
        with self._pool, super().running():
            yield

    def run_once(self) -> timedelta:
        """Give the free threads one recipient each."""
        _, self._serving = wait(
            self._serving, 0 if len(self._serving) < _THREADS else self._poll.total_seconds(), FIRST_COMPLETED
        )
        free = _THREADS - len(self._serving)
        try:
            claimed = self._claimed(free) if free else []
        except StoreUnavailable as error:
            _log.error("courier.store_unavailable", error=str(error))
            return _TROUBLE
        self._serving |= {self._pool.submit(self._serve, each) for each in claimed}
        return timedelta() if len(claimed) == free else self._poll

    def send_due(self) -> None:
        """Send everything that is due now, in this thread; for tests and tools."""
        while claimed := self._claimed(_THREADS):
            for each in claimed:
                self._serve(each)

    def _claimed(self, recipients: int) -> list[Claimed]:
        now, database = self._bridge.now(), self._bridge.database
        with database.read() as transaction:
            if not stored_notices.is_any_due(transaction, now):
                return []
        with database.write() as transaction:
            return stored_notices.claim_notices(transaction, now, _LEASE, recipients=recipients)

    # --- one recipient ----------------------------------------------------------------------------------------------

    def _serve(self, claimed: Claimed) -> None:
        try:
            wanted = self._still_wanted(claimed.notices)
            for planned, together in self._by_way(claimed.recipient, wanted):
                self._send(claimed, planned, together)
        except StoreUnavailable as error:
            _log.error("courier.store_unavailable", error=str(error))
        except Exception:  # noqa: BLE001 - one notice must not keep others; its lease runs out, and it is tried again
            _log.exception("courier.failed", notices=[notice.id for notice in claimed.notices])

    def _still_wanted(self, notices: Sequence[Notice]) -> list[Notice]:
        """The notices that are needed; the others are ended, and those of pages that nobody answered are passed on."""
        wanted = []
        for start in range(0, len(notices), _CASES_AT_ONCE):
            some = notices[start : start + _CASES_AT_ONCE]
            with self._bridge.database.read() as transaction:
                views = case_views.load_cases(transaction, list({each.case_id for each in some}))
            for notice in some:
                view = views.get(notice.case_id)
                if view is not None and self._is_wanted(
                    view, notice
                ):  # else it was removed, and its notices with it
                    wanted.append(notice)
        return wanted

    def _is_wanted(self, view: CaseView, notice: Notice) -> bool:
        directory, now = self._bridge.rules_under(view.rules_version).directory, self._bridge.now()
        rules = directory.notices
        reason = why_not_wanted(view, notice)
        if reason is not None:
            self._end([notice], directory, reason)
            return False
        if notice.is_unanswered(timedelta(seconds=rules.page_every), rules.page_times, now):
            return self._pass_on(view, notice, directory, now)
        return True

    def _end(self, ended: Sequence[Notice], directory: Directory, reason: str) -> None:
        unsent = [notice for notice in ended if not notice.sent]
        entries = [
            (each.case_id, self._noted("notice_dropped", each, directory, reason=reason)) for each in unsent
        ]
        with self._bridge.database.write() as transaction:
            stored_notices.save_ended(transaction, unsent, NoticeState.DROPPED)
            stored_notices.save_ended(
                transaction, [each for each in ended if each.sent], NoticeState.ANSWERED
            )
            case_file.save_timelines(transaction, entries)

    def _pass_on(self, view: CaseView, notice: Notice, directory: Directory, now: datetime) -> bool:
        """Page the next person; return whether the present one is tried on, because no message arrived so far."""
        is_tried_on = notice.sent < directory.notices.page_times
        escalation = open_one(view.escalations)
        team = escalation.owner.team if escalation is not None else team_of(directory, notice.recipient)
        with self._bridge.database.write() as transaction:
            away, paged = absent(transaction, now), stored_notices.paged(transaction, notice)
            following = after_unanswered_page(directory, team, paged, away, now)
            if following is not None:
                new = NewNotice(
                    case_id=notice.case_id,
                    token=notice.token,
                    recipient=following,
                    message=notice.message,
                    severity=notice.severity,
                    page=True,
                    about=notice.about,
                    due_at=now,
                )
                stored_notices.add_notice(transaction, new, now)
                state = NoticeState.PASSED_ON
            else:
                state = NoticeState.UNANSWERED
            if not is_tried_on:
                stored_notices.save_ended(transaction, [notice], state)
            elif following is not None:
                stored_notices.save_passed_on(transaction, notice)
            else:
                return True  # nobody is left, and it is tried on
            facts = {
                "next": name_of(directory, following) if following is not None else "",
                "unreachable": "yes" if is_tried_on else "",
            }
            entry = self._noted("page_unanswered", notice, directory, **facts)
            case_file.save_timeline(transaction, notice.case_id, [entry])
        _log.warning("notice.unanswered", case=notice.case_id, passed_on=following is not None)
        return is_tried_on

    def _by_way(
        self, recipient: Recipient, notices: Sequence[Notice]
    ) -> Iterator[tuple[Planned, list[Notice]]]:
        """The notices that go out now, by channel; the others get their time."""
        if not notices:
            return
        bridge, now = self._bridge, self._bridge.now()
        directory = bridge.known_facts.added_to(bridge.rules.directory)
        oldest = min(notice.created_at for notice in notices)
        with bridge.database.read() as transaction:
            last = stored_notices.last_sent(transaction, recipient)
            reported = stored_notices.reported(transaction, recipient, oldest - SAME_INCIDENT)
        free_from = last + timedelta(seconds=directory.notices.gather) if last is not None else now
        pages_from = min(last + _PAGES_APART, free_from) if last is not None else now
        ways: defaultdict[Planned, list[Notice]] = defaultdict(list)
        waiting: defaultdict[datetime, list[Notice]] = defaultdict(list)
        superfluous: list[Notice] = []
        for notice in notices:
            planned = plan(
                directory,
                recipient,
                notice.severity,
                now,
                page=notice.page,
                is_collected=notice.due_at > notice.created_at,
                failed=notice.failed,
            )
            if is_reported(notice, reported):
                superfluous.append(notice)
            elif planned is None:
                self._give_up(
                    notice, directory, f"no channel is configured for {name_of(directory, recipient)}"
                )
            elif planned.at > now:
                waiting[planned.at].append(notice)
            elif notice.failures == 0 and (free := pages_from if notice.page else free_from) > now:
                waiting[free].append(notice)
            else:
                ways[planned].append(notice)
                reported.append(Reported(notice.thing, notice.page, notice.created_at))
        self._end(superfluous, directory, "same_thing")
        for until, some in waiting.items():
            self._wait(some, until)
        yield from ways.items()

    def _wait(self, notices: Sequence[Notice], until: datetime) -> None:
        with self._bridge.database.write() as transaction:
            stored_notices.put_off(transaction, notices, until)

    # --- one message ------------------------------------------------------------------------------------------------

    def _send(self, claimed: Claimed, planned: Planned, notices: Sequence[Notice]) -> None:
        bridge = self._bridge
        directory = bridge.known_facts.added_to(bridge.rules.directory)
        channel = bridge.channels.get(planned.channel)
        if channel is None:
            self._failed(notices, directory, planned, f"there is no channel {planned.channel}")
            return
        slot = self._slots[planned.channel]
        if not slot.acquire(timeout=_BUSY_SECONDS):
            self._wait(notices, bridge.now() + _BUSY_WAIT)
            return
        try:
            with bridge.database.read() as transaction:
                if not stored_notices.is_still_claimed(transaction, notices, claimed.until):
                    return  # this process was halted, and another one sends them
            message = word(bridge, directory, claimed.recipient, notices)
            channel.send(planned.address, message.title, message.html)
        except ChannelFailed as error:
            self._failed(notices, directory, planned, str(error))
        else:
            self._done(notices, directory, planned)
        finally:
            slot.release()

    def _done(self, notices: Sequence[Notice], directory: Directory, planned: Planned) -> None:
        now = self._bridge.now()
        again_at = now + timedelta(seconds=directory.notices.page_every)
        with self._bridge.database.write() as transaction:
            stored_notices.save_sent(transaction, notices, planned.channel, now, again_at)
            case_file.save_timelines(
                transaction,
                [
                    (each.case_id, self._noted("notice_sent", each, directory, detail=planned.channel))
                    for each in notices
                ],
            )
        _log.info("notice.sent", channel=planned.channel, notices=len(notices))

    def _failed(self, notices: Sequence[Notice], directory: Directory, planned: Planned, error: str) -> None:
        now = self._bridge.now()
        for notice in notices:
            if now - notice.created_at > _GIVE_UP_AFTER and notice.failures >= _TRIES_PER_CHANNEL:
                self._give_up(notice, directory, error)
                continue
            tries = 1 if notice.page else _TRIES_PER_CHANNEL
            is_through = (notice.failures + 1) % tries == 0
            # Once all have failed they are tried again from the first one on.
            left = set() if planned.is_last else {*notice.failed, planned.channel}
            failed = left if is_through else set(notice.failed)
            is_switched = is_through and not planned.is_last
            longest = directory.notices.page_every if notice.page else _LONGEST_WAIT
            pause = 0.0 if is_switched else min(longest, _FIRST_WAIT * 2.0 ** min(notice.failures, 8))
            until = now + timedelta(seconds=pause)
            with self._bridge.database.write() as transaction:
                stored_notices.save_failed(transaction, notice, failed, error, now, until)
                if notice.error != error:  # the same trouble again is one line in the history
                    entry = self._noted(
                        "notice_put_off", notice, directory, error=error, until=until.isoformat()
                    )
                    case_file.save_timeline(transaction, notice.case_id, [entry])
        _log.warning("notice.failed", channel=planned.channel, notices=len(notices), error=error)

    def _give_up(self, notice: Notice, directory: Directory, error: str) -> None:
        with self._bridge.database.write() as transaction:
            stored_notices.save_failed(transaction, notice, notice.failed, error, self._bridge.now(), None)
            entry = self._noted("notice_given_up", notice, directory, error=error)
            case_file.save_timeline(transaction, notice.case_id, [entry])
        _log.error("notice.given_up", case=notice.case_id, error=error)

    def _noted(self, code: str, notice: Notice, directory: Directory, **facts: str) -> TimelineEntry:
        to = name_of(directory, notice.recipient)
        return TimelineEntry(self._bridge.now(), code, {"to": to, **facts})
