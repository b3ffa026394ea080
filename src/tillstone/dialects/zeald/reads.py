"""GET as queries: a plan and its controls become a `Get` or a `List` with everything joined embedded."""

from collections.abc import Sequence

from tillstone.dialects.zeald.catalogue import Kind, Plan
from tillstone.dialects.zeald.controls import Controls, Selection
from tillstone.dialects.zeald.filters import conditions_of
from tillstone.dialects.zeald.resources import Resources
from tillstone.domain.commands import Get, Key, List
from tillstone.domain.query import Condition, Embed, Filter, Operator, Slice, Sort
from tillstone.wire.compile import Showing


class Reading:
    """How one request's records are read: the plan, the fields shown, and whether hashes are masked."""

    def __init__(self, resources: Resources, plan: Plan, selection: Selection, *, masked: bool) -> None:
        self.resources = resources
        self.plan = plan
        self._selection = selection
        self._masked = masked

    def showing(self, plan: Plan) -> Showing:
        """What is read and shown of one resource of the plan."""
        return self.resources.showing(plan.kind, self._selection.of(plan), masked=self._masked)

    def embeds(self, plan: Plan) -> tuple[Embed, ...]:
        """What is joined to `plan`: one statement each, however many records there are."""
        return tuple(self._embed(member) for member in plan.members)

    def _embed(self, member: Plan) -> Embed:
        join = member.join
        assert join is not None  # noqa: S101 - only the primary resource is not joined
        return Embed(
            self.showing(member).shape,
            join.ours,
            join.theirs,
            join.many,
            self.embeds(member),
            member.kind.conditions,
            member.kind.order,
        )

    def get(self, key: str, controls: Controls) -> Get:
        """One record by its key; filters must hold as well."""
        kind = self.plan.kind
        conditions = self._conditions(controls)
        return Get(
            *(self.showing(self.plan).shape, Key(kind.attribute, key), True),
            embeds=self.embeds(self.plan),
            conditions=conditions,
        )

    def list(self, controls: Controls) -> List:
        """One page, and how many records there are over all pages."""
        return List(
            self.showing(self.plan).shape,
            Slice(controls.start, controls.results),
            live=True,
            conditions=self._conditions(controls),
            sort=controls.sort,
            embeds=self.embeds(self.plan),
            total=True,
        )

    def several(self, keys: Sequence[str], controls: Controls) -> List:
        """Several records by their keys."""
        return List(
            self.showing(self.plan).shape,
            Slice(0, len(keys)),
            live=True,
            conditions=(named(self.plan.kind, keys), *self._conditions(controls)),
            sort=(Sort(self.plan.kind.attribute),),
            embeds=self.embeds(self.plan),
        )

    def _conditions(self, controls: Controls) -> tuple[Condition, ...]:
        kind = self.plan.kind
        return (*kind.conditions, *conditions_of(self.resources, kind, controls.filters))


def named(kind: Kind, keys: Sequence[str]) -> Condition:
    """The records that have one of `keys`; none for keys that no record can have."""
    return Filter(kind.attribute, Operator.IN, tuple(keys))
