"""How much of a body is read, and what is raised when it cannot be read. Both readers (XML, JSON) keep to it."""

from msgspec import Struct

from tillstone.domain.errors import Fault, Refusal


class Limits(Struct, frozen=True):
    """`size` is in bytes, `depth` counts the root, `attributes` are those of one element, `elements` those of the whole
    body."""

    size: int = 1_048_576
    depth: int = 16
    attributes: int = 32
    elements: int = 20_000


class Malformed(Refusal):
    """The body is not what its format demands."""

    def __init__(self, reason: str) -> None:
        super().__init__(Fault("", "malformed", reason))
        self.reason = reason


class Excess(Refusal):
    """The body is deeper, wider or larger than it may be; it was not read to its end."""

    def __init__(self, reason: str) -> None:
        super().__init__(Fault("", "excess", reason))
        self.reason = reason
