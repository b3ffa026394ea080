"""Who signs: OAuth consumers and tokens, admin users, roles, and the rules of each; a customer's confirmation key."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
LIVE = sa.text("deleted IS NULL")

TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    # texts, numbers, flags that are always set
    "oauth_consumer": (("key", "secret_sealed", "name", "callback_url", "rejected_url"), (), ()),
    "oauth_token": (
        ("token", "secret_sealed", "verifier", "kind", "callback_url"),
        ("consumer_id", "admin_id", "customer_id"),
        ("authorized", "revoked"),
    ),
    "admin_user": (("username", "password_hash", "username_key"), ("role_id",), ()),
    "role": (("name", "name_key"), (), ()),
    "role_rule": (("resource", "operation"), ("role_id",), ()),
    "attribute_rule": (("user_type", "resource", "operation", "attributes"), (), ()),
}

UNIQUE_LIVE = {
    "admin_user_username_live": ("admin_user", "username_key"),
    "role_name_live": ("role", "name_key"),
    "role_rule_role_id_resource_operation_live": ("role_rule", "role_id", "resource", "operation"),
    "attribute_rule_user_type_resource_operation_live": ("attribute_rule", "user_type", "resource", "operation"),
}

ROLES = ((1, "Guest"), (2, "Customer"), (3, "all"))
ROLE_RULES = (
    (1, 3, "all", "all"),
    (2, 2, "customer", "retrieve"),
    (3, 2, "customer", "update"),
    (4, 2, "address", "create"),
    (5, 2, "address", "retrieve"),
    (6, 2, "address", "update"),
    (7, 2, "address", "delete"),
)
ATTRIBUTE_RULES = tuple(
    (number, *rule, "all")
    for number, rule in enumerate(
        (
            (kind, resource, operation)
            for kind in ("admin", "customer")
            for resource in ("customer", "address")
            for operation in ("read", "write")
        ),
        1,
    )
)


def upgrade() -> None:
    """The tables, then what new accounts are opened with, in those that exist."""
    for name, (texts, numbers, flags) in TABLES.items():
        base = [sa.Column(column, sa.BigInteger(), nullable=False) for column in ("account_id", "id")]
        kept = [sa.Column(column, sa.BigInteger(), nullable=False) for column in ("created_at", "stamp", "version")]
        own: list[sa.Column[Any]] = [
            *(sa.Column(column, TEXT) for column in texts),
            *(sa.Column(column, sa.BigInteger()) for column in (*numbers, "deleted")),
            *(sa.Column(column, sa.SmallInteger(), nullable=False) for column in flags),
        ]
        op.create_table(name, *base, *kept, *own, sa.PrimaryKeyConstraint("account_id", "id"))
    for index, (table, *columns) in UNIQUE_LIVE.items():
        op.create_index(index, table, ["account_id", *columns], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index("oauth_consumer_key_everywhere", "oauth_consumer", ["key"], unique=True)
    op.create_index("oauth_token_token_everywhere", "oauth_token", ["token"], unique=True)
    op.create_index("oauth_token_consumer_id", "oauth_token", ["account_id", "consumer_id"])
    op.add_column("customer", sa.Column("confirmation", TEXT))
    _seed("role", ("id", "name", "name_key"), [(number, name, name.casefold()) for number, name in ROLES])
    _seed("role_rule", ("id", "role_id", "resource", "operation"), ROLE_RULES)
    _seed("attribute_rule", ("id", "user_type", "resource", "operation", "attributes"), ATTRIBUTE_RULES)


def _seed(
    table: str, columns: tuple[str, ...], rows: "tuple[tuple[object, ...], ...] | list[tuple[object, ...]]"
) -> None:
    """What new accounts are opened with, for those that exist."""
    kept = {"created_at": 0, "stamp": 0, "version": 1}
    names = ("account_id", *columns, *kept)
    statement = sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})")
    counter = sa.text("INSERT INTO counter (account_id, name, next) VALUES (:account, :name, :next)")
    connection = op.get_bind()
    for (account,) in connection.execute(sa.text("SELECT id FROM account")).fetchall():
        for row in rows:
            connection.execute(statement, {**dict(zip(columns, row, strict=True)), **kept, "account_id": account})
        connection.execute(counter, {"account": account, "name": f"id.{table}", "next": len(rows) + 1})
