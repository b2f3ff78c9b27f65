"""Alembic migrations: each is frozen once released; the newest matches `store/engine/tables.py`."""
