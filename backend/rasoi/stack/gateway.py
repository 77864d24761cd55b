"""nginx's configuration: the files in nginx/ as one text, with addresses and paths put in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rasoi.room_list import LIST
from rasoi.settings import REPOSITORY

SOURCE = REPOSITORY / "nginx"
ONLY_WITH_TLS = {"tls.conf", "hsts.conf"}
ANY_ROOM = "any_room"  # the upstream of what each service can answer
KEEPALIVE_CONNECTIONS = 64  # idle connections per worker and room
INCLUDE = re.compile(r"^( *)include (\w+\.conf);\n", re.MULTILINE)
PLACEHOLDER = re.compile(r"^( *)\{\{(\w+)\}\}|\{\{(\w+)\}\}", re.MULTILINE)
UNQUOTABLE = re.compile(r'["\\$\n]')


def render(
    upstreams: Mapping[str, Sequence[str]],
    *,
    spares: Mapping[str, str],
    listen: str,
    run: Path,
    tls: tuple[Path, Path] | None = None,
    access_log: Path | None = None,
    resolver: str = "",
    proxies: Sequence[str] = (),
    daemon: bool = False,
) -> str:
    """The whole nginx.conf. `upstreams` are each room's addresses; a room's spare answers while these refuse.

    `listen` is a port or host:port; `run` an existing directory for the pid, and for the log if none is given;
    `resolver` a name server that is asked for the hosts again and again: without it, once, when nginx starts;
    `proxies` are in front of it, and believed about who the caller is; `tls` the certificate chain and its key.
    Raises ValueError for a path that can't be quoted in it.
    """
    values = {
        "daemon": "on" if daemon else "off",
        "run": _path(run),
        "access_log": _path(access_log or run / "access.log"),
        "listen": f"{_listen(listen)}{' ssl http2' if tls else ''} backlog=2048",
        "proxies": "\n".join(_proxies(proxies)),
        "routes": "\n".join(_routes()),
        "upstreams": "\n".join(
            [*_resolver(resolver), *_groups(upstreams, spares, " resolve" if resolver else "")]
        ),
    }
    if tls:
        values |= {"certificate": _path(tls[0]), "key": _path(tls[1])}
    return PLACEHOLDER.sub(lambda found: _filled(found, values), _joined("nginx.conf", with_tls=bool(tls)))


def _joined(name: str, *, with_tls: bool) -> str:
    """A file of nginx/ with what it includes."""

    def included(found: re.Match[str]) -> str:
        if found[2] in ONLY_WITH_TLS and not with_tls:
            return ""
        return _indented(_joined(found[2], with_tls=with_tls), found[1])

    return INCLUDE.sub(included, (SOURCE / name).read_text())


def _filled(found: re.Match[str], values: Mapping[str, str]) -> str:
    return _indented(values[found[2]], found[1]) if found[2] else values[found[3]]


def _indented(text: str, by: str) -> str:
    return re.sub(r"^(?=.)", by, text, flags=re.MULTILINE)


def _listen(address: str) -> str:
    """IPv6 addresses in the brackets that nginx wants."""
    host, colon, port = address.rpartition(":")
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}{colon}{port}"


def _path(path: Path) -> str:
    if UNQUOTABLE.search(str(path)):
        raise ValueError(f"nginx can't take a path with \", \\ or $ in it: {path}")
    return str(path)


def _routes() -> list[str]:
    """Each room's paths as lines of nginx's map."""
    patterns = [
        (room.name, re.escape(path) + ("" if path.endswith("/") else "(/|$)"))
        for room in LIST
        for path in room.paths
    ]
    return [f"{f'~^{pattern}':<44}{name};" for name, pattern in patterns]


def _proxies(trusted: Sequence[str]) -> list[str]:
    """Whose X-Forwarded-For says who the caller is; nobody's where there are none."""
    if not trusted:
        return []
    named = [f"set_real_ip_from {each};" for each in trusted]
    return [*named, "real_ip_header X-Forwarded-For;", "real_ip_recursive on;"]


def _resolver(address: str) -> list[str]:
    """Docker gives a name 600 seconds, and a container that is made anew another address at once."""
    return [f"resolver {address} valid=2s ipv6=off;", "resolver_timeout 2s;", ""] if address else []


def _groups(upstreams: Mapping[str, Sequence[str]], spares: Mapping[str, str], more: str) -> list[str]:
    """Each room twice: over idle connections kept open, and for what must not be sent twice over new ones."""
    servers = {
        room: _servers(addresses, [spares[room]] if room in spares else [], more)
        for room, addresses in upstreams.items()
    }
    home, *others = upstreams
    rest = [address for room in others for address in upstreams[room]]
    servers[ANY_ROOM] = _servers(upstreams[home], rest, more)
    # uvicorn closes idle connections after 5 s: nginx lets go before, so that no request meets a closing one
    keep = [f"keepalive {KEEPALIVE_CONNECTIONS};", "keepalive_requests 10000;", "keepalive_timeout 4s;"]
    groups = []
    for room, lines in servers.items():
        groups += [_group(room, [*lines, *keep]), _group(f"{room}_once", lines)]
    return groups


def _servers(addresses: Sequence[str], spares: Sequence[str], more: str) -> list[str]:
    """Never taken for dead: to be refused costs nothing. One that hangs gets no more while others have less to do."""
    return [
        *(f"server {address} max_fails=0{more};" for address in addresses),
        *(f"server {address} max_fails=0 backup{more};" for address in spares),
    ]


def _group(name: str, lines: Sequence[str]) -> str:
    body = [f"zone {name} 64k;", "least_conn;", *lines]
    return "\n".join([f"upstream {name} {{", *(f"    {line}" for line in body), "}", ""])
