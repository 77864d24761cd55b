"""The SQL functions of orders and bills, where several of everything are there to be taken for one another."""

from __future__ import annotations

import asyncio
from contextvars import Token
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from rasoi.orders import placing, service
from rasoi.orders.domain import TooManyOrders
from rasoi.orders.metrics import PLACEMENTS
from rasoi.orders.pricing import rounded
from rasoi.orders.service import UnknownBill
from rasoi.platform.auth import Principal
from rasoi.platform.database import Database
from rasoi.platform.events import correlation_id, reset, traceparent
from rasoi.platform.idempotency import LOCK, lock_of
from rasoi.platform.problems import Problem
from tests.orders.conftest import COLA_1, KULFI_1, OTHER_TABLE, TABLE, Desk, guest, line, waiter
from tests.orders.test_issuing import pay

READ = "SELECT orders.read_bill(1, $1, $2, $3)"
NUMBERS = "SELECT orders.next_numbers($1, $2)"


async def test_numbers_are_of_an_outlets_day_and_follow_the_batch(database: Database) -> None:
    day, next_day = date(2026, 11, 29), date(2026, 11, 30)
    assert await database.fetchval(NUMBERS, [1, 2, None, 1, 1], [day] * 5) == [1, 1, None, 2, 3]
    assert await database.fetchval(NUMBERS, [2, 1, 2], [day] * 3) == [2, 4, 3]
    assert await database.fetchval(NUMBERS, [1, None], [next_day] * 2) == [1, None]
    assert await database.fetchval(NUMBERS, [None], [day]) == [None]


async def test_how_far_a_bill_is_paid(database: Database) -> None:
    said = [
        await database.fetchval("SELECT orders.payment_status($1, $2)", total, held)
        for total, held in ((0, 0), (100, 0), (100, 1), (100, 99), (100, 100), (100, 101), (0, 1))
    ]
    assert said == ["unpaid", "unpaid", "partly_paid", "partly_paid", "paid", "overpaid", "overpaid"]
    rounded = [
        await database.fetchval("SELECT orders.rounded($1)", net) for net in (0, 49, 50, 149, 150, 10_050)
    ]
    assert rounded == [0, 0, 100, 100, 200, 10_100]


@pytest.mark.parametrize(
    ("at", "zone", "year"),
    [
        ("2026-03-31T18:29:59Z", "Asia/Kolkata", 2025),
        ("2026-03-31T18:30:00Z", "Asia/Kolkata", 2026),
        ("2026-03-31T18:30:00Z", "UTC", 2025),
        ("2026-03-31T20:00:00Z", "Asia/Dubai", 2026),
        ("2026-12-31T23:59:59Z", "Asia/Kolkata", 2026),
        ("2027-02-28T12:00:00Z", "Asia/Kolkata", 2026),
        ("2028-02-29T12:00:00Z", "Asia/Kolkata", 2027),
    ],
)
async def test_financial_years_turn_in_april_by_the_outlets_own_calendar(
    database: Database, at: str, zone: str, year: int
) -> None:
    asked = "SELECT orders.financial_year($1::text::timestamptz, $2)"
    assert await database.fetchval(asked, at, zone) == year


async def test_a_session_sees_its_bills_and_their_orders(desk: Desk) -> None:
    mine, other, counter = guest(), guest(OTHER_TABLE), guest(None)
    _, own = await desk.place(mine, line(COLA_1))
    _, theirs = await desk.place(other, line(COLA_1))
    _, taken_away = await desk.place(counter, line(COLA_1))
    await desk.owner.execute(
        "INSERT INTO orders.guest_session (outlet_id, id) VALUES (1, $1)", counter.session_id
    )

    async def may(session: UUID, kind: str, id: str) -> bool:
        found: bool = await desk.owner.fetchval(
            "SELECT orders.session_may_see(1, $1, $2, $3)", session, kind, UUID(id)
        )
        return found

    for session, seen, hidden in ((mine.session_id, own, theirs), (other.session_id, theirs, own)):
        assert await may(session, "bill", seen["bill_id"]) and await may(session, "order", seen["id"])
        assert not await may(session, "bill", hidden["bill_id"])
        assert not await may(session, "order", hidden["id"])
        assert not await may(session, "bill", seen["id"]) and not await may(session, "order", seen["bill_id"])
        assert not await may(session, "table", seen["id"])
    assert await may(counter.session_id, "bill", taken_away["bill_id"])
    assert not await may(counter.session_id, "bill", own["bill_id"])

    await desk.owner.execute("UPDATE orders.sitting SET ended_at = now(), ending = 'cleared'")
    is_bill_of = "SELECT orders.is_bill_of(1, $1, $2)"  # also of a party that has left
    assert not await may(mine.session_id, "bill", own["bill_id"])
    assert await desk.owner.fetchval(is_bill_of, UUID(own["bill_id"]), mine.session_id)
    assert not await desk.owner.fetchval(is_bill_of, UUID(theirs["bill_id"]), mine.session_id)


async def test_a_bill_is_read_with_its_own_orders(desk: Desk) -> None:
    who = guest()
    orders = [(await desk.place(who, line(COLA_1, n), line(COLA_1)))[1] for n in (2, 3)]
    _, other = await desk.place(guest(OTHER_TABLE), line(COLA_1))
    for order, station in ((orders[0], "drinks"), (orders[0], "bar"), (other, "drinks")):
        await desk.owner.execute(
            "INSERT INTO orders.ticket_progress VALUES (1, $1, $2, $3, 'queued', 1)",
            order["id"],
            uuid4(),
            station,
        )
    bill, order = UUID(orders[0]["bill_id"]), UUID(orders[1]["id"])
    for lock in (False, True):
        by_bill = await desk.owner.fetchval(READ, bill, None, lock)
        by_order = await desk.owner.fetchval(READ, None, order, lock)
        assert by_bill["bill"]["id"] == by_order["bill"]["id"] == str(bill)
        assert by_bill["orders"] == by_order["orders"]
        assert [each["id"] for each in by_bill["orders"]] == [each["id"] for each in orders]
        assert [[each["quantity"] for each in o["lines"]] for o in by_bill["orders"]] == [[2, 1], [3, 1]]
        assert [[p["station"] for p in o["progress"]] for o in by_bill["orders"]] == [["bar", "drinks"], []]
        assert await desk.owner.fetchval(READ, uuid4(), None, lock) is None
        assert await desk.owner.fetchval(READ, None, uuid4(), lock) is None


async def test_the_first_bill_is_waited_for_and_another_is_not(desk: Desk, database_url: str) -> None:
    bills = [
        UUID((await desk.place(guest(table), line(COLA_1)))[1]["bill_id"]) for table in (TABLE, OTHER_TABLE)
    ]
    one, two = [await asyncpg.connect(database_url) for _ in range(2)]
    try:
        async with one.transaction():
            await one.execute(READ, bills[0], None, True)
            with pytest.raises(TimeoutError):
                await two.execute(READ, bills[0], None, True, timeout=0.3)
            await two.execute(READ, bills[0], None, False, timeout=5)  # to read is no change
            async with two.transaction():
                await two.execute(READ, bills[1], None, True)
                await two.execute(READ, bills[1], None, True)
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await two.execute(READ, bills[0], None, True)
        assert not await one.fetchval("SELECT current_setting('rasoi.bill_locked', true)")
    finally:
        one.terminate()
        two.terminate()


async def test_a_key_that_is_in_use_elsewhere_is_waited_for(desk: Desk, database_url: str) -> None:
    who = guest(None)
    conn = await asyncpg.connect(database_url)
    try:
        async with conn.transaction():
            await conn.execute(LOCK, lock_of("orders", (1, who.key, "POST /api/orders", "k")))
            placing = asyncio.create_task(desk.place(who, line(COLA_1), key="k"))
            done, _ = await asyncio.wait([placing], timeout=0.4)
            assert not done
        status, _ = await asyncio.wait_for(placing, 10)
    finally:
        conn.terminate()
    assert status == 201


@pytest.mark.parametrize(
    ("table", "named"),
    [(TABLE, True), (TABLE, False), (None, True)],
    ids=["by its id", "by its table", "takeaway"],
)
async def test_what_was_placed_is_answered_again_while_its_bill_is_locked(
    desk: Desk, database_url: str, table: UUID | None, named: bool
) -> None:
    await desk.setting(takeaway_payment="pay_later")
    who = guest(table)
    _, first = await desk.place(who, line(COLA_1))
    bill = UUID(first["bill_id"])
    more: dict[str, Any] = {"bill_id": bill} if named else {}
    _, order = await desk.place(who, line(COLA_1), key="k", **more)
    conn = await asyncpg.connect(database_url)
    try:
        async with conn.transaction():
            await conn.execute("SELECT FROM orders.bill WHERE id = $1 FOR UPDATE", bill)
            async with asyncio.timeout(5):
                _, again = await desk.place(who, line(COLA_1), key="k", expected=6300, **more)
    finally:
        conn.terminate()
    assert again == order


async def test_a_prepaid_order_is_a_bill_of_its_own_whatever_bill_it_names(desk: Desk) -> None:
    await desk.setting(takeaway_payment="pay_later")
    who = guest(None)
    _, first = await desk.place(who, line(COLA_1))
    await desk.setting(takeaway_payment="prepaid")
    _, second = await desk.place(who, line(COLA_1), bill_id=UUID(first["bill_id"]))
    assert second["bill_id"] != first["bill_id"]
    bills = await desk.owner.fetch("SELECT payment, total_paise FROM orders.bill ORDER BY payment")
    assert [tuple(row) for row in bills] == [("pay_later", 6300), ("prepaid", 6300)]


async def test_orders_paid_before_and_after_have_bills_of_their_own_at_a_table(desk: Desk) -> None:
    async def bill(table: UUID, payment: str) -> str:
        await desk.setting(dine_in_payment=payment)
        return (await desk.place(guest(table), line(COLA_1)))[1]["bill_id"]  # type: ignore[no-any-return]

    after = await bill(TABLE, "pay_later")
    before = await bill(TABLE, "prepaid")
    assert await bill(TABLE, "pay_later") == after != before
    first = await bill(OTHER_TABLE, "prepaid")
    assert await bill(OTHER_TABLE, "pay_later") not in (first, after, before)
    found = await desk.owner.fetch("SELECT table_name, payment, net_paise FROM orders.bill ORDER BY 1, 2")
    assert [tuple(row) for row in found] == [
        ("Table 1", "pay_later", 2 * 6300),
        ("Table 1", "prepaid", 6300),
        ("Table 2", "pay_later", 6300),
        ("Table 2", "prepaid", 6300),
    ]


async def test_who_pays_after_adds_to_no_bill_that_is_paid_before(desk: Desk) -> None:
    who = guest(None)
    _, first = await desk.place(who, line(COLA_1))
    await desk.setting(takeaway_payment="pay_later")
    refused = PLACEMENTS.labels("no_bill")._value.get()
    assert await fails(desk, who, line(COLA_1), bill_id=UUID(first["bill_id"]))
    assert PLACEMENTS.labels("no_bill")._value.get() == refused + 1


async def test_a_guest_who_may_order_no_more_opens_no_bill(desk: Desk) -> None:
    await desk.setting(guest_limits={"address_orders": 1})
    for _ in range(2):
        await desk.place(guest(OTHER_TABLE), line(COLA_1), address="203.0.113.7")
    with pytest.raises(TooManyOrders):
        await desk.place(guest(), line(COLA_1), address="203.0.113.7")
    bills = await desk.owner.fetch("SELECT table_name FROM orders.bill")
    assert [row["table_name"] for row in bills] == ["Table 2"]


async def test_a_prepaid_order_names_no_other_guests_bill(desk: Desk) -> None:
    who = guest(None)
    _, first = await desk.place(who, line(COLA_1))
    bill = UUID(first["bill_id"])
    other = guest(None)
    assert await fails(desk, other, line(COLA_1), bill_id=bill)
    await desk.place(other, line(COLA_1))
    assert await fails(desk, other, line(COLA_1), bill_id=bill), "though one is theirs"
    for own in (who, waiter()):
        _, second = await desk.place(own, line(COLA_1), bill_id=bill)
        assert second["bill_id"] != first["bill_id"]


async def test_bills_with_a_sitting_and_without_are_opened_together(desk: Desk) -> None:
    await desk.setting(takeaway_payment="pay_later")
    outcomes = await desk.place_together(
        desk.place(guest(None), line(COLA_1)),
        desk.place(guest(), line(COLA_1)),
        desk.place(guest(OTHER_TABLE), line(COLA_1)),
    )
    assert len({order["bill_id"] for _, order in outcomes}) == 3
    bills = await desk.owner.fetch("SELECT type, total_paise FROM orders.bill ORDER BY type")
    assert [tuple(row) for row in bills] == [("dine_in", 6300)] * 2 + [("takeaway", 6300)]


async def test_who_waits_for_one_tables_bill_counts_once_on_the_others(desk: Desk, database_url: str) -> None:
    first, other = guest(), guest(OTHER_TABLE)
    for who in (first, other):
        await desk.sit(who)
    conn = await asyncpg.connect(database_url)
    try:
        async with conn.transaction():
            await conn.execute(
                """INSERT INTO orders.bill (outlet_id, id, type, table_id, table_name, sitting_id, business_day)
                SELECT 1, gen_random_uuid(), 'dine_in', table_id, table_name, id, now()::date FROM orders.sitting
                WHERE table_id = $1""",
                OTHER_TABLE,
            )
            together = asyncio.create_task(
                desk.place_together(desk.place(first, line(COLA_1)), desk.place(other, line(COLA_1)))
            )
            done, _ = await asyncio.wait([together], timeout=0.5)
            assert not done
        async with asyncio.timeout(10):
            await together
    finally:
        conn.terminate()
    bills = "SELECT table_name, net_paise FROM orders.bill ORDER BY table_name"
    assert [tuple(row) for row in await desk.owner.fetch(bills)] == [("Table 1", 6300), ("Table 2", 6300)]


async def fails(desk: Desk, *given: Any, **more: Any) -> bool:
    try:
        await desk.place(*given, **more)
    except UnknownBill:
        return True
    return False


async def test_which_bill_an_order_may_be_added_to(desk: Desk) -> None:
    await desk.setting(takeaway_payment="pay_later")
    owner, alone = guest(), guest(None)
    _, at_table = await desk.place(owner, line(COLA_1))
    _, takeaway = await desk.place(alone, line(COLA_1))
    table_bill, own_bill = UUID(at_table["bill_id"]), UUID(takeaway["bill_id"])
    assert await fails(desk, guest(None), line(COLA_1), bill_id=own_bill), "another guest's"
    assert await fails(desk, waiter(), line(COLA_1), bill_id=own_bill, table_id=TABLE), "of another type"
    assert await fails(desk, waiter(), line(COLA_1), bill_id=table_bill), "takeaway on a table's bill"
    assert await fails(desk, waiter(), line(COLA_1), bill_id=table_bill, table_id=OTHER_TABLE)
    assert await fails(desk, guest(OTHER_TABLE), line(COLA_1), bill_id=table_bill)
    ways: list[tuple[Principal, dict[str, Any]]] = [
        (owner, {"bill_id": table_bill}),
        (guest(), {"bill_id": table_bill}),
        (waiter(), {"bill_id": table_bill, "table_id": TABLE}),
        (guest(), {}),
    ]
    for who, more in ways:
        _, added = await desk.place(who, line(COLA_1), **more)
        assert (added["bill_id"], added["table"]["name"]) == (str(table_bill), "Table 1"), more
    for who in (alone, waiter()):
        _, added = await desk.place(who, line(COLA_1), bill_id=own_bill)
        assert (added["bill_id"], added["table"]) == (str(own_bill), None)
    for status in ("closed", "voided"):
        await desk.owner.execute("UPDATE orders.bill SET status = $1, closed_at = now()", status)
        assert await fails(desk, owner, line(COLA_1), bill_id=table_bill)
        assert await fails(desk, alone, line(COLA_1), bill_id=own_bill)
    _, fresh = await desk.place(guest(), line(COLA_1))
    assert fresh["bill_id"] != str(table_bill), "the table begins anew"


@pytest.mark.parametrize("named", [True, False], ids=["by its id", "by its table"])
async def test_the_money_held_on_a_bill_counts(desk: Desk, named: bool) -> None:
    who = guest()
    _, first = await desk.place(who, line(COLA_1))
    bill = UUID(first["bill_id"])
    total = await desk.owner.fetchval("SELECT total_paise FROM orders.bill")
    await desk.owner.execute("UPDATE orders.bill SET paid_paise = $1, refunded_paise = 100", 2 * total)
    more: dict[str, Any] = {"bill_id": bill} if named else {}
    _, second = await desk.place(who, line(COLA_1), **more)
    assert (second["bill_id"], second["payment_status"]) == (str(bill), "partly_paid")
    totals = "SELECT net_paise, total_paise, session_ids FROM orders.bill"
    row = await desk.owner.fetchrow(totals)
    assert tuple(row) == (2 * 6300, 2 * 6300, [who.session_id])


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ("placed", "placed"),
        ("rejected", "placed"),
        ("expired", "placed"),
        ("cancelled", "placed"),
        ("confirmed", "confirmed"),
        ("preparing", "confirmed"),
        ("served", "confirmed"),
    ],
)
async def test_a_table_is_approved_by_an_order_that_was(desk: Desk, before: str, status: str) -> None:
    await desk.setting(approve_first_order=True)
    await desk.place(waiter(), line(COLA_1), table_id=OTHER_TABLE)  # confirmed, on another bill
    _, first = await desk.place(guest(), line(COLA_1))
    await desk.owner.execute("UPDATE orders.orders SET status = $1 WHERE id = $2", before, first["id"])
    _, second = await desk.place(guest(), line(COLA_1))
    assert second["status"] == status
    row = await desk.owner.fetchrow("SELECT * FROM orders.orders WHERE id = $1", second["id"])
    event = await desk.owner.fetchval("SELECT data FROM orders.outbox WHERE subject = $1", second["id"])
    assert row["status"] == event["status"] == status
    assert (row["confirmed_at"] is None) == (second["confirmed_at"] is None) == (status == "placed")
    assert event["path"][0] == "placed" and event["path"][-1] == status
    if status == "placed":
        assert len(event["path"]) == 1 and row["expires_at"] > row["placed_at"], (
            "somebody must approve it in time"
        )
    else:
        assert row["expires_at"] is None and row["confirmed_at"] == row["placed_at"]


async def test_an_order_to_be_paid_before_says_until_when(desk: Desk) -> None:
    _, order = await desk.place(guest(None), line(COLA_1))
    placed, ends = (datetime.fromisoformat(order[name]) for name in ("placed_at", "expires_at"))
    assert (ends - placed).total_seconds() == 600
    assert (order["status"], order["confirmed_at"], order["table"]) == ("awaiting_payment", None, None)
    assert await desk.owner.fetchval("SELECT status FROM orders.idempotency") == 201
    assert await desk.owner.fetchval("SELECT aggregate_version FROM orders.outbox") == 1


async def test_what_is_decided_of_one_bill_changes_no_other(desk: Desk) -> None:
    who, other = guest(None), guest(None)
    _, order = await desk.place(who, line(COLA_1), line(KULFI_1))
    _, beside = await desk.place(other, line(COLA_1))
    rows = "SELECT to_jsonb(o) || to_jsonb(b) FROM orders.orders o JOIN orders.bill b ON b.id = o.bill_id WHERE o.id = $1"
    before = await desk.owner.fetchval(rows, beside["id"])
    await service.cancel(desk.ctx, who, UUID(order["id"]), "changed my mind")
    assert await desk.owner.fetchval(rows, beside["id"]) == before
    row = await desk.owner.fetchrow(
        """SELECT o.status, o.reason, o.version, b.status AS bill, b.total_paise
        FROM orders.orders o JOIN orders.bill b ON b.id = o.bill_id WHERE o.id = $1""",
        order["id"],
    )
    assert tuple(row) == ("cancelled", "changed my mind", 2, "voided", 0)


async def test_what_stock_tells_of_an_order_carries_its_ids(desk: Desk) -> None:
    ids = ("asked by a test", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    tokens: list[Token[Any]] = [correlation_id.set(ids[0]), traceparent.set(ids[1])]
    try:
        await desk.place(guest(None), line(KULFI_1, 5))
    finally:
        reset(tokens)
    for room in ("orders", "inventory"):
        rows = await desk.owner.fetch(f"SELECT correlation_id, traceparent FROM {room}.outbox")
        assert {tuple(row) for row in rows} == {ids}, room
    left = "SELECT current_setting('rasoi.correlation_id', true), current_setting('rasoi.traceparent', true)"
    rows = await asyncio.gather(*(desk.ctx.db.fetchrow(left) for _ in range(10)))
    assert not any(filter(None, (value for row in rows for value in row))), "no connection keeps them"


async def test_what_is_added_to_a_bill_is_what_was_placed_and_to_no_other_bill(desk: Desk) -> None:
    """One batch for two open bills and some of their own, in which an order is refused."""
    first, other = guest(), guest(OTHER_TABLE)
    for who in (first, other):
        await desk.place(who, line(COLA_1))
    once = await desk.owner.fetchval("SELECT min(net_paise) FROM orders.bill")
    paid = {"Table 1": rounded(once * 2), "Table 2": rounded(once * 3)}
    for table, paise in paid.items():
        await desk.owner.execute("UPDATE orders.bill SET paid_paise = $2 WHERE table_name = $1", table, paise)
    outcomes = await desk.place_together(
        desk.place(guest(None), line(COLA_1)),
        desk.place(first, line(COLA_1)),
        desk.place(guest(None), line(KULFI_1, 6)),
        desk.place(other, line(COLA_1, 2)),
    )
    assert [isinstance(each, placing.SoldOut) for each in outcomes] == [False, False, True, False]
    bills = "SELECT net_paise, total_paise FROM orders.bill WHERE table_id IS NOT NULL ORDER BY table_name"
    found = [tuple(row) for row in await desk.owner.fetch(bills)]
    assert found == [(net, rounded(net)) for net in (once * 2, once * 3)]
    told = [each[1]["payment_status"] for each in (outcomes[1], outcomes[3])]
    assert told == ["paid", "paid"]


async def test_what_is_refused_is_on_no_bill(desk: Desk) -> None:
    first = guest()
    await desk.place(first, line(COLA_1))
    bill = "SELECT net_paise, total_paise, session_ids FROM orders.bill WHERE table_id IS NOT NULL"
    before = await desk.owner.fetchrow(bill)
    outcomes = await desk.place_together(
        desk.place(guest(), line(KULFI_1, 6)), desk.place(guest(None), line(COLA_1))
    )
    assert [isinstance(each, placing.SoldOut) for each in outcomes] == [True, False]
    assert await desk.owner.fetchrow(bill) == before
    orders = await desk.owner.fetchval("SELECT array_agg(id) FROM orders.orders")
    assert not await desk.owner.fetch("SELECT FROM orders.line WHERE order_id <> ALL ($1)", orders)


async def test_only_what_guests_have_not_paid_holds_portions_of_a_dish_unpaid(desk: Desk) -> None:
    await desk.owner.execute("UPDATE inventory.stock SET on_hand_milli = 90000")
    changes = [
        "status = 'awaiting_payment'",
        "status = 'placed'",
        "status = 'confirmed'",
        "session_id = NULL",
    ]
    ids = []
    for change in [*changes, "cash_asked_at = now()"]:
        _, order = await desk.place(guest(None), line(KULFI_1))
        await desk.owner.execute(f"UPDATE orders.orders SET {change} WHERE id = $1", order["id"])
        ids.append(UUID(order["id"]))
    await desk.place(guest(None), line(COLA_1))
    held = "SELECT id, old FROM orders.unpaid_holders(1, $1, 60)"
    assert [tuple(row) for row in await desk.owner.fetch(held, [KULFI_1])] == [
        (ids[1], False),
        (ids[0], False),
    ]
    await desk.owner.execute(
        "UPDATE orders.orders SET placed_at = now() - interval '61 s' WHERE id = $1", ids[0]
    )
    assert [row["old"] for row in await desk.owner.fetch(held, [KULFI_1])] == [False, True]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders.document SET total_paise = 0",
        "UPDATE orders.document SET token = 'x'",
        "DELETE FROM orders.document",
        "TRUNCATE orders.document",
    ],
)
async def test_the_database_refuses_every_change_of_a_document(desk: Desk, statement: str) -> None:
    _, order = await desk.place(guest(None), line(COLA_1))
    await pay(desk, order, method="upi")
    for conn in (desk.owner, desk.ctx.db):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement)


async def refused_as(desk: Desk, outcome: str, who: Principal, **more: Any) -> bool:
    """Whether that is why `who` may not place."""
    before = PLACEMENTS.labels(outcome)._value.get()
    with pytest.raises(Problem):
        await desk.place(who, line(COLA_1), expected=6300, **more)
    return bool(PLACEMENTS.labels(outcome)._value.get() == before + 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders.guest_session SET admission = 'waiting' WHERE id = $1",
        "UPDATE orders.guest_session SET admission = 'refused' WHERE id = $1",
        "UPDATE orders.guest_session SET qr_generation = qr_generation - 1 WHERE id = $1",
        "DELETE FROM orders.guest_session WHERE id = $1",
        """UPDATE orders.guest_session SET sitting_id = (SELECT id FROM orders.sitting WHERE table_name = 'Table 2')
        WHERE id = $1""",
    ],
)
async def test_who_does_not_sit_at_the_table_orders_nothing_there(desk: Desk, change: str) -> None:
    who = guest()
    for each in (who, guest(), guest(OTHER_TABLE)):  # another who may changes nothing
        await desk.sit(each)
    await desk.owner.execute(change, who.session_id)
    desk.sit = no_sitting  # type: ignore[method-assign]
    assert await refused_as(desk, "unseated", who)
    assert not await desk.owner.fetch("SELECT FROM orders.orders")


async def no_sitting(who: Principal) -> None: ...


async def test_a_party_that_left_orders_nothing_and_seats_nobody(desk: Desk) -> None:
    who = guest()
    await desk.sit(who)
    await desk.owner.execute("UPDATE orders.sitting SET ended_at = now()")
    assert await refused_as(desk, "unseated", who)
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.sitting") == 1


async def test_at_a_table_out_of_use_nobody_orders_and_nobody_is_seated(desk: Desk) -> None:
    who = guest()
    await desk.sit(who)
    await desk.owner.execute("UPDATE orders.dining_table SET active = false")
    assert await refused_as(desk, "no_table", who)
    for table in (TABLE, OTHER_TABLE):
        assert await refused_as(desk, "no_table", waiter(), table_id=table)
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.sitting") == 1
    await desk.owner.execute("UPDATE orders.dining_table SET active = id = $1", OTHER_TABLE)
    await desk.owner.execute("UPDATE orders.sitting SET ended_at = now()")
    outcomes = await desk.place_together(
        desk.place(waiter(), line(COLA_1), table_id=TABLE),
        desk.place(waiter(), line(COLA_1), table_id=OTHER_TABLE),
    )
    assert isinstance(outcomes[0], Problem) and outcomes[1][0] == 201
    seated = await desk.owner.fetch("SELECT table_name FROM orders.sitting WHERE ended_at IS NULL")
    assert [row["table_name"] for row in seated] == ["Table 2"]


async def test_what_staff_order_at_free_tables_seats_one_party_at_each(desk: Desk) -> None:
    stranger = guest()
    desk.sit = no_sitting  # type: ignore[method-assign]
    outcomes = await desk.place_together(
        desk.place(stranger, line(COLA_1), expected=6300),
        desk.place(waiter(), line(COLA_1), table_id=OTHER_TABLE),
    )
    assert isinstance(outcomes[0], Problem) and outcomes[1][1]["table"]["name"] == "Table 2"
    await desk.place(waiter(), line(COLA_1), table_id=OTHER_TABLE)
    await desk.place(waiter(), line(COLA_1), table_id=TABLE)
    events = await desk.owner.fetch(
        "SELECT data FROM orders.outbox WHERE type = 'rasoi.sitting.opened.v1' ORDER BY id"
    )
    told = [(row["data"]["table"], row["data"]["opened_by"], row["data"]["state"]) for row in events]
    assert told == [("Table 2", "staff", "open"), ("Table 1", "staff", "open")]
    bills = await desk.owner.fetch("SELECT table_name, net_paise FROM orders.bill ORDER BY table_name")
    assert [tuple(row) for row in bills] == [("Table 1", 6300), ("Table 2", 2 * 6300)]


async def test_what_staff_ordered_before_is_answered_again_and_seats_nobody(desk: Desk) -> None:
    who = waiter()
    _, order = await desk.place(who, line(COLA_1), table_id=TABLE, key="k")
    await desk.owner.execute("UPDATE orders.sitting SET ended_at = now()")
    outcomes = await desk.place_together(
        desk.place(who, line(COLA_1), table_id=TABLE, key="k"),
        desk.place(waiter(), line(COLA_1), table_id=OTHER_TABLE),
    )
    assert outcomes[0][1] == order
    seated = await desk.owner.fetch("SELECT table_name FROM orders.sitting ORDER BY table_name")
    assert [row["table_name"] for row in seated] == ["Table 1", "Table 2"]


async def test_keys_are_of_one_caller_and_one_route(desk: Desk) -> None:
    one, other = guest(None), guest(None)
    _, first = await desk.place(one, line(COLA_1), key="k")
    _, second = await desk.place(other, line(COLA_1), key="k")
    assert first["id"] != second["id"]
    await desk.owner.execute("UPDATE orders.idempotency SET route = 'POST /api/elsewhere'")
    _, third = await desk.place(one, line(COLA_1), key="k")
    assert third["id"] not in (first["id"], second["id"])
    before = PLACEMENTS.labels("replayed")._value.get()
    _, again = await desk.place(one, line(COLA_1), key="k")
    assert again == third and PLACEMENTS.labels("replayed")._value.get() == before + 1
