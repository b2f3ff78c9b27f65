"""Alembic migrations: each is frozen once released; the newest one matches `store/tables.py`."""
