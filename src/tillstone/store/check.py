"""`tillstone check`: whether a database is what it claims to be. Reads only, in one snapshot, beside a running server.

What no constraint keeps is looked at here: stamps against the feed and its chain, counts and counters, folded
companions, relations that lead nowhere or to another's record, groups in force, gaps in the history.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, and_, case, func, literal_column, or_, select
from sqlalchemy.schema import Table
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select

from tillstone.domain.records import GENERAL_GROUP, RESOURCES, Resource, Row, fold, whole
from tillstone.store.conditions import POSTGRES, SQLITE
from tillstone.store.ledger import CHANGE_COUNTER, ID_COUNTER
from tillstone.store.schema import (
    ACCOUNT,
    CHANGE,
    CLOCK,
    COUNTER,
    FEED,
    METADATA,
    PUBLICATION,
    TABLES,
    folded_columns,
)
from tillstone.store.session import Session, Statements, statements_for
from tillstone.store.statements import ONE, ZERO, number, text

ROWS_AT_ONCE = 10_000


def findings(url: str) -> Iterator[str]:
    """One sentence for everything that is wrong. StoreDown if the database cannot be read."""
    with _snapshot(url) as (session, statements, damage):
        yield from damage
        if damage:  # what can still be read of such a file proves nothing
            return
        check = _Check(session, statements)
        for table in METADATA.sorted_tables:
            yield from check.strangers(table)
        yield from check.accounts()
        yield from check.groups_in_force()
        for resource in RESOURCES.values():
            yield from check.orphans(resource)
            yield from check.borrowed(resource)
            yield from check.counters(resource)
            yield from check.history(resource)
            yield from check.entries(resource)
            yield from check.companions(resource)
            if resource.clocked:
                yield from check.times(resource)
                yield from check.stamps(resource)
                yield from check.chain(resource)
                yield from check.clock(resource)


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[Session, Statements, list[str]]]:
    if url.startswith("sqlite:"):
        from tillstone.store.sqlite import SqliteSession, connect, path_of

        connection = connect(path_of(url), "query_only = ON")
        try:
            damage = _damage(connection)
            connection.execute("BEGIN")
            yield SqliteSession(connection), statements_for(SQLITE), damage
        finally:
            connection.close()
    else:
        from tillstone.store.postgres import SNAPSHOT, PostgresSession

        session = PostgresSession(url)
        try:
            session.open(SNAPSHOT)
            yield session, statements_for(POSTGRES), []
        finally:
            session.close()


def _damage(connection: sqlite3.Connection) -> list[str]:
    try:
        return [f"SQLite: {line}" for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
    except sqlite3.DatabaseError as error:
        return [f"SQLite: {error}"]


def _counted(table: FromClause) -> ColumnElement[bool]:
    """System records have no feed entry and are in no count."""
    return table.c.is_system == ZERO if "is_system" in table.c else literal_column("1") == literal_column("1")


class _Check:
    def __init__(self, session: Session, statements: Statements) -> None:
        self._session = session
        self._statements = statements

    def _all(self, query: Select[Any], **values: object) -> list[Row]:
        return self._session.all(self._statements.compile(query), values)

    def strangers(self, table: Table) -> Iterator[str]:
        """Rows of accounts that there are not."""
        if table is ACCOUNT:
            return
        known = select(ACCOUNT.c.id)
        for (account,) in self._all(select(table.c.account_id).where(table.c.account_id.not_in(known)).distinct()):
            yield f"{table.name}: there are rows of account {account}, which does not exist"

    def accounts(self) -> Iterator[str]:
        """Accounts that are not found by their name."""
        for account, name, key in self._all(select(ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT.c.name_key)):
            if key != fold(str(name)):
                yield f"account {account}: name_key is not its name, folded"

    def orphans(self, resource: Resource) -> Iterator[str]:
        """Relations and owners that lead to no record, and what should have an owner and has none."""
        owner = (resource.owner.resource, resource.owner.via) if resource.owner else None
        ways = {(each.resource, each.via) for each in resource.relations.values()} | ({owner} if owner else set())
        for other, via in sorted(ways):
            table, target = TABLES[resource.name].alias("r"), TABLES[other].alias("t")
            met = (target.c.account_id == table.c.account_id) & (target.c.id == table.c[via])
            query = select(table.c.account_id, table.c.id, table.c[via]).select_from(table.outerjoin(target, met))
            lost = [target.c.id.is_(None), *([table.c[via].is_not(None)] if (other, via) != owner else [])]
            for account, record, missing in self._all(query.where(*lost)):
                yield f"account {account}, {resource.name} {record}: its {via} {missing} names no {other}"

    def borrowed(self, resource: Resource) -> Iterator[str]:
        """Records of its own that a record names, such as default addresses, and that are another's or deleted."""
        for each in resource.relations.values():
            owner = RESOURCES[each.resource].owner
            if owner is None or owner.resource != resource.name:
                continue
            table, target = TABLES[resource.name].alias("r"), TABLES[each.resource].alias("t")
            met = (target.c.account_id == table.c.account_id) & (target.c.id == table.c[each.via])
            query = select(table.c.account_id, table.c.id, table.c[each.via]).select_from(table.join(target, met))
            gone = table.c.deleted.is_(None) & target.c.deleted.is_not(None)
            for account, record, named in self._all(query.where(or_(target.c[owner.via] != table.c.id, gone))):
                where = f"account {account}, {resource.name} {record}"
                yield f"{where}: its {each.via} {named} is another's {each.resource}, or a deleted one"

    def groups_in_force(self) -> Iterator[str]:
        """Customers whose group is not what `domain/rules/groups.py` keeps there."""
        customer, member = TABLES["customer"].alias("r"), TABLES["membership"].alias("m")
        mine = (member.c.account_id == customer.c.account_id) & (member.c.customer_id == customer.c.id)
        oldest = select(member.c.group_id).where(mine, member.c.deleted.is_(None)).order_by(member.c.id).limit(ONE)
        general = literal_column(str(GENERAL_GROUP), BigInteger)
        due = func.coalesce(customer.c.primary_group_id, oldest.correlate(customer).scalar_subquery(), general)
        query = select(customer.c.account_id, customer.c.id, customer.c.group_id, due.label("due"))
        wrong = [customer.c.deleted.is_(None), customer.c.group_id.is_distinct_from(due)]
        for account, record, group, right in self._all(query.where(*wrong)):
            yield f"account {account}, customer {record}: its group in force is {group}, it should be {right}"

    def counters(self, resource: Resource) -> Iterator[str]:
        """Ids and history lines at or above the next one to be given."""
        table = TABLES[resource.name]
        ids = select(table.c.account_id, func.max(table.c.id).label("greatest")).group_by(table.c.account_id)
        yield from self._counter(ID_COUNTER + resource.name, ids)
        lines = select(CHANGE.c.account_id, func.max(CHANGE.c.seq).label("greatest"))
        lines = lines.where(CHANGE.c.resource == text("resource")).group_by(CHANGE.c.account_id)
        yield from self._counter(CHANGE_COUNTER + resource.name, lines, resource=resource.name)

    def _counter(self, name: str, greatest: Select[Any], **values: str) -> Iterator[str]:
        given = greatest.subquery("given")
        met = (COUNTER.c.account_id == given.c.account_id) & (COUNTER.c.name == text("name"))
        late = or_(COUNTER.c.next.is_(None), COUNTER.c.next <= given.c.greatest)
        query = select(given.c.account_id, given.c.greatest).select_from(given.outerjoin(COUNTER, met)).where(late)
        for account, number_given in self._all(query, name=name, **values):
            yield f"account {account}: counter {name} would give {number_given} again"

    def history(self, resource: Resource) -> Iterator[str]:
        """Lines that are missing between the oldest and the next to come."""
        following = (COUNTER.c.account_id == CHANGE.c.account_id) & (COUNTER.c.name == text("name"))
        kept = select(CHANGE.c.account_id, func.min(CHANGE.c.seq), func.count(), COUNTER.c.next)
        kept = kept.select_from(CHANGE.join(COUNTER, following)).where(CHANGE.c.resource == text("resource"))
        query = kept.group_by(CHANGE.c.account_id, COUNTER.c.next)
        for account, *numbers in self._all(query, name=CHANGE_COUNTER + resource.name, resource=resource.name):
            oldest, lines, following_one = map(whole, numbers)
            if (missing := following_one - oldest - lines) > 0:
                yield f"account {account}, {resource.name}: {missing} lines of the history are missing after {oldest}"

    def times(self, resource: Resource) -> Iterator[str]:
        """Deletes without an entry in the feed, births later than the newest change."""
        table = TABLES[resource.name].alias("r")
        query = select(table.c.account_id, table.c.id)
        late = _counted(table) & (table.c.created_at > table.c.stamp)
        for account, record in self._all(query.where(late)):
            yield f"account {account}, {resource.name} {record}: it was created after its newest change"
        entered = (FEED.c.account_id == table.c.account_id) & (FEED.c.record_id == table.c.id)
        entered &= (FEED.c.resource == text("resource")) & (FEED.c.stamp == table.c.deleted)
        unentered = query.select_from(table.outerjoin(FEED, entered)).where(FEED.c.stamp.is_(None))
        gone = unentered.where(table.c.deleted.is_not(None), _counted(table))
        for account, record in self._all(gone, resource=resource.name):
            yield f"account {account}, {resource.name} {record}: the feed has no entry of its delete"

    def companions(self, resource: Resource) -> Iterator[str]:
        """Folded companions that are not what their column folds to."""
        table, names = TABLES[resource.name], folded_columns(resource)
        if not names:
            return
        place = table.c.account_id, table.c.id
        columns = [column for name in names for column in (table.c[name], table.c[f"{name}_key"])]
        behind = or_(place[0] > number("account"), and_(place[0] == number("account"), place[1] > number("record")))
        query = select(*place, *columns).where(behind).order_by(*place).limit(literal_column(str(ROWS_AT_ONCE)))
        last: Row = (-1, -1)
        while rows := self._all(query, account=last[0], record=last[1]):
            for account, record, *pairs in rows:
                for name, plain, folded in zip(names, pairs[::2], pairs[1::2], strict=True):
                    if folded != (fold(plain) if isinstance(plain, str) else None):
                        yield f"account {account}, {resource.name} {record}: {name}_key is not its {name}, folded"
            last = rows[-1]

    def stamps(self, resource: Resource) -> Iterator[str]:
        """Records whose stamp is not that of their newest entry; system records that have one."""
        table = TABLES[resource.name].alias("r")
        entries = select(FEED.c.account_id, FEED.c.record_id, func.max(FEED.c.stamp).label("stamp"))
        entries = entries.where(FEED.c.resource == text("resource"))
        newest = entries.group_by(FEED.c.account_id, FEED.c.record_id).subquery("newest")
        met = (newest.c.account_id == table.c.account_id) & (newest.c.record_id == table.c.id)
        due: ColumnElement[Any] = table.c.stamp
        if resource.has("is_system"):
            due = case((table.c.is_system == ZERO, table.c.stamp), else_=literal_column("NULL"))
        query = select(table.c.account_id, table.c.id, table.c.stamp, newest.c.stamp.label("entered"))
        query = query.select_from(table.outerjoin(newest, met)).where(due.is_distinct_from(newest.c.stamp))
        for account, record, stamp, entered in self._all(query, resource=resource.name):
            where = f"account {account}, {resource.name} {record}"
            yield f"{where}: its stamp is {stamp}, its newest entry in the feed {entered or 'missing'}"

    def chain(self, resource: Resource) -> Iterator[str]:
        """Entries that do not name the one before."""
        record = FEED.c.account_id, FEED.c.record_id
        before = func.lag(FEED.c.stamp, literal_column("1"), literal_column("0"))
        chained = select(
            *record,
            FEED.c.stamp,
            FEED.c.previous_stamp,
            before.over(partition_by=record, order_by=FEED.c.stamp).label("before"),
        )
        links = chained.where(FEED.c.resource == text("resource")).subquery("links")
        broken = select(*links.c).where(links.c.previous_stamp != links.c.before)
        for account, record_id, stamp, previous, due in self._all(broken, resource=resource.name):
            where = f"account {account}, {resource.name} {record_id}"
            yield f"{where}: its entry of {stamp} names {previous} as the one before, which was {due}"

    def entries(self, resource: Resource) -> Iterator[str]:
        """Entries and lines of records that there are not."""
        table = TABLES[resource.name].alias("r")
        for book, told in ((FEED, "the feed has entries"), (CHANGE, "the history has lines")):
            met = (table.c.account_id == book.c.account_id) & (table.c.id == book.c.record_id)
            query = select(book.c.account_id, book.c.record_id).select_from(book.outerjoin(table, met))
            query = query.where(book.c.resource == text("resource"), table.c.id.is_(None)).distinct()
            for account, record in self._all(query, resource=resource.name):
                yield f"account {account}, {resource.name} {record}: {told} of it, but there is none"

    def clock(self, resource: Resource) -> Iterator[str]:
        """Clock rows that do not fit the feed and the table."""
        table = TABLES[resource.name]
        mine = (FEED.c.account_id == ACCOUNT.c.id) & (FEED.c.resource == text("resource"))
        newest = select(func.coalesce(func.max(FEED.c.stamp), ZERO)).where(mine).scalar_subquery()
        held = (table.c.account_id == ACCOUNT.c.id) & _counted(table)
        rows = select(func.count()).select_from(table).where(held).scalar_subquery()
        gone = select(func.count()).select_from(table).where(held, table.c.deleted.is_not(None)).scalar_subquery()
        met = (CLOCK.c.account_id == ACCOUNT.c.id) & (CLOCK.c.resource == text("resource"))
        told = [func.coalesce(CLOCK.c[name], ZERO) for name in ("last", "rows", "deleted", "published")]
        answered = (PUBLICATION.c.account_id == ACCOUNT.c.id) & (PUBLICATION.c.resource == text("resource"))
        greatest = select(func.coalesce(func.max(PUBLICATION.c.stamp), ZERO)).where(answered).scalar_subquery()
        query = select(ACCOUNT.c.id, *told, newest, rows, gone, greatest).select_from(ACCOUNT.outerjoin(CLOCK, met))
        for account, *numbers in self._all(query, resource=resource.name):
            names = ("newest stamp", "number of records", "number of deleted records")
            for name, claimed, found in zip(names, numbers[:3], numbers[4:7], strict=True):
                if claimed != found:
                    yield f"account {account}, {resource.name}: the clock's {name} is {claimed}, found {found}"
            last, published, answered_one = whole(numbers[0]), whole(numbers[3]), whole(numbers[7])
            where = f"account {account}, {resource.name}"
            if published > last:
                yield f"{where}: {published} was handed out, but {last} is the newest stamp"
            if answered_one > published:
                yield f"{where}: {answered_one} was handed out, but the clock knows of {published} only"
