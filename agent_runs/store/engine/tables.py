"""The schema as SQLAlchemy sees it; Alembic compares the migrations with it.

Times are milliseconds since 1970. `payload` is a record as JSON text, served without decoding; the
other columns serve to find and sort rows, or are never served. The only difference between the
engines is full-text search: an FTS5 table over a view on SQLite, the column `search` on PostgreSQL.
Row ids are never reused. There are no foreign keys: runs are never deleted by themselves, and the
hottest path would pay for a check per log entry.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from agent_runs.store.engine.dialect import Dialect
from agent_runs.store.engine.figure_rows import AMOUNTS, SPREADS

_FILTERED = ("archived_at", "organization_id", "agent", "source_type", "repo_id", "user_id")
_Long = BigInteger().with_variant(Integer(), "sqlite")


def make_metadata(dialect: Dialect) -> MetaData:
    """Return the schema for one engine."""
    metadata = MetaData()
    _add_runs(metadata)
    _add_logs(metadata, dialect)
    _add_rest(metadata)
    _add_official(metadata)
    _add_hosted(metadata)
    _add_figures(metadata)
    _add_imports(metadata)
    _add_request_keys(metadata)
    return metadata


def _identity() -> Column[int]:
    return Column("id", _Long, Identity(always=True), primary_key=True)


def _add_runs(metadata: MetaData) -> None:
    Table(
        "run",
        metadata,
        _identity(),
        Column("organization_id", _Long, nullable=False),
        Column("status", Text, nullable=False),
        Column("agent", Text),
        Column("source_type", Text, nullable=False),
        Column("repo_id", _Long),
        Column("user_id", _Long),
        Column("upstream_id", Text),
        Column("created_at", _Long, nullable=False),
        Column("archived_at", _Long),
        Column("log_count", Integer, nullable=False),
        Column("title_folded", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Column("fence", Integer, nullable=False),
        Column("worker", Text),
        Column("session_id", Text),
        # Nobody reads these two; dropping them would rewrite every run.
        Column("agent_pid", Integer),
        Column("agent_started", Float(53)),
        Column("mode", Text),
        # The columns after the order let a filter skip runs without reading their rows.
        Index("run_newest", "created_at", "id", *_FILTERED, "status"),
        Index("run_status", "status", "created_at", "id", *_FILTERED),
        Index("run_upstream", "organization_id", "upstream_id", unique=True),
        sqlite_autoincrement=True,
    )
    Table(
        "run_total",
        metadata,
        Column("organization_id", _Long, nullable=False),
        Column("status", Text, nullable=False),
        Column("archived", Integer, nullable=False),
        Column("total", _Long, nullable=False),
        PrimaryKeyConstraint("organization_id", "status", "archived"),
    )
    Table(
        "turn",
        metadata,
        Column("run_id", _Long, nullable=False),
        Column("turn", Integer, nullable=False),
        Column("prompt", Text, nullable=False),
        Column("images", Text, nullable=False),
        Column("model", Text),
        Column("created_at", _Long, nullable=False),
        Column("started_at", _Long),
        Column("finished_at", _Long),
        Column("status", Text, nullable=False),
        Column("result", Text),
        Column("stop_reason", Text),
        Column("folded", Text, nullable=False),
        PrimaryKeyConstraint("run_id", "turn"),
    )


def _add_logs(metadata: MetaData, dialect: Dialect) -> None:
    log = Table(
        "log",
        metadata,
        _identity(),
        Column("run_id", _Long, nullable=False),
        Column("seq", Integer, nullable=False),
        Column("ts", _Long, nullable=False),
        Column("turn", Integer, nullable=False),
        Column("message_type", Text, nullable=False),
        Column("tool_name", Text),
        Column("failed", Integer, nullable=False),
        Column("payload", Text, nullable=False),
        Index("log_run_seq", "run_id", "seq", unique=True),
        Index("log_facets", "run_id", "message_type", "tool_name", "failed", "turn", "seq"),
        # For searches in all runs without words.
        Index("log_time", "ts", "id"),
        Index("log_tool", "tool_name", "id"),
        Index("log_kind", "message_type", "id"),
    )
    failed = log.c.failed == text("1")
    Index("log_failed", log.c.id, sqlite_where=failed, postgresql_where=failed)
    run_text = Table(
        "run_text",
        metadata,
        Column("run_id", _Long, primary_key=True, autoincrement=False),
        Column("body", Text, nullable=False),
    )
    if dialect == "postgresql":
        for table, name in ((log, "log_search"), (run_text, "run_text_search")):
            search = Column("search", TSVECTOR, nullable=False)
            table.append_column(search)
            Index(name, search, postgresql_using="gin")


def _add_rest(metadata: MetaData) -> None:
    Table(
        "event",
        metadata,
        _identity(),
        Column("kind", Text, nullable=False),
        Column("run_id", _Long, nullable=False),
        Column("created_at", _Long, nullable=False),
        Column("body", Text, nullable=False),
        Index("event_run", "run_id", "id"),
        sqlite_autoincrement=True,
    )
    Table(
        "permission",
        metadata,
        _identity(),
        Column("run_id", _Long, nullable=False),
        Column("state", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Index("permission_run", "run_id", "state", "id"),
        sqlite_autoincrement=True,
    )
    Table(
        "queued_prompt",
        metadata,
        _identity(),
        Column("run_id", _Long, nullable=False),
        Column("payload", Text, nullable=False),
        Index("queued_prompt_run", "run_id", "id"),
        sqlite_autoincrement=True,
    )
    Table(
        "repo",
        metadata,
        _identity(),
        Column("organization_id", _Long, nullable=False),
        Column("url", Text, nullable=False),
        Column("payload", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    Table(
        "saved_view",
        metadata,
        _identity(),
        Column("organization_id", _Long, nullable=False),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Index("saved_view_name", "organization_id", "kind", "name", unique=True),
        sqlite_autoincrement=True,
    )
    Table(
        "worker",
        metadata,
        Column("name", Text, primary_key=True),
        Column("seen_at", _Long, nullable=False),
    )


def _add_official(metadata: MetaData) -> None:
    Table(
        "preference",
        metadata,
        Column("organization_id", _Long, nullable=False),
        Column("name", Text, nullable=False),
        Column("payload", Text, nullable=False),
        PrimaryKeyConstraint("organization_id", "name"),
    )
    Table(
        "delivery",
        metadata,
        _identity(),
        Column("run_id", _Long, nullable=False),
        Column("due_at", _Long),
        Column("secret", Text),
        Column("body", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Index("delivery_due", "due_at"),
        Index("delivery_run", "run_id", "id"),
        sqlite_autoincrement=True,
    )


def _add_hosted(metadata: MetaData) -> None:
    Table(
        "hosted_run",
        metadata,
        Column("run_id", _Long, primary_key=True, autoincrement=False),
        Column("organization_id", _Long, nullable=False),
        Column("upstream_id", Text, nullable=False),
        Column("seen", Text, nullable=False),
        Column("log_position", Text, nullable=False),
        Column("gone_at", _Long),
        Column("whole", Integer, nullable=False, server_default="0"),
        Index("hosted_run_upstream", "organization_id", "upstream_id", unique=True),
        Index("hosted_run_whole", "organization_id", "whole"),
    )
    Table(
        "hosted_log",
        metadata,
        Column("run_id", _Long, nullable=False),
        Column("seq", Integer, nullable=False),
        Column("fingerprint", Text, nullable=False),
        PrimaryKeyConstraint("run_id", "seq"),
    )
    Table(
        "hosted_organization",
        metadata,
        Column("id", _Long, primary_key=True, autoincrement=False),
        Column("base_url", Text, nullable=False),
        Column("upstream_id", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("history", Text, nullable=False),
        Column("worker", Text),
        Index("hosted_organization_upstream", "base_url", "upstream_id", unique=True),
    )
    Table(
        "hosted_creation",
        metadata,
        Column("run_id", _Long, primary_key=True, autoincrement=False),
        Column("organization_id", _Long, nullable=False),
        Column("request_key", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Index("hosted_creation_state", "organization_id", "state", "run_id"),
        Index("hosted_creation_key", "request_key", unique=True),
    )


def _add_figures(metadata: MetaData) -> None:
    amounts = ("number", "failed", "total")
    Table(
        "run_tally",
        metadata,
        Column("run_id", _Long, nullable=False),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        *[Column(name, _Long, nullable=False) for name in amounts],
        PrimaryKeyConstraint("run_id", "kind", "name"),
        sqlite_with_rowid=False,
    )
    cell = ("agent", "repo_id", "mode", "organization_id")
    Table(
        "figure",
        metadata,
        Column("kind", Text, nullable=False),
        *_cell(),
        Column("name", Text, nullable=False),
        *[Column(name, _Long, nullable=False) for name in amounts],
        PrimaryKeyConstraint("scope", "kind", "span", "day", *cell, "name"),
        sqlite_with_rowid=False,
    )
    Table(
        "run_figure",
        metadata,
        *_cell(),
        *[Column(name, _Long, nullable=False) for name in AMOUNTS],
        *[Column(name, Text, nullable=False) for name in SPREADS],
        PrimaryKeyConstraint("scope", "span", "day", *cell),
        sqlite_with_rowid=False,
    )


def _cell() -> list[Column[Any]]:
    """Columns of a figure's cell, see `figure_rows.py`."""
    return [
        Column("scope", Integer, nullable=False),
        Column("span", Integer, nullable=False),
        Column("day", Integer, nullable=False),
        Column("agent", Text, nullable=False),
        Column("repo_id", _Long, nullable=False),
        Column("mode", Text, nullable=False),
        Column("organization_id", _Long, nullable=False),
    ]


def _add_imports(metadata: MetaData) -> None:
    Table(
        "imported_run",
        metadata,
        Column("organization_id", _Long, nullable=False),
        Column("origin", Text, nullable=False),
        Column("run_id", _Long, nullable=False),
        Column("diff", Text, nullable=False),
        PrimaryKeyConstraint("organization_id", "origin"),
        Index("imported_run_id", "run_id", unique=True),
    )
    Table(
        "staged_run",
        metadata,
        Column("run_id", _Long, primary_key=True, autoincrement=False),
        Column("import_id", Text, nullable=False),
        Column("worker", Text, nullable=False),
    )


def _add_request_keys(metadata: MetaData) -> None:
    Table(
        "request_key",
        metadata,
        Column("name", Text, primary_key=True),
        Column("digest", Text, nullable=False),
        Column("run_id", _Long, nullable=False),
        Column("created_at", _Long, nullable=False),
        Index("request_key_age", "created_at"),
    )
