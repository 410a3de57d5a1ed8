"""Deliberate faults in what agents can ask for: each of them the property has to notice."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from bridge_histories.asking import Asks, Verb, Voice
from bridge_histories.faulty import Mutant, everywhere
from bridge_histories.kept import Kept
from bridge_histories.pair import Pair
from bridge_histories.pairs import FreshdeskToEngineering, ZendeskToFreshdesk, ZendeskToServiceDesk
from bridge_histories.steps import (
    Mail,
    Settles,
    Story,
    Works,
    drawn,
    ends,
    moves,
    quarrels,
    rulebooks,
    says,
)
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Command
from escalation_bridge.domain.commands.parse import open_commands
from escalation_bridge.domain.commands.verbs.choose import chosen_by
from escalation_bridge.domain.links.by_hand import unlink
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments import carry_over
from escalation_bridge.domain.tickets.command_line import is_command
from escalation_bridge.domain.tickets.tickets import Comment, Visibility


def commands_carried_over() -> AbstractContextManager[Any]:
    """What agents ask the bridge for goes over as what they say to each other does."""
    return mock.patch.object(carry_over, "is_command", return_value=False)


def heard_from_anybody() -> AbstractContextManager[Any]:
    """What customers write, and what they read, is heard as well as notes."""

    def is_for_us(comment: Comment) -> bool:
        return is_command(replace(comment, visibility=Visibility.PRIVATE))

    return everywhere(is_command, is_for_us)


def asked_again() -> AbstractContextManager[Any]:
    """What a note is answered under depends on what else happened to the case."""

    def commands(view: CaseView) -> Iterator[Command]:
        asked = open_commands(replace(view, intents={}))
        sent = len(view.intents) // 5
        yield from (replace(command, key=f"{command.key}:{sent}") for command in asked)

    return everywhere(open_commands, commands)


def unlinked_in_words_only() -> AbstractContextManager[Any]:
    """Both tickets are told that the link is no more, and it goes on."""

    def takes_back(view: CaseView, link: Link, by: str, now: datetime) -> Part:
        return replace(unlink(view, link, by, now), links=())

    return everywhere(unlink, takes_back)


def other_side_chosen() -> AbstractContextManager[Any]:
    """Whoever chooses one side's values gets the other one's."""

    def chosen(link: Link, side: Side, *rest: Any) -> Link:
        return chosen_by(link, side.other, *rest)

    return everywhere(chosen_by, chosen)


def choices_forgotten() -> AbstractContextManager[Any]:
    """Whoever chooses is answered, and nothing comes of it."""

    def chosen(link: Link, *_: Any) -> Link:
        return replace(link, edges=link.edges + 1)

    return everywhere(chosen_by, chosen)


_TICKS = st.sampled_from([Settles(), Works(1, Mail.BROUGHT), Works(1, Mail.LOST)])
_ALL = CommentRule(Take.ALL, Visibility.PRIVATE)
_TALKATIVE = rulebooks.map(lambda rulebook: replace(rulebook, to_linked=_ALL, to_origin=_ALL))
_CONTESTED = rulebooks.map(
    lambda rulebook: replace(rulebook, full=True, owner=None, kept=Kept(priority=True))
)


def _asks(*verbs: Verb, voices: tuple[Voice, ...] = (Voice.NOTE,)) -> st.SearchStrategy[Asks]:
    return st.builds(Asks, ends, st.sampled_from(verbs), st.sampled_from(voices), st.integers(0, 5))


_CHOICES = drawn(quarrels, _CONTESTED, (True,), _TICKS)

OF_WHAT_WAS_ASKED: Mapping[Mutant, tuple[type[Pair], st.SearchStrategy[Story]]] = {
    commands_carried_over: (ZendeskToServiceDesk, drawn(_asks(*Verb), _TALKATIVE, (True,), _TICKS)),
    heard_from_anybody: (
        ZendeskToFreshdesk,
        drawn(_asks(*Verb, voices=tuple(Voice)), _TALKATIVE, (True,), _TICKS),
    ),
    asked_again: (FreshdeskToEngineering, drawn(_asks(*Verb) | says, _TALKATIVE, (True,), _TICKS)),
    unlinked_in_words_only: (
        FreshdeskToEngineering,
        drawn(_asks(Verb.UNLINK) | moves, linked_first=(True,), ticks=_TICKS),
    ),
    other_side_chosen: (FreshdeskToEngineering, _CHOICES),
    choices_forgotten: (ZendeskToFreshdesk, _CHOICES),
}
"""Each fault with the pair and the kind of histories in which it is looked for."""
