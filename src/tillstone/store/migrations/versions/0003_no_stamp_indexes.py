"""No index on stamps: the feed has every record under its stamp, and each write moved an entry of the index."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = ("customer", "customer_group", "orders", "product", "supplier")


def upgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_index(f"{table}_stamp", table)
