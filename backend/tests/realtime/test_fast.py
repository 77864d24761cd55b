"""The contract of the one file below the public API, against real python-socketio clients and raw sockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import socketio
from bidict import bidict
from engineio import AsyncServer as EngineServer
from engineio.async_socket import AsyncSocket
from engineio.base_socket import BaseSocket
from prometheus_client import REGISTRY
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from rasoi.realtime import fast
from rasoi.realtime.channels import Channel
from tests.realtime.conftest import Rig, Serve, principal
from tests.realtime.raw import raw, say
from tests.realtime.test_bridge import heard, order_event

FLOOR = Channel.of_outlet("floor", 1)


@pytest.fixture
async def rig(serve: Serve) -> Rig:
    return await serve()


def send(rig: Rig, data: Any) -> int:
    return rig.bridge.sio.broadcast(FLOOR.room, "change", json.dumps(data).encode())


@pytest.mark.parametrize("size", [0, 100, 118, 126, 1000, 65_520, 65_536, 200_000])
async def test_a_broadcast_arrives_as_an_emit_would(rig: Rig, size: int) -> None:
    client = await rig.connect("waiter")
    assert (await client.join("floor:1"))["ok"]
    data = {"text": "₹ नान " + "x" * size, "nested": [1, None, True]}
    assert send(rig, data) == 1
    await rig.bridge.sio.emit("change", data, room=FLOOR.room)
    assert await client.wait_for("change", 2) == [data, data]


async def test_order_is_kept_among_broadcasts_and_emits(rig: Rig) -> None:
    clients = [await rig.connect("waiter") for _ in range(3)]
    for client in clients:
        await client.join("floor:1")
    for number in range(0, 100, 2):
        send(rig, number)
        await rig.bridge.sio.emit("change", number + 1, room=FLOOR.room)
    for client in clients:
        assert await client.wait_for("change", 100) == list(range(100))


async def test_only_members_hear_and_leaving_ends_it(rig: Rig) -> None:
    inside, outside = await rig.connect("waiter"), await rig.connect("waiter")
    await inside.join("floor:1")
    send(rig, 1)
    assert await inside.wait_for("change") == [1]
    assert (await inside.sio.call("leave", {"channel": "floor:1"}))["ok"]
    assert send(rig, 2) == 0
    assert (outside.of("change"), inside.of("change")) == ([], [1])


async def test_a_client_that_goes_leaves_nothing_behind(rig: Rig) -> None:
    client = await rig.connect("waiter")
    await client.join("floor:1")
    await client.sio.disconnect()
    async with asyncio.timeout(5):
        while rig.bridge.screens or rig.bridge.sio.eio.sockets or rig.bridge.sio.manager.rooms:
            await asyncio.sleep(0.01)
    assert (send(rig, 1), rig.bridge.sio.environ) == (0, {})


async def test_pings_are_answered_and_a_silent_client_is_dropped(rig: Rig) -> None:
    engine = rig.bridge.sio.eio
    engine.ping_interval, engine.ping_timeout = 0.2, 1.0
    client = await rig.connect("waiter")
    _, writer = await raw(rig)
    await say(writer, "40" + json.dumps({"token": rig.tokens.issue(principal("waiter"), 60)}))
    async with asyncio.timeout(10):
        while len(rig.bridge.screens) != 2:
            await asyncio.sleep(0.01)
        while len(rig.bridge.screens) != 1:
            await asyncio.sleep(0.05)
    await client.join("floor:1")
    writer.close()


async def test_a_screen_that_does_not_read_is_dropped_and_others_are_not(serve: Serve) -> None:
    rig = await serve()
    good = await rig.connect("waiter")
    await good.join("floor:1")
    _, writer = await raw(rig)
    await say(writer, "40" + json.dumps({"token": rig.tokens.issue(principal("waiter"), 60)}))
    await say(writer, '421["join",{"channel":"floor:1"}]')
    async with asyncio.timeout(5):
        while len(rig.bridge.sio.manager.rooms["/"].get(FLOOR.room, ())) != 2:
            await asyncio.sleep(0.01)
    text, sent = "x" * 60_000, 0
    async with asyncio.timeout(20):
        while len(rig.bridge.screens) == 2:
            send(rig, text)
            sent += 1
            await asyncio.sleep(0.005)
            for each in rig.bridge.sio.eio.sockets.values():
                assert each.transport.get_write_buffer_size() < fast.BURST_LIMIT + 100_000
    await good.wait_for("change", sent)
    writer.close()


async def test_a_burst_drops_nobody(rig: Rig) -> None:
    client = await rig.connect("waiter")
    await client.join("floor:1")
    for number in range(400):
        send(rig, f"{number}" + "x" * 5_000)
    assert len(await client.wait_for("change", 400)) == 400


async def test_who_never_says_who_they_are_is_dropped(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "CONNECT_S", 0.5)
    monkeypatch.setattr(fast, "HANG_UP_S", 0.2)
    rig = await serve()
    reader, writer = await raw(rig)
    async with asyncio.timeout(5):
        while await reader.read(1000):
            pass
    assert rig.bridge.sio.eio.sockets == {}
    writer.close()


async def test_foreign_origins_and_polling_are_refused(serve: Serve) -> None:
    rig = await serve()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await rig.connect("waiter", Origin="https://evil.example")
    assert (await rig.connect("waiter", Origin=rig.url)).sio.connected
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{rig.url}/socket.io/?EIO=4&transport=polling")).status_code == 400
        assert (await http.get(f"{rig.url}/socket.iox")).status_code == 404


def test_an_upgrade_left_what_lies_below_the_public_api() -> None:
    """Where this fails, read realtime/fast.py again beside the new version; the tests above say what must hold."""
    plain, engine = socketio.AsyncServer(async_mode="asgi"), EngineServer(async_mode="asgi")
    attributes = set(vars(BaseSocket(engine, "sid"))) - {"queue"}
    assert attributes <= set(fast.FastSocket.__slots__), "a plain socket has what ours lacks"
    relied_on: list[tuple[Any, str]] = [
        (AsyncSocket, "send close schedule_ping"),
        (engine, "generate_id sockets _trigger_event reason shutdown"),
        (engine, "ping_interval ping_timeout max_http_buffer_size"),
        (engine.reason, "TRANSPORT_CLOSE PING_TIMEOUT SERVER_DISCONNECT"),
        (plain, "_engineio_server_class _handle_connect manager eio emit disconnect"),
        (plain.manager, "rooms sid_from_eio_sid eio_sid_from_sid"),
        (bidict(), "_fwdm"),
    ]
    for thing, names in relied_on:
        assert [name for name in names.split() if not hasattr(thing, name)] == [], thing
    assert {"close_sent", "buffer", "conn", "transport"} <= set(WSProtocol.__init__.__code__.co_names)
    assert {"data_received", "handle_close", "handle_connect"} <= set(vars(WSProtocol))


async def test_what_happens_on_sockets_is_counted(rig: Rig) -> None:
    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    def now() -> list[float]:
        return [
            counted("rasoi_connected_screens", kind="waiter"),
            counted("rasoi_screen_connections_total", kind="waiter"),
            counted("rasoi_screen_disconnections_total", kind="waiter", reason="client disconnect")
            + counted("rasoi_screen_disconnections_total", kind="waiter", reason="transport close"),
            counted("rasoi_screen_refusals_total"),
            counted("rasoi_screen_messages_total", channel="floor"),
        ]

    def since() -> list[float]:
        return [after - earlier for after, earlier in zip(now(), before, strict=True)]

    before = now()
    clients = [await rig.connect("waiter") for _ in range(2)]
    for client in clients:
        await client.join("floor:1")
    rig.bridge.publish(*heard(order_event()))
    with pytest.raises(socketio.exceptions.ConnectionError):
        await rig.connect("waiter", token="nonsense")
    assert since() == [2, 2, 0, 1, 2]
    await clients[0].sio.disconnect()
    async with asyncio.timeout(5):
        while len(rig.bridge.screens) > 1:
            await asyncio.sleep(0.01)
    assert since() == [1, 2, 1, 1, 2]
