"""What webhooks told of the changes for which a ticket is to be read: the echo of an own write needs no reading."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_tickets", sa.Column("evidence", sa.Text(), nullable=True))
