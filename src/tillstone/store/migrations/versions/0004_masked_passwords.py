"""Keys to which no password's hash is shown."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The flag; keys that exist are shown what they were."""
    op.add_column("api_key", sa.Column("mask_passwords", sa.SmallInteger()))
