"""The time of the machine."""

import asyncio
import time


class SystemClock:
    """The clock of every process but the tests'."""

    def now(self) -> int:
        """Whole seconds UTC."""
        return int(time.time())

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
