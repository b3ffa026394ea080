"""What is told of watermarks: the drift as a gauge, a large one as a single warning, every wait as a count."""

from tillstone.domain.stamps import DRIFT_WARNED
from tillstone.server.journal import Journal
from tillstone.server.metrics import Meters


class Watch:
    """Tells the meters, and the journal once."""

    def __init__(self, meters: Meters, journal: Journal) -> None:
        self._meters = meters
        self._journal = journal
        self._warned = False

    def drifted(self, seconds: int) -> None:
        """Stamps run this far ahead of the clock (or not, if negative)."""
        self._meters.drifted(seconds)
        if seconds > DRIFT_WARNED and not self._warned:
            self._journal.warn(f"Stamps run {seconds} s ahead of this machine's clock: was the clock set back?")
        self._warned = seconds > DRIFT_WARNED

    def waited(self) -> None:
        """A watermark read waits for the next second."""
        self._meters.happened("waited_watermarks")
