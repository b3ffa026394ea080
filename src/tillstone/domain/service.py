"""The one place where commands are carried out: every front comes through here. Who is asking is decided in
`admission.py`,
how a record is written in `writing.py`; this module reads, and sends writes on their way.
"""

from collections.abc import Callable

from msgspec import structs

from tillstone.domain import applying, owned, passwords, writing
from tillstone.domain.access import Principal
from tillstone.domain.admission import Admission, AdmissionSettings
from tillstone.domain.commands import (
    Apply,
    Asked,
    AskGrant,
    Change,
    Count,
    Create,
    Decided,
    DecideGrant,
    ExchangeGrant,
    Found,
    Get,
    Granted,
    Key,
    List,
    LogIn,
    NewestStamp,
    Node,
    Outcome,
    Query,
    Remove,
    RemoveAll,
    StartGrant,
    TokenOf,
    Write,
)
from tillstone.domain.embedding import embedded
from tillstone.domain.errors import Bug, Fault, Invalid, NotFound, Refusal
from tillstone.domain.grants import Grants
from tillstone.domain.query import Filter, Operator, Slice
from tillstone.domain.records import Row, Shape, Value, fold
from tillstone.domain.secrets import Hasher, Random, Seal, SystemRandom
from tillstone.domain.stamps import Clock, ClockRow
from tillstone.domain.store import Snapshot, Store, Transaction

Answer = Found | int | str | None | Outcome | tuple[Outcome, ...] | tuple[str, int] | Granted | Asked | Decided


class Service:
    """Carries out commands over a store. Synchronous; safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seal: Seal,
        *,
        settings: AdmissionSettings | None = None,
        hasher: Hasher | None = None,
        random: Random | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.seal = seal
        self.hasher = hasher or Hasher()
        self.random = random or SystemRandom()
        self.grants = Grants(store, clock, seal, self.hasher, self.random)
        self.admission = Admission(
            store, clock, seal, self.hasher, settings or AdmissionSettings(), visit=self.grants.admit
        )
        self.admit = self.admission.admit

    def run(self, command: Query | Write, principal: Principal) -> Answer:
        """Carry out any command and wait for it; what the command line and imports call."""
        if isinstance(command, NewestStamp):
            return self.store.write(principal.account, lambda tx: self.publish(tx, command)) or None
        if isinstance(command, Get | List | Count | TokenOf | AskGrant | LogIn):
            return self.answer(command, principal)
        ready = self.prepare(command, principal)
        return self.store.write(principal.account, lambda tx: self.perform(tx, ready, principal))

    # reading

    def answer(self, query: Query, principal: Principal) -> Answer:
        """Answer a query from one snapshot. NotFound for a `Get` without a record; `NewestStamp` is answered by
        `settled` and `publish`."""
        if isinstance(query, TokenOf):
            return self.admission.token_of(principal)
        if isinstance(query, AskGrant):
            return self.grants.ask(query, principal)
        if isinstance(query, LogIn):
            return self.grants.log_in(query, principal)
        query = owned.narrowed(query, principal)
        if isinstance(query, Get):
            return self._get(query, principal)
        with self.store.read() as snapshot:
            if isinstance(query, List):
                return self._list(snapshot, query, principal.account)
            if isinstance(query, Count):
                return snapshot.count(principal.account, query)
        message = f"{type(query).__name__} is not answered by a snapshot"
        raise Bug(message)

    def _get(self, query: Get, principal: Principal) -> Found:
        with self.store.read() if query.embeds else self.store.peek() as snapshot:
            if query.conditions:
                condition = Filter(query.key.attribute, Operator.EQ, (query.key.value,))
                listing = List(query.shape, Slice(0, 1), live=query.live, conditions=(condition, *query.conditions))
                rows = snapshot.page(principal.account, listing)
                row = rows[0] if rows else None
            else:
                row = snapshot.one(principal.account, query.shape, query.key, live=query.live)
            if row is None:
                raise NotFound(Fault(query.key.attribute, "not_found", str(query.key.value)))
            return Found([row], embedded(snapshot, principal.account, query.shape, [row], query.embeds))

    def _list(self, snapshot: Snapshot, query: List, account: int) -> Found:
        rows = snapshot.page(account, query)
        if not rows and query.last_if_past and query.slice.offset:
            rows = snapshot.page(account, _last_page(snapshot, query, account))
        resource = query.shape.resource
        total = (
            snapshot.count(account, Count(resource, query.window, query.live, query.conditions))
            if query.total
            else None
        )
        return Found(rows, embedded(snapshot, account, query.shape, rows, query.embeds), total)

    # the watermark (rule S)

    def clock_row(self, query: NewestStamp, principal: Principal) -> ClockRow:
        """What a plain read knows of the watermark; `stamps.py` decides what it is worth."""
        with self.store.peek() as snapshot:
            return snapshot.clock(principal.account, query.resource)

    def publish(self, tx: Transaction, query: NewestStamp, seen: ClockRow | None = None) -> int | None:
        """Hand out the watermark; None while nothing was ever written. If one was handed out since `seen` was read,
        that one: it covers everything that was written before."""
        if seen is not None:
            row = tx.clock(tx.account, query.resource)
            if row.published_at and (row.published, row.published_at) != (seen.published, seen.published_at):
                return row.published
        return tx.publish(query.resource) or None

    # writing

    def prepare(self, command: Write, principal: Principal) -> Write:
        """What has to happen before the account is locked: passwords are compared and hashed. Slow if there are any."""
        if isinstance(command, Create | Change):
            return structs.replace(
                command,
                values=self._hashed(command.values, principal, command.key if isinstance(command, Change) else None),
            )
        if isinstance(command, Apply):
            return structs.replace(command, nodes=tuple(self._prepared(node, principal) for node in command.nodes))
        return command

    def needs_preparing(self, command: Write) -> bool:
        """Whether `prepare` would do anything."""
        if isinstance(command, Create | Change):
            return isinstance(command.values.get(passwords.ATTRIBUTE), str)
        return isinstance(command, Apply) and any(_has_password(node) for node in command.nodes)

    def _prepared(self, node: Node, principal: Principal) -> Node:
        key = Key(node.name, node.values.get(node.name)) if node.name in node.values else None
        return structs.replace(
            node,
            values=self._hashed(node.values, principal, key),
            before=tuple((name, self._prepared(first, principal)) for name, first in node.before),
            children=tuple(self._prepared(child, principal) for child in node.children),
        )

    def _hashed(self, values: dict[str, Value], principal: Principal, key: Key | None) -> dict[str, Value]:
        plain = values.get(passwords.ATTRIBUTE)
        if not isinstance(plain, str) or not plain:
            return values
        stored: str | None = None
        if key is not None:
            with self.store.peek() as snapshot:
                row = snapshot.one(principal.account, Shape("customer", ("password_hash",)), key, live=True)
            stored = str(row[0]) if row and row[0] else None
        prepared: dict[str, object] = {**values, passwords.ATTRIBUTE: passwords.prepare(self.hasher, plain, stored)}
        return prepared  # type: ignore[return-value]  # a Password stands in for the text until it is accepted

    def perform(
        self, tx: Transaction, command: Write, principal: Principal
    ) -> Outcome | tuple[Outcome, ...] | Granted | Decided:
        """Carry out a prepared write inside its transaction. Raises a Refusal with every fault; then nothing was
        written."""
        if isinstance(command, StartGrant | DecideGrant | ExchangeGrant):
            return self.grants.perform(tx, command, principal)
        command = owned.narrowed(command, principal)
        return _PERFORM[type(command)](tx, command, principal.actor)


def _last_page(snapshot: Snapshot, query: List, account: int) -> List:
    """The same listing at the page that is the last one that has any records."""
    counting = Count(query.shape.resource, query.window, query.live, query.conditions)
    last = max(0, snapshot.count(account, counting) - 1) // query.slice.limit * query.slice.limit
    return structs.replace(query, slice=Slice(last, query.slice.limit))


def _has_password(node: Node) -> bool:
    return isinstance(node.values.get(passwords.ATTRIBUTE), str) or any(
        _has_password(other) for other in (*node.children, *(first for _, first in node.before))
    )


def _remove_all(tx: Transaction, command: RemoveAll, actor: str) -> tuple[Outcome, ...]:
    """Remove every match; one too many refuses them all."""
    listing = List(
        Shape(command.profile.resource, ("id", command.name)),
        Slice(0, command.limit + 1),
        live=True,
        conditions=command.conditions,
    )
    rows = tx.page(tx.account, listing)
    if len(rows) > command.limit:
        raise Invalid(Fault("", "too_many", str(command.limit)))
    with tx.savepoint():
        return tuple(_remove_one(tx, command, actor, row) for row in _in_demanded_order(command, rows))


def _remove_one(tx: Transaction, command: RemoveAll, actor: str, row: Row) -> Outcome:
    try:
        outcome = writing.remove(tx, Remove(command.resource, Key("id", row[0]), command.profile), actor)
    except Refusal as refusal:
        raise type(refusal)(*(structs.replace(fault, key=str(row[1])) for fault in refusal.faults)) from refusal
    return structs.replace(outcome, key=row[1])


def _in_demanded_order(command: RemoveAll, rows: list[Row]) -> list[Row]:
    """The rows as they were demanded; NotFound for demanded ones that are not there."""
    if not command.demanded:
        return rows
    found = {fold(str(row[1])): row for row in rows}
    missing = [str(value) for value in command.demanded if fold(str(value)) not in found]
    if missing:
        raise NotFound(*(Fault(command.name, "not_found", value, key=value) for value in missing))
    return list(dict.fromkeys(found[fold(str(value))] for value in command.demanded))


_PERFORM: dict[type, Callable[..., Outcome | tuple[Outcome, ...]]] = {
    Create: writing.create,
    Change: writing.change,
    Remove: writing.remove,
    RemoveAll: _remove_all,
    Apply: applying.apply,
}
