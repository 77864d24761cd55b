"""Requests and answers of the simulator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from razorpay_simulator.entities import ApiError, public
from razorpay_simulator.store import Doc

Headers = list[tuple[bytes, bytes]]
Send = Callable[[Any], Awaitable[None]]


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    client: str
    raw: bytes
    parts: tuple[str, ...] = ()

    @property
    def body(self) -> Doc:
        """The JSON object sent. Raises ApiError for anything else."""
        try:
            found = json.loads(self.raw or b"{}")
        except ValueError:
            raise ApiError("The request body is not valid JSON.") from None
        if not isinstance(found, dict):
            raise ApiError("The request body must be an object.")
        return found


@dataclass
class Answer:
    """Status, body and type of what is sent back."""

    body: bytes
    status: int = 200
    media_type: str = "application/json"
    headers: Headers = field(default_factory=list)


def answer(doc: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(doc).encode(), status)


def collection(docs: list[Doc]) -> Doc:
    return {"entity": "collection", "count": len(docs), "items": [public(doc) for doc in docs]}


def parse_count(text: str | None, default: int, most: int) -> int:
    """A count or offset in a query."""
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise ApiError("The count or skip is not valid.")
    return int(text)


async def cut(send: Send) -> None:
    """Begin an answer and leave it, so that the server ends the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def half_close(send: Send, body: bytes, seconds: float) -> None:
    """Half of an answer, then nothing: the connection is there, and no more comes over it."""
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await asyncio.sleep(seconds)


async def trickle(send: Send, body: bytes, seconds: float) -> None:
    """A byte now and then, so that no single read ever times out."""
    for at in range(len(body)):
        last = at == len(body) - 1
        await send({"type": "http.response.body", "body": body[at : at + 1], "more_body": not last})
        await asyncio.sleep(seconds / len(body))
