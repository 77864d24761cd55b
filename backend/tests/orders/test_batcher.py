"""Orders that arrive together are written together, and each still stands for itself."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import msgspec
import pytest
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import OrderPlaced
from rasoi.orders import placing, repository, schemas
from rasoi.orders.batcher import PlacementBatcher
from rasoi.orders.placement import Placement, PlacementRow
from rasoi.orders.rows import LINE_COLUMNS, LineRow
from rasoi.orders.service import UnknownBill
from tests.orders.conftest import COLA_1, KULFI_1, TABLE, Desk, guest, line, waiter


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders went in each call."""
    seen: list[int] = []
    real = repository.place_all

    async def counted(conn: object, batch: list[Placement]) -> list[tuple[str, bytes]]:
        seen.append(len(batch))
        return await real(conn, batch)

    monkeypatch.setattr("rasoi.orders.batcher.db.place_all", counted)
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
    batcher = desk.ctx.get(PlacementBatcher)
    good = asyncio.gather(*(desk.place(guest(None), line(COLA_1)) for _ in range(10)))
    while not batcher.queue:
        await asyncio.sleep(0)
    whole = batcher.queue[0][0]
    replace = msgspec.structs.replace
    row = replace(whole.row, order_id=uuid7(), new_bill_id=uuid7(), event_id=uuid7(), key="another key")
    hundred = [replace(each, quantity=100) for each in whole.lines]  # more than the table's CHECK lets in
    broken = replace(whole, row=row, lines=hundred)
    with pytest.raises(asyncpg.CheckViolationError):
        await batcher.place(broken)
    assert sorted(order["number"] for _, order in await good) == list(range(1, 11))
    await desk.place(guest(None), line(COLA_1))
    assert not batcher.queue


async def test_who_gave_up_waiting_is_not_waited_for(desk: Desk) -> None:
    tasks = [asyncio.create_task(desk.place(guest(None), line(COLA_1))) for _ in range(12)]
    await asyncio.sleep(0.005)
    for task in tasks[5:8]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(result, tuple) for result in results) >= 9
    assert (await desk.place(guest(None), line(COLA_1)))[0] == 201


async def test_a_batch_of_all_kinds_numbers_what_it_places_without_gaps(desk: Desk, sizes: list[int]) -> None:
    """New bills, a table's open bill, a bill that is named, one that is not there, and a refused order, together."""
    await desk.setting(takeaway_payment="pay_later")
    who = guest()
    _, first = await desk.place(who, line(COLA_1))
    _, own = await desk.place(guest(None), line(COLA_1))
    owner = guest(None)
    _, named = await desk.place(owner, line(COLA_1))

    async def outcome(*args: object, **more: object) -> Any:
        try:
            return (await desk.place(*args, **more))[1]  # type: ignore[arg-type]
        except (placing.SoldOut, UnknownBill) as refused:
            return type(refused)

    hold = [
        asyncio.create_task(outcome(guest(None), line(COLA_1))) for _ in range(2)
    ]  # the others wait for these
    rest = [
        outcome(guest(), line(COLA_1, 2)),
        outcome(owner, line(COLA_1, 3), bill_id=named["bill_id"]),
        outcome(guest(None), line(COLA_1), bill_id=uuid7()),
        outcome(guest(None), line(KULFI_1, 9)),
        outcome(guest(None), line(COLA_1)),
    ]
    at_table, on_named, missing, refused, fresh = await asyncio.gather(*rest)
    placed = [first, own, named, *await asyncio.gather(*hold), at_table, on_named, fresh]
    assert (missing, refused) == (UnknownBill, placing.SoldOut)
    assert (at_table["bill_id"], on_named["bill_id"]) == (first["bill_id"], named["bill_id"])
    assert sorted(order["number"] for order in placed) == list(range(1, 9))
    homeless = "SELECT count(*) FROM orders.line l WHERE NOT EXISTS (SELECT FROM orders.orders o WHERE o.id = l.order_id)"
    assert await desk.ctx.db.fetchval(homeless) == 0
    assert max(sizes) >= 3
    rows = await desk.owner.fetch(
        """SELECT b.net_paise = (SELECT sum(o.total_paise) FROM orders.orders o WHERE o.bill_id = b.id)
        AND b.net_paise = (SELECT sum(l.total_paise) FROM orders.line l
          JOIN orders.orders o ON o.id = l.order_id WHERE o.bill_id = b.id)
        FROM orders.bill b"""
    )
    assert [row[0] for row in rows] == [True] * 6


def fields(text: str | bytes) -> list[str]:
    """The names of a JSON object's fields, as often as they are there."""
    pairs: list[tuple[str, object]] = json.loads(text, object_pairs_hook=lambda found: found)
    return sorted(name for name, _ in pairs)


async def test_the_answer_and_the_event_are_whole(desk: Desk) -> None:
    """The database puts its part before Python's: together they are the schema, with no field twice."""
    for who in (guest(), guest(None)):
        _, answer = await desk.place(who, line(COLA_1))
        msgspec.convert(answer, schemas.Order)
        text = await desk.owner.fetchval(
            "SELECT data::text FROM orders.outbox WHERE subject = $1", answer["id"]
        )
        assert fields(text) == sorted(OrderPlaced.__struct_fields__)
        event = msgspec.json.decode(text)
        assert event["path"][-1] == event["status"] == answer["status"]
        stored = await desk.owner.fetchval(
            "SELECT body FROM orders.idempotency ORDER BY created_at DESC LIMIT 1"
        )
        assert fields(stored) == sorted(schemas.Order.__struct_fields__)
        assert msgspec.json.decode(stored) == answer


@pytest.mark.parametrize(
    ("relation", "columns"),
    [
        ("placement", PlacementRow.__struct_fields__),
        ("line", ("outlet_id", "order_id", *LINE_COLUMNS)),
    ],
)
async def test_what_placing_passes_is_in_the_columns_order(
    desk: Desk, relation: str, columns: tuple[str, ...]
) -> None:
    rows = await desk.owner.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum",
        f"orders.{relation}",
    )
    assert [row["attname"] for row in rows] == list(columns)


def test_a_line_has_a_value_for_each_of_its_columns() -> None:
    assert sorted(LINE_COLUMNS) == sorted(LineRow.__struct_fields__)


async def test_staff_add_no_session_to_a_bill(desk: Desk) -> None:
    for _ in range(2):
        await desk.place(waiter(), line(COLA_1), table_id=TABLE)
    await desk.place(guest(), line(COLA_1))
    sessions = await desk.owner.fetchval("SELECT session_ids FROM orders.bill")
    assert len(sessions) == 1 and None not in sessions
