"""How a tree of records is written: in one savepoint, all or nothing, every fault of every node at once."""

from collections.abc import Iterator

from msgspec import structs

from tillstone.domain import writing
from tillstone.domain.commands import Apply, Change, Create, Key, Node, Outcome, Remove
from tillstone.domain.errors import Clash, Fault, NotFound, Refusal
from tillstone.domain.query import Condition, Filter, Operator
from tillstone.domain.records import Shape, Value
from tillstone.domain.store import Transaction

FAULTS_SHOWN = 50
"""A request of thousands of bad records is not answered with thousands of faults."""

Path = tuple[int, ...]


class Application:
    """One `Apply` on its way: collects faults so that all are told, then gives the outcomes or refuses everything."""

    def __init__(self, tx: Transaction, command: Apply, actor: str) -> None:
        self.tx = tx
        self.command = command
        self.actor = actor
        self.faults: list[Fault] = []
        self.kind: type[Refusal] | None = None

    def run(self) -> tuple[Outcome, ...]:
        """The outcomes, one per node. Raises what the first refused node raised, with the faults of all."""
        with self.tx.savepoint():
            outcomes = tuple(
                outcome
                for position, node in enumerate(self.command.nodes)
                for outcome in self._write(node, (position,), {})
            )
            if self.faults:
                raise (self.kind or Refusal)(*self.faults[:FAULTS_SHOWN])
        return outcomes

    def _write(self, node: Node, path: Path, given: dict[str, Value]) -> Iterator[Outcome]:
        """Write `node` with what it is `given` by its parent, after what stands before it and before its children."""
        before = [self._fill(name, first, path, given) for name, first in node.before]
        values = {**node.values, **given}
        try:
            outcome = self._write_one(node, values)
        except Refusal as refusal:
            self._keep(refusal, path)
            return
        children = tuple(self._children(node, outcome.id, path))
        yield structs.replace(
            outcome,
            key=self._key_of(node, outcome, values),
            children=(*(done for done in before if done is not None), *children),
        )

    def _fill(self, name: str, first: Node, path: Path, given: dict[str, Value]) -> Outcome | None:
        for outcome in self._write(first, path, {}):
            given[name] = outcome.id
            return outcome
        return None

    def _children(self, node: Node, parent: int, path: Path) -> Iterator[Outcome]:
        kept: dict[str, set[int]] = {}
        for position, child in enumerate(node.children):
            for outcome in self._write(child, (*path, position), {child.link: parent}):
                kept.setdefault(child.resource, set()).add(outcome.id)
                yield outcome
        for child in {
            child.resource: child for child in node.children if child.resource in self.command.replace
        }.values():
            yield from self._remove_others(child, parent, kept.get(child.resource, set()))

    def _remove_others(self, child: Node, parent: int, kept: set[int]) -> Iterator[Outcome]:
        shape = Shape(child.resource, ("id", child.name))
        for row in self.tx.rows(self.tx.account, shape, child.link, (parent,)):
            if row[0] not in kept:
                outcome = writing.remove(self.tx, Remove(child.resource, Key("id", row[0]), child.profile), self.actor)
                yield structs.replace(outcome, key=row[1])

    def _write_one(self, node: Node, values: dict[str, Value]) -> Outcome:
        found = self._find(node, values)
        if found is not None:
            return writing.change(self.tx, Change(node.resource, Key("id", found), values, node.profile), self.actor)
        if self.command.update:
            raise NotFound(Fault(node.name, "not_found", str(values.get(node.name) or "")))
        return writing.create(self.tx, Create(node.resource, values, node.profile), self.actor)

    def _find(self, node: Node, values: dict[str, Value]) -> Value:
        """The id of the live record that the node means, if there is one."""
        shape, name = Shape(node.resource, ("id",)), values.get(node.name)
        if name is not None and name != "":
            row = self.tx.one(self.tx.account, shape, Key(node.name, name), live=True)
            return row[0] if row else None
        if node.natural and all(values.get(attribute) is not None for attribute in node.natural):
            first, *rest = node.natural
            conditions: list[Condition] = [Filter(name, Operator.EQ, (values[name],)) for name in rest]
            rows = self.tx.rows(self.tx.account, shape, first, (values[first],), conditions=conditions)
            return rows[0][0] if rows else None
        return None

    def _key_of(self, node: Node, outcome: Outcome, values: dict[str, Value]) -> Value:
        if node.name == "id":
            return outcome.id
        row = self.tx.one(self.tx.account, Shape(node.resource, (node.name,)), Key("id", outcome.id), live=False)
        return row[0] if row else values.get(node.name)

    def _keep(self, refusal: Refusal, path: Path) -> None:
        if self.kind is None or issubclass(type(refusal), Clash):
            self.kind = type(refusal)
        self.faults.extend(structs.replace(fault, path=path) for fault in refusal.faults)


def apply(tx: Transaction, command: Apply, actor: str) -> tuple[Outcome, ...]:
    """Carry out `command`. Raises the refusal of the first refused node with the faults of all, and writes nothing
    then."""
    return Application(tx, command, actor).run()
