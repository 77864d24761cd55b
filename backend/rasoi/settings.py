"""The only reader of the environment: every setting with its default, its check and what it is for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from rasoi.keys import derive

REPOSITORY = Path(__file__).resolve().parents[2]
PREFIX = "RASOI_"
ROOM_PASSWORD = "DATABASE_PASSWORD_"  # noqa: S105  how their names begin


class SettingsError(Exception):
    """A setting that is unknown or malformed; the text is one line for the person who set it."""


def _text(value: str) -> str:
    return value


def _port(value: str) -> int:
    return _between(0, 65535)(value)


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return read


def _share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("a number from 0 to 1")
    return share


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return value.lower()

    return read


def _address(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        wanted = f"an address that starts with {' or '.join(scheme + '://' for scheme in schemes)}"
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018  a port that is no number raises here
        except ValueError:
            raise ValueError(wanted) from None
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            raise ValueError(wanted)
        return value.rstrip("/")

    return read


def _public_url(value: str) -> str:
    url = _address("http", "https")(value)
    parts = urlsplit(url)
    if not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ValueError("an address without a path, such as https://order.example.in")
    return url


def _directory(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _file(value: str) -> Path:
    path = _directory(value)
    if not path.is_file():
        raise ValueError("a file that exists")
    return path


def _key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("at least 32 characters")
    return value


def _brokers(value: str) -> str:
    brokers = _list(value)
    for host, _, port in (each.rpartition(":") for each in brokers):
        if not host or not port.isdecimal():
            raise ValueError("brokers as host:port, by comma")
    return ",".join(brokers)


def _yes(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("1 or 0")
    return value == "1"


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _networks(value: str) -> tuple[str, ...]:
    """Addresses and networks, each as the one way of writing it."""
    try:
        return tuple(str(ip_network(each)).removesuffix("/32").removesuffix("/128") for each in _list(value))
    except ValueError:
        raise ValueError("addresses or networks by comma, such as 127.0.0.1, 10.0.0.0/8") from None


def _host(value: str) -> str:
    if not value or any(sign in value for sign in "/ @?#"):
        raise ValueError("a host name or an IP address")
    return value


def is_loopback(host: str) -> bool:
    """Whether a host or an address is this machine, by a way that no other machine has."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _setting(read: Callable[[str], Any], default: Any, meaning: str, **more: Any) -> Any:
    """A field; `name` differs from the field's only where given, `shown` describes a computed default."""
    return field(default=default, metadata={"read": read, "meaning": meaning, **more})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says, checked. Made by `load`."""

    host: str = _setting(_host, "127.0.0.1", "address to listen on; 0.0.0.0 lets tablets on the network in")
    port: int = _setting(_port, 8000, "port to listen on; 0 takes a free one")
    trusted_proxies: tuple[str, ...] = _setting(
        _networks,
        (),
        "addresses or networks of proxies and tunnels in front, by comma: whom they name as the caller is believed",
        name="FORWARDED_ALLOW_IPS",
        shown="none",
    )
    inside_token: str = _setting(
        _key,
        "",
        "opens /metrics, /schema and the names in /health/ready as a bearer token, where more than this machine can ask",
        secret=True,
        shown="none: closed",
    )
    inside_only: bool = _setting(
        _yes,
        False,
        "1 where only the platform's own network reaches this port: what is for the inside is open there",
    )
    public_url: str = _setting(
        _public_url, "", "address that guests use: QR links, payment callbacks", shown="from HOST and PORT"
    )
    tls_cert: Path | None = _setting(_file, None, "certificate chain in PEM, to serve HTTPS")
    tls_key: Path | None = _setting(_file, None, "private key of TLS_CERT in PEM")
    data: Path = _setting(
        _directory, Path(".rasoi").absolute(), "where data stay", name="RASOI_DATA", shown=".rasoi"
    )
    database_url: str = _setting(
        _address("postgresql", "postgres"), "", "PostgreSQL 18 to use", secret=True, shown="embedded"
    )
    database_password: str = _setting(
        _text, "", "password of DATABASE_URL, where it has signs that an address can't hold", secret=True
    )
    redis_url: str = _setting(
        _address("redis", "rediss", "unix"), "", "Redis to use", secret=True, shown="embedded"
    )
    events: str = _setting(
        _one_of("local", "kafka"), "local", "how events travel: local, or kafka for `rasoi serve`"
    )
    kafka_bootstrap: str = _setting(_brokers, "", "Kafka brokers for EVENTS=kafka, as host:port by comma")
    kafka_replicas: int = _setting(
        _between(1, 9), 1, "copies of each topic's partitions, when topics are made"
    )
    kafka_retention_days: int = _setting(
        _between(1, 13), 7, "days that topics keep events; the logs keep them longer"
    )
    given_secret_key: str = _setting(
        _key,
        "",
        "the keys for sign-ins, PINs, table codes and the simulator are derived from it",
        name="SECRET_KEY",
        secret=True,
        shown="made once, kept",
    )
    razorpay_key_id: str = _setting(_text, "", "Razorpay's key; without keys the simulator plays its part")
    razorpay_key_secret: str = _setting(_text, "", "secret of RAZORPAY_KEY_ID", secret=True)
    razorpay_webhook_secrets: tuple[str, ...] = _setting(
        _list, (), "secrets that webhooks may be signed with, newest first, by comma", secret=True
    )
    razorpay_simulator_url: str = _setting(
        _public_url, "", "a Razorpay simulator that runs elsewhere, as browsers reach it"
    )
    razorpay_base_url: str = _setting(
        _public_url, "", "where services reach Razorpay's interface, with keys", shown="Razorpay's"
    )
    simulator_base_url: str = _setting(
        _public_url, "", "where services reach the Razorpay simulator", shown="as browsers do"
    )
    simulator_port: int = _setting(_port, 0, "port of the Razorpay simulator; 0 takes a free one")
    simulator_webhook_url: str = _setting(
        _public_url, "", "where the Razorpay simulator reaches the platform", shown="PUBLIC_URL"
    )
    stack_ports: int = _setting(
        _between(1024, 32000),
        8100,
        "first of the ports that `rasoi stack` gives to its services, ten for each room",
    )
    log_format: str = _setting(_one_of("json", "text"), "text", "form of the log lines: json or text")
    log_level: str = _setting(_one_of("debug", "info", "warning", "error"), "info", "least level logged")
    otlp_endpoint: str = _setting(
        _address("http", "https"),
        "",
        "OpenTelemetry collector that traces go to, over OTLP and HTTP",
        name="OTEL_EXPORTER_OTLP_ENDPOINT",
        shown="none: no traces",
    )
    otel_service_name: str = _setting(
        _text, "", "name of this process in traces", shown="rasoi, with the rooms that it hosts"
    )
    otel_ratio: float = _setting(
        _share, 1.0, "share of the traces that is recorded, from 0 to 1", name="OTEL_TRACES_SAMPLER_ARG"
    )
    pool_size: int = _setting(_between(2, 200), 16, "database connections of one process")
    access_token_s: int = _setting(
        _between(30, 600), 600, "seconds after which a screen of the staff renews its access token"
    )
    outbox_months: int = _setting(_between(1, 1200), 13, "months that event logs are kept")
    screens: Path = _setting(
        _directory,
        REPOSITORY / "kds_frontend" / "dist",
        "directory of the built screens",
        shown="kds_frontend/dist",
    )
    demo: bool | None = _setting(
        _yes,
        None,
        "1 lets `rasoi migrate` fill an empty database with the demo restaurant, and others than this machine sign in by its"
        " PINs and passwords, which everybody knows; with 0 `rasoi run` begins without it",
        shown="1 for `rasoi run` where only this machine can reach it",
    )
    room_passwords: tuple[
        tuple[str, str], ...
    ] = ()  # from DATABASE_PASSWORD_STAFF and so on, for `rasoi migrate`
    simulator_key_secret: str = ""  # from no variable: set by whoever starts the simulator

    @cached_property
    def secret_key(self) -> str:
        """What all keys are derived from: SECRET_KEY, or one made once and kept beside the data."""
        if self.given_secret_key:
            return self.given_secret_key
        path = self.data / "secret.key"
        self.data.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret.key.{os.getpid()}")
        try:
            descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
            os.link(draft, path)  # only whole, and never over another's
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
        return path.read_text().strip()

    def derived_key(self, purpose: str) -> str:
        """A key for one purpose, which tells nothing of the others."""
        return derive(self.secret_key, purpose)

    @cached_property
    def pin_key(self) -> str:
        """What PINs are hashed with."""
        return self.derived_key("PINs")

    @cached_property
    def refresh_key(self) -> str:
        """What makes a session's next refresh token of the one before."""
        return self.derived_key("refresh tokens")

    @cached_property
    def table_code_key(self) -> str:
        """What tables' QR codes are made with; another one ends all that are printed."""
        return self.derived_key("table codes")

    @cached_property
    def network_key(self) -> str:
        """What guests' networks are hashed with."""
        return self.derived_key("networks")

    def is_proxy(self, address: str) -> bool:
        """Whether requests from this address are of many callers."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies)

    @cached_property
    def _proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(each) for each in self.trusted_proxies)

    @property
    def simulated(self) -> bool:
        """Whether the Razorpay simulator stands in for Razorpay."""
        return not self.razorpay_key_id

    @property
    def inside_is_open(self) -> bool:
        """Whether whoever reaches the port is inside: in the demo, and where only this machine does."""
        return self.inside_only or bool(self.demo) or self.at_home

    @property
    def checkout_origin(self) -> str:
        """Where Razorpay's checkout and its frames come from, for the Content-Security-Policy of the screens."""
        if not self.simulated:
            return "https://*.razorpay.com"
        if self.razorpay_simulator_url:
            return self.razorpay_simulator_url
        public = urlsplit(self.url)
        host = f"[{public.hostname}]" if ":" in (public.hostname or "") else public.hostname
        return f"{public.scheme}://{host}:{self.simulator_port}"

    @property
    def at_home(self) -> bool:
        """Whether nothing but this machine can reach the platform, as far as HOST and PUBLIC_URL tell."""
        return is_loopback(self.host) and is_loopback(urlsplit(self.url).hostname or "")

    @property
    def simulator_host(self) -> str:
        """Where the simulator listens: beyond this machine only in the demo, whose guests' phones it has to reach."""
        return self.host if self.demo or is_loopback(self.host) else "127.0.0.1"

    @property
    def url(self) -> str:
        """PUBLIC_URL, or the address that this process listens on."""
        scheme = "https" if self.tls_cert else "http"
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return self.public_url or f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


def _variables() -> dict[str, Any]:
    """The fields of Settings that come from the environment, by the variable's name."""
    return {str(f.metadata.get("name", f.name.upper())): f for f in fields(Settings) if f.metadata}


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings. Raises SettingsError with one line."""
    known = _variables()
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            raise SettingsError(f"unknown setting {name}; `rasoi settings` lists all of them")
    values: dict[str, Any] = {}
    for name, item in known.items():
        given = environ.get(name, "").strip()
        if not given:
            continue
        try:
            values[item.name] = item.metadata["read"](given)
        except ValueError as wrong:
            instead = "" if item.metadata.get("secret") else f", not {given!r}"
            raise SettingsError(f"{name} must be {wrong}{instead}") from None
    settings = Settings(**values, room_passwords=_room_passwords(environ))
    _pairs(settings)
    return _with_password(settings)


def _room_passwords(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The passwords that rooms sign in with, by the room's name."""
    given = {
        name.removeprefix(ROOM_PASSWORD).lower(): value
        for name, value in environ.items()
        if name.startswith(ROOM_PASSWORD) and value
    }
    return tuple(sorted(given.items()))


def _with_password(settings: Settings) -> Settings:
    """DATABASE_PASSWORD within the address, with whatever signs are in it."""
    if not settings.database_password:
        return settings
    parts = urlsplit(settings.database_url)
    user, host = quote(unquote(parts.username or "rasoi"), safe=""), parts.netloc.rpartition("@")[2]
    netloc = f"{user}:{quote(settings.database_password, safe='')}@{host}"
    return replace(settings, database_url=urlunsplit(parts._replace(netloc=netloc)))


def _pairs(settings: Settings) -> None:
    """Settings that make sense only together."""
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("TLS_CERT and TLS_KEY go together; one of them is missing")
    if settings.razorpay_key_secret and not settings.razorpay_key_id:
        raise SettingsError("RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET go together; the id is missing")
    if settings.database_password and not settings.database_url:
        raise SettingsError("DATABASE_PASSWORD needs its DATABASE_URL")


def listing(settings: Settings) -> list[dict[str, str]]:
    """Each setting's name, value, default and meaning; secrets are masked."""
    rows = []
    for name, item in _variables().items():
        default = item.metadata.get("shown", _shown(item.default))
        value = getattr(settings, item.name)
        given = "••••••" if item.metadata.get("secret") else _shown(value)
        shown = default if value == item.default else given
        rows.append({"name": name, "value": shown, "default": default, "meaning": item.metadata["meaning"]})
    return rows


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, tuple) else str(value)
