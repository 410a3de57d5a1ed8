"""A clock's ledger in words, as plain lines."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from escalation_bridge.domain.sla.calendar import SpecialDate
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.ledger import Ledger, LedgerLine
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.messages.catalogue import phrase, texts

_MOST_DATES = 20


def ledger_lines(ledger: Ledger, language: str) -> list[str]:
    """The ledger as text; entries below a heading are indented."""
    return list(_Writer(ledger, language).lines())


def exact_duration(seconds: int) -> str:
    """Hours, minutes and seconds, not rounded: 26:05:00."""
    minutes, second = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{second:02}"


def local_instant(at: datetime, zone: ZoneInfo, language: str) -> str:
    """An instant in a zone, with the offset from UTC: Mon 2026-03-02 09:00 +07:00."""
    local = at.astimezone(zone)
    return f"{_day(local.date(), language)} {_time(local)} {_offset(local)}"


def span_ends(start: datetime, end: datetime, zone: ZoneInfo, language: str) -> dict[str, str]:
    """Both ends of a span for people; with the offsets from UTC only if the clocks changed in between."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = _time(last)
    if last.date() != first.date():
        midnight = (last.hour, last.minute, last.second) == (0, 0, 0)
        if midnight and last.date() - first.date() == timedelta(days=1):
            until = "24:00"
        else:
            until = f"{_day(last.date(), language)} {until}"
    since = f"{_day(first.date(), language)} {_time(first)}"
    if first.utcoffset() != last.utcoffset():
        return {"from": f"{since} {_offset(first)}", "to": f"{until} {_offset(last)}"}
    return {"from": since, "to": until}


class _Writer:
    def __init__(self, ledger: Ledger, language: str) -> None:
        self._ledger = ledger
        self._language = language
        self._zone = ZoneInfo(ledger.timezone)

    def lines(self) -> Iterator[str]:
        ledger = self._ledger
        yield self._phrase("title", name=self._name(), cycle=ledger.cycle, result=self._result())
        yield self._phrase("terms", policy=ledger.policy, calendar=ledger.calendar, timezone=ledger.timezone)
        yield self._phrase("start", at=self._at(ledger.started_at))
        yield self._phrase("target", target=exact_duration(ledger.target_seconds))
        yield self._phrase("used", used=exact_duration(ledger.used_seconds), at=self._at(ledger.until))
        if ledger.due is not None:
            yield self._phrase("due_manual" if ledger.manual else "due", at=self._at(ledger.due))
        elif ledger.state is ClockState.PAUSED:
            yield self._phrase("due_paused")
        yield from self._section("lines", [self._line(line) for line in ledger.lines])
        yield from self._section("pauses", self._pauses())
        yield from self._section("special", self._special())

    def _phrase(self, key: str, **facts: object) -> str:
        return phrase("ledger", key, self._language, **facts)

    def _at(self, at: datetime | None) -> str:
        return "" if at is None else local_instant(at, self._zone, self._language)

    def _name(self) -> str:
        name = self._ledger.name
        return texts(self._language)["word"][name].capitalize() if name in set(Metric) else name

    def _result(self) -> str:
        ledger = self._ledger
        return self._phrase(
            str(ledger.result),
            left=exact_duration(ledger.left_seconds),
            over=exact_duration(-ledger.left_seconds),
            used=exact_duration(ledger.used_seconds),
            due=self._at(ledger.breached_at),
            done=self._at(ledger.done_at),
            manual=ledger.manual,
        )

    def _section(self, heading: str, lines: list[str]) -> Iterator[str]:
        if lines:
            yield f"{self._phrase(heading)}:"
            yield from (f"  {line}" for line in lines)

    def _line(self, line: LedgerLine) -> str:
        return self._phrase(
            "left_out" if line.days > 1 else "line",
            **self._ends(line.start, line.end),
            phase=self._phrase(str(line.phase)),
            seconds=exact_duration(line.seconds),
            total=exact_duration(line.total),
            spans=line.spans,
            days=line.days,
        )

    def _pauses(self) -> list[str]:
        return [
            self._phrase(
                "pause",
                **self._ends(pause.start, pause.end),
                seconds=exact_duration(pause.seconds),
                lasts=pause.lasts,
            )
            for pause in self._ledger.pauses
        ]

    def _special(self) -> list[str]:
        special = self._ledger.special
        lines = [self._date(each) for each in special[:_MOST_DATES]]
        if len(special) > _MOST_DATES:
            lines.append(self._phrase("special_more", count=len(special) - _MOST_DATES))
        return lines

    def _date(self, special: SpecialDate) -> str:
        hours = ", ".join(str(shift) for shift in special.shifts)
        key = "override_closed" if special.kind == "override" and not hours else special.kind
        return self._phrase(key, day=_day(special.date, self._language), hours=hours)

    def _ends(self, start: datetime, end: datetime) -> dict[str, str]:
        return span_ends(start, end, self._zone, self._language)


def _day(day: date, language: str) -> str:
    weekdays = texts(language)["ledger"]["weekdays"].split()
    return f"{weekdays[day.weekday()]} {day.isoformat()}"


def _time(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _offset(local: datetime) -> str:
    return local.isoformat()[19:]
