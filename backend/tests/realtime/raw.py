"""A WebSocket made by hand, which sends what no library would."""

from __future__ import annotations

import asyncio
import base64
import json
import os

from rasoi.platform.auth import Principal
from tests.realtime.conftest import Rig, principal

Raw = tuple[asyncio.StreamReader, asyncio.StreamWriter]
UPGRADE = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"


async def raw(rig: Rig, *, address: str = "127.0.0.1", **headers: str) -> Raw:
    """It reads nothing by itself. `address` is the caller's own; a header that is empty is left out."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", rig.port, limit=2**16, local_addr=(address, 0)
    )
    key = base64.b64encode(os.urandom(16)).decode()
    given = {
        "Host": f"127.0.0.1:{rig.port}", "Origin": rig.url, "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13", **headers,
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in given.items() if value]
    writer.write("\r\n".join([UPGRADE, *lines, "", ""]).encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def frame(text: str | bytes, *, opcode: int | None = None) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    first = opcode if opcode is not None else 0x2 if isinstance(text, bytes) else 0x1
    length = bytes((0x80 | len(body),)) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
    return bytes((0x80 | first,)) + length + bytes(4) + body


async def say(writer: asyncio.StreamWriter, text: str | bytes) -> None:
    writer.write(frame(text))
    await writer.drain()


async def introduced(rig: Rig, who: Principal | str = "waiter") -> Raw:
    """A screen that has said who it is, and was let in."""
    who = principal(who) if isinstance(who, str) else who
    reader, writer = await raw(rig)
    await say(writer, "40" + json.dumps({"token": rig.tokens.issue(who, 60)}))
    async with asyncio.timeout(5):
        await reader.readuntil(b'40{"sid"')
        await reader.readuntil(b"hello")
    return reader, writer


async def ended(reader: asyncio.StreamReader, within_s: float = 3) -> bytes:
    """What still came until the server closed the connection. Raises TimeoutError when it does not."""
    parts = []
    async with asyncio.timeout(within_s):
        while True:
            try:
                part = await reader.read(65536)
            except ConnectionError:
                break
            if not part:
                break
            parts.append(part)
    return b"".join(parts)
