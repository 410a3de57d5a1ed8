"""What customers hear, counted: from the vendor's HTTP to the vendor's HTTP, by Jakarta's clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.case.escalations import ChangeKind
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.tickets.tickets import Channel, TicketRef, Visibility
from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

JAKARTA = ZoneInfo("Asia/Jakarta")
OFFICE = parse_calendar(
    {
        "timezone": "Asia/Jakarta",
        "hours": {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }
)
MONDAY = datetime(2031, 3, 3, 9, 0, tzinfo=JAKARTA)
HOUR = 3600
SARI = (f"{zendesk.AGENT_SARI.email}/token", zendesk.API_TOKEN)
RINA = (freshdesk.AGENT_RINA.api_key, "X")
DEVELOPER = (jira.DEVELOPER.email, jira.api_token(jira.DEVELOPER))
VENDORS = pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request):
    return request.param


@dataclass
class Story:
    """A pair of helpdesks whose clocks are moved together with the bridge's."""

    pair: Any
    vendor: str

    def begin(self, **message: Any) -> None:
        """A customer writes on Monday at nine."""
        self.at(MONDAY)
        sender = (
            {"from": {"email": "dewi@store.example"}}
            if self.vendor == "freshdesk"
            else {"email": "dewi@store.example"}
        )
        self.pair.inbound(**{"subject": "QRIS", "body": "I cannot pay.", **sender, **message})
        self.pair.hear()

    def at(self, instant: datetime) -> None:
        for side in ("support", "engineering"):
            self.pair.call(side, "POST", "/_sandbox/clock", json={"now": instant.isoformat()})
        self.pair.ahead["by"] = instant - utc_now()

    def later(self, *, works: bool = True, **amount: float) -> None:
        """Time passes; with `works` the bridge is there meanwhile."""
        self.at(self.pair.bridge.now() + timedelta(**amount))
        if works:
            self.pair.worker.run_until_idle()

    def comments(self, visibility: Visibility = Visibility.PUBLIC) -> list[str]:
        found = self.pair.bridge.helpdesks["support"].fetch_comments(self.pair.ticket, None)
        return [each.body.text for each in found if each.visibility is visibility]

    @property
    def updates(self) -> list[str]:
        """What the bridge told the customer."""
        return [text for text in self.comments() if text.startswith(("Hello", "Halo"))]

    def agent_answers(self, text: str, *, heard: bool = True) -> None:
        ticket = self.pair.ticket
        if self.vendor == "zendesk":
            body = {"ticket": {"comment": {"body": text, "public": True}}}
            self.pair.call("support", "PUT", f"/api/v2/tickets/{ticket}.json", auth=SARI, json=body)
        else:
            self.pair.call(
                "support", "POST", f"/api/v2/tickets/{ticket}/reply", auth=RINA, json={"body": text}
            )
        if heard:
            self.pair.hear()

    def developer(self, *steps: str, comment: str = "", heard: bool = True) -> None:
        """Somebody of the other team moves the Jira issue, and writes something first."""
        (link,) = self.pair.view().links
        issue = f"/rest/api/2/issue/{link.linked.id}"
        if comment:
            self.pair.call("engineering", "POST", f"{issue}/comment", auth=DEVELOPER, json={"body": comment})
        for step in steps:
            there = self.pair.call("engineering", "GET", f"{issue}/transitions", auth=DEVELOPER)[
                "transitions"
            ]
            (move,) = [each for each in there if each["name"] == step]
            fields = {"resolution": {"name": "Done"}} if step == "Done" else {}
            body = {"transition": {"id": move["id"]}, "fields": fields}
            self.pair.call("engineering", "POST", f"{issue}/transitions", auth=DEVELOPER, json=body)
        if heard:
            self.pair.hear("engineering", link.linked.id)

    def solves(self) -> None:
        """An agent solves the ticket without a word."""
        ticket = self.pair.ticket
        if self.vendor == "zendesk":
            body = {"ticket": {"status": "solved", "assignee_id": zendesk.AGENT_SARI.id}}
            self.pair.call("support", "PUT", f"/api/v2/tickets/{ticket}.json", auth=SARI, json=body)
        else:
            body = {"status": 4}
            self.pair.call("support", "PUT", f"/api/v2/tickets/{ticket}", auth=RINA, json=body)
        self.pair.hear()

    def fault(self, **fault: Any) -> None:
        path = rf"/tickets/{self.pair.ticket}(\.json)?$|/reply$"
        method = "PUT" if self.vendor == "zendesk" else "POST"
        self.pair.call("support", "POST", "/_sandbox/faults", json={"path": path, "method": method, **fault})

    def mend(self) -> None:
        self.pair.call("support", "DELETE", "/_sandbox/faults")


@pytest.fixture
def make_story(make_pair):
    """`resolution` is in hours; five minutes less are promised, so that the seconds of a test do not matter."""

    def make(vendor="zendesk", *, mode=Sending.SENT, language="en", resolution=8, rules=None, **more):
        updates = {"every_seconds": 4 * HOUR, **more.pop("updates", {})}
        policy = {
            "calendar_name": "office",
            "calendar": OFFICE,
            "targets": Targets(
                default={Metric.FIRST_RESPONSE: HOUR, Metric.RESOLUTION: resolution * HOUR - 5 * 60}
            ),
            "updates": CustomerUpdates(mode, **updates),
        }
        pair = make_pair(vendor, "jira", policy=policy, **more)
        object.__setattr__(pair.bridge, "language", language)
        object.__setattr__(pair.bridge, "rules", replace(pair.bridge.rules, **(rules or {})))
        object.__setattr__(pair.bridge, "links", SignedLinks("a secret", "https://bridge.example.com"))
        return Story(pair, vendor)

    return make


# --- a breach -----------------------------------------------------------------------------------------------------------


@VENDORS
@pytest.mark.parametrize("language", ["en", "id"])
def test_a_breach_is_one_message_with_all_that_matters(make_story, vendor, language):
    story = make_story(vendor, language=language)
    if vendor == "zendesk":
        path = f"/_sandbox/users/{zendesk.CUSTOMER_DEWI.id}"
        story.pair.call("support", "PUT", path, json={"locale": "id" if language == "id" else "en-GB"})
    story.begin()
    story.later(minutes=61)
    (said,) = story.updates
    key = story.pair.view().tickets[TicketRef("support", story.pair.ticket)].key
    assert key in said
    if language == "en":
        assert "We are sorry to have kept you waiting." in said
        assert "We expect to solve it today by 5 pm" in said
    else:
        assert "Mohon maaf sudah membuat Anda menunggu." in said
        assert "selesai paling lambat hari ini pukul 17.00 WIB." in said
    for _ in range(3):
        story.later(minutes=20)
    assert len(story.updates) == 1


@VENDORS
def test_the_update_moves_no_clock_and_is_not_copied_as_an_agents_word(make_story, vendor):
    story = make_story(vendor)
    story.begin()
    story.later(minutes=61)
    assert story.updates
    story.pair.hear()
    assert story.pair.clocks()["first_response:1"][0] == "running"
    (link,) = story.pair.view().links
    copied = story.pair.bridge.helpdesks["engineering"].fetch_comments(link.linked.id, None)
    assert not [each for each in copied if "with our specialists" in each.body.text]


def test_what_was_sent_is_in_the_history_and_in_the_record(make_story):
    story = make_story()
    story.begin()
    story.later(minutes=61)
    assert any("Customer informed (escalated)" in line for line in story.pair.timeline())
    (escalation,) = story.pair.view().escalations
    assert sum(change.what is ChangeKind.INFORMED for change in escalation.changes) == 1


@VENDORS
def test_an_answer_of_which_no_webhook_came_is_found_before_anything_is_sent(make_story, vendor):
    story = make_story(vendor)
    story.begin()
    story.fault(kind="server_error", status=503, times=-1)
    story.later(minutes=61)
    assert story.updates == []
    story.mend()
    story.agent_answers("I am sorry, our developers look at it.", heard=False)
    story.later(minutes=10)
    story.later(minutes=60)
    assert story.updates == []


def test_drafts_are_notes_that_say_that_nothing_was_sent(make_story):
    story = make_story(mode=Sending.DRAFT)
    story.begin()
    story.later(minutes=61)
    assert story.updates == []
    (note,) = [text for text in story.comments(Visibility.PRIVATE) if "Draft for the customer" in text]
    assert "nothing was sent" in note
    assert "We expect to solve it by 5 pm on Monday, 3 March." in note


# --- a night of downtime ------------------------------------------------------------------------------------------------


@VENDORS
def test_after_a_night_of_downtime_one_message_that_is_true_then(make_story, vendor):
    story = make_story(vendor, resolution=40)
    story.begin()
    story.later(works=False, hours=23)  # the first response was due on Monday at ten
    story.later(minutes=1)
    (said,) = story.updates
    # Freshdesk does not tell where the customer is, so the zone is named.
    zone = " (WIB)" if vendor == "freshdesk" else ""
    assert f"We expect to solve it by 1 pm{zone} on Friday, 7 March." in said
    story.pair.worker.run_until_idle()
    assert len(story.updates) == 1


@VENDORS
def test_a_crash_before_the_night_doubles_nothing(make_story, vendor):
    """It was sent, its answer was lost, and the worker was down until the next morning."""
    story = make_story(vendor, resolution=40)
    story.begin()
    story.fault(kind="drop_connection")
    story.later(minutes=61)
    story.later(works=False, hours=22)
    story.later(minutes=1)
    story.later(minutes=10)
    assert sum("with our specialists" in text for text in story.updates) == 1


@VENDORS
def test_an_update_that_never_left_is_not_sent_in_the_night(make_story, vendor):
    story = make_story(vendor, resolution=40)
    story.begin()
    story.fault(kind="server_error", status=503, times=-1)
    story.later(minutes=61)
    story.mend()
    story.later(works=False, hours=12)  # ten in the evening
    story.pair.worker.run_until_idle()
    assert story.updates == []
    story.at(MONDAY + timedelta(hours=23, minutes=5))
    story.pair.worker.run_until_idle()
    assert len(story.updates) == 1


# --- a vendor that is down ----------------------------------------------------------------------------------------------


@VENDORS
def test_a_vendor_that_is_down_for_hours_gets_one_message_in_present_words(make_story, vendor):
    story = make_story(vendor)
    story.begin()
    story.fault(kind="server_error", status=503, times=-1)
    for _ in range(12):
        story.later(minutes=15)
    assert story.updates == []
    story.developer("Start Progress")
    story.mend()
    story.later(minutes=7)
    (said,) = story.updates
    assert "they have already started on it" in said


# --- five rules at once -------------------------------------------------------------------------------------------------


def test_a_ticket_that_five_rules_want_to_talk_about(make_story):
    """The breach, the hand-over, work that begins, a due time that moves, and the time without a word: one message."""
    story = make_story(comments_to_origin=CommentRule(Take.PUBLIC, Visibility.PUBLIC))
    story.begin()
    story.fault(kind="server_error", status=503, times=-1)
    story.later(minutes=61)
    story.developer("Start Progress", heard=False)
    rules = story.pair.bridge.rules
    longer = Targets(default={Metric.FIRST_RESPONSE: HOUR, Metric.RESOLUTION: 12 * HOUR})
    policies = tuple(replace(policy, targets=longer) for policy in rules.policies)
    object.__setattr__(story.pair.bridge, "rules", replace(rules, policies=policies))
    story.later(hours=4)
    story.mend()
    story.later(minutes=7)
    assert len(story.updates) == 1
    story.later(minutes=20)
    assert len(story.updates) == 1


def test_the_other_teams_own_answer_is_enough(make_story):
    story = make_story(
        comments_to_origin=CommentRule(Take.PUBLIC, Visibility.PUBLIC),
        settings={"customers_read_comments": True},
    )
    story.begin()
    story.later(minutes=61)
    story.later(minutes=40)
    story.developer("Start Progress", comment="We found the cause and are on it.")
    story.later(minutes=60)
    assert len(story.updates) == 1
    assert any("We found the cause" in text for text in story.comments())


def test_a_whole_day_counted(make_story):
    """On escalation, when work begins, after four hours without news, and at the end."""
    story = make_story(resolution=16)
    story.begin()
    story.later(minutes=61)
    story.later(minutes=45)
    story.developer("Start Progress")
    for _ in range(5):
        story.later(hours=1)
    story.developer("Done")
    story.later(minutes=45)
    said = story.updates
    assert ["now with our specialists" in text for text in said].count(True) == 1
    assert "started to work" in said[1]
    assert "still working on" in said[2]
    assert "checking the result" in said[3]
    assert len(said) == 4


# --- the end ------------------------------------------------------------------------------------------------------------

AFTER_THE_END = {
    "satisfaction": {"support": SatisfactionRule(Survey.LINK)},
    "closing": {"support": ClosingRule(after=timedelta(days=3), notice=timedelta(days=2), status=None)},
}


@VENDORS
@pytest.mark.parametrize(
    ("language", "solved", "asked", "closes"),
    [
        ("en", "is solved", "Were you satisfied with how we handled it?", "it will be closed after"),
        ("id", "sudah selesai", "Apakah Anda puas dengan penanganan kami?", "akan ditutup setelah"),
    ],
)
def test_solved_in_the_evening_one_message_in_the_morning_and_a_notice_by_day(
    make_story, vendor, language, solved, asked, closes
):
    story = make_story(vendor, language=language, rules=AFTER_THE_END)
    if vendor == "zendesk":
        path = f"/_sandbox/users/{zendesk.CUSTOMER_DEWI.id}"
        story.pair.call("support", "PUT", path, json={"locale": "id" if language == "id" else "en-GB"})
    story.begin()
    story.later(minutes=61)
    assert len(story.updates) == 1
    story.at(MONDAY + timedelta(hours=11))  # eight in the evening
    story.solves()
    story.developer("Start Progress", "Done")
    for _ in range(11):
        story.later(hours=1)
    assert len(story.updates) == 1
    story.later(hours=1, minutes=1)
    _, said = story.updates
    assert solved in said
    assert asked in said
    story.later(hours=36)  # Wednesday evening: the notice is due
    story.later(hours=11, minutes=50)
    assert len(story.updates) == 2
    story.later(minutes=15)
    assert closes in story.updates[2]
    story.later(days=3)
    assert len(story.updates) == 3
    assert sum(asked in text for text in story.comments()) == 1


@VENDORS
def test_who_had_an_agents_answer_is_asked_by_itself_after_a_while(make_story, vendor):
    story = make_story(vendor, rules=AFTER_THE_END)
    story.begin()
    story.later(minutes=61)
    story.later(minutes=60)
    story.agent_answers("It works again.", heard=False)
    story.solves()
    story.later(minutes=25)
    assert len(story.updates) == 1
    story.later(minutes=40)
    _, said = story.updates
    assert "Were you satisfied" in said
    story.later(hours=5)
    assert len(story.updates) == 2


def test_a_draft_of_the_end_asks_for_the_agent(make_story):
    story = make_story(mode=Sending.DRAFT, rules=AFTER_THE_END)
    story.begin()
    story.later(minutes=61)
    story.solves()
    for _ in range(3):
        story.later(hours=1)
    notes = [text for text in story.comments(Visibility.PRIVATE) if "Draft for the customer" in text]
    assert "Were you satisfied" in notes[-1]
    assert story.updates == []


# --- channels -----------------------------------------------------------------------------------------------------------


def test_on_x_it_is_short(make_story):
    story = make_story()
    story.begin(channel="twitter")
    assert story.pair.bridge.helpdesks["support"].fetch_ticket(story.pair.ticket).channel is Channel.TWITTER
    story.later(minutes=61)
    (said,) = [text for text in story.comments() if "Sorry to have kept you waiting." in text]
    assert len(said) <= 200


def test_where_nobody_can_be_reached_agents_get_the_draft_with_the_reason(make_story):
    story = make_story("freshdesk")
    story.begin(channel="phone", **{"from": {"phone": "+62 811", "name": "Maya"}})
    story.later(minutes=61)
    story.later(hours=5)
    assert story.updates == []
    notes = [text for text in story.comments(Visibility.PRIVATE) if "Draft for the customer" in text]
    assert len(notes) == 1
    assert "would reach nobody" in notes[0]
