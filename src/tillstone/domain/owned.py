"""Customers are alone in the shop: whatever they ask, they meet their own records only, and cannot tell others' from
none."""

from typing import TypeVar

from msgspec import structs

from tillstone.domain.access import Principal, own_condition
from tillstone.domain.commands import Change, Command, Count, Create, Get, Key, List, Remove
from tillstone.domain.errors import Forbidden, NotFound
from tillstone.domain.query import Filter

Asked = TypeVar("Asked", bound=Command)


def narrowed(command: Asked, principal: Principal) -> Asked:
    """`command` as it reaches no further than what belongs to the asker; the same for everybody else."""
    if principal.kind != "customer":
        return command
    own = own_condition(principal, _resource(command))
    if own is None:
        raise Forbidden
    return _narrow(command, own)


def _resource(command: Command) -> str:
    if isinstance(command, Get | List):
        return command.shape.resource
    return command.resource if isinstance(command, Count | Create | Change | Remove) else ""


def _narrow(command: Asked, own: Filter) -> Asked:
    if isinstance(command, Get | List | Count):
        return structs.replace(command, conditions=(*command.conditions, own))
    if isinstance(command, Change | Remove):
        return structs.replace(command, must=Key(own.attribute, own.values[0]))
    assert isinstance(command, Create)  # noqa: S101 - `_resource` knows no other
    if command.values.get(own.attribute) != own.values[0]:
        raise NotFound
    return command
