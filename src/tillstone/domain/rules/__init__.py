"""Rules of single resources, by resource; what holds for every record stands in `tillstone.domain.writing`."""

from tillstone.domain.draft import Rules
from tillstone.domain.records import RESOURCES
from tillstone.domain.rules import addresses, customers, groups, orders, products

RULES: dict[str, Rules] = dict.fromkeys(RESOURCES, Rules()) | {
    "customer": customers.RULES,
    "address": addresses.RULES,
    "customer_group": groups.GROUP_RULES,
    "membership": groups.MEMBERSHIP_RULES,
    "order": orders.ORDER_RULES,
    "order_line": orders.LINE_RULES,
    "product": products.PRODUCT_RULES,
    "branch": products.BRANCH_RULES,
    "tax_rate": products.TAX_RATE_RULES,
}
