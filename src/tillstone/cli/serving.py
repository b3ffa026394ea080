"""`tillstone serve` and `tillstone demo`: the server itself is a process that holds nothing of the command line."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tillstone.cli import sample
from tillstone.cli.sentences import Sentence
from tillstone.config import TABLE, Settings, load, to_environment
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import open_service
from tillstone.server.ending import ending_signals
from tillstone.store import migrate as migrate_database

SERVER = [sys.executable, "-P", "-m", "tillstone.server"]
READY_WITHIN_S = 20.0
FIRST_PORT, LAST_PORT = 1_024, 65_535

NOT_SHOWN = tuple(f"server.{name}" for name in ("key_file", "default_account", "public_url", "tls_cert", "tls_key"))
"""Settings that belong to a real shop: the demo leaves them alone."""

Host = Annotated[str | None, typer.Option(help="The address to listen on [server.host].")]
Port = Annotated[int | None, typer.Option(help="The port to listen on [server.port].")]
Workers = Annotated[int | None, typer.Option(help="How many processes answer [server.workers].")]


def serve(
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    tls_cert: Annotated[str | None, typer.Option(help="Certificate chain, PEM [server.tls_cert].")] = None,
    tls_key: Annotated[str | None, typer.Option(help="Its private key, PEM [server.tls_key].")] = None,
) -> None:
    """Bring the database up to date, then serve every dialect on one port."""
    given = {"host": host, "port": port, "workers": workers, "tls_cert": tls_cert, "tls_key": tls_key}
    settings = load(os.environ, {f"server.{name}": value for name, value in given.items()})
    _require_free(settings, "serve")
    migrate_database(settings.database.url)
    typer.echo(f"Serving {settings.database.url.rpartition('@')[2]} on {_base(settings)}", err=True)
    os.execve(SERVER[0], SERVER, {**os.environ, **to_environment(settings)})  # noqa: S606 - the same interpreter


def demo(port: Port = None, host: Host = None) -> None:
    """Serve a throw-away shop with sample data and the documented account and token."""
    with TemporaryDirectory(prefix="tillstone-demo-") as directory:
        _end_by(signal.default_int_handler)  # whichever signal it is, the directory goes
        url = f"sqlite:///{Path(directory) / 'demo.db'}"
        shown = {"server.port": port, "server.host": host, "database.url": url, "server.access_log": False}
        settings = load(os.environ, {**dict.fromkeys(NOT_SHOWN, ""), **shown})
        _require_free(settings, "demo")
        fill_demo(settings)
        server = subprocess.Popen(SERVER, env={**os.environ, **to_environment(settings)})  # noqa: S603 - our own
        try:
            _end_by(lambda *_: server.terminate())
            if _is_ready(settings, server):
                typer.echo(_welcome(settings))
            code = server.wait()
        finally:
            server.terminate()
            server.wait()
    raise typer.Exit(code)


def _end_by(handler: Callable[..., object]) -> None:
    for number in ending_signals():
        signal.signal(number, handler)


def fill_demo(settings: Settings) -> None:
    """Make the sample shop in an empty database."""
    migrate_database(settings.database.url)
    clock = sample.PastClock(int(time.time()))
    service = open_service(settings, clock=clock, random=SystemRandom())
    try:
        sample.fill(service, clock)
    finally:
        service.store.close()


def _welcome(settings: Settings) -> str:
    base, token = _base(settings), sample.TOKEN
    return "\n".join(
        (
            f"A shop to play with, gone at Ctrl-C: account {sample.ACCOUNT} with {sample.CUSTOMERS} customers,",
            f"{sample.SUPPLIERS} suppliers and {sample.PRODUCTS} products.",
            "",
            f"  Imonggo   curl -u {token}:X '{base}/api/customers.xml?per_page=3'",
            f"  OpenMage  curl -H 'Authorization: {_plaintext()}' '{base}/api/rest/customers?limit=3'",
            f"  Zeald     curl -u {token}:X '{base}/API/V3/Customer+UserCustomerGroups?_results=3'",
            "",
            f"Counters: {base}/metrics",
        )
    )


def _plaintext() -> str:
    """An OAuth header that needs no signing: good on this machine only."""
    claims = {
        "oauth_consumer_key": sample.CONSUMER_KEY,
        "oauth_token": sample.ADMIN_TOKEN,
        "oauth_signature_method": "PLAINTEXT",
        "oauth_signature": f"{sample.CONSUMER_SECRET}%26{sample.ADMIN_SECRET}",
    }
    return "OAuth " + ", ".join(f'{name}="{value}"' for name, value in claims.items())


def _base(settings: Settings) -> str:
    host = settings.server.host
    scheme = "https" if settings.server.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.server.port}"


def _is_ready(settings: Settings, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server answers, or has ended."""
    deadline = time.monotonic() + READY_WITHIN_S
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while server.poll() is None and time.monotonic() < deadline:
        try:
            directly.open(f"{_base(settings)}/readyz", timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def _require_free(settings: Settings, command: str) -> None:
    """Workers share their port by SO_REUSEPORT, so a second server would silently take half of the requests."""
    host, port = settings.server.host, settings.server.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        text = f"Nothing can listen on {host}:{port}: {problem.strerror or problem}."
        raise Sentence(text, next=f"tillstone {command} {_elsewhere(problem, port)}") from None


def _elsewhere(problem: OSError, port: int) -> str:
    """Where it can be tried instead."""
    if isinstance(problem, PermissionError):
        return f"--port {TABLE['server.port'].default}"
    if problem.errno == errno.EADDRINUSE:
        return f"--port {port + 1 if FIRST_PORT <= port < LAST_PORT else FIRST_PORT}"
    return f"--host {TABLE['server.host'].default}"
