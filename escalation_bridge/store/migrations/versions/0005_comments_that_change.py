"""What became of comments after they were read: taken back, or to be looked at once more."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comments", sa.Column("taken_back_at", sa.BigInteger(), nullable=True))
    op.add_column("comments", sa.Column("doubt", sa.String(length=16), nullable=True))
    op.add_column("comments", sa.Column("doubted_at", sa.BigInteger(), nullable=True))
