"""Comments of a case's tickets, with their changes."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.sync.comments.rereading import Rereading
from escalation_bridge.domain.tickets.tickets import Comment, TicketRef
from escalation_bridge.store.database.codec import encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import comments


def save_comments(connection: sa.Connection, case_id: int, authored: Iterable[tuple[Comment, bool]]) -> None:
    """Insert comments, each with whether it is the bridge's own. A known comment only ever becomes the bridge's own."""
    for comment, own in authored:
        key = {
            "case_id": case_id,
            "connection": comment.ticket.connection,
            "ticket_id": comment.ticket.id,
            "comment_id": comment.id,
        }
        row = {**key, "created_at": comment.created_at, "own": own, "document": encode(comment, Comment)}
        if not insert_if_new(connection, comments, row) and own:
            connection.execute(_OWN, {f"of_{name}": value for name, value in key.items()})


_KEY = ("case_id", "connection", "ticket_id", "comment_id")
_OWN = (
    comments.update()
    .where(*(comments.c[name] == sa.bindparam(f"of_{name}") for name in _KEY))
    .values(own=True)
)


def save_rereading(
    connection: sa.Connection, case_id: int, ref: TicketRef, reading: Rereading, now: datetime
) -> None:
    """Save what another read shows about known comments."""

    def keep(comment_id: str, **values: object) -> None:
        same = (
            comments.c.case_id == case_id,
            comments.c.connection == ref.connection,
            comments.c.ticket_id == ref.id,
            comments.c.comment_id == comment_id,
        )
        connection.execute(comments.update().where(*same).values(**values))

    for comment in reading.changed:
        keep(comment.id, document=encode(comment, Comment))
    for comment_id in reading.settled:
        keep(comment_id, doubt=None, doubted_at=None)
    for comment_id, doubt in reading.doubts.items():
        keep(comment_id, doubt=doubt, doubted_at=now)
    for comment_id in reading.taken_back:
        keep(comment_id, taken_back_at=now)
    for comment_id in reading.back:
        keep(comment_id, taken_back_at=None)
