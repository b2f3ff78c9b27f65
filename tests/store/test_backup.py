"""A backup of one engine is the same database in the other, and nothing is half restored."""

import gzip
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from export_samples import exported, full_run

from agent_runs.errors import Conflict, InvalidRequest
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.tables import make_metadata
from agent_runs.store.files import imports
from agent_runs.store.files.backup import write_backup
from agent_runs.store.files.restore import restore_backup
from agent_runs.store.runs import leases, logs, runs
from tests.store_samples import NOW, add_entries, entry, new_run

pytestmark = pytest.mark.anyio


async def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All that a database holds, but for what is made from it."""
    rows_of: dict[str, list[tuple[object, ...]]] = {}
    for table in make_metadata("sqlite").sorted_tables:
        if table.name not in {"worker", "staged_run"}:
            names = ", ".join(column.name for column in table.columns)
            keys = ", ".join(column.name for column in table.primary_key.columns)
            sql = f"select {names} from {table.name} order by {keys}"
            rows_of[table.name] = await database.read(sql)
    return rows_of


async def filled(database: Database) -> None:
    await full_run(database)
    run = await new_run(database, status="COMPLETE", title="zanzibar")
    await add_entries(database, run.id, 1500)
    async with database.begin() as transaction:
        await runs.change(transaction, run, archived_at=NOW)
        await leases.beat(transaction, "somebody", NOW)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "all.backup"


@pytest.fixture(params=["sqlite", "postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind that was never used."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'other.db'}"
    return request.getfixturevalue("empty_postgres_url")


async def test_a_backup_is_the_same_database_in_either_engine(
    database: Database, database_url: str, other_url: str, backup: Path
) -> None:
    await filled(database)
    counts = write_backup(database_url, backup)
    assert (counts["run"], counts["log"]) == (2, 1508)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert restore_backup(other_url, backup) == counts
    async with Database.open(other_url) as other:
        assert await content(other) == await content(database)
        assert await exported(other) != b""
        word = {"word": "turned"}
        sql = (
            "select count(*) from log_fts where log_fts match :word"
            if other.dialect == "sqlite"
            else "select count(*) from log where search @@ to_tsquery('agent_runs', :word)"
        )
        assert await other.read(sql, word) == [(1,)]
        # It goes on where the other one was: no id is used again.
        assert (await new_run(other)).id == 3
        await add_entries(other, 3, 2)


async def test_a_backup_is_one_state_although_others_write(
    database: Database, database_url: str, backup: Path, tmp_path: Path
) -> None:
    await filled(database)
    async with database.begin() as transaction:
        await logs.append(transaction, 1, None, [entry("not committed yet")])
        counts = write_backup(database_url, backup)
    assert counts["log"] == 1508
    url = f"sqlite:///{tmp_path / 'other.db'}"
    restore_backup(url, backup)
    async with Database.open(url) as other:
        assert (await runs.get(other, 1)).log_count == 8


async def test_ids_that_were_given_are_not_given_again_after_a_restore(
    database: Database, database_url: str, other_url: str, backup: Path
) -> None:
    async with database.begin() as transaction:
        left = await imports.stage(transaction, "an import", "dead", None)
        staged = {**entry("left").model_dump(mode="json"), "seq": 0}
        await logs.stage(transaction, left, [staged], under=left)
    assert write_backup(database_url, backup)["log"] == 0
    restore_backup(other_url, backup)
    async with Database.open(other_url) as other:
        assert (await new_run(other)).id == left + 1


async def test_a_database_with_runs_is_replaced_only_by_force(
    database: Database, database_url: str, other_url: str, backup: Path, tmp_path: Path
) -> None:
    await filled(database)
    write_backup(database_url, backup)
    async with Database.open(other_url) as other:
        await new_run(other, title="mine")
        before = await content(other)
    with pytest.raises(Conflict, match="There are 1 runs"):
        restore_backup(other_url, backup)
    async with Database.open(other_url) as other:
        assert await content(other) == before
    restore_backup(other_url, backup, force=True)
    async with Database.open(other_url) as other:
        assert await content(other) == await content(database)
    if other_url.startswith("sqlite"):
        earlier_url = f"sqlite:///{tmp_path / 'other.db.before-restore'}"
        async with Database.open(earlier_url) as old:
            assert await content(old) == before


def lines_of(backup: Path) -> list[bytes]:
    with gzip.open(backup) as file:
        return file.readlines()


def with_lines(lines: list[bytes]) -> bytes:
    return gzip.compress(b"".join(lines))


def of_version(lines: list[bytes], **fields: object) -> bytes:
    header = json.loads(lines[0]) | fields
    return with_lines([json.dumps(header).encode() + b"\n", *lines[1:]])


FAULTS: dict[str, Callable[[list[bytes], bytes], bytes]] = {
    "cut off": lambda _, raw: raw[: len(raw) // 2],
    "before its end": lambda lines, _: with_lines(lines[:-1]),
    "damaged, or not a backup": lambda _, __: b"hello",
    "is not a backup": lambda lines, _: with_lines([b'{"type":"other"}\n', *lines[1:]]),
    "a newer version": lambda lines, _: of_version(lines, format=2),
    "is newer than": lambda lines, _: of_version(lines, schema="9999"),
    "is older than": lambda lines, _: of_version(lines, schema="0010"),
    "does not know the table": lambda lines, _: with_lines(
        [lines[0], b'{"table":"run; drop table run","columns":["id"]}\n', *lines[1:]]
    ),
    "does not fit": lambda lines, _: with_lines([*lines[:2], b"[1]\n", *lines[2:]]),
    "numbers of rows": lambda lines, _: with_lines(
        [line for line in lines if b"line 0" not in line]
    ),
}


@pytest.mark.parametrize("words", FAULTS)
async def test_a_broken_backup_changes_nothing(
    database: Database, database_url: str, other_url: str, backup: Path, words: str
) -> None:
    run = await new_run(database)
    await add_entries(database, run.id, 3)
    write_backup(database_url, backup)
    backup.write_bytes(FAULTS[words](lines_of(backup), backup.read_bytes()))
    async with Database.open(other_url) as other:
        await new_run(other, title="mine")
        before = await content(other)
    with pytest.raises(InvalidRequest, match=words):
        restore_backup(other_url, backup, force=True)
    async with Database.open(other_url) as other:
        assert await content(other) == before


async def test_a_server_at_work_on_postgresql_keeps_its_database(
    postgres_url: str, backup: Path
) -> None:
    async with Database.open(postgres_url) as database:
        write_backup(postgres_url, backup)
        async with database.begin() as transaction:
            await leases.beat(transaction, "a server", logs.now())
    with pytest.raises(Conflict, match="A server uses this database"):
        restore_backup(postgres_url, backup, force=True)


def test_a_backup_that_cannot_be_written_or_made_says_why(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be written"):
        write_backup(sqlite_url, tmp_path / "no" / "folder")
    with pytest.raises(InvalidRequest, match="There is no database"):
        write_backup(f"sqlite:///{tmp_path / 'nothing.db'}", tmp_path / "x")
    assert not (tmp_path / "nothing.db").exists()
    with pytest.raises(InvalidRequest, match="cannot be read"):
        restore_backup(sqlite_url, tmp_path / "missing")
