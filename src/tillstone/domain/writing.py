"""How one record is written: the order of checks that every front goes through.

load → drop echoes → cut or refuse long values → names → required and checks → clashes → put the views → linked fields
→ diff; an empty diff writes nothing → stamp, version, feed, history. A create is the same against a blank record.
Echoed values are therefore never validated, never cut, never written. What is peculiar to a resource stands in
`rules/`.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from operator import itemgetter

from tillstone.domain.commands import Change, Create, Key, Outcome, Remove
from tillstone.domain.draft import Diff, Draft, Later, Sent
from tillstone.domain.embedding import embedded
from tillstone.domain.errors import Bug, Fault, Invalid, NotFound
from tillstone.domain.passwords import Password
from tillstone.domain.profile import OnLong, Profile, Rule, Unreadable
from tillstone.domain.query import Embed
from tillstone.domain.records import RESOURCES, Record, Row, Shape, Value, whole
from tillstone.domain.rules import RULES
from tillstone.domain.store import HistoryEntry, Transaction
from tillstone.domain.views import VIEWS, needs

PARTS = {"customer": ("billing", "shipping")}
"""Relations whose records are written as part of their owner."""


def create(tx: Transaction, command: Create, actor: str, later: list[Later] | None = None) -> Outcome:
    """Write a new record. Raises Invalid with every fault. What can be judged only when all is written goes to
    `later`; without it, now is that time."""
    return _write(rehearse(tx, command, actor), command, later)


def change(tx: Transaction, command: Change, actor: str, later: list[Later] | None = None) -> Outcome:
    """Change the sent attributes of one record. Raises NotFound, or Invalid with every fault. `later`: see `create`."""
    return _write(rehearse(tx, command, actor), command, later)


def rehearse(tx: Transaction, command: Create | Change, actor: str) -> Draft:
    """Everything before the first write. Raises NotFound, or Invalid with every fault."""
    creating = isinstance(command, Create)
    before = _blank(command.profile, command.shape) if isinstance(command, Create) else load(tx, command)
    draft = Draft(tx, command.profile, RULES[command.resource], actor, before, creating=creating)
    draft.along = command.along if isinstance(command, Create) else ()
    consider(draft, command.values)
    return draft


def _write(draft: Draft, command: Create | Change, later: list[Later] | None) -> Outcome:
    outcome = finish(draft, command.shape, command.embeds)
    if later is not None:
        later.extend(draft.later)
    elif faults := [fault for judge in draft.later if (fault := judge())]:
        raise Invalid(*faults)
    return outcome


def load(tx: Transaction, command: Change | Remove) -> Record:
    """The whole record that `command` means, as a dict; NotFound if there is none, or none that is live where it must
    be."""
    shape = write_shape(command.profile, command.shape)
    row = tx.one(tx.account, shape, command.key, live=command.live)
    record = dict(zip(shape.attributes, row, strict=True)) if row else {}
    if not record or (command.must and record[command.must.attribute] != command.must.value):
        raise NotFound(Fault(command.key.attribute, "not_found", str(command.key.value)))
    return record


@lru_cache(maxsize=512)
def write_shape(profile: Profile, answer: Shape | None) -> Shape:
    """What must be read of a record before `profile` may write it and `answer` be given."""
    name = profile.resource
    wanted = dict.fromkeys(RESOURCES[name].attributes)
    for attribute in (*profile.rules, *(answer.attributes if answer else ()), *RULES[name].needs):
        wanted.update(dict.fromkeys(need for need in needs(name, attribute) if _is_stored(name, need)))
    shipping = any(attribute.startswith("shipping.") for attribute in wanted)
    for part in PARTS.get(name, ()):
        if part == "billing" or shipping:
            columns = RESOURCES[RESOURCES[name].relations[part].resource].attributes
            wanted.update(dict.fromkeys(f"{part}.{column}" for column in columns))
    return Shape(name, tuple(wanted))


@lru_cache(maxsize=512)
def _blank(profile: Profile, answer: Shape | None) -> Record:
    """What a record is changed from when it is created. Shared: drafts copy it."""
    kind = RESOURCES[profile.resource]
    return dict.fromkeys(write_shape(profile, answer).attributes) | kind.blank() | RULES[kind.name].blank


def _is_stored(resource: str, attribute: str) -> bool:
    kind = RESOURCES[resource]
    relation, dot, column = attribute.partition(".")
    return (
        relation in kind.relations and RESOURCES[kind.relations[relation].resource].has(column)
        if dot
        else kind.has(attribute)
    )


def consider(draft: Draft, values: Mapping[str, Sent]) -> None:
    """Everything before the first write: afterwards `draft.record` is what is to be stored. Raises Invalid with every
    fault."""
    rules, showing = draft.profile.rules, _showing(draft.profile)
    for attribute, value in values.items():
        rule = rules.get(attribute)
        if rule is not None and (draft.creating or not rule.create_only):
            show, before = showing.get(attribute), draft.before
            _take(draft, rule, value, now=show(before) if show else before.get(attribute))
    draft.rules.names(draft)
    _demand(draft, values)
    for attribute, value in draft.sent.items():
        rule = rules.get(attribute)
        if rule is None or rule.min is not None or rule.check is not None or not isinstance(value, str):
            _check(draft, rule, value)
    draft.rules.refer(draft)
    _put(draft)
    draft.rules.check(draft)
    _refuse_clashes(draft)
    _settle(draft)
    if draft.faults:
        order = list(draft.profile.rules)
        raise Invalid(
            *sorted(draft.faults, key=lambda fault: order.index(fault.field) if fault.field in order else len(order))
        )


def shown(resource: str, attribute: str, record: Record) -> Value:
    """What a front shows of `attribute`: the stored value, or the view of it."""
    view = VIEWS[resource].get(attribute) if resource in VIEWS else None
    return view.show(*[record.get(need) for need in view.needs]) if view else record.get(attribute)


@lru_cache(maxsize=512)
def _showing(profile: Profile) -> dict[str, Callable[[Record], Value]]:
    """How the attributes of `profile` that are views are shown."""
    name = profile.resource
    return {
        attribute: partial(shown, name, attribute) for attribute in profile.rules if attribute in VIEWS.get(name, {})
    }


def _take(draft: Draft, rule: Rule, value: Sent, *, now: Value) -> None:
    """Keep a sent value unless it only echoes what is shown `now`, before or after it was cut to its width."""
    if rule.blank_is_null:
        value = None if value == "" else value
        now = None if now == "" else now
    if value == now or (isinstance(value, Unreadable) and not value.code):
        return
    if rule.alike is not None and now is not None and _is_alike(rule.alike, rule, value, now):
        return
    if draft.rules.is_echo is not None and draft.rules.is_echo(draft, rule.attribute, value):
        return
    if rule.max is not None and isinstance(value, str) and len(value) > rule.max:
        if rule.on_long is OnLong.REFUSE:
            draft.fault(rule.attribute, "too_long", str(rule.max))
        else:
            value = _plain(rule, value[: rule.max])
            if value == now:
                return
    draft.sent[rule.attribute] = value


def _is_alike(alike: Callable[[Value], Value], rule: Rule, value: Sent, now: Value) -> bool:
    """Whether the dialect does not tell a sent value from what is stored."""
    if isinstance(value, Unreadable | Password):
        return False
    return _plain(rule, alike(value)) == _plain(rule, alike(now))


def _plain(rule: Rule, value: Sent) -> Sent:
    return None if not value and value == "" and rule.blank_is_null else value


@lru_cache(maxsize=512)
def _required(profile: Profile) -> tuple[tuple[str, Rule], ...]:
    return tuple((attribute, rule) for attribute, rule in profile.rules.items() if rule.required)


def _demand(draft: Draft, values: Mapping[str, Sent]) -> None:
    for attribute, rule in _required(draft.profile):
        if not (draft.creating or attribute in draft.sent):
            continue
        value = _demanded(draft, rule, values)
        if is_blank(value) and not (rule.exempt and rule.exempt({**draft.before, **draft.sent})):
            draft.fault(attribute, "blank", "white space" if value else "")
            draft.sent.pop(attribute, None)


def _demanded(draft: Draft, rule: Rule, values: Mapping[str, Sent]) -> Sent:
    """The value that a required attribute would have."""
    if rule.explicit and draft.creating:
        return values.get(rule.attribute)
    if rule.attribute in draft.sent:
        return draft.sent[rule.attribute]
    return shown(draft.resource, rule.attribute, draft.before)


def _settle(draft: Draft) -> None:
    """Ask the front about the whole record, if every attribute by itself is in order."""
    if draft.profile.settle is None or draft.faults:
        return
    corrections, faults = draft.profile.settle(draft.record, frozenset(draft.changed()))
    draft.record.update(corrections)
    draft.faults.extend(faults)


def is_blank(value: Sent) -> bool:
    """Whether a required attribute is missing."""
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def _check(draft: Draft, rule: Rule | None, value: Sent) -> None:
    if isinstance(value, Unreadable):
        draft.fault(rule.attribute if rule else "", value.code, value.text)
        return
    if rule is None or value is None or value == "" or isinstance(value, Password):
        return
    if rule.min is not None and isinstance(value, int) and value < rule.min:
        draft.fault(rule.attribute, "too_small", str(rule.min))
    elif rule.max is not None and isinstance(value, int) and value > rule.max:
        draft.fault(rule.attribute, "too_large", str(rule.max))
    elif rule.min is not None and isinstance(value, str) and len(value) < rule.min:
        draft.fault(rule.attribute, "too_short", str(rule.min))
    elif rule.check and (code := rule.check(value)):
        draft.fault(rule.attribute, code, str(value))


def _put(draft: Draft) -> None:
    """Turn what was sent into changes of stored attributes."""
    record, handled, views = draft.record, draft.rules.handled, VIEWS.get(draft.resource, {})
    for attribute, value in draft.sent.items():
        if attribute in handled or isinstance(value, Unreadable) or isinstance(value, Password):  # noqa: SIM101 - faster
            continue
        if attribute not in views:
            record[attribute] = value
        elif put := views[attribute].put:
            record.update(put(value, record))


def _refuse_clashes(draft: Draft) -> None:
    wanted = _unique(draft.profile)
    if not draft.creating:
        wanted = tuple([group for group in wanted if any(map(draft.is_changed, group))])
    if not wanted or draft.record.get("deleted") is not None:
        return
    but = None if draft.creating else draft.id
    for group in draft.tx.clashes(draft.resource, wanted, draft.record, but=but):
        if group == draft.proposed:
            draft.record[group[0]] = None
        else:
            draft.fault(draft.rules.wire_of_clash.get(group, group[0]), "taken", str(draft.record[group[0]]))


@lru_cache(maxsize=512)
def _unique(profile: Profile) -> tuple[tuple[str, ...], ...]:
    """The column groups that no two live records may share when `profile` writes."""
    return tuple(dict.fromkeys((*profile.unique, *RESOURCES[profile.resource].unique)))


def finish(draft: Draft, answer: Shape | None, embeds: tuple[Embed, ...] = ()) -> Outcome:
    """Number, link, diff and store a considered draft."""
    if draft.creating:
        draft.record["id"] = draft.tx.new_id(draft.resource)
        draft.rules.fill(draft)
    draft.rules.link(draft)
    action, diff = "unchanged", draft.diff()
    if draft.creating or diff:
        action = "created" if draft.creating else "changed"
        store(draft, action, diff)
    return outcome_of(draft, action, answer, embeds)


def store(draft: Draft, action: str, diff: Diff) -> None:
    """Stamp and store the record with its parts, its feed entry, its counts and its line of history."""
    tx, kind, record = draft.tx, RESOURCES[draft.resource], draft.record
    previous = whole(draft.before.get("stamp") or 0)
    stamp = draft.stamp()
    record["stamp"], record["version"] = stamp, whole(draft.before["version"] or 0) + 1
    for write in draft.writes:
        write(tx, stamp)
    if draft.creating:
        record["created_at"] = stamp
        tx.insert(draft.resource, record)
    else:
        changes = {name: record[name] for name in diff if kind.has(name)}
        tx.update(draft.resource, draft.id, {**changes, "stamp": stamp, "version": record["version"]})
    if kind.clocked and not record.get("is_system"):
        tx.enter(draft.resource, draft.id, stamp, previous)
        if draft.creating:
            tx.tally(draft.resource, rows=1)
        elif action == "removed":
            tx.tally(draft.resource, deleted=1)
    draft.rules.saved(draft)
    tx.log(
        HistoryEntry(
            draft.resource, draft.id, stamp, whole(record["version"]), action, draft.actor, draft.profile.front, diff
        )
    )


def outcome_of(draft: Draft, action: str, answer: Shape | None, embeds: tuple[Embed, ...]) -> Outcome:
    """What became of the record, with all that the front asked to see of it."""
    warnings = tuple(draft.warnings)
    if answer is None:
        return Outcome(action, draft.resource, draft.id, warnings=warnings)
    row = row_of(draft, answer)
    joined = embedded(draft.tx, draft.tx.account, answer, [row], embeds)
    return Outcome(action, draft.resource, draft.id, row, warnings=warnings, joined=joined)


def row_of(draft: Draft, answer: Shape) -> Row:
    """The written record in the shape that the front asked for."""
    if not draft.stale:
        try:
            return _picked(answer)(draft.record)
        except KeyError:
            pass  # the front shows more than was needed to write
    row = draft.tx.one(draft.tx.account, answer, Key("id", draft.id), live=False)
    if row is None:
        message = f"{draft.resource} {draft.id} is gone in the transaction that wrote it"
        raise Bug(message)
    return row


@lru_cache(maxsize=512)
def _picked(shape: Shape) -> Callable[[Record], Row]:
    """Takes the row of `shape` out of a record; KeyError if the record does not know all of it."""
    names = shape.attributes
    return itemgetter(*names) if len(names) > 1 else lambda record: tuple([record[name] for name in names])


def remove(tx: Transaction, command: Remove, actor: str) -> Outcome:
    """Mark one record deleted; one that is deleted already stays as it is. Raises NotFound, or Clash if it is still
    in use."""
    before = load(tx, command)
    draft = Draft(tx, command.profile, RULES[command.resource], actor, before, creating=False)
    action = "unchanged"
    if before["deleted"] is None:
        draft.rules.leave(draft)
        draft.record["deleted"] = draft.stamp()
        action = "removed"
        store(draft, action, draft.diff())
    return outcome_of(draft, action, command.shape, command.embeds)
