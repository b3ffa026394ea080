"""Imonggo's resources, field by field: the order is the order on the wire.

Sources: `seeds/000`, `001`, `002` are the three pages of the documentation (customers, suppliers, products); `fields`
are its field tables, which give the widths; `spec` is our reading where the pages are silent (see KNOWN.md).
"""

from functools import lru_cache

from tillstone.domain.profile import OnLong
from tillstone.domain.records import Value
from tillstone.wire.codecs import (
    DATE_OR_NULL,
    INTEGER,
    ISO_TIME,
    ITEM_LIST,
    ITEM_TEXT,
    NAMES,
    TEXT,
    amounts,
    clean,
    flags,
)
from tillstone.wire.table import Absent, Access, Codec, Field, Table

READ, EMPTY = Access.READ, Absent.EMPTY
READ_ONLY = frozenset({"list", "read"})

FLAG = flags()
COST = amounts()
PRICE = amounts(2)


def _show_status(_deleted: Value) -> str:
    return "D"


STATUS = Codec("string", _show_status, clean, _show_status, sample="D")
"""A deleted record has the status D; a live one has none (seeds/000 l.110)."""


@lru_cache(maxsize=1_024)
def _show_percent(rate: Value) -> str:
    return f"{COST.encode(int(rate) * 100).removesuffix('.0')}%" if isinstance(rate, int) else ""


PERCENT = Codec("string", _show_percent, clean, _show_percent, sample="5%")
"""A rate of 0.05 as `5%`."""


def _show_nothing(_value: Value) -> str:
    return ""


NOTHING = Codec("string", _show_nothing, clean, _show_nothing)
"""A field that is always empty."""


INDEXED = 600
"""Characters of a text that is looked up by an index and has no documented width; beyond, no index holds it."""


def _text(wire: str, attr: str, width: int | None, source: str, absent: Absent = Absent.NIL) -> Field:
    """Writable text; what is longer than its width is cut (fields)."""
    return Field(wire, attr, TEXT, absent, max=width, on_long=OnLong.TRUNCATE, source=source)


def _flag(wire: str, source: str) -> Field:
    """A flag that is false unless set."""
    return Field(wire, wire, FLAG, blank=0, source=source)


CUSTOMERS = Table(
    "customer",
    "customer",
    "customers",
    (
        _text("alternate_code", "alternate_code", 30, "seeds/000 l.94"),
        Field("birthday", "birthday", DATE_OR_NULL, source="seeds/000 l.95", note="the same day as birthdate"),
        _text("city", "billing.city", 50, "seeds/000 l.96"),
        Field("code", "code", TEXT, access=READ, source="seeds/000 l.97", note="numbered by the server"),
        _text("company_name", "company", 50, "seeds/000 l.98"),
        _text("country", "billing.country", 2, "seeds/000 l.99"),
        Field("customer_type_id", "shown_group_id", INTEGER, access=READ, source="seeds/000 l.100"),
        _text("email", "email", 50, "seeds/000 l.101"),
        _text("fax", "fax", 50, "seeds/000 l.102"),
        _text("first_name", "first_name", 50, "seeds/000 l.103"),
        Field("id", "id", INTEGER, access=READ, source="seeds/000 l.104"),
        _text("last_name", "last_name", 50, "seeds/000 l.105"),
        _text("mobile", "mobile", 50, "seeds/000 l.106"),
        Field("name", "name", TEXT, required=True, max=100, on_long=OnLong.TRUNCATE, source="seeds/000 l.107"),
        _text("remark", "remark", None, "seeds/000 l.108"),
        # seeds/000 l.109: state is empty, not nil
        _text("state", "billing.region", 50, "seeds/000 l.109", EMPTY),
        Field("status", "deleted", STATUS, access=READ, source="seeds/000 l.110"),
        _text("street", "street_joined", 50, "seeds/000 l.111"),
        _flag("tax_exempt", "seeds/000 l.112"),
        _text("telephone", "phone", 50, "seeds/000 l.113"),
        _text("tin", "tax_number", 30, "seeds/000 l.114"),
        _text("zipcode", "billing.postcode", 50, "seeds/000 l.115"),
        Field("customer_type_name", "shown_group_title", TEXT, access=READ, source="seeds/000 l.116"),
        Field("discount_text", "shown_discount_rate", PERCENT, EMPTY, READ, source="seeds/000 l.117"),
        Field("birthdate", "birth_date", DATE_OR_NULL, source="seeds/000 l.118", note="what is no date clears it"),
        Field("utc_created_at", "created_at", ISO_TIME, access=READ, source="seeds/000 l.119"),
        Field("utc_updated_at", "stamp", ISO_TIME, access=READ, source="seeds/000 l.120"),
    ),
    page_default=100,
    page_max=100,
)

SUPPLIERS = Table(
    "supplier",
    "supplier",
    "suppliers",
    (
        _text("city", "city", 50, "seeds/001 l.74"),
        _text("code", "code", 50, "seeds/001 l.75"),
        _text("contact_person", "contact_person", 50, "seeds/001 l.76"),
        _text("contact_position", "contact_position", 50, "seeds/001 l.77"),
        _text("contact_title", "contact_title", 100, "seeds/001 l.78"),
        _text("country", "country", 50, "seeds/001 l.79"),
        _text("discount_text", "discount_text", 50, "seeds/001 l.80"),
        _text("email", "email", 100, "seeds/001 l.81"),
        _text("fax", "fax", 50, "seeds/001 l.82"),
        Field("id", "id", INTEGER, access=READ, source="seeds/001 l.83"),
        _text("mobile", "mobile", 50, "seeds/001 l.84"),
        Field("name", "name", TEXT, required=True, max=100, on_long=OnLong.TRUNCATE, source="seeds/001 l.85"),
        _text("remark", "remark", 255, "seeds/001 l.86"),
        _text("state", "state", 50, "seeds/001 l.87"),
        Field("status", "deleted", STATUS, access=READ, source="seeds/001 l.262", note="not in the printed sample"),
        _text("street", "street", 30, "seeds/001 l.88"),
        Field("tax_exempt", "tax_exempt", FLAG, source="seeds/001 l.89", note="nil until set"),
        _text("telephone", "telephone", 50, "seeds/001 l.90"),
        _text("zipcode", "zipcode", 50, "seeds/001 l.91"),
        Field("utc_created_at", "created_at", ISO_TIME, access=READ, source="spec", note="not in the printed sample"),
        Field("utc_updated_at", "stamp", ISO_TIME, access=READ, source="spec", note="not in the printed sample"),
    ),
)

PRODUCTS = Table(
    "product",
    "product",
    "products",
    (
        _flag("allow_decimal_quantities", "seeds/002 l.228"),
        Field("cost", "cost", COST, min=0, blank=0, source="seeds/002 l.229"),
        _text("description", "description", None, "seeds/002 l.230"),
        _flag("disable_discount", "seeds/002 l.231"),
        _flag("disable_inventory", "seeds/002 l.232"),
        _flag("enable_open_price", "seeds/002 l.233"),
        Field("id", "id", INTEGER, access=READ, source="seeds/002 l.234"),
        Field("name", "name", TEXT, required=True, max=INDEXED, source="seeds/002 l.235"),
        Field("retail_price", "retail_price", PRICE, required=True, min=0, source="seeds/002 l.236"),
        Field("status", "deleted", STATUS, access=READ, source="seeds/002 l.237"),
        Field("stock_no", "sku", TEXT, required=True, max=INDEXED, source="seeds/002 l.238"),
        _flag("tax_exempt", "seeds/002 l.239"),
        Field("tag_list", "tags", ITEM_LIST, EMPTY, source="seeds/002 l.240"),
        Field("barcode_list", "barcodes", ITEM_TEXT, EMPTY, source="seeds/002 l.241"),
        Field("utc_created_at", "created_at", ISO_TIME, access=READ, source="seeds/002 l.242"),
        Field("utc_updated_at", "stamp", ISO_TIME, access=READ, source="seeds/002 l.243"),
        Field("thumbnail_url", "id", NOTHING, EMPTY, READ, source="seeds/002 l.244", note="no pictures are kept"),
        Field(
            "tax_list", "tax_names", NAMES, access=Access.WRITE_ONLY, blank=(), source="fields", note="names of taxes"
        ),
    ),
    unique=(("name",),),
    faults_first=("name", "sku", "retail_price", "cost"),
)

BRANCH_PRICES = Table(
    "branch_price",
    "branch_price",
    "branch_prices",
    (
        Field("branch_id", "branch_id", INTEGER, access=READ, source="spec"),
        Field("branch_name", "branch.name", TEXT, access=READ, source="spec"),
        Field("retail_price", "retail_price", PRICE, access=READ, source="spec"),
    ),
    verbs=frozenset(),
)

TAX_RATES = Table(
    "product_tax",
    "tax_rate",
    "tax_rates",
    (
        Field("id", "tax_rate.id", INTEGER, access=READ, source="spec"),
        Field("name", "tax_rate.name", TEXT, access=READ, source="spec"),
        Field("value", "tax_rate.value", COST, access=READ, source="spec"),
        Field("tax_rate_type", "tax_rate.tax_rate_type", INTEGER, access=READ, source="spec"),
        Field("status", "tax_rate.deleted", STATUS, access=READ, source="spec"),
    ),
    verbs=frozenset(),
)

CUSTOMER_TYPES = Table(
    "customer_group",
    "customer_type",
    "customer_types",
    (
        Field("discount_percent", "discount_rate", COST, access=READ, source="fields"),
        Field("id", "id", INTEGER, access=READ, source="fields"),
        Field("name", "title", TEXT, access=READ, source="fields"),
        Field("status", "deleted", STATUS, EMPTY, READ, source="fields", note="empty, not nil"),
        Field("utc_created_at", "created_at", ISO_TIME, access=READ, source="fields"),
        Field("utc_updated_at", "stamp", ISO_TIME, access=READ, source="fields"),
    ),
    verbs=READ_ONLY,
)
