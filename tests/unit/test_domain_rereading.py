"""What a further reading of a ticket's comments shows, and what has to be seen twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.case.cases import Doubt, Doubted
from escalation_bridge.domain.sync.comments.rereading import SECOND_LOOK, Rereading, read_from, reread
from escalation_bridge.domain.tickets.same_words import essence, same_words
from escalation_bridge.domain.tickets.tickets import Attachment, Comment, Person, RichText, Role, Visibility

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
DAY = timedelta(days=1)


@pytest.fixture
def view(make_world):
    """A case in which four comments are known: an old one, a public and a private one of today, and one of the bridge's."""
    world = make_world()
    world.read()
    known = [
        make(world, "old", -48),
        make(world, "public", -2),
        make(world, "private", -1, PRIVATE),
        make(world, "private too", -1, PRIVATE),
        make(world, "ours", 0, PRIVATE),
    ]
    return replace(
        world.view,
        opened_at=world.now,
        comments=tuple(known),
        own_comments=frozenset({(world.origin, "ours")}),
    )


def make(world, id_, hours, visibility=PUBLIC):
    author, body = Person("1", "Sari", None, Role.CUSTOMER), RichText(f"<p>{id_}</p>", id_)
    return Comment(world.origin, id_, author, visibility, body, world.now + timedelta(hours=hours))


def look(view, read, after=timedelta(), since=DAY):
    now = view.opened_at + after
    return reread(view, view.origin, read, now - since if since is not None else None, now)


def but(view, id_, **changes):
    """What is read where one comment is not as it was."""
    return [replace(c, **changes) if c.id == id_ else c for c in view.comments]


def without(view, *ids):
    return [comment for comment in view.comments if comment.id not in ids]


def doubting(view, id_, what, ago=timedelta()):
    return replace(view, doubts={(view.origin, id_): Doubted(what, view.opened_at - ago)})


def text(words):
    return RichText(f"<p>{words}</p>", words)


def test_what_is_as_it_was_is_no_news(view):
    assert look(view, view.comments) == Rereading()
    assert not look(view, view.comments)


def test_reading_begins_before_what_may_have_been_edited(view):
    assert read_from(view, view.origin, view.opened_at - DAY) == "old"
    assert read_from(view, view.origin, None) == "private too"
    assert read_from(view, view.origin, view.opened_at - 3 * DAY) is None


@pytest.mark.parametrize("id_", ["public", "private"])
def test_an_edit_of_today_counts_at_once(view, id_):
    said = look(view, but(view, id_, body=text("Other words")))
    assert [(c.id, c.body.text) for c in said.changed] == [(id_, "Other words")]
    assert not said.is_open


def test_an_edit_of_what_is_old_or_ours_is_none(view):
    for id_ in ("old", "ours"):
        assert not look(view, but(view, id_, body=text("Other words")))


def test_where_no_route_follows_edits_only_hiding_counts(view):
    read = but(view, "public", body=text("Other words"), visibility=PRIVATE)
    (kept,) = look(view, read, since=None).changed
    assert (kept.body.text, kept.visibility) == ("public", PRIVATE)
    assert not look(view, without(view, "private"), since=None)


def test_another_file_is_news_and_another_address_of_it_is_not(view):
    file = Attachment("7", "a.png", "image/png", 3, "https://files.example/a?Expires=1")
    (kept,) = look(view, but(view, "public", attachments=(file,))).changed
    assert kept.attachments == (file,)
    again = replace(view, comments=(kept,))
    assert not look(again, [replace(kept, attachments=(replace(file, url="https://files.example/b"),))])


@pytest.mark.parametrize("id_", ["public", "old"])
def test_what_was_hidden_is_hidden_at_once_however_old(view, id_):
    (kept,) = look(view, but(view, id_, visibility=PRIVATE)).changed
    assert kept.visibility is PRIVATE


def test_what_is_shown_to_everybody_is_believed_the_second_time(view):
    read = but(view, "private", visibility=PUBLIC, body=text("For all"))
    first = look(view, read)
    assert (first.doubts, first.is_open) == ({"private": Doubt.PUBLIC}, True)
    assert [comment.visibility for comment in first.changed] == [PRIVATE]
    doubted = doubting(view, "private", Doubt.PUBLIC)
    too_soon = look(doubted, read, SECOND_LOOK - timedelta(seconds=1))
    assert (too_soon.doubts, too_soon.is_open, too_soon.settled) == ({}, True, ())
    again = look(doubted, read, SECOND_LOOK)
    assert (again.changed[0].visibility, again.settled, again.is_open) == (PUBLIC, ("private",), False)


def test_what_is_missing_is_believed_the_second_time(view):
    read = without(view, "private")
    first = look(view, read)
    assert (first.doubts, first.taken_back, first.is_open) == ({"private": Doubt.MISSING}, (), True)
    doubted = doubting(view, "private", Doubt.MISSING)
    assert look(doubted, read, SECOND_LOOK - timedelta(seconds=1)).taken_back == ()
    again = look(doubted, read, SECOND_LOOK)
    assert (again.taken_back, again.settled, again.is_open) == (("private",), ("private",), False)


def test_a_list_that_lagged_takes_nothing_back(view):
    doubted = doubting(view, "private", Doubt.MISSING, ago=SECOND_LOOK)
    said = look(doubted, view.comments)
    assert (said.settled, said.taken_back, said.is_open) == (("private",), (), False)


def test_one_doubt_does_not_confirm_another(view):
    doubted = doubting(view, "private", Doubt.PUBLIC, ago=SECOND_LOOK)
    said = look(doubted, without(view, "private"))
    assert (said.taken_back, said.doubts) == ((), {"private": Doubt.MISSING})


def test_what_comes_back_after_it_was_taken_back_is_there(view):
    gone = replace(view, taken_back={(view.origin, "private"): view.opened_at})
    assert not look(gone, without(view, "private"))
    assert look(gone, view.comments).back == ("private",)


def test_what_vanishes_all_at_once_is_not_taken_for_deleted(view):
    """An account that may not see internal comments any more sees none of them."""
    read = without(view, "private", "private too")
    first = look(view, read)
    assert (first.doubts, first.is_open) == (dict.fromkeys(("private", "private too"), Doubt.UNSEEN), False)
    doubts = {(view.origin, id_): Doubted(Doubt.UNSEEN, view.opened_at) for id_ in first.doubts}
    later = replace(view, doubts=doubts)
    assert not look(later, read, timedelta(hours=1))
    assert set(look(later, view.comments).settled) == {"private", "private too"}


def test_what_is_old_or_ours_is_not_missed(view):
    assert not look(view, without(view, "old", "ours"))


words = st.text(st.sampled_from("abc @.\n\t\u200b\u00a0"), max_size=20)


@given(words, st.sampled_from([" ", "\n", "\u00a0", "\u200b", "\ufeff", "\r\n "]))
def test_what_vendors_do_to_white_space_is_no_edit(said, between):
    assert same_words(
        said, between.join(["", *said.split(), ""]) if between.strip() == "" and said.split() else said
    )
    assert same_words(said, f"{between}{said}\n")


@given(words, words)
def test_other_words_are_an_edit(one, other):
    assert same_words(one, other) is (essence(one) == essence(other))
    assert not same_words(f"{one}x", f"{other}y")


def test_an_address_that_is_signed_anew_is_no_edit():
    before = "See log (https://files.example/a.txt?X-Amz-Date=1&X-Amz-Signature=ab)."
    assert same_words(before, before.replace("=1", "=2").replace("=ab", "=cd"))
    assert not same_words("https://shop.example/?id=5", "https://shop.example/?id=6")
