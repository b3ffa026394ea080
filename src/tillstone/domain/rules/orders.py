"""Orders and their lines: numbers, whose they are, status, amounts. Source: spec of orders (Zeald, Interchange)."""

from collections.abc import Iterable, Iterator, Mapping

from tillstone.domain.commands import Key
from tillstone.domain.draft import Draft, Rules
from tillstone.domain.records import AMOUNT_UNIT, Record, Shape, Value, product_of
from tillstone.domain.store import Transaction

PENDING = "Pending"

STATUSES: Mapping[str, str] = {
    "pending": "pending",
    "waiting": "pending_payment",
    "credit": "on_hold",
    "backorder": "processing",
    "partial": "processing",
    "shipped": "complete",
    "canceled": "canceled",
}
"""Interchange's words and what they mean in every dialect; any other word means `processing`."""

NUMBER = "ORD{:06d}"
"""Numbers given here (D-RCPT: `ORD003413`)."""

ADDED = ("shipping", "handling", "salestax")

_CUSTOMER = Shape("customer", ("id", "username"))
_ORDER = Shape("order", ("id", "order_number", "status_text"))
_PLACE = Shape("order_line", ("id", "position", "version"))


def worded(value: Value) -> Value:
    """A status in words: the known ones with a leading capital, others as they are."""
    return value.capitalize() if isinstance(value, str) and value.lower() in STATUSES else value


# orders


def _refer(draft: Draft) -> None:
    """An order names its customer by user name, and keeps the name when the customer goes."""
    sent = draft.sent
    if isinstance(sent.get("username"), str):
        _take_customer(draft, Key("username", str(sent["username"])))
    elif "username" in sent:
        draft.record["customer_id"] = None
    elif sent.get("customer_id"):
        _take_customer(draft, Key("id", int(str(sent["customer_id"]))))


def _take_customer(draft: Draft, key: Key) -> None:
    row = draft.tx.one(draft.tx.account, _CUSTOMER, key, live=True)
    if row is None:
        draft.fault("username", "unknown", str(key.value))
        return
    draft.record["customer_id"] = row[0]
    draft.record["username"] = row[1]
    draft.sent["username"] = row[1]


def _check(draft: Draft) -> None:
    """An order is somebody's, or has something in it: marking an unknown number must not make an empty order."""
    record = draft.record
    record["status_text"] = worded(record["status_text"])
    if draft.is_changed("status_text"):
        record["status"] = STATUSES.get(str(record["status_text"]).lower(), "processing")
    somebody = record["username"] or record["email"] or record["customer_id"] is not None
    if draft.creating and not (somebody or any(_lines(draft)) or draft.faults):
        draft.fault("", "empty_order")


def _lines(draft: Draft) -> Iterator[Mapping[str, Value]]:
    return (node.values for node in draft.along if node.resource == "order_line")


def _fill(draft: Draft) -> None:
    """Number, date, status and amounts of a new order. Amounts that were sent are the shop's word."""
    record, tx = draft.record, draft.tx
    if record["order_number"] is None:
        record["order_number"] = _free_number(tx)
    if record["ordered_at"] is None:
        record["ordered_at"] = tx.now
    if record["status_text"] is None:
        record["status_text"], record["status"] = PENDING, STATUSES["pending"]
    if record["subtotal"] is None:
        record["subtotal"] = _sum(_line_subtotal(line) for line in _lines(draft))
    if record["total"] is None:
        record["total"] = _sum(record[name] for name in ("subtotal", *ADDED))


def _sum(amounts: Iterable[Value]) -> int:
    return sum(amount for amount in amounts if isinstance(amount, int))


def _free_number(tx: Transaction) -> str:
    while True:
        number = NUMBER.format(tx.next_number("order.number"))
        if not tx.clashes("order", [("order_number",)], {"order_number": number}, but=None):
            return number


def _leave(draft: Draft) -> None:
    """Lines go with their order, so that their codes are free again."""
    for line, _, version in draft.tx.rows(draft.tx.account, _PLACE, "order_id", (draft.id,)):
        draft.also_drop("order_line", int(str(line)), int(str(version)))


# lines


def _line_subtotal(values: Mapping[str, Value]) -> Value:
    """What was sent, else price × quantity (one, if none was sent)."""
    price, quantity = values.get("price"), values.get("quantity")
    if isinstance(values.get("subtotal"), int) or not isinstance(price, int):
        return values.get("subtotal")
    return product_of(price, quantity if isinstance(quantity, int) else AMOUNT_UNIT)


def _resolve_line(tx: Transaction, values: Record) -> Record:
    number = values.get("order.order_number")
    if values.get("order_id") is not None or not isinstance(number, str):
        return values
    row = tx.one(tx.account, _ORDER, Key("order_number", number), live=True)
    return values if row is None else {**values, "order_id": row[0]}


def _refer_line(draft: Draft) -> None:
    number = draft.sent.get("order.order_number")
    if isinstance(number, str):
        row = draft.tx.one(draft.tx.account, _ORDER, Key("order_number", number), live=True)
        if row is None:
            draft.fault("order.order_number", "unknown", number)
        else:
            draft.record["order_id"] = row[0]


def _check_line(draft: Draft) -> None:
    """A line belongs to one order, for good."""
    if draft.record["order_id"] is None:
        if not any(fault.field == "order.order_number" for fault in draft.faults):
            draft.fault("order.order_number", "blank")
    elif not draft.creating and draft.is_changed("order_id"):
        draft.fault("order.order_number", "fixed", str(draft.before["order.order_number"]))


def _fill_line(draft: Draft) -> None:
    record, tx = draft.record, draft.tx
    order = tx.one(tx.account, _ORDER, Key("id", record["order_id"]), live=False)
    number, status = (order[1], order[2]) if order else ("", None)
    places = [int(str(row[1] or 0)) for row in tx.rows(tx.account, _PLACE, "order_id", (record["order_id"],))]
    if record["position"] is None:
        record["position"] = max(places, default=0) + 1
    if record["code"] is None:
        record["code"] = _free_code(tx, str(number), int(str(record["position"])))
    if record["quantity"] is None:
        record["quantity"] = AMOUNT_UNIT
    if record["subtotal"] is None:
        record["subtotal"] = _line_subtotal(record)
    if record["status"] is None:
        record["status"] = status


def _free_code(tx: Transaction, number: str, position: int) -> str:
    """`{order_number}-{n}`, or the next n whose code is free."""
    while tx.clashes("order_line", [("code",)], {"code": f"{number}-{position}"}, but=None):
        position += 1
    return f"{number}-{position}"


ORDER_RULES = Rules(refer=_refer, check=_check, fill=_fill, leave=_leave)
LINE_RULES = Rules(
    needs=("order.order_number",), resolve=_resolve_line, refer=_refer_line, check=_check_line, fill=_fill_line
)
