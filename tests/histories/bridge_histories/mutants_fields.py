"""Deliberate faults in how fields are kept in step: each of them the property has to notice."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from bridge_histories.faulty import Mutant, everywhere
from bridge_histories.kept import BOTH_WAYS, Kept
from bridge_histories.pair import Pair
from bridge_histories.pairs import FreshdeskToEngineering, ZendeskToFreshdesk, ZendeskToServiceDesk
from bridge_histories.steps import Alters, Kind, Mail, Settles, Story, Works, drawn, ends, rulebooks
from escalation_bridge.domain.case.cases import CaseView, FieldState, Link
from escalation_bridge.domain.routes.fields.assignee import AssigneeRule
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped
from escalation_bridge.domain.sync.fields.carry_over import sync_fields
from escalation_bridge_freshdesk.translation import changes


def tags_overwritten() -> AbstractContextManager[Any]:
    """The list of tags is replaced by the bridge's, with all that other people put there."""

    def merge(_current: Iterable[str], add: Iterable[str], _remove: Iterable[str]) -> tuple[str, ...]:
        return tuple(add)

    return mock.patch.object(changes, "merge_tags", merge)


def field_watermark_ignored() -> AbstractContextManager[Any]:
    """At what both sides were last in step is forgotten: what the bridge wrote itself looks like a change."""

    def syncs(view: CaseView, link: Link, *rest: Any) -> Any:
        nothing = {key: FieldState(dict.fromkeys(Side, "")) for key in link.fields}
        return sync_fields(view, replace(link, fields=nothing), *rest)

    return everywhere(sync_fields, syncs)


def direction_ignored() -> AbstractContextManager[Any]:
    """Whatever the route says, a field's changes go both ways."""
    return mock.patch.object(Direction, "carries", return_value=True)


def values_guessed() -> AbstractContextManager[Any]:
    """A value that is not mapped is left alone in silence."""
    real = CustomRule.wish

    def wish(*args: Any) -> Any:
        found = real(*args)
        return Keep.KEEP if found is Unmapped.UNMAPPED else found

    return mock.patch.object(CustomRule, "wish", wish)


def field_owner_mistaken() -> AbstractContextManager[Any]:
    """Where both sides changed a field, the one wins that does not own it."""

    def syncs(view: CaseView, link: Link, route: Route, *rest: Any) -> Any:
        single = route.synced.single if route.synced else ()
        turned = tuple(replace(rule, owner=rule.owner and rule.owner.other) for rule in single)
        synced = route.synced and replace(route.synced, single=turned)
        return sync_fields(view, link, replace(route, synced=synced), *rest)

    return everywhere(sync_fields, syncs)


def held_up_by_nobody() -> AbstractContextManager[Any]:
    """An assignee who cannot be found holds the field up as any other value does."""
    return mock.patch.object(AssigneeRule, "names_people", False)


def anybody_assigned() -> AbstractContextManager[Any]:
    """Who is not in the table becomes the last one who is."""
    real = AssigneeRule.counterparts

    def counterparts(rule: AssigneeRule, source: Side, shown: Any) -> Any:
        last = rule.users[-1][1 if source is Side.ORIGIN else 0]
        return real(rule, source, shown) or (last,)

    return mock.patch.object(AssigneeRule, "counterparts", counterparts)


def _stories(*kinds: Kind, kept: Kept = BOTH_WAYS, **rules: Any) -> st.SearchStrategy[Story]:
    """Histories in which people change little else, and which are judged often."""
    changes = st.builds(Alters, ends, st.sampled_from(kinds), st.integers(0, 4))
    ruled = rulebooks.map(lambda rulebook: replace(rulebook, kept=kept, **rules))
    ticks = st.sampled_from([Settles(), Works(1, Mail.BROUGHT), Works(1, Mail.LOST)])
    return drawn(changes, ruled, (True,), ticks)


OF_FIELDS: Mapping[Mutant, tuple[type[Pair], st.SearchStrategy[Story]]] = {
    tags_overwritten: (FreshdeskToEngineering, _stories(Kind.TAGS)),
    field_watermark_ignored: (ZendeskToFreshdesk, _stories(*Kind)),
    direction_ignored: (
        ZendeskToServiceDesk,
        _stories(*Kind, kept=Kept(Direction.TO_LINKED, Direction.TO_ORIGIN, Direction.TO_LINKED)),
    ),
    values_guessed: (ZendeskToServiceDesk, _stories(Kind.CUSTOM)),
    field_owner_mistaken: (FreshdeskToEngineering, _stories(Kind.CUSTOM, owner=Side.ORIGIN)),
    held_up_by_nobody: (FreshdeskToEngineering, _stories(Kind.ASSIGNEE)),
    anybody_assigned: (FreshdeskToEngineering, _stories(Kind.ASSIGNEE)),
}
"""Each fault with the pair and the kind of histories in which it is looked for."""
