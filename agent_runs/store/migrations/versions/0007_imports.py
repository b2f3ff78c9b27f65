"""Runs that came from elsewhere, and those that are just coming."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "imported_run",
        sa.Column("organization_id", _LONG, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("diff", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "origin"),
    )
    op.create_index("imported_run_id", "imported_run", ["run_id"], unique=True)
    op.create_table(
        "staged_run",
        sa.Column("run_id", _LONG, primary_key=True, autoincrement=False),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
    )
