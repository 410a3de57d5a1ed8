"""Records that come along with tickets when `include` asks for them."""

from collections.abc import Sequence

from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.tickets.metrics import metric_events, metric_set, slas
from escalation_bridge_sandbox.zendesk.tickets.present import (
    group_json,
    organization_json,
    ticket_json,
    user_json,
)


def ticket_with_counts(
    ticket: Ticket, state: State, base_url: str, include: set[str], *, alone: bool = False
) -> Json:
    """A ticket, with the parts that sideloading puts into the ticket itself; some only where it is asked for `alone`."""
    shown = ticket_json(ticket, state, base_url)
    if "comment_count" in include:
        shown["comment_count"] = len(ticket.comments)
    if "metric_sets" in include:
        shown["metric_set"] = metric_set(ticket, state.now())
    if alone and "metric_events" in include:
        shown["metric_events"] = metric_events(ticket)
    if alone and "slas" in include:
        shown["slas"] = slas(ticket, state.sla_targets, state.now())
    return shown


def beside(tickets: Sequence[Ticket], state: State, base_url: str, include: set[str]) -> Json:
    """The lists that stand beside the tickets; what is asked for and not known is left out, as in Zendesk."""
    lists: Json = {}
    if "users" in include:
        ids = {
            user_id
            for ticket in tickets
            for user_id in (
                ticket.requester_id,
                ticket.submitter_id,
                ticket.assignee_id,
                *ticket.collaborator_ids,
            )
        }
        lists["users"] = [user_json(user, base_url) for user in state.users.values() if user.id in ids]
    if "groups" in include:
        ids = {ticket.group_id for ticket in tickets}
        lists["groups"] = [group_json(group, base_url) for group in state.groups.values() if group.id in ids]
    if "organizations" in include:
        ids = {ticket.organization_id for ticket in tickets}
        lists["organizations"] = [
            organization_json(organization, base_url)
            for organization in state.organizations.values()
            if organization.id in ids
        ]
    return lists
