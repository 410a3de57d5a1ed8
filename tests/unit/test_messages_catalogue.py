"""What people read: the same in both languages, safe whatever a ticket holds, and never the reason for a crash."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.tickets.messages import (
    AttachedFile,
    ClockReport,
    Health,
    LinkReport,
    MessageRequest,
    Named,
    Package,
    Quote,
)
from escalation_bridge.domain.tickets.tickets import Channel, Priority, Severity, Visibility
from escalation_bridge.errors import BridgeError, ConfigurationError
from escalation_bridge.messages.catalogue import LANGUAGES, compose, health_line, history_line, texts
from escalation_bridge.text.rich_text import from_html

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MESSAGES = tuple(texts("en")["message"])
CODES = tuple(texts("en")["timeline"])
SYNTAX = ImmutableSandboxedEnvironment()
SYNTAX.filters.update(
    word=str,
    remedy=str,
    duration=str,
    instant=str,
    day=str,
    by_when=str,
    paragraphs=str,
    bytes=str,
    changes=str,
)
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}{% raw %}&amp;"


def parsed(section: str, key: str, language: str) -> nodes.Template:
    return SYNTAX.parse(texts(language)[section][key])


def mentioned(section: str, key: str, language: str) -> set[str]:
    """The facts that a text mentions."""
    return find_undeclared_variables(parsed(section, key, language)) - {"quotes", "health"}


def filtered(section: str, key: str, language: str, *filters: str) -> set[str]:
    """The facts to which one of these filters is applied: they are no texts."""
    found = parsed(section, key, language).find_all(nodes.Filter)
    return {f.node.name for f in found if f.name in filters and isinstance(f.node, nodes.Name)}


def facts(section: str, key: str, language: str, text: str = "") -> dict[str, str]:
    """A fact of the right kind for all that a text mentions; those that come from outside are `text`."""
    given = {name: text or f"the {name}" for name in mentioned(section, key, language)}
    given |= dict.fromkeys(filtered(section, key, language, "duration", "int", "bytes"), "5400")
    return given | dict.fromkeys(
        filtered(section, key, language, "instant", "day", "by_when"), NOW.isoformat()
    )


def package(text: str = "text") -> Package:
    """A package with all of its parts."""
    named, lines, quotes = (Named(text, text),), (text,), (Quote(text, NOW, from_html("<p>It is down.</p>")),)
    return Package(
        severity="emergency",
        severity_by=text,
        severity_words=text,
        customer=text,
        organisation=text,
        customers=2,
        incident=text,
        value=named,
        since=NOW,
        clocks=(
            ClockReport("resolution", "left", NOW, 5400),
            ClockReport("update", "missed", NOW, 0),
            ClockReport("update", "paused", None, 60),
        ),
        next_answer=NOW,
        answers=quotes,
        summary=lines,
        tried=lines,
        reproduced="yes",
        reproduction=lines,
        environment=named,
        notes=quotes,
        elsewhere=named,
        files=(AttachedFile(text, 5400),),
        missing=lines,
    )


QUOTES = (Quote(f"Sari {ATTACK}", NOW, from_html("<p>It is <b>down</b>.</p>")),)


# --- both languages -------------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_sections_and_texts():
    english, indonesian = texts("en"), texts("id")
    assert english.keys() == indonesian.keys()
    for section, words in english.items():
        assert words.keys() == indonesian[section].keys(), section
        assert all(indonesian[section][key].strip() for key in words)


@pytest.mark.parametrize("section", sorted(set(texts("en")) - {"word"}))
def test_both_languages_mention_the_same_facts(section):
    for key in texts("en")[section]:
        assert mentioned(section, key, "en") == mentioned(section, key, "id"), key


def test_the_texts_are_translated():
    same = [key for key in MESSAGES if texts("en")["message"][key] == texts("id")["message"][key]]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_the_core_passes_is_translated(language):
    kinds = (Metric, Severity, Priority, Channel, Visibility, Side)
    words = {str(word) for kind in kinds for word in kind}
    assert words <= texts(language)["word"].keys()


def test_another_language_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigurationError, match="available: en, id"):
        texts("tlh")


@pytest.mark.parametrize(
    ("size", "english", "indonesian"),
    [
        (0, "0 B", "0 B"),
        (1023, "1023 B", "1023 B"),
        (1024, "1 kB", "1 kB"),
        (10 * 1024 * 1024, "10 MB", "10 MB"),
        (12_900_000, "12.3 MB", "12,3 MB"),
    ],
)
def test_how_large_a_file_is(size, english, indonesian):
    facts = {"name": "a", "from_key": "A-1", "to_key": "B-1", "size": str(size), "error": "file_too_large"}
    entry = TimelineEntry(NOW, "file_refused", facts)
    assert f"({english})" in history_line(entry, "en")
    assert f"({indonesian})" in history_line(entry, "id")


# --- every text can be told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", MESSAGES)
def test_every_message_can_be_composed(template, language):
    request = MessageRequest(template, facts("message", template, language), QUOTES, package=package())
    told = compose(request, language).body
    assert told.text
    assert "{{" not in told.text.replace("{{ 7 * 7 }}", "")
    for name in {"status", "error"} & mentioned("message", template, language):
        assert f"the {name}" in told.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_every_line_of_a_history_can_be_told(code, language):
    line = history_line(TimelineEntry(NOW, code, facts("timeline", code, language)), language)
    assert line.endswith((".", "the error"))
    assert not line.startswith(f"{code} ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_a_line_is_one_line_and_plain(code, language):
    odd = facts("timeline", code, language, "a <b>\n\n& c")
    told = history_line(TimelineEntry(NOW, code, odd), language)
    assert "\n" not in told
    assert "&amp;" not in told
    assert ("a <b> & c" in told.casefold()) == ("a <b>\n\n& c" in odd.values())


@pytest.mark.parametrize(
    ("seconds", "english", "indonesian"),
    [
        ("0", "0 seconds", "0 detik"),
        ("1", "1 second", "1 detik"),
        ("90", "1 minute 30 seconds", "1 menit 30 detik"),
        ("-3600", "1 hour", "1 jam"),
        ("93784", "1 day 2 hours", "1 hari 2 jam"),
    ],
)
def test_durations_are_told_in_words(seconds, english, indonesian):
    entry = TimelineEntry(NOW, "clock_paused", {"metric": "resolution", "left_seconds": seconds})
    assert history_line(entry, "en") == f"Clock paused: resolution, {english} left."
    assert history_line(entry, "id") == f"Penghitung waktu SLA dijeda: penyelesaian, sisa {indonesian}."


# --- what is not as foreseen ----------------------------------------------------------------------------------------


def test_a_fact_that_is_only_mentioned_where_there_is_one_may_be_missing():
    clock = {"metric": "resolution", "cycle": "1", "policy": "vip", "target_seconds": "60"}
    assert history_line(TimelineEntry(NOW, "clock_started", clock), "en") == (
        "Clock started: resolution 1, target 1 minute (policy vip)."
    )
    assert "due" in history_line(TimelineEntry(NOW, "clock_started", {**clock, "due": NOW.isoformat()}), "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "entry",
    [
        TimelineEntry(NOW, "of_another_version", {"a": "b"}),
        TimelineEntry(NOW, "escalated", {"route": "only"}),
        TimelineEntry(NOW, "clock_paused", {"metric": "resolution", "left_seconds": "soon"}),
        TimelineEntry(NOW, "put_off", {"what": "x", "connection": "y", "error": "z", "until": "never"}),
    ],
)
def test_a_line_of_another_version_is_shown_as_it_is(entry, language):
    told = history_line(entry, language)
    assert told.startswith(entry.code)
    assert all(value in told for value in entry.facts.values())


def test_a_message_without_its_facts_is_an_error_that_names_message_and_fact():
    with pytest.raises(BridgeError, match=r"sla_warning.*'\w+' is undefined"):
        compose(MessageRequest("sla_warning", {}), "en")


def test_a_message_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ConfigurationError, match=r"no message 'sla_warnin'; known: .*sla_warning"):
        compose(MessageRequest("sla_warnin", {}), "en")


# --- what comes from outside ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", MESSAGES)
def test_nothing_in_a_fact_is_taken_for_markup_or_for_a_template(template, language):
    given_facts = facts("message", template, language, ATTACK)
    links = (LinkReport(ATTACK, ATTACK, ATTACK, ATTACK, (Health("in_step"),)),)
    request = MessageRequest(template, given_facts, QUOTES, links=links, package=package(ATTACK))
    told = compose(request, language).body
    assert not re.search(r"<\s*(script|img)", told.html)
    assert "49" not in told.text
    if ATTACK in given_facts.values():
        assert "<script>alert(1)</script>" in told.text  # shown as what it is


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_leads_nowhere_but_to_the_web(language):
    wanted = {**facts("message", "linked_ticket", language), "origin_url": "javascript:alert(1)"}
    assert "javascript" not in compose(MessageRequest("linked_ticket", wanted, QUOTES), language).body.html


@pytest.mark.parametrize(
    ("timezone", "english", "indonesian"),
    [
        ("", "1 Dec 2026, 23:07 UTC", "1 Des 2026, 23.07 UTC"),
        ("Asia/Jakarta", "2 Dec 2026, 06:07 WIB", "2 Des 2026, 06.07 WIB"),
        ("America/Sao_Paulo", "1 Dec 2026, 20:07 UTC-03", "1 Des 2026, 20.07 UTC-03"),
    ],
)
def test_times_are_shown_in_the_time_zone_of_the_calendar(timezone, english, indonesian):
    at = datetime(2026, 12, 1, 23, 7, tzinfo=UTC)
    given_facts = {"author": "Sari", "from_vendor": "Jira", "from_key": "A-1", "at": at.isoformat()}
    asked = MessageRequest("comment_taken_back", given_facts | ({"timezone": timezone} if timezone else {}))
    assert english in compose(asked, "en").body.text
    assert indonesian in compose(asked, "id").body.text
    passed = MessageRequest("passed_comment", asked.facts, (Quote("Sari", at, from_html("<p>x</p>")),))
    assert english in compose(passed, "en").body.text
    assert indonesian in compose(passed, "id").body.text


def test_a_capital_first_letter_leaves_the_others_alone():
    entry = TimelineEntry(
        NOW,
        "policy_changed",
        {"metric": "SLA of us", "cycle": "1", "policy": "a"} | {"from_policy": "b", "target_seconds": "60"},
    )
    assert history_line(entry, "en").startswith("SLA of us 1 now follows")


@pytest.mark.parametrize("missed", ["yes", ""])
def test_a_customer_is_asked_for_patience_or_pardon_in_both_languages(missed):
    """An apology only where a target was missed; the ticket's number and the customer's name always."""
    asked = MessageRequest(
        "specialist_took_over",
        {"customer": "Sari", "origin_key": "#3", "missed": missed},
        visibility=Visibility.PUBLIC,
    )
    english, indonesian = compose(asked, "en").body.text, compose(asked, "id").body.text
    assert ("apologize" in english) == bool(missed)
    assert ("Mohon maaf" in indonesian) == bool(missed)
    assert all("Sari" in each and "#3" in each for each in (english, indonesian))


def test_no_english_is_left_in_a_history_that_is_told_in_indonesian():
    changed = {"key": "#3", "connection": "shop", "changes": "priority normal, status Solved, field Produk"}
    assert history_line(TimelineEntry(NOW, "ticket_changed", changed), "id") == (
        "#3 di shop diperbarui: prioritas normal, status Solved, kolom Produk."
    )
    noted = TimelineEntry(NOW, "fields_noted", {"fields": "priority, severity, assignee, tags"})
    assert history_line(noted, "id").startswith(
        "Dicatat: prioritas, tingkat keparahan, penanggung jawab, tag;"
    )


@pytest.mark.parametrize(
    ("metric", "wanted"), [("resolution", "resolve"), ("update", "update"), ("first_response", "reply")]
)
def test_a_warning_asks_for_what_ends_the_clock_and_promises_no_escalation(metric, wanted):
    told_facts = facts("message", "sla_warning", "en") | {"metric": metric, "manual": ""}
    text = compose(MessageRequest("sla_warning", told_facts), "en").body.text
    assert wanted in text.rpartition("Please")[2]
    assert "escalat" not in text


def test_quotes_keep_their_form():
    wanted = facts("message", "passed_comment", "en")
    told = compose(MessageRequest("passed_comment", wanted, QUOTES), "en").body
    assert "<blockquote><p>It is <b>down</b>.</p></blockquote>" in told.html
    assert "2 Mar 2026, 09:00 UTC" in told.text


@given(text=st.text(max_size=60))
def test_whatever_a_ticket_holds_it_is_told(text):
    entry = TimelineEntry(NOW, "given_up", {"what": "notify", "connection": text, "error": text})
    assert "\n" not in history_line(entry, "id")
    request = MessageRequest("write_failed", {"what": text, "connection": text, "error": text})
    assert compose(request, "en").body.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_health_whose_facts_are_those_of_another_version_is_told_by_its_name(language):
    assert health_line(Health("status_unmapped", {}), language) == texts(language)["word"]["status_unmapped"]
    assert health_line(Health("of_the_future", {}), language) == "of_the_future"
    assert health_line(Health("in_step"), "en") == "in sync"
