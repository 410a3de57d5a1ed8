"""Histories that did not hold once, shortened: each of them found a fault."""

from dataclasses import replace

import pytest

from bridge_histories.asking import Asks, Verb
from bridge_histories.history import History
from bridge_histories.kept import BOTH_WAYS, Kept
from bridge_histories.pair import Pair, Rulebook
from bridge_histories.pairs import FreshdeskToEngineering, ZendeskToFreshdesk, ZendeskToServiceDesk
from bridge_histories.play import play
from bridge_histories.seen import End
from bridge_histories.steps import (
    Alters,
    Dies,
    Kind,
    Mail,
    Moves,
    Ranks,
    Says,
    Settles,
    Step,
    Story,
    Trouble,
    Who,
    Works,
)
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge_sandbox.kernel.faults import FaultKind

ALL_TOLD = Rulebook(to_origin=CommentRule(Take.ALL, Visibility.PRIVATE))
STOPPED_ON_THE_WAY: tuple[Step, ...] = (
    Moves(End.ORIGIN, 1),  # pending
    Works(1, Mail.BROUGHT),
    Trouble(End.LINKED, FaultKind.HTML_LOGIN_PAGE, "POST", 2, 1),
    Says(
        End.ORIGIN, Who.CUSTOMER, public=True
    ),  # opens it again, which the service desk reaches in two steps
    Works(0, Mail.BROUGHT),
)
OWNED_BEHIND = Rulebook(
    owner=Side.LINKED,
    to_linked=CommentRule(Take.PUBLIC, Visibility.PRIVATE),
    to_origin=CommentRule(Take.ALL, Visibility.PRIVATE),
)
KILLED_ON_THE_WAY: tuple[Step, ...] = (
    Moves(End.LINKED, 1),
    Settles(),
    Says(End.ORIGIN, Who.CUSTOMER, public=True),
    Dies(20),  # after the first of two transitions
    Trouble(End.ORIGIN, FaultKind.DROP_CONNECTION, None, 0, 2),
    Works(0, Mail.LOST),
    Says(End.ORIGIN, Who.AGENT, public=True),
    Works(5, Mail.BROUGHT),
)
NO_TRANSITIONS_TOLD: tuple[Step, ...] = (
    Moves(End.ORIGIN, 1),
    Trouble(End.LINKED, FaultKind.EMPTY_200, "GET", 1, 1),  # after the issue, its transitions
    Works(5, Mail.BROUGHT),
)
SAID_BEFORE_OUR_WRITE: tuple[Step, ...] = (
    Says(End.LINKED, Who.CUSTOMER, public=True),
    Works(0, Mail.LOST),
    Moves(End.ORIGIN, 1),
    Works(0, Mail.BROUGHT),  # the linked ticket is written to, and known as that write answered it
    Works(0, Mail.LOST),
)
ALL_KEPT = Rulebook(kept=replace(BOTH_WAYS, priority=True))
TAKEN_BACK_HALF_WRITTEN: tuple[Step, ...] = (
    Ranks(End.LINKED, 1),
    Alters(End.LINKED, Kind.TAGS, 0),
    Trouble(End.ORIGIN, FaultKind.RATE_LIMIT, "PUT", 1, 2),  # tags are a request of their own
    Works(0, Mail.BROUGHT),
    Ranks(End.LINKED, 0),
    Alters(End.LINKED, Kind.TAGS, 0),
    Works(0, Mail.BROUGHT),
)
PRIORITY_KEPT = Rulebook(kept=Kept(priority=True))
TAKEN_BACK_UNANSWERED: tuple[Step, ...] = (
    Ranks(End.LINKED, 1),
    Trouble(End.ORIGIN, FaultKind.HTML_LOGIN_PAGE, None, 2, 2),  # after the write: it cannot be read back
    Works(0, Mail.BROUGHT),
    Ranks(End.LINKED, 0),
    Works(0, Mail.BROUGHT),
)
CHOICE_REFUSED: tuple[Step, ...] = (
    Moves(End.LINKED, 3),
    Moves(End.ORIGIN, 5),
    Moves(End.LINKED, 5),  # out of which no transition leads
    Settles(),
    Asks(End.LINKED, Verb.CHOOSE_ORIGIN),
)
ODD_TWICE: tuple[Step, ...] = (
    Moves(End.LINKED, 0),
    Trouble(End.ORIGIN, FaultKind.EMPTY_200, "PUT", 0, 2),  # not twice each time that the bridge works
    *(Works(1, Mail.BROUGHT) for _ in range(5)),
)
WITHDRAWN_AFTER_A_REFUSAL: tuple[Step, ...] = (
    Trouble(End.LINKED, FaultKind.RATE_LIMIT, "POST", 0, 1),  # the note about the hold
    Moves(End.ORIGIN, 2),  # to one that is not mapped
    Works(0, Mail.BROUGHT),
    Moves(End.ORIGIN, 0),
    Works(1, Mail.BROUGHT),
)
WORKED_ON_BEFORE_IT_WAS_KNOWN: tuple[Step, ...] = (
    Trouble(End.LINKED, FaultKind.TIMEOUT_AFTER_WRITE, "POST", 0, 2),  # it is created, and not answered
    Works(5, Mail.BROUGHT),
    Moves(End.LINKED, 0),
)


@pytest.mark.parametrize(
    ("pair", "rulebook", "steps"),
    [
        (ZendeskToServiceDesk, Rulebook(), STOPPED_ON_THE_WAY),
        (ZendeskToServiceDesk, OWNED_BEHIND, KILLED_ON_THE_WAY),
        (FreshdeskToEngineering, Rulebook(), NO_TRANSITIONS_TOLD),
        (ZendeskToFreshdesk, ALL_TOLD, SAID_BEFORE_OUR_WRITE),
        (FreshdeskToEngineering, PRIORITY_KEPT, TAKEN_BACK_UNANSWERED),
        (ZendeskToServiceDesk, ALL_KEPT, TAKEN_BACK_HALF_WRITTEN),
        (ZendeskToServiceDesk, Rulebook(), CHOICE_REFUSED),
        (FreshdeskToEngineering, Rulebook(), ODD_TWICE),
        (ZendeskToServiceDesk, Rulebook(full=False), WITHDRAWN_AFTER_A_REFUSAL),
    ],
    ids=[
        "a status on the way is nobody's change",
        "nor is one where the process was killed",
        "an empty answer does not say that no transition leads on",
        "what was said before the bridge's own write is found",
        "a field that was written and not answered is nobody's change",
        "nor is one that was written before the vendor took no more",
        "a choice that the vendor refuses is not asked for again",
        "a fault waits for as many requests as are left of it",
        "what a vendor did not take and is not wanted any more was not sent",
    ],
)
def test_it_holds_now(world_of, pair: type[Pair], rulebook: Rulebook, steps: tuple[Step, ...]) -> None:
    play(world_of(pair), Story(rulebook, linked_first=True, steps=steps))


def statuses(history: History) -> dict[End, str]:
    tickets = {end: history.id_at(end) for end in End}
    return {end: history.desk(end).status(ticket) for end, ticket in tickets.items() if ticket is not None}


@pytest.mark.parametrize("pair", [ZendeskToServiceDesk, FreshdeskToEngineering, ZendeskToFreshdesk])
def test_what_people_did_before_the_bridge_knew_the_linked_ticket_counts(world_of, pair: type[Pair]) -> None:
    """Jira tells since when an issue has its status, Freshdesk only in a ticket's statistics."""
    story = Story(Rulebook(), linked_first=False, steps=WORKED_ON_BEFORE_IT_WAS_KNOWN)
    shown = play(world_of(pair), story, statuses)
    assert shown[End.ORIGIN] == pair.full[Side.LINKED][shown[End.LINKED]]
    assert shown[End.ORIGIN] != pair.handed_on
