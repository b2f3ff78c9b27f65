"""All tables, as the version of 27 November 2026 (commit 7895ab2) left them after eleven steps."""

from alembic import op

revision = "0011"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE = {
    "ID": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
    "LOG_ID": "INTEGER NOT NULL",
    "LONG": "INTEGER",
    "DOUBLE": "FLOAT",
    "SEARCH": "",
    "IN_ORDER": " WITHOUT ROWID",
}
_POSTGRES = {
    "ID": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "LOG_ID": "BIGINT GENERATED ALWAYS AS IDENTITY",
    "LONG": "BIGINT",
    "DOUBLE": "DOUBLE PRECISION",
    "SEARCH": ", search TSVECTOR NOT NULL",
    "IN_ORDER": "",
}
_NUMBERS = "number {LONG} NOT NULL, failed {LONG} NOT NULL, total {LONG} NOT NULL"
_AMOUNTS = """
    working, complete, failed, cancelled, calls, failed_calls, input_runs, output_runs, total_runs,
    input_tokens, output_tokens, total_tokens, model_ms, tools_ms, waiting_ms, queued_ms,
    duration_total, first_step_total, waited_total, steps_total
"""

_TABLES = (
    """run (
        id {ID}, organization_id {LONG} NOT NULL, status TEXT NOT NULL, agent TEXT,
        source_type TEXT NOT NULL, repo_id {LONG}, user_id {LONG}, upstream_id TEXT,
        created_at {LONG} NOT NULL, archived_at {LONG}, log_count INTEGER NOT NULL,
        title_folded TEXT NOT NULL, payload TEXT NOT NULL, fence INTEGER NOT NULL, worker TEXT,
        session_id TEXT, agent_pid INTEGER, agent_started {DOUBLE}, mode TEXT)""",
    """run_total (
        organization_id {LONG} NOT NULL, status TEXT NOT NULL, archived INTEGER NOT NULL,
        total {LONG} NOT NULL, PRIMARY KEY (organization_id, status, archived))""",
    """turn (
        run_id {LONG} NOT NULL, turn INTEGER NOT NULL, prompt TEXT NOT NULL, images TEXT NOT NULL,
        model TEXT, created_at {LONG} NOT NULL, started_at {LONG}, finished_at {LONG},
        status TEXT NOT NULL, result TEXT, stop_reason TEXT, folded TEXT NOT NULL,
        PRIMARY KEY (run_id, turn))""",
    """log (
        id {LOG_ID}, run_id {LONG} NOT NULL, seq INTEGER NOT NULL, ts {LONG} NOT NULL,
        turn INTEGER NOT NULL, message_type TEXT NOT NULL, tool_name TEXT,
        failed INTEGER NOT NULL, payload TEXT NOT NULL{SEARCH}, PRIMARY KEY (id))""",
    "run_text (run_id {LONG} NOT NULL, body TEXT NOT NULL{SEARCH}, PRIMARY KEY (run_id))",
    """event (
        id {ID}, kind TEXT NOT NULL, run_id {LONG} NOT NULL, created_at {LONG} NOT NULL,
        body TEXT NOT NULL)""",
    """permission (
        id {ID}, run_id {LONG} NOT NULL, state TEXT NOT NULL, payload TEXT NOT NULL)""",
    "queued_prompt (id {ID}, run_id {LONG} NOT NULL, payload TEXT NOT NULL)",
    "repo (id {ID}, organization_id {LONG} NOT NULL, url TEXT NOT NULL, payload TEXT NOT NULL)",
    """saved_view (
        id {ID}, organization_id {LONG} NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
        payload TEXT NOT NULL)""",
    "worker (name TEXT NOT NULL, seen_at {LONG} NOT NULL, PRIMARY KEY (name))",
    """preference (
        organization_id {LONG} NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL,
        PRIMARY KEY (organization_id, name))""",
    """delivery (
        id {ID}, run_id {LONG} NOT NULL, due_at {LONG}, secret TEXT, body TEXT NOT NULL,
        payload TEXT NOT NULL)""",
    """request_key (
        name TEXT NOT NULL, digest TEXT NOT NULL, run_id {LONG} NOT NULL,
        created_at {LONG} NOT NULL, PRIMARY KEY (name))""",
    # whole: all entries are here that upstream had when it last showed the run.
    """hosted_run (
        run_id {LONG} NOT NULL, organization_id {LONG} NOT NULL, upstream_id TEXT NOT NULL,
        seen TEXT NOT NULL, log_position TEXT NOT NULL, gone_at {LONG},
        whole INTEGER DEFAULT '0' NOT NULL, PRIMARY KEY (run_id))""",
    """hosted_log (
        run_id {LONG} NOT NULL, seq INTEGER NOT NULL, fingerprint TEXT NOT NULL,
        PRIMARY KEY (run_id, seq))""",
    """hosted_organization (
        id {LONG} NOT NULL, base_url TEXT NOT NULL, upstream_id TEXT NOT NULL, name TEXT NOT NULL,
        history TEXT NOT NULL, worker TEXT, PRIMARY KEY (id))""",
    """hosted_creation (
        run_id {LONG} NOT NULL, organization_id {LONG} NOT NULL, request_key TEXT NOT NULL,
        state TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (run_id))""",
    f"""run_tally (
        run_id {{LONG}} NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, {_NUMBERS},
        PRIMARY KEY (run_id, kind, name)){{IN_ORDER}}""",
    f"""figure (
        scope INTEGER NOT NULL, kind TEXT NOT NULL, span INTEGER NOT NULL, day INTEGER NOT NULL,
        agent TEXT NOT NULL, repo_id {{LONG}} NOT NULL, mode TEXT NOT NULL, name TEXT NOT NULL,
        organization_id {{LONG}} NOT NULL, {_NUMBERS},
        PRIMARY KEY (scope, kind, span, day, agent, repo_id, mode, organization_id, name)
        ){{IN_ORDER}}""",
    f"""run_figure (
        scope INTEGER NOT NULL, span INTEGER NOT NULL, day INTEGER NOT NULL, agent TEXT NOT NULL,
        repo_id {{LONG}} NOT NULL, mode TEXT NOT NULL, organization_id {{LONG}} NOT NULL,
        {" ".join(f"{name} {{LONG}} NOT NULL," for name in _AMOUNTS.replace(",", "").split())}
        duration TEXT NOT NULL, first_step TEXT NOT NULL, waited TEXT NOT NULL,
        steps TEXT NOT NULL, PRIMARY KEY (scope, span, day, agent, repo_id, mode, organization_id)
        ){{IN_ORDER}}""",
    """imported_run (
        organization_id {LONG} NOT NULL, origin TEXT NOT NULL, run_id {LONG} NOT NULL,
        diff TEXT NOT NULL, PRIMARY KEY (organization_id, origin))""",
    """staged_run (
        run_id {LONG} NOT NULL, import_id TEXT NOT NULL, worker TEXT NOT NULL,
        PRIMARY KEY (run_id))""",
)
_FILTERED = "archived_at, organization_id, agent, source_type, repo_id, user_id"
_INDEXES = (
    f"INDEX run_newest ON run (created_at, id, {_FILTERED}, status)",
    f"INDEX run_status ON run (status, created_at, id, {_FILTERED})",
    "UNIQUE INDEX run_upstream ON run (organization_id, upstream_id)",
    "UNIQUE INDEX log_run_seq ON log (run_id, seq)",
    "INDEX log_facets ON log (run_id, message_type, tool_name, failed, turn, seq)",
    "INDEX log_time ON log (ts, id)",
    "INDEX log_tool ON log (tool_name, id)",
    "INDEX log_kind ON log (message_type, id)",
    "INDEX log_failed ON log (id) WHERE failed = 1",
    "INDEX event_run ON event (run_id, id)",
    "INDEX permission_run ON permission (run_id, state, id)",
    "INDEX queued_prompt_run ON queued_prompt (run_id, id)",
    "UNIQUE INDEX saved_view_name ON saved_view (organization_id, kind, name)",
    "INDEX delivery_due ON delivery (due_at)",
    "INDEX delivery_run ON delivery (run_id, id)",
    "INDEX request_key_age ON request_key (created_at)",
    "UNIQUE INDEX hosted_run_upstream ON hosted_run (organization_id, upstream_id)",
    "INDEX hosted_run_whole ON hosted_run (organization_id, whole)",
    "UNIQUE INDEX hosted_organization_upstream ON hosted_organization (base_url, upstream_id)",
    "INDEX hosted_creation_state ON hosted_creation (organization_id, state, run_id)",
    "UNIQUE INDEX hosted_creation_key ON hosted_creation (request_key)",
    "UNIQUE INDEX imported_run_id ON imported_run (run_id)",
)

# The words of an entry, one text per line; `store/engine/payloads.py` says the same in Python.
_WORDS = """
    coalesce((select substr(group_concat(atom, char(10)), 1, 4000) from json_tree(json_extract(
        {row}payload, '$.thought', '$.tool_name', '$.tool_input', '$.observation', '$.tool_output'
    )) where type = 'text'), '')
"""


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for table in _TABLES:
        op.execute(f"CREATE TABLE {table.format_map(_POSTGRES if is_postgres else _SQLITE)}")
    for index in _INDEXES:
        op.execute(f"CREATE {index}")
    if is_postgres:
        _prefer_lz4()
        _create_search()
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


def _create_search() -> None:
    """The stemmer of SQLite's index, without stop words."""
    for sql in (
        "create text search dictionary agent_runs_stem"
        " (template = pg_catalog.snowball, language = 'porter')",
        "create text search configuration agent_runs (copy = pg_catalog.simple)",
        "alter text search configuration agent_runs alter mapping for"
        " asciiword, word, numword with agent_runs_stem",
        "create index log_search on log using gin (search)",
        "create index run_text_search on run_text using gin (search)",
    ):
        op.execute(sql)


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
