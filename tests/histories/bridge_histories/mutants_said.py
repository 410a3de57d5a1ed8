"""Deliberate faults in what becomes of comments that change, and of files: each of them the property has to notice."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from bridge_histories.faulty import Mutant, everywhere
from bridge_histories.pair import Pair
from bridge_histories.pairs import FreshdeskToEngineering, ZendeskToFreshdesk, ZendeskToServiceDesk
from bridge_histories.rewording import Rewords
from bridge_histories.seen import End
from bridge_histories.steps import Mail, Says, Story, Who, Works, drawn, rewords, rulebooks, says, sends
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.sync.comments import edits, files
from escalation_bridge.domain.sync.comments.carry_over import is_taken
from escalation_bridge.domain.sync.comments.edits import follow_originals
from escalation_bridge.domain.sync.comments.files import pass_files
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.engine.deliver.kinds.files import FileWork
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.files import FileDraft


def edits_ignored() -> AbstractContextManager[Any]:
    """What was carried over stays as it was, whatever becomes of its original."""
    return everywhere(follow_originals, lambda *_, **__: NOTHING)


def hiding_ignored() -> AbstractContextManager[Any]:
    """What was made private stays where customers read it."""
    return mock.patch.object(edits._Follower, "_is_hidden", return_value=False)


def taking_back_ignored() -> AbstractContextManager[Any]:
    """What was deleted stays on the other side."""
    return mock.patch.object(edits._Follower, "_is_gone", return_value=False)


def quotes_exposed_in_silence() -> AbstractContextManager[Any]:
    """Nobody hears that customers still read in a description what was made private."""
    return mock.patch.object(edits._Follower, "_quote_alarm", return_value=NOTHING)


def edits_told_publicly() -> AbstractContextManager[Any]:
    """A note about an edit is written where customers read it."""
    real = edits._Follower._note

    def tell(follower: Any, key: str, *rest: Any) -> Part:
        part = real(follower, key, *rest)
        public = [
            replace(each, intent=replace(each.intent, visibility=Visibility.PUBLIC)) for each in part.intents
        ]
        return replace(part, intents=tuple(public))

    return mock.patch.object(edits._Follower, "_note", tell)


def edits_told_again() -> AbstractContextManager[Any]:
    """That the other side was told of an edit is forgotten."""

    def told(_: Any, carried: Any, __: Any) -> Any:
        return carried.message.quotes[0]

    return mock.patch.object(edits._Follower, "_told", told)


def shown_at_once() -> AbstractContextManager[Any]:
    """What is private now goes over if it was public when it was read first."""
    return everywhere(is_taken, lambda *_: True)


def files_left_behind() -> AbstractContextManager[Any]:
    """Comments go over without their files."""
    return everywhere(pass_files, lambda *_: NOTHING)


def files_open_to_all() -> AbstractContextManager[Any]:
    """Whatever its comment is, customers can open a file."""
    real = FileDraft
    return everywhere(real, lambda **facts: real(**{**facts, "visibility": Visibility.PUBLIC}))


def files_passed_twice() -> AbstractContextManager[Any]:
    """That the same bytes are there already is not noticed."""
    return mock.patch.object(FileWork, "_is_there", return_value=False)


def files_cut_short() -> AbstractContextManager[Any]:
    """The last byte of a file is lost on its way."""
    real = Helpdesk.fetch_attachment

    def fetch(helpdesk: Helpdesk, attachment: Any, into: Any, limit: int) -> Any:
        fetched = real(helpdesk, attachment, into, limit)
        into.truncate(fetched.size - 1)
        return replace(fetched, size=fetched.size - 1)

    return mock.patch.object(Helpdesk, "fetch_attachment", fetch)


def refused_files_untold() -> AbstractContextManager[Any]:
    """A file that is not passed on is not named."""
    return everywhere(files._refused, lambda *_: NOTHING)


_FILES = drawn(sends, rulebooks.map(lambda rulebook: replace(rulebook, files=True)))
_FOLLOWED = rulebooks.map(lambda rulebook: replace(rulebook, follow=timedelta(hours=24)))
_ALL = CommentRule(Take.ALL, Visibility.PUBLIC)
_ALL_FOLLOWED = _FOLLOWED.map(lambda rulebook: replace(rulebook, to_linked=_ALL, to_origin=_ALL))
_REWORDED = drawn(says | rewords, _ALL_FOLLOWED, (True,))
_HIDES = st.just(Rewords(End.ORIGIN, remark=0, choice=0))
_QUOTED = drawn(
    st.builds(Says, st.just(End.ORIGIN), st.sampled_from(Who), st.just(True)) | _HIDES,
    _ALL_FOLLOWED,
    (False,),
    ticks=st.just(Works(5, Mail.BROUGHT)),
)

OF_WHAT_WAS_SAID: Mapping[Mutant, tuple[type[Pair], st.SearchStrategy[Story]]] = {
    edits_ignored: (FreshdeskToEngineering, _REWORDED),
    hiding_ignored: (ZendeskToServiceDesk, _REWORDED),
    taking_back_ignored: (ZendeskToFreshdesk, _REWORDED),
    quotes_exposed_in_silence: (ZendeskToFreshdesk, _QUOTED),
    edits_told_publicly: (ZendeskToServiceDesk, _REWORDED),
    edits_told_again: (FreshdeskToEngineering, _REWORDED),
    shown_at_once: (ZendeskToFreshdesk, drawn(says | rewords, _FOLLOWED)),
    files_left_behind: (ZendeskToServiceDesk, _FILES),
    files_open_to_all: (ZendeskToServiceDesk, _FILES),
    files_passed_twice: (FreshdeskToEngineering, _FILES),
    files_cut_short: (ZendeskToFreshdesk, _FILES),
    refused_files_untold: (FreshdeskToEngineering, _FILES),
}
