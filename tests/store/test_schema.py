"""The migrations and who runs them, on both engines."""

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from agent_runs.errors import Unavailable
from agent_runs.search_query import SearchQuery
from agent_runs.store import migrations
from agent_runs.store.engine import schema
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.dialect import Dialect
from agent_runs.store.engine.tables import make_metadata
from agent_runs.store.figures import sums
from agent_runs.store.figures.sums import FigureFilter
from agent_runs.store.migrations.upgrade import make_engine, upgrade
from agent_runs.store.recount import ensure_counted
from agent_runs.store.search import search
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_migrations_make_the_tables_that_the_program_expects(database_url: str) -> None:
    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name is None or not name.startswith(("log_fts", "run_fts"))

    engine = make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_ours}
        )
        assert compare_metadata(context, make_metadata(cast("Dialect", context.dialect.name))) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_is_looked_for() -> None:
    (folder,) = migrations.__path__
    assert ScriptDirectory(folder).get_current_head() == schema.HEAD


async def test_what_an_earlier_version_stored_is_found_after_the_upgrade(
    empty_database_url: str,
) -> None:
    upgrade(empty_database_url, "0004")
    engine = make_engine(empty_database_url)
    words = "to_tsvector('english', 'x')" if engine.dialect.name == "postgresql" else None
    with engine.begin() as connection:
        for sql in (
            "insert into run (organization_id, status, source_type, created_at, log_count,"
            " title_folded, payload, fence) values (1, 'COMPLETE', 'API', 1, 1, 'old title',"
            """ '{"id": 1, "title": "Old title", "prompt": "old prompt", "status": "COMPLETE","""
            """ "created_at": "1970-01-01T00:00:00.001Z"}', 0)""",
            "insert into turn (run_id, turn, prompt, images, created_at, status, result, folded)"
            " values (1, 1, 'old prompt', '[]', 1, 'COMPLETE', 'old result', 'old')",
            f"insert into log (run_id, seq, ts, turn, message_type, failed, payload"
            f"{', search' if words else ''}) values (1, 0, 1, 1, 'ACTION', 0,"
            f""" '{{"observation": "in src/old_file.py"}}'{f", {words}" if words else ""})""",
        ):
            connection.exec_driver_sql(sql)
    engine.dispose()
    async with Database.open(empty_database_url) as database:
        for text, seqs in {
            "title": [None], "prompt": [None], "result": [None], "file": [0], "in": [0],
        }.items():  # fmt: skip
            found = await search.find(database, SearchQuery(all_of=((text,),)))
            assert [hit.seq for hit in found.hits] == seqs, text


async def test_figures_that_an_earlier_version_kept_are_counted_anew(
    empty_database_url: str,
) -> None:
    upgrade(empty_database_url, "0009")
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        for sql in (
            "insert into run (organization_id, status, source_type, created_at, log_count,"
            " title_folded, payload, fence) values (1, 'COMPLETE', 'API', 1, 3, '',"
            """ '{"id": 1, "prompt": "old", "status": "COMPLETE", "log_count": 3,"""
            """ "created_at": "1970-01-01T00:00:00.001Z"}', 0)""",
            "insert into figure values (0, 'counted', '*', -1, '*', 0, '2', 0, 1, 0, 0)",
            "insert into figure values (0, 'runs', '*', -1, '*', 0, 'ERROR', 1, 1, 0, 0)",
        ):
            connection.exec_driver_sql(sql)
    engine.dispose()
    async with Database.open(empty_database_url) as database:
        await ensure_counted(database)
        columns = ("complete", "failed", "steps")
        found = await sums.by_step(database, columns, FigureFilter(0, 0), 1)
        assert found[0].amounts == {"complete": 1, "failed": 0, "steps_total": 3}


def test_four_processes_may_open_a_new_database_at_once(empty_database_url: str) -> None:
    code = "import sys; from agent_runs.store.engine.schema import migrate; migrate(sys.argv[1])"
    started = [run_python(code, empty_database_url) for _ in range(4)]
    ended = [
        (process.communicate(timeout=PATIENCE_SECONDS)[0], process.returncode)
        for process in started
    ]
    assert ended == [("", 0)] * 4


def test_opening_a_database_that_is_up_to_date_is_quick(database_url: str) -> None:
    code = """
import asyncio, sys
from agent_runs.store.engine.database import Database

async def main():
    async with Database.open(sys.argv[1]) as database:
        await database.read("select count(*) from run")

asyncio.run(main())
print([name for name in ("sqlalchemy", "alembic", "psycopg") if name in sys.modules])
"""
    process = run_python(code, database_url)
    expected = "[]\n" if database_url.startswith("sqlite") else "['psycopg']\n"
    assert process.communicate(timeout=PATIENCE_SECONDS) == (expected, None)


async def test_a_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    async with Database.open(database_url) as database, database.begin() as transaction:
        await transaction.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(Unavailable, match="newer version"):
        await Database.open(database_url)


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    empty_database_url: str, tmp_path: Path
) -> None:
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        # In the way of the last table.
        connection.exec_driver_sql("create table worker (name text)")
    engine.dispose()
    with pytest.raises(Unavailable, match="as before"):
        await Database.open(empty_database_url)
    engine = make_engine(empty_database_url)
    with engine.connect() as connection:
        tables = connection.dialect.get_table_names(connection)
    engine.dispose()
    assert tables == ["worker"]
