"""Clocks for tests: time stands still until a test moves it, and sleeping moves it on."""


class StandingClock:
    """Whole seconds UTC, moved by `step`; a sleeper moves it instead of waiting."""

    def __init__(self, now: int) -> None:
        self._now = float(now)

    def now(self) -> int:
        return int(self._now)

    def set(self, now: float) -> None:
        self._now = float(now)

    def step(self, seconds: float) -> None:
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        self._now += seconds
