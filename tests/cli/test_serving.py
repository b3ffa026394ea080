"""`tillstone serve` and `tillstone demo`, as typed."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.servers import BASIC, free_port
from tests.outside.serving import environment, open_shop, service_over, wait_until
from tillstone.cli import sample
from tillstone.server.ending import ending_signals

TILLSTONE = [sys.executable, "-m", "tillstone.cli"]


@pytest.fixture(autouse=True)
def terminal() -> Iterator[None]:
    """A hangup means to a started server what it means at a terminal, even if the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def asked(url: str, authorization: str = BASIC) -> str:
    request = urllib.request.Request(url, headers={"Authorization": authorization})
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: bytes = answer.read()
    return body.decode()


def answers(url: str) -> bool:
    try:
        return bool(asked(url))
    except OSError:
        return False


@contextmanager
def typed(directory: Path, *words: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that runs until it is told to end."""
    environ = environment(f"sqlite:///{directory / 'shop.db'}", directory, **settings)
    process = subprocess.Popen(
        [*TILLSTONE, *words], env=environ, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_serve_migrates_serves_and_ends_when_told(tmp_path: Path, number: int) -> None:
    port = free_port()
    with typed(tmp_path, "serve", "--port", str(port), "--workers", "2") as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), what="the server")
        open_shop(f"sqlite:///{tmp_path / 'shop.db'}")
        assert "<customers/>" in asked(f"http://127.0.0.1:{port}/api/customers.xml")
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"Serving sqlite:///{tmp_path / 'shop.db'} on http://127.0.0.1:{port}\n" in err
    assert '"path":"/api/customers.xml"' in out


@pytest.mark.parametrize(
    "at_terminal, ends", [(signal.SIG_DFL, True), (signal.SIG_IGN, False)], ids=["terminal", "nohup"]
)
def test_hangup_ends_a_server_unless_it_is_under_nohup(at_terminal: signal.Handlers, *, ends: bool) -> None:
    signal.signal(signal.SIGHUP, at_terminal)
    assert (signal.SIGHUP in ending_signals()) is ends


def test_options_beat_the_settings(tmp_path: Path) -> None:
    port = free_port()
    with typed(tmp_path, "serve", "--port", str(port), TILLSTONE_SERVER_PORT="1") as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), what="the server")
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_port_that_is_taken_is_told(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with typed(tmp_path, command, "--port", str(port)) as process:
            _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == (
        f"Nothing can listen on 127.0.0.1:{port}: Address already in use.\n"
        f"Next: tillstone {command} --port {port + 1}\n"
    )


def test_reader_that_has_read_enough_is_told_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environ = environment(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path)
    command = [*TILLSTONE, "account", "list"]
    ended = subprocess.run(command, env=environ, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=30)
    os.close(writer)
    assert ended.stderr == b""


def test_address_that_is_not_of_this_machine_is_told(tmp_path: Path) -> None:
    with typed(tmp_path, "serve", "--host", "192.0.2.1", "--port", "8080") as process:
        _, err = process.communicate(timeout=30)
    assert err == (
        "Nothing can listen on 192.0.2.1:8080: Cannot assign requested address.\n"
        "Next: tillstone serve --host 127.0.0.1\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_demo_leaves_nothing_whatever_ends_it_and_whenever(tmp_path: Path, number: int) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    port = free_port()
    for what, is_so in (
        ("the sample to be made", lambda: list(scratch.glob("*/demo.db"))),
        ("the server", lambda: answers(f"http://127.0.0.1:{port}/healthz")),
    ):
        with typed(tmp_path, "demo", "--port", str(port), TMPDIR=str(scratch)) as process:
            wait_until(is_so, what=what)
            process.send_signal(number)
            process.communicate(timeout=30)
        assert list(scratch.iterdir()) == [], what
    assert not answers(f"http://127.0.0.1:{port}/healthz")


def test_demo_is_shown_also_where_the_web_is_reached_through_a_proxy(tmp_path: Path) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    with typed(tmp_path, "demo", "--port", str(free_port()), http_proxy=proxy, no_proxy="") as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        process.terminate()
        process.communicate(timeout=30)
    assert told.startswith("A shop to play with")


def test_demo_takes_nothing_of_the_shop_whose_settings_are_in_force(tmp_path: Path) -> None:
    """Neither the key that seals its secrets, which would be made here, nor its account, name or certificate."""
    own = {"key_file": tmp_path / "own.key", "default_account": "own", "public_url": "https://own.example"}
    settings = {f"TILLSTONE_SERVER_{name.upper()}": str(value) for name, value in own.items()}
    port = free_port()
    with typed(tmp_path, "demo", "--port", str(port), **settings) as process:
        assert process.stdout is not None
        process.stdout.readline()
        told = asked(f"http://127.0.0.1:{port}/system/api_url?account_id=test_account")
        process.terminate()
        process.communicate(timeout=30)
    assert told == f"http://127.0.0.1:{port}"
    assert not (tmp_path / "own.key").exists()


def test_demo_prints_curls_that_work_and_leaves_nothing(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    port = free_port()
    with typed(tmp_path, "demo", "--port", str(port), TMPDIR=str(scratch)) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        told = "".join(line for line in iter(lambda: next(lines), f"Counters: http://127.0.0.1:{port}/metrics\n"))
        user, url = re.findall(r"curl -u (\S+) '(\S+)'", told)[0]
        basic = "Basic " + b64encode(user.encode()).decode()
        assert asked(url, basic).count("<customer>") == 3
        header, url = re.findall(r"curl -H 'Authorization: (OAuth [^']*)' '(\S+)'", told)[0]
        assert asked(url, header).count("<entity_id>") == 3
        for kind, record in (
            ("customers", 17),
            ("suppliers", 53),
            ("suppliers", 599),
            ("products", 53),
            ("products", 599),
        ):
            shown = asked(f"http://127.0.0.1:{port}/api/{kind}/{record}.xml", basic)
            assert '<status nil="true">' in shown
        process.terminate()
        assert process.wait(30) == 0
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "shop.db").exists()


def test_sample_is_as_large_as_promised_and_partly_deleted(tmp_path: Path) -> None:
    from tillstone.cli.serving import fill_demo
    from tillstone.config import load
    from tillstone.domain.stamps import ClockRow

    url = f"sqlite:///{tmp_path / 'demo.db'}"
    fill_demo(load({"TILLSTONE_DATABASE_URL": url}))
    with service_over(url) as service, service.store.read() as snapshot:
        clocks: dict[str, ClockRow] = {name: snapshot.clock(1, name) for name in ("customer", "supplier", "product")}
    rows = [clock.rows for clock in clocks.values()]
    assert rows == [sample.CUSTOMERS, sample.SUPPLIERS, sample.PRODUCTS]
    assert rows >= [250, 60, 120]
    assert all(clock.deleted > 1 for clock in clocks.values())
