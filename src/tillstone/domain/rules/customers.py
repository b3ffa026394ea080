"""A customer's numbers, user name, groups and addresses."""

import re

from tillstone.domain.draft import Draft, Rules, Sent
from tillstone.domain.passwords import ATTRIBUTE, Password
from tillstone.domain.records import GENERAL_GROUP, Shape, fold
from tillstone.domain.rules import addresses, groups, names

CODE_DIGITS = 6
USERNAME_MIN, USERNAME_MAX = 2, 191
USERNAME = ("username",)

_UNNAMED = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
"""The characters of Unicode's category Cc, and those with which no document could name a customer."""

_WEBSITE = Shape("website", ("id",))


def is_username(text: str) -> bool:
    """Whether `text` may be a user name: 2 to 191 characters, all of which documents can carry, no control characters,
    no blank at either end."""
    if not USERNAME_MIN <= len(text) <= USERNAME_MAX or text != text.strip():
        return False
    return _UNNAMED.search(text) is None


def _check(draft: Draft) -> None:
    groups.check_primary(draft)
    website = draft.record["website_id"]
    if draft.is_changed("website_id") and not draft.tx.rows(draft.tx.account, _WEBSITE, "id", (website,)):
        draft.fault("website_id", "unknown", str(website))
    if draft.is_changed("birth_date") and not draft.record["birth_date"]:
        # a front that knows days only keeps the time of a day it moves; without a day there is none
        draft.record["birth_time"] = None
    if draft.creating and draft.record["username"] is None:
        _propose_username(draft)


def _propose_username(draft: Draft) -> None:
    """The folded e-mail address if it is a legal user name; whether it is free is found out with the clashes."""
    email = fold(str(draft.record["email"] or ""))
    if is_username(email):
        draft.record["username"] = email
        draft.proposed = USERNAME


def _fill(draft: Draft) -> None:
    """Number a new customer, and name it if its front did not."""
    record = draft.record
    if record["code"] is None:
        record["code"] = f"{draft.tx.next_number('customer.code'):0{CODE_DIGITS}d}"
    if record["username"] is None:
        record["username"] = _free_username(draft)
    if record["name"] is None:
        record["name"] = names.joined(record["first_name"], record["last_name"])


def _free_username(draft: Draft) -> str:
    """Where the e-mail address will not do: `c{id}`, else `c{id}-2` and so on."""
    name, number = f"c{draft.id}", 2
    while not _is_free(draft, name):
        name, number = f"c{draft.id}-{number}", number + 1
    return name


def _is_free(draft: Draft, username: str) -> bool:
    return not draft.tx.clashes("customer", [USERNAME], {"username": username}, but=None)


def _link(draft: Draft) -> None:
    addresses.follow_customer(draft)
    addresses.settle_billing(draft)
    addresses.settle_shipping(draft)
    if draft.is_changed("primary_group_id"):
        groups.choose_primary(draft)


def _is_echo(draft: Draft, attribute: str, value: Sent) -> bool:
    return attribute == ATTRIBUTE and isinstance(value, Password) and value.echoes(draft.before.get("password_hash"))


def _refer(draft: Draft) -> None:
    """Put the new hash into the record, or say what is wrong with the password."""
    password = draft.sent.get(ATTRIBUTE)
    if not isinstance(password, Password):
        return
    rule = draft.profile.rules[ATTRIBUTE]
    if rule.min is not None and password.length < rule.min:
        draft.fault(ATTRIBUTE, "too_short", str(rule.min))
    elif rule.max is not None and password.length > rule.max:
        draft.fault(ATTRIBUTE, "too_long", str(rule.max))
    else:
        draft.record["password_hash"] = password.hash


RULES = Rules(
    blank={"group.is_system": 1, "group_id": GENERAL_GROUP},
    handled=frozenset({ATTRIBUTE}),
    is_echo=_is_echo,
    names=names.keep_in_step,
    refer=_refer,
    check=_check,
    fill=_fill,
    link=_link,
)
