"""Groups and memberships: which group is a customer's primary one, and who is stamped when a group changes.

The group in force is the one chosen explicitly, else that of the oldest membership, else General. It is kept in
`customer.group_id`, so that reading it costs nothing.
"""

from tillstone.domain.commands import Key
from tillstone.domain.draft import Draft, Rules, log_touch, touch
from tillstone.domain.errors import Clash, Fault, NotFound
from tillstone.domain.query import Filter, Operator
from tillstone.domain.records import GENERAL_GROUP, RESOURCES, Record, Shape, Value, whole
from tillstone.domain.rules.restamp import restamp_through
from tillstone.domain.rules.trees import refer_to_parent
from tillstone.domain.store import HistoryEntry, Transaction

SHOWN = ("code", "title", "discount_rate")
"""What customers show of their groups."""

RESERVED = ("general", "not-logged-in")

OPENMAGE = "openmage"
"""Origin of memberships that stand for a customer's single group."""

_MEMBER = Shape("membership", ("id", "group_id", "origin", "version"))
_GROUP = Shape("customer_group", ("id", "code", "is_system"))
_CHOICE = Shape("customer", ("primary_group_id", "group_id"))


def _memberships(tx: Transaction, customer: int) -> list[tuple[int, int, str, int]]:
    rows = tx.rows(tx.account, _MEMBER, "customer_id", (customer,))
    return [(whole(row[0]), whole(row[1]), str(row[2]), whole(row[3])) for row in rows]


def in_force(tx: Transaction, customer: int, explicit: int | None) -> int:
    """The id of the group that a customer is in first of all."""
    if explicit is not None:
        return explicit
    members = _memberships(tx, customer)
    return members[0][1] if members else GENERAL_GROUP


def check_primary(draft: Draft) -> None:
    """A chosen group must exist and be one that customers can be in."""
    chosen = draft.record["primary_group_id"]
    if not draft.is_changed("primary_group_id") or chosen is None:
        return
    if chosen == 0 or draft.tx.one(draft.tx.account, _GROUP, Key("id", chosen), live=True) is None:
        draft.fault("primary_group", "unknown", str(chosen))


def choose_primary(draft: Draft) -> None:
    """Make the chosen group a membership as well, and drop the membership of an earlier choice made the same way."""
    chosen, left = draft.record["primary_group_id"], draft.before["group_id"]
    members = [] if draft.creating else _memberships(draft.tx, draft.id)
    for member_id, group, origin, version in members:
        if group == left != chosen and origin == OPENMAGE:
            draft.also_drop("membership", member_id, version)
    if chosen not in (None, GENERAL_GROUP) and all(group != chosen for _, group, _, _ in members):
        draft.also_insert("membership", {"customer_id": draft.id, "group_id": chosen, "origin": OPENMAGE})
    draft.record["group_id"] = in_force(draft.tx, draft.id, None if chosen is None else whole(chosen))
    draft.stale = True


def _membership_saved(draft: Draft) -> None:
    """A membership that came, changed or went may change its customer's group in force."""
    tx, customer = draft.tx, whole(draft.record["customer_id"])
    row = tx.one(tx.account, _CHOICE, Key("id", customer), live=False)
    if row is None:
        return
    old = dict(zip(_CHOICE.attributes, row, strict=True))
    leaves = draft.record["deleted"] is not None or draft.is_changed("group_id")
    explicit = None if leaves and old["primary_group_id"] == draft.before["group_id"] else old["primary_group_id"]
    group = in_force(tx, customer, None if explicit is None else whole(explicit))
    new: Record = {"primary_group_id": explicit, "group_id": group}
    changes = {name: value for name, value in new.items() if value != old[name]}
    if changes:
        stamp = touch(tx, "customer", customer, changes)
        log_touch(draft, "customer", customer, stamp, {name: (old[name], value) for name, value in changes.items()})


def _refer(draft: Draft) -> None:
    """A membership names its group by code and its customer by user name."""
    _refer_customer(draft)
    code = draft.sent.get("group.code")
    if not isinstance(code, str):
        return
    found = draft.tx.one(draft.tx.account, _GROUP, Key("code", code), live=True)
    if code.casefold() in RESERVED or (found is not None and found[2]):
        draft.fault("group.code", "reserved", code)
    elif found is not None:
        draft.record["group_id"] = found[0]
    elif draft.profile.rules["group.code"].creates:
        draft.record["group_id"] = _create_group(draft, code)
    else:
        draft.fault("group.code", "unknown", code)


def _refer_customer(draft: Draft) -> None:
    username = draft.sent.get("customer.username")
    if isinstance(username, str):
        found = draft.tx.one(draft.tx.account, Shape("customer", ("id",)), Key("username", username), live=True)
        if found is None:
            draft.fault("customer.username", "unknown", username)
        else:
            draft.record["customer_id"] = found[0]


def _resolve(tx: Transaction, values: Record) -> Record:
    """A membership is found by its customer and its group, however they are named."""
    found = dict(values)
    for named, attribute, shape in (
        ("customer.username", "customer_id", Shape("customer", ("id",))),
        ("group.code", "group_id", _GROUP),
    ):
        name = values.get(named)
        if values.get(attribute) is None and isinstance(name, str):
            row = tx.one(tx.account, shape, Key(named.partition(".")[2], name), live=True)
            found[attribute] = row[0] if row else None
    return found


def _membership_check(draft: Draft) -> None:
    """A membership has one customer, for good, and one group. Those of a deleted customer are as gone as it is."""
    if draft.record["customer.deleted"] is not None:
        raise NotFound(Fault("id", "not_found", str(draft.id)))
    told = {fault.field for fault in draft.faults}
    if draft.record["customer_id"] is None and "customer.username" not in told:
        draft.fault("customer.username", "blank")
    elif not draft.creating and draft.is_changed("customer_id"):
        draft.fault("customer.username", "fixed", str(draft.before["customer.username"]))
    if draft.record["group_id"] is None and "group.code" not in told:
        draft.fault("group.code", "blank")


def _create_group(draft: Draft, code: str) -> int:
    """A group that came into being because a membership named it: private, titled by its code."""
    tx = draft.tx
    stamp, group = tx.stamp("customer_group"), tx.new_id("customer_group")
    record = RESOURCES["customer_group"].blank() | {"code": code, "title": code}
    tx.insert("customer_group", record | {"id": group, "stamp": stamp, "created_at": stamp, "version": 1})
    tx.enter("customer_group", group, stamp, 0)
    tx.tally("customer_group", rows=1)
    diff: dict[str, tuple[Value, Value]] = {"code": (None, code), "title": (None, code)}
    tx.log(HistoryEntry("customer_group", group, stamp, 1, "created", draft.actor, draft.profile.front, diff))
    draft.warn("group.code", "created", code)
    return group


def _group_check(draft: Draft) -> None:
    code = draft.record["code"]
    if draft.creating and isinstance(code, str) and code.casefold() in RESERVED:
        raise Clash(Fault("code", "reserved", code))
    if draft.before.get("is_system"):
        raise Clash(Fault("code", "system", str(code)))


def _group_fill(draft: Draft) -> None:
    if draft.record["title"] is None:
        draft.record["title"] = draft.record["code"]


def _group_saved(draft: Draft) -> None:
    """A renamed or re-rated group reaches every customer that shows it or is a member of it."""
    if draft.creating or not any(draft.is_changed(name) for name in SHOWN):
        return
    primary = (Filter("group_id", Operator.EQ, (draft.id,)),)
    draft.tx.restamp("customer", draft.tx.stamp("customer"), primary)
    restamp_through(draft.tx, "customer", "membership", "customer_id", Filter("group_id", Operator.EQ, (draft.id,)))


def _group_leave(draft: Draft) -> None:
    """A group stays while it has live members or child groups."""
    tx = draft.tx
    if draft.record["is_system"]:
        raise Clash(Fault("code", "system", str(draft.record["code"])))
    children = tx.rows(tx.account, Shape("customer_group", ("id",)), "parent_id", (draft.id,))
    members = tx.rows(tx.account, Shape("membership", ("id", "customer.deleted")), "group_id", (draft.id,))
    alive = [row for row in members if row[1] is None]
    chosen = tx.rows(tx.account, Shape("customer", ("id",)), "group_id", (draft.id,))
    if children:
        raise Clash(Fault("", "has_children", str(len(children))))
    if alive or chosen:
        raise Clash(Fault("", "has_members", str(max(len(alive), len(chosen)))))


GROUP_RULES = Rules(refer=refer_to_parent, check=_group_check, fill=_group_fill, saved=_group_saved, leave=_group_leave)
MEMBERSHIP_RULES = Rules(
    needs=("customer.username", "customer.deleted", "group.code"),
    wire_of_clash={("customer_id", "group_id"): "group.code"},
    resolve=_resolve,
    refer=_refer,
    check=_membership_check,
    saved=_membership_saved,
)
