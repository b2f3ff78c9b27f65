"""Preferences of an organization, and webhooks that are to be delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "preference",
        sa.Column("organization_id", _LONG, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "name"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", _LONG, sa.Identity(always=True), primary_key=True),
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("due_at", _LONG),
        sa.Column("secret", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("delivery_due", "delivery", ["due_at"])
    op.create_index("delivery_run", "delivery", ["run_id", "id"])
