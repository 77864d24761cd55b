"""How long a connection may wait, by what it has received; tests/security/test_bounds.py sees it happen over sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from rasoi.platform.bounded_http import BoundedHttp, Bounds, Doors, Stage, bounded

BOUNDS = Bounds(head_s=10, body_s=20, idle_s=30, unread_s=40)
HEAD = b"POST /api/x HTTP/1.1\r\nHost: rasoi\r\nContent-Length: 2\r\n\r\n"


class Unsent(asyncio.Transport):
    """A transport whose other side reads nothing."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5000), "sockname": ("127.0.0.1", 80)})
        self.sent: list[bytes] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.sent.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.sent))

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close


async def app(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"4")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"body"})


@pytest.fixture
async def connection() -> BoundedHttp:
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    made = bounded(Doors(BOUNDS))(config, ServerState(), {})
    made.connection_made(Unsent())
    return made


def seconds_left(connection: BoundedHttp) -> float | None:
    until = connection.doors.waiting.get(connection)
    return until and round(until - asyncio.get_running_loop().time())


async def test_each_part_of_a_request_has_its_time(connection: BoundedHttp) -> None:
    assert seconds_left(connection) == 10
    connection.data_received(HEAD)
    assert seconds_left(connection) == 20
    connection.data_received(b"{}")
    assert (connection.stage, seconds_left(connection)) == (Stage.ANSWER, None)


async def test_a_slow_head_gets_no_more_time_with_each_of_its_bytes(connection: BoundedHttp) -> None:
    connection.data_received(HEAD[:9])
    until = connection.doors.waiting[connection]
    await asyncio.sleep(0.05)
    connection.data_received(HEAD[9:20])
    assert connection.doors.waiting[connection] == until


async def test_a_request_that_comes_whole_waits_for_nothing(connection: BoundedHttp) -> None:
    connection.data_received(HEAD + b"{}")
    assert seconds_left(connection) is None


async def test_an_answer_leaves_in_one_piece_and_may_be_read_slowly(connection: BoundedHttp) -> None:
    connection.data_received(HEAD + b"{}")
    await asyncio.sleep(0.01)
    (sent,) = connection.transport.sent
    assert sent.startswith(b"HTTP/1.1 200") and sent.endswith(b"body")
    assert seconds_left(connection) == 40


async def test_who_was_refused_is_gone_a_second_later(connection: BoundedHttp) -> None:
    connection.data_received(b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: rasoi\r\n\r\n")
    assert connection.transport.is_closing()
    assert seconds_left(connection) == 1


async def test_those_that_come_in_one_turn_each_end_another_one() -> None:
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    protocol = bounded(Doors(Bounds(connections=10)))
    made = [protocol(config, ServerState(), {}) for _ in range(25)]
    for each in made:
        each.connection_made(Unsent())
    assert [each.transport.is_closing() for each in made] == [True] * 15 + [False] * 10
