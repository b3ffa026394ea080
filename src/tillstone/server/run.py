"""Who runs what: short reads in the event loop, long ones on threads, writes on the store's writer.

The service and the store are synchronous; this is the only place that knows of the event loop and of them.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from tillstone.domain.access import Credentials, Login, Principal
from tillstone.domain.commands import (
    Apply,
    Change,
    Command,
    Count,
    Create,
    DecideGrant,
    ExchangeGrant,
    Found,
    Get,
    List,
    LogIn,
    NewestStamp,
    Remove,
    RemoveAll,
    StartGrant,
    Write,
)
from tillstone.domain.errors import Trouble
from tillstone.domain.service import Service
from tillstone.domain.stamps import ClockRow, is_settled, must_wait
from tillstone.domain.store import Store, Transaction
from tillstone.wire.http import Request

WRITES = (Create, Change, Remove, RemoveAll, Apply, StartGrant, DecideGrant, ExchangeGrant)
SCANNED_AT_MOST = 2_000
"""Entries that a read may walk past in the event loop."""

LONG_READERS = 2
"""Threads for long reads of an embedded database."""

REMOTE_READERS = 8
"""Threads for reads of a database on the other end of a socket."""

LONG_BODY = 65_536
"""Bytes of a body that are still read in the event loop."""

LONG_ANSWER = 200
"""Records that are still written in the event loop."""

DELIVERED_AT_ONCE = 8
"""Writes of a batch that are answered before the event loop looks at its sockets again: a read need not wait for all
of them."""

Work = Callable[[Transaction], Any]
Answer = TypeVar("Answer")


class Finished(Struct):
    """A write that is durable or has failed, on its way back to the event loop."""

    future: asyncio.Future[Any]
    answer: Any
    error: BaseException | None


class Watcher(Protocol):
    """Is told what the operator may want to know of watermarks."""

    def drifted(self, seconds: int) -> None:
        """Stamps run this far ahead of the clock (or not, if negative)."""

    def waited(self) -> None:
        """A watermark read waits for the next second."""


class Runner:
    """Runs the commands of one worker."""

    def __init__(self, service: Service, *, remote: bool, watcher: Watcher) -> None:
        self._service = service
        self._store: Store = service.store
        self._clock = service.clock
        self._remote = remote
        self._watcher = watcher
        self._readers = ThreadPoolExecutor(REMOTE_READERS if remote else LONG_READERS, "reader")
        self._hashing = ThreadPoolExecutor(1, "hashing")
        self._finished: deque[Finished] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Have finished writes brought back to the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._store.on_batch(self._wake)

    async def close(self) -> None:
        """Let everything that was begun end, then let go of the store: an acknowledged write is durable already."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._store.close)
        self._readers.shutdown(wait=True)
        self._hashing.shutdown(wait=True)

    # admission

    def admit_at_once(self, credentials: Credentials, front: str) -> Principal | None:
        """The principal behind `credentials` if that takes no time; None: ask `admit`."""
        if self._remote or isinstance(credentials, Login):
            return self._service.admission.remembered(credentials, front)
        return self._service.admit(credentials, front)

    async def admit(self, credentials: Credentials, front: str) -> Principal:
        """The principal behind `credentials`, looked up off the event loop."""
        if isinstance(credentials, Login):
            return await self._on(self._hashing, self._service.admit, credentials, front)
        return await self._on(self._readers, self._service.admit, credentials, front)

    async def is_ready(self) -> bool:
        """Whether the database answers."""
        try:
            await self._on(self._readers, self._look)
        except Trouble:
            return False
        return True

    def _look(self) -> None:
        with self._store.peek() as snapshot:
            snapshot.accounts()

    # reading and writing documents

    def is_long(self, subject: object) -> bool:
        """Whether a request's body or an answer's records take so long to read or write that it is done `aside`."""
        if isinstance(subject, Request):
            return len(subject.body) > LONG_BODY
        return isinstance(subject, Found) and len(subject.rows) > LONG_ANSWER

    async def aside(self, function: Callable[..., Answer], *arguments: Any) -> Answer:
        """What `function` gives, worked out off the event loop."""
        return await self._on(self._readers, function, *arguments)

    # commands

    def is_short(self, command: Command, principal: Principal) -> bool:
        """Whether `answer` may be called for this command in the event loop."""
        if self._remote:
            return False
        if isinstance(command, Get):
            return not command.conditions
        if isinstance(command, List):
            if command.total or command.conditions or command.sort:
                return False
            return self._store.ahead(principal.account, command) <= SCANNED_AT_MOST
        return isinstance(command, Count) and command.window is None and not command.conditions

    def answer(self, command: Command, principal: Principal) -> Any:
        """What the service answers to a short query, at once."""
        return self._service.answer(command, principal)  # type: ignore[arg-type]  # `is_short` said it is a query

    async def run(self, command: Command, principal: Principal) -> Any:
        """What the service answers, wherever it has to be run."""
        if isinstance(command, NewestStamp):
            return await self._newest(command, principal)
        if isinstance(command, WRITES):
            return await self._write(command, principal)
        if isinstance(command, LogIn):
            return await self._on(self._hashing, self._service.answer, command, principal)
        return await self._on(self._readers, self._service.answer, command, principal)

    async def _write(self, command: Write, principal: Principal) -> Any:
        service = self._service
        if service.needs_preparing(command):
            command = await self._on(self._hashing, service.prepare, command, principal)
        return await self._submit(principal.account, lambda tx: service.perform(tx, command, principal))

    async def _on(self, threads: ThreadPoolExecutor, function: Callable[..., Answer], *arguments: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)

    def _submit(self, account: int, work: Work) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self.start()
        future: asyncio.Future[Any] = loop.create_future()
        finished = self._finished

        def done(answer: Any, error: BaseException | None) -> None:
            finished.append(Finished(future, answer, error))

        self._store.submit(account, work, done)
        if self._finished:  # refused at once, because the store is being closed: no batch will tell
            loop.call_soon(self._deliver)
        return future

    def _wake(self) -> None:
        """Called by the writer's thread, once a batch."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        for _ in range(min(len(self._finished), DELIVERED_AT_ONCE)):
            write = self._finished.popleft()
            if write.future.done():
                continue
            if write.error is not None:
                write.future.set_exception(write.error)
            else:
                write.future.set_result(write.answer)
        if self._finished and self._loop is not None:
            self._loop.call_soon(self._deliver)

    # the watermark (rule S)

    async def _newest(self, query: NewestStamp, principal: Principal) -> int | None:
        """The watermark: a plain read if it is settled, else a publication; one a second when stamps run ahead."""
        row = await self._clock_row(query, principal)
        now = self._clock.now()
        self._watcher.drifted(row.last - now)
        if row.last == 0 or is_settled(row, now):
            return row.last or None
        if must_wait(row, now):
            self._watcher.waited()
            await self._clock.sleep(1)
        service = self._service
        published: int | None = await self._submit(principal.account, lambda tx: service.publish(tx, query, row))
        return published

    async def _clock_row(self, query: NewestStamp, principal: Principal) -> ClockRow:
        if self._remote:
            return await self._on(self._readers, self._service.clock_row, query, principal)
        return self._service.clock_row(query, principal)
