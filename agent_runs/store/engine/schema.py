"""Brings the schema up to date when the database is opened.

Several processes may do so at once: one migrates in one transaction under a lock, the others wait
and find the work done. SQLAlchemy and Alembic are imported only when there is something to do,
since they take longer to import than the program takes to start.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from agent_runs.errors import Unavailable
from agent_runs.store.engine.sqlite import connect

HEAD = "0011"
"""The newest migration; a test compares it with the migrations folder."""


def migrate(url: str) -> None:
    """Make or upgrade the tables; does nothing when they are up to date.

    Raises:
        Unavailable: the database cannot be used, or a newer version of the program made it.
    """
    version = _sqlite_version(url) if url.startswith("sqlite:") else _postgres_version(url)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise Unavailable(
            f"The database has schema {version}, this version of agent-runs knows {HEAD} at most. "
            "Nothing was changed: use the newer version, or another database."
        )
    # Late: see above.
    from agent_runs.store.migrations.upgrade import upgrade  # noqa: PLC0415

    upgrade(url)


def _sqlite_version(url: str) -> str | None:
    with closing(connect(Path(url.removeprefix("sqlite:///")))) as connection:
        try:
            row = connection.execute("select version_num from alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
        except sqlite3.DatabaseError as exc:
            raise Unavailable(f"The database {url} cannot be read: {exc}.") from exc
    return None if row is None else str(row[0])


def _postgres_version(url: str) -> str | None:
    # Late: with SQLite nobody needs it.
    import psycopg  # noqa: PLC0415

    try:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("select version_num from alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    except psycopg.OperationalError as exc:
        raise Unavailable(f"The database cannot be reached: {exc}.") from exc
    return None if row is None else str(row[0])
