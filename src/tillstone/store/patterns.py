"""Regular expressions for SQLite, which has none: RE2, whose time grows with the text only, whatever the pattern."""

from functools import lru_cache
from typing import Any

from tillstone.domain.errors import Fault, Invalid

MEMORY = 1_048_576
"""Bytes one compiled pattern may take."""


@lru_cache(256)
def compiled(pattern: str) -> Any:
    """The pattern, blind to case; Invalid if it is none."""
    # a worker that is never asked for patterns does not load the engine
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise Invalid(Fault("", "pattern", pattern)) from error


def matches(pattern: str | None, text: str | int | None) -> int:
    """Whether `pattern` is found in `text`, as SQL wants to know it."""
    return int(pattern is not None and text is not None and compiled(pattern).search(str(text)) is not None)
