"""What the command line demands of what it writes."""

from tillstone.domain.profile import Profile, Rule

FRONT = "cli"

GROUP = Profile(
    FRONT,
    "customer_group",
    {
        "code": Rule("code", required=True, max=24, create_only=True),
        "title": Rule("title", max=64),
        "discount_rate": Rule("discount_rate", min=0, max=10_000),
    },
)
MEMBERSHIP = Profile(
    FRONT,
    "membership",
    {"customer_id": Rule("customer_id", required=True), "group_id": Rule("group_id", required=True)},
)
BRANCH = Profile(FRONT, "branch", {"name": Rule("name", required=True, max=100)})
TAX_RATE = Profile(
    FRONT,
    "tax_rate",
    {"name": Rule("name", required=True, max=100), "value": Rule("value", required=True, min=0)},
)
PRICE = Profile(
    FRONT,
    "branch_price",
    {
        "product_id": Rule("product_id", required=True),
        "branch_id": Rule("branch_id", required=True),
        "retail_price": Rule("retail_price", required=True, min=0),
    },
)
WEBSITE = Profile(
    FRONT, "website", {"code": Rule("code", required=True, max=32), "name": Rule("name", required=True, max=64)}
)
