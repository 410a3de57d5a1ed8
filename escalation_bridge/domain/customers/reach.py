"""Whether a customer can be written to at all, and what the ticket's channel allows."""

import re
from datetime import datetime, timedelta

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.tickets.tickets import Channel, Presence, Role, StatusKind, Ticket

SHORT = frozenset({Channel.TWITTER, Channel.SMS})
"""Channels of few characters."""
LONGEST_SHORT = 260
"""Characters of a short update: X counts 280, of which the handle of the customer takes up to 17."""
_WINDOW = timedelta(hours=24)
"""WhatsApp delivers no free text later than this after the customer's last message; the helpdesk shows it as if it were sent."""
_PROGRAMS = (Role.BOT, Role.SYSTEM, Role.BRIDGE)
_NO_PERSON = re.compile(
    r"(mailer-daemon|postmaster|(no|do-?not|donot|jangan)[-_.]?(reply|balas)|bounces?)([+\-_.].*)?@",
    re.IGNORECASE,
)
"""Addresses whose mail nobody reads."""


def is_there(view: CaseView, origin: Ticket) -> bool:
    """Whether the ticket can still be written to."""
    present = origin.presence is Presence.PRESENT and origin.ref not in view.gone
    return present and origin.status.kind is not StatusKind.CLOSED


def is_a_robot(origin: Ticket) -> bool:
    """Whether a program asks in a ticket: an answer to it may start a loop, and is read by nobody."""
    requester = origin.requester or origin.created_by
    opened_itself = requester.id == origin.created_by.id and origin.created_by.role in _PROGRAMS
    return opened_itself or requester.role in _PROGRAMS or bool(_NO_PERSON.match(requester.email or ""))


def window_closed(view: CaseView, origin: Ticket, now: datetime) -> bool:
    """Whether the channel takes free text only for a while after the customer's last message, and that is over."""
    if origin.channel is not Channel.WHATSAPP:
        return False
    written = [
        event.at
        for event in view.events
        if event.by is Role.CUSTOMER and event.kind in (EventKind.OPENED, EventKind.COMMENTED)
    ]
    return now - max(written, default=origin.created_at) >= _WINDOW
