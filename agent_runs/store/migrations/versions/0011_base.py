"""All tables, as the version of 27 November 2026 (commit 7895ab2) left them after eleven steps."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0011"
down_revision = None
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

# The words of an entry, one text per line; `store/engine/payloads.py` says the same in Python.
_WORDS = """
    coalesce((select substr(group_concat(atom, char(10)), 1, 4000) from json_tree(json_extract(
        {row}payload, '$.thought', '$.tool_name', '$.tool_input', '$.observation', '$.tool_output'
    )) where type = 'text'), '')
"""


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    _create_runs()
    _create_logs(is_postgres)
    if is_postgres:
        _prefer_lz4()
        _configure_search()
    else:
        _create_fts()
    _create_rest()
    _create_hosted()
    _create_figures()
    _create_imports()


def _id() -> sa.Column[Any]:
    return sa.Column("id", _LONG, sa.Identity(always=True), primary_key=True)


def _run_id() -> sa.Column[Any]:
    """The key of a table with at most one row per run."""
    return sa.Column("run_id", _LONG, primary_key=True, autoincrement=False)


def _long(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, _LONG, nullable=False) for name in names]


def _integer(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _create_runs() -> None:
    op.create_table(
        "run",
        _id(),
        *_long("organization_id"),
        *_text("status"),
        sa.Column("agent", sa.Text),
        *_text("source_type"),
        sa.Column("repo_id", _LONG),
        sa.Column("user_id", _LONG),
        sa.Column("upstream_id", sa.Text),
        *_long("created_at"),
        sa.Column("archived_at", _LONG),
        *_integer("log_count"),
        *_text("title_folded", "payload"),
        *_integer("fence"),
        sa.Column("worker", sa.Text),
        sa.Column("session_id", sa.Text),
        sa.Column("agent_pid", sa.Integer),
        sa.Column("agent_started", sa.Float(53)),
        sa.Column("mode", sa.Text),
        sqlite_autoincrement=True,
    )
    filtered = ["archived_at", "organization_id", "agent", "source_type", "repo_id", "user_id"]
    op.create_index("run_newest", "run", ["created_at", "id", *filtered, "status"])
    op.create_index("run_status", "run", ["status", "created_at", "id", *filtered])
    op.create_index("run_upstream", "run", ["organization_id", "upstream_id"], unique=True)
    op.create_table(
        "run_total",
        *_long("organization_id"),
        *_text("status"),
        *_integer("archived"),
        *_long("total"),
        sa.PrimaryKeyConstraint("organization_id", "status", "archived"),
    )
    op.create_table(
        "turn",
        *_long("run_id"),
        *_integer("turn"),
        *_text("prompt", "images"),
        sa.Column("model", sa.Text),
        *_long("created_at"),
        sa.Column("started_at", _LONG),
        sa.Column("finished_at", _LONG),
        *_text("status"),
        sa.Column("result", sa.Text),
        sa.Column("stop_reason", sa.Text),
        *_text("folded"),
        sa.PrimaryKeyConstraint("run_id", "turn"),
    )


def _create_logs(is_postgres: bool) -> None:
    def search() -> list[sa.Column[Any]]:
        return [sa.Column("search", TSVECTOR, nullable=False)] if is_postgres else []

    op.create_table(
        "log",
        _id(),
        *_long("run_id"),
        *_integer("seq"),
        *_long("ts"),
        *_integer("turn"),
        *_text("message_type"),
        sa.Column("tool_name", sa.Text),
        *_integer("failed"),
        *_text("payload"),
        *search(),
    )
    op.create_index("log_run_seq", "log", ["run_id", "seq"], unique=True)
    facets = ["run_id", "message_type", "tool_name", "failed", "turn", "seq"]
    op.create_index("log_facets", "log", facets)
    op.create_index("log_time", "log", ["ts", "id"])
    op.create_index("log_tool", "log", ["tool_name", "id"])
    op.create_index("log_kind", "log", ["message_type", "id"])
    failed = sa.text("failed = 1")
    op.create_index("log_failed", "log", ["id"], sqlite_where=failed, postgresql_where=failed)
    op.create_table("run_text", _run_id(), *_text("body"), *search())
    if is_postgres:
        op.create_index("log_search", "log", ["search"], postgresql_using="gin")
        op.create_index("run_text_search", "run_text", ["search"], postgresql_using="gin")


def _prefer_lz4() -> None:
    # Several times faster than the default; some servers are built without it.
    op.execute("""
        do $$ begin
            alter table log alter column payload set compression lz4;
            alter table run alter column payload set compression lz4;
        exception when feature_not_supported then null;
        end $$
    """)


def _configure_search() -> None:
    """The stemmer of SQLite's index, and no list of words to leave out."""
    op.execute(
        "create text search dictionary agent_runs_stem"
        " (template = pg_catalog.snowball, language = 'porter')"
    )
    op.execute("create text search configuration agent_runs (copy = pg_catalog.simple)")
    op.execute(
        "alter text search configuration agent_runs alter mapping for"
        " asciiword, word, numword with agent_runs_stem"
    )


def _create_fts() -> None:
    op.execute(f"create view log_text as select id, {_WORDS.format(row='')} as body from log")
    for index, table, key in (("log_fts", "log_text", "id"), ("run_fts", "run_text", "run_id")):
        op.execute(
            f"create virtual table {index} using fts5("
            f"body, content='{table}', content_rowid='{key}', tokenize='porter unicode61')"
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
    op.execute("""
        create trigger run_text_added after insert on run_text begin
            insert into run_fts (rowid, body) values (new.run_id, new.body);
        end
    """)
    op.execute("""
        create trigger run_text_removed after delete on run_text begin
            insert into run_fts (run_fts, rowid, body) values ('delete', old.run_id, old.body);
        end
    """)


def _create_rest() -> None:
    op.create_table(
        "event",
        _id(),
        *_text("kind"),
        *_long("run_id", "created_at"),
        *_text("body"),
        sqlite_autoincrement=True,
    )
    op.create_index("event_run", "event", ["run_id", "id"])
    op.create_table(
        "permission",
        _id(),
        *_long("run_id"),
        *_text("state", "payload"),
        sqlite_autoincrement=True,
    )
    op.create_index("permission_run", "permission", ["run_id", "state", "id"])
    op.create_table(
        "queued_prompt", _id(), *_long("run_id"), *_text("payload"), sqlite_autoincrement=True
    )
    op.create_index("queued_prompt_run", "queued_prompt", ["run_id", "id"])
    op.create_table(
        "repo",
        _id(),
        *_long("organization_id"),
        *_text("url", "payload"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "saved_view",
        _id(),
        *_long("organization_id"),
        *_text("kind", "name", "payload"),
        sqlite_autoincrement=True,
    )
    names = ["organization_id", "kind", "name"]
    op.create_index("saved_view_name", "saved_view", names, unique=True)
    op.create_table("worker", sa.Column("name", sa.Text, primary_key=True), *_long("seen_at"))
    op.create_table(
        "preference",
        *_long("organization_id"),
        *_text("name", "payload"),
        sa.PrimaryKeyConstraint("organization_id", "name"),
    )
    op.create_table(
        "delivery",
        _id(),
        *_long("run_id"),
        sa.Column("due_at", _LONG),
        sa.Column("secret", sa.Text),
        *_text("body", "payload"),
        sqlite_autoincrement=True,
    )
    op.create_index("delivery_due", "delivery", ["due_at"])
    op.create_index("delivery_run", "delivery", ["run_id", "id"])
    op.create_table(
        "request_key",
        sa.Column("name", sa.Text, primary_key=True),
        *_text("digest"),
        *_long("run_id", "created_at"),
    )
    op.create_index("request_key_age", "request_key", ["created_at"])


def _create_hosted() -> None:
    op.create_table(
        "hosted_run",
        _run_id(),
        *_long("organization_id"),
        *_text("upstream_id", "seen", "log_position"),
        sa.Column("gone_at", _LONG),
        # 1: all entries are here that upstream had when it showed the run as it was seen last.
        sa.Column("whole", sa.Integer, nullable=False, server_default="0"),
    )
    upstream = ["organization_id", "upstream_id"]
    op.create_index("hosted_run_upstream", "hosted_run", upstream, unique=True)
    op.create_index("hosted_run_whole", "hosted_run", ["organization_id", "whole"])
    op.create_table(
        "hosted_log",
        *_long("run_id"),
        *_integer("seq"),
        *_text("fingerprint"),
        sa.PrimaryKeyConstraint("run_id", "seq"),
    )
    op.create_table(
        "hosted_organization",
        sa.Column("id", _LONG, primary_key=True, autoincrement=False),
        *_text("base_url", "upstream_id", "name", "history"),
        sa.Column("worker", sa.Text),
    )
    names = ["base_url", "upstream_id"]
    op.create_index("hosted_organization_upstream", "hosted_organization", names, unique=True)
    op.create_table(
        "hosted_creation",
        _run_id(),
        *_long("organization_id"),
        *_text("request_key", "state", "payload"),
    )
    state = ["organization_id", "state", "run_id"]
    op.create_index("hosted_creation_state", "hosted_creation", state)
    op.create_index("hosted_creation_key", "hosted_creation", ["request_key"], unique=True)


def _create_figures() -> None:
    amounts = ("number", "failed", "total")
    op.create_table(
        "run_tally",
        *_long("run_id"),
        *_text("kind", "name"),
        *_long(*amounts),
        sa.PrimaryKeyConstraint("run_id", "kind", "name"),
        sqlite_with_rowid=False,
    )
    place = ("agent", "repo_id", "mode", "organization_id")
    op.create_table(
        "figure",
        *_integer("scope"),
        *_text("kind"),
        *_integer("span", "day"),
        *_text("agent"),
        *_long("repo_id"),
        *_text("mode", "name"),
        *_long("organization_id", *amounts),
        sa.PrimaryKeyConstraint("scope", "kind", "span", "day", *place, "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_figure",
        *_integer("scope", "span", "day"),
        *_text("agent"),
        *_long("repo_id"),
        *_text("mode"),
        *_long("organization_id", *_AMOUNTS),
        *_text(*_SPREADS),
        sa.PrimaryKeyConstraint("scope", "span", "day", *place),
        sqlite_with_rowid=False,
    )


def _create_imports() -> None:
    op.create_table(
        "imported_run",
        *_long("organization_id"),
        *_text("origin"),
        *_long("run_id"),
        *_text("diff"),
        sa.PrimaryKeyConstraint("organization_id", "origin"),
    )
    op.create_index("imported_run_id", "imported_run", ["run_id"], unique=True)
    op.create_table("staged_run", _run_id(), *_text("import_id", "worker"))
