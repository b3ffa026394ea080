"""What of the recordings is not compared, each case with its reason or the number of a known difference.

Strict: a case that stands here and agrees nevertheless makes the test fail, until it is taken out.
"""

LATER = "catalogue, stock and orders are built later; their routes answer 404"
HTML = "the pages are ours: no storefront stands around them"
SEALED = "signed with a token whose secret the recording does not hold; the same step is tried in the flow's own tests"
REBUILT = "depends on what other groups left behind, which no answer shows"

WHOLE_GROUPS = {
    group: LATER
    for group in ("orders", "orders_query", "products", "product_sub", "products_visibility", "stockitems")
}

LATER_PATHS = ("/api/rest/products", "/api/rest/orders", "/api/rest/stockitems")

CASES: dict[str, dict[str, str]] = {}
