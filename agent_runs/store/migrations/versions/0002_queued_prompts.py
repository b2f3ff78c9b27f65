"""Prompts that wait for a run's turn to end."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "queued_prompt",
        sa.Column("id", _LONG, sa.Identity(always=True), primary_key=True),
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("queued_prompt_run", "queued_prompt", ["run_id", "id"])
