"""Orders and their lines: numbers, whose they are, status, amounts. Source: spec of orders (Zeald, Interchange)."""

from collections.abc import Iterator, Mapping

from tillstone.domain.commands import Key
from tillstone.domain.draft import Draft, Rules
from tillstone.domain.records import AMOUNT_UNIT, LARGEST, Record, Shape, Value, product_of, whole
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
    if draft.creating:
        _add_up(draft)


def _add_up(draft: Draft) -> None:
    """The amounts of a new order. Those that were sent are the shop's word."""
    record = draft.record
    # a line that comes to more than can be kept is refused itself
    lines = [amount for line in _lines(draft) if (amount := _line_subtotal(line)) is not None and amount <= LARGEST]
    _set_amount(draft, "subtotal", sum(lines))
    _set_amount(draft, "total", sum(whole(record[name] or 0) for name in ("subtotal", *ADDED)))


def _set_amount(draft: Draft, name: str, amount: int | None) -> None:
    """Unless it was sent."""
    if draft.record[name] is not None or amount is None:
        return
    if amount > LARGEST:
        draft.fault(name, "too_large", str(LARGEST))
    else:
        draft.record[name] = amount


def _lines(draft: Draft) -> Iterator[Mapping[str, Value]]:
    return (node.values for node in draft.along if node.resource == "order_line")


def _fill(draft: Draft) -> None:
    """Number, date and status of a new order."""
    record, tx = draft.record, draft.tx
    if record["order_number"] is None:
        record["order_number"] = _free_number(tx)
    if record["ordered_at"] is None:
        record["ordered_at"] = tx.now
    if record["status_text"] is None:
        record["status_text"], record["status"] = PENDING, STATUSES["pending"]


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


def _line_subtotal(values: Mapping[str, Value]) -> int | None:
    """What was sent, else price × quantity (one, if none was sent)."""
    price, quantity, subtotal = values.get("price"), values.get("quantity"), values.get("subtotal")
    if isinstance(subtotal, int) or not isinstance(price, int):
        return subtotal if isinstance(subtotal, int) else None
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
    """A line belongs to one order, for good. Written below another one, it is a new line whose code is taken."""
    if draft.record["order_id"] is None:
        if not any(fault.field == "order.order_number" for fault in draft.faults):
            draft.fault("order.order_number", "blank")
    elif not draft.creating and "order_id" in draft.sent:
        draft.fault("code", "taken", str(draft.record["code"]))
    elif not draft.creating and draft.is_changed("order_id"):
        draft.fault("order.order_number", "fixed", str(draft.before["order.order_number"]))
    if draft.creating:
        _set_amount(draft, "subtotal", _line_subtotal(draft.record))


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
