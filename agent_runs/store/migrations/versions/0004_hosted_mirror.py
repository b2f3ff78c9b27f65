"""Runs of a hosted account, and how far their logs were read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hosted_run",
        sa.Column("run_id", _LONG, primary_key=True, autoincrement=False),
        sa.Column("organization_id", _LONG, nullable=False),
        sa.Column("upstream_id", sa.Text, nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("log_position", sa.Text, nullable=False),
        sa.Column("gone_at", _LONG),
    )
    op.create_index(
        "hosted_run_upstream", "hosted_run", ["organization_id", "upstream_id"], unique=True
    )
    op.create_table(
        "hosted_log",
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "seq"),
    )
