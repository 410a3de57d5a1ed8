"""Escalations as records with their changes, and who is away."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CASE_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "escalations",
        sa.Column("case_id", _CASE_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_team", sa.String(length=64), nullable=True),
        sa.Column("from_level", sa.String(length=64), nullable=True),
        sa.Column("to_team", sa.String(length=64), nullable=False),
        sa.Column("to_level", sa.String(length=64), nullable=True),
        sa.Column("owner_team", sa.String(length=64), nullable=False),
        sa.Column("owner_person", sa.String(length=320), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("customer", sa.String(length=400), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("unattended", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("handed_on_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_escalations_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_escalations")),
    )
    op.create_index("ix_escalations_owner", "escalations", ["closed_at", "owner_team", "owner_person"])
    op.create_index("ix_escalations_opened_at", "escalations", ["opened_at"])
    op.create_index("ix_escalations_customer", "escalations", ["customer", "opened_at"])
    op.create_table(
        "escalation_changes",
        sa.Column("case_id", _CASE_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("owner_team", sa.String(length=64), nullable=False),
        sa.Column("owner_person", sa.String(length=320), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id", "number"],
            ["escalations.case_id", "escalations.number"],
            name=op.f("fk_escalation_changes_case_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "number", "position", name=op.f("pk_escalation_changes")),
    )
    op.create_index("ix_escalation_changes_at", "escalation_changes", ["at"])
    op.create_index("ix_escalation_changes_owner_person_at", "escalation_changes", ["owner_person", "at"])
    op.create_table(
        "absences",
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_absences")),
    )
