"""The composition: settings → store → service → dialects → one application."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tillstone.config import Settings, load
from tillstone.dialects.base import Dialect
from tillstone.dialects.imonggo import Imonggo
from tillstone.dialects.openmage import OpenMage
from tillstone.dialects.zeald import Options, Zeald
from tillstone.domain.admission import AdmissionSettings
from tillstone.domain.secrets import Random, Seal, SystemRandom
from tillstone.domain.service import Service
from tillstone.domain.stamps import Clock
from tillstone.server import journal, metrics, plain
from tillstone.server.application import Application
from tillstone.server.clock import SystemClock
from tillstone.server.guard import Rate
from tillstone.server.origin import Origin
from tillstone.server.plain import Pages
from tillstone.server.run import Runner
from tillstone.server.watch import Watch
from tillstone.store import open_store


def key_file(settings: Settings) -> Path:
    """Where the key is that seals secrets: as set, else beside the SQLite file, else in the working directory."""
    if settings.server.key_file:
        return Path(settings.server.key_file)
    file = settings.database.url.removeprefix("sqlite:///") if is_embedded(settings) else "tillstone"
    return Path(f"{file}.key")


def is_embedded(settings: Settings) -> bool:
    """Whether the database is a file of this machine."""
    return settings.database.url.startswith("sqlite:")


def open_service(settings: Settings, *, clock: Clock, random: Random) -> Service:
    """The service over the database that `settings` name. Close its store when done."""
    store = open_store(settings.database.url, clock)
    admission = AdmissionSettings(
        default_account=settings.server.default_account, signing_window_s=settings.openmage.timestamp_window_s
    )
    return Service(store, clock, Seal(key_file(settings)), settings=admission, random=random)


def _imonggo(settings: Settings, _clock: Clock) -> Dialect:
    return Imonggo(empty_list=settings.imonggo.empty_list, domain=settings.server.domain)


def _openmage(settings: Settings, _clock: Clock) -> Dialect:
    return OpenMage(behave_as=settings.openmage.behave_as, time_zone=settings.openmage.time_zone)


def _zeald(settings: Settings, clock: Clock) -> Dialect:
    chosen = settings.zeald
    options = Options(
        require_https=chosen.require_https,
        creates_groups=chosen.unknown_groups == "create",
        timezone=chosen.timezone,
        max_passwords=chosen.max_passwords_per_request,
        shows_hashes=chosen.expose_password_hash,
    )
    return Zeald(clock.now, options)


FRONTS: dict[str, Callable[[Settings, Clock], Dialect]] = {
    "zeald": _zeald,
    "openmage": _openmage,
    "imonggo": _imonggo,
}
"""Every dialect, in the order in which they look at a path."""


def build(settings: Settings, *, clock: Clock, random: Random, environ: Mapping[str, str] | None = None) -> Application:
    """The application that `settings` ask for."""
    service = open_service(settings, clock=clock, random=random)
    fronts = tuple(front(settings, clock) for front in FRONTS.values())
    meters = metrics.from_environment((plain.FRONT, *FRONTS), environ or {})
    notes = journal.standard(access=settings.server.access_log)
    runner = Runner(service, remote=not is_embedded(settings), watcher=Watch(meters, notes))
    return Application(
        fronts,
        runner,
        clock=clock,
        origin=Origin(
            bind=settings.server.host,
            public_url=settings.server.public_url,
            trusted_proxies=settings.server.trusted_proxies,
        ),
        rate=Rate(requests=settings.limit.requests, window_s=settings.limit.window_s, workers=settings.server.workers),
        journal=notes,
        meters=meters,
        pages=Pages(meters, metrics_from=settings.server.metrics_from, check=runner.is_ready),
        prefix=random.hexadecimal(8),
    )


def create() -> Application:
    """The application of a worker process, by the environment and `tillstone.toml`: a worker's factory."""
    return build(load(os.environ), clock=SystemClock(), random=SystemRandom(), environ=os.environ)
