"""Organizations of hosted accounts, runs that are to be created there, and keys of requests."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hosted_organization",
        sa.Column("id", _LONG, primary_key=True, autoincrement=False),
        sa.Column("base_url", sa.Text, nullable=False),
        sa.Column("upstream_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("history", sa.Text, nullable=False),
        sa.Column("worker", sa.Text),
    )
    op.create_index(
        "hosted_organization_upstream",
        "hosted_organization",
        ["base_url", "upstream_id"],
        unique=True,
    )
    op.create_table(
        "hosted_creation",
        sa.Column("run_id", _LONG, primary_key=True, autoincrement=False),
        sa.Column("organization_id", _LONG, nullable=False),
        sa.Column("request_key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_index(
        "hosted_creation_state", "hosted_creation", ["organization_id", "state", "run_id"]
    )
    op.create_index("hosted_creation_key", "hosted_creation", ["request_key"], unique=True)
    op.create_table(
        "request_key",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("created_at", _LONG, nullable=False),
    )
    op.create_index("request_key_age", "request_key", ["created_at"])
    # 1: all entries are here that upstream had when it showed the run as it was seen last.
    op.add_column("hosted_run", sa.Column("whole", sa.Integer, nullable=False, server_default="0"))
    op.create_index("hosted_run_whole", "hosted_run", ["organization_id", "whole"])
