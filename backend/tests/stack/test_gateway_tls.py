"""The gateway with certificates, what it refuses to be told, and a real platform behind it."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest

from rasoi.platform import http, static_files
from rasoi.room_list import NAMES
from rasoi.stack import gateway
from rasoi.stack.plan import plan
from tests.certificates import self_signed
from tests.gateway import HOST, Gateway, nginx
from tests.stack.gateway_upstreams import Replica, serving
from tests.support import Platform


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return self_signed(tmp_path)


async def test_with_certificates_all_is_https(certificate: tuple[Path, Path]) -> None:
    replica = Replica("orders")
    async with serving(replica), Gateway(0, {"orders": [replica.port]}, tls=certificate) as door:
        context = ssl.create_default_context(cafile=str(certificate[0]))
        async with httpx.AsyncClient(base_url=door.url, verify=context) as client:
            answer = await client.post("/api/orders")
            refused = await client.get("/nothing")
            plain = await client.post(door.url.replace("https", "http") + "/api/orders?a=b")
            followed = await client.post(plain.headers["location"])
    assert answer.json()["scheme"] == "https"
    assert answer.headers["strict-transport-security"] == refused.headers["strict-transport-security"]
    assert (plain.status_code, plain.headers["location"]) == (308, f"{door.url}/api/orders?a=b")
    assert followed.status_code == 200


@pytest.mark.parametrize("listen", ["8080", "127.0.0.1:8080", "::1:8080", "[::1]:8080"])
def test_nginx_takes_the_stacks_configuration(tmp_path: Path, listen: str) -> None:
    text = gateway.render(
        plan().upstreams(HOST),
        spares=plan().spares(HOST),
        listen=listen,
        run=tmp_path,
        access_log=Path("/dev/null"),
    )
    bracketed = "listen [::1]:8080 " if "::1" in listen else f"listen {listen} "
    assert bracketed in text
    (tmp_path / "nginx.conf").write_text(text.replace(bracketed, f"listen unix:{tmp_path}/door "))
    done = subprocess.run(
        [nginx(), "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", "stderr"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_paths_that_nginx_would_misread_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\$"):
        gateway.render({"staff": ["a:1"]}, spares={}, listen="8080", run=Path("/tmp/$home"))


@pytest.mark.slow
async def test_a_real_platform_behind_it(platform_process: Callable[..., Platform]) -> None:
    platform = platform_process(SIMULATOR_PORT="0")
    port = urlsplit(platform.url).port or 0
    async with Gateway(0, {name: [port] for name in NAMES}) as door:
        async with httpx.AsyncClient(base_url=door.url) as client:
            page = await client.get("/order")
            assert page.status_code == 200, (page.text, platform.log.read_text()[-500:])
            script = next(
                part[1:]
                for part in page.text.split('"')
                if part.startswith("./assets/") and part.endswith(".js")
            )
            asset = await client.get(script)
            again = await client.get("/order", headers={"If-None-Match": page.headers["etag"]})
            direct = await client.get(f"{platform.url}/order")
            menu = await client.get("/api/menu", headers={"X-Request-ID": "through"})
            lost = await client.post("/api/staff/login", json={"username": "nobody", "password": "wrong"})
            metrics, ready = await client.get("/metrics"), await client.get("/health/ready")
        async with aiohttp.ClientSession(door.url) as session:
            path, own = "/socket.io/?EIO=4&transport=websocket", {"Origin": door.url}
            socket = await session.ws_connect(path, headers=own)
            opened = await socket.receive_str(timeout=5)
            await socket.close()
    assert opened.startswith('0{"sid"')
    csp = page.headers.get_list("content-security-policy")
    assert csp == direct.headers.get_list("content-security-policy")
    assert csp[0].split(" http")[0] == static_files.policy("http", "https://x").split(" http")[0]
    for answer in (page, asset, again, menu, lost):
        for name, value in [*http.HEADERS, (b"x-request-id", None)]:
            found = answer.headers.get_list(name.decode())
            assert len(found) == 1, (answer.url, name)
            assert value is None or found[0] == value.decode()
    assert page.headers["cache-control"] == "no-cache"
    assert again.status_code == 304
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-encoding"] == "gzip"
    assert menu.headers["x-request-id"] == "through"
    assert lost.status_code == 401 and lost.json()["type"].startswith("/problems/")
    assert (metrics.status_code, ready.json()) == (404, {"status": "ok"})
