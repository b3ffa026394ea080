"""Records embedded in other records: read level by level, whether a page is read or a record has just been written."""

from tillstone.domain.commands import Joined
from tillstone.domain.query import Embed
from tillstone.domain.records import Row, Shape, Value
from tillstone.domain.store import Snapshot


def embedded(
    snapshot: Snapshot, account: int, shape: Shape, rows: list[Row], embeds: tuple[Embed, ...]
) -> tuple[Joined, ...]:
    """The records embedded in `rows`, level by level: one statement per embed (and a few hundred keys)."""
    if not embeds:
        return ()
    return tuple(_joined(snapshot, account, shape, rows, embed) for embed in embeds)


def _joined(snapshot: Snapshot, account: int, shape: Shape, rows: list[Row], embed: Embed) -> Joined:
    ours = shape.attributes.index(embed.ours)
    keys = list(dict.fromkeys(row[ours] for row in rows if row[ours] is not None))
    found = (
        snapshot.rows(account, embed.shape, embed.theirs, keys, conditions=embed.conditions, order=embed.order)
        if keys
        else []
    )
    theirs = embed.shape.attributes.index(embed.theirs)
    grouped: dict[Value, list[Row]] = {}
    for row in found:
        grouped.setdefault(row[theirs], []).append(row)
    return Joined(grouped, embedded(snapshot, account, embed.shape, found, embed.embeds))
