"""What was carried over follows its original: edited, taken back, made private."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain.case.cases import Hold
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.write_records import IntentState, after_retry
from escalation_bridge.domain.case.writes.comments import DeleteComment, EditComment, WriteComment
from escalation_bridge.domain.routes.routes import CommentRule, FileRule, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Attachment, Role, Visibility

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def linked(make_world):
    """A linked pair, and a way to have something said on a side that is carried over."""

    def make(**route):
        world = make_world(routes=(make_world.route(**route),)).escalate()
        world.later(minutes=1)
        return world

    return make


def said(world, side=Side.LINKED, visibility=PRIVATE, text="First words"):
    comment = world.says(getattr(world, side), Role.AGENT, text, visibility)
    settle(world)
    return comment


def settle(world):
    """Everything that may be in doubt has been seen twice."""
    for _ in range(2):
        world.work()
        world.later(seconds=6)
    world.work()


def shown(world, ref=None):
    """What the bridge wrote of others' comments, as it is to be read now."""
    ref = ref or world.origin
    return [
        (comment.body.text, comment.visibility)
        for comment in world.comments
        if comment.ticket == ref and comment.marker and "comment" in comment.body.text
    ]


def changes(world, kind=EditComment | DeleteComment):
    return [record for record in world.writes.values() if isinstance(record.intent, kind)]


def notes(world, template):
    return [
        record
        for record in world.writes.values()
        if isinstance(record.intent, WriteComment) and record.intent.message.template == template
    ]


def refusing(record):
    return "failed" if isinstance(record.intent, EditComment | DeleteComment) else "done"


def settle_refusing(world):
    for _ in range(6):
        world.read()
        world.record(world.decide())
        world.deliver(refusing)
        world.later(seconds=6)


def test_an_edit_is_put_into_what_was_carried_over(linked):
    world = linked()
    comment = said(world)
    world.alters(comment, "Better words")
    settle(world)
    assert shown(world) == [("[passed_comment] Better words", PRIVATE)]
    (edit,) = changes(world)
    assert (edit.intent.visibility, edit.intent.message.visibility) == (PRIVATE, PRIVATE)
    for _ in range(3):
        settle(world)
    assert len(changes(world)) == 1, "it echoes"


def test_an_edit_waits_for_breath(linked):
    world = linked()
    comment = said(world)
    world.alters(comment, "Better words")
    world.read()
    (keyed,) = world.decide().intents
    assert keyed.not_before == world.now + timedelta(seconds=10)


def test_quick_edits_go_over_as_one(linked):
    world = linked()
    comment = said(world)
    for words in ("Second words", "Third words", "Fourth words"):
        world.alters(comment, words)
        world.read()
        world.record(world.decide())
        world.later(seconds=1)
    settle(world)
    assert shown(world) == [("[passed_comment] Fourth words", PRIVATE)]
    assert [r.state for r in changes(world)] == [
        IntentState.CANCELLED,
        IntentState.CANCELLED,
        IntentState.DONE,
    ]
    assert len({record.next_attempt_at for record in changes(world)}) == 1, "who goes on editing is heard"


def test_an_edit_that_is_undone_at_once_is_none(linked):
    world = linked()
    comment = said(world)
    for words in ("Second words", "First words"):
        world.alters(comment, words)
        world.read()
        world.record(world.decide())
    settle(world)
    assert shown(world) == [("[passed_comment] First words", PRIVATE)]
    assert [record.state for record in changes(world)] == [IntentState.CANCELLED]


def test_an_edit_whose_answer_was_lost_is_found_out_before_the_next_one(linked):
    world = linked()
    comment = said(world)
    world.alters(comment, "Second words")
    world.read()
    world.record(world.decide())
    world.later(minutes=1)  # an edit rests a little, because people go on editing
    world.deliver(lambda _: "lost")
    world.alters(comment, "Third words")
    world.read()
    assert changes(world)[-1].state is IntentState.SENT
    assert world.decide().intents == ()
    settle(world)
    assert shown(world) == [("[passed_comment] Third words", PRIVATE)]


def test_where_it_cannot_be_edited_the_agents_get_one_note(linked):
    world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    comment = said(world, visibility=PUBLIC)
    world.alters(comment, "Better words")
    settle_refusing(world)
    assert shown(world) == [
        ("[passed_comment] First words", PUBLIC),
        ("[comment_edited] Better words", PRIVATE),
    ]
    assert notes(world, "write_failed") == []
    world.alters(comment, "Best words")
    settle_refusing(world)
    assert shown(world)[2:] == [("[comment_edited] Best words", PRIVATE)]


def test_an_edit_is_not_followed_for_ever(linked):
    for window, days in ((timedelta(hours=1), 0), (None, 0), (timedelta(hours=24), 2)):
        world = linked(follow_edits=window)
        comment = said(world)
        world.later(hours=2, days=days)
        world.alters(comment, "Better words")
        settle(world)
        assert changes(world) == []


def test_what_the_route_no_longer_takes_is_not_told_anew(linked):
    """Passed on while everybody could read it, made private and then edited: the new words are for its own side."""
    world = linked(comments_to_linked=CommentRule(Take.PUBLIC, PRIVATE))
    comment = said(world, Side.ORIGIN, PUBLIC)
    world.alters(comment, "The password is 1234", PRIVATE)
    settle(world)
    assert shown(world, world.linked) == [("[passed_comment] First words", PRIVATE)]
    assert changes(world) == []


def test_a_comment_that_is_taken_back_is_taken_back_there(linked):
    world = linked()
    world.removes(said(world))
    said(world, text="Something else")
    settle(world)
    assert shown(world) == [("[passed_comment] Something else", PRIVATE)]
    assert [record.intent.is_hidden for record in changes(world)] == [False]


def test_where_it_cannot_be_taken_back_a_note_says_so_without_its_words(linked):
    world = linked()
    world.removes(said(world))
    settle_refusing(world)
    assert shown(world) == [("[passed_comment] First words", PRIVATE), ("[comment_taken_back] ", PRIVATE)]
    (note,) = notes(world, "comment_taken_back")
    assert "First words" not in str(note.intent.message)
    assert note.intent.message.facts["author"] == "Agent"


def test_what_is_taken_back_before_it_was_sent_is_not_sent(linked):
    world = linked()
    comment = world.says(world.linked, Role.AGENT, "First words", PRIVATE)
    world.read()
    world.record(world.decide())
    world.removes(comment)
    for _ in range(2):
        world.read()
        world.later(seconds=6)
    world.record(world.decide())
    world.work()
    assert shown(world) == []


def test_a_comment_that_is_there_again_is_not_lost(linked):
    world = linked()
    comment = said(world)
    world.removes(comment)
    settle(world)
    assert shown(world) == []
    world.comments.append(comment)
    settle(world)
    assert shown(world) == [("[passed_comment] First words", PRIVATE)]


@pytest.mark.parametrize("take", [Take.ALL, Take.PUBLIC])
def test_what_is_made_private_is_taken_back_where_customers_read_it(linked, take):
    world = linked(comments_to_origin=CommentRule(take, PUBLIC))
    comment = said(world, visibility=PUBLIC)
    assert shown(world) == [("[passed_comment] First words", PUBLIC)]
    world.later(days=30)  # however old it is
    world.alters(comment, visibility=PRIVATE)
    settle(world)
    # Who takes all gets it once more, for the agents.
    assert shown(world) == ([("[passed_comment] First words", PRIVATE)] if take is Take.ALL else [])
    assert [record.intent.is_hidden for record in changes(world)] == [True]


def test_what_cannot_be_hidden_there_is_an_alarm(linked):
    world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    comment = said(world, visibility=PUBLIC)
    world.alters(comment, visibility=PRIVATE)
    settle_refusing(world)
    (alarm,) = notes(world, "comment_exposed")
    assert (alarm.intent.ticket, alarm.intent.visibility) == (world.origin, PRIVATE)
    assert "First words" not in str(alarm.intent.message)
    assert world.codes.count("comment_exposed") == 1


def test_what_went_over_as_private_is_left_when_it_is_made_private(linked):
    world = linked(comments_to_linked=CommentRule(Take.PUBLIC, PRIVATE))
    comment = said(world, Side.ORIGIN, PUBLIC)
    world.alters(comment, visibility=PRIVATE)
    settle(world)
    assert shown(world, world.linked) == [("[passed_comment] First words", PRIVATE)]


def test_what_is_made_private_before_it_was_sent_is_not_sent_and_goes_when_it_is_public_again(linked):
    world = linked(comments_to_origin=CommentRule(Take.PUBLIC, PUBLIC))
    comment = world.says(world.linked, Role.AGENT, "First words", PUBLIC)
    world.read()
    world.record(world.decide())
    world.alters(comment, visibility=PRIVATE)
    settle(world)
    assert shown(world) == []
    assert changes(world) == [], "not even for a moment: nothing had to be deleted"
    world.alters(comment, visibility=PUBLIC)
    settle(world)
    assert shown(world) == [("[passed_comment] First words", PUBLIC)]


@pytest.mark.parametrize("write", list(Visibility))
def test_what_is_made_public_goes_over_now_where_only_that_does(linked, write):
    world = linked(comments_to_origin=CommentRule(Take.PUBLIC, write))
    comment = said(world)
    assert shown(world) == []
    world.alters(comment, visibility=PUBLIC)
    settle(world)
    assert shown(world) == [("[passed_comment] First words", write)]


def test_what_went_over_as_private_stays_so_when_it_is_made_public(linked):
    world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    comment = said(world)
    world.alters(comment, "Better words", PUBLIC)
    settle(world)
    assert shown(world) == [("[passed_comment] Better words", PRIVATE)]


def test_a_route_that_is_not_public_any_more_edits_nothing_public(linked):
    world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    comment = said(world, visibility=PUBLIC)
    changed = replace(world.rules.routes["engineering"], comments_to_origin=CommentRule(Take.ALL, PRIVATE))
    world.rules = replace(world.rules, routes={"engineering": changed})
    world.alters(comment, "Better words")
    settle(world)
    assert shown(world) == [
        ("[passed_comment] First words", PUBLIC),
        ("[comment_edited] Better words", PRIVATE),
    ]


def test_what_the_description_quotes_is_followed_by_a_note(make_world):
    world = make_world(policies=(make_world.policy(),))
    world.work()
    world.later(minutes=30)
    quoted = [world.says(world.origin, Role.CUSTOMER, text) for text in ("One", "Two")]
    world.work()
    world.later(minutes=31)
    world.work()
    assert set(world.link.excluded) == {comment.id for comment in quoted}
    world.alters(quoted[0], "One and a half")
    world.read()
    world.record(world.decide())
    world.alters(quoted[0], "One and three quarters")
    settle(world)
    assert shown(world, world.linked) == [("[comment_edited] One and three quarters", PRIVATE)]
    world.removes(quoted[1])
    settle(world)
    assert shown(world, world.linked)[1:] == [("[comment_taken_back] ", PRIVATE)]
    for _ in range(3):
        settle(world)
    assert len(shown(world, world.linked)) == 2


@pytest.mark.parametrize("readers", [PUBLIC, PRIVATE])
def test_what_a_description_quotes_and_is_made_private_is_an_alarm_where_customers_read_it(
    make_world, readers
):
    world = make_world(policies=(make_world.policy(),))
    world.work()
    world.later(minutes=30)
    comment = world.says(world.origin, Role.CUSTOMER, "First words", PUBLIC)
    world.work()
    world.later(minutes=31)
    world.work()
    world.set(world.linked, description_visibility=readers)
    world.alters(comment, visibility=PRIVATE)
    for _ in range(3):
        settle(world)
    alarms = notes(world, "quote_exposed")
    assert [(alarm.intent.ticket, alarm.intent.visibility) for alarm in alarms] == (
        [(world.linked, PRIVATE)] if readers is PUBLIC else []
    )
    assert "First words" not in str(alarms)


def test_what_was_refused_is_decided_anew_when_a_person_has_mended_it(linked):
    world = linked()
    comment = said(world)
    world.alters(comment, "Better words")
    settle_refusing(world)
    (edit,) = changes(world)
    assert edit.state is IntentState.FAILED
    world._mark(edit.key, after_retry(edit.intent))
    settle(world)
    assert shown(world)[0] == ("[passed_comment] Better words", PRIVATE)


@pytest.mark.parametrize("change", ["edited", "taken back"])
def test_what_is_refused_once_more_after_a_retry_is_not_told_once_more(linked, change):
    """A vendor that edits no comment, and an agent who says retry for the sake of something else."""
    world = linked()
    said(world, text="Something else")
    comment = said(world)
    if change == "edited":
        world.alters(comment, "Better words")
    else:
        world.removes(comment)
    for _ in range(3):
        settle_refusing(world)
        refused = changes(world)[-1]
        assert refused.state is IntentState.FAILED
        world._mark(refused.key, after_retry(refused.intent))
    told = "comment_edited" if change == "edited" else "comment_taken_back"
    assert len(notes(world, told)) == 1


def test_what_is_hidden_is_taken_back_while_the_link_rests(linked):
    """A link on hold for its budget, and one that has ended: neither shows on what nobody is to read any more."""
    for rests in (
        {"hold": Hold(HoldReason.WRITE_BUDGET, START, {"count": "9", "minutes": "5", "quiet": "600"})},
        {"ended": START},
    ):
        world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
        comment = said(world, visibility=PUBLIC)
        kept = said(world, visibility=PUBLIC, text="Other words")
        since = {"hold": replace(rests["hold"], since=world.now)} if "hold" in rests else {"ended": world.now}
        world.view = replace(world.view, links=(replace(world.link, **since),))
        world.alters(comment, visibility=PRIVATE)
        world.alters(kept, "Edited words")
        settle(world)
        assert [text for text in shown(world) if text[1] is PUBLIC] == [
            ("[passed_comment] Other words", PUBLIC)
        ]


@pytest.mark.parametrize("write", list(Visibility))
def test_files_that_customers_see_on_are_an_alarm(linked, write):
    world = linked(comments_to_origin=CommentRule(Take.PUBLIC, write), files=FileRule(10**6))
    file = Attachment("f1", "log.txt", "text/plain", 3, "https://files.example/f1")
    comment = world.says(world.linked, Role.AGENT, "First words", PUBLIC, files=[file])
    settle(world)
    world.alters(comment, visibility=PRIVATE)
    for _ in range(3):
        settle(world)
    alarms = [(n.intent.visibility, n.intent.message.facts["files"]) for n in notes(world, "files_exposed")]
    assert alarms == ([(PRIVATE, "log.txt")] if write is PUBLIC else [])


def unlink(world):
    world.says(world.origin, Role.AGENT, "/bridge unlink", PRIVATE)
    world.work()
    assert not world.view.links


def test_what_customers_read_is_taken_back_when_its_original_is_hidden_after_the_link_was(linked):
    world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    comment = said(world, visibility=PUBLIC)
    assert shown(world) == [("[passed_comment] First words", PUBLIC)]
    unlink(world)
    world.alters(comment, visibility=PRIVATE)
    settle(world)
    assert shown(world) == []
    assert len(changes(world, DeleteComment)) == 1


def test_what_customers_read_is_taken_back_although_the_route_is_not_configured_any_more(linked):
    world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    comment = said(world, visibility=PUBLIC)
    kept = said(world, visibility=PUBLIC, text="Other words")
    world.rules = replace(world.rules, routes={})
    world.alters(comment, visibility=PRIVATE)
    world.alters(kept, "Edited words")
    settle(world)
    assert shown(world) == [("[passed_comment] Other words", PUBLIC)]


def test_what_was_never_written_is_not_taken_back(linked):
    world = linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    comment = world.says(world.linked, Role.AGENT, "First words", PUBLIC)
    for _ in range(3):
        world.read()
        world.record(world.decide())
        world.deliver(lambda record: "failed" if isinstance(record.intent, WriteComment) else "done")
        world.later(seconds=6)
    (written,) = notes(world, "passed_comment")
    assert written.state is not IntentState.DONE
    unlink(world)
    world.alters(comment, visibility=PRIVATE)
    for _ in range(3):
        world.read()
        world.record(world.decide())
        world.later(seconds=6)
    assert changes(world, DeleteComment) == []
