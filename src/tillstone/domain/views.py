"""Derived and lossy views of a record, as pure pairs: what a view shows, and which changes writing it means.

A view is named like an attribute and stands beside the columns in a dialect's table. The echo rule (a written value
equal to what is shown is no write) is applied by the service to views and columns alike, so sending back what was read
never flattens richer data.
"""

from collections.abc import Callable

from msgspec import Struct

from tillstone.domain.records import Record, Value, product_of

SHIPPING_PARTS = (
    *("company", "first_name", "last_name", "street1", "street2", "street3"),
    *("city", "region", "postcode", "country"),
)

MIDNIGHT = "00:00:00"
"""The time of a birth date that has none."""

LINE_JOINER = "; "
"""Parts the second and further street lines where only two are shown (devdocs-openmage.org, Customer Addresses)."""


class View(Struct, frozen=True):
    """`show` is called with the values of `needs`, in order; `put` gives the changed attributes (None: read-only)."""

    needs: tuple[str, ...]
    show: Callable[..., Value]
    put: Callable[[Value, Record], Record] | None = None


def same(value: Value) -> Value:
    """What is stored."""
    return value


def unless(value: Value, is_hidden: Value) -> Value:
    """What is stored, or nothing."""
    return None if is_hidden else value


def _joined(separator: str, *parts: Value) -> str | None:
    return separator.join(str(part) for part in parts if part) or None


def _show_street(line1: Value, line2: Value, line3: Value) -> Value:
    return line1 if not (line2 or line3) else _joined(", ", line1, line2, line3)


def _put_street(value: Value, _record: Record) -> Record:
    return {"billing.street1": value, "billing.street2": None, "billing.street3": None}


def _show_two_lines(line1: Value, line2: Value, line3: Value) -> Value:
    lines = (line1, _joined(LINE_JOINER, line2, line3))
    return tuple(str(line) for line in lines if line)


def _put_two_lines(value: Value, record: Record) -> Record:
    lines = [line for line in value if line] if isinstance(value, tuple) else []
    first, rest = lines[0] if lines else "", LINE_JOINER.join(lines[1:])
    if rest == (_joined(LINE_JOINER, record.get("street2"), record.get("street3")) or ""):
        # only the first line moves: the others may have been joined
        return {"street1": first}
    second, _, third = rest.partition(LINE_JOINER)
    return {"street1": first, "street2": second or None, "street3": third or None}


def _show_flag(own_id: Value, default_id: Value) -> Value:
    return int(own_id is not None and own_id == default_id)


def _put_default(side: str) -> Callable[[Value, Record], Record]:
    def put(value: Value, record: Record) -> Record:
        # unsetting does nothing: a default moves only when another address takes it
        return {f"customer.{side}_id": record["id"]} if value else {}

    return put


def _show_converted(amount: Value, rate: Value) -> Value:
    """In the shop's own currency."""
    return product_of(amount, rate) if isinstance(amount, int) and isinstance(rate, int) else None


def _shipping(part: str) -> View:
    def show(shipping_id: Value, billing_id: Value, value: Value) -> Value:
        return None if shipping_id == billing_id else value

    def put(value: Value, _record: Record) -> Record:
        return {f"shipping.{part}": value}

    return View(("shipping_id", "billing_id", f"shipping.{part}"), show, put)


def _show_birth(day: Value, time: Value) -> Value:
    return f"{day} {time or MIDNIGHT}" if day else day


def _put_birth(value: Value, _record: Record) -> Record:
    day, _, time = str(value or "").partition(" ")
    return {"birth_date": None if value is None else day, "birth_time": time if time not in {"", MIDNIGHT} else None}


VIEWS: dict[str, dict[str, View]] = {
    "customer": {
        # a second name of one attribute: whichever of the two differs from what is stored was meant
        "birthday": View(("birth_date",), same, lambda value, _record: {"birth_date": value}),
        "street_joined": View(("billing.street1", "billing.street2", "billing.street3"), _show_street, _put_street),
        "shown_group_id": View(("group_id", "group.is_system"), unless),
        "shown_group_title": View(("group.title", "group.is_system"), unless),
        "shown_discount_rate": View(("group.discount_rate", "group.is_system"), unless),
        "primary_group": View(("group_id",), same, lambda value, _record: {"primary_group_id": value}),
        "birth_moment": View(("birth_date", "birth_time"), _show_birth, _put_birth),
        **{f"shipping_if_different.{part}": _shipping(part) for part in SHIPPING_PARTS},
    },
    "order": {
        "subtotal_converted": View(("subtotal", "currency_rate"), _show_converted),
        "total_converted": View(("total", "currency_rate"), _show_converted),
    },
    "order_line": {"subtotal_converted": View(("subtotal", "order.currency_rate"), _show_converted)},
    "address": {
        "street_lines": View(("street1", "street2", "street3"), _show_two_lines, _put_two_lines),
        "is_default_billing": View(("id", "customer.billing_id"), _show_flag, _put_default("billing")),
        "is_default_shipping": View(("id", "customer.shipping_id"), _show_flag, _put_default("shipping")),
    },
}


def needs(resource: str, attribute: str) -> tuple[str, ...]:
    """The stored attributes behind `attribute`, which may be a view, a column or `relation.column`."""
    view = VIEWS.get(resource, {}).get(attribute)
    return view.needs if view else (attribute,)
