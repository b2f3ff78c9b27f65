"""Counters of a place in one row; all is counted anew when the server starts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TOKENS = ("input", "output", "total")
_SPREADS = ("duration", "first_step", "waited", "steps")
_AMOUNTS = (
    *("working", "complete", "failed", "cancelled", "calls", "failed_calls"),
    *(f"{name}_runs" for name in _TOKENS),
    *(f"{name}_tokens" for name in _TOKENS),
    *(f"{name}_ms" for name in ("model", "tools", "waiting", "queued")),
    *(f"{name}_total" for name in _SPREADS),
)


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
        sa.PrimaryKeyConstraint(
            "scope", "kind", "span", "day", "agent", "repo_id", "mode", "organization_id", "name"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_figure",
        sa.Column("scope", sa.Integer, nullable=False),
        sa.Column("span", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("repo_id", _LONG, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("organization_id", _LONG, nullable=False),
        *[sa.Column(name, _LONG, nullable=False) for name in _AMOUNTS],
        *[sa.Column(name, sa.Text, nullable=False) for name in _SPREADS],
        sa.PrimaryKeyConstraint(
            "scope", "span", "day", "agent", "repo_id", "mode", "organization_id"
        ),
        sqlite_with_rowid=False,
    )
