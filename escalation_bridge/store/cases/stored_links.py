"""Stored links: those of a case, and connected ones over all cases."""

from collections.abc import Iterable

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import Link
from escalation_bridge.domain.links.by_hand import Ends
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.store.database.codec import encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import case_tickets, cases, left_tickets, link_ends, links

_LINKS_LOCK = 0x65622D6C696E6B
"""An arbitrary number that nothing else in the database locks (advisory lock)."""


def save_link(connection: sa.Connection, case_id: int, link: Link) -> None:
    """Insert or update a link; one that has ended is removed."""
    key = {"case_id": case_id, "link_id": link.id}
    if insert_if_new(connection, links, {**key, **_values(link)}):
        ends = {
            "origin_connection": link.origin.connection,
            "origin_ticket": link.origin.id,
            "linked_connection": link.linked.connection,
            "linked_ticket": link.linked.id,
        }
        connection.execute(link_ends.insert(), {**key, **ends})
    else:
        update_link(connection, case_id, link)


def update_link(connection: sa.Connection, case_id: int, link: Link) -> None:
    """Update a link. One that was removed meanwhile stays removed."""
    if link.ended is not None:
        _remove(connection, case_id, link)
        return
    row = {f"new_{name}": value for name, value in _values(link).items()}
    connection.execute(_KEEP, {**row, "of_case": case_id, "of_link": link.id})


_KEEP = (
    links.update()
    .where(links.c.case_id == sa.bindparam("of_case"), links.c.link_id == sa.bindparam("of_link"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("route", "held", "document")})
)


def _values(link: Link) -> dict[str, object]:
    return {"route": link.route, "held": link.hold is not None, "document": encode(link, Link)}


def _remove(connection: sa.Connection, case_id: int, link: Link) -> None:
    for table in (links, link_ends):
        connection.execute(table.delete().where(table.c.case_id == case_id, table.c.link_id == link.id))
    for ref in (link.origin, link.linked):
        _forget_ticket(connection, case_id, ref)


def _forget_ticket(connection: sa.Connection, case_id: int, ref: TicketRef) -> None:
    """Remove a ticket from a case, unless it is the origin or another link leads to it."""
    needed = sa.or_(
        sa.exists().where(
            cases.c.id == case_id, cases.c.connection == ref.connection, cases.c.ticket_id == ref.id
        ),
        sa.exists().where(link_ends.c.case_id == case_id, sa.or_(_begins_at(ref), _leads_to(ref))),
    )
    forgotten = connection.execute(
        case_tickets.delete().where(
            case_tickets.c.case_id == case_id,
            case_tickets.c.connection == ref.connection,
            case_tickets.c.ticket_id == ref.id,
            sa.not_(needed),
        )
    )
    if forgotten.rowcount:
        row = {"connection": ref.connection, "ticket_id": ref.id, "case_id": case_id}
        insert_if_new(connection, left_tickets, row)


def _begins_at(ref: TicketRef) -> sa.ColumnElement[bool]:
    return sa.and_(link_ends.c.origin_connection == ref.connection, link_ends.c.origin_ticket == ref.id)


def _leads_to(ref: TicketRef) -> sa.ColumnElement[bool]:
    return sa.and_(link_ends.c.linked_connection == ref.connection, link_ends.c.linked_ticket == ref.id)


def is_linked(connection: sa.Connection, case_id: int) -> bool:
    """Whether a case has any link."""
    return connection.execute(sa.select(sa.exists().where(link_ends.c.case_id == case_id))).scalar_one()


def lock_links(connection: sa.Connection) -> None:
    """Lock out other transactions that add links: two at once could close a circle. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LINKS_LOCK)))


def links_around(connection: sa.Connection, refs: Iterable[TicketRef]) -> set[Ends]:
    """All links, of any case, that are connected to one of these tickets."""
    seen, ahead, found = set(refs), list(refs), set[Ends]()
    while ahead:
        here = ahead.pop()
        rows = connection.execute(sa.select(link_ends).where(sa.or_(_begins_at(here), _leads_to(here))))
        near = {
            Ends(
                TicketRef(row.origin_connection, row.origin_ticket),
                TicketRef(row.linked_connection, row.linked_ticket),
            )
            for row in rows
        }
        found |= near
        new = {ref for ends in near for ref in (ends.origin, ends.linked)} - seen
        seen |= new
        ahead.extend(new)
    return found


def cases_that_lead_to(connection: sa.Connection, linked: TicketRef) -> list[int]:
    """The cases of all customers who wait for a linked ticket."""
    return list(
        connection.execute(sa.select(link_ends.c.case_id).distinct().where(_leads_to(linked))).scalars()
    )


def find_link(connection: sa.Connection, ends: Ends) -> tuple[int, str] | None:
    """The case and the id of the link between two tickets; None: they are not linked."""
    row = connection.execute(
        sa.select(link_ends.c.case_id, link_ends.c.link_id).where(
            _begins_at(ends.origin), _leads_to(ends.linked)
        )
    ).first()
    return None if row is None else (row.case_id, row.link_id)


def home_of(connection: sa.Connection, origin: TicketRef) -> int | None:
    """The case that stores links from a ticket: its own, otherwise the oldest in which it is a linked ticket."""
    own = sa.select(cases.c.id).where(cases.c.connection == origin.connection, cases.c.ticket_id == origin.id)
    found: int | None = connection.execute(own).scalar()
    if found is None:
        found = connection.execute(
            sa.select(sa.func.min(link_ends.c.case_id)).where(_leads_to(origin))
        ).scalar()
    return found
