"""The first outlet and its owner by a link of the terminal: once, for an hour, on the machine itself."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from rasoi import staff
from rasoi.platform import http
from rasoi.platform.context import Context
from rasoi.settings import Settings
from rasoi.staff import commands
from rasoi.staff.commands import Refused
from rasoi.staff.first_run import LIFETIME_S, FirstRun
from rasoi.staff.schemas import NewPerson
from tests.conftest import AsRoom
from tests.staff.conftest import make_context

OUTLET = {"name": "Kapoor's", "legal_name": "Kapoor Foods", "gst_regime": "none"}
OWNER = {"name": "Meera Kapoor", "username": "meera", "password": "a long password"}
HERE = "http://127.0.0.1:8000"


@dataclass
class Terminal:
    """An empty platform, and the token that its terminal shows."""

    ctx: Context
    app: Any
    token: str

    async def post(
        self, path: str, body: dict[str, Any], caller: str = "127.0.0.1", url: str = HERE
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(caller, 5))
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.post(path, json=body)

    async def link(self, token: str = "", **more: Any) -> httpx.Response:
        return await self.post("/api/setup/link", {"token": token or self.token}, **more)

    async def set_up(
        self, token: str = "", owner: Any = OWNER, outlet: Any = OUTLET, **more: Any
    ) -> httpx.Response:
        body = {"token": token or self.token, "outlet": outlet, "owner": owner}
        return await self.post("/api/setup", body, **more)

    async def outlets(self) -> int:
        return int(await self.ctx.db.fetchval("SELECT count(*) FROM staff.outlet"))


@pytest.fixture
async def terminal(as_room: AsRoom, settings: Settings) -> Terminal:
    ctx = await make_context(await as_room("staff"), settings)
    ctx.register(FirstRun())
    app = http.RequestContextMiddleware(http.application(ctx, staff.ROOM.routes, version="0"), settings)
    return Terminal(ctx, app, ctx.get(FirstRun).begin())


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


async def test_it_makes_what_init_makes_and_its_owner_signs_in(terminal: Terminal) -> None:
    assert (await terminal.link()).status_code == 204
    made = await terminal.set_up()
    assert (made.status_code, made.json()) == (201, {"outlet_name": "Kapoor's", "username": "meera"})
    login = {"username": "meera", "password": "a long password"}
    session = await terminal.post("/api/staff/login", login)
    assert session.status_code == 200, session.text
    assert session.json()["person"]["role"] == "owner"
    audit = await terminal.ctx.db.fetch("SELECT action FROM staff.audit")
    assert [row["action"] for row in audit] == ["outlet.set_up"]


async def test_a_link_counts_once(terminal: Terminal) -> None:
    assert (await terminal.set_up()).status_code == 201
    for answer in (await terminal.link(), await terminal.set_up()):
        assert slug(answer) == (409, "set-up-already")
    assert not terminal.ctx.get(FirstRun).is_good(terminal.token)
    assert await terminal.outlets() == 1


async def test_two_at_once_make_one(terminal: Terminal) -> None:
    answers = await asyncio.gather(*(terminal.set_up() for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    assert await terminal.outlets() == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"caller": "192.0.2.7"},
        {"url": "http://order.example.in"},
        {"caller": "10.0.0.2", "url": "http://10.0.0.1:8000"},
    ],
    ids=str,
)
async def test_only_on_the_machine(terminal: Terminal, elsewhere: dict[str, str]) -> None:
    for answer in (await terminal.link(**elsewhere), await terminal.set_up(**elsewhere)):
        assert slug(answer) == (403, "only-on-the-machine")
    assert await terminal.outlets() == 0


async def test_only_by_the_link(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for token in ("x", terminal.token[:-1], terminal.token + "x"):
        for answer in (await terminal.link(token), await terminal.set_up(token)):
            assert slug(answer) == (403, "link-not-valid")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + LIFETIME_S - 5)
    assert (await terminal.link()).status_code == 204
    monkeypatch.setattr(time, "monotonic", lambda: now + LIFETIME_S + 5)
    assert slug(await terminal.set_up()) == (403, "link-not-valid")
    assert await terminal.outlets() == 0


async def test_a_process_that_shows_no_link_takes_none(terminal: Terminal) -> None:
    terminal.ctx.register(FirstRun())
    assert slug(await terminal.link()) == (403, "link-not-valid")


@pytest.mark.parametrize(
    ("owner", "outlet", "status"),
    [
        ({"password": "short"}, {}, 422), ({"username": "Meera K"}, {}, 422), ({"name": ""}, {}, 422),
        ({}, {"gst_regime": "regular"}, 422), ({}, {"name": ""}, 422), ({"role": "manager"}, {}, 422),
    ],
    ids=str,
)  # fmt: skip
async def test_what_can_not_be_leaves_the_link_good(
    terminal: Terminal, owner: dict[str, str], outlet: dict[str, str], status: int
) -> None:
    answer = await terminal.set_up(owner=OWNER | owner, outlet=OUTLET | outlet)
    assert answer.status_code == status, answer.text
    assert await terminal.outlets() == 0
    assert (await terminal.set_up()).status_code == 201


async def test_init_at_the_same_moment_comes_second(terminal: Terminal) -> None:
    db, key = terminal.ctx.db, terminal.ctx.settings.pin_key
    owner = NewPerson(role="owner", **OWNER)
    async with asyncio.TaskGroup() as group:
        by_page = group.create_task(terminal.set_up())
        by_command = group.create_task(_tried(commands.set_up(db, key, OUTLET, owner)))
    assert [by_page.result().status_code == 201, by_command.result()].count(True) == 1
    assert await terminal.outlets() == 1


async def _tried(work: Any) -> bool:
    try:
        await work
    except Refused:
        return False
    return True
