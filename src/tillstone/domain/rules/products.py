"""A product's taxes, and what is stamped when a branch or a tax rate changes."""

from collections.abc import Iterable

from tillstone.domain.draft import Draft, Rules, Sent
from tillstone.domain.query import Filter, Operator
from tillstone.domain.records import Shape, whole
from tillstone.domain.rules.restamp import restamp_through

TAX_NAMES = "tax_names"
"""Sent names of a product's own tax rates; stored as `product_tax` records."""

_TAX = Shape("product_tax", ("id", "tax_rate_id", "version"))
_RATE = Shape("tax_rate", ("id", "name"))


def _refer(draft: Draft) -> None:
    """Every named tax must exist; from here on its id stands for it."""
    names = draft.sent.get(TAX_NAMES)
    if not isinstance(names, tuple):
        return
    rates = {str(row[1]): row[0] for row in draft.tx.rows(draft.tx.account, _RATE, "name", names)} if names else {}
    for name in names:
        if name not in rates:
            draft.fault(TAX_NAMES, "unknown_tax", name)
    draft.sent[TAX_NAMES] = tuple(str(rates[name]) for name in names if name in rates)


def _is_echo(draft: Draft, attribute: str, value: Sent) -> bool:
    return attribute == TAX_NAMES and value is None and draft.creating


def _link(draft: Draft) -> None:
    """Replace the product's own taxes by those sent."""
    rates = draft.sent.get(TAX_NAMES, ())
    if TAX_NAMES not in draft.sent or not isinstance(rates, tuple | None):
        return
    wanted = {int(rate) for rate in rates or ()}
    rows = [] if draft.creating else draft.tx.rows(draft.tx.account, _TAX, "product_id", (draft.id,))
    have = {whole(rate): (whole(record_id), whole(version)) for record_id, rate, version in rows}
    for rate in sorted(wanted - have.keys()):
        draft.also_insert("product_tax", {"product_id": draft.id, "tax_rate_id": rate})
    for rate in sorted(have.keys() - wanted):
        draft.also_drop("product_tax", *have[rate])
    if wanted != have.keys():
        draft.beside["tax_rate_ids"] = (_told(have), _told(wanted))


def _told(ids: Iterable[int]) -> tuple[str, ...] | None:
    return tuple(str(each) for each in sorted(ids)) or None


def _rate_saved(draft: Draft) -> None:
    """A changed tax rate shows in every product that has it."""
    if not draft.creating:
        restamp_through(
            draft.tx, "product", "product_tax", "product_id", Filter("tax_rate_id", Operator.EQ, (draft.id,))
        )


def _branch_saved(draft: Draft) -> None:
    """A renamed branch shows in every product that has a price there."""
    if not draft.creating:
        restamp_through(
            draft.tx, "product", "branch_price", "product_id", Filter("branch_id", Operator.EQ, (draft.id,))
        )


PRODUCT_RULES = Rules(handled=frozenset({TAX_NAMES}), is_echo=_is_echo, refer=_refer, link=_link)
TAX_RATE_RULES = Rules(saved=_rate_saved)
BRANCH_RULES = Rules(saved=_branch_saved)
