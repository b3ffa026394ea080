"""The group-commit writer: writes that wait share one transaction and one fsync.

A batch is whatever waits when the last commit ends. It runs without savepoints, because few writes fail after they have
begun to write: a refusal before that leaves the batch alone; any other error undoes the batch, which is then run again
with a savepoint for each write. So one failing write never harms its neighbours. If the commit fails, nobody's write
was done. The event loop is never entered: `done` is called in the writer's thread, and `on_batch` once a batch.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Condition, Thread
from time import monotonic
from typing import Any, TypeVar

from tillstone.domain.commands import List
from tillstone.domain.errors import Refusal, StoreDown
from tillstone.domain.stamps import Clock
from tillstone.domain.store import Account, Volatile
from tillstone.store import feed
from tillstone.store.ledger import Ledger
from tillstone.store.positions import Positions
from tillstone.store.session import Statements, WriteSession
from tillstone.store.transaction import WriteTransaction

LINGER_S = 0.000_3
"""How long a batch waits for company if the one before it had some: as long as somebody comes within this time,"""

LONGEST_LINGER_S = 0.002
"""but not longer than this."""

LARGEST_BATCH = 500

_LOG = logging.getLogger(__name__)

Work = Callable[[Any], Any]
Answer = TypeVar("Answer")
Done = Callable[[Any, BaseException | None], None]


class Item:
    """One write on its way."""

    __slots__ = ("account", "answer", "done", "error", "work")

    def __init__(self, account: int, work: Work, done: Done) -> None:
        self.account = account
        self.work = work
        self.done = done
        self.answer: Any = None
        self.error: BaseException | None = None

    def settle(self, answer: Any, error: BaseException | None) -> None:
        """What became of it, unless the batch is undone."""
        self.answer, self.error = answer, error


class _SpoiltError(Exception):
    """A write failed after it had begun to write, outside a savepoint: the batch has to be undone."""


class Batches:
    """Runs batches on one connection."""

    def __init__(self, session: WriteSession, statements: Statements, clock: Clock, volatile: Volatile) -> None:
        self._session = session
        self._statements = statements
        self._clock = clock
        self._volatile = volatile
        self._sizes: dict[tuple[int, str], tuple[int, int]] = {}

    def run(self, items: Sequence[Item]) -> None:
        """Run `items` in one transaction and make it durable; every item is settled then."""
        try:
            self._commit(items, safely=False)
        except _SpoiltError:
            # a single one was undone as a whole, and keeps its own error
            if len(items) > 1:
                self._again(items)
        except StoreDown as down:
            _settle_all(items, down)
        except Exception as error:  # noqa: BLE001 - each asker gets their own
            # what was kept in memory cannot be stored: a fault of ours, and its neighbours shall not pay for it
            self._one_by_one(items, error)

    def _again(self, items: Sequence[Item]) -> None:
        try:
            self._commit(items, safely=True)
        except StoreDown as down:
            _settle_all(items, down)
        except Exception as error:  # noqa: BLE001 - see run
            self._one_by_one(items, error)

    def _one_by_one(self, items: Sequence[Item], error: Exception) -> None:
        if len(items) == 1:
            items[0].settle(None, error)
            return
        for item in items:
            self.run([item])

    def _commit(self, items: Sequence[Item], *, safely: bool) -> None:
        session = self._session
        try:
            session.begin(items[0].account)
            ledger = Ledger(session, self._statements, self._clock.now())
            for item in items:
                if safely:
                    self._run_safely(item, ledger)
                else:
                    self._run(item, ledger)
            session.require_transaction()
            ledger.flush()
            session.commit()
        except BaseException:
            session.abandon()
            raise
        self._sizes = ledger.sizes()

    def tidy(self) -> None:
        """What a batch leaves to be done when everybody has their answer."""
        sizes, self._sizes = self._sizes, {}
        self._session.grown(sizes)

    def _transaction(self, item: Item, ledger: Ledger) -> WriteTransaction:
        return WriteTransaction(
            self._session, self._statements, ledger=ledger, account=item.account, volatile=self._volatile
        )

    def _run(self, item: Item, ledger: Ledger) -> None:
        tx, mark = self._transaction(item, ledger), ledger.mark()
        try:
            item.settle(item.work(tx), None)
        except BaseException as error:
            item.settle(None, error)
            if tx.wrote or not isinstance(error, Refusal):
                raise _SpoiltError from error
            ledger.undo(mark)

    def _run_safely(self, item: Item, ledger: Ledger) -> None:
        tx = self._transaction(item, ledger)
        try:
            with tx.savepoint():
                item.settle(item.work(tx), None)
        except BaseException as error:  # noqa: BLE001 - it is the asker's, who gets it
            item.settle(None, error)
            self._session.require_transaction()


def _settle_all(items: Sequence[Item], down: StoreDown) -> None:
    for item in items:
        item.settle(None, down)


def _safely(callback: Callable[..., None], *arguments: Any) -> None:
    """Whoever waited may be gone; the writer goes on for the others."""
    try:
        callback(*arguments)
    except Exception:  # noqa: BLE001 - see above
        _LOG.exception("what follows a write failed")


class Writer:
    """Queues of waiting writes, one per lock, and a thread for each connection that takes them by batches."""

    def __init__(self, workers: Sequence[Batches], *, by_account: bool) -> None:
        self._by_account = by_account
        self._changed = Condition()
        self._waiting: dict[int, deque[Item]] = {}
        self._busy: set[int] = set()
        # of locks whose batch lingers: how many writes it waits for
        self._awaited: dict[int, int] = {}
        self._closing = False
        self._on_batch: Callable[[], None] | None = None
        self._threads = [Thread(target=self._serve, args=(worker,), name="writer", daemon=True) for worker in workers]
        for thread in self._threads:
            thread.start()

    def on_batch(self, callback: Callable[[], None]) -> None:
        """Called in a writer's thread after the `done`s of each batch."""
        self._on_batch = callback

    def submit(self, account: int, work: Work, done: Done) -> None:
        """Queue a write."""
        item, lock = Item(account, work, done), account if self._by_account else 0
        with self._changed:
            if not self._closing:
                waiting = self._waiting.setdefault(lock, deque())
                waiting.append(item)
                # a thread that runs a batch looks for itself when it is done: waking anybody costs more than a write
                if lock not in self._busy or len(waiting) == self._awaited.get(lock):
                    self._changed.notify_all()
                return
        done(None, StoreDown("The database is being closed."))

    def write(self, account: int, work: Callable[[Any], Answer]) -> Answer:
        """Queue a write and wait for it."""
        finished: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.submit(account, work, lambda answer, error: finished.put((answer, error)))
        answer, error = finished.get()
        if error is not None:
            raise error
        written: Answer = answer
        return written

    def add_account(self, name: str) -> Account:
        """A new account, written under the lock of the list of accounts; Clash if the name is taken."""

        def work(tx: WriteTransaction) -> Account:
            return tx.add_account(name)

        return self.write(0, work)

    def close(self) -> None:
        """Finish what was submitted."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _serve(self, batches: Batches) -> None:
        company: dict[int, int] = {}
        while (lock := self._take_lock()) is not None:
            items = self._take_items(lock, company.get(lock, 0))
            batches.run(items)
            company[lock] = len(items) + self._release(lock)
            for item in items:
                _safely(item.done, item.answer, item.error)
            if self._on_batch is not None:
                _safely(self._on_batch)
            _safely(batches.tidy)

    def _take_lock(self) -> int | None:
        """Wait for something to do under a lock that nobody of this process holds; None at the end."""
        with self._changed:
            while True:
                for lock in self._waiting:
                    if lock not in self._busy:
                        self._busy.add(lock)
                        return lock
                if self._closing and not self._waiting:
                    return None
                self._changed.wait()

    def _take_items(self, lock: int, company: int) -> list[Item]:
        with self._changed:
            waiting = self._waiting[lock]
            if company > 1:
                self._linger(lock, waiting, min(company, LARGEST_BATCH))
            items = [waiting.popleft() for _ in range(min(len(waiting), LARGEST_BATCH))]
            if not waiting:
                del self._waiting[lock]
            return items

    def _linger(self, lock: int, waiting: Sequence[Item], company: int) -> None:
        """Whoever was answered just now will mostly come again."""
        seen, until = 0, monotonic() + LONGEST_LINGER_S
        self._awaited[lock] = company
        while seen < len(waiting) < company and not self._closing and monotonic() < until:
            seen = len(waiting)
            self._changed.wait(LINGER_S)
        del self._awaited[lock]

    def _release(self, lock: int) -> int:
        """Let go of a lock. Gives how many have come meanwhile."""
        with self._changed:
            self._busy.discard(lock)
            # another thread may have passed over this lock, or wait for the end
            if self._waiting or self._closing:
                self._changed.notify_all()
            return len(self._waiting.get(lock, ()))


class WritingStore:
    """What is the same of `domain.store.Store` over every database: how it is written, and where pages begin."""

    _writer: Writer
    _positions: Positions

    def ahead(self, account: int, listing: List) -> int:
        """How many entries are walked past before the page, as far as is remembered."""
        return feed.ahead(self._positions, account, listing)

    def write(self, account: int, work: Callable[[Any], Answer]) -> Answer:
        """Run `work` in a transaction and wait until it is durable."""
        return self._writer.write(account, work)

    def submit(
        self,
        account: int,
        work: Callable[[Any], Answer],
        done: Callable[[Answer | None, BaseException | None], None],
    ) -> None:
        """Hand `work` to the group-commit writer."""
        self._writer.submit(account, work, done)

    def on_batch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each batch."""
        self._writer.on_batch(callback)

    def add_account(self, name: str) -> Account:
        """A new account; Clash if the name is taken."""
        return self._writer.add_account(name)
