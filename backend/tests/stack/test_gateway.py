"""The gateway: which room each path reaches, what it adds and takes away, what it refuses, and in which words."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import Router

from rasoi.app import ROOMS
from rasoi.platform import http, problems, static_files
from rasoi.room_list import NAMES
from rasoi.settings import REPOSITORY
from tests.gateway import HOST, Gateway
from tests.stack.gateway_upstreams import Replica, serving

OPENAPI = json.loads((REPOSITORY / "backend" / "openapi.json").read_text())
OWNERS = {
    route.path_format: room.name
    for room in ROOMS
    if room.routes
    for route in Router("/", route_handlers=list(room.routes)).routes
}
HOME = NAMES[0]
INSIDE = [
    "/schema", "/schema/openapi.json", "/api/asyncapi.json",
    "/metrics", "/metrics/", "//metrics", "/%6detrics", "/api/../metrics", "/api/menu/..%2f..%2fmetrics", "/METRICS",
    "/health", "/health/ready/", "/health/live/x", "/api/health/ready", "/gateway/ready", "/internal/x", "/api",
    "/api/", "/api/nothing", "/api/orderss", "/_control/fail", "/.env", "/assets", "/order/x", "/socket.io",
]  # fmt: skip


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services() -> AsyncIterator[dict[str, Replica]]:
    made = {name: Replica(name) for name in NAMES}
    async with serving(*made.values()):
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def replicas(services: dict[str, Replica]) -> AsyncIterator[dict[str, Replica]]:
    """One of each room, as new."""
    yield services
    for replica in services.values():
        replica.asked, replica.body = [], b""
        if replica.server.should_exit:
            await replica.start()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(services: dict[str, Replica]) -> AsyncIterator[Gateway]:
    async with Gateway(0, {name: [replica.port] for name, replica in services.items()}) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def client(door: Gateway, replicas: dict[str, Replica]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=door.url) as made:
        yield made


def outside(door: Gateway, address: str = "127.0.0.2") -> httpx.AsyncClient:
    """A caller from another address."""
    return httpx.AsyncClient(base_url=door.url, transport=httpx.AsyncHTTPTransport(local_address=address))


async def raw(door: Gateway, request: str) -> Any:
    """The JSON that these very characters are answered with."""
    reader, writer = await asyncio.open_connection(HOST, door.port)
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["correlation_id"] == answer.headers["x-request-id"]
    return told


async def test_every_path_reaches_its_room(client: httpx.AsyncClient) -> None:
    inside = ("/health/", "/api/asyncapi.json")  # these are not for the outside
    paths = [path for path in OPENAPI["paths"] if not path.startswith(inside)]
    assert set(OWNERS) <= set(paths)
    for path in paths:
        filled = path.replace("{", "").replace("}", "")
        for method in OPENAPI["paths"][path]:
            answer = await client.request(method, filled + "?a=b%20c")
            assert answer.json()["room"] == OWNERS.get(path, HOME), path
            assert answer.json()["path"] == filled


async def test_screens_come_from_the_first_room(client: httpx.AsyncClient) -> None:
    built = static_files.load(REPOSITORY / "kds_frontend" / "dist")
    for path in {*static_files.PAGES, *built, "/assets/order-x.js"}:
        assert (await client.get(path)).json()["room"] == HOME, path


async def test_nothing_else_is_reachable(door: Gateway, replicas: dict[str, Replica]) -> None:
    for path in INSIDE:
        for method in ("GET", "POST"):
            told = await raw(door, f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (told["type"], told["status"]) == ("/problems/not-found", 404), path
    assert not any(replica.asked for replica in replicas.values())


async def test_its_own_health_and_that_of_orders(
    client: httpx.AsyncClient, replicas: dict[str, Replica]
) -> None:
    for path in ("/health/live", "/gateway/health"):
        assert (await client.get(path)).json() == {"status": "ok"}
    replicas["orders"].body = b'{"status":"ok"}'
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
    assert "GET /health/ready" in replicas["orders"].asked
    await replicas["orders"].stop()
    away = await client.get("/health/ready")
    assert (away.status_code, problem_of(away)["instance"]) == (503, "/health/ready")
    assert away.headers["retry-after"] == "1"


async def test_numbers_of_connections_are_for_this_machine_only(
    door: Gateway, client: httpx.AsyncClient
) -> None:
    assert "Active connections" in (await client.get("/gateway/status")).text
    async with outside(door) as other:
        assert problem_of(await other.get("/gateway/status"))["status"] == 403


async def test_services_are_told_the_callers_address_and_the_requests_id(door: Gateway) -> None:
    forged = {
        "X-Forwarded-For": "8.8.8.8",
        "X-Forwarded-Proto": "https",
        "Upgrade": "websocket",
        "Connection": "upgrade",
    }
    async with outside(door) as client:
        told = (await client.get("/api/menu", headers=forged | {"X-Request-ID": "mine.1"})).json()
        made = (await client.get("/api/menu", headers={"X-Request-ID": 'not "well" formed'})).json()
    assert (told["client"], told["scheme"]) == ("127.0.0.2", "http")
    assert told["headers"]["x-forwarded-for"] == "127.0.0.2"
    assert told["headers"]["x-request-id"] == "mine.1"
    assert told["headers"]["host"] == f"{HOST}:{door.port}"
    assert "upgrade" not in told["headers"]
    assert http.SAFE_ID.match(made["headers"]["x-request-id"])
    assert made["headers"]["x-request-id"] != "mine.1"


async def test_bodies_are_as_large_as_services_take_them(client: httpx.AsyncClient) -> None:
    fits = await client.post("/api/orders", content=b"x" * http.MAX_BODY)
    assert fits.json()["length"] == http.MAX_BODY
    large = await client.post("/api/orders", content=b"x" * (http.MAX_BODY + 1))
    assert problem_of(large)["type"] == "/problems/too-large"


async def test_its_refusals_are_in_the_services_words(
    client: httpx.AsyncClient, replicas: dict[str, Replica]
) -> None:
    await asyncio.gather(replicas["menu"].stop(), replicas["kitchen"].stop())
    for path, kind in (("/nothing", problems.NotFound), ("/api/menu?token=1", problems.BadGateway)):
        answer = await client.get(path)
        told = problem_of(answer)
        assert (told["type"], told["title"]) == (f"/problems/{kind.slug}", kind.title)
        assert told["instance"] == path.split("?")[0]
        for name, value in http.HEADERS:
            assert answer.headers.get_list(name.decode()) == [value.decode()]
    assert answer.headers["retry-after"] == "1"
    long = await client.get("/api/menu", headers={"X-Long": "x" * 40_000})
    assert problem_of(long)["type"] == "/problems/bad-request"


async def test_malformed_requests_and_strange_paths_get_json(door: Gateway) -> None:
    assert (await raw(door, "NONSENSE\r\n\r\n"))["status"] == 400
    assert (await raw(door, 'GET /a"b\\ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))["instance"] == ""
    await door.noted(status=400, path="")
    assert (await door.noted(path='/a"b\\'))["status"] == 404


async def test_large_answers_are_packed(client: httpx.AsyncClient, replicas: dict[str, Replica]) -> None:
    replicas["menu"].body = json.dumps(["dosa"] * 5000).encode()
    packed = await client.get("/api/menu", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.json()[4999] == "dosa"
    plain = await client.get("/api/menu", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    ("path", "address", "burst"),
    [
        ("/api/staff/login/pin", "127.0.0.3", 60),
        ("/api/orders", "127.0.0.4", 200),
        ("/api/sessions", "127.0.0.5", 300),
    ],
)
async def test_rates_are_limited_by_address(door: Gateway, path: str, address: str, burst: int) -> None:
    answers = await flood(door, path, address, 2 * burst)
    counts = Counter(answer[:3] for answer in answers)
    assert set(counts) == {"200", "429"}
    assert counts["200"] >= burst
    head, body = next(answer for answer in answers if answer.startswith("429")).split("\r\n\r\n")
    assert json.loads(body)["type"] == "/problems/too-many-requests"
    assert "Retry-After: 2" in head
    async with outside(door, address) as client, outside(door) as another:
        assert (await client.get(path)).status_code == (await another.post(path)).status_code == 200


async def flood(door: Gateway, path: str, address: str, number: int) -> list[str]:
    """The answers to so many POSTs from an address, one right after the other."""
    reader, writer = await asyncio.open_connection(HOST, door.port, local_addr=(address, 0))
    post = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
    writer.write(f"{post}\r\n".encode() * (number - 1) + f"{post}Connection: close\r\n\r\n".encode())
    answers = (await asyncio.wait_for(reader.read(), 20)).decode()
    writer.close()
    return answers.split("HTTP/1.1 ")[1:]


async def test_this_machine_itself_is_not_held_back(door: Gateway) -> None:
    answers = await flood(door, "/api/staff/login", HOST, 150)
    assert len(answers) == 150
    assert all(answer.startswith("200") for answer in answers)


async def test_the_log_tells_of_each_request_without_its_query(
    door: Gateway, client: httpx.AsyncClient
) -> None:
    await client.get("/api/orders?token=secret", headers={"X-Request-ID": "logged"})
    await client.get("/nothing?token=secret")
    first, second = await door.noted(correlation_id="logged"), await door.noted(path="/nothing", method="GET")
    assert "secret" not in door.access_log()
    assert (first["path"], first["room"], first["status"]) == ("/api/orders", "orders", 200)
    assert first["upstream"] == f"{HOST}:{door.replicas['orders'][0]}"
    assert float(first["upstream_seconds"]) <= first["seconds"] + 0.002
    assert (second["status"], second["upstream"]) == (404, "")
