"""Which tickets are linked with which, over all cases."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "link_ends",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("link_id", sa.String(length=240), nullable=False),
        sa.Column("origin_connection", sa.String(length=64), nullable=False),
        sa.Column("origin_ticket", sa.String(length=190), nullable=False),
        sa.Column("linked_connection", sa.String(length=64), nullable=False),
        sa.Column("linked_ticket", sa.String(length=190), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_link_ends_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "link_id", name=op.f("pk_link_ends")),
    )
    op.create_index("ix_link_ends_origin", "link_ends", ["origin_connection", "origin_ticket"])
    op.create_index("ix_link_ends_linked", "link_ends", ["linked_connection", "linked_ticket"])
    there = op.get_bind().execute(sa.text("SELECT case_id, link_id, document FROM links")).all()
    rows = [_ends(row.case_id, row.link_id, json.loads(row.document)) for row in there]
    if rows:
        op.bulk_insert(made, rows)


def _ends(case_id: int, link_id: str, link: dict[str, dict[str, str]]) -> dict[str, object]:
    return {
        "case_id": case_id,
        "link_id": link_id,
        "origin_connection": link["origin"]["connection"],
        "origin_ticket": link["origin"]["id"],
        "linked_connection": link["linked"]["connection"],
        "linked_ticket": link["linked"]["id"],
    }
