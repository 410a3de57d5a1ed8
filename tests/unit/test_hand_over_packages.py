"""The hand-over package: an agent's words by their labels, values of fields, and that nothing private is in the public part."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.case.cases import CaseState, CaseView, Rules
from escalation_bridge.domain.escalation.package import (
    Facts,
    field_text,
    is_worth_a_note,
    missing_parts,
    private_part,
    public_part,
)
from escalation_bridge.domain.escalation.summary_words import continued, parse_summary
from escalation_bridge.domain.routes.package_rule import PackageRule
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.teams.team import Team
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    Channel,
    Comment,
    Person,
    Role,
    Severity,
    Status,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
)
from escalation_bridge.text.rich_text import from_text

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REF = TicketRef("support", "1")
DEWI = Person("1", "Dewi", "dewi@example.com", Role.CUSTOMER)
SARI = Person("2", "Sari", "sari@example.com", Role.AGENT)


def ticket(**changes):
    values = {
        "ref": REF,
        "key": "#1",
        "url": "https://desk.example/1",
        "subject": "Lost",
        "description": from_text("My order is lost."),
        "description_visibility": Visibility.PUBLIC,
        "status": Status(StatusKind.OPEN, "open", "Open"),
        "priority": None,
        "channel": Channel.EMAIL,
        "created_by": DEWI,
        "created_at": NOW,
        "updated_at": NOW,
        "requester": DEWI,
    }
    return Ticket(**{**values, **changes})


def comment(number, text, visibility, author=SARI, **more):
    at = NOW + timedelta(minutes=number)
    return Comment(REF, str(number), author, visibility, from_text(text), at, **more)


def facts(origin=None, comments=(), classification=None, clocks=(), **more):
    origin = origin or ticket()
    view = CaseView(
        id=1,
        origin=REF,
        opened_at=NOW,
        state=CaseState.OPEN,
        tickets={REF: origin},
        comments=tuple(comments),
        events=(),
        clocks=clocks,
        links=(),
        fired=(),
        intents={},
        classification=classification or Classification(Severity.STANDARD, "", ""),
    )
    rules = Rules((), {}, customer_value=more.pop("customer_value", {}))
    return Facts(view, rules, origin, NOW, clocks, **more)


# --- words of agents ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "summary", "tried", "reproduced", "how"),
    [
        ("it is down", ("it is down",), (), "", ()),
        ("it is down\ntried: a\n- b\nreproduced: yes, in staging", ("it is down",), ("a", "- b"), "yes", ("in staging",)),
        ("mati total\nsudah dicoba: muat ulang\ndireproduksi: tidak", ("mati total",), ("muat ulang",), "no", ()),
        ("down tried: a reproduced: no", ("down",), ("a",), "no", ()),
        ("TRIED : a", (), ("a",), "", ()),
        ("retried: twice", ("retried: twice",), (), "", ()),
        ("reproduced: sometimes", (), (), "", ("sometimes",)),
        ("tried:\n", (), (), "", ()),
        ("reproduced: yesterday", (), (), "", ("yesterday",)),
    ],
)  # fmt: skip
def test_the_parts_of_a_summary(text, summary, tried, reproduced, how):
    words = parse_summary(text)
    assert (words.summary, words.tried, words.reproduced, words.reproduction) == (
        summary,
        tried,
        reproduced,
        how,
    )


def test_a_new_summary_keeps_what_the_earlier_one_knew():
    before = "down\ntried: a\nb\nreproduced: yes, in staging"
    words = parse_summary(continued(before, "still down"))
    assert (words.summary, words.tried, words.reproduction) == (("still down",), ("a", "b"), ("in staging",))
    assert parse_summary(continued(before, "still down tried: c")).tried == ("c",)
    assert continued(before, "") == before


# --- fields and clocks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ([], ""),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        (["a", None, "b"], "a, b"),
        ({"value": "A", "child": {"value": "B"}}, "A / B"),
        ({"name": "High"}, "High"),
    ],
)
def test_the_value_of_a_field_for_people(value, text):
    assert field_text(ticket(custom_fields={"f": value}), "f") == text


def clock(metric, state, due):
    return Clock(
        state=state,
        policy="all",
        calendar="always",
        target_seconds=3600,
        started_at=NOW,
        pauses=(),
        due=due,
        done_at=None,
        used_seconds=600,
        breached_at=None,
        metric=metric,
        cycle=1,
    )


def test_open_clocks_with_what_is_left_of_them():
    clocks = (
        clock(Metric.NEXT_RESPONSE, ClockState.RUNNING, NOW - timedelta(minutes=1)),
        clock(Metric.RESOLUTION, ClockState.RUNNING, NOW + timedelta(minutes=50)),
        clock(Metric.UPDATE, ClockState.PAUSED, None),
        clock(Metric.FIRST_RESPONSE, ClockState.DONE, NOW),
    )
    reports = {each.metric: (each.state, each.seconds) for each in public_part(facts(clocks=clocks)).clocks}
    assert reports == {
        "next_response": ("missed", 0),
        "resolution": ("left", 3000),
        "update": ("paused", 3000),
    }


# --- what is missing ----------------------------------------------------------------------------------------------------


def test_what_a_team_requires():
    team = Team(
        "eng", "Engineering", None, (), (), (), "always", ALWAYS,
        requires=("summary", "tried"), required_fields={"support": {"f": "Browser"}, "shop": {"g": "Version"}},
    )  # fmt: skip
    assert missing_parts(facts(team=team)) == ("summary", "tried", "Browser")
    filled = ticket(custom_fields={"f": "Firefox"})
    assert missing_parts(facts(filled, team=team, summary="down tried: a")) == ()
    assert missing_parts(facts()) == ()


def test_an_escalation_about_which_nothing_is_known_gets_no_note():
    assert not is_worth_a_note(private_part(facts()))
    assert is_worth_a_note(private_part(facts(summary="down")))


# --- privacy ------------------------------------------------------------------------------------------------------------

WORDS = st.text("abcdefghij ", min_size=1, max_size=12).map(lambda text: f"secret-{text}".strip())
SECRET = st.lists(WORDS, min_size=1, max_size=4)


@given(SECRET, SECRET, WORDS, WORDS, WORDS, WORDS)
def test_nothing_private_is_ever_in_the_public_part(notes, files, summary, value, field, reason):
    attached = tuple(Attachment(str(n), name, "text/plain", 1, "https://x") for n, name in enumerate(files))
    comments = [comment(n, text, Visibility.PRIVATE, attachments=attached) for n, text in enumerate(notes)]
    comments.append(comment(99, "We look into it.", Visibility.PUBLIC))
    origin = ticket(
        custom_fields={"f": field, "tier": value},
        description=from_text(summary),
        description_visibility=Visibility.PRIVATE,
        attachments=attached,
        tags=(field,),
    )
    given_facts = facts(
        origin,
        comments,
        Classification(Severity.EMERGENCY, "", reason, by="Sari"),
        summary=f"{summary} tried: {summary} reproduced: yes, {summary}",
        rule=PackageRule({"f": "Browser"}, {"tier": "Tier"}, tags=True, internal_notes=5),
        customer_value={"dewi@example.com": {"Revenue": value}},
    )
    public = public_part(given_facts)
    assert "secret" not in str(asdict(public))
    private = str(asdict(private_part(given_facts)))
    for text in (*notes, summary, value, field, reason):
        assert text in private or repr(text)[1:-1] in private


def test_notes_that_were_deleted_are_not_passed_on():
    notes = [comment(n, f"note {n}", Visibility.PRIVATE) for n in range(3)]
    shown = facts(comments=notes, rule=PackageRule(internal_notes=5))
    view = replace(shown.view, taken_back={(REF, "1"): NOW})
    quotes = private_part(replace(shown, view=view)).notes
    assert [each.body.text for each in quotes] == ["note 0", "note 2"]
