"""Search in everything: the words of runs, and what entries are found by without words.

On PostgreSQL every entry is indexed anew: words as SQLite sees them, and none left out as too
common. That takes about three minutes for a million entries, once.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from agent_runs.store.engine.payloads import search_text
from agent_runs.store.engine.words import fold

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PART = 1000
# The words of a run; `store/runs/texts.py` says the same.
_TITLE = {
    False: "select json_extract(payload, '$.title') from run where id = :id",
    True: "select payload\\:\\:json ->> 'title' from run where id = :id",
}
_TURN_WORDS = """
    select substr(prompt, 1, 20000), substr(result, 1, 20000) from turn
    where run_id = :id order by turn
"""


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_index("log_time", "log", ["ts", "id"])
    op.create_index("log_tool", "log", ["tool_name", "id"])
    op.create_index("log_kind", "log", ["message_type", "id"])
    failed = sa.text("failed = 1")
    op.create_index("log_failed", "log", ["id"], sqlite_where=failed, postgresql_where=failed)
    op.create_table(
        "run_text",
        sa.Column("run_id", _LONG, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        *([sa.Column("search", TSVECTOR, nullable=False)] if is_postgres else []),
    )
    if is_postgres:
        _configure()
        op.create_index("run_text_search", "run_text", ["search"], postgresql_using="gin")
        _index_entries_anew()
    else:
        _create_fts()
    _add_runs(is_postgres)


def _configure() -> None:
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
    op.execute(
        "create virtual table run_fts using fts5("
        "body, content='run_text', content_rowid='run_id', tokenize='porter unicode61')"
    )
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


def _index_entries_anew() -> None:
    connection = op.get_bind()
    after = 0
    while True:
        rows = connection.execute(
            sa.text("select id, payload from log where id > :after order by id limit :part"),
            {"after": after, "part": _PART},
        ).all()
        if not rows:
            return
        connection.execute(
            sa.text("update log set search = to_tsvector('agent_runs', :words) where id = :id"),
            [{"id": row_id, "words": fold(search_text(payload))} for row_id, payload in rows],
        )
        after = rows[-1][0]


def _add_runs(is_postgres: bool) -> None:
    connection = op.get_bind()
    names, values = "run_id, body", ":run_id, :body"
    if is_postgres:
        names, values = f"{names}, search", f"{values}, to_tsvector('agent_runs', :search)"
    for (run_id,) in connection.execute(sa.text("select id from run order by id")).all():
        title = connection.execute(sa.text(_TITLE[is_postgres]), {"id": run_id}).scalar()
        turns = connection.execute(sa.text(_TURN_WORDS), {"id": run_id}).all()
        parts = [title, *(part for turn in turns for part in turn)]
        body = "\n".join(part for part in parts if part)[:100_000]
        connection.execute(
            sa.text(f"insert into run_text ({names}) values ({values})"),
            {"run_id": run_id, "body": body} | ({"search": fold(body)} if is_postgres else {}),
        )
