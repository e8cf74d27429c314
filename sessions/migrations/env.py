"""What Alembic runs for each order; both trees share it. It knows only what `run` handed over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    render_as_batch=True,  # SQLite cannot alter a column in place
    compare_type=True,
    compare_server_default=True,
)
with connection.begin(), context.begin_transaction():
    context.run_migrations()
