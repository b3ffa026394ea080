"""Groups under groups: a parent must exist, and no group may become its own ancestor.

Parent and child may come in one command in any order, so a parent is judged when all of it is written. All writes of an
account hold its lock, so two edits that would close a circle together meet one after the other.
"""

from functools import partial

from tillstone.domain.commands import Key
from tillstone.domain.draft import Draft
from tillstone.domain.errors import Fault
from tillstone.domain.records import Shape, Value

PARENT = "parent.code"
DEEPEST = 64
"""Steps from a group to the top."""

_GROUP = Shape("customer_group", ("id", "parent_id", "is_system"))


def refer_to_parent(draft: Draft) -> None:
    """Put the group that the sent code names in charge; what is not there yet may still come."""
    if PARENT not in draft.sent:
        return
    code = draft.sent[PARENT]
    if not isinstance(code, str | None):
        return
    draft.record["parent_id"] = _id_of(draft, code) if code else None
    draft.later.append(partial(_judge, draft, code))


def _id_of(draft: Draft, code: str) -> Value:
    row = draft.tx.one(draft.tx.account, _GROUP, Key("code", code), live=True)
    return row[0] if row and not row[2] else None


def _judge(draft: Draft, code: str | None) -> Fault | None:
    """What is wrong with the parent now that everything is written. A parent that came later is put in place."""
    if not code:
        return None
    if draft.record["parent_id"] is None:
        parent = _id_of(draft, code)
        if parent is None:
            return Fault(PARENT, "unknown", code)
        draft.record["parent_id"] = parent
        draft.tx.update("customer_group", draft.id, {"parent_id": parent})
    return _climb(draft, code)


def _climb(draft: Draft, code: str) -> Fault | None:
    """Walk to the top: coming by the start again is a circle."""
    step = draft.record["parent_id"]
    for _ in range(DEEPEST):
        if step == draft.id:
            return Fault(PARENT, "circular", code)
        row = draft.tx.one(draft.tx.account, _GROUP, Key("id", step), live=True)
        if row is None or row[1] is None:
            return None
        step = row[1]
    return Fault(PARENT, "too_deep", str(DEEPEST))
