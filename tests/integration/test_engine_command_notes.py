"""Notes with commands as agents really write them: several in one, a remark before, a quotation below, marks and small words."""

import pytest

from bridge_helpers.teams import BUDI, PRIVATE, RANI, asked, at_team, escalations, notes, opened, person
from escalation_bridge.domain.case.escalations import ChangeKind
from escalation_bridge.domain.tickets.tickets import Role, Visibility


def first_line(scene, ticket):
    return " ".join(notes(scene, ticket)[-1].body.text.split())


def test_each_command_of_a_note_is_obeyed_and_answered(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(
        scene, ticket, "/bridge escalate payments cannot pay\nsince 9:00\n\n/bridge owner budi\n/bridge who"
    )
    (one,) = escalations(scene)
    assert (one.summary, one.owner.person) == ("cannot pay\nsince 9:00", BUDI.email)
    answers = [note.body.text for note in notes(scene, ticket)]
    assert len(answers) == 3
    assert "Payments (L2) has it now" in answers[0]
    assert "Budi Santoso has it already" in answers[1]
    assert "Payments, Budi Santoso, has this escalation" in answers[2]
    scene.news(scene.support, ticket)
    assert len(notes(scene, ticket)) == 3


def test_one_that_fails_does_not_keep_the_next_one(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, "/bridge escalate\n/bridge snooze 2h")
    assert [code for code in scene.timeline() if code == "snoozed"] == ["snoozed"]
    assert "where to?" in notes(scene, ticket)[0].body.text


@pytest.mark.parametrize(
    "words",
    [
        "The customer called again.\n/bridge escalate payments cannot pay",
        "@budi please look\n\u00a0/bridge escalate payments cannot pay\n",
    ],
)
def test_a_command_below_a_remark_is_not_obeyed_but_answered(make_house, words):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, words)
    assert escalations(scene) == ()
    (note,) = notes(scene, ticket)
    assert note.visibility is PRIVATE
    assert "counts only at the beginning" in note.body.text
    assert "/bridge escalate payments cannot pay" in note.body.text
    scene.news(scene.support, ticket)
    assert len(notes(scene, ticket)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "Done.\n\nOn 3 March 2026 Rani wrote:\n/bridge escalate payments cannot pay",
        "Done.\n> /bridge escalate payments cannot pay",
        "Sudah.\n\nPada Sel, 3 Mar 2026 pukul 09.00 Rani menulis:\n/bridge eskalasi payments tidak bisa bayar",
        "Done.\n-----Original Message-----\n/bridge escalate payments cannot pay",
        "For such tickets I write /bridge escalate payments",
        "/bridges are burning",
        "Look:\n/bridge of sighs",
    ],
)
def test_what_is_quoted_or_only_mentioned_is_nobodys_command(make_house, words):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, words)
    assert escalations(scene) == ()
    assert notes(scene, ticket) == []


def test_a_quotation_below_a_command_is_neither_summary_nor_command(make_house):
    scene = make_house()
    ticket = opened(scene)
    quoted = "On 3 March 2026 the bridge wrote:\n/bridge escalate leads what happens, since when"
    asked(scene, ticket, f"/bridge escalate payments cannot pay\n\n{quoted}")
    (one,) = escalations(scene)
    assert (one.owner.team, one.summary) == ("payments", "cannot pay")
    assert len(notes(scene, ticket)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "/bridge escalate to payments cannot pay",
        "/bridge eskalasi ke Payments: cannot pay",
        "/Bridge:\u00a0escalate\u00a0payments, cannot pay",
        "/bridge eskalasikan L2: cannot pay",
    ],
)
def test_small_words_and_marks_do_no_harm(make_house, words):
    scene = make_house()
    ticket = opened(scene)
    at_team(scene, ticket, "First")
    asked(scene, ticket, words)
    (one,) = escalations(scene)
    assert (one.owner.team, one.summary) == ("payments", "cannot pay")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("/bridge esclate payments cannot pay", "Did you mean /bridge escalate payments cannot pay?"),
        ("/bridge escalate paymnts: cannot pay", "/bridge escalate payments cannot pay"),
        ("/bridge snooze 3 days", "at most 1 day are allowed; nothing was done"),
        ("/bridge away until nevermore", "“until nevermore” is no time"),
    ],
)
def test_an_answer_shows_the_line_to_write_with_the_agents_own_words(make_house, words, answer):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, words)
    assert answer in first_line(scene, ticket)
    assert escalations(scene) == ()


def test_all_commands_are_listed_only_for_who_asks_or_is_far_off(make_house):
    scene = make_house()
    ticket = opened(scene)
    for words in ("/bridge esclate payments x", "/bridge bantuan", "/bridge dance"):
        asked(scene, ticket, words)
    assert ["status: show" in note.body.text for note in notes(scene, ticket)] == [False, True, True]


@pytest.mark.parametrize(
    ("role", "visibility"),
    [
        (Role.CUSTOMER, PRIVATE),
        (Role.CUSTOMER, Visibility.PUBLIC),
        (Role.AGENT, Visibility.PUBLIC),
        (Role.BOT, PRIVATE),
    ],
)
@pytest.mark.parametrize(
    "words", ["/bridge escalate payments cannot pay", "Please:\n/bridge escalate payments x"]
)
def test_neither_customers_nor_public_comments_command_anything(make_house, role, visibility, words):
    scene = make_house()
    ticket = opened(scene)
    scene.clock.advance(seconds=30)
    scene.support.says(ticket, words, role, visibility, author=person(RANI) if role is Role.AGENT else None)
    scene.news(scene.support, ticket)
    assert escalations(scene) == ()
    assert notes(scene, ticket) == []


def test_a_snooze_until_a_time_of_day_is_meant_where_the_team_works(make_house):
    scene = make_house()
    ticket = opened(scene)
    asked(scene, ticket, "/bridge tunda sampai besok")
    (note,) = notes(scene, ticket)
    assert "no steps or reminders until" in note.body.text
    assert ChangeKind.OPENED not in [change.what for each in escalations(scene) for change in each.changes]
