"""How Alembic runs our migrations: on the connection and in the transaction that `versions.migrate` opened."""

from alembic import context

from tillstone.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # the transaction is `versions.migrate`'s, and it holds the lock
    transactional_ddl=False,
)
context.run_migrations()
