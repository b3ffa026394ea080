"""The settings: names, types, defaults and help in one table, and how they are read.

Values only; nothing here opens anything but `tillstone.toml`. The table is the sections below; `--help`, the
reference page and the messages are made from it. A setting is taken from, in this order: the command line, the
environment, `tillstone.toml`, its default.
"""

import ipaddress
import tomllib
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

FILE_VARIABLE = "TILLSTONE_CONFIG"
FILE_NAME = "tillstone.toml"


def _refuse_network(value: object) -> str | None:
    for text in value if isinstance(value, tuple) else ():
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            return f"{text!r} is neither an address nor a network"
    return None


def _refuse_host(value: object) -> str | None:
    try:
        str(value).encode("idna")
    except UnicodeError:
        return "must be an address, or a name that a host can have"
    return None


def _refuse_url(value: object) -> str | None:
    schemes = ("sqlite:///", "postgresql://")
    return None if str(value).startswith(schemes) else f"must begin with {' or '.join(schemes)}"


def _refuse_link(value: object) -> str | None:
    usable = not value or (str(value).startswith(("http://", "https://")) and not str(value).endswith("/"))
    return None if usable else "must begin with http:// or https:// and end without a slash"


def _refuse_zone(value: object) -> str | None:
    try:
        zoneinfo.ZoneInfo(str(value))
    except (KeyError, OSError, ValueError):
        return f"{value!r} is no time zone of this machine"
    return None


def _check(check: Any) -> dict[str, Any]:
    return {"check": check}


class Database(Struct, frozen=True, kw_only=True):
    """Where the records are."""

    url: Annotated[
        str,
        Meta(
            description="Where the records are: sqlite:///FILE or postgresql://HOST/NAME.",
            extra=_check(_refuse_url),
        ),
    ] = "sqlite:///tillstone.db"


class Server(Struct, frozen=True, kw_only=True):
    """How the server listens, and whom it believes."""

    host: Annotated[str, Meta(description="The address to listen on.", min_length=1, extra=_check(_refuse_host))] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(description="The port to listen on.", ge=1, le=65_535)] = 8080
    workers: Annotated[int, Meta(description="How many processes answer requests.", ge=1, le=64)] = 1
    key_file: Annotated[
        str,
        Meta(
            description="The file with the key that seals secrets at rest, made when first needed; empty: the SQLite "
            "file's name with .key added. Needed for logins on PostgreSQL."
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(
            description="Scheme and host for links in answers; empty: those of the request.", extra=_check(_refuse_link)
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="Proxies whose X-Forwarded-* headers are believed.", extra=_check(_refuse_network)),
    ] = ()
    domain: Annotated[
        str, Meta(description="A host ACCOUNT.DOMAIN names that account, as ACCOUNT.imonggo.com does; empty: none.")
    ] = ""
    default_account: Annotated[
        str, Meta(description="The account of requests that name none; empty: the only account there is.")
    ] = ""
    metrics_from: Annotated[
        tuple[str, ...],
        Meta(description="Who may read /metrics besides this machine.", extra=_check(_refuse_network)),
    ] = ()
    access_log: Annotated[bool, Meta(description="Write one line of JSON to standard output per request.")] = True
    tls_cert: Annotated[str, Meta(description="Certificate chain (PEM); with server.tls_key: serve HTTPS.")] = ""
    tls_key: Annotated[str, Meta(description="The certificate's private key (PEM).")] = ""


class Limit(Struct, frozen=True, kw_only=True):
    """How many requests one key may send."""

    requests: Annotated[int, Meta(description="Requests one key may send per window; 0: any number.", ge=0)] = 0
    window_s: Annotated[int, Meta(description="Length of that window in seconds.", ge=1, le=86_400)] = 10


class Imonggo(Struct, frozen=True, kw_only=True):
    """The Imonggo API."""

    empty_list: Annotated[
        Literal["documented", "typed"],
        Meta(
            description='An empty list: "documented" is <customers/>, "typed" is <customers type="array"/>, which '
            "stock ActiveResource clients need."
        ),
    ] = "documented"


class Openmage(Struct, frozen=True, kw_only=True):
    """The OpenMage / Magento 1 REST API."""

    behave_as: Annotated[
        Literal["documented", "20.18"],
        Meta(
            description='Where the published documentation and the product differ: "documented" follows the page, '
            '"20.18" the product of that version.'
        ),
    ] = "documented"
    timestamp_window_s: Annotated[
        int, Meta(description="Seconds by which a signed request may be early or late.", ge=60, le=86_400)
    ] = 600
    time_zone: Annotated[
        str,
        Meta(
            description='The store\'s time zone, in which "20.18" shows created_at of a single item.',
            extra=_check(_refuse_zone),
        ),
    ] = "UTC"


class Zeald(Struct, frozen=True, kw_only=True):
    """The Zeald API."""

    require_https: Annotated[
        bool, Meta(description="Refuse plain HTTP, unless it comes from this machine to a loopback address.")
    ] = True
    unknown_groups: Annotated[
        Literal["create", "refuse"],
        Meta(description="What happens to a group that a membership names and that is not there."),
    ] = "create"
    timezone: Annotated[
        str,
        Meta(
            description="The zone in which times are shown and read, such as Pacific/Auckland.",
            extra=_check(_refuse_zone),
        ),
    ] = "UTC"
    max_passwords_per_request: Annotated[
        int, Meta(description="How many plain-text passwords one request may set.", ge=0, le=2_000)
    ] = 200
    expose_password_hash: Annotated[
        bool, Meta(description="Show the stored hash as a customer's password, as documented; else it is empty.")
    ] = True


class Settings(Struct, frozen=True, kw_only=True):
    """All settings."""

    database: Database = Database()
    server: Server = Server()
    limit: Limit = Limit()
    imonggo: Imonggo = Imonggo()
    openmage: Openmage = Openmage()
    zeald: Zeald = Zeald()


class Setting(Struct, frozen=True):
    """One row of the table."""

    name: str
    hint: Any
    default: Any

    @property
    def type(self) -> Any:
        """Its bare type."""
        return get_args(self.hint)[0]

    @property
    def meta(self) -> Meta:
        """Its help, limits and check."""
        meta: Meta = get_args(self.hint)[1]
        return meta

    @property
    def help(self) -> str:
        """What it is for."""
        return str(self.meta.description)

    @property
    def environment(self) -> str:
        """The environment variable that sets it."""
        return "TILLSTONE_" + self.name.replace(".", "_").upper()

    @property
    def kind(self) -> str:
        """What it may be, in words."""
        if get_origin(self.type) is Literal:
            return " or ".join(get_args(self.type))
        if self.type is int:
            return f"a whole number from {self.meta.ge}" + (f" to {self.meta.le}" if self.meta.le is not None else "")
        names = {str: "text", bool: "true or false", tuple[str, ...]: "a list"}
        return names[self.type]


class SettingsInvalid(Exception):
    """Settings that cannot be used; `faults` tells all of them, a sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def _rows() -> Iterator[Setting]:
    for section in msgspec.structs.fields(Settings):
        hints = get_type_hints(section.type, include_extras=True)
        for field in msgspec.structs.fields(section.type):
            yield Setting(f"{section.name}.{field.name}", hints[field.name], field.default)


TABLE: dict[str, Setting] = {row.name: row for row in _rows()}
"""Every setting by its name."""


def load(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings in force. `overrides` are those of the command line, by name; None values count as not given.

    Raises `SettingsInvalid`.
    """
    faults: list[str] = []
    values: dict[str, Any] = {}
    for source, texts in (
        (_file_name(environ), _from_file(environ, faults)),
        (
            "the environment",
            {row.name: environ[row.environment] for row in TABLE.values() if row.environment in environ},
        ),
        ("the command line", {name: value for name, value in (overrides or {}).items() if value is not None}),
    ):
        for name, value in texts.items():
            _take(name, value, source=source, values=values, faults=faults)
    if bool(values.get("server.tls_cert")) != bool(values.get("server.tls_key")):
        faults.append("server.tls_cert and server.tls_key belong together: give both or neither")
    if faults:
        raise SettingsInvalid(faults)
    return _build(values)


def to_environment(settings: Settings) -> dict[str, str]:
    """The variables from which another process reads the same settings."""
    return {
        row.environment: _as_text(getattr(getattr(settings, section), field))
        for row in TABLE.values()
        for section, field in [row.name.split(".")]
    }


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _file_name(environ: Mapping[str, str]) -> str:
    return environ.get(FILE_VARIABLE) or FILE_NAME


def _from_file(environ: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    name = _file_name(environ)
    try:
        parsed = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if environ.get(FILE_VARIABLE):
            faults.append(f"{name} ({FILE_VARIABLE}) does not exist")
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        faults.append(f"{name} cannot be read: {problem}")
        return {}
    return _flattened(parsed)


def _flattened(parsed: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for section, content in parsed.items():
        if isinstance(content, dict):
            flat.update({f"{section}.{name}": value for name, value in content.items()})
        else:
            flat[section] = content
    return flat


def _take(name: str, value: Any, *, source: str, values: dict[str, Any], faults: list[str]) -> None:
    row = TABLE.get(name)
    if row is None:
        faults.append(f"{source} sets {name}, which is no setting")
        return
    try:
        values[name] = _converted(row, value)
    except ValueError as problem:
        faults.append(f"{name} in {source}: {problem}")


def _converted(row: Setting, value: Any) -> Any:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("must hold no NUL")
        value = _from_text(row, value)
    try:
        # text may stand for a number only where text is all there is: in the environment and on the command line
        converted = msgspec.convert(value, row.hint, strict=not isinstance(value, str))
    except msgspec.ValidationError:
        raise ValueError(f"must be {row.kind}") from None
    check = (row.meta.extra or {}).get("check")
    refused = check(converted) if check else None
    if refused:
        raise ValueError(refused)
    return converted


def _from_text(row: Setting, text: str) -> Any:
    if row.type == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    if row.type is bool:
        return {"on": "true", "yes": "true", "off": "false", "no": "false"}.get(text.lower(), text)
    return text


def _build(values: dict[str, Any]) -> Settings:
    sections: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        section, field = name.split(".")
        sections.setdefault(section, {})[field] = value
    blank = Settings()
    return Settings(**{name: type(getattr(blank, name))(**fields) for name, fields in sections.items()})
