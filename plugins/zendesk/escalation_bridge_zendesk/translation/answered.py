"""The ticket in the answer to a write, which saves reading it again."""

from dataclasses import replace

from escalation_bridge.plugin import JsonPart, Ticket
from escalation_bridge_zendesk.translation import mapping
from escalation_bridge_zendesk.translation.statuses import StatusBook


def people_of(ticket: Ticket) -> mapping.Sideloads:
    """The people and groups of a known ticket: an answer to a write has only their ids."""
    people = [person for person in (ticket.requester, ticket.created_by, ticket.assignee) if person]
    language = {ticket.requester.id: ticket.language} if ticket.requester and ticket.language else {}
    timezone = {ticket.requester.id: ticket.timezone} if ticket.requester and ticket.timezone else {}
    return mapping.Sideloads(
        users={person.id: person for person in people if person.id},
        locales=language,
        timezones=timezone,
        groups={ticket.group.id: ticket.group.name} if ticket.group else {},
        organisations={ticket.organisation.id: ticket.organisation.name} if ticket.organisation else {},
    )


def ticket_of(
    answer: JsonPart,
    known: Ticket,
    beside: mapping.Sideloads,
    *,
    account_url: str,
    statuses: StatusBook,
) -> Ticket | None:
    """The ticket in the answer to an update; None if it has to be read.

    Zendesk answers after its business rules ("Ticket creation can sometimes take a while because of complex business
    rules": hence `async=true`). The ticket is read if a rule changed it in the same update, or if the answer names unknown
    people or groups.

    Args:
        answer: With `ticket` and `audit`.
        known: The ticket as it was known before. An answer has no description.
        beside: Known people and groups, by id.
        account_url: The account's address.
        statuses: The account's statuses.

    Raises:
        UnreadableAnswer: The answer contains no ticket.
    """
    raw = answer / "ticket"
    people = {(raw / name).maybe_identifier() for name in ("requester_id", "submitter_id", "assignee_id")}
    groups, companies = (raw / "group_id").maybe_identifier(), (raw / "organization_id").maybe_identifier()
    shown = (
        (people, beside.users.keys()),
        ({groups}, beside.groups.keys()),
        ({companies}, beside.organisations.keys()),
    )
    if any(ids - {None} - named for ids, named in shown) or _is_ruled(answer / "audit"):
        return None
    if (raw / "id").maybe_identifier() != known.ref.id or not isinstance((raw / "custom_fields").value, list):
        return None
    after = mapping.ticket(
        raw,
        beside,
        connection=known.ref.connection,
        account_url=account_url,
        statuses=statuses,
        first_comment=None,
    )
    if after.presence is not known.presence:
        return None
    # `metric_sets` do not come with it: a status that is another one now was set by this update.
    since = known.status_since if after.status == known.status else after.updated_at
    return replace(
        described(after, known),
        channel=known.channel,
        status_since=since if known.status_since else None,
        merged_into=known.merged_into,
    )


def described(ticket: Ticket, other: Ticket) -> Ticket:
    """A ticket with the description of another reading."""
    return replace(
        ticket,
        description=other.description,
        description_visibility=other.description_visibility,
        attachments=other.attachments,
    )


def _is_ruled(audit: JsonPart) -> bool:
    """Whether a trigger changed the ticket in an update."""
    return any(
        (event / "type").maybe_text() == "Change" and (event / "via" / "channel").maybe_text() == "rule"
        for event in (audit / "events").objects()
    )
