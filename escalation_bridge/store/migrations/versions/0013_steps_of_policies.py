"""A step belongs to a policy, which may share its id with another one; what was promised when a case was last looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("fired_steps") as fired:
        fired.drop_constraint("pk_fired_steps", type_="primary")
        fired.create_primary_key("pk_fired_steps", ["case_id", "metric", "started_at", "policy", "step"])
    op.add_column("cases", sa.Column("promised", sa.Text(), nullable=True))
