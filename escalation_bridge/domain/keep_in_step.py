"""Keeping the two tickets of a link in step: everything that is decided about one link, in the order in which it matters."""

from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Link, Rules
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.writes import ChangeTicket
from escalation_bridge.domain.escalation.hand_over import announce
from escalation_bridge.domain.links.closed_tickets import tell_of_closed
from escalation_bridge.domain.links.follow_tickets import follow_merged, follow_project, pass_first_words
from escalation_bridge.domain.links.shared_ticket import draft_reply, keep_the_issue_posted
from escalation_bridge.domain.links.shown_link import refresh_pointers
from escalation_bridge.domain.links.write_budget import rest_while_overspent, stay_within
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.sync.comments.carry_over import pass_comments
from escalation_bridge.domain.sync.comments.edits import follow_originals
from escalation_bridge.domain.sync.comments.files import pass_files
from escalation_bridge.domain.sync.fields.carry_over import begin_fields, sync_fields
from escalation_bridge.domain.sync.status.carry_over import sync_status


def keep_in_step(view: CaseView, rules: Rules, link: Link, now: datetime) -> Part:
    """Say what is to be done about a link."""
    went = follow_project(view, link, rules.routes, now)
    link = went.links[-1] if went.links else link
    route = rules.routes.get(link.route)
    if route is None:
        return NOTHING  # the route was taken out of the configuration: the link stays as it is
    if link.hold is not None and link.hold.reason == "project_moved":
        return went + _hidden(view, link, route, now) + refresh_pointers(view, link, now)
    followed = follow_merged(view, link, now)
    if followed is not None:
        return went + pass_comments(view, link, route) + followed
    announced = announce(view, link, route, now)
    # Until both sides know of each other, a status that is about to be handed on must not be taken for a change.
    if announced.intents:
        shown = announced.links[-1] if announced.links else link
        return went + announced + begin_fields(view, shown, route) + pass_comments(view, link, route)
    resting = rest_while_overspent(view, link, route, now)
    if resting is not None and not resting.links:
        return went + resting + _hidden(view, link, route, now) + refresh_pointers(view, link, now)
    if resting is not None:
        went += resting
        link = resting.links[-1]
    return went + _kept_in_step(view, link, route, now)


def _kept_in_step(view: CaseView, link: Link, route: Route, now: datetime) -> Part:
    synced = sync_status(view, link, route, now)
    # All of them change the link: each begins with what the one before made of it, which would be lost otherwise.
    changed = synced.links[-1] if synced.links else link
    if (
        changed.ended is not None
    ):  # another ticket takes its place: there is nothing more to be kept in step here
        return synced + pass_comments(view, link, route) + _hidden(view, link, route, now)
    synced += sync_fields(view, changed, route, now)
    changed = synced.links[-1] if synced.links else link
    drafted = draft_reply(view, changed, route)
    changed = drafted.links[-1] if drafted.links else changed
    planned = synced + drafted + pass_comments(view, link, route) + follow_originals(view, link, route, now)
    planned += tell_of_closed(view, link) + pass_first_words(view, link, route)
    planned += pass_files(view, link, route, now) + keep_the_issue_posted(view, link, route, now)
    allowed = stay_within(view, link, route, planned, now)
    if allowed is not planned:
        allowed += _hidden(view, link, route, now)
        return allowed + refresh_pointers(view, allowed.links[-1] if allowed.links else link, now)
    if any(isinstance(keyed.intent, ChangeTicket) for keyed in synced.intents):
        return planned  # what is shown waits until the status is there
    return planned + refresh_pointers(view, changed, now)


def _hidden(view: CaseView, link: Link, route: Route, now: datetime) -> Part:
    """What must not wait, whatever else does: what was hidden since it went over must not be shown on."""
    return follow_originals(view, link, route, now, only_hidden=True)
