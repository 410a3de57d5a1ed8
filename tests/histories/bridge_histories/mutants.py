"""Deliberate faults in the engine: each of them the property has to notice."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from bridge_histories.faulty import Mutant, everywhere
from bridge_histories.kept import Kept
from bridge_histories.mutants_asked import OF_WHAT_WAS_ASKED
from bridge_histories.mutants_fields import OF_FIELDS
from bridge_histories.mutants_said import OF_WHAT_WAS_SAID
from bridge_histories.pair import Pair
from bridge_histories.pairs import FreshdeskToEngineering, ZendeskToFreshdesk, ZendeskToServiceDesk
from bridge_histories.refusals import Refuses
from bridge_histories.seen import End
from bridge_histories.steps import (
    Mail,
    Story,
    Trouble,
    Works,
    drawn,
    moves,
    ranks,
    rulebooks,
    says,
)
from escalation_bridge.domain.after_writing import Consequence, after_change
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.links.failure_notes import note_failures
from escalation_bridge.domain.routes.routes import CommentRule, Route, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped
from escalation_bridge.domain.sync.comments.carry_over import pass_comments
from escalation_bridge.domain.sync.fields.carry_over import sync_fields
from escalation_bridge.domain.sync.status.carry_over import sync_status
from escalation_bridge.domain.tickets.tickets import CommentDraft, Visibility
from escalation_bridge.engine.deliver import deliver
from escalation_bridge.engine.reconcile.compare import compare
from escalation_bridge.errors import PermissionDenied
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.store.cases.outbox import retry_failed
from escalation_bridge_sandbox.kernel.faults import FaultKind


def echo_check_off() -> AbstractContextManager[Any]:
    """The bridge takes its own comments for somebody's."""

    def passes(view: CaseView, *rest: Any) -> Any:
        return pass_comments(replace(view, own_comments=frozenset()), *rest)

    return everywhere(pass_comments, passes)


def written_publicly() -> AbstractContextManager[Any]:
    """Whatever the route says, what is written is public."""
    return everywhere(CommentDraft, lambda body, _visibility: CommentDraft(body, Visibility.PUBLIC))


def read_as_public() -> AbstractContextManager[Any]:
    """A comment that is read counts as public, whatever the vendor says."""
    real = Helpdesk.fetch_with_comments

    def fetch(*args: Any) -> Any:
        reading = real(*args)
        shown = tuple(replace(comment, visibility=Visibility.PUBLIC) for comment in reading.comments)
        return replace(reading, comments=shown)

    return mock.patch.object(Helpdesk, "fetch_with_comments", fetch)


def watermark_ignored() -> AbstractContextManager[Any]:
    """Where both sides were last in step is forgotten: whatever they show looks like a change."""

    def syncs(view: CaseView, link: Link, *rest: Any) -> Any:
        return sync_status(view, replace(link, statuses=dict.fromkeys(Side, "")), *rest)

    return everywhere(sync_status, syncs)


def settled_wrongly() -> AbstractContextManager[Any]:
    """What the bridge itself set is not remembered as being in step."""

    def settle(view: CaseView, record: Any, *rest: Any) -> Consequence:
        consequence = after_change(view, record, *rest)
        if consequence.link is None or record.intent.settles is None:
            return consequence
        written = record.intent.settles.source.other
        before = next(link.statuses[written] for link in view.links if link.id == consequence.link.id)
        link = replace(consequence.link, statuses={**consequence.link.statuses, written: before})
        return replace(consequence, link=link)

    return everywhere(after_change, settle)


def receipt_not_stored() -> AbstractContextManager[Any]:
    """That a write took place is not kept."""
    return mock.patch.object(deliver.outbox, "save_receipt")


def told_forgotten() -> AbstractContextManager[Any]:
    """What the linked ticket's description already tells is passed on once more."""

    def passes(view: CaseView, link: Link, *rest: Any) -> Any:
        return pass_comments(view, replace(link, excluded=()), *rest)

    return everywhere(pass_comments, passes)


def comments_passed_twice() -> AbstractContextManager[Any]:
    """A comment's key depends on what else happened to the link."""

    def passes(view: CaseView, link: Link, *rest: Any) -> Part:
        part = pass_comments(view, link, *rest)
        return replace(part, intents=tuple(replace(i, key=f"{i.key}:{link.edges}") for i in part.intents))

    return everywhere(pass_comments, passes)


def statuses_guessed() -> AbstractContextManager[Any]:
    """A status that is not mapped is left alone in silence."""
    real = StatusMap.wish

    def wish(words: StatusMap, status: Any) -> Any:
        found = real(words, status)
        return Keep.KEEP if found is Unmapped.UNMAPPED else found

    return mock.patch.object(StatusMap, "wish", wish)


def priorities_left_alone() -> AbstractContextManager[Any]:
    """A field that was changed on one side is not carried over."""
    return everywhere(sync_fields, lambda *_: NOTHING)


def nothing_looked_up() -> AbstractContextManager[Any]:
    """A create whose outcome is unknown is made again without a look."""
    return mock.patch.object(Helpdesk, "find_ticket", return_value=None)


def lost_for_good() -> AbstractContextManager[Any]:
    """What webhooks missed is not found."""
    return everywhere(compare, lambda *_: None)


def owner_mistaken() -> AbstractContextManager[Any]:
    """Where both sides changed, the one wins that does not own the status."""

    def syncs(view: CaseView, link: Link, route: Route, *rest: Any) -> Any:
        return sync_status(view, link, replace(route, owner=route.owner and route.owner.other), *rest)

    return everywhere(sync_status, syncs)


def failures_untold() -> AbstractContextManager[Any]:
    """What a vendor refuses is given up in silence."""
    return everywhere(note_failures, lambda *_: NOTHING)


def retry_in_vain() -> AbstractContextManager[Any]:
    """Whoever says retry is answered, and what failed stays as it is."""
    return everywhere(retry_failed, lambda *_: 0)


def refused_for_ever() -> AbstractContextManager[Any]:
    """What is refused is tried again and again."""
    return mock.patch.object(PermissionDenied, "can_retry", True)


_COMMENTS = drawn(says)
_SPEECHLESS = drawn(
    says | st.just(Refuses(End.LINKED, 0)),
    rulebooks.map(lambda rulebook: replace(rulebook, to_linked=CommentRule(Take.ALL, Visibility.PRIVATE))),
    (True,),
)
_STATUSES = drawn(moves, rulebooks.map(lambda rulebook: replace(rulebook, full=True)), (True,))
_LOST_ANSWERS = st.builds(
    Trouble, st.just(End.LINKED), st.just(FaultKind.DROP_CONNECTION), st.just("POST"), st.just(0), st.just(1)
)
_FIVE_MINUTES = st.just(Works(5, Mail.BROUGHT))

MUTANTS: Mapping[Mutant, tuple[type[Pair], st.SearchStrategy[Story]]] = {
    echo_check_off: (ZendeskToServiceDesk, _COMMENTS),
    written_publicly: (ZendeskToServiceDesk, _COMMENTS),
    read_as_public: (ZendeskToFreshdesk, _COMMENTS),
    watermark_ignored: (FreshdeskToEngineering, _STATUSES),
    settled_wrongly: (ZendeskToFreshdesk, _STATUSES),
    receipt_not_stored: (FreshdeskToEngineering, _STATUSES),
    told_forgotten: (ZendeskToFreshdesk, drawn(says, linked_first=(False,))),
    comments_passed_twice: (ZendeskToFreshdesk, drawn(says | moves, linked_first=(True,))),
    statuses_guessed: (
        FreshdeskToEngineering,
        drawn(moves, rulebooks.map(lambda rulebook: replace(rulebook, full=False)), (True,)),
    ),
    priorities_left_alone: (
        ZendeskToFreshdesk,
        drawn(ranks, rulebooks.map(lambda rulebook: replace(rulebook, kept=Kept(priority=True))), (True,)),
    ),
    nothing_looked_up: (
        FreshdeskToEngineering,
        drawn(_LOST_ANSWERS, linked_first=(False,), ticks=_FIVE_MINUTES),
    ),
    lost_for_good: (ZendeskToFreshdesk, drawn(moves, ticks=st.just(Works(1, Mail.LOST)))),
    owner_mistaken: (ZendeskToFreshdesk, _STATUSES),
    failures_untold: (ZendeskToServiceDesk, _SPEECHLESS),
    retry_in_vain: (FreshdeskToEngineering, _SPEECHLESS),
    refused_for_ever: (ZendeskToFreshdesk, _SPEECHLESS),
    **OF_WHAT_WAS_SAID,
    **OF_FIELDS,
    **OF_WHAT_WAS_ASKED,
}
"""Each fault with the pair and the kind of histories in which it is looked for."""
