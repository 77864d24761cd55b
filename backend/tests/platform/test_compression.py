"""What goes out packed, and that it is the same once unpacked."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from rasoi.platform.compression import SMALLEST, Compression

JSON = b'{"items":["' + b"paratha " * 4000 + b'"]}'
Headers = list[tuple[bytes, bytes]]


async def answer(
    body: bytes, headers: Headers, accepted: bytes = b"gzip, br", parts: int = 1
) -> tuple[dict[bytes, bytes], bytes]:
    """What a client that accepts these encodings is sent of an answer."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for index in range(parts):
            await send({"type": "http.response.body", "body": body, "more_body": index < parts - 1})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await Compression(app)(
        {"type": "http", "headers": [(b"accept-encoding", accepted)] if accepted else []}, None, send
    )
    assert sent[0]["type"] == "http.response.start"
    return dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def head(body: bytes, kind: bytes = b"application/json", *more: tuple[bytes, bytes]) -> Headers:
    return [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]


@pytest.mark.parametrize("kind", [b"application/json", b"application/problem+json"])
async def test_a_long_json_answer_is_packed(kind: bytes) -> None:
    headers, body = await answer(JSON, head(JSON, kind))
    assert len(body) < len(JSON) / 5
    assert gzip.decompress(body) == JSON
    assert (headers[b"content-encoding"], headers[b"content-length"]) == (b"gzip", str(len(body)).encode())
    assert headers[b"vary"] == b"accept-encoding"


@pytest.mark.parametrize(
    ("body", "headers", "accepted"),
    [
        (JSON, head(JSON), b""),
        (JSON, head(JSON), b"br"),
        (JSON, head(JSON, b"application/json", (b"content-encoding", b"gzip")), b"gzip"),
        (JSON, head(JSON, b"image/png"), b"gzip"),
        (b" " * (SMALLEST - 1), head(b" " * (SMALLEST - 1)), b"gzip"),
        (b"", head(b""), b"gzip"),
    ],
    ids=["no encoding", "another encoding", "packed already", "no JSON", "short", "empty"],
)
async def test_anything_else_goes_out_as_it_is(body: bytes, headers: Headers, accepted: bytes) -> None:
    assert await answer(body, headers, accepted) == (dict(headers), body)


async def test_an_answer_in_parts_goes_out_as_it_is() -> None:
    headers, body = await answer(JSON, [(b"content-type", b"application/json")], parts=2)
    assert (headers, body) == ({b"content-type": b"application/json"}, JSON * 2)
