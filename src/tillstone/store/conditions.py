"""Filters and orders as SQL expressions that mean the same on SQLite and PostgreSQL.

Values never enter the text of a statement: a `Binder` numbers them, so that one compiled statement serves every filter
of the same form.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

from msgspec import json
from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement, UnaryExpression
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.selectable import FromClause

from tillstone.domain.query import AllOf, AnyOf, Condition, Filter, Operator
from tillstone.domain.records import LARGEST, RESOURCES, Column, Kind, Resource, Value, fold
from tillstone.store import patterns
from tillstone.store.schema import key_name

SQLITE = "sqlite"
POSTGRES = "postgresql"

TEXTUAL = frozenset({Kind.TEXT, Kind.DATE})
LISTED = frozenset({Operator.IN, Operator.NOT_IN})
PATTERNS = frozenset({Operator.LIKE, Operator.NOT_LIKE, Operator.IN_SET, Operator.MATCHES})
FROM_A_TIME = frozenset({Operator.GT, Operator.GE, Operator.EQ})
UNBOUND = frozenset({Operator.CLEARED, Operator.SET, Operator.EMPTY})

Bound = int | str | list[int | str]
"""A value as it is handed to a statement."""

Form = tuple[object, ...]
"""What two conditions have in common when one compiled statement serves both."""


def column_of(resource: Resource, attribute: str) -> Column:
    """The column behind `attribute`, which may be `relation.column`."""
    relation, _, name = attribute.rpartition(".")
    return (RESOURCES[resource.relations[relation].resource] if relation else resource).column(name)


def form(condition: Condition) -> Form:
    """Alike for conditions that differ in their values only."""
    if isinstance(condition, Filter):
        return (
            condition.attribute,
            condition.operator,
            len(condition.values) if condition.operator not in LISTED else -1,
        )
    if isinstance(condition, AnyOf):
        return ("any", *map(form, condition.filters))
    return ("all", *map(form, condition.conditions))


def filters(conditions: Sequence[Condition]) -> Iterator[Filter]:
    """All filters inside, in the order in which their values are bound."""
    for condition in conditions:
        if isinstance(condition, Filter):
            yield condition
        else:
            yield from filters(condition.filters if isinstance(condition, AnyOf) else condition.conditions)


def relations(conditions: Sequence[Condition]) -> set[str]:
    """The relations that the filters reach through."""
    return {name for each in filters(conditions) if (name := each.attribute.rpartition(".")[0])}


def bounded(number: int) -> int:
    """`number`, or the nearest a database can hold."""
    return max(-LARGEST, min(LARGEST, number))


def quoted(constant: str) -> ColumnElement[str]:
    """A constant of ours in the text of a statement; no value from outside comes this way."""
    return literal_column(f"'{constant}'", Text)


ODD_LETTERS = (
    *(range(0xB5, 0x588), range(0x13F8, 0x13FE), range(0x1C80, 0x1C89)),
    *(range(0x1E96, 0x2000), range(0xAB70, 0xABC0), range(0xFB00, 0xFB18)),
)
"""Where the letters are that are in lower case and not folded."""


@cache
def _left_apart() -> tuple[dict[str, str], dict[str, str]]:
    """Letters in lower case that fold to another letter, and those that fold to several."""
    letters = map(chr, chain.from_iterable(ODD_LETTERS))
    folds = {letter: fold(letter) for letter in letters if letter.lower() == letter != fold(letter)}
    one_to_one = {letter: folded for letter, folded in folds.items() if len(folded) == 1}
    return one_to_one, {letter: folded for letter, folded in folds.items() if letter not in one_to_one}


class Language:
    """What the two databases say differently."""

    def __init__(self, database: str) -> None:
        self.database = database

    def folded(self, expression: ColumnElement[Any]) -> ColumnElement[Any]:
        """Stored text as it is compared where case does not matter: what `fold` does in Python."""
        if self.database == SQLITE:
            return func.fold(expression)
        # no casefold() before PostgreSQL 18: lower case, and the letters that lower() leaves apart
        one_to_one, others = _left_apart()
        lower = func.lower(func.normalize(expression).collate("und-x-icu"))
        folded: ColumnElement[Any] = func.translate(
            lower, quoted("".join(one_to_one)), quoted("".join(one_to_one.values()))
        )
        for letter, several in others.items():
            folded = func.replace(folded, quoted(letter), quoted(several))
        is_ascii = func.octet_length(expression) == func.char_length(expression)
        return case((is_ascii, func.lower(expression.collate("C"))), else_=folded.collate("C"))

    def compared(self, table: FromClause, column: Column) -> ColumnElement[Any]:
        """The expression by which `column` is compared and ordered."""
        if column.kind is not Kind.TEXT:
            return table.c[column.name]
        return table.c[key_name(column)] if column.folded else self.folded(table.c[column.name])

    def matches(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[bool]:
        """The regular expression is found in `text`, whatever the case."""
        if self.database == SQLITE:
            return func.matches(pattern, text) == literal_column("1")
        return text.collate("und-x-icu").op("~*")(pattern)

    def pattern(self, expression: str) -> str:
        """A regular expression as it is bound; Invalid if it can be known now that it is none."""
        if self.database == SQLITE:
            patterns.compiled(expression)
        return expression

    def like(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[bool]:
        """`text` as a whole has the form of `pattern`. The backslash escapes: PostgreSQL's own default."""
        return text.like(pattern, escape="\\" if self.database == SQLITE else None)

    def holds(self, text: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        """`part` is found in `text`, letter by letter."""
        find = func.instr if self.database == SQLITE else func.strpos
        return find(text, part) > literal_column("0")

    def among(self, expression: ColumnElement[Any], name: str, kind: Kind) -> ColumnElement[bool]:
        """`expression` is one of a bound list of any length."""
        if self.database == SQLITE:
            listed = func.json_each(bindparam(name)).table_valued("value", name=f"list_{name}")
            return expression.in_(select(listed.c.value))
        item = Text() if kind in TEXTUAL else BigInteger()
        return expression == any_(bindparam(name, type_=ARRAY(item)))

    def listed(self, values: Sequence[int | str]) -> Bound:
        """A list as `among` wants it bound."""
        return json.encode(values).decode() if self.database == SQLITE else list(values)

    def afterwards(self, expression: ColumnElement[Any]) -> ColumnElement[Any]:
        """An expression to order few records by, once they are found: SQLite would rather walk a whole table in order
        than sort what an index gives."""
        return UnaryExpression(expression, operator=custom_op("+")) if self.database == SQLITE else expression

    def ordered(self, expression: ColumnElement[Any], *, descending: bool = False) -> ColumnElement[Any]:
        """Ascending puts what was never set first, as SQLite does."""
        if self.database == SQLITE:
            return expression.desc() if descending else expression.asc()
        return expression.desc().nulls_last() if descending else expression.asc().nulls_first()


def storable(text: str) -> bool:
    """Whether a database can hold `text`: no U+0000, no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


def bound(column: Column, value: Value) -> int | str | None:
    """`value` as it is compared with `column`; None, which equals nothing, if it cannot be compared."""
    if isinstance(value, int):
        return str(value) if column.kind in TEXTUAL else bounded(value)
    if not isinstance(value, str) or not storable(value):
        return None
    if column.kind in TEXTUAL:
        return fold(value) if column.kind is Kind.TEXT else value
    return bounded(int(value)) if value.lstrip("-").isdecimal() and len(value) < 20 else None


def _pattern(value: Value) -> str:
    """A last backslash that escapes nothing stands for itself."""
    text = fold(str(value))
    return text + "\\" if (len(text) - len(text.rstrip("\\"))) % 2 else text


class Where:
    """Conditions on one resource as one expression, and the values it wants bound."""

    def __init__(self, language: Language, resource: Resource, table_for: Callable[[str], FromClause]) -> None:
        self._language = language
        self._resource = resource
        self._table_for = table_for
        self._bound = 0

    def all(self, conditions: Sequence[Condition]) -> list[ColumnElement[bool]]:
        """One expression per condition, all of which must hold."""
        return [self._condition(condition) for condition in conditions]

    def _condition(self, condition: Condition) -> ColumnElement[bool]:
        if isinstance(condition, Filter):
            return self._filter(condition)
        if isinstance(condition, AnyOf):
            return or_(false(), *(self._condition(each) for each in condition.filters))
        return and_(true(), *(self._condition(each) for each in condition.conditions))

    def _filter(self, condition: Filter) -> ColumnElement[bool]:
        column = column_of(self._resource, condition.attribute)
        table = self._table_for(condition.attribute)
        if condition.operator in UNBOUND:
            return _stored(table.c[column.name], column, condition.operator)
        name = f"v{self._bound}"
        self._bound += 1
        if condition.operator in LISTED:
            among = self._language.among(self._language.compared(table, column), name, column.kind)
            return not_(among) & table.c[column.name].is_not(None) if condition.operator is Operator.NOT_IN else among
        if condition.operator in PATTERNS:
            return self._like(table, column, condition.operator, bindparam(name, type_=Text()))
        kind = Text() if column.kind in TEXTUAL else BigInteger()
        compare = COMPARED[condition.operator]
        return compare(self._language.compared(table, column), bindparam(name, type_=kind))

    def _like(self, table: FromClause, column: Column, how: Operator, value: ColumnElement[Any]) -> ColumnElement[bool]:
        stored = table.c[column.name]
        text = self._language.compared(table, column) if column.kind in TEXTUAL else cast(stored, Text)
        if how is Operator.MATCHES:
            return self._language.matches(stored if column.kind in TEXTUAL else text, value)
        if how is Operator.IN_SET:
            items = func.replace(text, quoted(", "), quoted(","))
            return self._language.holds(_commas(items), _commas(value))
        like = self._language.like(text, value)
        return not_(like) if how is Operator.NOT_LIKE else like


def _commas(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return quoted(",").concat(text).concat(quoted(","))


def _stored(stored: ColumnElement[Any], column: Column, how: Operator) -> ColumnElement[bool]:
    """Numbers are never cleared: they are set or not."""
    if column.kind not in TEXTUAL:
        return {Operator.CLEARED: false(), Operator.SET: stored.is_not(None), Operator.EMPTY: stored.is_(None)}[how]
    blank = quoted("")
    if how is Operator.EMPTY:
        return or_(stored.is_(None), stored == blank)
    return stored == blank if how is Operator.CLEARED else stored != blank


def values(language: Language, resource: Resource, conditions: Sequence[Condition]) -> dict[str, Bound | None]:
    """What `Where.all` of conditions of this form wants bound."""
    wanted = [each for each in filters(conditions) if each.operator not in UNBOUND]
    return {f"v{number}": _value(language, resource, each) for number, each in enumerate(wanted)}


def _value(language: Language, resource: Resource, condition: Filter) -> Bound | None:
    column = column_of(resource, condition.attribute)
    if condition.operator in LISTED:
        comparable = [bound(column, each) for each in condition.values]
        return language.listed([each for each in comparable if each is not None])
    value = condition.values[0] if condition.values else None
    if value is None or not storable(str(value)):
        return None
    if condition.operator is Operator.MATCHES:
        return language.pattern(str(value))
    if condition.operator is Operator.IN_SET:
        return fold(str(value))
    return _pattern(value) if condition.operator in PATTERNS else bound(column, value)


def since(wanted: Sequence[Condition]) -> int | None:
    """The earliest stamp that meets the conditions, as far as they say so themselves; None if they do not."""
    stamps = [
        each.values[0] for each in _demanded(wanted) if each.attribute == "stamp" and each.operator in FROM_A_TIME
    ]
    return max((bounded(stamp) for stamp in stamps if isinstance(stamp, int)), default=None)


def _demanded(wanted: Sequence[Condition]) -> Iterator[Filter]:
    """The filters every one of which has to be met."""
    for condition in wanted:
        if isinstance(condition, Filter):
            yield condition
        elif isinstance(condition, AllOf):
            yield from _demanded(condition.conditions)


def ordering(language: Language, table: FromClause, column: Column, *, descending: bool = False) -> ColumnElement[Any]:
    """Order by `column`, text folded."""
    return language.ordered(language.compared(table, column), descending=descending)


COMPARED: dict[Operator, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
