"""One request to an application in this process, without a socket."""

from typing import Any

from tillstone.server.arrival import Answer, Arrival, Disconnected


class Whole:
    """A body that is here already, in one piece."""

    is_whole = True

    def __init__(self, body: bytes) -> None:
        self._body = body

    def take(self) -> bytes:
        body, self._body = self._body, b""
        return body

    async def more(self) -> None:
        raise Disconnected


def arrival(
    method: str, target: bytes, headers: dict[str, str], *, client: str = "127.0.0.1", scheme: str = "http"
) -> Arrival:
    path, _, query = target.partition(b"?")
    named = {name.lower().encode(): value.encode() for name, value in headers.items()}
    return Arrival(method, path, query, named, client, scheme)


async def ask(application: Any, method: str, target: bytes, headers: dict[str, str], body: bytes = b"") -> Answer:
    """What is answered. The length of the body is told if there is one."""
    sized = {"content-length": str(len(body))} if body else {}
    answer: Answer | None = await application.answer(arrival(method, target, sized | headers), Whole(body))
    assert answer is not None
    return answer
