"""Every screen says "demo" while something that everybody knows of it lets somebody in, and not a moment longer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from uuid_utils.compat import uuid7

from rasoi import app
from rasoi.app import Platform
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.settings import Settings
from rasoi.staff import commands
from rasoi.staff.api import Revocations
from tests.support import asgi_transport

ALL = {"owner", "manager", "evening", "ravi", "sunita", "joseph", "imran", "lakshmi", "tenzin", "gopal"}


@pytest.fixture
async def house(database_url: str, settings: Settings) -> AsyncIterator[Platform]:
    async with app.platform(settings, database_url, None) as platform:
        yield platform


async def says_demo(house: Platform) -> bool:
    """As a screen is told, once this process has looked again."""
    await house.ctx.get(Revocations).load(house.ctx.db)
    async with httpx.AsyncClient(
        transport=asgi_transport(house.asgi), base_url=house.ctx.settings.url
    ) as client:
        return bool((await client.get("/api/build")).json()["demo"])


async def leave(house: Platform, *names: str) -> None:
    """All of the demo's people but these have left."""
    sql = "UPDATE staff.person SET active = username = ANY ($1)"
    await house.ctx.db.execute(sql, list(names))


async def test_from_the_first_start(house: Platform) -> None:
    async with httpx.AsyncClient(
        transport=asgi_transport(house.asgi), base_url=house.ctx.settings.url
    ) as client:
        assert (await client.get("/api/build")).json()["demo"] is True, "also before it has looked again"


@pytest.mark.parametrize("name", sorted(ALL))
async def test_for_as_long_as_one_of_them_comes_in(house: Platform, name: str) -> None:
    await leave(house, name)
    assert await says_demo(house)
    await leave(house)
    assert not await says_demo(house)


async def test_until_the_last_pin_and_the_last_password_are_others(
    house: Platform, database: Database
) -> None:
    await leave(house, "manager")
    await commands.reset_password(database, "manager", "nobody knows this")
    assert await says_demo(house), "there is a PIN yet"
    await database.execute("UPDATE staff.person SET pin_hash = decode(repeat('00', 32), 'hex')")
    assert not await says_demo(house)


async def test_a_pin_alone_or_a_password_alone_is_enough(house: Platform, database: Database) -> None:
    await leave(house, "manager")
    await database.execute("UPDATE staff.person SET pin_hash = NULL WHERE username = 'manager'")
    assert await says_demo(house)
    await commands.reset_password(database, "manager", "nobody knows this")
    assert not await says_demo(house)


async def test_every_process_knows_without_asking_at_each_request(
    house: Platform, settings: Settings
) -> None:
    """Another process has a context of its own and hears of it by its poll."""
    other = Context(settings, house.ctx.db)
    other.register(Revocations())
    await other.get(Revocations).load(other.db)
    assert other.get(Revocations).demo
    await leave(house)
    await other.get(Revocations).load(other.db)
    assert not other.get(Revocations).demo


async def test_a_restaurant_of_its_own_never_says_it(database: Database) -> None:
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (1, 'Kapoor')")
    await database.execute(
        "INSERT INTO staff.person (outlet_id, id, name, username, password_hash, role)"
        " VALUES (1, $1, 'M', 'owner', 'x', 'owner')",
        uuid7(),
    )
    assert await database.fetchval("SELECT staff.demo_works()") is False
