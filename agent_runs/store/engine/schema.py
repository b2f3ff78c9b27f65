"""Brings the schema up to date when the database is opened.

Several processes may do so at once: one migrates in one transaction under a lock, the others wait
and find the work done. SQLAlchemy and Alembic are imported only if there is something to do,
because importing them takes longer than starting the program.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from agent_runs.errors import Unavailable
from agent_runs.store.engine.sqlite import connect

HEAD = "0011"
"""The newest migration; a test compares it with the migrations folder."""
BASE = "0011"
"""The oldest migration that still exists; a test compares it, too."""
_LAST_TO_KNOW_OLDER = "the version of 27 November 2026 (commit 7895ab2)"


def migrate(url: str) -> None:
    """Create or upgrade the tables if they are not up to date.

    Raises:
        Unavailable: the database cannot be used, or is too old or too new for this version.
    """
    version = _sqlite_version(url) if url.startswith("sqlite:") else _postgres_version(url)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise Unavailable(
            f"The database has schema {version}, but this version of agent-runs knows schemas up "
            f"to {HEAD}. Nothing was changed. Use the newer version, or another database."
        )
    if version is not None and version < BASE:
        raise Unavailable(
            f"The database has schema {version}, but the oldest that this version of agent-runs "
            f"knows is {BASE}. Nothing was changed. Start {_LAST_TO_KNOW_OLDER} on it once, then "
            "this one."
        )
    # Late: see above.
    from agent_runs.store.migrations.upgrade import upgrade  # noqa: PLC0415

    upgrade(url)


def why_too_old(schema: str) -> str | None:
    """Return why a backup of this schema cannot be restored; None if it can."""
    if schema >= BASE:
        return None
    return (
        f"its schema {schema} is older than {BASE}, the oldest that this version knows. Restore it "
        f"with {_LAST_TO_KNOW_OLDER}, start that version once, and make a new backup with it."
    )


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
    # Late: SQLite does not need it.
    import psycopg  # noqa: PLC0415

    try:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("select version_num from alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    except psycopg.OperationalError as exc:
        raise Unavailable(f"The database cannot be reached: {exc}.") from exc
    return None if row is None else str(row[0])
