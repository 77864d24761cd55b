"""The gateway over replicas that are away, die, hang or are replaced: what is asked again of another, and what is not."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import httpx

from rasoi.embedded.postgres import free_port
from tests.gateway import Gateway
from tests.stack.gateway_upstreams import Dying, Replica, serving

SOCKET = "/socket.io/?EIO=4&transport=websocket"
KEY = {"Idempotency-Key": "once"}


# method, headers, whether another replica may be asked what one has died over
REPEATABLE: list[tuple[str, dict[str, str], bool]] = [
    ("GET", {}, True),
    ("PUT", {}, True),
    ("DELETE", {}, True),
    ("POST", KEY, True),
    ("PATCH", KEY, True),
    ("POST", {}, False),
    ("POST", {"Idempotency-Key": ""}, False),
    ("PATCH", {}, False),
]


async def test_who_refuses_to_connect_was_never_asked() -> None:
    replica = Replica("orders")
    async with serving(replica), Gateway(0, {"orders": [free_port(), replica.port]}) as door:
        async with httpx.AsyncClient(base_url=door.url) as client:
            for method, headers, _ in REPEATABLE * 3:
                assert (await client.request(method, "/api/orders", headers=headers)).status_code == 200
    assert len(replica.asked) == 3 * len(REPEATABLE)


async def test_only_what_may_be_repeated_is_asked_again() -> None:
    replica = Replica("orders")
    async with serving(replica), Dying() as dying, Gateway(0, {"orders": [dying.port, replica.port]}) as door:
        async with httpx.AsyncClient(base_url=door.url) as client:
            for method, headers, again in REPEATABLE:
                replica.asked, dying.asked = [], []
                asking = [
                    client.request(method, "/api/orders", headers=headers, content=b"{}") for _ in range(6)
                ]
                answers = [await each for each in asking]
                failed = [answer for answer in answers if answer.status_code == 502]
                assert len(dying.asked) >= 2
                assert len(failed) == (0 if again else len(dying.asked)), (method, headers)
                assert len(replica.asked) == 6 - len(failed)
                assert all(answer.headers["retry-after"] for answer in failed)


async def test_what_may_not_be_repeated_is_sent_over_new_connections() -> None:
    """A kept one may end at any moment: here always over its second request."""
    async with Dying(answered=1) as replica, Gateway(0, {"orders": [replica.port]}) as door:
        async with httpx.AsyncClient(base_url=door.url) as client:
            for _ in range(5):
                assert (await client.get("/api/orders")).status_code == 200
                assert (await client.post("/api/orders")).status_code == 200


async def test_tries_end() -> None:
    async with Dying() as one, Dying() as two, Dying() as three, Dying() as four:
        ports = [each.port for each in (one, two, three, four)]
        async with Gateway(0, {"orders": ports}) as door, httpx.AsyncClient(base_url=door.url) as client:
            assert (await client.get("/api/orders")).status_code == 502
        assert sum(len(each.asked) for each in (one, two, three, four)) == 3


async def test_a_spare_answers_while_its_room_is_away() -> None:
    spare = Replica("orders")
    async with serving(spare), Gateway(0, {"orders": [free_port()]}, {"orders": spare.port}) as door:
        async with httpx.AsyncClient(base_url=door.url) as client:
            assert (await client.post("/api/orders")).status_code == 200


async def test_the_screens_come_from_whoever_is_there() -> None:
    kitchen = Replica("kitchen")
    async with serving(kitchen), Gateway(0, {"orders": [free_port()], "kitchen": [kitchen.port]}) as door:
        async with httpx.AsyncClient(base_url=door.url) as client:
            assert (await client.get("/order")).json()["room"] == "kitchen"


async def test_a_replica_that_hangs_holds_up_few() -> None:
    hanging, well = Replica("orders"), Replica("orders")
    async with serving(hanging, well), Gateway(0, {"orders": [hanging.port, well.port]}) as door:
        hanging.pause = 5
        async with httpx.AsyncClient(base_url=door.url, timeout=10) as client:
            asking = [asyncio.create_task(client.get("/api/orders")) for _ in range(2)]
            await asyncio.sleep(0.2)
            began = time.monotonic()
            for _ in range(20):
                assert (await client.get("/api/orders")).json()["port"] == well.port
            assert time.monotonic() - began < hanging.pause
            await asyncio.gather(*asking)


async def test_replicas_are_replaced_under_load_and_nobody_is_refused() -> None:
    """Two rounds over two replicas; keyed and plain POSTs and GETs, over kept connections."""
    replicas = [Replica("orders"), Replica("orders")]
    async with Gateway(0, {"orders": [replica.port for replica in replicas]}) as door, serving(*replicas):
        done, ended = [], asyncio.Event()

        async def guest(headers: dict[str, str], method: str) -> None:
            async with aiohttp.ClientSession(door.url) as session:
                while not ended.is_set():
                    async with session.request(method, "/api/orders", headers=headers, data=b"{}") as answer:
                        done.append((method, bool(headers), answer.status))
                        await answer.read()

        kinds = [(KEY, "POST"), ({}, "POST"), ({}, "GET")]
        guests = [asyncio.create_task(guest(*kind)) for kind in kinds for _ in range(4)]
        await restart_each(replicas * 2)
        ended.set()
        await asyncio.gather(*guests)
        refused = [each for each in done if each[2] != 200]
        assert refused == []
        assert len(done) > 200
        assert all(replica.asked for replica in replicas)


async def restart_each(replicas: list[Replica], pause: float = 0.15) -> None:
    """One after the other, each away for a while."""
    for replica in replicas:
        await asyncio.sleep(pause)
        replica.pause = 0.01  # so that some are under way when it is told to stop
        await replica.stop()
        await asyncio.sleep(pause)
        await replica.start()


async def test_sockets_pass_and_find_another_replica_when_theirs_drains() -> None:
    replicas = [Replica("realtime"), Replica("realtime")]
    by_port = {replica.port: replica for replica in replicas}
    async with Gateway(0, {"orders": [free_port()], "realtime": list(by_port)}) as door, serving(*replicas):
        async with aiohttp.ClientSession(door.url) as session:

            async def port_of(socket: aiohttp.ClientWebSocketResponse) -> int:
                await socket.send_str("hello")
                port, said = (await socket.receive_str(timeout=2)).split()
                assert said == "hello"
                return int(port)

            socket = await session.ws_connect(SOCKET)
            first = await port_of(socket)
            await by_port[first].stop()
            assert (await socket.receive(timeout=5)).type in (
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSED,
            )
            again = await session.ws_connect(SOCKET)
            assert await port_of(again) != first
            await again.close()
            await by_port[first].start()


async def test_a_reload_keeps_connections_and_takes_new_replicas() -> None:
    """What is under way ends where it began. Kept connections at rest may end at any moment: here each is new."""
    one, two = Replica("orders"), Replica("orders")
    each_anew = httpx.Limits(max_keepalive_connections=0)
    async with serving(one, two), Gateway(0, {"orders": [one.port]}) as door:
        async with httpx.AsyncClient(base_url=door.url, timeout=30, limits=each_anew) as client:
            assert (await client.get("/api/orders")).json()["port"] == one.port
            one.pause = 2
            under_way = asyncio.create_task(client.get("/api/orders"))
            async with asyncio.timeout(10):
                while len(one.asked) < 2:
                    await asyncio.sleep(0.02)
            door.replicas = {"orders": [two.port]}
            door.reload()
            one.pause = 0
            async with asyncio.timeout(30):
                while (await client.get("/api/orders")).json()["port"] != two.port:
                    await asyncio.sleep(0.02)
            assert (await under_way).json()["port"] == one.port
