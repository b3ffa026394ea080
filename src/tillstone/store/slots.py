"""The statements of rule P: slots of walks in the feed, and current rows inside a window. `feed.py` chooses."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, func, literal_column, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select

from tillstone.domain.query import Condition
from tillstone.domain.records import Shape
from tillstone.store.conditions import form
from tillstone.store.schema import CLOCK, FEED, PUBLICATION, TABLES
from tillstone.store.statements import ONE, ZERO, Compiler, Source, Statement, number, text

Place = tuple[ColumnElement[int], ColumnElement[int]]
"""Stamp and id of a slot."""


class Slots(Compiler):
    """Statements over feed and clock. Each says by which names it wants its values bound."""

    def clock(self) -> Statement:
        """Wants account, resource, and to: whether that was handed out as a watermark, and when."""

        def build() -> Select[Any]:
            handed_out = (
                (PUBLICATION.c.account_id == CLOCK.c.account_id)
                & (PUBLICATION.c.resource == CLOCK.c.resource)
                & (PUBLICATION.c.stamp == number("to"))
            )
            columns = [CLOCK.c[name] for name in ("last", "published", "published_at", "rows", "deleted", "epoch")]
            found = select(*columns, PUBLICATION.c.at).select_from(CLOCK.outerjoin(PUBLICATION, handed_out))
            return found.where(CLOCK.c.account_id == number("account"), CLOCK.c.resource == text("resource"))

        return self.once(("clock",), build)

    def changes_since(self, most: int) -> Statement:
        """Wants account, resource and stamp: how many entries there are from that stamp on, counted up to `most`."""

        def build() -> Select[Any]:
            mine = [FEED.c.account_id == number("account"), FEED.c.resource == text("resource")]
            entries = select(ONE).select_from(FEED).where(*mine, FEED.c.stamp >= number("stamp"))
            return select(func.count()).select_from(entries.limit(literal_column(str(most), BigInteger)).subquery())

        return self.once(("changes since", most), build)

    # reports: current rows inside a window

    def _inside(self, source: Source, *, bounded: bool) -> list[ColumnElement[bool]]:
        stamp, _ = source.place
        return [stamp > number("after"), *([stamp <= number("to")] if bounded else []), *source.listed()]

    def report(self, shape: Shape, conditions: Sequence[Condition], *, bounded: bool, live: bool) -> Statement:
        """Wants account, after, to if bounded, limit, skip and the values of the conditions."""

        def build() -> Select[Any]:
            source = self.source(shape.resource, by_stamp=True)
            columns = source.columns(shape)
            wanted = [*source.where(conditions), *self._inside(source, bounded=bounded), *source.live(live=live)]
            found = select(*columns).select_from(source.joined()).where(*wanted).order_by(*source.place)
            return found.limit(number("limit")).offset(number("skip"))

        return self.page(("report", shape, bounded, live, *map(form, conditions)), build)

    def count_report(self, resource: str, conditions: Sequence[Condition], *, bounded: bool, live: bool) -> Statement:
        """Wants account, after, to if bounded, and the values of the conditions."""

        def build() -> Select[Any]:
            source = self.source(resource, by_stamp=True)
            wanted = [*source.where(conditions), *self._inside(source, bounded=bounded), *source.live(live=live)]
            return select(func.count()).select_from(source.joined()).where(*wanted)

        return self.once(("count report", resource, bounded, live, *map(form, conditions)), build)

    # walks: slots of the feed

    def walk(self, shape: Shape, *, first: bool, bounded: bool, live: bool, located: bool) -> Statement:
        """Wants account, resource, after, to if bounded, stamp and record of the slot to start from, limit.

        `located` starts `skip` slots behind that one, and puts stamp and id of where it started before the columns of
        each row.
        """

        def build() -> Select[Any]:
            source = self.source(shape.resource)
            columns, r, feed = source.columns(shape), source.table, FEED.alias("f")
            start: Place = (number("stamp"), number("record"))
            if located:
                start = self._further(shape.resource, first=first, bounded=bounded, live=live)
            wanted = [*_slots(feed, start, first=first, bounded=bounded), *source.live(live=live)]
            wanted += [r.c.stamp <= number("to")] if bounded else []
            joined = feed.join(r, (r.c.account_id == feed.c.account_id) & (r.c.id == feed.c.record_id))
            found = select(*(start if located else ()), *columns).select_from(source.joined(joined)).where(*wanted)
            ordered = found.order_by(feed.c.stamp, feed.c.record_id).limit(number("limit"))
            return _hinted(ordered, feed, first=first)

        return self.page(("walk", shape, first, bounded, live, located), build)

    def count_slots(self, resource: str, *, first: bool, bounded: bool, live: bool) -> Statement:
        """Wants account, resource, after, to if bounded, stamp and record of the slot to count from, and frozen.

        Answers all slots, and those up to the stamp `frozen`.
        """

        def build() -> Select[Any]:
            feed = FEED.alias("f")
            start = (number("stamp"), number("record"))
            base, wanted = self._counted(resource, feed, start, first=first, bounded=bounded, live=live)
            frozen = func.count().filter(feed.c.stamp <= number("frozen"))
            return _hinted(select(func.count(), frozen).select_from(base).where(*wanted), feed, first=first)

        return self.once(("count slots", resource, first, bounded, live), build)

    def _counted(
        self, resource: str, feed: FromClause, start: Place, *, first: bool, bounded: bool, live: bool
    ) -> tuple[FromClause, list[ColumnElement[bool]]]:
        """What is a slot: with an upper bound and `live`, not what was deleted up to it."""
        wanted = _slots(feed, start, first=first, bounded=bounded)
        if not (live and bounded):
            return feed, wanted
        record = TABLES[resource].alias("t")
        joined = feed.join(record, (record.c.account_id == feed.c.account_id) & (record.c.id == feed.c.record_id))
        return joined, [*wanted, or_(record.c.deleted.is_(None), record.c.deleted > number("to"))]

    def _further(self, resource: str, *, first: bool, bounded: bool, live: bool) -> Place:
        feed = FEED.alias("s")
        start = (number("stamp"), number("record"))
        base, wanted = self._counted(resource, feed, start, first=first, bounded=bounded, live=live)
        found = select(feed.c.stamp, feed.c.record_id).select_from(base).where(*wanted)
        ordered = found.order_by(feed.c.stamp, feed.c.record_id).limit(ONE).offset(number("skip"))
        place = _hinted(ordered, feed, first=first).cte("start")
        # adding 0 takes the column's affinity away, without which SQLite uses only the first half of (stamp, id) >= …
        return select(place.c.stamp).scalar_subquery() + ZERO, select(place.c.record_id).scalar_subquery() + ZERO


def _slots(feed: FromClause, start: Place, *, first: bool, bounded: bool) -> list[ColumnElement[bool]]:
    """First changes inside the window, from `start` on."""
    mine = [feed.c.account_id == number("account"), feed.c.resource == text("resource")]
    first_inside = feed.c.previous_stamp == ZERO if first else feed.c.previous_stamp <= number("after")
    from_start = tuple_(feed.c.stamp, feed.c.record_id) >= tuple_(*start)
    return [*mine, from_start, first_inside, *([feed.c.stamp <= number("to")] if bounded else [])]


def _hinted(found: Any, feed: FromClause, *, first: bool) -> Select[Any]:
    hinted: Select[Any] = found.with_hint(feed, "INDEXED BY feed_first", "sqlite") if first else found
    return hinted
