"""Orders that arrive together are written together, and each still stands for itself."""

from __future__ import annotations

import asyncio

import asyncpg
import msgspec
import pytest

from rasoi.orders import placing, repository
from rasoi.orders.counter import Counter
from rasoi.orders.repository import Placement
from tests.orders.conftest import COLA_1, KULFI_1, Desk, guest, line


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders went in each call."""
    seen: list[int] = []
    real = repository.place_all

    async def counted(conn: object, batch: list[Placement]) -> list[tuple[str, str]]:
        seen.append(len(batch))
        return await real(conn, batch)

    monkeypatch.setattr("rasoi.orders.counter.db.place_all", counted)
    return seen


async def test_one_alone_goes_at_once_and_a_crowd_shares(desk: Desk, sizes: list[int]) -> None:
    await desk.place(guest(None), line(COLA_1))
    assert sizes == [1]
    answers = await asyncio.gather(*(desk.place(guest(None), line(COLA_1)) for _ in range(40)))
    assert sorted(order["number"] for _, order in answers) == list(range(2, 42))
    assert len({order["id"] for _, order in answers}) == 40
    assert sum(sizes) == 41 and max(sizes) > 5


async def test_what_is_refused_or_repeated_in_a_batch_touches_no_other(desk: Desk, sizes: list[int]) -> None:
    async def outcome(*args: object, **more: object) -> str:
        try:
            status, _ = await desk.place(*args, **more)  # type: ignore[arg-type]
        except placing.SoldOut:
            return "sold out"
        return str(status)

    who = guest(None)
    wanted = [outcome(guest(None), line(KULFI_1, 2)) for _ in range(6)]
    wanted += [outcome(who, line(COLA_1), key="same") for _ in range(6)]
    wanted += [outcome(guest(), line(COLA_1)) for _ in range(6)]
    outcomes = await asyncio.gather(*wanted)
    assert sorted(outcomes[:6]) == ["201"] * 2 + ["sold out"] * 4
    assert outcomes[6:] == ["201"] * 12
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 2 + 1 + 6
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.bill") == 2 + 1 + 1
    assert max(sizes) > 3


async def test_a_fault_is_its_own_orders_and_the_rest_are_placed(desk: Desk) -> None:
    counter = desk.ctx.get(Counter)
    good = asyncio.gather(*(desk.place(guest(None), line(COLA_1)) for _ in range(10)))
    broken = Placement(
        msgspec.Raw(b'{"outlet_id": 1, "order_id": "no uuid"}'), b"", [(COLA_1, COLA_1, 1)], [], []
    )
    await asyncio.sleep(0)
    with pytest.raises(asyncpg.PostgresError):
        await counter.place(broken)
    assert sorted(order["number"] for _, order in await good) == list(range(1, 11))
    await desk.place(guest(None), line(COLA_1))
    assert not counter.busy and not counter.waiting


async def test_who_gave_up_waiting_is_not_waited_for(desk: Desk) -> None:
    tasks = [asyncio.create_task(desk.place(guest(None), line(COLA_1))) for _ in range(12)]
    await asyncio.sleep(0.005)
    for task in tasks[5:8]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(result, tuple) for result in results) >= 9
    assert (await desk.place(guest(None), line(COLA_1)))[0] == 201
