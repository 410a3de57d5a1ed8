"""Notify tickets whose target is at risk while a vendor refuses the bridge's credentials, on the writable side.

An administrator sees the alert of the connection. The agents of a ticket have to know as soon as it matters to them: when an
escalation cannot be made, or when a target is about to be missed and nothing gets across.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.links.lasting_note import LastingNote
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility

_LAST_PART = 0.25
"""A target is at stake in the last quarter of its time, and when it was missed."""


def note_refused_credentials(view: CaseView, clocks: Iterable[Clock], now: datetime) -> Part:
    """Keep the notes about refused credentials true: one in each ticket that can be written to, and its end."""
    part = NOTHING
    stakes = [at for clock in clocks if (at := _at_stake_from(clock)) is not None]
    for connection in _concerned(view):
        refusal = view.refusals.get(connection)
        if refusal is None:
            over = MessageRequest(
                "credentials_accepted", {"connection": connection}, visibility=Visibility.PRIVATE
            )
            for reader in _readers(view, connection):
                part += _note(view, connection, reader).close(over, or_another=True)
            continue
        part += Part(wake_at=tuple(stakes))
        if not _is_at_stake(view, connection, stakes, now):
            continue
        facts = {
            "connection": connection,
            "vendor": view.vendors.get(connection, connection),
            "since": refusal.since.isoformat(),
            "error": refusal.error,
            "tries": "",
        }
        message = MessageRequest("credentials_refused", facts, visibility=Visibility.PRIVATE)
        for reader in _readers(view, connection):
            part += _note(view, connection, reader).update(message)
    return part


def _note(view: CaseView, connection: str, reader: TicketRef) -> LastingNote:
    return LastingNote(view, reader, partial(keys.CredentialsRefused, connection, reader))


def _concerned(view: CaseView) -> list[str]:
    """The connections that the case has to do with, where there is or was a refusal."""
    notes = (keys.CredentialsRefused.read(key) for key in view.intents)
    noted = {note.connection for note in notes if note is not None}
    if not noted and not view.refusals:
        return []
    own = {ref.connection for ref in view.tickets} | {r.intent.connection for r in view.intents.values()}
    return sorted(own & (noted | view.refusals.keys()))


def _readers(view: CaseView, connection: str) -> Iterator[TicketRef]:
    """The tickets that can be written to: the customer's, else those that it is linked with."""
    if view.origin.connection != connection:
        tickets = [view.origin]
    else:
        tickets = [link.linked for link in view.links if link.linked.connection != connection]
    for ticket in tickets:
        if ticket.connection not in view.refusals and view.absence(ticket) is None:
            yield ticket


def _is_at_stake(view: CaseView, connection: str, stakes: Iterable[datetime], now: datetime) -> bool:
    waiting = [r for r in view.intents.values() if r.state.outstanding and r.intent.connection == connection]
    if any(record.intent.escalates_along is not None for record in waiting):
        return True  # a step has come that cannot be taken
    return bool(waiting or view.origin.connection == connection) and any(at <= now for at in stakes)


def _at_stake_from(clock: Clock) -> datetime | None:
    if clock.state is not ClockState.RUNNING or clock.due is None:
        return None
    return clock.due - timedelta(seconds=round(clock.target_seconds * _LAST_PART))
