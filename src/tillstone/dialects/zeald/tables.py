"""The field tables of this API. Sources: seeds/003 for customers, memberships and groups; spec 11 for the rest.

Rows are sorted by name, which is the order on the wire (spec 4.1). An empty field is `<b_city></b_city>`.
"""

from datetime import UTC, tzinfo
from typing import Final

from msgspec import structs

from tillstone.dialects.zeald.catalogue import KINDS
from tillstone.dialects.zeald.values import (
    COUNTRY,
    FLAG,
    INTEGER,
    LINE,
    LINES,
    MONEY,
    QUANTITY,
    WORD,
    check_code,
    check_country,
    check_email,
    check_number,
    check_subscribable,
    check_username,
    moments,
)
from tillstone.domain.passwords import check_stored
from tillstone.domain.records import AMOUNT_UNIT
from tillstone.domain.rules.orders import PENDING
from tillstone.wire.table import Absent, Access, Codec, Field, Table

SEED: Final = "seeds/003"

_LONG: Final = 65_535
_PLACE: Final = (
    ("address1", "street1", 255),
    ("address2", "street2", 255),
    ("address3", "street3", 255),
    ("city", "city", 255),
    ("state", "region", 255),
    ("zip", "postcode", 50),
)


def _text(wire: str, attr: str, width: int, *, source: str = SEED, codec: Codec = LINE) -> Field:
    return Field(wire, attr, codec, Absent.EMPTY, max=width, source=source)


def _country(wire: str, attr: str, source: str = SEED) -> Field:
    return Field(wire, attr, COUNTRY, Absent.EMPTY, check=check_country, source=source)


def _email(source: str = SEED) -> Field:
    return Field("email", "email", LINE, Absent.EMPTY, max=254, check=check_email, source=source)


def _flag(wire: str, attr: str, blank: int = 0, source: str = SEED) -> Field:
    return Field(wire, attr, FLAG, Absent.EMPTY, blank=blank, source=source)


def _shown(wire: str, attr: str, codec: Codec, source: str) -> Field:
    return Field(wire, attr, codec, Absent.EMPTY, Access.READ, source=source)


def _money(wire: str, attr: str, source: str) -> Field:
    return Field(wire, attr, MONEY, Absent.EMPTY, min=0, source=source)


def _custom_data(source: str = SEED) -> tuple[Field, ...]:
    names = (f"custom_data{number}" for number in range(1, 5))
    return tuple(_text(name, name, 4_000, source=source, codec=LINES) for name in names)


def _billing(prefix: str, wire_prefix: str, source: str) -> tuple[Field, ...]:
    fields = (_text(f"{wire_prefix}{wire}", f"{prefix}{attr}", width, source=source) for wire, attr, width in _PLACE)
    return (*fields, _country(f"{wire_prefix}country", f"{prefix}country", source))


def _names(prefix: str, wire_prefix: str, source: str) -> tuple[Field, ...]:
    names = (("company", "company"), ("fname", "first_name"), ("lname", "last_name"))
    return tuple(_text(f"{wire_prefix}{wire}", f"{prefix}{attr}", 255, source=source) for wire, attr in names)


def _customer(moment: Codec) -> tuple[Field, ...]:
    return (
        Field(
            *("username", "username", LINE, Absent.EMPTY, Access.CREATE),
            required=True,
            max=191,
            check=check_username,
            source=SEED,
        ),
        Field("password", "password_hash", LINE, Absent.EMPTY, max=128, check=check_stored, source=SEED),
        _email(),
        _text("phone_day", "phone", 50),
        _text("phone_night", "phone_alt", 50),
        # seeds/003 "Primary (billing) customer data": the customer's own name and company, spec 14.3
        *_names("", "b_", SEED),
        *_billing("billing.", "b_", SEED),
        *_names("shipping_if_different.", "", SEED),
        *_billing("shipping_if_different.", "", SEED),
        _flag("inactive", "inactive"),
        Field("discount", "discount_percent", INTEGER, Absent.EMPTY, min=0, max=100, blank=0, source=SEED),
        _flag("no_email", "no_email"),
        _text("mv_shipmode", "shipmode", 255),
        *_custom_data(),
        _shown("created", "created_at", moment, "spec 11.1"),
        _shown("updated", "stamp", moment, "spec 11.1"),
    )


def _membership() -> tuple[Field, ...]:
    return (
        _shown("code", "id", INTEGER, SEED),
        Field("username", "customer.username", LINE, Absent.EMPTY, max=191, source=SEED),
        Field("group_code", "group.code", LINE, Absent.EMPTY, max=191, check=check_code, creates=True, source=SEED),
        _flag("subscribed", "subscribed", blank=1),
        *_custom_data(),
    )


def _group() -> tuple[Field, ...]:
    return (
        Field(
            *("code", "code", LINE, Absent.EMPTY, Access.CREATE), required=True, max=191, check=check_code, source=SEED
        ),
        _text("title", "title", 255),
        _text("description", "description", _LONG, codec=LINES),
        Field(
            *("subscribable", "subscribable", WORD, Absent.EMPTY),
            blank="private",
            check=check_subscribable,
            source=SEED,
        ),
        _text("subscribe_text", "subscribe_text", _LONG, codec=LINES),
        Field("parent_code", "parent.code", LINE, Absent.EMPTY, max=191, source=SEED),
    )


def _order(moment: Codec) -> tuple[Field, ...]:
    source = "spec 11.4"
    return (
        Field(
            *("order_number", "order_number", LINE, Absent.EMPTY, Access.CREATE),
            max=24,
            check=check_number,
            source=source,
        ),
        _text("username", "username", 191, source=source),
        _email(source),
        _text("phone_day", "phone", 50, source=source),
        _text("phone_night", "phone_alt", 50, source=source),
        Field("status", "status_text", LINE, Absent.EMPTY, max=64, blank=PENDING, source="spec 11.6"),
        Field("order_date", "ordered_at", moment, Absent.EMPTY, source=source),
        _shown("update_date", "stamp", moment, source),
        _text("payment_method", "payment_method", 255, source=source),
        _text("po_number", "po_number", 64, source=source),
        _text("order_id", "payment_reference", 64, source=source),
        _text("coupon_code", "coupon_code", 64, source=source),
        *_names("bill_", "b_", source),
        *_billing("bill_", "b_", source),
        _text("b_phone", "bill_phone", 50, source=source),
        *_names("ship_", "", source),
        *_billing("ship_", "", source),
        _text("phone", "ship_phone", 50, source=source),
        _text("shipmode", "shipmode", 255, source=source),
        *(_money(name, name, source) for name in ("subtotal", "shipping", "handling", "salestax")),
        _money("total_cost", "total", source),
        _shown("subtotal_numeric", "subtotal", MONEY, source),
        _shown("total_numeric", "total", MONEY, source),
        _shown("subtotal_converted_default_currency", "subtotal_converted", MONEY, source),
        _shown("total_converted_default_currency", "total_converted", MONEY, source),
        _text("currency_code", "currency_code", 3, source=source),
        _text("comments", "comments", _LONG, source=source, codec=LINES),
        _flag("integrated", "integrated", source=source),
        _text("tracking_number", "tracking_number", 64, source=source),
        *_custom_data(source),
    )


def _order_line(moment: Codec) -> tuple[Field, ...]:
    source = "spec 11.5"
    return (
        Field("code", "code", LINE, Absent.EMPTY, Access.CREATE, max=32, check=check_number, source=source),
        Field("order_number", "order.order_number", LINE, Absent.EMPTY, max=24, source=source),
        _shown("username", "order.username", LINE, source),
        Field("sku", "sku", LINE, Absent.EMPTY, required=True, max=64, source=source),
        _text("description", "description", _LONG, source=source, codec=LINES),
        _text("options", "options", _LONG, source=source, codec=LINES),
        _money("price", "price", source),
        Field("quantity", "quantity", QUANTITY, Absent.EMPTY, min=1, blank=AMOUNT_UNIT, source=source),
        _money("subtotal", "subtotal", source),
        _shown("subtotal_numeric", "subtotal", MONEY, source),
        _shown("subtotal_converted_default_currency", "subtotal_converted", MONEY, source),
        _money("salestax", "salestax", source),
        _money("shipping", "shipping", source),
        _text("status", "status", 64, source=source),
        _shown("order_date", "order.ordered_at", moment, source),
        _shown("update_date", "stamp", moment, source),
        _text("shipping_provider", "shipping_provider", 255, source=source),
        _text("shipping_tracking", "shipping_tracking", 255, source=source),
        *_custom_data(source),
    )


PAGE: Final = 2_000
"""Default and largest page (D-FETCH)."""


def tables_in(zone: tzinfo) -> dict[str, Table]:
    """The table of every resource, by its name here; times are shown in `zone`."""
    moment = moments(zone)
    fields = {
        "Customer": _customer(moment),
        "UserCustomerGroups": _membership(),
        "UserGroups": _group(),
        "Order": _order(moment),
        "Orderlines": _order_line(moment),
    }
    return {name: _table(name, rows) for name, rows in fields.items()}


def _table(name: str, rows: tuple[Field, ...]) -> Table:
    kind = KINDS[name]
    labelled = (structs.replace(row, label=row.wire) for row in rows)
    ordered = tuple(sorted(labelled, key=lambda row: row.wire))
    return Table(kind.resource, kind.element, kind.name, ordered, kind.key, PAGE, PAGE)


TABLES: Final = tables_in(UTC)
"""The tables as they are documented: times in UTC."""
