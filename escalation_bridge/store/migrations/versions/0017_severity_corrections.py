"""Severities that people determined."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "severity_corrections",
        sa.Column("id", row_id, nullable=False),
        sa.Column("case_id", row_id, nullable=False),
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_severity_corrections_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severity_corrections")),
        sa.UniqueConstraint("case_id", "key", name=op.f("uq_severity_corrections_case_id_key")),
    )
