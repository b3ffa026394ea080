"""Customers and addresses as OpenMage knows them: one row per attribute, in the order of the answer (spec 3.5, 9, 10).

`roles` are the user types that have an attribute at all. What `20.18` shows otherwise on a single item stands below.
"""

from msgspec import structs

from tillstone.dialects.openmage.checks import is_country_code, is_email, is_gender, within_255
from tillstone.dialects.openmage.codecs import (
    CHOICE,
    DAY,
    EMAIL,
    FLAG,
    GENDER,
    NUMBER,
    REGION,
    SELECT,
    STREET,
    TEXT,
    TIME,
    TRUTH,
)
from tillstone.wire.table import Absent, Access, Codec, Field, Table

ADMIN, CUSTOMER = "admin", "customer"
BOTH = (ADMIN, CUSTOMER)
ONLY_ADMIN = (ADMIN,)

PASSWORD_LEAST = 7


def _text(wire: str, attr: str, label: str, *, roles: tuple[str, ...] = BOTH, required: bool = False) -> Field:
    """A text that is left out until it is set, and null once it is cleared (spec 3.4)."""
    return Field(
        wire,
        attr,
        TEXT,
        Absent.OMIT,
        required=required,
        check=within_255,
        label=label,
        roles=roles,
        blank="",
        blank_is_null=False,
    )


CUSTOMERS = Table(
    "customer",
    "magento_api",
    "customers",
    (
        Field("entity_id", "id", NUMBER, access=Access.READ, roles=ONLY_ADMIN, source="spec 9"),
        Field(
            "website_id",
            "website_id",
            SELECT,
            access=Access.CREATE,
            required=True,
            label="Associate to Website",
            roles=ONLY_ADMIN,
            source="seeds/004 l.148",
        ),
        Field(
            "email",
            "email",
            EMAIL,
            required=True,
            check=is_email,
            label="Email",
            note="empty where there is none",
            roles=BOTH,
        ),
        Field("group_id", "primary_group", SELECT, required=True, label="Group", roles=ONLY_ADMIN),
        Field("created_at", "created_at", TIME, access=Access.READ, roles=BOTH),
        Field("updated_at", "stamp", TIME, access=Access.READ, roles=BOTH),
        Field("disable_auto_group_change", "disable_auto_group_change", TRUTH, roles=ONLY_ADMIN, blank=0),
        _text("prefix", "prefix", "Prefix", roles=ONLY_ADMIN),
        _text("firstname", "first_name", "First Name", required=True),
        _text("middlename", "middle_name", "Middle Name/Initial"),
        _text("lastname", "last_name", "Last Name", required=True),
        _text("suffix", "suffix", "Suffix", roles=ONLY_ADMIN),
        Field(
            "dob",
            "birth_moment",
            DAY,
            Absent.OMIT,
            label="Date Of Birth",
            roles=ONLY_ADMIN,
            blank="",
            blank_is_null=False,
        ),
        _text("taxvat", "tax_number", "Tax/VAT Number", roles=ONLY_ADMIN),
        Field("created_in", "created_in", TEXT, Absent.OMIT, access=Access.READ, roles=ONLY_ADMIN),
        Field("confirmation", "confirmation", TEXT, Absent.OMIT, roles=ONLY_ADMIN, note="accepted, never changed"),
        Field("gender", "gender", GENDER, Absent.OMIT, check=is_gender, label="Gender", roles=ONLY_ADMIN, blank=0),
        Field(
            "last_logged_in", "last_login_at", TIME, Absent.OMIT, access=Access.READ, roles=ONLY_ADMIN, note="item only"
        ),
    ),
    key="entity_id",
    page_default=10,
    page_max=100,
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    unique=(("email", "website_id"),),
    faults_first=(
        *("website_id", "primary_group", "disable_auto_group_change", "prefix", "first_name", "middle_name"),
        *("last_name", "suffix", "email", "birth_moment", "tax_number", "gender"),
    ),
)

ADDRESSES = Table(
    "address",
    "magento_api",
    "addresses",
    (
        Field("entity_id", "id", NUMBER, access=Access.READ, roles=BOTH),
        Field("created_at", "created_at", TIME, access=Access.READ, roles=BOTH),
        Field("updated_at", "stamp", TIME, access=Access.READ, roles=BOTH),
        _text("prefix", "prefix", "Prefix", roles=ONLY_ADMIN),
        _text("firstname", "first_name", "First Name", required=True),
        _text("middlename", "middle_name", "Middle Name/Initial"),
        _text("lastname", "last_name", "Last Name", required=True),
        _text("suffix", "suffix", "Suffix", roles=ONLY_ADMIN),
        _text("company", "company", "Company"),
        _text("city", "city", "City", required=True),
        structs.replace(_text("country_id", "country", "Country", required=True), codec=CHOICE, check=is_country_code),
        structs.replace(_text("region", "region", "State/Province"), codec=REGION),
        _text("postcode", "postcode", "Zip/Postal Code", required=True),
        _text("telephone", "phone", "Telephone", required=True),
        _text("fax", "fax", "Fax"),
        _text("vat_id", "vat_id", "VAT number"),
        Field(
            "street",
            "street_lines",
            STREET,
            Absent.OMIT,
            required=True,
            check=within_255,
            label="Street Address",
            roles=BOTH,
        ),
        Field(
            "is_default_billing", "is_default_billing", FLAG, Absent.OMIT, roles=BOTH, blank=0, note="not in filters"
        ),
        Field(
            "is_default_shipping", "is_default_shipping", FLAG, Absent.OMIT, roles=BOTH, blank=0, note="not in filters"
        ),
    ),
    key="entity_id",
    faults_first=(
        *("prefix", "first_name", "middle_name", "last_name", "suffix", "company", "street_lines"),
        *("city", "country", "region", "postcode", "phone", "fax", "vat_id"),
    ),
)

PASSWORD = Field(
    "password",
    "password",
    CHOICE,
    access=Access.WRITE_ONLY,
    required=True,
    min=PASSWORD_LEAST,
    label="Password",
    roles=ONLY_ADMIN,
    source="seeds/004 l.143",
)
"""Only where the published page is followed."""

TABLES = {table.resource: table for table in (CUSTOMERS, ADDRESSES)}
NAMES = {"customer": "customer", "customer_address": "address"}
"""Resources as role and attribute rules call them at the command line, and as the shop does."""

ITEM_ONLY = frozenset({"last_logged_in"})
NOT_IN_FILTERS = frozenset({"last_logged_in", "is_default_billing", "is_default_shipping"})
"""What is worked out when a record is shown, so that no collection can be searched for it (spec 6)."""


def without(table: Table, wires: frozenset[str]) -> Table:
    """`table` less some fields."""
    return structs.replace(table, fields=tuple(field for field in table.fields if field.wire not in wires))


def with_password(table: Table) -> Table:
    """`table` with a password that is taken and never shown."""
    order = list(table.faults_first)
    order.insert(order.index("email") + 1, PASSWORD.attr)
    return structs.replace(table, fields=(*table.fields, PASSWORD), faults_first=tuple(order))


def with_codec(table: Table, wire: str, codec: Codec) -> Table:
    """`table` with one field shown otherwise."""
    changed = (structs.replace(field, codec=codec) if field.wire == wire else field for field in table.fields)
    return structs.replace(table, fields=tuple(changed))
