"""Counters by spans of days and whole histograms; all is counted anew when the server starts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("figure")
    op.create_table(
        "figure",
        sa.Column("scope", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("span", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("repo_id", _LONG, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("organization_id", _LONG, nullable=False),
        *[sa.Column(name, _LONG, nullable=False) for name in ("number", "failed", "total")],
        sa.Column("buckets", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "scope", "kind", "span", "day", "agent", "repo_id", "mode", "name", "organization_id"
        ),
        sqlite_with_rowid=False,
    )
