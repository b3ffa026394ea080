"""A server under a siege of bodies: what may be answered, and what must not change however many there are."""

import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.outside.serving import LiveServer
from tests.outside.session import Answer, HttpSession
from tests.torture.bodies import Delivery

DOCUMENTED = {200, 404, 405, 413, 415, 422, 500}
"""500 is the documented answer to a body that cannot be read; the server counts its own faults apart."""

PER_CONNECTION = 50
"""Requests after which a new connection is opened, so that every worker gets its share."""

FAULTS = re.compile(r"^tillstone_faults_total (\S+)$", re.MULTILINE)
ANONYMOUS = re.compile(r"^Anonymous: +(\d+) kB$", re.MULTILINE)


class Siege:
    """Delivers bodies one after the other."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server
        self.session: HttpSession = server.session()
        self._workers = server.workers()
        self.delivered = 0
        self.statuses: Counter[int] = Counter()

    def deliver(self, delivery: Delivery) -> Answer:
        """One body. Raises if the answer is not one that a client of the documentation could expect."""
        if self.delivered % PER_CONNECTION == 0:
            self.session.close()
        answer = self.session.request(*delivery)
        self.delivered += 1
        self.statuses[answer.status] += 1
        assert answer.status in DOCUMENTED, f"{delivery} was answered {answer}"
        try:
            require_readable(answer)
        except ValueError as error:
            raise AssertionError(f"{delivery} was answered {answer}") from error
        return answer

    def memory(self) -> int:
        """KiB of their own that all workers hold; what they see of the database file is not counted."""
        found = 0
        for pid in self._workers:
            match = ANONYMOUS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
            assert match is not None
            found += int(match[1])
        return found

    def require_unharmed(self) -> None:
        """The same workers, and no fault of theirs."""
        assert self._server.workers() == self._workers, "a worker died"
        metrics = self.session.request("GET", "/metrics").body.decode()
        assert [float(number) for number in FAULTS.findall(metrics)] == [0.0], self._server.faults()[-4_000:]

    def close(self) -> None:
        self.session.close()


def require_readable(answer: Answer) -> None:
    """ValueError if the body is not what its headers say."""
    kind = answer.headers.get("content-type", "")
    if len(answer.body) != int(answer.headers["content-length"]):
        raise ValueError("the length is wrong")
    if "json" in kind:
        json.loads(answer.body)
    elif "xml" in kind and answer.body.strip():
        try:
            root = ET.fromstring(answer.body)
        except ET.ParseError as error:
            raise ValueError(str(error)) from error
        if answer.status >= 400 and root.tag != "errors":
            raise ValueError("an error without errors")
