"""Imonggo's resources at work: each table compiled, with what is embedded in its records and what its lists leave
out."""

from msgspec import Struct

from tillstone.dialects.imonggo.tables import (
    BRANCH_PRICES,
    CUSTOMER_TYPES,
    CUSTOMERS,
    PRODUCTS,
    SUPPLIERS,
    TAX_RATES,
)
from tillstone.domain.commands import Joined
from tillstone.domain.query import Condition, Embed, Filter, Operator
from tillstone.domain.records import Row, Value
from tillstone.wire.compile import Compiled, Showing
from tillstone.wire.table import Table

FRONT = "imonggo"
"""The dialect's name: of its keys, its log lines and its part of the history."""

PRODUCT_SPECIFIC = 1
"""The type of tax rates that products have of their own (fields)."""


class Embedded(Struct, frozen=True):
    """An array inside of each record."""

    tag: str
    item: str
    showing: Showing
    embed: Embed


class Kind(Struct, frozen=True):
    """One resource: its table at work, its arrays, the condition that a single record must meet (no list holds others),
    and whether a create answers the id alone."""

    compiled: Compiled
    embedded: tuple[Embedded, ...] = ()
    conditions: tuple[Condition, ...] = ()
    creates_id: bool = False

    @property
    def table(self) -> Table:
        """What the resource is made of."""
        return self.compiled.table

    @property
    def showing(self) -> Showing:
        """All fields that are shown."""
        return self.compiled.all

    @property
    def embeds(self) -> tuple[Embed, ...]:
        """What is read along with the records."""
        return tuple(embedded.embed for embedded in self.embedded)

    @property
    def root(self) -> str:
        """The root of a list. Two words are joined by a dash there: `customer-types` (fields)."""
        return self.table.plural.replace("_", "-")

    def arrays(self, row: Row, joined: tuple[Joined, ...]) -> list[list[Row]]:
        """The embedded rows of one record, array by array."""
        key: Value = row[self.showing.at("id")]
        return [part.rows.get(key, []) for part in joined] if joined else [[] for _ in self.embedded]


def _embedded(table: Table, order: str, *conditions: Condition) -> Embedded:
    showing = Showing(table.resource, table.fields, extra=("product_id",))
    embed = Embed(showing.shape, "id", "product_id", conditions=conditions, order=order)
    return Embedded(table.plural, table.item, showing, embed)


CUSTOMER = Kind(Compiled(CUSTOMERS, FRONT))
SUPPLIER = Kind(Compiled(SUPPLIERS, FRONT), creates_id=True)
PRODUCT = Kind(
    Compiled(PRODUCTS, FRONT),
    (
        _embedded(BRANCH_PRICES, "branch_id"),
        _embedded(TAX_RATES, "tax_rate_id", Filter("tax_rate.tax_rate_type", Operator.EQ, (PRODUCT_SPECIFIC,))),
    ),
)
CUSTOMER_TYPE = Kind(Compiled(CUSTOMER_TYPES, FRONT), conditions=(Filter("is_system", Operator.EQ, (0,)),))

KINDS = (CUSTOMER, SUPPLIER, PRODUCT, CUSTOMER_TYPE)

NAMES = {name: kind for kind in KINDS for name in (kind.table.plural, kind.table.item)}
"""Kinds by their names in a path: the plural of every example, and the singular of the headings (seeds/000 l.79)."""
