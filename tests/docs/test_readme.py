"""The README's commands answer what the README says, on the shop that `make demo` shows."""

import shlex
import time
from argparse import ArgumentParser
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import pytest

from tests.cases.inprocess import InProcess
from tillstone import config
from tillstone.cli import sample
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import open_service
from tillstone.store import migrate

README = Path(__file__).parents[2] / "README.md"
LEFT_OUT = "…"

CURL = ArgumentParser()
CURL.add_argument("-u", dest="user")
CURL.add_argument("-X", dest="method")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-d", dest="body", default="")
CURL.add_argument("url")


def sessions() -> list[tuple[str, list[str]]]:
    """Every command of the README's console blocks, with the lines it is said to answer."""
    found: list[tuple[str, list[str]]] = []
    inside = False
    for line in README.read_text().splitlines():
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            found.append((line[2:], []))
        elif inside:
            found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    file = tmp_path_factory.mktemp("demo") / "demo.db"
    url = f"sqlite:///{file}"
    migrate(url)
    clock = sample.PastClock(int(time.time()))
    service = open_service(config.load({"TILLSTONE_DATABASE_URL": url}), clock=clock, random=SystemRandom())
    sample.fill(service, clock)
    service.store.close()
    with InProcess(file) as app:
        yield app


def run(demo: InProcess, command: str, variables: dict[str, str]) -> list[str]:
    asked = CURL.parse_args([Template(word).substitute(variables) for word in shlex.split(command)[1:]])
    url = urlsplit(asked.url)
    headers = dict(header.split(": ", 1) for header in asked.headers) | {"host": url.netloc}
    if asked.user:
        headers["authorization"] = f"Basic {b64encode(asked.user.encode()).decode()}"
    target = f"{url.path}?{url.query}" if url.query else url.path
    method = asked.method or ("POST" if asked.body else "GET")
    _, _, body = demo.send(method, target, headers, asked.body.encode())
    return body.decode().splitlines()


def agrees(got: list[str], said: list[str]) -> bool:
    """Whether `got` is `said`, where a line `…` stands for any lines."""
    if not said:
        return not got
    if said[0] == LEFT_OUT:
        return any(agrees(got[start:], said[1:]) for start in range(len(got) + 1))
    return bool(got) and got[0] == said[0] and agrees(got[1:], said[1:])


def test_every_command_answers_what_the_readme_says(demo: InProcess) -> None:
    variables: dict[str, str] = {}
    asked = 0
    for command, said in sessions():
        if not command.startswith("curl "):
            variables |= {name: value for name, _, value in (word.partition("=") for word in shlex.split(command))}
            continue
        got = run(demo, command, variables)
        assert agrees(got, said), f"{command}\nanswers\n" + "\n".join(got)
        asked += 1
    assert asked >= 6
