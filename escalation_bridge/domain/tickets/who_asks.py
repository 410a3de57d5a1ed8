"""Who asks in a ticket, and who opened it: a matter of the ticket and not of the licence."""

from escalation_bridge.domain.tickets.tickets import Person, Role, Ticket

_PROGRAMS = (Role.BOT, Role.BRIDGE, Role.SYSTEM)


def asks(person: Person, ticket: Ticket) -> bool:
    """Whether somebody is the one who asks in a ticket; what a program says is nobody's question."""
    requester = ticket.requester
    if requester is None or not person.id or person.role in _PROGRAMS:
        return False
    return person.id == requester.id


def who_opened(ticket: Ticket) -> Role:
    """Say whether a customer opened a ticket, or somebody who works for the desk wrote it down."""
    opener, requester = ticket.created_by, ticket.requester
    if asks(opener, ticket):
        return Role.CUSTOMER
    if opener.role in (Role.AGENT, *_PROGRAMS):
        return Role.AGENT
    somebody_else = requester is not None and opener.id not in ("", requester.id)
    return Role.AGENT if opener.role is Role.UNKNOWN and somebody_else else Role.CUSTOMER
