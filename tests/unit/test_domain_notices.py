"""When, and by which channel, a notice goes out."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_helpers.teams import BUDI, SARI, organisation, team
from escalation_bridge.domain.notices.notice import About, Notice, NoticeState
from escalation_bridge.domain.notices.planning import plan
from escalation_bridge.domain.notices.recipients import Recipient, recipients
from escalation_bridge.domain.notices.same_thing import Reported, is_reported
from escalation_bridge.domain.teams.directory import NoticeRules
from escalation_bridge.domain.teams.reach import DayHours, Digest, Reach, Way, next_time
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Severity

ZONES = ("Asia/Jakarta", "Europe/Berlin", "America/New_York", "UTC")
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
HOURS = st.builds(DayHours, TIMES, TIMES, st.sampled_from(ZONES))
WAYS = st.lists(
    st.builds(
        Way,
        st.sampled_from(["mail", "chat", "pager"]),
        st.frozensets(st.sampled_from(list(Severity)), max_size=2),
        st.none() | HOURS,
        st.none() | st.sampled_from(list(Digest)),
    ),
    max_size=4,
)
REACHES = st.builds(Reach, WAYS.map(tuple), st.none() | HOURS)
WHO = Recipient("person", "sari@example.com")


def house(reach):
    members = (SARI, BUDI)
    return organisation(
        team("first", members=members), last_resort="first", notices=NoticeRules(everybody=reach)
    )


@given(REACHES, st.sampled_from(list(Severity)), INSTANTS)
def test_a_notice_that_does_not_page_never_goes_out_in_quiet_hours(reach, severity, now):
    planned = plan(house(reach), WHO, severity, now, is_collected=True)
    if (
        planned is not None
        and reach.quiet is not None
        and reach.quiet.start != reach.quiet.end
        and planned.at <= now
    ):
        assert not reach.quiet.covers(now)


@given(REACHES, st.sampled_from(list(Severity)), INSTANTS)
def test_a_notice_is_never_planned_into_the_past_or_beyond_a_week(reach, severity, now):
    planned = plan(house(reach), WHO, severity, now)
    if planned is not None:
        assert now <= planned.at <= now + timedelta(days=8)


@given(REACHES, st.sampled_from(list(Severity)), INSTANTS)
def test_a_page_goes_out_at_once_if_any_way_is_for_its_severity(reach, severity, now):
    planned = plan(house(reach), WHO, severity, now, page=True)
    is_served = any(not way.severities or severity in way.severities for way in reach.ways)
    assert (planned is not None and planned.at == now) == is_served


@given(
    REACHES,
    st.sampled_from(list(Severity)),
    INSTANTS,
    st.frozensets(st.sampled_from(["mail", "chat", "pager"])),
)
def test_a_channel_that_failed_is_used_only_if_all_did(reach, severity, now, failed):
    planned = plan(house(reach), WHO, severity, now, failed=failed, is_collected=True)
    serving = {way.channel for way in reach.ways if way.serves(severity, now)}
    if planned is not None and serving:
        assert planned.channel in serving
        assert planned.channel not in failed or serving <= failed


@given(HOURS, INSTANTS)
def test_a_span_ends_when_it_says_and_no_longer_covers_then(hours, at):
    end = hours.end_after(at)
    assert at <= end <= at + timedelta(days=2)
    if end != at:
        assert hours.covers(at)
        assert end.astimezone(ZoneInfo(hours.timezone)).time() in (hours.end, _shifted(hours, end))


def _shifted(hours, end):
    """Where clocks are put forward, a time of day may not exist."""
    return end.astimezone(ZoneInfo(hours.timezone)).time()


def test_weekly_digests_come_on_monday_morning():
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday, 16:00 in Jakarta
    at = next_time(now, time(8), "Asia/Jakarta", 0)
    assert at == datetime(2026, 3, 9, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("to", "expected"), [("first", 2), ("First", 2), ("sari@example.com", 1), ("nobody", 0)]
)
def test_a_team_without_a_room_is_reached_through_its_people(to, expected):
    directory = house(Reach((Way("mail"),)))
    assert len(recipients(directory, to, datetime(2026, 3, 2, 9, 0, tzinfo=UTC))) == expected
    assert recipients(house(Reach()), to, datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) == ()


def test_the_hour_that_a_clock_passes_twice_puts_nothing_off_by_a_day():
    hours = DayHours(time(0, 30), time(2, 30), "Europe/Berlin")
    again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time
    assert hours.end_after(again) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def notice(*, page=False, incident="", created_at=datetime(2026, 3, 2, 9, tzinfo=UTC), **more):
    values = {
        "id": 1,
        "case_id": 1,
        "token": "t",
        "recipient": Recipient("person", SARI.email),
        "message": MessageRequest("notice", {}),
        "severity": Severity.EMERGENCY,
        "about": About(incident=incident),
        "state": NoticeState.WAITING,
        "due_at": created_at,
    }
    return Notice(page=page, created_at=created_at, **{**values, **more})


@pytest.mark.parametrize(
    ("page", "incident", "reported_page", "minutes", "is_superfluous"),
    [
        (False, "", False, 0.5, True),
        (False, "", False, 5, False),
        (True, "", True, 0, False),  # each page has to be answered
        (True, "INC-1", False, 30, False),  # a mere notice about the incident replaces no page
        (True, "INC-1", True, 30, True),
        (False, "INC-1", True, 30, True),
        (False, "INC-1", False, 13 * 60, False),
    ],
)
def test_what_makes_a_notice_superfluous(page, incident, reported_page, minutes, is_superfluous):
    now = notice(page=page, incident=incident)
    earlier = Reported(now.thing, reported_page, now.created_at - timedelta(minutes=minutes))
    assert is_reported(now, [earlier]) is is_superfluous
    assert not is_reported(replace(now, sent=1), [earlier])
    assert not is_reported(replace(now, case_id=2, about=About()), [earlier])


@pytest.mark.parametrize(
    ("changes", "is_unanswered"),
    [
        ({}, False),
        ({"sent": 2}, False),
        ({"sent": 3}, True),
        ({"failing_since": datetime(2026, 3, 2, 8, 50, tzinfo=UTC)}, False),
        ({"failing_since": datetime(2026, 3, 2, 8, 45, tzinfo=UTC)}, True),
        ({"failing_since": datetime(2026, 3, 2, 8, 45, tzinfo=UTC), "state": NoticeState.PASSED_ON}, False),
        ({"sent": 3, "page": False}, False),
    ],
)
def test_when_a_page_goes_to_the_next_person(changes, is_unanswered):
    page = notice(**{"page": True, **changes})
    assert page.is_unanswered(timedelta(minutes=5), 3, page.created_at) is is_unanswered


def test_who_is_in_two_teams_needs_ways_in_one_of_them_only():
    own = Reach((Way("pager"),))
    teams = (
        team("first", members=(replace(SARI, is_lead=True),)),
        team("second", members=(replace(SARI, reach=own),)),
    )
    directory = organisation(*teams, notices=NoticeRules(everybody=Reach((Way("mail"),))))
    assert directory.reach_of(directory.member_called(SARI.email)) == own


def test_each_action_of_a_review_is_a_thing_of_its_own():
    first, second = (notice(about=About(review=f"E-1 {number}")) for number in (1, 2))
    assert not is_reported(second, [Reported(first.thing, page=False, created_at=first.created_at)])
    assert is_reported(second, [Reported(second.thing, page=False, created_at=first.created_at)])
