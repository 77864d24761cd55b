"""Asking until there is an answer, the same way each time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rasoi.rush import command
from rasoi.rush.client import Caller, Client, NoAnswer, Refused
from rasoi.rush.report import percentile

Script = list[Callable[[], web.Response]]


@pytest.fixture
async def server() -> AsyncIterator[tuple[TestServer, Script, list[web.Request]]]:
    """Plays a script of answers, then says 200; and remembers what it was asked."""
    script: Script = []
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return script.pop(0)() if script else web.json_response({"well": "done"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app)
    async with server:
        yield server, script, asked


def busy() -> web.Response:
    return web.json_response({}, status=409, headers={"Retry-After": "1"})


def cut() -> web.Response:
    raise ConnectionResetError


async def test_it_asks_again_under_the_same_key(server: tuple[TestServer, Script, list[web.Request]]) -> None:
    running, script, asked = server
    script += [lambda: web.Response(status=503), busy, cut]
    async with Client(str(running.make_url("")).rstrip("/")) as client:

        async def sign_in() -> str:
            return "token"

        assert await Caller(client, sign_in).post("/api/orders", {"a": 1}) == {"well": "done"}
    assert len(asked) == 4
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1


async def test_a_refusal_is_final(server: tuple[TestServer, Script, list[web.Request]]) -> None:
    running, script, asked = server
    script += [lambda: web.json_response({"type": "/problems/sold-out", "detail": "No dal."}, status=409)]
    async with Client(str(running.make_url("")).rstrip("/")) as client:
        with pytest.raises(Refused, match=r"No dal\.") as refused:
            await client.ask("POST", "/api/orders")
    assert refused.value.kind == "sold-out"
    assert not refused.value.retried
    assert len(asked) == 1


async def test_a_token_that_ran_out_is_renewed_once(
    server: tuple[TestServer, Script, list[web.Request]],
) -> None:
    running, script, asked = server
    tokens = iter(["old", "new"])
    script += [lambda: web.Response(status=401)]
    async with Client(str(running.make_url("")).rstrip("/")) as client:

        async def sign_in() -> str:
            return next(tokens)

        await Caller(client, sign_in).get("/api/menu")
    assert [request.headers["Authorization"] for request in asked] == ["Bearer old", "Bearer new"]


async def test_patience_ends() -> None:
    async with Client("http://127.0.0.1:9") as client:
        with pytest.raises(NoAnswer):
            await client.ask("GET", "/", patience=0.2)


def test_nobody_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rasoi.rush.service.FIRST_ANSWER_S", 0.2)
    assert command.main(["--url", "http://127.0.0.1:9"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("rasoi rush: no platform answers at http://127.0.0.1:9")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "wrong", [["--url", "nowhere"], ["--orders", "0"], ["--rate", "-1"], ["--rate", "nan"]]
)
def test_wrong_options_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(wrong)
    assert ended.value.code == 2


def test_percentiles_are_of_what_was_measured() -> None:
    values = list(range(1, 101))
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([], 0.5)) == (50, 99, 0)
