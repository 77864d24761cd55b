"""The kitchen over HTTP: who may do what, ETags, and bad input."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from rasoi.kitchen import ROOM
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.database import Database
from rasoi.platform.static_files import Build
from tests.kitchen.conftest import Rig, order
from tests.support import asgi_transport

Call = Callable[..., Awaitable[httpx.Response]]
ROLES = ["guest", "waiter", "kitchen", "manager", "owner"]
READS = ["stations", "boards/tandoor", "boards/tandoor/recent", "pass", "ready"]
FLOOR = "serve hand_over unserve fire rush unrush accept_cancel refuse_cancel clear".split()
ACTIONS = [*FLOOR, *"start bump recall acknowledge see".split()]


@pytest.fixture
async def call(rig: Rig, database: Database) -> AsyncIterator[Call]:
    """`await call("kitchen", "GET", "/api/kitchen/stations")`, as somebody of that role."""
    await database.execute(
        "INSERT INTO staff.outlet (id, name, amber_s, red_s, explicit_start) VALUES (1, 'Rasoi', 300, 600, true)"
    )
    tokens = Tokens(rig.ctx.settings.secret_key)
    rig.ctx.register(tokens)
    rig.ctx.register(Build("b1"))
    app: Any = http.application(rig.ctx, ROOM.routes, version="1")
    async with httpx.AsyncClient(transport=asgi_transport(app), base_url="http://rasoi") as client:

        async def ask(role: str | None, method: str, path: str, **more: Any) -> httpx.Response:
            headers = more.pop("headers", {})
            if role:
                kind = "guest" if role == "guest" else "staff"
                somebody = Principal(kind=kind, id=uuid4(), outlet_id=1, role=role, session_id=uuid4())
                headers[b"Authorization"] = f"Bearer {tokens.issue(somebody, 60)}".encode()
            return await client.request(method, f"/api/kitchen/{path}", headers=headers, **more)

        yield ask


def action(name: str, **more: Any) -> dict[str, Any]:
    return {"actions": [{"action_id": str(uuid4()), "action": name, **more}]}


@pytest.mark.parametrize("path", READS)
async def test_staff_read_and_guests_do_not(call: Call, path: str, rig: Rig) -> None:
    await rig.handle(order())
    statuses = {role: (await call(role, "GET", path)).status_code for role in [None, *ROLES]}
    assert statuses == {None: 401, "guest": 403} | dict.fromkeys(ROLES[1:], 200)


async def test_every_action_by_every_role(call: Call) -> None:
    for name in ACTIONS:
        body = action(name, ticket_id=str(uuid4()))
        statuses = {
            role: (await call(role, "POST", "actions", json=body)).status_code for role in [None, *ROLES]
        }
        waiters = 200 if name in FLOOR else 403
        assert statuses == {
            None: 401,
            "guest": 403,
            "waiter": waiters,
            "kitchen": 200,
            "manager": 200,
            "owner": 200,
        }


async def test_a_board_and_its_etag(call: Call, rig: Rig) -> None:
    await rig.handle(order())
    first = await call("kitchen", "GET", "boards/tandoor")
    board = first.json()
    assert first.headers["etag"] == f'"{board["hash"]}"'
    assert {
        key: board[key]
        for key in (
            *("outlet_id", "station", "sequence", "build"),
            *("amber_s", "red_s", "explicit_start", "subjects"),
        )
    } == {
        "outlet_id": 1,
        "station": {"code": "tandoor", "name": "Tandoor"},
        "sequence": 1,
        "build": "b1",
        "amber_s": 300,
        "red_s": 600,
        "explicit_start": True,
        "subjects": {"1:tandoor": 1},
    }
    [ticket] = board["tickets"]
    assert (ticket["number"], ticket["state"], len(ticket["items"])) == (1, "queued", 2)
    known = {b"If-None-Match": first.headers["etag"].encode()}
    same = await call("kitchen", "GET", "boards/tandoor", headers=known)
    assert (same.status_code, same.content, same.headers["rasoi-sequence"]) == (304, b"", "1")
    done = await call("kitchen", "POST", "actions", json=action("bump", ticket_id=ticket["id"]))
    [result] = done.json()["results"]
    assert (result["applied"], result["reason"], result["ticket"]["state"]) == (True, None, "ready")
    changed = await call("kitchen", "GET", "boards/tandoor", headers=known)
    assert (changed.status_code, changed.json()["tickets"], changed.json()["sequence"]) == (200, [], 3)
    recent = await call("waiter", "GET", "boards/tandoor/recent")
    ready = await call("waiter", "GET", "ready")
    assert (
        [t["id"] for t in recent.json()["items"]]
        == [t["id"] for t in ready.json()["items"]]
        == [ticket["id"]]
    )
    stations = (await call("waiter", "GET", "stations")).json()["items"]
    assert [(s["code"], s["open_tickets"]) for s in stations] == [("curry", 1), ("tandoor", 0)]


@pytest.mark.parametrize("path", ["boards/salad", "boards/salad/recent"])
async def test_a_station_that_is_not_there_is_a_problem_in_words(call: Call, rig: Rig, path: str) -> None:
    await rig.handle(order())
    answer = await call("kitchen", "GET", path)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (404, "/problems/unknown-station")
    assert problem["detail"] == "This outlet has no station “salad”. Choose one from the list."


@pytest.mark.parametrize("path", ["boards/tandoor", "boards/tandoor/recent"])
async def test_no_station_is_refused_before_the_first_menu_arrives(call: Call, path: str) -> None:
    answer = await call("kitchen", "GET", path)
    assert answer.status_code == 200, answer.text
    assert not any(answer.json().get(name) for name in ("tickets", "items"))


async def test_the_pass_and_its_etag(call: Call, rig: Rig) -> None:
    empty = (await call("kitchen", "GET", "pass")).json()
    assert (empty["tickets"], empty["hash"], empty["sequence"], empty["stations"]) == ([], 0, 0, [])
    await rig.handle(order())
    first = await call("waiter", "GET", "pass")
    view = first.json()
    assert first.headers["etag"] == f'"{view["hash"]}"'
    assert first.headers["rasoi-sequence"] == "2"
    tickets = view.pop("tickets")
    assert sorted(each["station"] for each in tickets) == ["curry", "tandoor"]
    assert view == {
        "outlet_id": 1,
        "stations": [{"code": "curry", "name": "Curry"}, {"code": "tandoor", "name": "Tandoor"}],
        "sequence": 2,
        "hash": view["hash"],
        "more": 0,
        "build": "b1",
        "amber_s": 300,
        "red_s": 600,
        "subjects": {"1:curry": 1, "1:tandoor": 1},
    }
    known = {b"If-None-Match": first.headers["etag"].encode()}
    same = await call("kitchen", "GET", "pass", headers=known)
    assert (same.status_code, same.content, same.headers["rasoi-sequence"]) == (304, b"", "2")
    await call("kitchen", "POST", "actions", json=action("see", ticket_id=tickets[0]["id"]))
    changed = await call("kitchen", "GET", "pass", headers=known)
    assert (changed.status_code, changed.json()["sequence"]) == (200, 3)


async def test_a_refusal_says_why_in_words_also_when_it_is_asked_again(call: Call) -> None:
    body = action("bump", ticket_id=str(uuid4()))
    for _ in range(2):
        [result] = (await call("kitchen", "POST", "actions", json=body)).json()["results"]
        assert (result["reason"], result["detail"]) == ("unknown-ticket", "That ticket is no longer here")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        '{"actions":[]}',
        '{"actions":[{}]}',
        '{"actions":[{"action_id":"x","action":"bump"}]}',
        '{"actions":[{"action_id":"01938f00-0000-7000-8000-000000000001","action":"burn"}]}',
        '{"actions":[{"action_id":"01938f00-0000-7000-8000-000000000001","action":"bump","extra":1}]}',
        '{"actions":[{"action_id":"01938f00-0000-7000-8000-000000000001","action":"bump","station":""}]}',
        '{"actions":[{"action_id":"01938f00-0000-7000-8000-000000000001","action":"bump","reason":""}]}',
        '{"actions":[{"action_id":"01938f00-0000-7000-8000-000000000001","action":"close","reason":"x"}]}',
    ],
)
async def test_bad_actions_are_refused(call: Call, body: str) -> None:
    answer = await call(
        "kitchen", "POST", "actions", content=body, headers={b"Content-Type": b"application/json"}
    )
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_too_many_actions_are_refused(call: Call) -> None:
    many = {"actions": [action("bump")["actions"][0] for _ in range(101)]}
    assert 400 <= (await call("kitchen", "POST", "actions", json=many)).status_code < 500


@pytest.mark.parametrize("etag", ['"99999999999999999999"', 'W/"1"', "abc", '"-1"', "\u0661", "*"])
async def test_odd_etags_are_answered_in_full(call: Call, rig: Rig, etag: str) -> None:
    await rig.handle(order())
    answer = await call("kitchen", "GET", "boards/tandoor", headers={b"If-None-Match": etag.encode()})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    ["boards/" + "x" * 41, "ready?limit=0", "ready?limit=201", "boards/a/recent?limit=x", "boards/%00"],
)
async def test_odd_paths_are_client_errors_or_empty(call: Call, path: str) -> None:
    assert (await call("kitchen", "GET", path)).status_code < 500
