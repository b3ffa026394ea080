"""Where pages begin: what a process remembers of walks, so that the next page costs no more than the first.

Only positions that can never move may be kept here; `feed.py` decides which those are.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

Position = tuple[int, int]
"""Stamp and id of a slot (0 and id where records are listed by id): what to start from, inclusive."""

START: Position = (0, 0)

WALKS = 64
"""Walks remembered, the most recently used."""

PLACES = 1_024
"""Positions remembered of one walk; beyond, every other one is forgotten."""


class _Walk:
    __slots__ = ("offsets", "places", "total")

    def __init__(self) -> None:
        self.offsets = [0]
        self.places = [START]
        self.total: int | None = None


class Positions:
    """Offset to position, per walk. Shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._walks: OrderedDict[Hashable, _Walk] = OrderedDict()
        self._found: dict[Hashable, Hashable] = {}

    def _walk(self, key: Hashable) -> _Walk:
        walk = self._walks.get(key)
        if walk is None:
            walk = self._walks[key] = _Walk()
            if len(self._walks) > WALKS:
                self._walks.popitem(last=False)
        else:
            self._walks.move_to_end(key)
        return walk

    def nearest(self, key: Hashable, offset: int) -> tuple[int, Position]:
        """The greatest remembered offset up to `offset`, and its position."""
        with self._lock:
            walk = self._walk(key)
            place = bisect_right(walk.offsets, offset) - 1
            return walk.offsets[place], walk.places[place]

    def remember(self, key: Hashable, offset: int, position: Position) -> None:
        """Slot number `offset` (0-based) is at `position`, for ever."""
        with self._lock:
            walk = self._walk(key)
            place = bisect_right(walk.offsets, offset)
            if walk.offsets[place - 1] == offset:
                return
            walk.offsets.insert(place, offset)
            walk.places.insert(place, position)
            if len(walk.offsets) > PLACES:
                # the first and the last stay: lists are walked from one to the other
                walk.offsets[1:-1] = walk.offsets[2:-1:2]
                walk.places[1:-1] = walk.places[2:-1:2]

    def total(self, key: Hashable) -> int | None:
        """The number of slots, if it was remembered."""
        with self._lock:
            return self._walk(key).total

    def remember_total(self, key: Hashable, total: int) -> None:
        """The walk has `total` slots, for ever."""
        with self._lock:
            self._walk(key).total = total

    def found(self, form: Hashable, key: Hashable | None) -> None:
        """Lists of this form were found to be the walk `key` just now; None: to be none."""
        with self._lock:
            self._found.pop(form, None)
            if key is not None:
                self._found[form] = key
                if len(self._found) > WALKS:
                    del self._found[next(iter(self._found))]

    def ahead(self, form: Hashable, offset: int) -> int:
        """How far `offset` lies behind the nearest place that is remembered of lists of this form."""
        with self._lock:
            walk = self._walks.get(self._found.get(form))
            return offset if walk is None else offset - walk.offsets[bisect_right(walk.offsets, offset) - 1]
