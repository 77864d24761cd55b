"""The kitchen's SQL functions: what a change is given of an outlet with more than one order, and what a batch opens."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from rasoi.contracts.orders import BillClosed, OrderPlaced
from rasoi.platform.database import Database
from tests.kitchen.conftest import AT, Rig, bill, line, order

LOAD = "SELECT kitchen.load(1, $1, $2, $3, $4)"
OPEN = "SELECT kitchen.open_tickets($1, $2, $3, $4, $5, $6)"
LOCK = "SELECT kitchen.lock_outlets($1)"


async def load(
    rig: Rig,
    *,
    orders: tuple[UUID, ...] = (),
    tickets: tuple[UUID, ...] = (),
    items: tuple[UUID, ...] = (),
    actions: tuple[UUID, ...] = (),
) -> dict[str, Any]:
    found: dict[str, Any] = await rig.db.fetchval(LOAD, orders, tickets, items, actions)
    return found


async def test_a_change_is_given_its_orders_and_nothing_of_others(rig: Rig, database: Database) -> None:
    """Two orders on boards of their own, both paid, acted on and answered: each is found by itself."""
    mine, other = (
        order(OrderPlaced, line("Naan", "tandoor"), line("Dal", "curry")),
        order(OrderPlaced, line("Cola", "drinks")),
    )
    for placed in (mine, other):
        await rig.handle(placed)
        closed = msgspec.structs.asdict(bill(placed, "paid")) | {"status": "closed"}
        await rig.handle(BillClosed(**closed))
    await rig.handle(bill(unpaid := order(OrderPlaced, line("Tea", "drinks")), "unpaid"))
    await rig.handle(unpaid)
    done, another = uuid4(), uuid4()
    for action, applied, reason in ((done, True, None), (another, False, "unknown")):
        await database.execute(
            "INSERT INTO kitchen.action (outlet_id, action_id, action, by, applied, reason) VALUES (1, $1, 'bump', $1, $2, $3)",
            action,
            applied,
            reason,
        )
    for version, placed in ((3, mine), (4, other)):
        await database.execute("INSERT INTO kitchen.cancel_answer VALUES (1, $1, $2)", placed.order_id, version)  # fmt: skip
    whole = await load(rig, orders=(mine.order_id,), actions=(done,))
    assert {board["station"]: board["sequence"] for board in whole["boards"]} == {"curry": 2, "tandoor": 2}
    assert [(t["order_id"], t["station"], [i["name"] for i in t["items"]]) for t in whole["tickets"]] == [
        (str(mine.order_id), "curry", ["Dal"]),
        (str(mine.order_id), "tandoor", ["Naan"]),
    ]
    assert whole["paid_orders"] == whole["closed_orders"] == [str(mine.order_id)]
    assert [(each["action_id"], each["applied"]) for each in whole["done"]] == [(str(done), True)]
    assert whole["answers"] == {str(mine.order_id): 3}
    ticket = UUID(whole["tickets"][0]["id"])
    item = UUID(whole["tickets"][1]["items"][0]["id"])
    for named in (await load(rig, tickets=(ticket,)), await load(rig, items=(item,))):
        assert (named["tickets"], named["boards"]) == (whole["tickets"], whole["boards"])
        assert named["closed_orders"] == whole["closed_orders"]
        assert (named["paid_orders"], named["answers"]) == (whole["paid_orders"], whole["answers"])
        assert named["done"] == []
    neither = await load(rig, orders=(unpaid.order_id,))
    assert neither["paid_orders"] == neither["closed_orders"] == []
    nothing = await load(rig, tickets=(uuid4(),), items=(uuid4(),))
    nothing.pop("at")
    assert nothing.pop("answers") == {}
    assert nothing == {name: [] for name in ("boards", "tickets", "paid_orders", "closed_orders", "done")}


async def test_a_change_holds_the_outlets_boards(rig: Rig, database_url: str) -> None:
    """The first lock of a transaction waits, the next fails at once, and with the transaction all are gone."""
    one, two = [await asyncpg.connect(database_url) for _ in range(2)]
    try:
        async with one.transaction():
            await one.execute("SELECT kitchen.load(1, '{}', '{}', '{}', '{}')")
            async with two.transaction():
                await two.execute(LOCK, [2])
                await one.execute(LOCK, [3])
                with pytest.raises(asyncpg.LockNotAvailableError, match="outlet 1"):
                    await two.execute(LOCK, [1])
            with pytest.raises(TimeoutError):
                await two.execute(LOCK, [1], timeout=0.3)
        for conn in (one, two):
            assert not await conn.fetchval("SELECT current_setting('rasoi.kitchen_locked', true)")
        async with two.transaction():
            await two.execute(LOCK, [1, 2])
            await two.execute(LOCK, [1])
    finally:
        one.terminate()
        two.terminate()


async def opened(rig: Rig, *placed: tuple[int, OrderPlaced], at: datetime = AT, **changes: Any) -> int:
    """Open the tickets of orders of these outlets, each event with its own ids; `changes` are made to the events' data."""
    states = [msgspec.to_builtins(each) | changes for _, each in placed]
    ids = [uuid4() for _ in placed]
    found: int = await rig.db.fetchval(
        OPEN,
        [outlet for outlet, _ in placed],
        states,
        [at] * len(placed),
        [f"correlation {n}" for n in range(len(placed))],
        ids,
        [f"trace {n}" for n in range(len(placed))],
    )
    return found


async def test_boards_go_on_from_where_they_are(rig: Rig, database: Database) -> None:
    await database.execute(
        """INSERT INTO kitchen.board (outlet_id, station, name, sequence, hash, last_number) VALUES
        (1, 'tandoor', 'Tandoor', 5, 4294967290, 7), (1, 'bar', 'Bar', 2, 3, 4), (2, 'tandoor', 'Tandoor', 8, 9, 10)"""
    )
    first = order(OrderPlaced, line("Naan", "tandoor"), line("Kebab", "tandoor", course=2), held_courses=[2])
    second = order(OrderPlaced, line("Roti", "tandoor"), line("Dal", "slow_pot"), number=13, token="T13")
    abroad = order(OrderPlaced, line("Naan", "tandoor"), note=None)
    assert await opened(rig, (1, first), (2, abroad), (1, second), (1, first)) == 5
    rows = await database.fetch(
        "SELECT * FROM kitchen.ticket t JOIN kitchen.ticket_item i ON i.ticket_id = t.id ORDER BY t.outlet_id, station, t.number"
    )
    found = [
        tuple(row[field] for field in ("station", "course", "number", "order_number", "token", "name", "position"))
        for row in rows
    ]  # fmt: skip
    assert found == [
        ("slow_pot", 1, 1, 13, "T13", "Dal", 2),
        ("tandoor", 1, 8, 12, None, "Naan", 1),
        ("tandoor", 2, 9, 12, None, "Kebab", 2),
        ("tandoor", 1, 10, 13, "T13", "Roti", 1),
        ("tandoor", 1, 11, 12, None, "Naan", 1),
    ]
    assert [row["fired_at"] is None for row in rows] == [False, False, True, False, False]
    assert all(row["visible"] and not row["paid"] for row in rows)
    assert [[o["station"] for o in row["other_stations"]] for row in rows] == [
        ["tandoor"],
        [],
        [],
        ["slow_pot"],
        [],
    ]
    boards = await database.fetch("SELECT * FROM kitchen.board ORDER BY outlet_id, station")
    assert [(b["outlet_id"], b["station"], b["name"], b["sequence"], b["last_number"]) for b in boards] == [
        (1, "bar", "Bar", 2, 4),
        (1, "slow_pot", "Slow Pot", 1, 1),
        (1, "tandoor", "Tandoor", 8, 10),
        (2, "tandoor", "Tandoor", 9, 11),
    ]
    shares = [zlib.crc32(f"{row['ticket_id']}:1".encode()) for row in rows]
    assert [b["hash"] for b in boards] == [
        3,
        shares[0],
        (4294967290 + sum(shares[1:4])) % 2**32,
        (9 + shares[4]) % 2**32,
    ]
    log = await rig.db.fetch("SELECT * FROM kitchen.outbox ORDER BY id")
    assert [
        (row["subject"], row["aggregate_version"], row["correlation_id"], row["traceparent"]) for row in log
    ] == [
        ("1:tandoor", 6, "correlation 0", "trace 0"),
        ("1:tandoor", 7, "correlation 0", "trace 0"),
        ("2:tandoor", 9, "correlation 1", "trace 1"),
        ("1:slow_pot", 1, "correlation 2", "trace 2"),
        ("1:tandoor", 8, "correlation 2", "trace 2"),
    ]
    assert log[1]["data"]["hash"] == (4294967290 + sum(shares[1:3])) % 2**32
    assert [item["name"] for item in log[1]["data"]["ticket"]["items"]] == ["Kebab"]
    assert log[1]["data"]["changed_items"] == [log[1]["data"]["ticket"]["items"][0]["id"]]


async def test_the_guests_allergies_are_on_every_ticket_and_each_on_its_item(rig: Rig) -> None:
    nuts, plain = line("Naan", "tandoor", allergies=("milk", "nuts")), line("Roti", "tandoor")
    placed = order(
        OrderPlaced, nuts, plain, line("Dal", "curry", allergies=("egg",)), allergies=["fish", "soya"]
    )
    other = order(OrderPlaced, line("Naan", "tandoor"), number=13)
    assert await opened(rig, (1, placed), (1, other)) == 3
    party = {"tandoor": [["fish", "soya"], []], "curry": [["fish", "soya"]]}
    items = {"tandoor": [[["milk", "nuts"], []], [[]]], "curry": [[["egg"]]]}
    for station in ("tandoor", "curry"):
        _, tickets = await rig.board(station)
        assert [ticket.allergies for ticket in tickets] == party[station]
        assert [[item.allergies for item in ticket.items] for ticket in tickets] == items[station]
    _, [ticket, _] = await rig.board("tandoor")
    for action in ("start", "bump", "recall"):
        result = await rig.act(action, ticket_id=ticket.id)
        assert result.ticket is not None
        assert result.ticket.allergies == ["fish", "soya"]
        assert [item.allergies for item in result.ticket.items] == [["milk", "nuts"], []]
    for _, _, data in await rig.log():
        if data.ticket.order_id == placed.order_id:
            assert data.ticket.allergies == ["fish", "soya"], data.action
    loaded = await load(rig, orders=(placed.order_id,))
    assert [each["allergies"] for each in loaded["tickets"]] == [["fish", "soya"]] * 2


async def test_an_order_from_before_there_were_allergies_is_cooked(rig: Rig) -> None:
    state = msgspec.to_builtins(order(OrderPlaced, line("Naan", "tandoor")))
    del state["allergies"], state["lines"][0]["allergies"]
    assert await rig.db.fetchval(OPEN, [1], [state], [AT], ["c"], [uuid4()], [None]) == 1
    _, [ticket] = await rig.board("tandoor")
    assert (ticket.allergies, ticket.items[0].allergies) == ([], [])


async def test_no_board_for_what_is_not_cooked(rig: Rig, database: Database) -> None:
    waiting = order(OrderPlaced, line("Cola", "drinks"), status="awaiting_payment")
    part = order(OrderPlaced, line("Naan", "tandoor"), line("Tea", "drinks", status="voided"))
    assert await opened(rig, (1, waiting), (1, part)) == 1
    stations = await database.fetch("SELECT station FROM kitchen.board")
    assert [row["station"] for row in stations] == ["tandoor"]


async def paid(rig: Rig, placed: OrderPlaced) -> bool:
    found: bool = await rig.db.fetchval(
        "SELECT paid FROM kitchen.ticket WHERE order_id = $1", placed.order_id
    )
    return found


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("paid", True),
        ("overpaid", True),
        ("partly_refunded", True),
        ("refunded", True),
        ("partly_paid", False),
        ("unpaid", False),
        (None, False),
    ],
)
async def test_an_order_says_whether_it_is_paid(rig: Rig, said: str | None, expected: bool) -> None:
    placed = order(OrderPlaced, line("Naan", "tandoor"))
    await opened(rig, (1, placed), payment_status=said)
    assert await paid(rig, placed) is expected


@pytest.mark.parametrize(("later_s", "expected"), [(-1, False), (0, False), (1, True)])
async def test_what_was_heard_later_of_its_own_bill_counts(rig: Rig, later_s: int, expected: bool) -> None:
    placed, other = (order(OrderPlaced, line("Naan", "tandoor")) for _ in range(2))
    await rig.handle(bill(placed, "paid"), at=AT + timedelta(seconds=later_s))
    await opened(rig, (1, other), (1, placed), payment_status="unpaid")
    assert (await paid(rig, placed), await paid(rig, other)) == (expected, False)


async def test_a_line_without_a_course_is_of_the_first(rig: Rig, database: Database) -> None:
    placed = order(OrderPlaced, line("Naan", "tandoor"))
    lines = [{k: v for k, v in each.items() if k != "course"} for each in msgspec.to_builtins(placed.lines)]
    await opened(rig, (1, placed), lines=lines)
    assert await database.fetchval("SELECT course FROM kitchen.ticket") == 1
