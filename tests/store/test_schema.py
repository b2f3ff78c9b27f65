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
from agent_runs.store import migrations
from agent_runs.store.engine import schema
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.dialect import Dialect
from agent_runs.store.engine.tables import make_metadata
from agent_runs.store.migrations.upgrade import make_engine
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


def test_the_oldest_migration_is_the_one_that_older_databases_are_refused_by() -> None:
    (folder,) = migrations.__path__
    assert ScriptDirectory(folder).get_base() == schema.BASE


def test_a_database_of_too_old_a_version_is_refused_and_left_as_it_was(
    empty_database_url: str,
) -> None:
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table alembic_version (version_num varchar(32))")
        connection.exec_driver_sql("insert into alembic_version values ('0010')")
    with pytest.raises(Unavailable) as refused:
        schema.migrate(empty_database_url)
    assert refused.value.message == (
        "The database has schema 0010, but the oldest that this version of agent-runs knows is "
        "0011. Nothing was changed. Start the version of 27 November 2026 (commit 7895ab2) on it "
        "once, then this one."
    )
    with engine.connect() as connection:
        assert connection.dialect.get_table_names(connection) == ["alembic_version"]
    engine.dispose()


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
    with pytest.raises(Unavailable, match="was not changed"):
        await Database.open(empty_database_url)
    engine = make_engine(empty_database_url)
    with engine.connect() as connection:
        tables = connection.dialect.get_table_names(connection)
    engine.dispose()
    assert tables == ["worker"]
