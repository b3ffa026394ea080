"""What a worker may believe for a moment without looking: who somebody is, whom it let in just now."""

from typing import Generic, TypeVar

from tillstone.domain.stamps import Clock

REMEMBERED_S = 2
"""Seconds: so long a revoked key or token lives at most."""

REMEMBERED_MOST = 10_000

Name = TypeVar("Name")
Known = TypeVar("Known")


class Memory(Generic[Name, Known]):
    """Knows what it was told within the last `REMEMBERED_S` seconds of `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Name, tuple[int, Known]] = {}

    def get(self, name: Name) -> Known | None:
        """What was kept as `name`; None says nothing. A clock that was set back makes nothing known for longer."""
        kept = self._known.get(name)
        return kept[1] if kept is not None and 0 <= self._clock.now() - kept[0] < REMEMBERED_S else None

    def keep(self, name: Name, known: Known) -> None:
        """Believe this from now on."""
        if len(self._known) >= REMEMBERED_MOST:
            self._known.clear()
        self._known[name] = (self._clock.now(), known)

    def forget(self) -> None:
        """Look again."""
        self._known.clear()
