"""Stamping records because something they show changed elsewhere, by set-based statements."""

from tillstone.domain.query import Filter, Operator
from tillstone.domain.records import Shape, whole
from tillstone.domain.store import Transaction

CHUNK = 500


def restamp_through(tx: Transaction, resource: str, through: str, via: str, condition: Filter) -> None:
    """Stamp every record of `resource` that a live record of `through` names in `via` and that meets `condition`."""
    rows = tx.rows(tx.account, Shape(through, (via,)), condition.attribute, condition.values)
    ids = sorted({whole(row[0]) for row in rows})
    if not ids:
        return
    stamp = tx.stamp(resource)
    for start in range(0, len(ids), CHUNK):
        tx.restamp(resource, stamp, (Filter("id", Operator.IN, tuple(ids[start : start + CHUNK])),))
