"""Whatever happens to a ticket: each occasion once, one message at a time, none soon after an answer, and none at night.

Messages are the updates, the question about satisfaction and the notice before the ticket is closed.
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.case.incidents import CaseIncident
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.customer_updates import InformCustomer
from escalation_bridge.domain.customers.hours import DAY_BEGINS, DAY_ENDS, next_polite
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.tickets.tickets import Role, TicketRef, Visibility

ORIGIN, LINKED = TicketRef("support", "1"), TicketRef("dev", "24")
QUIET = timedelta(minutes=30)
ZONE = ZoneInfo("Asia/Jakarta")
OFFICE = parse_calendar(
    {
        "timezone": "Asia/Jakarta",
        "hours": {day: [["07:00", "22:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    }
)

events = st.lists(
    st.one_of(
        st.tuples(st.just("later"), st.sampled_from((1, 10, 29, 31, 61, 240, 600, 1500))),
        st.tuples(st.just("agent"), st.none()),
        st.tuples(st.just("customer"), st.none()),
        st.tuples(st.just("engineer"), st.none()),
        st.tuples(
            st.just("linked"),
            st.sampled_from(("open", "waiting_customer", "waiting_third_party", "solved", "new")),
        ),
        st.tuples(st.just("origin"), st.sampled_from(("open", "waiting_customer", "solved", "closed"))),
        st.tuples(st.just("target"), st.sampled_from((4, 8, 12, 48))),
        st.tuples(st.just("incident"), st.booleans()),
        st.tuples(st.just("down"), st.booleans()),
        st.tuples(st.just("mode"), st.sampled_from(tuple(Sending))),
    ),
    max_size=25,
)


class Played:
    """A case to which things happen, and what was decided and sent meanwhile."""

    def __init__(self, make_world) -> None:
        updates = CustomerUpdates(
            Sending.SENT, every_seconds=4 * 3600, quiet_seconds=int(QUIET.total_seconds())
        )
        policy = make_world.policy(updates=updates, calendar_name="office", calendar=OFFICE)
        route = make_world.route(
            comments_to_origin=CommentRule(Take.PUBLIC, Visibility.PUBLIC), done_when="any"
        )
        self.world = make_world(policies=(policy,), routes=(route,))
        # The harshest rules: everything is due when the ticket is solved.
        self.world.rules = replace(
            self.world.rules,
            satisfaction={"support": SatisfactionRule(Survey.LINK, after=timedelta(0))},
            closing={"support": ClosingRule(after=timedelta(days=2), notice=timedelta(days=2))},
        )
        self.world.set(ORIGIN, timezone="Asia/Jakarta")
        self.is_down = False
        self.answers: list[datetime] = []

    def happen(self, what, how) -> None:
        world = self.world
        world.later(seconds=1)
        match what:
            case "later":
                world.later(minutes=how)
            case "agent":
                world.says(ORIGIN, Role.AGENT, "We look into it.")
                self.answers.append(world.now)
            case "customer":
                world.says(ORIGIN, Role.CUSTOMER, "Any news?")
            case "engineer" if LINKED in world.tickets:
                world.says(LINKED, Role.AGENT, "We need the log.")
            case "linked" if LINKED in world.tickets:
                world.set(LINKED, how)
            case "origin" if str(world.tickets[ORIGIN].status.kind) != "closed":
                world.set(ORIGIN, how)
            case "target":
                self._change(
                    targets=Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: how * 3600})
                )
            case "mode":
                self._change(updates=replace(world.rules.policies[0].updates, mode=how))
            case "incident":
                ended = None if how else world.now
                known = world.view.incident
                found = CaseIncident(
                    1, 1, (), 5, "", "qris", known.raised_at if known else world.now, 5, 5, ended_at=ended
                )
                world.view = replace(world.view, incident=found)
            case "down":
                self.is_down = how
        self.work()

    def _change(self, **changes) -> None:
        world = self.world
        world.rules = replace(world.rules, policies=(replace(world.rules.policies[0], **changes),))

    def work(self) -> None:
        world = self.world
        for _ in range(20):
            world.read()
            decision = world.decide()
            writes = [keyed.intent for keyed in (*decision.intents, *decision.revised)]
            assert sum(isinstance(write, InformCustomer) for write in writes) <= 1
            world.record(decision)
            if not world.deliver(self.fate):
                return
        raise AssertionError("it never comes to rest")

    def fate(self, record) -> str:
        return "later" if self.is_down and record.intent.connection == "support" else "done"

    @property
    def sent(self):
        records = self.world.view.intents.values()
        return [r for r in records if isinstance(r.intent, InformCustomer) and r.state is IntentState.DONE]

    @property
    def words(self):
        """All that the bridge itself wrote to the customer, oldest first."""
        records = self.world.view.intents.values()
        found = [r for r in records if r.state is IntentState.DONE and is_own_word(r.intent)]
        return sorted(found, key=lambda record: record.sent_at)

    def judge(self) -> None:
        sent, words = self.sent, self.words
        asked = [each.intent.says.facts["escalation"] for each in words if "page" in each.intent.says.facts]
        assert len(asked) == len(set(asked))
        occasions = [each for r in sent for each in r.intent.message.facts["occasions"].split("\n")]
        assert len(occasions) == len(set(occasions))
        copies = [
            record.sent_at
            for record in self.world.view.intents.values()
            if isinstance(record.intent, WriteComment)
            and record.intent.source
            and record.state is IntentState.DONE
            if record.intent.ticket == ORIGIN and record.intent.visibility is Visibility.PUBLIC
        ]
        for record in words:
            assert not [at for at in (*self.answers, *copies) if at <= record.sent_at < at + QUIET]
            local = record.sent_at.astimezone(ZONE).time()
            assert time(8) <= local < time(21)
        for one, other in pairwise(record.sent_at for record in words):
            assert other - one >= QUIET
        waiting = [
            r
            for r in self.world.view.intents.values()
            if isinstance(r.intent, InformCustomer) and r.state is IntentState.PENDING
        ]
        assert len(waiting) <= 1


def is_own_word(intent) -> bool:
    if isinstance(intent, InformCustomer):
        return True
    is_comment = isinstance(intent, WriteComment) and intent.source is None
    return is_comment and intent.ticket == ORIGIN and intent.visibility is Visibility.PUBLIC


@given(events)
def test_whatever_happens(make_world, happened):
    played = Played(make_world)
    played.work()
    for what, how in happened:
        played.happen(what, how)
        played.judge()
    played.is_down = False
    for minutes in (31, 61, 600, 1500):
        played.happen("later", minutes)
        played.judge()


def test_something_is_sent_in_such_histories(make_world):
    """The laws would hold of silence, too."""
    played = Played(make_world)
    for what, how in (("later", 61), ("later", 31), ("linked", "open"), ("later", 1500), ("later", 1500)):
        played.happen(what, how)
    abouts = [record.intent.message.facts["about"] for record in played.sent]
    assert abouts[:2] == ["escalated", "started"]
    assert len(abouts) > 3


around_the_end = st.lists(
    st.one_of(
        st.tuples(st.just("later"), st.sampled_from((1, 10, 31, 61, 240, 600))),
        st.tuples(st.sampled_from(("agent", "customer")), st.none()),
        st.tuples(st.just("origin"), st.sampled_from(("solved", "solved", "open"))),
        st.tuples(st.just("down"), st.booleans()),
        st.tuples(st.just("mode"), st.sampled_from(tuple(Sending))),
    ),
    max_size=12,
)


@given(around_the_end, around_the_end)
def test_whatever_happens_around_the_end(make_world, before, after):
    played = Played(make_world)
    for what, how in (("later", 61), *before, ("origin", "solved"), *after, ("down", False)):
        played.happen(what, how)
        played.judge()
    for minutes in (31, 61, 600, 1500):
        played.happen("later", minutes)
        played.judge()


@pytest.mark.parametrize("mode", [Sending.SENT, Sending.DRAFT])
def test_the_end_is_part_of_such_histories(make_world, mode):
    played = Played(make_world)
    happened = (("mode", mode), ("later", 61), ("later", 31), ("origin", "solved"))
    for what, how in (*happened, *(("later", 31),) * 3):
        played.happen(what, how)
        played.judge()
    templates = [record.intent.says.template for record in played.words]
    # In one message, except for the notice, which cannot be withheld once it is due.
    first = ["customer_update", "customer_update"] if mode is Sending.SENT else []
    assert templates == [*first, "closing_announced"]
    questions = [record for record in played.words if "page" in record.intent.says.facts]
    assert len(questions) == (mode is Sending.SENT)


YEAR = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(), timedelta(days=330)).map(lambda passed: YEAR + passed)
zones = st.sampled_from(
    ("Asia/Jakarta", "Asia/Jayapura", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
)


@given(instants, zones, st.sampled_from((OFFICE, ALWAYS)))
def test_a_decent_hour_is_never_at_night_and_is_the_next_one(at, zone, calendar):
    found = next_polite(at, calendar, ZoneInfo(zone))
    assert found >= at
    assert DAY_BEGINS <= found.astimezone(ZoneInfo(zone)).time() < DAY_ENDS
    assert found - at <= timedelta(days=15)
    assert next_polite(found, calendar, ZoneInfo(zone)) == found


@given(instants)
def test_a_customer_whose_day_is_the_offices_night_is_written_to_by_day(at):
    short = parse_calendar({"timezone": "Asia/Jakarta", "hours": {"mon": [["13:00", "15:00"]]}})
    found = next_polite(at, short, ZoneInfo("America/New_York"))
    assert DAY_BEGINS <= found.astimezone(ZoneInfo("America/New_York")).time() < DAY_ENDS
    assert found - at <= timedelta(days=1)
