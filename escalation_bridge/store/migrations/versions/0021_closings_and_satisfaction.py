"""Solved tickets that are closed are counted by the hour, and customers' answers about escalations are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

_CASE_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    is_closing = sa.text("rule = 'close_solved'")
    op.create_index(
        "ix_intents_closing",
        "intents",
        ["connection", "decided_at"],
        unique=False,
        sqlite_where=is_closing,
        postgresql_where=is_closing,
    )
    op.create_table(
        "satisfaction",
        sa.Column("case_id", _CASE_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("survey", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("score", sa.String(length=32), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id", "number"],
            ["escalations.case_id", "escalations.number"],
            name=op.f("fk_satisfaction_case_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_satisfaction")),
    )
    op.create_index("ix_satisfaction_answered_at", "satisfaction", ["answered_at", "team"])
