"""Readers and authors of a conversation: CCs, and automatic messages. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from email.utils import parseaddr

from escalation_bridge.plugin import (
    Person,
    Role,
)
from escalation_bridge_freshdesk.http.shapes import ConversationShape, TicketShape

_CONVERSATIONS = frozenset({7, 12, 13})
"""The sources of tickets that are conversations: chat, bot, WhatsApp."""
SURVEY = 6
"""The conversation source of a customer's answer to a satisfaction survey."""


def on_copy(ticket: TicketShape) -> tuple[str, ...]:
    """The addresses that a public reply is sent to besides the requester.

    A reply through the API reaches the requester and its `cc_emails`, nobody else. The agents' page takes
    `reply_cc_emails`, from which agents may have removed people; `cc_emails` are those of the first message. The
    account's own addresses are left out: a mail to them would come back as a message.
    """
    listed = ticket.cc_emails if ticket.reply_cc_emails is None else ticket.reply_cc_emails
    own = {
        address.casefold() for address in _addresses((ticket.support_email or "", *(ticket.to_emails or ())))
    }
    found = {address.casefold(): address for address in _addresses(listed or ())}
    return tuple(address for folded, address in found.items() if folded not in own)


def reaches_nobody(ticket: TicketShape) -> bool:
    """Whether a public reply would be mailed to nobody: tickets of X, Facebook and the phone often have no address.

    A reply in web chat and WhatsApp is part of the conversation (the API documents `structured_body` for it).
    """
    requester = ticket.requester
    return requester is not None and not requester.email and ticket.source not in _CONVERSATIONS


def speaker(conversation: ConversationShape, author: Person) -> Person:
    """The author, with the role BOT for automatic messages, which start, answer and end no clock.

    The answer to a survey is a rating, not a message: it is not copied. `auto_response` marks automatic replies of mail
    programs, `automation_id` messages of the account's rules in an agent's name.
    """
    if conversation.source == SURVEY:
        return replace(author, role=Role.SYSTEM)
    if conversation.auto_response or conversation.automation_id is not None:
        return replace(author, role=Role.BOT)
    return author


def _addresses(listed: Iterable[str]) -> Iterable[str]:
    parsed = (parseaddr(each)[1] for each in listed)
    return [address for address in parsed if "@" in address]
