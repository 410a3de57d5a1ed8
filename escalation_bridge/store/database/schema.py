"""The tables. Domain values are stored as JSON documents; searched values have their own columns.

Instants are whole microseconds since 1970 in UTC: the same value, order and index on both databases.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else _EPOCH + timedelta(microseconds=value)


# SQLite autoincrements only columns of type INTEGER.
_RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("connection", sa.String(64), nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("method", sa.String(8), nullable=False),
    sa.Column("headers", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("repeat_key", sa.String(200)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("routed_at", Instant),
    sa.Column("outcome", sa.Text),
    # The time of the next try after a failure. None: immediately.
    sa.Column("retry_at", Instant),
    # Actions of people, as a JSON list.
    sa.Column("handling", sa.Text),
    sa.Column("body_is_proven", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("connection", "repeat_key"),
)
# A partial index of waiting deliveries only, however many deliveries are stored.
sa.Index(
    "ix_deliveries_waiting",
    deliveries.c.id,
    sqlite_where=deliveries.c.state == "stored",
    postgresql_where=deliveries.c.state == "stored",
)
# And one of those that wait for a person.
sa.Index(
    "ix_deliveries_set_aside",
    deliveries.c.id,
    sqlite_where=deliveries.c.state.in_(("quarantined", "set_aside")),
    postgresql_where=deliveries.c.state.in_(("quarantined", "set_aside")),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("connection", sa.String(64), nullable=False),
    sa.Column("ticket_id", sa.String(190), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("clocks", sa.Text, nullable=False, default="[]"),
    sa.Column("promised", sa.Text),
    sa.Column("classification", sa.Text),
    sa.Column("rules_version", sa.Integer),
    sa.Column("wake_at", Instant),
    sa.Column("wake_reason", sa.String(64)),
    sa.Column("wake_count", sa.BigInteger, nullable=False, default=0),
    sa.Column("lease_owner", sa.String(64)),
    sa.Column("lease_until", Instant),
    sa.UniqueConstraint("connection", "ticket_id"),
)
# A combined queue and timer index: cases without a wake are not in it.
sa.Index(
    "ix_cases_wake",
    cases.c.wake_at,
    sqlite_where=cases.c.wake_at.is_not(None),
    postgresql_where=cases.c.wake_at.is_not(None),
)


def _case_id() -> sa.Column[int]:
    return sa.Column("case_id", _RowId, sa.ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)


# Cases that failed with an unexpected error; a healthy case has no row.
case_troubles = sa.Table(
    "case_troubles",
    metadata,
    _case_id(),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("set_aside_at", Instant),
    sa.Column("dropped_at", Instant),
)

# Severities that people determined; never changed, for reports.
severity_corrections = sa.Table(
    "severity_corrections",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("case_id", _RowId, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.String(500), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.UniqueConstraint("case_id", "key"),
)

case_tickets = sa.Table(
    "case_tickets",
    metadata,
    _case_id(),
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("ticket_id", sa.String(190), primary_key=True),
    sa.Column("snapshot", sa.Text),
    # When it was last read with its comments. None: the snapshot comes from the answer to a write, which has no
    # comments.
    sa.Column("fetched_at", Instant),
    sa.Column("stale", sa.Boolean, nullable=False),
    # The changes reported by webhooks that made it stale, one JSON document per line. None: it is read in any case.
    sa.Column("evidence", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("gone", sa.Text),
)
sa.Index("ix_case_tickets_ticket", case_tickets.c.connection, case_tickets.c.ticket_id)

# Tickets that a case no longer follows but may have written to: its writes remain the bridge's own for all other
# cases.
left_tickets = sa.Table(
    "left_tickets",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("ticket_id", sa.String(190), primary_key=True),
    _case_id(),
)

comments = sa.Table(
    "comments",
    metadata,
    _case_id(),
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("ticket_id", sa.String(190), primary_key=True),
    sa.Column("comment_id", sa.String(190), primary_key=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("own", sa.Boolean, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("taken_back_at", Instant),
    sa.Column("doubt", sa.String(16)),
    sa.Column("doubted_at", Instant),
)

events = sa.Table(
    "events",
    metadata,
    _case_id(),
    sa.Column("key", sa.String(240), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

links = sa.Table(
    "links",
    metadata,
    _case_id(),
    sa.Column("link_id", sa.String(240), primary_key=True),
    sa.Column("route", sa.String(64), nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

link_ends = sa.Table(
    "link_ends",
    metadata,
    _case_id(),
    sa.Column("link_id", sa.String(240), primary_key=True),
    sa.Column("origin_connection", sa.String(64), nullable=False),
    sa.Column("origin_ticket", sa.String(190), nullable=False),
    sa.Column("linked_connection", sa.String(64), nullable=False),
    sa.Column("linked_ticket", sa.String(190), nullable=False),
)
sa.Index("ix_link_ends_origin", link_ends.c.origin_connection, link_ends.c.origin_ticket)
sa.Index("ix_link_ends_linked", link_ends.c.linked_connection, link_ends.c.linked_ticket)

fired_steps = sa.Table(
    "fired_steps",
    metadata,
    _case_id(),
    sa.Column("metric", sa.String(32), primary_key=True),
    sa.Column("started_at", Instant, primary_key=True),
    sa.Column("policy", sa.String(64), primary_key=True),
    sa.Column("step", sa.String(96), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("target_seconds", sa.BigInteger, nullable=False),
    sa.Column("late_seconds", sa.BigInteger, nullable=False),
)
sa.Index("ix_fired_steps_at", fired_steps.c.at)

intents = sa.Table(
    "intents",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("case_id", _RowId, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.String(500), nullable=False),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("connection", sa.String(64), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("sent_at", Instant),
    sa.Column("sent_text", sa.Text),
    sa.Column("next_attempt_at", Instant),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("odd_failures", sa.Integer, nullable=False, default=0),
    sa.Column("failing_since", Instant),
    sa.Column("done_at", Instant),
    sa.Column("receipt", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("rule", sa.String(64)),
    sa.UniqueConstraint("case_id", "key"),
)
_IS_CLOSING = intents.c.rule == "close_solved"
sa.Index(
    "ix_intents_closing",
    intents.c.connection,
    intents.c.decided_at,
    sqlite_where=_IS_CLOSING,
    postgresql_where=_IS_CLOSING,
)

timeline = sa.Table(
    "timeline",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("case_id", _RowId, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("code", sa.String(64), nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
)
sa.Index("ix_timeline_case", timeline.c.case_id, timeline.c.id)

rules_versions = sa.Table(
    "rules_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("effective_from", Instant, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

native_clocks = sa.Table(
    "native_clocks",
    metadata,
    _case_id(),
    sa.Column("read_at", Instant, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    sa.Column("trouble", sa.Text),
)

# Connections whose vendor refuses the bridge's credentials.
refused_credentials = sa.Table(
    "refused_credentials",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)

connection_states = sa.Table(
    "connection_states",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("trouble", sa.String(64)),
    sa.Column("since", Instant),
    sa.Column("message", sa.Text),
)

reconciliations = sa.Table(
    "reconciliations",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("cursor", sa.Text),
    sa.Column("looked_at", Instant),
    sa.Column("missed", sa.BigInteger, nullable=False, default=0),
    sa.Column("missed_at", Instant),
    sa.Column("trouble", sa.Text),
)

# The state of each connection's webhook registrations.
registrations = sa.Table(
    "registrations",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("seen", sa.Boolean, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("looked_at", Instant),
    sa.Column("expires_at", Instant),
    sa.Column("outcome", sa.Text),
    sa.Column("repaired_at", Instant),
    sa.Column("problem", sa.Text),
)

backfills = sa.Table(
    "backfills",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("total", sa.BigInteger),
    sa.Column("counted_at", Instant),
    sa.Column("cursor", sa.Text),
    sa.Column("opened", sa.BigInteger, nullable=False, default=0),
    sa.Column("next_wake_at", Instant),
    sa.Column("finished_at", Instant),
)

request_budgets = sa.Table(
    "request_budgets",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("scope", sa.String(190), primary_key=True),
    sa.Column("noted_at", Instant, nullable=False),
    sa.Column("left", sa.Float),
    sa.Column("total", sa.Float),
    sa.Column("renews_at", Instant),
    sa.Column("closed_until", Instant),
)

escalations = sa.Table(
    "escalations",
    metadata,
    _case_id(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("cause", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("from_team", sa.String(64)),
    sa.Column("from_level", sa.String(64)),
    sa.Column("to_team", sa.String(64), nullable=False),
    sa.Column("to_level", sa.String(64)),
    sa.Column("owner_team", sa.String(64), nullable=False),
    sa.Column("owner_person", sa.String(320)),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("customer", sa.String(400), nullable=False),
    sa.Column("route", sa.String(64)),
    sa.Column("weight", sa.Integer, nullable=False),
    sa.Column("transfers", sa.Integer, nullable=False),
    sa.Column("unattended", sa.Boolean, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("acknowledged_at", Instant),
    sa.Column("handed_on_at", Instant),
    sa.Column("closed_at", Instant),
    sa.Column("outcome", sa.String(16)),
    # What teams and people have now, and who had a customer last.
    sa.Index("ix_escalations_owner", "closed_at", "owner_team", "owner_person"),
    sa.Index("ix_escalations_opened_at", "opened_at"),
    sa.Index("ix_escalations_customer", "customer", "opened_at"),
)

escalation_changes = sa.Table(
    "escalation_changes",
    metadata,
    sa.Column("case_id", _RowId, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("cause", sa.String(16), nullable=False),
    sa.Column("owner_team", sa.String(64), nullable=False),
    sa.Column("owner_person", sa.String(320)),
    sa.Column("facts", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["case_id", "number"],
        ["escalations.case_id", "escalations.number"],
        name="fk_escalation_changes_case_id",
        ondelete="CASCADE",
    ),
    sa.Index("ix_escalation_changes_at", "at"),
    # Whose last escalation is longest ago.
    sa.Index("ix_escalation_changes_owner_person_at", "owner_person", "at"),
)

satisfaction = sa.Table(
    "satisfaction",
    metadata,
    sa.Column("case_id", _RowId, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("survey", sa.String(16), nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("score", sa.String(32), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("team", sa.String(64), nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
    sa.ForeignKeyConstraint(
        ["case_id", "number"],
        ["escalations.case_id", "escalations.number"],
        name="fk_satisfaction_case_id",
        ondelete="CASCADE",
    ),
    sa.Index("ix_satisfaction_answered_at", "answered_at", "team"),
)

absences = sa.Table(
    "absences",
    metadata,
    sa.Column("person", sa.String(320), primary_key=True),
    sa.Column("until", Instant, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("raised_at", Instant, nullable=False),
    # How alike a ticket has to be to join, and the usual seconds between two of its tickets.
    sa.Column("threshold", sa.Float, nullable=False),
    sa.Column("gap_seconds", sa.Float, nullable=False),
    # The case that escalates it, and its linked ticket.
    sa.Column("lead_case", _RowId),
    sa.Column("linked_connection", sa.String(64)),
    sa.Column("linked_ticket", sa.String(190)),
    sa.Column("emergency", sa.Boolean, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by", sa.Text),
    sa.Column("merged_into", _RowId),
    # Its review, as a JSON list of texts.
    sa.Column("review", sa.Text),
)

# Every ticket that arrived, in order: what it speaks of, and its incident if it belongs to one.
incident_tickets = sa.Table(
    "incident_tickets",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("case_id", _RowId, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("customer", sa.String(320), nullable=False),
    sa.Column("reading", sa.Text, nullable=False),
    sa.Column("incident_id", _RowId),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("joined_at", Instant),
    sa.Column("shared", sa.Text, nullable=False),
    sa.Column("alike", sa.Integer, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    # A person took it out: it joins nothing by itself.
    sa.Column("kept_out", sa.Boolean, nullable=False),
    sa.Index("ix_incident_tickets_incident_id", "incident_id"),
)

# Notices to people outside of tickets, each to one recipient.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", _RowId, primary_key=True),
    sa.Column("case_id", _RowId, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    # The write that it comes from.
    sa.Column("token", sa.String(32), nullable=False),
    sa.Column("recipient", sa.String(330), nullable=False),
    # What it is about to a person: a case, or an incident of many.
    sa.Column("thing", sa.String(64), nullable=False),
    sa.Column("escalation", sa.Integer),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("page", sa.Boolean, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    # None: nothing is to be done any more.
    sa.Column("due_at", Instant),
    sa.Column("lease_until", Instant),
    sa.Column("channel", sa.String(64)),
    sa.Column("sent_at", Instant),
    sa.Column("sent", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("failing_since", Instant),
    sa.Column("failed", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.UniqueConstraint("token", "recipient"),
    # When somebody last got a message.
    sa.Index("ix_notices_recipient_sent_at", "recipient", "sent_at"),
    sa.Index("ix_notices_case_id", "case_id"),
)
sa.Index(
    "ix_notices_due_at",
    notices.c.due_at,
    sqlite_where=notices.c.due_at.is_not(None),
    postgresql_where=notices.c.due_at.is_not(None),
)
