"""HTTP as a patient guest's phone does it: few connections, and the same request again until it is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

PATIENCE_S = 60.0
ONE_TRY_S = 15.0
CONNECTIONS = 12
AGAIN = (408, 425, 429, 500, 502, 503, 504)
Json = dict[str, Any]


class Unplayable(Exception):
    """The service can't begin, or not go on; the text is one line."""


class Refused(Exception):
    """A 4xx that another try would not change. `retried`: an earlier try may have been the one that worked."""

    def __init__(self, status: int, problem: Json, retried: bool) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or f"status {status}")
        self.status, self.problem, self.retried = status, problem, retried
        self.kind = str(problem.get("type", "")).rpartition("/")[2]


class NoAnswer(Exception):
    """Nobody answered within our patience: what was asked for may or may not have happened."""


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any


@dataclass
class Client:
    """Connections to one server."""

    url: str
    retries: int = 0
    chance: Random = field(default_factory=lambda: Random(0))

    async def __aenter__(self) -> Client:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=30)
        self.http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=ONE_TRY_S))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        patience: float = PATIENCE_S,
    ) -> Answer:
        """Ask until there is an answer that another try would not change; `path` may be a whole address.
        Raises Refused, NoAnswer."""
        sent = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json", **(headers or {})}
        deadline, pause, retried = time.monotonic() + patience, 0.1, False
        while True:
            answer = await self._try(method, path if "://" in path else self.url + path, sent, headers)
            if isinstance(answer, Answer) and not _is_passing(answer):
                if answer.status >= 400:
                    problem = answer.body if isinstance(answer.body, dict) else {}
                    raise Refused(answer.status, problem, retried)
                return answer
            if time.monotonic() + pause > deadline:
                raise NoAnswer(f"{method} {path}: {answer if isinstance(answer, str) else answer.status}")
            self.retries += 1
            retried = True
            await asyncio.sleep(pause * self.chance.uniform(0.7, 1.3))
            pause = min(pause * 1.6, 2.0)

    async def _try(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer | str:
        """One try; a text where the connection failed."""
        try:
            async with self.http.request(method, url, data=body, headers=headers) as response:
                raw = await response.read()
                return Answer(response.status, response.headers, _decoded(raw))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return str(error) or type(error).__name__


def _is_passing(answer: Answer) -> bool:
    """Whether the same request may be answered otherwise a little later."""
    return answer.status in AGAIN or (answer.status == 409 and "Retry-After" in answer.headers)


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw) if raw else None
    except msgspec.DecodeError:
        return None


@dataclass
class Caller:
    """Somebody with a token, who signs in again when it has run out."""

    client: Client
    sign_in: Callable[[], Awaitable[str]]
    token: str = ""

    async def get(self, path: str) -> Any:
        return (await self.ask("GET", path)).body

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """A POST under one Idempotency-Key, however often it takes."""
        return (await self.ask("POST", path, body or {}, {"Idempotency-Key": key or str(uuid4())})).body

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        for last in (False, True):
            stale = self.token = self.token or await self.sign_in()
            try:
                return await self.client.ask(
                    method,
                    path,
                    body=body,
                    headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
                )
            except Refused as refused:
                if refused.status != 401 or last:
                    raise
                if self.token == stale:
                    self.token = ""
        raise AssertionError
