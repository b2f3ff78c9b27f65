"""Alembic's entry point: runs the migrations on the connection that `upgrade` locked."""

from alembic import context

from agent_runs.store.engine.tables import make_metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=make_metadata(connection.dialect.name),
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
