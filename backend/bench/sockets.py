"""Messages per second to 1,000 sockets in one room, and memory per connected socket.

Ours (`rasoi.realtime`) beside plain python-socketio (`sio.emit`) on the same server, in one run. Each runs in a process
of its own; the sockets are 1,000 bare connections in this one, which only count bytes.

    python -m bench.sockets [--sockets 1000] [--rounds 100] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import socket
import statistics
import sys
import time
from typing import Any, cast
from uuid import uuid4

import msgspec
import psutil
import socketio
import uvicorn
import uvloop

from rasoi.contracts.kitchen import StationState, TicketItemState, TicketState
from rasoi.platform.auth import Principal, Tokens
from rasoi.realtime import WS
from rasoi.realtime.bridge import Bridge
from rasoi.realtime.channels import Channel

SECRET = "only for this benchmark, but as long as a real one"
OUTLET, STATION = 1, "tandoor"
SERVERS = ("wsproto",)


def change() -> dict[str, Any]:
    """A kitchen message of ordinary size, as plain values."""
    items = [
        TicketItemState(
            id=uuid4(),
            line_id=uuid4(),
            name="Butter naan",
            quantity=2,
            modifiers=["Extra butter"],
            state="queued",
        )
        for _ in range(2)
    ]
    ticket = TicketState(
        id=uuid4(), number=7, station=STATION, order_id=uuid4(), order_number=7, type="dine_in", table="Table 4",
        state="queued", placed_at="2026-11-21T09:00:00Z", version=1, items=items,  # type: ignore[arg-type]
        other_stations=[StationState(station="curry", state="queued")],
    )  # fmt: skip
    body = {"sequence": 7, "hash": 123456789, "ticket": ticket, "action_id": None}
    built: dict[str, Any] = msgspec.to_builtins(
        {
            "channel": f"kitchen:{OUTLET}:{STATION}", "type": "rasoi.kitchen.ticket_opened.v1", "subject": f"{OUTLET}:{STATION}",
            "version": 7, "time": "2026-11-21T09:00:00Z", "data": body,
        }
    )  # fmt: skip
    return built


class Nothing:
    """A context without a database: no guest joins here."""

    class settings:
        url = "http://127.0.0.1"

    db = None


def our_server() -> tuple[Any, Any]:
    """The real bridge, and its broadcast."""
    bridge = Bridge(Nothing(), Tokens(SECRET), "bench")  # type: ignore[arg-type]
    bridge.sio.eio.ping_interval, bridge.sio.eio.ping_timeout = 25, 20  # as the stock server's
    room = Channel.kitchen(OUTLET, STATION).room

    async def send(payload: dict[str, Any]) -> None:
        bridge.sio.broadcast(room, "change", msgspec.json.encode(payload))
        await asyncio.sleep(0)

    return bridge.asgi(None), send


def stock_server() -> tuple[Any, Any]:
    """python-socketio as its documentation shows it, with the same channel."""
    sio = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], cors_allowed_origins="*")

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        Tokens(SECRET).read(auth["token"])

    async def join(sid: str, data: Any) -> dict[str, Any]:
        await sio.enter_room(sid, data["channel"])
        return {"ok": True}

    sio.on("connect", connect)
    sio.on("join", join)

    async def send(payload: dict[str, Any]) -> None:
        await sio.emit("change", payload, room=f"kitchen:{OUTLET}:{STATION}")

    return socketio.ASGIApp(sio), send


async def serve(kind: str, ws: str) -> None:
    """One server process: commands on standard input, answers on standard output."""
    app, send = our_server() if kind == "ours" else stock_server()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        app, loop="uvloop", ws=WS if kind == "ours" else ws, ws_per_message_deflate=False, lifespan="off", log_config=None,
        access_log=False, ws_ping_interval=None, backlog=2048,
    )  # fmt: skip
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    print(listener.getsockname()[1], flush=True)
    payload = change()
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    while line := (await commands.readline()).split():
        if line[0] == b"memory":
            gc.collect()
            print(psutil.Process().memory_info().rss, flush=True)
            continue
        begun = time.process_time()
        for number in range(int(line[1])):
            await send(payload | {"version": number})
        print(time.process_time() - begun, flush=True)
    server.should_exit = server.force_exit = True
    await running


class Client(asyncio.Protocol):
    """Enough of a Socket.IO client to join; afterwards it counts what comes."""

    def __init__(self, token: str, bench: Sockets) -> None:
        self.token, self.bench, self.stage, self.buffer = token, bench, 0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n"
            b"Accept-Language: en-IN,en;q=0.9,hi;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\nCache-Control: no-cache\r\n"
            b"Pragma: no-cache\r\nOrigin: http://127.0.0.1\r\n\r\n"
        )

    def say(self, text: str) -> None:
        body = text.encode()
        length = bytes((0x80 | len(body),)) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
        self.transport.write(b"\x81" + length + bytes(4) + body)

    def data_received(self, data: bytes) -> None:
        if self.stage == 3:
            self.bench.bytes += len(data)
            if self.bench.bytes >= self.bench.expected:
                self.bench.arrived.set()
            return
        self.buffer += data
        if self.stage == 0 and b"pingTimeout" in self.buffer:
            self.stage = 1
            self.say("40" + json.dumps({"token": self.token}))
        if self.stage == 1 and b'40{"sid"' in self.buffer:
            self.stage = 2
            self.say(f'421["join",{{"channel":"kitchen:{OUTLET}:{STATION}"}}]')
        if self.stage == 2 and b'431[{"ok":true}]' in self.buffer:
            self.stage = 3
            self.bench.joined.release()


class Sockets:
    """One server process with its connections."""

    def __init__(self, kind: str, ws: str, count: int) -> None:
        self.kind, self.ws, self.count = kind, ws, count
        self.joined = asyncio.Semaphore(0)
        self.arrived = asyncio.Event()
        self.bytes, self.expected = 0, 1 << 62

    async def ask(self, command: str) -> float:
        self.process.stdin.write(command.encode() + b"\n")
        return float(await self.process.stdout.readline())

    async def start(self) -> float:
        """Returns the bytes of memory that each connected socket costs the server."""
        argv = [sys.executable, "-m", "bench.sockets", "--serve", self.kind, self.ws]
        pipe = asyncio.subprocess.PIPE
        self.process: Any = await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe)
        assert self.process.stdout
        self.port = int(await self.process.stdout.readline())
        await self.connect(20)  # what is allocated once is not a socket's cost
        before = await self.ask("memory")
        await self.connect(self.count - 20)
        await asyncio.sleep(0.5)
        return (await self.ask("memory") - before) / (self.count - 20)

    async def connect(self, count: int) -> None:
        principal = Principal(
            kind="staff", id=uuid4(), outlet_id=OUTLET, role="kitchen", session_id=uuid4(), name="Asha"
        )
        token = Tokens(SECRET).issue(principal, 3600)
        loop = asyncio.get_running_loop()
        for begin in range(0, count, 50):
            batch = min(50, count - begin)
            for _ in range(batch):
                await loop.create_connection(lambda: Client(token, self), "127.0.0.1", self.port)
            for _ in range(batch):
                await self.joined.acquire()

    async def measure(self, rounds: int) -> float:
        """Messages per second until the last byte of the last one has arrived."""
        await asyncio.sleep(0.3)
        sizes = sum(len(str(number)) for number in range(rounds))
        message = len('42["change",') + len(json.dumps(change(), separators=(",", ":"))) - 1 + 1 + 4
        self.bytes, self.expected = 0, self.count * (message * rounds + sizes)
        self.arrived.clear()
        begun = time.perf_counter()
        sent = asyncio.create_task(self.ask(f"send {rounds}"))
        async with asyncio.timeout(600):
            await self.arrived.wait()
        seconds = time.perf_counter() - begun
        await sent
        return self.count * rounds / seconds

    async def stop(self) -> None:
        self.process.stdin.close()
        await self.process.wait()


async def compare(count: int, rounds: int) -> list[dict[str, Any]]:
    """Stock and ours, on each WebSocket implementation, measured by turns."""
    rows = []
    for ws in SERVERS:
        pair = {kind: Sockets(kind, ws, count) for kind in ("stock", "ours")}
        memory = {kind: await each.start() for kind, each in pair.items()}
        rates: dict[str, list[float]] = {kind: [] for kind in pair}
        for _ in range(3):
            for kind, each in pair.items():
                rates[kind].append(await each.measure(rounds))
        for each in pair.values():
            await each.stop()
        best = {kind: statistics.median(found) for kind, found in rates.items()}
        rows.append(
            {
                "server": ws, "sockets": count, "emit_per_s": round(best["stock"]), "ours_per_s": round(best["ours"]),
                "ratio": round(best["ours"] / best["stock"], 2), "stock_kib": round(memory["stock"] / 1024, 1),
                "ours_kib": round(memory["ours"] / 1024, 1),
            }
        )  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", nargs=2)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve(*options.serve))
        return
    rows = uvloop.run(compare(options.sockets, options.rounds))
    if options.json:
        print(json.dumps(rows))
        return
    print(
        f"{'uvicorn ws':<20}{'ours msg/s':>12}{'sio.emit msg/s':>16}{'ratio':>7}{'ours KiB':>10}{'stock KiB':>11}"
    )
    for row in rows:
        print(
            f"{row['server']:<20}{row['ours_per_s']:>12,}{row['emit_per_s']:>16,}{row['ratio']:>7}"
            f"{row['ours_kib']:>10}{row['stock_kib']:>11}"
        )


if __name__ == "__main__":
    main()
