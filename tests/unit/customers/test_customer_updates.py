"""What a customer hears of an escalation, and when: each occasion once, and never two messages where one would do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain.case.escalations import ChangeKind
from escalation_bridge.domain.case.incidents import CaseIncident, IncidentRules, raised_occasion
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.customer_updates import InformCustomer
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.domain.sla.customer_updates import Occasion, Sending
from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Channel, Person, Role, TicketRef, Visibility
from escalation_bridge.messages.catalogue import compose

ORIGIN, LINKED = TicketRef("support", "1"), TicketRef("dev", "24")
OFFICE = {
    "timezone": "Asia/Jakarta",
    "hours": {key: [["08:00", "17:00"]] for key in ("mon", "tue", "wed", "thu", "fri")},
}


def escalated(make_customers, **more):
    """The customer's ticket was escalated after an hour without an answer."""
    customers = make_customers(**more)
    customers.later(minutes=61)
    return customers


def text(record, language="en", **facts):
    message = record.intent.message
    return compose(replace(message, facts={**message.facts, **facts}), language).body.text


# --- the settings -------------------------------------------------------------------------------------------------------


def test_without_the_section_the_route_notifies_as_before(make_world):
    world = make_world().escalate()
    (told,) = [r for key, r in world.view.intents.items() if key.startswith("tell:")]
    assert told.intent.message.template == "specialist_took_over"
    assert not any(isinstance(r.intent, InformCustomer) for r in world.view.intents.values())


@pytest.mark.parametrize("mode", Sending)
def test_with_the_section_the_route_does_not_notify_as_well(make_customers, mode):
    customers = escalated(make_customers, mode=mode)
    assert not any(key.startswith("tell:") for key in customers.world.view.intents)
    assert customers.abouts == (["escalated"] if mode is Sending.SENT else [])
    assert customers.drafts == (["escalated"] if mode is Sending.DRAFT else [])


@pytest.mark.parametrize("occasion", Occasion)
def test_only_what_is_chosen_is_reported(make_customers, occasion):
    customers = escalated(make_customers, occasions=frozenset({occasion}))
    assert customers.abouts == (["escalated"] if occasion is Occasion.ESCALATED else [])


def test_who_opted_out_hears_nothing(make_customers):
    quiet = Condition(all=(Test("tags", Operator.CONTAINS, ("no-updates",)),))
    customers = make_customers(opt_out=quiet)
    customers.world.set(ORIGIN, tags=("No-Updates",))
    customers.later(minutes=61)
    assert customers.world.view.links
    assert customers.abouts == []


@pytest.mark.parametrize(
    "requester",
    [
        Person("7", "Monitor", None, Role.BOT),
        Person("7", "Bank", "no-reply@bank.example", Role.CUSTOMER),
        Person("7", "Mail", "MAILER-DAEMON@bank.example", Role.CUSTOMER),
    ],
    ids=lambda person: person.name,
)
def test_a_robot_hears_nothing(make_customers, requester):
    customers = make_customers()
    customers.world.set(ORIGIN, requester=requester)
    customers.later(minutes=61)
    assert customers.world.view.links
    assert customers.abouts == []


@pytest.mark.parametrize("email", ["noor@bank.example", "reply@bank.example", "bouncer@club.example", None])
def test_a_person_with_an_odd_address_is_no_robot(make_customers, email):
    customers = make_customers()
    customers.world.set(ORIGIN, requester=Person("7", "Noor", email, Role.CUSTOMER))
    customers.later(minutes=61)
    assert customers.abouts == ["escalated"]


# --- on escalation ------------------------------------------------------------------------------------------------------


def test_on_escalation_an_apology_the_number_what_happens_and_by_when(make_customers):
    customers = escalated(make_customers)
    (record,) = customers.updates()
    said = text(record, now=customers.world.now.isoformat())
    assert "We are sorry to have kept you waiting." in said
    assert "Your request SUPPORT-1 is now with our specialists" in said
    assert "We expect to solve it today by 5 pm" in said
    assert "Kami perkirakan selesai paling lambat hari ini pukul 17.00 UTC." in text(
        record, "id", now=customers.world.now.isoformat()
    )


def test_the_customers_language_and_time_zone_count(make_customers):
    customers = make_customers()
    customers.world.set(ORIGIN, language="id-ID", timezone="Asia/Makassar")
    customers.later(minutes=61)
    (record,) = customers.updates()
    assert record.intent.message.language == "id"
    assert "besok pukul 01.00 WITA" in text(record, "id", now=customers.world.now.isoformat())
    assert record.intent.message.facts["foreign_zone"] == ""


def test_a_time_zone_that_does_not_exist_is_as_good_as_none(make_customers):
    customers = make_customers()
    customers.world.set(ORIGIN, timezone="Mars/Olympus")
    customers.later(minutes=61)
    (record,) = customers.updates()
    assert record.intent.message.facts["timezone"] == "UTC"


def test_what_was_sent_is_in_the_record_of_the_escalation(make_customers):
    customers = escalated(make_customers)
    (escalation,) = customers.world.view.escalations
    (change,) = [each for each in escalation.changes if each.what is ChangeKind.INFORMED]
    assert change.facts["update"] == "customer_update:1"
    assert change.facts["about"] == "escalated"
    customers.later(minutes=5)
    (escalation,) = customers.world.view.escalations
    assert sum(each.what is ChangeKind.INFORMED for each in escalation.changes) == 1


def test_a_change_after_the_end_does_not_move_the_end(make_customers):
    customers = escalated(make_customers)
    customers.later(minutes=45)
    customers.world.set(ORIGIN, "solved")
    customers.world.work()
    solved = customers.world.now
    customers.later(minutes=1)
    assert customers.abouts == ["escalated", "done"]
    (escalation,) = customers.world.view.escalations
    assert escalation.changes[-1].what is ChangeKind.INFORMED
    assert escalation.closed_at == solved


# --- an agent's word ----------------------------------------------------------------------------------------------------


def test_an_answer_after_the_escalation_makes_the_update_needless(make_customers):
    customers = make_customers()
    customers.world.later(minutes=61)
    customers.world.read()
    customers.world.record(customers.world.decide())
    customers.world.deliver(lambda record: "later" if isinstance(record.intent, InformCustomer) else "done")
    customers.world.says(ORIGIN, Role.AGENT, "Sorry! Our developers look at it.")
    customers.world.later(seconds=5)
    customers.world.work()
    customers.later(hours=3)
    assert customers.abouts == []


def test_an_answer_in_the_same_second_counts_although_vendors_tell_whole_seconds(make_customers):
    customers = make_customers()
    world = customers.world
    world.later(minutes=61, milliseconds=700)
    for _ in range(4):
        world.read()
        world.record(world.decide())
        world.deliver(down)
    world.says(ORIGIN, Role.AGENT, "I am on it.", at=world.now.replace(microsecond=0))
    customers.later(hours=1)
    assert customers.abouts == []


def test_a_correction_waits_until_the_agents_answer_is_a_while_ago(make_customers):
    customers = escalated(make_customers, quiet_seconds=1800)
    customers.later(minutes=40)
    customers.world.set(ORIGIN, priority=None)
    world = customers.world
    policy = world.rules.policies[0]
    longer = Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 10 * 3600})
    world.rules = replace(world.rules, policies=(replace(policy, targets=longer),))
    world.says(ORIGIN, Role.AGENT, "Thank you for waiting.")
    world.work()
    assert customers.abouts == ["escalated"]
    customers.later(minutes=29)
    assert customers.abouts == ["escalated"]
    customers.later(minutes=2)
    assert customers.abouts == ["escalated", "due"]
    (_, moved) = customers.updates()
    assert "We now expect to solve it today by 7 pm" in text(moved, now=world.now.isoformat())


def test_a_due_time_that_hardly_moved_is_not_worth_a_message(make_customers):
    customers = escalated(make_customers)
    customers.later(minutes=40)
    world = customers.world
    longer = Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 8 * 3600 + 1200})
    world.rules = replace(world.rules, policies=(replace(world.rules.policies[0], targets=longer),))
    customers.later(minutes=40)
    assert customers.abouts == ["escalated"]


def test_a_copied_answer_of_the_other_team_counts_as_one(make_customers):
    route = {"comments_to_origin": CommentRule(Take.PUBLIC, Visibility.PUBLIC)}
    customers = escalated(make_customers, route=route)
    customers.later(minutes=45)
    customers.world.says(LINKED, Role.AGENT, "We found it and are repairing it.")
    customers.world.set(LINKED, "open")
    customers.later(minutes=1)
    customers.later(hours=2)
    copies = [
        r
        for r in customers.world.view.intents.values()
        if isinstance(r.intent, WriteComment) and r.intent.source
    ]
    assert any(copy.intent.visibility is Visibility.PUBLIC for copy in copies)
    assert "started" not in customers.abouts


# --- progress, silence, the end -----------------------------------------------------------------------------------------


def test_progress_of_the_linked_ticket_is_reported_once(make_customers):
    customers = escalated(make_customers)
    customers.later(minutes=45)
    customers.world.set(LINKED, "open")
    customers.later(minutes=1)
    assert customers.abouts == ["escalated", "started"]
    customers.world.set(LINKED, "waiting_third_party")
    customers.later(minutes=45)
    customers.world.set(LINKED, "open")
    customers.later(minutes=45)
    assert customers.abouts == ["escalated", "started"]


def test_progress_soon_after_an_update_joins_the_next_one(make_customers):
    customers = escalated(make_customers, quiet_seconds=1800)
    customers.later(minutes=2)
    customers.world.set(LINKED, "open")
    customers.later(minutes=2)
    customers.world.set(LINKED, "waiting_customer")
    customers.later(minutes=2)
    assert customers.abouts == ["escalated"]
    customers.later(minutes=30)
    assert customers.abouts == ["escalated", "question"]
    assert "ask you for it here" in text(customers.updates()[1])


def test_so_often_at_least_the_customer_hears_something(make_customers):
    policy = {"targets": Targets(default={Metric.FIRST_RESPONSE: 3600})}
    customers = escalated(make_customers, every_seconds=2 * 3600, policy=policy)
    assert "You will hear from us again today by 12:15 pm" in text(
        customers.updates()[0], now=customers.world.now.isoformat()
    )
    for _ in range(4):
        customers.later(hours=1)
    assert customers.abouts == ["escalated", "silence", "silence"]


def test_nothing_is_reported_while_it_is_the_customers_turn(make_customers):
    customers = escalated(make_customers, every_seconds=2 * 3600)
    customers.world.set(ORIGIN, "waiting_customer")
    for _ in range(5):
        customers.later(hours=1)
    assert customers.abouts == ["escalated"]


def test_a_time_that_passed_is_apologised_for_once(make_customers):
    customers = escalated(make_customers)
    customers.later(hours=7, minutes=5)
    assert customers.abouts == ["escalated", "missed"]
    assert "We are sorry" in text(customers.updates()[1])
    customers.later(hours=1)
    assert customers.abouts == ["escalated", "missed"]


def test_the_end_is_reported_to_those_who_heard_of_the_beginning(make_customers):
    customers = escalated(make_customers)
    customers.later(minutes=45)
    customers.world.set(ORIGIN, "solved")
    customers.later(minutes=1)
    assert customers.abouts == ["escalated", "done"]


def test_an_agent_who_answers_and_solves_has_told_the_end(make_customers):
    customers = escalated(make_customers)
    customers.later(hours=2)
    customers.world.says(ORIGIN, Role.AGENT, "It is repaired, please try again.")
    customers.world.set(ORIGIN, "solved")
    customers.later(minutes=1)
    customers.later(hours=2)
    assert customers.abouts == ["escalated"]


def test_what_came_back_from_the_team_is_no_promise_that_it_is_repaired(make_customers):
    customers = escalated(make_customers)
    customers.later(minutes=45)
    customers.world.set(LINKED, "solved")
    customers.later(minutes=1)
    assert customers.abouts == ["escalated", "returned"]
    said = text(customers.updates()[1])
    assert "checking the result" in said
    assert "solved" not in said


# --- what could not be sent yet -----------------------------------------------------------------------------------------


def down(record):
    return "later" if isinstance(record.intent, InformCustomer) else "done"


def test_an_update_that_waits_for_a_helpdesk_is_put_into_present_words(make_customers):
    customers = make_customers()
    world = customers.world
    world.later(minutes=61)
    for _ in range(4):
        world.read()
        world.record(world.decide())
        world.deliver(down)
    (waiting,) = customers.updates(IntentState.PENDING)
    assert waiting.intent.message.facts["about"] == "escalated"
    world.set(LINKED, "open")
    customers.later(minutes=20)
    (sent,) = customers.updates()
    assert sent.intent.message.facts["about"] == "escalated"
    assert "already started" in text(sent)
    customers.later(minutes=45)
    assert customers.abouts == ["escalated"]


def test_an_update_that_waited_into_the_night_waits_for_the_morning(make_customers):
    customers = make_customers(policy={"targets": Targets(default={Metric.FIRST_RESPONSE: 3600})})
    world = customers.world
    world.later(minutes=61)
    for _ in range(4):
        world.read()
        world.record(world.decide())
        world.deliver(down)
    world.now = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    world.work()
    assert customers.updates(IntentState.DONE, IntentState.PENDING) == []
    world.now = datetime(2026, 3, 3, 7, 59, tzinfo=UTC)
    world.work()
    assert customers.abouts == []
    assert min(d.next_wake for d in world.history[-1:]) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    customers.later(minutes=1)
    assert customers.abouts == ["escalated"]


def test_an_answer_meanwhile_withdraws_it(make_customers):
    customers = make_customers()
    world = customers.world
    world.later(minutes=61)
    for _ in range(4):
        world.read()
        world.record(world.decide())
        world.deliver(down)
    world.says(ORIGIN, Role.AGENT, "I am on it.")
    customers.later(minutes=1)
    customers.later(hours=1)
    assert customers.abouts == []
    assert [r.state for r in customers.updates(*IntentState)] == [IntentState.CANCELLED]


def test_what_was_refused_becomes_a_draft_with_the_reason(make_customers):
    customers = make_customers()
    world = customers.world
    world.later(minutes=61)
    for _ in range(6):
        world.read()
        world.record(world.decide())
        world.deliver(lambda record: "failed" if isinstance(record.intent, InformCustomer) else "done")
    assert customers.abouts == []
    assert customers.drafts == ["escalated"]
    note = world.view.intents["customer_draft:1:1"].intent.message
    assert note.facts == {"reason": "draft_refused", "error": "refused"}


# --- hours --------------------------------------------------------------------------------------------------------------


def test_outside_of_the_calendar_it_waits_unless_nights_are_allowed(make_customers):
    targets = Targets(default={Metric.FIRST_RESPONSE: 3600})
    office = {"calendar_name": "office", "calendar": parse_calendar(OFFICE), "targets": targets}
    for nights in (False, True):
        customers = make_customers(nights=nights, policy=office)  # it is 16:00 in Jakarta
        world = customers.world
        world.later(minutes=61)
        world.work()
        assert customers.abouts == (["escalated"] if nights else [])
        if not nights:
            world.now = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
            world.work()
            assert customers.abouts == ["escalated"]


# --- drafts -------------------------------------------------------------------------------------------------------------


def test_one_draft_at_a_time_which_is_outdated_once_an_agent_has_answered(make_customers):
    customers = escalated(make_customers, mode=Sending.DRAFT)
    world = customers.world
    customers.later(minutes=45)
    world.set(LINKED, "open")
    customers.later(minutes=1)
    assert customers.drafts == ["escalated", "escalated"]
    notes = [c for c in world.comments if "customer_draft" in c.body.text]
    assert len(notes) == 1
    assert notes[0].visibility is Visibility.PRIVATE
    world.says(ORIGIN, Role.AGENT, "Our developers are working on it.")
    customers.later(minutes=1)
    assert customers.drafts == ["escalated", "escalated", "outdated"]
    customers.later(minutes=45)
    world.set(LINKED, "waiting_customer")
    customers.later(minutes=1)
    assert customers.drafts == ["escalated", "escalated", "outdated", "question"]


def test_a_draft_names_the_date_because_it_is_read_later(make_customers):
    customers = escalated(make_customers, mode=Sending.DRAFT)
    note = customers.world.view.intents["customer_draft:1:1"].intent.message
    assert "by 5 pm (UTC) on Monday, 2 March" in compose(note.proposes, "en").body.text


# --- channels -----------------------------------------------------------------------------------------------------------


def test_whatsapp_after_24_hours_is_the_agents_affair(make_customers):
    targets = Targets(default={Metric.FIRST_RESPONSE: 25 * 3600})
    customers = make_customers(policy={"targets": targets})
    customers.world.set(ORIGIN, channel=Channel.WHATSAPP)
    customers.later(hours=25, minutes=1)
    assert (customers.abouts, customers.drafts) == ([], ["escalated"])
    note = customers.world.view.intents["customer_draft:1:1"].intent.message
    assert note.facts["reason"] == "draft_window_closed"
    customers.world.says(ORIGIN, Role.CUSTOMER, "Hello?")
    customers.later(minutes=1)
    assert customers.abouts == ["escalated"]
    assert customers.drafts == ["escalated", "outdated"]


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_short_channel_gets_a_short_update(make_customers, language):
    customers = make_customers()
    customers.world.set(ORIGIN, channel=Channel.TWITTER, language=language)
    customers.later(minutes=61)
    (record,) = customers.updates()
    said = text(record, language, now=customers.world.now.isoformat())
    assert "SUPPORT-1" in said
    assert len(said) < 200


# --- incidents ----------------------------------------------------------------------------------------------------------


def incident(world, **more):
    return CaseIncident(
        id=1,
        time=1,
        shared=("qris",),
        alike=5,
        by="",
        subject="qris",
        raised_at=world.now,
        tickets=5,
        customers=5,
        **more,
    )


def in_incident(make_customers, **more):
    customers = make_customers(every_seconds=None)
    world = customers.world
    world.rules = replace(world.rules, incidents=IncidentRules())
    world.view = replace(world.view, incident=incident(world, **more))
    customers.later(minutes=1)
    return customers


def test_an_incident_is_one_message_when_it_is_raised_and_one_when_it_is_over(make_customers):
    customers = in_incident(make_customers)
    assert customers.abouts == ["incident"]
    customers.later(minutes=61)  # the ladder escalates the ticket, too
    assert customers.world.view.links
    assert customers.abouts == ["incident"]
    ended = replace(customers.world.view.incident, ended_at=customers.world.now)
    customers.world.view = replace(customers.world.view, incident=ended)
    customers.later(minutes=1)
    assert customers.abouts == ["incident", "incident_over"]
    customers.later(hours=3)
    assert customers.abouts == ["incident", "incident_over"]


def test_another_ticket_of_the_same_customer_is_silent(make_customers):
    customers = in_incident(make_customers, speaks=False)
    customers.later(minutes=61)
    customers.later(hours=3)
    assert customers.abouts == []


def test_a_ticket_that_speaks_instead_of_a_solved_one_says_only_what_is_new(make_customers):
    customers = in_incident(make_customers, informed=frozenset({raised_occasion(1)}))
    assert customers.abouts == []
    ended = replace(customers.world.view.incident, ended_at=customers.world.now)
    customers.world.view = replace(customers.world.view, incident=ended)
    customers.later(minutes=1)
    assert customers.abouts == ["incident_over"]


def test_who_was_not_told_of_an_incident_is_not_told_that_it_is_over(make_customers):
    customers = make_customers()
    world = customers.world
    world.rules = replace(world.rules, incidents=IncidentRules())
    over = incident(world, ended_at=world.now + timedelta(seconds=30))
    world.view = replace(world.view, incident=over)
    customers.later(minutes=1)
    assert customers.abouts == []
