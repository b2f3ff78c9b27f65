"""Counters of what runs did; what is stored already is counted when the server starts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("run", sa.Column("mode", sa.Text))
    op.create_table(
        "run_tally",
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        *_amounts(),
        sa.PrimaryKeyConstraint("run_id", "kind", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figure",
        sa.Column("scope", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("repo_id", _LONG, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("organization_id", _LONG, nullable=False),
        *_amounts(),
        sa.PrimaryKeyConstraint(
            "scope", "kind", "agent", "repo_id", "mode", "day", "name", "organization_id"
        ),
        sqlite_with_rowid=False,
    )


def _amounts() -> list[sa.Column[int]]:
    return [sa.Column(name, _LONG, nullable=False) for name in ("number", "failed", "total")]
