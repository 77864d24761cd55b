"""Guessing passwords: from one place, from many, of names that nobody has; and the log of sign-ins."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client import REGISTRY

from rasoi.staff import guessing
from tests.staff.conftest import PINS, Desk
from tests.staff.test_devices import HEADER, sign_in
from tests.staff.test_limits import client_at

RIGHT = {"username": "asha", "password": "asha's password"}


async def password(
    desk: Desk, address: str, body: dict[str, str] = RIGHT, headers: dict[str, str] | None = None
) -> Any:
    async with client_at(desk.ctx, address) as client:
        return await client.post("/api/staff/login", json=body, headers=headers)


async def statuses(desk: Desk, body: dict[str, str], addresses: list[str]) -> list[int]:
    return [(await password(desk, address, body)).status_code for address in addresses]


def wrong(username: str = "asha") -> dict[str, str]:
    return {"username": username, "password": "wrong"}


async def test_wrong_tries_elsewhere_do_not_lock_the_owner_out(desk: Desk) -> None:
    assert (await password(desk, "192.0.2.1")).status_code == 200
    guest = ["198.51.100.9"] * 6
    assert await statuses(desk, wrong(), guest) == [401] * 5 + [429]
    assert (await password(desk, "192.0.2.1")).status_code == 200


async def test_many_addresses_are_no_better(desk: Desk) -> None:
    """As a botnet would: another address for each try. The owner's own place and devices are not slowed."""
    assert (await password(desk, "192.0.2.1")).status_code == 200
    many = [f"203.0.113.{n}" for n in range(40)]
    assert await statuses(desk, wrong(), many) == [401] * 30 + [429] * 10
    assert (await password(desk, "203.0.113.77")).status_code == 429, "also with the right password"
    assert (await password(desk, "192.0.2.1")).status_code == 200


async def test_a_paired_device_is_not_slowed_by_strangers(desk: Desk) -> None:
    token, _ = await desk.pair()
    await statuses(desk, wrong(), [f"203.0.113.{n}" for n in range(31)])
    assert (await password(desk, "203.0.113.99")).status_code == 429
    assert (await password(desk, "203.0.113.99", RIGHT, {HEADER: token})).status_code == 200


async def test_one_household_of_ipv6_is_one_place(desk: Desk) -> None:
    same = [f"2001:db8:1:2:{n:x}::{n:x}" for n in range(1, 8)]
    assert await statuses(desk, wrong(), same) == [401] * 5 + [429] * 2


async def test_strangers_in_all_have_a_budget(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "STRANGERS_PER_MINUTE", 6)
    names = [f"name{n}" for n in range(8)]
    found = [
        (await password(desk, f"203.0.113.{n}", wrong(name))).status_code for n, name in enumerate(names)
    ]
    assert found == [401] * 6 + [429] * 2


async def test_a_name_that_nobody_has_is_answered_and_slowed_as_any_other(desk: Desk) -> None:
    async def rows() -> int:
        counts = await desk.ctx.db.fetch(
            "SELECT count(*) AS n FROM staff.login_failure UNION ALL SELECT count(*) FROM staff.sign_in"
        )
        return sum(row["n"] for row in counts)

    before = await rows()
    unknown = [await password(desk, "203.0.113.1", wrong("nobody")) for _ in range(7)]
    assert await rows() == before, "an invented name writes no row"
    known = [await password(desk, "203.0.113.2", wrong("asha")) for _ in range(7)]
    assert [a.status_code for a in unknown] == [a.status_code for a in known] == [401] * 5 + [429] * 2
    assert [a.json()["type"] for a in unknown] == [a.json()["type"] for a in known]
    assert [set(a.headers) for a in unknown] == [set(a.headers) for a in known]


async def test_unknown_names_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "REMEMBERED", 2)
    names, failures = guessing.UnknownNames(), object()
    for key in (b"a", b"b", b"a", b"c"):
        names.put(key, failures)  # type: ignore[arg-type]
    assert [names.get(key) is failures for key in (b"a", b"b", b"c")] == [True, False, True]


async def test_sign_ins_failures_and_lock_outs_are_listed_with_their_source(desk: Desk) -> None:
    token, _ = await desk.pair("Pass screen")
    for _ in range(6):
        await password(desk, "2001:db8:1:2::1", wrong())
    await password(desk, "203.0.113.8", wrong("nobody"))
    await sign_in(desk, token, desk.ids["waiter"], "0000")
    await sign_in(desk, token, desk.ids["waiter"], PINS["waiter"])
    manager = await desk.manager()
    items = (await desk.call("GET", "/api/staff/sign-ins", manager)).json()["items"]
    found = [(i["person_name"], i["method"], i["outcome"], i["device_name"]) for i in items]
    assert found == [
        ("Chitra", "pin", "ok", "Pass screen"),
        ("Chitra", "pin", "failed", "Pass screen"),
        ("Asha", "password", "locked out", None),
        *[("Asha", "password", "failed", None)] * 4,
        ("Binod", "password", "ok", None),
    ]
    assert items[2]["network"] == "2001:db8:1:2::/64"
    page = (await desk.call("GET", "/api/staff/sign-ins?limit=3", manager)).json()
    rest = (await desk.call("GET", f"/api/staff/sign-ins?cursor={page['next']}", manager)).json()
    assert page["items"] + rest["items"] == items


async def test_guesses_at_once_from_many_addresses_are_counted_one_by_one(desk: Desk) -> None:
    answers = await asyncio.gather(*(password(desk, f"203.0.113.{n}", wrong()) for n in range(34)))
    assert sorted(a.status_code for a in answers) == [401] * 30 + [429] * 4
    assert (REGISTRY.get_sample_value("rasoi_sign_in_lockouts_total", {"method": "password"}) or 0) > 0
