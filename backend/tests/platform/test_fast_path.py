"""The short way answers as Litestar's own does, whatever comes."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
import msgspec
import pytest
from litestar import Response, post
from litestar.params import JSONBody
from uuid_utils.compat import uuid7

from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens, allow
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.fast_path import FAST_PATH, FastPath
from rasoi.platform.http import RequestScope
from rasoi.platform.problems import Conflict
from rasoi.settings import Settings


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    n: Annotated[int, msgspec.Meta(ge=1)]


class Taken(Conflict):
    slug, title = "taken-here", "Somebody was first"


@post("/api/hot", guards=[allow("waiter")], status_code=201, opt=FAST_PATH)
async def hot(request_scope: RequestScope, data: JSONBody[Wanted]) -> Response[bytes]:
    if data.n == 13:
        raise Taken("Not that one.", n=13)
    if data.n == 14:
        raise RuntimeError("a fault of ours")
    body = msgspec.json.encode(
        {
            "n": data.n,
            "by": request_scope.principal.role,
            "key": request_scope.key.value,
            "hash": request_scope.key.body_hash,
        }
    )
    return Response(body, status_code=201, media_type="application/json", headers={"X-More": "yes"})


@pytest.fixture
def ways(database: Database, settings: Settings) -> list[httpx.AsyncClient]:
    """The short way, and Litestar's."""
    ctx = Context(settings, database)
    ctx.register(Tokens("a secret of the tests that is long enough"))
    app = http.application(ctx, [hot], version="1")
    layers = (
        http.RequestContextMiddleware(FastPath(app, {ctx: [hot]}), ctx.settings),
        http.RequestContextMiddleware(app, ctx.settings),
    )
    return [
        httpx.AsyncClient(transport=httpx.ASGITransport(layer), base_url="http://test") for layer in layers
    ]


def token(role: str, seconds: int = 3600) -> dict[str, str]:
    who = Principal(kind="staff", id=uuid7(), outlet_id=1, role=role, session_id=uuid7(), name="x")
    return {
        "Authorization": f"Bearer {Tokens('a secret of the tests that is long enough').issue(who, seconds)}"
    }


WAITER = token("waiter") | {"Idempotency-Key": "k"}
ASKED: dict[str, tuple[dict[str, str], bytes]] = {
    "right": (WAITER, b'{"n": 7}'),
    "in two parts": (WAITER, b'{"n": 7}' + b" " * 70_000),
    "nobody": ({"Idempotency-Key": "k"}, b'{"n": 7}'),
    "forged": ({"Authorization": "Bearer x.y.z", "Idempotency-Key": "k"}, b'{"n": 7}'),
    "expired": (token("waiter", -5) | {"Idempotency-Key": "k"}, b'{"n": 7}'),
    "another role": (token("kitchen") | {"Idempotency-Key": "k"}, b'{"n": 7}'),
    "no key": (token("waiter"), b'{"n": 7}'),
    "too long a key": (WAITER | {"Idempotency-Key": "k" * 201}, b'{"n": 7}'),
    "no JSON": (WAITER, b'{"n": '),
    "no UTF-8": (WAITER, b'{"n": "\xff"}'),
    "nothing": (WAITER, b""),
    "a list": (WAITER, b"[]"),
    "another type": (WAITER, b'{"n": "7"}'),
    "out of bounds": (WAITER, b'{"n": 0}'),
    "an unknown field": (WAITER, b'{"n": 7, "m": 1}'),
    "too large": (WAITER, b'{"n": 7}' + b" " * 300_000),
    "refused": (WAITER, b'{"n": 13}'),
    "a fault": (WAITER, b'{"n": 14}'),
}


@pytest.mark.parametrize("what", ASKED)
async def test_both_ways_answer_alike(ways: list[httpx.AsyncClient], what: str) -> None:
    headers, body = ASKED[what]
    answers: list[Any] = []
    for way in ways:
        told = await way.post(
            "/api/hot",
            headers={"X-Request-ID": "same", "Content-Type": "application/json"} | headers,
            content=body,
        )
        answers.append((told.status_code, dict(told.headers), told.json()))
    assert answers[0] == answers[1]
    assert answers[0][0] == (201 if what in ("right", "in two parts") else answers[0][2]["status"])


async def test_other_methods_and_paths_go_on(ways: list[httpx.AsyncClient]) -> None:
    for way in ways:
        assert (await way.get("/api/hot")).status_code == 405
        assert (await way.post("/api/cold")).status_code == 404
