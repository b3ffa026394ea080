"""A customer's default addresses: linked fields, when an address row comes into being, when it goes, which one is
default.

Sources: spec of one record in three dialects. Billing attributes written through a customer live in the customer's
default billing address; shipping attributes "if different" in a row of their own.
"""

from operator import itemgetter
from typing import Literal

from tillstone.domain.commands import Key
from tillstone.domain.draft import Draft, Rules, log_touch, touch
from tillstone.domain.errors import Clash, Fault, NotFound
from tillstone.domain.records import ADDRESS_PARTS, Record, Shape, Value, whole
from tillstone.domain.views import SHIPPING_PARTS

LINKED = ("first_name", "last_name", "company", "phone", "fax")
"""Fields of the customer that the default billing address follows while it says the same or nothing."""

PLACE = ("street1", "street2", "street3", "city", "region", "postcode", "country")
"""Without any of these there is no billing address."""

OWN = ("prefix", "middle_name", "suffix", "vat_id")
"""What only an address can say: a row that has it stays."""

Side = Literal["billing", "shipping"]
OTHER: dict[Side, Side] = {"billing": "shipping", "shipping": "billing"}

PARTS: dict[Side, tuple[str, ...]] = {
    "billing": tuple(column.name for column in ADDRESS_PARTS),
    "shipping": SHIPPING_PARTS,
}
"""The parts of an address that are written as parts of its customer, where they are called `billing.city` and so on."""

_VALUES = {side: itemgetter(*[f"{side}.{part}" for part in parts]) for side, parts in PARTS.items()}
_LINKED = itemgetter(*LINKED)
_PLACE = itemgetter(*[f"billing.{part}" for part in PLACE])
_KNOWN: dict[Side, str] = {"billing": "billing.city", "shipping": "shipping.city"}
"""What tells whether a front reads the parts of a side at all."""


def follow_customer(draft: Draft) -> None:
    """Let the default billing address follow the customer's linked fields."""
    if draft.record["billing_id"] is None or _LINKED(draft.record) == _LINKED(draft.before):
        return
    for field in LINKED:
        part = f"billing.{field}"
        if draft.is_changed(field) and not draft.is_changed(part) and _follows(draft.before, field, part):
            draft.record[part] = draft.record[field]


def _follows(before: Record, field: str, part: str) -> bool:
    return not before.get(part) or before.get(part) == before.get(field)


def settle_billing(draft: Draft) -> None:
    """Create, change or remove the default billing address as the customer's new attributes ask."""
    changed = _changed(draft, "billing")
    if not changed:
        return
    if draft.record["billing_id"] is None:
        if any(_PLACE(draft.record)):
            _create_billing(draft, changed)
    elif not any(_PLACE(draft.record)) and not _says_more(draft):
        _remove_billing(draft)
    else:
        _change(draft, "billing", changed)


def settle_shipping(draft: Draft) -> None:
    """Split off, change or remove the shipping address that differs from the billing address."""
    if _KNOWN["shipping"] not in draft.before:
        return
    if draft.before["shipping_id"] in (None, draft.before["billing_id"]):
        _split_off(draft)
    elif not (changed := _changed(draft, "shipping")):
        return
    elif any(draft.record.get(f"shipping.{part}") for part in SHIPPING_PARTS):
        _change(draft, "shipping", changed)
    else:
        _rejoin(draft, changed)


def _split_off(draft: Draft) -> None:
    """A row of its own for what was sent, even where the billing address that was also that of shipping says the
    same."""
    said: Record = {
        part: draft.record[f"shipping.{part}"] if f"shipping_if_different.{part}" in draft.sent else None
        for part in SHIPPING_PARTS
    }
    if any(said.values()):
        _create(draft, "shipping", said)


def _rejoin(draft: Draft, changed: Record) -> None:
    """Nothing differs any more: the billing address is that of shipping too. A row that says more stays beside it."""
    record_id, version = _row(draft, "shipping")
    if any(draft.record.get(f"shipping.{part}") for part in OWN):
        draft.also_update("address", record_id, version, changed)
    else:
        draft.also_drop("address", record_id, version)
    draft.record["shipping_id"] = draft.record["billing_id"]
    draft.stale = True


def _changed(draft: Draft, side: Side) -> Record:
    """The parts of an address that will have other values. Fronts without any parts of a side do not read them."""
    if _KNOWN[side] not in draft.before:
        return {}
    new, old = _VALUES[side](draft.record), _VALUES[side](draft.before)
    if new == old:
        return {}
    return {part: value for part, value, was in zip(PARTS[side], new, old, strict=True) if value != was}


def _says_more(draft: Draft) -> bool:
    """Whether the billing row holds what the customer does not."""
    if any(draft.record.get(f"billing.{part}") for part in OWN):
        return True
    return any(
        value and value != draft.record.get(field)
        for field in LINKED
        if (value := draft.record.get(f"billing.{field}"))
    )


def _create_billing(draft: Draft, changed: Record) -> None:
    linked = {field: draft.record[field] for field in LINKED if draft.record[field]}
    _create(draft, "billing", linked | changed)
    if draft.record["shipping_id"] is None:
        draft.record["shipping_id"] = draft.record["billing_id"]


def _create(draft: Draft, side: Side, values: Record) -> None:
    draft.record[f"{side}_id"] = draft.also_insert("address", values | {"customer_id": draft.id})
    for part, value in values.items():
        draft.record[f"{side}.{part}"] = value


def _change(draft: Draft, side: Side, changed: Record) -> None:
    draft.also_update("address", *_row(draft, side), changed)
    if draft.record["billing_id"] == draft.record["shipping_id"]:
        # one row is both defaults: what the reply shows of the other side changed along
        draft.stale = draft.stale or any(f"{OTHER[side]}.{part}" in draft.before for part in changed)


def _remove_billing(draft: Draft) -> None:
    record_id, version = _row(draft, "billing")
    draft.also_drop("address", record_id, version)
    draft.stale = True
    draft.record["billing_id"] = None
    if draft.before["shipping_id"] == record_id:
        draft.record["shipping_id"] = None


def _row(draft: Draft, side: Side) -> tuple[int, int]:
    return whole(draft.before[f"{side}_id"]), whole(draft.before[f"{side}.version"])


def _check(draft: Draft) -> None:
    """An address belongs to a live customer; those of a deleted one are as gone as it is."""
    customer = draft.record["customer_id"]
    if draft.creating and customer is None:
        draft.fault("customer_id", "blank")
        return
    if draft.creating:
        gone = draft.tx.one(draft.tx.account, Shape("customer", ("id",)), Key("id", customer), live=True) is None
    else:
        gone = draft.record["customer.deleted"] is not None
    if gone:
        raise NotFound(Fault("customer_id", "not_found", str(customer)))


def _link(draft: Draft) -> None:
    """A new or changed address may become a default: then its customer points to it."""
    for side in ("billing", "shipping"):
        if draft.creating and draft.sent.get(f"is_default_{side}"):
            draft.record[f"customer.{side}_id"] = draft.record["id"]


def _saved(draft: Draft) -> None:
    moved: dict[str, tuple[Value, Value]] = {}
    for side in ("billing", "shipping"):
        name = f"customer.{side}_id"
        if draft.is_changed(name):
            moved[f"{side}_id"] = (draft.before.get(name), draft.record[name])
    if moved:
        customer = whole(draft.record["customer_id"])
        stamp = touch(draft.tx, "customer", customer, {name: new for name, (_, new) in moved.items()})
        log_touch(draft, "customer", customer, stamp, moved)


def _leave(draft: Draft) -> None:
    """A default address stays (seeds/004: it cannot be deleted)."""
    if draft.record["customer.deleted"] is not None:
        raise NotFound(Fault("id", "not_found", str(draft.id)))
    if draft.id in (draft.record["customer.billing_id"], draft.record["customer.shipping_id"]):
        raise Clash(Fault("id", "is_default", str(draft.id)))


RULES = Rules(
    needs=("customer.billing_id", "customer.shipping_id", "customer.deleted"),
    check=_check,
    link=_link,
    saved=_saved,
    leave=_leave,
)
