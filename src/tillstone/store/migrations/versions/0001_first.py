"""The first schema: accounts, clocks, feed, history, and every resource."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _columns(names: tuple[str, ...], kind: sa.types.TypeEngine[Any], *, nullable: bool) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def text(*names: str) -> list[sa.Column[Any]]:
    """Texts that may never have been set."""
    return _columns(names, TEXT, nullable=True)


def set_text(*names: str) -> list[sa.Column[Any]]:
    """Texts that always are."""
    return _columns(names, TEXT, nullable=False)


def number(*names: str) -> list[sa.Column[Any]]:
    """Numbers, amounts and times that may never have been set."""
    return _columns(names, sa.BigInteger(), nullable=True)


def set_number(*names: str) -> list[sa.Column[Any]]:
    """Numbers that always are."""
    return _columns(names, sa.BigInteger(), nullable=False)


def flag(*names: str) -> list[sa.Column[Any]]:
    """Flags (0 or 1) that may be unknown."""
    return _columns(names, sa.SmallInteger(), nullable=True)


def set_flag(*names: str) -> list[sa.Column[Any]]:
    """Flags that are known."""
    return _columns(names, sa.SmallInteger(), nullable=False)


def table(name: str, *columns: sa.Column[Any], key: tuple[str, ...], with_rowid: bool = True) -> None:
    """A table; on SQLite a narrow one is kept in the order of its key alone."""
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key), sqlite_with_rowid=with_rowid)


def records(name: str, *columns: sa.Column[Any]) -> None:
    """A resource's table: what every record has, then its own columns."""
    base = [*set_number("account_id", "id", "created_at", "stamp", "version"), *number("deleted")]
    table(name, *base, *columns, key=("account_id", "id"))


def index(name: str, on: str, *columns: str, unique: bool = False, where: str | None = None) -> None:
    """An index; on `where` alone if given."""
    part = None if where is None else sa.text(where)
    op.create_index(name, on, list(columns), unique=unique, sqlite_where=part, postgresql_where=part)


def upgrade() -> None:
    """Everything."""
    table(
        "account",
        *set_number("id"),
        *set_text("name", "name_key"),
        key=("id",),
    )
    index("account_name", "account", "name_key", unique=True)
    records(
        "api_key",
        *text("sha256", "label", "dialects", "allow", "deny"),
        *set_flag("read_only"),
        *number("expires_at"),
        *text("login", "password_hash", "token_sealed", "login_key"),
    )
    index("api_key_login_live", "api_key", "account_id", "login_key", unique=True, where="deleted IS NULL")
    index("api_key_sha256_everywhere", "api_key", "sha256", unique=True)
    records(
        "branch",
        *text("name"),
    )
    index("branch_name_live", "branch", "account_id", "name", unique=True, where="deleted IS NULL")
    records(
        "branch_price",
        *number("product_id", "branch_id", "retail_price"),
    )
    index("branch_price_branch_id", "branch_price", "account_id", "branch_id")
    index(
        "branch_price_product_id_branch_id_live",
        "branch_price",
        "account_id",
        "product_id",
        "branch_id",
        unique=True,
        where="deleted IS NULL",
    )
    table(
        "change",
        *set_number("account_id"),
        *set_text("resource"),
        *set_number("seq", "stamp", "record_id", "version"),
        *set_text("operation", "actor", "front", "diff"),
        key=(
            "account_id",
            "resource",
            "seq",
        ),
        with_rowid=False,
    )
    table(
        "clock",
        *set_number("account_id"),
        *set_text("resource"),
        *set_number("last", "published", "published_at", "rows", "deleted", "epoch"),
        key=(
            "account_id",
            "resource",
        ),
        with_rowid=False,
    )
    table(
        "counter",
        *set_number("account_id"),
        *set_text("name"),
        *set_number("next"),
        key=(
            "account_id",
            "name",
        ),
        with_rowid=False,
    )
    records(
        "customer",
        *text(
            "code",
            "alternate_code",
            "username",
            "email",
            "name",
            "prefix",
            "first_name",
            "middle_name",
            "last_name",
            "suffix",
            "company",
            "phone",
            "phone_alt",
            "mobile",
            "fax",
        ),
        *number("gender"),
        *text("birth_date", "birth_time", "tax_number"),
        *set_flag("tax_exempt"),
        *text("remark"),
        *number("discount_percent"),
        *set_flag("inactive", "no_email"),
        *text("shipmode", "custom_data1", "custom_data2", "custom_data3", "custom_data4"),
        *number("website_id", "store_id"),
        *text("created_in", "password_hash"),
        *set_flag("disable_auto_group_change"),
        *number("last_login_at", "primary_group_id", "group_id", "billing_id", "shipping_id"),
        *text("username_key", "email_key"),
    )
    index(
        "customer_alternate_code_live", "customer", "account_id", "alternate_code", unique=True, where="deleted IS NULL"
    )
    index("customer_code", "customer", "account_id", "code", unique=True)
    index("customer_email", "customer", "account_id", "email_key")
    index("customer_group_id", "customer", "account_id", "group_id")
    index("customer_stamp", "customer", "account_id", "stamp", "id")
    index("customer_username_live", "customer", "account_id", "username_key", unique=True, where="deleted IS NULL")
    records(
        "customer_address",
        *number("customer_id"),
        *text(
            "prefix",
            "first_name",
            "middle_name",
            "last_name",
            "suffix",
            "company",
            "street1",
            "street2",
            "street3",
            "city",
            "region",
            "postcode",
            "country",
            "phone",
            "fax",
            "vat_id",
        ),
    )
    index("customer_address_customer_id", "customer_address", "account_id", "customer_id")
    records(
        "customer_group",
        *text("code", "title", "description", "subscribable", "subscribe_text"),
        *number("parent_id", "discount_rate", "tax_class_id"),
        *set_flag("is_system"),
        *text("code_key"),
    )
    index("customer_group_code_live", "customer_group", "account_id", "code_key", unique=True, where="deleted IS NULL")
    index("customer_group_parent_id", "customer_group", "account_id", "parent_id")
    index("customer_group_stamp", "customer_group", "account_id", "stamp", "id")
    records(
        "customer_group_member",
        *number("customer_id", "group_id"),
        *set_flag("subscribed"),
        *text("custom_data1", "custom_data2", "custom_data3", "custom_data4", "origin"),
    )
    index(
        "customer_group_member_customer_id_group_id_live",
        "customer_group_member",
        "account_id",
        "customer_id",
        "group_id",
        unique=True,
        where="deleted IS NULL",
    )
    index("customer_group_member_group_id", "customer_group_member", "account_id", "group_id")
    table(
        "feed",
        *set_number("account_id"),
        *set_text("resource"),
        *set_number("stamp", "record_id", "previous_stamp"),
        key=(
            "account_id",
            "resource",
            "stamp",
            "record_id",
        ),
        with_rowid=False,
    )
    index("feed_first", "feed", "account_id", "resource", "stamp", "record_id", where="previous_stamp = 0")
    records(
        "order_line",
        *number("order_id", "position"),
        *text("code", "sku", "description", "options"),
        *number("price", "quantity", "subtotal", "salestax", "shipping"),
        *text(
            "status",
            "shipping_provider",
            "shipping_tracking",
            "custom_data1",
            "custom_data2",
            "custom_data3",
            "custom_data4",
            "code_key",
        ),
    )
    index("order_line_code_live", "order_line", "account_id", "code_key", unique=True, where="deleted IS NULL")
    index("order_line_order_id", "order_line", "account_id", "order_id")
    records(
        "orders",
        *text("order_number"),
        *number("customer_id"),
        *text("username", "email", "phone", "phone_alt", "status", "status_text"),
        *number("ordered_at"),
        *text(
            "payment_method", "po_number", "payment_reference", "coupon_code", "shipmode", "tracking_number", "comments"
        ),
        *set_flag("integrated"),
        *text("currency_code"),
        *number("currency_rate", "subtotal", "shipping", "handling", "salestax", "total"),
        *text(
            "bill_company",
            "bill_first_name",
            "bill_last_name",
            "bill_street1",
            "bill_street2",
            "bill_street3",
            "bill_city",
            "bill_region",
            "bill_postcode",
            "bill_country",
            "bill_phone",
            "ship_company",
            "ship_first_name",
            "ship_last_name",
            "ship_street1",
            "ship_street2",
            "ship_street3",
            "ship_city",
            "ship_region",
            "ship_postcode",
            "ship_country",
            "ship_phone",
            "custom_data1",
            "custom_data2",
            "custom_data3",
            "custom_data4",
            "order_number_key",
            "username_key",
        ),
    )
    index("orders_customer_id", "orders", "account_id", "customer_id")
    index("orders_order_number_live", "orders", "account_id", "order_number_key", unique=True, where="deleted IS NULL")
    index("orders_stamp", "orders", "account_id", "stamp", "id")
    index("orders_username", "orders", "account_id", "username_key")
    records(
        "product",
        *text("sku", "name", "description"),
        *number("cost", "retail_price"),
        *set_flag(
            "allow_decimal_quantities", "disable_discount", "disable_inventory", "enable_open_price", "tax_exempt"
        ),
        *text("tags", "barcodes", "sku_key"),
    )
    index("product_name", "product", "account_id", "name")
    index("product_sku_live", "product", "account_id", "sku_key", unique=True, where="deleted IS NULL")
    index("product_stamp", "product", "account_id", "stamp", "id")
    records(
        "product_tax",
        *number("product_id", "tax_rate_id"),
    )
    index(
        "product_tax_product_id_tax_rate_id_live",
        "product_tax",
        "account_id",
        "product_id",
        "tax_rate_id",
        unique=True,
        where="deleted IS NULL",
    )
    index("product_tax_tax_rate_id", "product_tax", "account_id", "tax_rate_id")
    table(
        "publication",
        *set_number("account_id"),
        *set_text("resource"),
        *set_number("stamp", "at"),
        key=(
            "account_id",
            "resource",
            "stamp",
        ),
        with_rowid=False,
    )
    records(
        "supplier",
        *text(
            "code",
            "name",
            "contact_person",
            "contact_position",
            "contact_title",
            "street",
            "city",
            "state",
            "zipcode",
            "country",
            "telephone",
            "mobile",
            "fax",
            "email",
            "discount_text",
            "remark",
        ),
        *flag("tax_exempt"),
    )
    index("supplier_code_live", "supplier", "account_id", "code", unique=True, where="deleted IS NULL")
    index("supplier_stamp", "supplier", "account_id", "stamp", "id")
    records(
        "tax_rate",
        *text("name"),
        *number("value", "tax_rate_type"),
    )
    index("tax_rate_name_live", "tax_rate", "account_id", "name", unique=True, where="deleted IS NULL")
    records(
        "website",
        *text("code", "name"),
    )
    index("website_code_live", "website", "account_id", "code", unique=True, where="deleted IS NULL")
