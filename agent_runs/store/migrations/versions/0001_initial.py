"""All tables of the first version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The words of an entry, one text per line; `store/engine/payloads.py` says the same in Python.
_WORDS = """
    coalesce((select substr(group_concat(atom, char(10)), 1, 4000) from json_tree(json_extract(
        {row}payload, '$.thought', '$.tool_name', '$.tool_input', '$.observation', '$.tool_output'
    )) where type = 'text'), '')
"""


def upgrade() -> None:
    _create_runs()
    _create_logs()
    _create_rest()


def _id() -> sa.Column[int]:
    return sa.Column("id", _LONG, sa.Identity(always=True), primary_key=True)


def _create_runs() -> None:
    op.create_table(
        "run",
        _id(),
        sa.Column("organization_id", _LONG, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("source_type", sa.Text, nullable=False),
        sa.Column("repo_id", _LONG),
        sa.Column("user_id", _LONG),
        sa.Column("upstream_id", sa.Text),
        sa.Column("created_at", _LONG, nullable=False),
        sa.Column("archived_at", _LONG),
        sa.Column("log_count", sa.Integer, nullable=False),
        sa.Column("title_folded", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("session_id", sa.Text),
        sa.Column("agent_pid", sa.Integer),
        sa.Column("agent_started", sa.Float(53)),
        sqlite_autoincrement=True,
    )
    filtered = ["archived_at", "organization_id", "agent", "source_type", "repo_id", "user_id"]
    op.create_index("run_newest", "run", ["created_at", "id", *filtered, "status"])
    op.create_index("run_status", "run", ["status", "created_at", "id", *filtered])
    op.create_index("run_upstream", "run", ["organization_id", "upstream_id"], unique=True)
    op.create_table(
        "run_total",
        sa.Column("organization_id", _LONG, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("archived", sa.Integer, nullable=False),
        sa.Column("total", _LONG, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "status", "archived"),
    )
    op.create_table(
        "turn",
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("images", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("created_at", _LONG, nullable=False),
        sa.Column("started_at", _LONG),
        sa.Column("finished_at", _LONG),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("stop_reason", sa.Text),
        sa.Column("folded", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "turn"),
    )


def _create_logs() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "log",
        _id(),
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("ts", _LONG, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("message_type", sa.Text, nullable=False),
        sa.Column("tool_name", sa.Text),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        *([sa.Column("search", TSVECTOR, nullable=False)] if is_postgres else []),
    )
    op.create_index("log_run_seq", "log", ["run_id", "seq"], unique=True)
    op.create_index(
        "log_facets", "log", ["run_id", "message_type", "tool_name", "failed", "turn", "seq"]
    )
    if is_postgres:
        op.create_index("log_search", "log", ["search"], postgresql_using="gin")
        _prefer_lz4()
    else:
        _create_fts()


def _prefer_lz4() -> None:
    # Several times faster than the default; some servers are built without it.
    op.execute("""
        do $$ begin
            alter table log alter column payload set compression lz4;
            alter table run alter column payload set compression lz4;
        exception when feature_not_supported then null;
        end $$
    """)


def _create_fts() -> None:
    op.execute(f"create view log_text as select id, {_WORDS.format(row='')} as body from log")
    op.execute(
        "create virtual table log_fts using fts5("
        "body, content='log_text', content_rowid='id', tokenize='porter unicode61')"
    )
    op.execute(f"""
        create trigger log_added after insert on log begin
            insert into log_fts (rowid, body) values (new.id, {_WORDS.format(row="new.")});
        end
    """)
    op.execute(f"""
        create trigger log_removed after delete on log begin
            insert into log_fts (log_fts, rowid, body)
            values ('delete', old.id, {_WORDS.format(row="old.")});
        end
    """)


def _create_rest() -> None:
    op.create_table(
        "event",
        _id(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("created_at", _LONG, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("event_run", "event", ["run_id", "id"])
    op.create_table(
        "permission",
        _id(),
        sa.Column("run_id", _LONG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("permission_run", "permission", ["run_id", "state", "id"])
    op.create_table(
        "repo",
        _id(),
        sa.Column("organization_id", _LONG, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("seen_at", _LONG, nullable=False),
    )
