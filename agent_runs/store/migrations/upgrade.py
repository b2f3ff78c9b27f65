"""Runs the migrations in one transaction, under a lock."""

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from agent_runs.errors import Unavailable
from agent_runs.store.engine import sqlite

_MIGRATION_LOCK = 1785688691


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade the database at `url` to the newest schema, or to a certain one.

    Raises:
        Unavailable: it could not be upgraded and was not changed.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"select pg_advisory_xact_lock({_MIGRATION_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except SQLAlchemyError as exc:
        raise Unavailable(f"The database could not be upgraded and was not changed: {exc}") from exc
    finally:
        engine.dispose()


def make_engine(url: str) -> Engine:
    """Return a SQLAlchemy engine whose SQLite transactions lock before they read."""
    if not url.startswith("sqlite:"):
        address = "postgresql+psycopg://" + url.partition("://")[2]
        return sqlalchemy.create_engine(address, poolclass=NullPool)
    path = Path(url.removeprefix("sqlite:///"))
    engine = sqlalchemy.create_engine(
        "sqlite://", creator=lambda: sqlite.connect(path, busy_seconds=30), poolclass=NullPool
    )

    @event.listens_for(engine, "begin")
    def begin_immediate(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] - an event hook
        connection.exec_driver_sql("begin immediate")

    return engine
