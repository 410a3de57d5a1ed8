"""Save the news about a ticket, from a read or from the answer to a write."""

import sqlalchemy as sa

from escalation_bridge.domain.after_reading import Shown
from escalation_bridge.domain.tickets.tickets import Role
from escalation_bridge.store.cases import case_file, stored_comments
from escalation_bridge.store.rules.versions import put_under


def save_shown(connection: sa.Connection, case_id: int, shown: Shown) -> None:
    """Save all news. `after_reading` applies the same to a case in memory."""
    case_file.save_snapshot(connection, case_id, shown.ticket, shown.at if shown.is_reading else None)
    stored_comments.save_comments(
        connection, case_id, [(comment, role is Role.BRIDGE) for comment, role in shown.authored]
    )
    stored_comments.save_rereading(connection, case_id, shown.ticket.ref, shown.rereading, shown.at)
    case_file.save_events(connection, case_id, shown.happened)
    if shown.opening is not None:
        put_under(connection, case_id, shown.opening.rules_version)
        case_file.save_classification(connection, case_id, shown.opening.classification)
    elif shown.severity is not None:
        case_file.save_classification(connection, case_id, shown.severity)
    case_file.save_timeline(connection, case_id, shown.timeline)
