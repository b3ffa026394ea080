"""Requests to commands: what is read, created, changed or removed, for whom, with what said (spec 4, 6, 9, 10)."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from tillstone.dialects.base import Call
from tillstone.dialects.openmage import bodies, filters, phpquery, render
from tillstone.dialects.openmage.attributes import IGNORED, Kind
from tillstone.dialects.openmage.codecs import REGION, STREET, is_array, php_text
from tillstone.dialects.openmage.negotiation import Format, choose, read_content_type
from tillstone.dialects.openmage.routes import NotImplementedYet, NotSupported, Target, number_of
from tillstone.dialects.openmage.switches import Behaviour
from tillstone.domain.access import Principal
from tillstone.domain.commands import Change, Create, Found, Get, Key, List, Outcome, Remove
from tillstone.domain.errors import NotFound, Refusal
from tillstone.domain.profile import Unreadable
from tillstone.domain.query import Embed, Filter, Operator
from tillstone.domain.records import Shape, Value
from tillstone.domain.secrets import Random
from tillstone.wire.http import Reply, Request
from tillstone.wire.table import Field

MOST_ADDRESSES = 100_000
CONFIRMATION_DIGITS = 32

OF_LIVE_CUSTOMERS = (Filter("customer.deleted", Operator.EMPTY),)
_CUSTOMER_ID = Shape("customer", ("id",))
_VERSION = re.compile(r"[1-9][0-9]*").fullmatch


class BadVersion(Refusal):
    """A version that nobody can serve; `version` is as it was sent."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version


def header(request: Request, name: bytes) -> str | None:
    """A header's text, None if it is absent."""
    raw = request.headers.get(name)
    return None if raw is None else raw.decode("latin-1")


def query_of(request: Request) -> dict[str, Any]:
    """The query's nested values."""
    return phpquery.parse(request.query.decode("latin-1")) if request.query else {}


class Parser:
    """Turns API requests into calls. `random` makes confirmation keys."""

    def __init__(self, kinds: Mapping[str, Kind], behaviour: Behaviour, random: Random) -> None:
        self._kinds = kinds
        self._behaviour = behaviour
        self._random = random

    def parse(self, target: Target, request: Request, principal: Principal) -> Call:
        """The call that a request means. Runs after access was granted."""
        _require_version(header(request, b"version"))
        self._refuse_if_other(target, principal)
        kind = self._kinds[target.resource]
        operation: Callable[[Kind, Target, Request, Principal], Call] = {
            "retrieve": self._read if target.is_item else self._list,
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
        }[target.operation]
        return operation(kind, target, request, principal)

    def _refuse_if_other(self, target: Target, principal: Principal) -> None:
        """A customer's own id is compared as text: `01` is nobody (spec 1.1)."""
        named = target.id if target.resource == "customer" else target.owner
        if principal.kind == "customer" and named is not None and named != str(principal.id):
            raise NotFound

    def _form(self, request: Request) -> Format:
        return choose(header(request, b"accept"), self._behaviour)

    # reading

    def _read(self, kind: Kind, target: Target, request: Request, principal: Principal) -> Call:
        wires = filters.read_attributes(query_of(request), kind.readable(principal))
        showing, form = kind.item.only(wires), self._form(request)
        conditions = OF_LIVE_CUSTOMERS if kind.resource == "address" else ()
        command = Get(showing.shape, _key(target.id), conditions=conditions)
        return Call(command, lambda found: render.item(showing, found.rows[0], form))

    def _list(self, kind: Kind, target: Target, request: Request, principal: Principal) -> Call:
        query = query_of(request)
        sort = filters.read_sort(query, kind, principal)
        page = filters.read_slice(query, kind, self._behaviour)
        conditions = filters.read_filters(query, kind, principal)
        showing = kind.list.only(filters.read_attributes(query, kind.readable(principal)))
        form = self._form(request)
        if target.owner is not None:
            # validated, then ignored: always all of them, newest first (spec 6)
            return self._addresses(kind, target, showing, form)
        command = List(
            showing.shape,
            page,
            live=True,
            conditions=conditions,
            sort=sort,
            last_if_past=self._behaviour.repeats_last_page,
        )
        return Call(command, lambda found: render.collection(showing, found.rows, form, keyed=True))

    def _addresses(self, kind: Kind, target: Target, showing: Any, form: Format) -> Call:
        del kind
        shape = Shape("address", (*showing.shape.attributes, "customer_id"))
        command = Get(_CUSTOMER_ID, _key(target.owner), embeds=(Embed(shape, "id", "customer_id"),))

        def answer(found: Found) -> Reply:
            rows = next(iter(found.joined[0].rows.values()), [])
            return render.collection(showing, [row[:-1] for row in reversed(rows)], form, keyed=False)

        return Call(command, answer)

    # writing

    def _create(self, kind: Kind, target: Target, request: Request, principal: Principal) -> Call:
        if target.is_item:
            raise NotImplementedYet
        said = self._body(request)
        if isinstance(said, list):
            raise NotImplementedYet
        values = self._values(kind, said, kind.writable(principal, creating=True))
        if kind.resource == "address":
            values["customer_id"] = number_of(target.owner or "")
        elif self._behaviour.shows_confirmation:
            values["confirmation"] = self._random.hexadecimal(CONFIRMATION_DIGITS)
        command = Create(kind.resource, values, kind.profile)
        return Call(command, lambda outcome: render.created(kind, outcome.id))

    def _update(self, kind: Kind, target: Target, request: Request, principal: Principal) -> Call:
        if not target.is_item:
            self._refuse_update_of_all(target, request, principal)
        said = self._body(request)
        if isinstance(said, list):
            raise bodies.BadBody(bodies.EMPTY)
        values = self._values(kind, said, kind.writable(principal, creating=False))
        profile = kind.profile_in_xml if _content_type(request) is Format.XML else kind.profile
        return Call(Change(kind.resource, _key(target.id), values, profile), _nothing)

    def _refuse_update_of_all(self, target: Target, request: Request, principal: Principal) -> None:
        if principal.kind == "customer" and target.is_refused_update:
            self._body(request)
            raise NotSupported(403)
        raise NotImplementedYet

    def _delete(self, kind: Kind, target: Target, _request: Request, _principal: Principal) -> Call:
        if not target.is_item:
            raise NotImplementedYet
        return Call(Remove(kind.resource, _key(target.id), kind.profile), _nothing)

    def _body(self, request: Request) -> dict[str, Any] | list[Any]:
        return bodies.read(request.body, _content_type(request))

    def _values(self, kind: Kind, said: dict[str, Any], writable: frozenset[str]) -> dict[str, Value]:
        """Canonical values of what may be said; the rest is passed over, unless nothing is left (spec 4)."""
        kept = {wire: value for wire, value in said.items() if wire in writable}
        if not kept:
            raise bodies.BadBody(bodies.EMPTY)
        fields = ((kind.fields[wire], value) for wire, value in kept.items() if wire not in IGNORED)
        return {field.attr: decoded(field, value) for field, value in fields}  # type: ignore[misc]  # Unreadable too


def decoded(field: Field, sent: Any) -> object:
    """The value that `sent` means in `field`."""
    if field.codec is STREET:
        return _lines(sent)
    if field.codec is REGION and not isinstance(sent, str | None):  # KNOWN 30
        return Unreadable("not_text")
    if is_array(sent):
        # a list for a plain text passes as something said, and nothing of it is stored (recorded: create_array_value)
        return Unreadable("") if field.codec.gather is None else field.codec.gather(())
    text = php_text(sent)
    return field.blank if text == "" else field.codec.decode(text)


def _lines(sent: Any) -> tuple[str, ...]:
    """The lines of a street; a plain text is none (spec 10)."""
    lines = sent.values() if isinstance(sent, dict) else sent if isinstance(sent, list) else ()
    return tuple(text for line in lines if not is_array(line) and (text := php_text(line)))


def _content_type(request: Request) -> Format:
    return read_content_type(header(request, b"content-type"))


def _nothing(_outcome: Outcome) -> Reply:
    return render.done()


def _key(text: str | None) -> Key:
    return Key("id", number_of(text or ""))


def _require_version(version: str | None) -> None:
    """Version 1 is all there is; a higher one is answered by it (spec 1.3)."""
    if version is not None and not _VERSION(version):
        raise BadVersion(html.escape(version))
