"""How a tree of records is written: in one savepoint, all or nothing, every fault of every node at once."""

from collections.abc import Iterator, Mapping

from msgspec import structs

from tillstone.domain import writing
from tillstone.domain.commands import Apply, Brood, Change, Create, Key, Node, Outcome, Remove
from tillstone.domain.draft import Later, Sent
from tillstone.domain.errors import Clash, Fault, Invalid, NotFound, Refusal
from tillstone.domain.profile import Unreadable
from tillstone.domain.query import Condition, Filter, Operator
from tillstone.domain.records import Shape, Value
from tillstone.domain.rules import RULES
from tillstone.domain.store import Transaction

FAULTS_SHOWN = 50
"""A request of thousands of bad records is not answered with thousands of faults."""

Path = tuple[int, ...]

NOBODY = 0
"""Stands for a parent that was refused, while what hangs on it is looked at."""


class Application:
    """One `Apply` on its way: collects faults so that all are told, then gives the outcomes or refuses everything."""

    def __init__(self, tx: Transaction, command: Apply, actor: str) -> None:
        self.tx = tx
        self.command = command
        self.actor = actor
        self.faults: list[Fault] = []
        self.kind: type[Refusal] | None = None
        self.later: dict[tuple[str, int], tuple[Path, list[Later]]] = {}

    def run(self) -> tuple[Outcome, ...]:
        """The outcomes, one per node. Raises what the first refused node raised, with the faults of all."""
        with self.tx.savepoint():
            outcomes = tuple(
                outcome
                for position, node in enumerate(self.command.nodes)
                for outcome in self._write(node, (position,), {})
            )
            for path, judges in self.later.values():
                if faults := [fault for judge in judges if (fault := judge())]:
                    self._keep(Invalid(*faults), path)
            if self.faults:
                raise (self.kind or Refusal)(*self.faults[:FAULTS_SHOWN])
        return outcomes

    def _write(self, node: Node, path: Path, given: dict[str, Value]) -> Iterator[Outcome]:
        """Write `node` with what it is `given` by its parent, after what stands before it and before its children."""
        before = [self._fill(name, first, (*path, ~place), given) for place, (name, first) in enumerate(node.before)]
        if None in before:
            self._look_at(structs.replace(node, before=()), path, given)
            return
        try:
            outcome = self._write_one(node, path, {**node.values, **given})
        except Refusal as refusal:
            self._keep(refusal, path)
            self._look_at_children(node, path)
            return
        children = tuple(self._children(node, outcome.id, path))
        yield structs.replace(
            outcome,
            row=None,
            key=outcome.row[0] if outcome.row else outcome.id,
            children=(*(done for done in before if done is not None), *children),
        )

    def _fill(self, name: str, first: Node, path: Path, given: dict[str, Value]) -> Outcome | None:
        outcome = next(self._write(first, path, {}), None)
        given[name] = NOBODY if outcome is None else outcome.id
        return outcome

    def _look_at(self, node: Node, path: Path, given: dict[str, Value]) -> None:
        """Tell what is wrong with a record that hangs on a refused one. Nothing stays: there is a fault already."""
        for place, (name, first) in enumerate(node.before):
            self._look_at(first, (*path, ~place), {})
            given[name] = NOBODY
        found = self._find(node, {**node.values, **given})
        # a record that is there has its parent already
        values = node.values | {name: one for name, one in given.items() if found is None or one != NOBODY}
        try:
            writing.rehearse(self.tx, self._command(node, values, found), self.actor)
        except Refusal as refusal:
            self._keep(refusal, path)
        self._look_at_children(node, path)

    def _look_at_children(self, node: Node, path: Path) -> None:
        for place, child in enumerate(node.children):
            self._look_at(child, (*path, place), {child.link: NOBODY})

    def _children(self, node: Node, parent: int, path: Path) -> Iterator[Outcome]:
        kept: dict[str, set[int]] = {}
        for place, child in enumerate(node.children):
            for outcome in self._write(child, (*path, place), {child.link: parent}):
                kept.setdefault(child.resource, set()).add(outcome.id)
                yield outcome
        for brood in node.replaces:
            yield from self._remove_others(brood, parent, kept.get(brood.resource, set()))

    def _remove_others(self, brood: Brood, parent: int, kept: set[int]) -> Iterator[Outcome]:
        shape = Shape(brood.resource, ("id", brood.name))
        for row in self.tx.rows(self.tx.account, shape, brood.link, (parent,)):
            if row[0] not in kept:
                outcome = writing.remove(self.tx, Remove(brood.resource, Key("id", row[0]), brood.profile), self.actor)
                yield structs.replace(outcome, key=row[1])

    def _write_one(self, node: Node, path: Path, values: dict[str, Value]) -> Outcome:
        found = self._find(node, values)
        if found is None and self.command.update and len(path) == 1:
            raise _missing(node.name, values)
        command, later = self._command(node, values, found), list[Later]()
        if isinstance(command, Change):
            outcome = writing.change(self.tx, command, self.actor, later)
        else:
            outcome = writing.create(self.tx, command, self.actor, later)
        if later:
            # of two nodes of one record the later one has the last word
            self.later[node.resource, outcome.id] = (path, later)
        return outcome

    def _command(self, node: Node, values: dict[str, Value], found: Value) -> Create | Change:
        """A change of what was found, else a new record. Invalid for an id that nobody has: ids are given here."""
        shape = Shape(node.resource, (node.name,))
        if found is not None:
            return Change(node.resource, Key("id", found), values, node.profile, shape)
        if node.name == "id" and values.get("id") is not None:
            raise Invalid(Fault("id", "unknown", str(values["id"])))
        return Create(node.resource, values, node.profile, shape, along=node.children)

    def _find(self, node: Node, values: dict[str, Value]) -> Value:
        """The id of the live record that the node means, if there is one."""
        shape, name = Shape(node.resource, ("id",)), values.get(node.name)
        if name is not None and name != "":
            row = self.tx.one(self.tx.account, shape, Key(node.name, name), live=True)
            return row[0] if row else None
        values = RULES[node.resource].resolve(self.tx, values)
        if node.natural and all(values.get(attribute) is not None for attribute in node.natural):
            first, *rest = node.natural
            conditions: list[Condition] = [Filter(name, Operator.EQ, (values[name],)) for name in rest]
            rows = self.tx.rows(self.tx.account, shape, first, (values[first],), conditions=conditions)
            return rows[0][0] if rows else None
        return None

    def _keep(self, refusal: Refusal, path: Path) -> None:
        if self.kind is None or issubclass(type(refusal), Clash):
            self.kind = type(refusal)
        self.faults.extend(structs.replace(fault, path=path) for fault in refusal.faults)


def _missing(name: str, values: Mapping[str, Sent]) -> Refusal:
    """Why there is no record to change: nobody has the key that was sent, or none was."""
    key = values.get(name)
    if key is not None and key != "" and not isinstance(key, Unreadable):
        return NotFound(Fault(name, "not_found", str(key)))
    amiss = [Fault(each, value.code, value.text) for each, value in values.items() if isinstance(value, Unreadable)]
    said = any(fault.field in {name, ""} for fault in amiss)
    return Invalid(*amiss) if said else Invalid(Fault(name, "blank"), *amiss)


def apply(tx: Transaction, command: Apply, actor: str) -> tuple[Outcome, ...]:
    """Carry out `command`. Raises the refusal of the first refused node with the faults of all, and writes nothing
    then."""
    return Application(tx, command, actor).run()
