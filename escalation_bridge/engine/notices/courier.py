"""The courier sends notices in threads of its own.

A recipient gets what is due in one message, at most one in a while unless it pages. Each notice is looked at again just before it
goes out. A channel that fails is tried again with backoff, then the next channel is used. A page is repeated until somebody
acknowledges the escalation, and then goes to the next person.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.escalations import open_one
from escalation_bridge.domain.escalation.notices import why_not_wanted
from escalation_bridge.domain.notices.notice import Notice, NoticeState
from escalation_bridge.domain.notices.planning import Planned, plan
from escalation_bridge.domain.notices.recipients import Recipient, after_unanswered_page, name_of
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.engine.notices.wording import word
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.plugged.channels import ChannelFailed
from escalation_bridge.store.cases import case_file, case_views, stored_notices
from escalation_bridge.store.cases.stored_escalations import absent
from escalation_bridge.store.cases.stored_notices import NewNotice

_log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
_TROUBLE_SECONDS = 10.0
_LEASE = timedelta(minutes=3)
"""Longer than all attempts on a message take together."""
_AT_ONCE = 50
_THREADS = 12
_PER_CHANNEL = 3
"""How many messages are on their way through a channel at the same time: one that hangs leaves threads to the others."""
_TRIES_PER_CHANNEL = 3
_FIRST_WAIT = 20.0
_LONGEST_WAIT = 900.0
_BUSY_WAIT = timedelta(seconds=2)
_GIVE_UP_AFTER = timedelta(hours=24)
_PAGES_APART = timedelta(minutes=1)
"""Pages to a person that come closer together are one message."""
_SAME_MOMENT = timedelta(minutes=1)
"""What several rules have to say about a case within this time is one thing to a person."""
_SAME_INCIDENT = timedelta(hours=12)


class Courier:
    """Sends notices until it is stopped.

    Args:
        bridge: The bridge.
        poll_seconds: The interval in which it looks for notices.
    """

    def __init__(self, bridge: Bridge, *, poll_seconds: float = _POLL_SECONDS) -> None:
        self._bridge = bridge
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier")
        self._lock = threading.Lock()
        self._busy: set[Recipient] = set()
        self._channels: Counter[str] = Counter()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the messages that are on their way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="courier") as pool:
            while not self._stopping.is_set():
                pause = self._poll_seconds
                try:
                    for recipient, notices in self._claimed():
                        pool.submit(self._carry, recipient, notices)
                except StoreUnavailable as error:
                    _log.error("courier.store_unavailable", error=str(error))
                    pause = _TROUBLE_SECONDS
                except Exception:  # noqa: BLE001 - a thread that ended would leave everybody uninformed; logged with its traceback
                    _log.exception("courier.trouble")
                    pause = _TROUBLE_SECONDS
                self._stopping.wait(pause)

    def run_once(self) -> None:
        """Send everything that is due now, in this thread; for tests and tools."""
        while True:
            claimed = self._claimed()
            if not claimed:
                return
            for recipient, notices in claimed:
                self._carry(recipient, notices)

    def _claimed(self) -> list[tuple[Recipient, list[Notice]]]:
        """Due notices by recipient, without those who are being sent something."""
        now, database = self._bridge.now(), self._bridge.database
        with database.read() as transaction:
            if not stored_notices.is_any_due(transaction, now):
                return []
        with self._lock:
            busy = {str(each) for each in self._busy}
        with database.write() as transaction:
            claimed = stored_notices.claim_notices(transaction, now, _LEASE, at_most=_AT_ONCE, without=busy)
        grouped: dict[Recipient, list[Notice]] = {}
        for notice in claimed:
            grouped.setdefault(notice.recipient, []).append(notice)
        with self._lock:
            self._busy.update(grouped)
        return list(grouped.items())

    # --- one recipient ----------------------------------------------------------------------------------------------

    def _carry(self, recipient: Recipient, notices: Sequence[Notice]) -> None:
        try:
            for planned, together in self._by_way(recipient, self._still_wanted(notices)):
                self._send(recipient, planned, together)
        except StoreUnavailable as error:
            _log.error("courier.store_unavailable", error=str(error))
        except Exception:  # noqa: BLE001 - one notice must not keep others; its lease runs out, and it is tried again
            _log.exception("courier.failed", notices=[notice.id for notice in notices])
        finally:
            with self._lock:
                self._busy.discard(recipient)

    def _still_wanted(self, notices: Sequence[Notice]) -> list[Notice]:
        """The notices that are needed; the others are ended, and those of pages that nobody answered are passed on."""
        wanted = []
        bridge = self._bridge
        for notice in notices:
            with bridge.database.read() as transaction:
                view = case_views.load_cases(transaction, [notice.case_id]).get(notice.case_id)
                away = absent(transaction, bridge.now())
                paged = stored_notices.paged(transaction, notice.case_id, notice.about.escalation)
            if view is None:
                continue  # it was removed, and its notices with it
            reason = why_not_wanted(view, notice)
            directory = bridge.rules_under(view.rules_version).directory
            if reason is not None:
                self._end(notice, directory, reason)
            elif notice.state is NoticeState.PAGING and notice.sent >= directory.notices.page_times:
                escalation = open_one(view.escalations)
                team = escalation.owner.team if escalation is not None else ""
                following = after_unanswered_page(directory, team, paged, away, bridge.now())
                self._pass_on(notice, directory, following)
            else:
                wanted.append(notice)
        return wanted

    def _end(self, notice: Notice, directory: Directory, reason: str) -> None:
        state = NoticeState.ANSWERED if notice.sent else NoticeState.DROPPED
        entries = [] if notice.sent else [self._noted("notice_dropped", notice, directory, reason=reason)]
        with self._bridge.database.write() as transaction:
            stored_notices.save_ended(transaction, notice, state)
            case_file.save_timeline(transaction, notice.case_id, entries)

    def _pass_on(self, notice: Notice, directory: Directory, following: Recipient | None) -> None:
        now = self._bridge.now()
        state = NoticeState.PASSED_ON if following is not None else NoticeState.UNANSWERED
        facts = {"next": name_of(directory, following) if following is not None else ""}
        with self._bridge.database.write() as transaction:
            stored_notices.save_ended(transaction, notice, state)
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
            entry = self._noted("page_unanswered", notice, directory, **facts)
            case_file.save_timeline(transaction, notice.case_id, [entry])
        _log.warning("notice.unanswered", case=notice.case_id, passed_on=following is not None)

    def _by_way(
        self, recipient: Recipient, notices: Sequence[Notice]
    ) -> Iterator[tuple[Planned, list[Notice]]]:
        """The notices that go out now, by channel; the others get their time."""
        bridge, now = self._bridge, self._bridge.now()
        directory = bridge.known_facts.added_to(bridge.rules.directory)
        with bridge.database.read() as transaction:
            last = stored_notices.last_sent(transaction, recipient)
            reported = {
                notice.id
                for notice in notices
                if stored_notices.is_known(transaction, notice, _SAME_MOMENT, _SAME_INCIDENT)
            }
        free_from = last + timedelta(seconds=directory.notices.gather) if last is not None else now
        pages_from = last + min(_PAGES_APART, free_from - last) if last is not None else now
        ways: dict[Planned, list[Notice]] = {}
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
            if notice.id in reported:
                self._end(notice, directory, "same_thing")
            elif planned is None:
                self._give_up(
                    notice, directory, f"no channel is configured for {name_of(directory, recipient)}"
                )
            elif planned.at > now:
                self._wait(notice, planned.at)
            elif notice.failures == 0 and (free := pages_from if notice.page else free_from) > now:
                self._wait(notice, free)
            else:
                ways.setdefault(planned, []).append(notice)
        yield from ways.items()

    def _wait(self, notice: Notice, until: datetime) -> None:
        with self._bridge.database.write() as transaction:
            stored_notices.put_off(transaction, [notice], until)

    # --- one message ------------------------------------------------------------------------------------------------

    def _send(self, recipient: Recipient, planned: Planned, notices: Sequence[Notice]) -> None:
        bridge = self._bridge
        directory = bridge.known_facts.added_to(bridge.rules.directory)
        channel = bridge.channels.get(planned.channel)
        if channel is None:
            self._failed(notices, directory, planned, f"there is no channel {planned.channel}")
            return
        with self._lock:
            is_full = self._channels[planned.channel] >= _PER_CHANNEL
            self._channels[planned.channel] += not is_full
        if is_full:
            for notice in notices:
                self._wait(notice, bridge.now() + _BUSY_WAIT)
            return
        try:
            message = word(bridge, directory, recipient, notices)
            channel.send(planned.address, message.title, message.html)
        except ChannelFailed as error:
            self._failed(notices, directory, planned, str(error))
        else:
            self._done(notices, directory, planned)
        finally:
            with self._lock:
                self._channels[planned.channel] -= 1

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
            wait = 0.0 if is_switched else min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(notice.failures, 8))
            until = now + timedelta(seconds=wait)
            with self._bridge.database.write() as transaction:
                stored_notices.save_failed(transaction, [notice], failed, error, now, until)
                if notice.error != error:  # the same trouble again is one line in the history
                    entry = self._noted(
                        "notice_put_off", notice, directory, error=error, until=until.isoformat()
                    )
                    case_file.save_timeline(transaction, notice.case_id, [entry])
        _log.warning("notice.failed", channel=planned.channel, notices=len(notices), error=error)

    def _give_up(self, notice: Notice, directory: Directory, error: str) -> None:
        with self._bridge.database.write() as transaction:
            stored_notices.save_failed(transaction, [notice], notice.failed, error, self._bridge.now(), None)
            entry = self._noted("notice_given_up", notice, directory, error=error)
            case_file.save_timeline(transaction, notice.case_id, [entry])
        _log.error("notice.given_up", case=notice.case_id, error=error)

    def _noted(self, code: str, notice: Notice, directory: Directory, **facts: str) -> TimelineEntry:
        to = name_of(directory, notice.recipient)
        return TimelineEntry(self._bridge.now(), code, {"to": to, **facts})
