"""Deliberate faults in what becomes of comments that change, and of files: each of them the property has to notice."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
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
from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import EditComment, WriteComment
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.sync.comments.carry_over import is_taken
from escalation_bridge.domain.sync.comments.edits import follow_originals
from escalation_bridge.domain.sync.comments.files import note_refused_files, pass_files
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.engine.deliver.kinds.files import FileWork
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.files import FileDraft


def edits_ignored() -> AbstractContextManager[Any]:
    """What was carried over stays as it was, whatever becomes of its original."""
    return everywhere(follow_originals, lambda *_, **__: NOTHING)


def _following(
    beforehand: Callable[[CaseView], CaseView] = lambda view: view,
    afterwards: Callable[[KeyedIntent], KeyedIntent | None] = lambda intent: intent,
) -> AbstractContextManager[Any]:
    """What becomes of comments is decided on another case than there is, or not all of it is written as it was decided."""

    def follows(view: CaseView, *rest: Any, **named: Any) -> Part:
        part = follow_originals(beforehand(view), *rest, **named)
        kept = (afterwards(each) for each in part.intents)
        return replace(part, intents=tuple(each for each in kept if each is not None))

    return everywhere(follow_originals, follows)


def hiding_ignored() -> AbstractContextManager[Any]:
    """What was made private stays where customers read it."""

    def all_public(view: CaseView) -> CaseView:
        shown = (replace(comment, visibility=Visibility.PUBLIC) for comment in view.comments)
        return replace(view, comments=tuple(shown))

    return _following(all_public)


def taking_back_ignored() -> AbstractContextManager[Any]:
    """What was deleted stays on the other side."""
    return _following(lambda view: replace(view, taken_back={}))


def quotes_exposed_in_silence() -> AbstractContextManager[Any]:
    """Nobody hears that customers still read in a description what was made private."""

    def unless_alarm(each: KeyedIntent) -> KeyedIntent | None:
        return None if keys.QuoteExposed.read(each.key) else each

    return _following(afterwards=unless_alarm)


def edits_told_publicly() -> AbstractContextManager[Any]:
    """A note about an edit is written where customers read it."""

    def publicly(each: KeyedIntent) -> KeyedIntent:
        if not isinstance(each.intent, WriteComment):
            return each
        return replace(each, intent=replace(each.intent, visibility=Visibility.PUBLIC))

    return _following(afterwards=publicly)


def edits_told_again() -> AbstractContextManager[Any]:
    """That the other side was told of an edit is forgotten."""

    def unedited(view: CaseView) -> CaseView:
        records = dict(view.intents)
        for key, record in view.intents.items():
            if isinstance(record.intent, EditComment):
                carried = view.intents[record.intent.written].intent
                intent = replace(record.intent, message=carried.message)
                records[key] = replace(record, intent=intent)
        return replace(view, intents=records)

    return _following(unedited)


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

    def forgetful(view: CaseView, *rest: Any) -> FileWork:
        return FileWork(replace(view, intents={}), *rest)

    return everywhere(FileWork, forgetful)


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

    def untold(real: Callable[..., Part]) -> AbstractContextManager[Any]:
        def says(*arguments: Any) -> Part:
            part = real(*arguments)
            return replace(part, intents=tuple(i for i in part.intents if not keys.Refused.read(i.key)))

        return everywhere(real, says)

    patched = ExitStack()
    for real in (pass_files, note_refused_files):
        patched.enter_context(untold(real))
    return patched


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
