"""Writers at work: threads that create, change and delete customers, and remember what they were promised."""

import time
from http.client import HTTPException
from random import Random
from threading import Event, Thread
from types import TracebackType
from typing import Self

from tests.outside.records import Copy
from tests.outside.serving import LiveServer
from tests.outside.shop import Shop


class Promise:
    """A record's last acknowledged text (None: deleted), and what was asked for since without an answer."""

    def __init__(self, mark: str, text: str) -> None:
        self.mark = mark
        self.text: str | None = text
        self.unanswered: list[str | None] = []

    def allows(self, text: object) -> bool:
        return text == self.text or text in self.unanswered


class WriterThread(Thread):
    """Writes records of its own, one request after the other, until it is stopped or nobody answers."""

    def __init__(self, server: LiveServer, name: str, seed: int, ended: Event) -> None:
        super().__init__(daemon=True, name=name)
        self._session = server.session()
        self._shop = Shop(self._session)
        self._random = Random(f"{seed} {name}")
        self._ended = ended
        self._writes = 0
        self.promises: dict[int, Promise] = {}
        self.begun: set[str] = set()
        """Marks of records whose creation was never answered."""
        self.acknowledged = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                self._write()
                self.acknowledged += 1
        except (OSError, HTTPException):
            pass  # the server was killed
        except BaseException as error:  # noqa: BLE001 - told by the crew
            self.error = error
        finally:
            self._session.close()

    def _write(self) -> None:
        self._writes += 1
        live = [record for record, promise in self.promises.items() if promise.text is not None]
        dice = self._random.random()
        if not live or dice < 0.3:
            self._create()
        elif dice < 0.85:
            self._change(self._random.choice(live), f"{self.name}, write {self._writes}")
        else:
            self._change(self._random.choice(live), None)

    def _create(self) -> None:
        mark = f"{self.name}-{self._writes}"
        self.begun.add(mark)
        record = self._shop.create(mark, alternate_code=mark, remark="new")
        self.begun.discard(mark)
        self.promises[record] = Promise(mark, "new")

    def _change(self, record: int, text: str | None) -> None:
        promise = self.promises[record]
        promise.unanswered.append(text)
        if text is None:
            self._shop.remove(record)
        else:
            self._shop.change(record, remark=text)
        promise.text = text
        promise.unanswered.clear()


class Crew:
    """Several writers, each with a connection of its own."""

    def __init__(self, server: LiveServer, *, writers: int, seed: int) -> None:
        self.ended = Event()
        self._writers = [WriterThread(server, f"writer {seed} {number}", seed, self.ended) for number in range(writers)]

    def __enter__(self) -> Self:
        for writer in self._writers:
            writer.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def acknowledged(self) -> int:
        return sum(writer.acknowledged for writer in self._writers)

    def wait_for(self, writes: int) -> None:
        """Until so many are acknowledged."""
        while self.acknowledged < writes:
            assert any(writer.is_alive() for writer in self._writers), "nobody writes any more"
            time.sleep(0.005)

    def stop(self) -> None:
        """Let every writer finish its request."""
        self.ended.set()
        self.join()

    def join(self) -> None:
        """Wait for writers that end by themselves, because the server was killed."""
        for writer in self._writers:
            writer.join()
        for writer in self._writers:
            if writer.error is not None:
                raise writer.error

    def require_found(self, found: Copy) -> None:
        """Every acknowledged write is there, nothing is there twice, and nothing that nobody asked for."""
        marks = [
            str(row["alternate_code"]) for row in found.values() if str(row["alternate_code"]).startswith("writer ")
        ]
        assert len(marks) == len(set(marks)), "a record was written twice"
        for writer in self._writers:
            for record, promise in writer.promises.items():
                row = found.get(record)
                assert row is not None, f"record {record} of {writer.name} is lost"
                text = None if row["status"] == "D" else row["remark"]
                assert row["alternate_code"] == promise.mark
                assert promise.allows(text), f"record {record} says {text!r} instead of {promise.text!r}"
        self._require_asked_for(set(marks))

    def _require_asked_for(self, marks: set[str]) -> None:
        for writer in self._writers:
            known = {promise.mark for promise in writer.promises.values()} | writer.begun
            own = {mark for mark in marks if mark.rpartition("-")[0] == writer.name}
            assert own <= known, f"records of {writer.name} that it never sent"
