"""The shop's records: which resources exist, their attributes, types, defaults and relations.

One `Column` is one attribute; the database schema is made from these tables (`store/schema.py`), and the dialects'
field tables name these attributes. A record that is being written is a dict of attribute to value; a record that is
being read is a tuple in the order of a `Shape`. Nothing here knows SQL or a wire format.

Values: text is `str`, numbers, times (whole seconds UTC) and flags (0 or 1) are `int`, dates are text `YYYY-MM-DD`,
amounts (money, quantities, rates) are integers in 1/10,000. `None` is "never set", `""` is "cleared".
"""

import unicodedata
from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

Value = int | str | tuple[str, ...] | None
Record = dict[str, "Value"]
Row = tuple["Value", ...]

AMOUNT_UNIT = 10_000
"""One whole unit of money, quantity or rate."""

LARGEST = 2**63 - 1
"""The largest number that a column holds."""


def product_of(amount: int, factor: int) -> int:
    """Two amounts multiplied, rounded half up."""
    return (amount * factor * 2 + AMOUNT_UNIT) // (2 * AMOUNT_UNIT)


class Kind(Enum):
    """What a column holds."""

    INTEGER = "integer"
    TEXT = "text"
    FLAG = "flag"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"


class Column(Struct, frozen=True):
    """One attribute of a resource. `folded` columns are compared without regard to case; `secret` ones are never
    logged."""

    name: str
    kind: Kind = Kind.TEXT
    default: int | str | None = None
    folded: bool = False
    secret: bool = False


class Relation(Struct, frozen=True):
    """`name.attribute` of a record is `attribute` of the record of `resource` whose id stands in column `via`, unless
    column `unless` holds the same id."""

    resource: str
    via: str
    unless: str = ""


class Owner(Struct, frozen=True):
    """The record that shows this one: it is stamped when this one changes."""

    resource: str
    via: str


class Resource(Struct, frozen=True):
    """A kind of record.

    `clocked` resources have stamps of their own, a feed and counts; the others carry the stamp of their `owner`.
    `unique` lists column groups that no two live records may share; `forever` those that no two records may ever share.
    `indexes` are further column groups that reads look up by. `everywhere` are columns unique over all accounts,
    because
    the account is found by them.
    """

    name: str
    columns: tuple[Column, ...]
    relations: Mapping[str, Relation] = {}
    clocked: bool = False
    owner: Owner | None = None
    unique: tuple[tuple[str, ...], ...] = ()
    forever: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    everywhere: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if there is none."""
        return _BY_NAME[self.name][name]

    def has(self, name: str) -> bool:
        """Whether `name` is a column."""
        return name in _BY_NAME[self.name]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The columns whose values are never told."""
        return _SECRETS[self.name]

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(_BY_NAME[self.name])

    def blank(self) -> Record:
        """A record of this resource before anything was said of it."""
        return _BLANK[self.name].copy()


class Shape(Struct, frozen=True, cache_hash=True):
    """Which attributes of a resource a reader wants, in which order: columns, or `relation.column`."""

    resource: str
    attributes: tuple[str, ...]


def whole(value: Value) -> int:
    """A value that is known to be a number, as the type checker wants to see it."""
    assert isinstance(value, int)  # noqa: S101 - ids, stamps and versions of stored records
    return value


def fold(text: str) -> str:
    """`text` as it is compared where case does not matter."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text).casefold()


def _integer(name: str, default: int | None = None) -> Column:
    return Column(name, Kind.INTEGER, default)


def _flag(name: str, default: int | None = 0) -> Column:
    return Column(name, Kind.FLAG, default)


def _amount(name: str, default: int | None = None) -> Column:
    return Column(name, Kind.AMOUNT, default)


def _time(name: str) -> Column:
    return Column(name, Kind.TIME)


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


BASE = (
    _integer("id"),
    _time("created_at"),
    _time("stamp"),
    _integer("version", 0),
    _time("deleted"),
)
"""What every record has. `stamp` is the only updated-at; `deleted` is the stamp of the delete."""

CUSTOM_DATA = _texts("custom_data1", "custom_data2", "custom_data3", "custom_data4")

ADDRESS_PARTS = (
    *_texts("prefix", "first_name", "middle_name", "last_name", "suffix", "company"),
    *_texts("street1", "street2", "street3", "city", "region", "postcode", "country", "phone", "fax", "vat_id"),
)

GENERAL_GROUP = 1
"""The system group of customers without any other (group 0 is NOT LOGGED IN)."""

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        Resource(
            "customer",
            (
                *BASE,
                *_texts("code", "alternate_code"),
                Column("username", folded=True),
                Column("email", folded=True),
                *_texts("name", "prefix", "first_name", "middle_name", "last_name", "suffix"),
                *_texts("company", "phone", "phone_alt", "mobile", "fax"),
                _integer("gender"),
                Column("birth_date", Kind.DATE),
                *_texts("birth_time", "tax_number"),
                _flag("tax_exempt"),
                Column("remark"),
                _integer("discount_percent", 0),
                _flag("inactive"),
                _flag("no_email"),
                Column("shipmode"),
                *CUSTOM_DATA,
                _integer("website_id", 1),
                _integer("store_id", 1),
                Column("created_in", default="Admin"),
                Column("confirmation"),
                Column("password_hash", secret=True),
                _flag("disable_auto_group_change"),
                _time("last_login_at"),
                # the group asked for by name, and the one in force: explicit, else of the oldest membership, else
                # General
                _integer("primary_group_id"),
                _integer("group_id", GENERAL_GROUP),
                _integer("billing_id"),
                _integer("shipping_id"),
            ),
            relations={
                "billing": Relation("address", "billing_id"),
                "shipping": Relation("address", "shipping_id"),
                "shipping_apart": Relation("address", "shipping_id", unless="billing_id"),
                "group": Relation("customer_group", "group_id"),
            },
            clocked=True,
            unique=(("username",), ("alternate_code",)),
            forever=(("code",),),
            indexes=(("email",), ("group_id",)),
        ),
        Resource(
            "address",
            (*BASE, _integer("customer_id"), *ADDRESS_PARTS),
            relations={"customer": Relation("customer", "customer_id")},
            owner=Owner("customer", "customer_id"),
            indexes=(("customer_id",),),
        ),
        Resource(
            "customer_group",
            (
                *BASE,
                Column("code", folded=True),
                *_texts("title", "description"),
                Column("subscribable", default="private"),
                Column("subscribe_text"),
                _integer("parent_id"),
                _amount("discount_rate"),
                _integer("tax_class_id", 3),
                _flag("is_system"),
            ),
            relations={"parent": Relation("customer_group", "parent_id")},
            clocked=True,
            unique=(("code",),),
            indexes=(("parent_id",),),
        ),
        Resource(
            "membership",
            (
                *BASE,
                _integer("customer_id"),
                _integer("group_id"),
                _flag("subscribed", 1),
                *CUSTOM_DATA,
                Column("origin"),
            ),
            relations={
                "customer": Relation("customer", "customer_id"),
                "group": Relation("customer_group", "group_id"),
            },
            owner=Owner("customer", "customer_id"),
            unique=(("customer_id", "group_id"),),
            indexes=(("group_id",),),
        ),
        Resource(
            "supplier",
            (
                *BASE,
                *_texts("code", "name", "contact_person", "contact_position", "contact_title"),
                *_texts("street", "city", "state", "zipcode", "country"),
                *_texts("telephone", "mobile", "fax", "email", "discount_text", "remark"),
                _flag("tax_exempt", None),
            ),
            clocked=True,
            unique=(("code",),),
        ),
        Resource(
            "product",
            (
                *BASE,
                Column("sku", folded=True),
                *_texts("name", "description"),
                _amount("cost", 0),
                _amount("retail_price"),
                _flag("allow_decimal_quantities"),
                _flag("disable_discount"),
                _flag("disable_inventory"),
                _flag("enable_open_price"),
                _flag("tax_exempt"),
                # ordered lists as text, items parted by ", "
                *_texts("tags", "barcodes"),
            ),
            clocked=True,
            unique=(("sku",),),
            indexes=(("name",),),
        ),
        Resource(
            "branch",
            (*BASE, Column("name")),
            unique=(("name",),),
        ),
        Resource(
            "tax_rate",
            (*BASE, Column("name"), _amount("value"), _integer("tax_rate_type", 1)),
            unique=(("name",),),
        ),
        Resource(
            "branch_price",
            (*BASE, _integer("product_id"), _integer("branch_id"), _amount("retail_price")),
            relations={"branch": Relation("branch", "branch_id")},
            owner=Owner("product", "product_id"),
            unique=(("product_id", "branch_id"),),
            indexes=(("branch_id",),),
        ),
        Resource(
            "product_tax",
            (*BASE, _integer("product_id"), _integer("tax_rate_id")),
            relations={"tax_rate": Relation("tax_rate", "tax_rate_id")},
            owner=Owner("product", "product_id"),
            unique=(("product_id", "tax_rate_id"),),
            indexes=(("tax_rate_id",),),
        ),
        Resource(
            "website",
            (*BASE, *_texts("code", "name")),
            unique=(("code",),),
        ),
        Resource(
            "order",
            (
                *BASE,
                Column("order_number", folded=True),
                _integer("customer_id"),
                Column("username", folded=True),
                *_texts("email", "phone", "phone_alt", "status", "status_text"),
                _time("ordered_at"),
                *_texts("payment_method", "po_number", "payment_reference", "coupon_code", "shipmode"),
                *_texts("tracking_number", "comments"),
                _flag("integrated"),
                Column("currency_code"),
                _amount("currency_rate", AMOUNT_UNIT),
                *(_amount(name) for name in ("subtotal", "shipping", "handling", "salestax", "total")),
                *(
                    Column(f"{side}_{part}")
                    for side in ("bill", "ship")
                    for part in (
                        *("company", "first_name", "last_name", "street1", "street2", "street3"),
                        *("city", "region", "postcode", "country", "phone"),
                    )
                ),
                *CUSTOM_DATA,
            ),
            relations={"customer": Relation("customer", "customer_id")},
            clocked=True,
            unique=(("order_number",),),
            indexes=(("customer_id",), ("username",)),
        ),
        Resource(
            "order_line",
            (
                *BASE,
                _integer("order_id"),
                _integer("position"),
                Column("code", folded=True),
                *_texts("sku", "description", "options"),
                *(_amount(name) for name in ("price", "quantity", "subtotal", "salestax", "shipping")),
                *_texts("status", "shipping_provider", "shipping_tracking"),
                *CUSTOM_DATA,
            ),
            relations={"order": Relation("order", "order_id")},
            owner=Owner("order", "order_id"),
            unique=(("code",),),
            indexes=(("order_id",),),
        ),
        # who may ask: keys and logins (found before the account is, by a value that is unique by itself)
        Resource(
            "api_key",
            (
                *BASE,
                Column("sha256"),
                *_texts("label", "dialects", "allow", "deny"),
                _flag("read_only"),
                _flag("mask_passwords", default=None),
                _time("expires_at"),
                Column("login", folded=True),
                Column("password_hash", secret=True),
                Column("token_sealed", secret=True),
            ),
            unique=(("login",),),
            everywhere=("sha256",),
        ),
        # who signs: programs, the tokens that people gave them, and what each kind of user may do
        Resource(
            "oauth_consumer",
            (
                *BASE,
                Column("key"),
                Column("secret_sealed", secret=True),
                *_texts("name", "callback_url", "rejected_url"),
            ),
            everywhere=("key",),
        ),
        Resource(
            "oauth_token",
            (
                *BASE,
                Column("token"),
                Column("secret_sealed", secret=True),
                Column("verifier", secret=True),
                _integer("consumer_id"),
                Column("kind", default="request"),
                *(_integer(name) for name in ("admin_id", "customer_id")),
                Column("callback_url"),
                *(_flag(name) for name in ("authorized", "revoked")),
            ),
            relations={
                "consumer": Relation("oauth_consumer", "consumer_id"),
                "admin": Relation("admin_user", "admin_id"),
                "customer": Relation("customer", "customer_id"),
            },
            indexes=(("consumer_id",),),
            everywhere=("token",),
        ),
        Resource(
            "admin_user",
            (*BASE, Column("username", folded=True), Column("password_hash", secret=True), _integer("role_id")),
            relations={"role": Relation("role", "role_id")},
            unique=(("username",),),
        ),
        Resource(
            "role",
            (*BASE, Column("name", folded=True)),
            unique=(("name",),),
        ),
        Resource(
            "role_rule",
            (*BASE, _integer("role_id"), *_texts("resource", "operation")),
            relations={"role": Relation("role", "role_id")},
            unique=(("role_id", "resource", "operation"),),
        ),
        Resource(
            "attribute_rule",
            (*BASE, *_texts("user_type", "resource", "operation", "attributes")),
            unique=(("user_type", "resource", "operation"),),
        ),
    )
}

_BY_NAME: dict[str, dict[str, Column]] = {
    name: {column.name: column for column in resource.columns} for name, resource in RESOURCES.items()
}

_SECRETS: dict[str, tuple[str, ...]] = {
    name: tuple(column.name for column in resource.columns if column.secret) for name, resource in RESOURCES.items()
}

_BLANK: dict[str, Record] = {
    name: {column.name: column.default for column in resource.columns} for name, resource in RESOURCES.items()
}
