"""Keep the two tickets of a link in sync: the rules for a link, in the order in which they apply."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Link, Rules
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import LinkLook, Rule
from escalation_bridge.domain.escalation.hand_over import announce
from escalation_bridge.domain.links.closed_tickets import note_closed_ticket
from escalation_bridge.domain.links.follow_tickets import (
    follow_merged,
    follow_project,
    pass_first_words,
    went_elsewhere,
)
from escalation_bridge.domain.links.shared_ticket import draft_reply, keep_the_issue_posted
from escalation_bridge.domain.links.shown_link import refresh_pointers
from escalation_bridge.domain.links.waiting_for_others import those_it_would_wait_for
from escalation_bridge.domain.links.write_budget import rest_while_overspent, stay_within
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments.carry_over import pass_comments
from escalation_bridge.domain.sync.comments.edits import follow_originals
from escalation_bridge.domain.sync.comments.files import pass_files
from escalation_bridge.domain.sync.fields.carry_over import begin_fields, sync_fields
from escalation_bridge.domain.sync.status.carry_over import sync_status
from escalation_bridge.domain.tickets.tickets import TicketRef

# --- the tickets that must be fresh --------------------------------------------------------------------------------------


def _rests_on_source_and_others(look: LinkLook, part: Part) -> Iterator[TicketRef]:
    """A status: the ticket whose change it is, and those for which it would wait if they were not as far.

    The ticket that is written to is not among them: every vendor's plugin refuses a change of a ticket that is not as expected.
    """
    link = look.link
    for keyed in part.intents:
        intent = keyed.intent
        if intent.status_settled is not None:
            source = intent.status_settled.source
            yield link.ticket(source)
            yield from those_it_would_wait_for(look.view, link, look.route, source)
        elif intent.escalates_along is not None:
            yield from (link.origin, link.linked)


def _rests_on_linked_and_others(look: LinkLook, part: Part) -> Iterator[TicketRef]:
    """A draft for the customer: the linked ticket that is done, and those for which it would wait if they were not."""
    if part.intents:
        yield look.link.linked
        yield from those_it_would_wait_for(look.view, look.link, look.route, Side.LINKED)


def _rests_on_origin(look: LinkLook, part: Part) -> Iterator[TicketRef]:
    """The hand-over: the customer's notification and status depend on the state of the customer's ticket."""
    if part.intents:
        yield look.link.origin


def _announce(look: LinkLook) -> Part:
    """The hand-over. Where the policy keeps customers informed, the route does not notify them as well."""
    origin, route = look.view.tickets.get(look.view.origin), look.route
    policy = look.rules.policy_for(origin, look.view.classification) if origin is not None else None
    if policy is not None and policy.updates is not None:
        route = replace(route, tell_customer=False)
    return announce(look.view, look.rules, look.link, route, look.now)


# --- the rules ------------------------------------------------------------------------------------------------------------

LinkRule = Rule[LinkLook]

FOLLOW_PROJECT = LinkRule(
    "follow_project", lambda look: follow_project(look.view, look.link, look.rules.routes, look.now)
)
FOLLOW_MERGED = LinkRule("follow_merged", lambda look: follow_merged(look.view, look.link, look.now))
HAND_OVER = LinkRule("hand_over", _announce, _rests_on_origin)
BEGIN_FIELDS = LinkRule("sync_fields", lambda look: begin_fields(look.view, look.link, look.route))
REST = LinkRule(
    "write_budget",
    lambda look: rest_while_overspent(look.view, look.link, look.route, look.now) or NOTHING,
)
SYNC_STATUS = LinkRule(
    "sync_status",
    lambda look: sync_status(look.view, look.link, look.route, look.now),
    _rests_on_source_and_others,
)
SYNC_FIELDS = LinkRule("sync_fields", lambda look: sync_fields(look.view, look.link, look.route, look.now))
DRAFT_REPLY = LinkRule(
    "draft_reply",
    lambda look: draft_reply(look.view, look.link, look.route),
    _rests_on_linked_and_others,
)
PASS_COMMENTS = LinkRule("pass_comments", lambda look: pass_comments(look.view, look.link, look.route))
FOLLOW_EDITS = LinkRule(
    "follow_edits", lambda look: follow_originals(look.view, look.link, look.route, look.now)
)
HIDE = LinkRule(
    "follow_edits",
    lambda look: follow_originals(look.view, look.link, look.route, look.now, only_hidden=True),
)
"""Rules that must not wait: text that became hidden must not stay visible."""
CLOSED_NOTE = LinkRule("closed_for_good", lambda look: note_closed_ticket(look.view, look.link))
FIRST_WORDS = LinkRule("pass_comments", lambda look: pass_first_words(look.view, look.link, look.route))
PASS_FILES = LinkRule("pass_files", lambda look: pass_files(look.view, look.link, look.route, look.now))
SHARED_TICKET = LinkRule(
    "shared_ticket", lambda look: keep_the_issue_posted(look.view, look.link, look.route, look.now)
)
SHOW_LINK = LinkRule("show_link", lambda look: refresh_pointers(look.view, look.link, look.now))

COMMENT_RULES = (
    DRAFT_REPLY,
    PASS_COMMENTS,
    FOLLOW_EDITS,
    CLOSED_NOTE,
    FIRST_WORDS,
    PASS_FILES,
    SHARED_TICKET,
)
"""For a link in normal state, after its status and its fields."""
AT_REST = (HIDE, SHOW_LINK)
"""For a link that is on hold or quiet."""


# --- the runner -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """Applies rules to one link in order: each sees the link after the previous one.

    Attributes:
        part: Their contributions so far.
    """

    look: LinkLook
    part: Part = NOTHING

    def apply(self, *rules: LinkRule) -> Part:
        """Apply rules in order; return their contributions."""
        together = NOTHING
        for rule in rules:
            part = rule.apply(self.look)
            link = part.links[-1] if part.links else self.look.link
            self.look = replace(self.look, link=link)
            together += part
        self.part += together
        return together


def keep_in_step(view: CaseView, rules: Rules, link: Link, now: datetime) -> Part:
    """Decide about a link."""
    route = rules.routes.get(link.route)
    if route is None:
        return NOTHING  # the route was removed from the configuration: the link stays unchanged
    run = _Run(LinkLook(view, rules, link, route, now))
    run.apply(FOLLOW_PROJECT)
    route = rules.routes[run.look.link.route]
    run.look = replace(run.look, route=route)
    if run.look.link.hold is not None and run.look.link.hold.reason is HoldReason.PROJECT_MOVED:
        run.apply(*AT_REST)
    elif went_elsewhere(view, run.look.link) is not None:
        run.apply(PASS_COMMENTS, FOLLOW_MERGED)
    # Until both sides show each other, a status of the hand-over must not count as a change.
    elif run.apply(HAND_OVER).intents:
        run.apply(BEGIN_FIELDS, PASS_COMMENTS)
    elif _is_resting(run):
        run.apply(*AT_REST)
    else:
        _keep_in_step(run)
    return run.part


def _is_resting(run: _Run) -> bool:
    """Whether the link is on hold for its write budget, and stays so."""
    resting = run.apply(REST)
    return resting != NOTHING and not resting.links


def _keep_in_step(run: _Run) -> None:
    before, begun = run.part, run.look
    planned = run.apply(SYNC_STATUS)
    if run.look.link.ended is not None:  # another ticket takes its place: nothing more is synced here
        run.apply(PASS_COMMENTS, HIDE)
        return
    planned += run.apply(SYNC_FIELDS)
    on_its_way = any(keyed.intent.changes is not None for keyed in planned.intents)
    planned += run.apply(*COMMENT_RULES)
    allowed = stay_within(begun.view, begun.link, begun.route, planned, begun.now)
    if allowed is not planned:
        link = allowed.links[-1] if allowed.links else begun.link
        run.part, run.look = before + allowed, replace(begun, link=link)
        run.apply(*AT_REST)
    elif not on_its_way:
        run.apply(SHOW_LINK)  # else what is shown waits until the status is there
