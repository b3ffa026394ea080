"""How far a long form is. Run it with `-s`, as `make torture` does, to see; short forms are silent."""

from time import monotonic

from tests.conftest import LONG_FORMS

EVERY_S = 10.0


class Progress:
    """Tells about every ten seconds."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._started = self._told = monotonic()

    def at(self, done: int, note: str = "") -> None:
        now = monotonic()
        if LONG_FORMS and (now - self._told > EVERY_S or done == self._total):
            self._told = now
            tell(f"{self._what}: {done:,} of {self._total:,} after {now - self._started:.0f} s {note}")


def tell(line: str) -> None:
    """A line beside pytest's own."""
    if LONG_FORMS:
        print(f"  {line}", flush=True)
