"""A customer's whole name and its two parts, kept in step (seeds/000: `name` against `first_name` and `last_name`)."""

from tillstone.domain.draft import Draft, Sent
from tillstone.domain.profile import OnLong, Unreadable

PARTS = ("first_name", "last_name")


def keep_in_step(draft: Draft) -> None:
    """A changed part makes the name of both parts and drops a sent name; a changed name alone is split into the
    parts."""
    sent = draft.sent
    if any(part in sent for part in PARTS):
        if any(isinstance(sent.get(part), Unreadable) for part in PARTS):
            return
        sent.pop("name", None)
        name = _cut(draft, "name", joined(*(sent.get(part, draft.before.get(part)) for part in PARTS)))
        if name != draft.before.get("name"):
            sent["name"] = name
    elif isinstance(whole := sent.get("name"), str) and whole.strip():
        for part, value in zip(PARTS, split(whole), strict=True):
            if value != draft.before.get(part):
                sent[part] = _cut(draft, part, value)


def joined(first: Sent, last: Sent) -> str | None:
    """Both parts with one blank between, or the one there is."""
    return " ".join(str(part) for part in (first, last) if part) or None


def split(name: str) -> tuple[str, str | None]:
    """`name` parted at its first run of white space: `Ana de la Cruz` is Ana and de la Cruz; `Cher` has no second
    part."""
    parts = name.split(None, 1)
    return parts[0], parts[1].rstrip() if len(parts) > 1 else None


def _cut(draft: Draft, part: str, value: str | None) -> str | None:
    rule = draft.profile.rules.get(part)
    if value is None or rule is None or rule.max is None or rule.on_long is not OnLong.TRUNCATE:
        return value
    return value[: rule.max]
