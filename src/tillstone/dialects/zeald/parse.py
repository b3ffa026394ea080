"""POST, PUT and DELETE as commands. Sources: spec 7, 8, 9."""

from tillstone.dialects.zeald.catalogue import Kind
from tillstone.dialects.zeald.controls import Controls
from tillstone.dialects.zeald.document import Document, Entry
from tillstone.dialects.zeald.filters import conditions_of
from tillstone.dialects.zeald.problems import BadRequest
from tillstone.dialects.zeald.reads import named
from tillstone.dialects.zeald.resources import STRUCTURE, Resources
from tillstone.domain.commands import Apply, Brood, Node, RemoveAll
from tillstone.domain.profile import Unreadable
from tillstone.domain.records import Value

MOST_REMOVED = 2_000


class Writing:
    """How one request's records are written. `creates`: a membership may bring an unknown group into being."""

    def __init__(self, resources: Resources, controls: Controls, *, creates: bool) -> None:
        self._resources = resources
        self._controls = controls
        self._creates = creates

    def apply(self, document: Document, *, update: bool) -> Apply:
        """The records of a document, all or nothing. `update`: the primary ones must exist."""
        return Apply(tuple(self._node(entry) for entry in document.entries), update=update)

    def _node(self, entry: Entry, link: str = "", position: int | None = None) -> Node:
        kind = entry.plan.kind
        values = _with_key(kind, entry)
        if position is not None and not entry.key:
            values["position"] = position
        counts: dict[str, int] = {}
        children = []
        for child in entry.children:
            counts[child.plan.kind.name] = counts.get(child.plan.kind.name, 0) + 1
            join = child.plan.join
            ordinal = counts[child.plan.kind.name] if "position" in child.plan.kind.natural else None
            children.append(self._node(child, join.theirs if join else "", ordinal))
        return Node(
            kind.resource,
            values,
            self._resources.profile(kind, creates=self._creates),
            kind.attribute,
            link,
            kind.natural,
            tuple((taker, self._node(first)) for taker, first in entry.before),
            tuple(children),
            self._replaces(entry),
        )

    def _replaces(self, entry: Entry) -> tuple[Brood, ...]:
        return tuple(
            Brood(
                member.kind.resource,
                member.join.theirs,
                self._resources.profile(member.kind, creates=self._creates),
                member.kind.attribute,
            )
            for member in entry.plan.members
            if member.join is not None and member.join.many and member.kind.name in self._controls.replace
        )

    def remove(self, kind: Kind, keys: tuple[str, ...]) -> RemoveAll:
        """DELETE by keys, all of which must exist, or by filters. BadRequest without either: it would remove
        everything."""
        filters = conditions_of(self._resources, kind, self._controls.filters)
        if not (keys or filters):
            raise BadRequest("a key or a filter is required", kind.name)
        conditions = (*kind.conditions, *((named(kind, keys),) if keys else ()), *filters)
        profile = self._resources.profile(kind, creates=False)
        return RemoveAll(kind.resource, conditions, profile, MOST_REMOVED, kind.attribute, keys)


def _with_key(kind: Kind, entry: Entry) -> dict[str, Value]:
    """The values with the key among them. Numbers that are given here cannot be words."""
    values = dict(entry.values)
    if entry.key and kind.attribute == "id":
        if entry.key.isdecimal() and len(entry.key) < 19:
            values["id"] = int(entry.key)
        else:
            values.setdefault(STRUCTURE, Unreadable("bad_key", entry.key))
    elif entry.key:
        values.setdefault(kind.attribute, entry.key)
    return values  # type: ignore[return-value]  # what is unreadable passes as a value until the service checks it
