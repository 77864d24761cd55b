"""What a guest may have under way before a waiter looks at it: the pure rules, and orders.place_all that counts."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from rasoi.orders.domain import TooManyOrders, TooMuch, TooMuchHeld, beyond_limits, needs_word
from rasoi.orders.giving_way import Holder, first_to_give
from rasoi.orders.placing import SoldOut
from rasoi.staff.api import GuestLimits
from tests.orders import papers
from tests.orders.conftest import COLA_1, KULFI_1, OTHER_TABLE, TABLE, Desk, guest, line, waiter

HOME, CAFE = "203.0.113.7", "198.51.100.9"


def sold(*quantities: int, dish: str = "Naan") -> list[Any]:
    one = uuid4()
    return [papers.line(4500, quantity, papers.GST[0], variant_id=one, name=dish) for quantity in quantities]


@pytest.mark.parametrize(
    ("quantities", "total_paise", "said"),
    [
        ((1,), 100, None),
        ((20,), 15_000_00, None),
        ((21,), 100, "21 × Naan"),
        ((10, 10), 100, None),
        ((10, 11), 100, "21 × Naan"),
        ((1,), 15_000_01, "₹15,000.01"),
        ((99,) * 60, 14_90_644_00, "5940 × Naan"),
    ],
)
def test_what_is_more_than_a_guest_may_order(
    quantities: tuple[int, ...], total_paise: int, said: str | None
) -> None:
    found = beyond_limits(GuestLimits(), sold(*quantities), total_paise)
    assert found is None if said is None else said in (found or "")


def test_different_dishes_are_counted_apart() -> None:
    assert beyond_limits(GuestLimits(), [*sold(20), *sold(20, dish="Dal")], 100) is None


def test_the_dish_that_is_too_much_is_named() -> None:
    for lines in ([*sold(21, dish="Dal"), *sold(3)], [*sold(3), *sold(21, dish="Dal")]):
        assert "21 × Dal" in (beyond_limits(GuestLimits(), lines, 100) or "")


def test_a_waiter_confirms_at_the_table_and_nobody_limits_the_waiter() -> None:
    outlet, much = papers.outlet(), sold(21)
    assert needs_word(outlet, "dine_in", True, much, 100)
    assert not needs_word(outlet, "dine_in", True, sold(20), 100)
    assert not needs_word(outlet, "dine_in", False, much, 100)
    assert not needs_word(outlet, "takeaway", False, much, 100)
    with pytest.raises(TooMuch, match="21 × Naan"):
        needs_word(outlet, "takeaway", True, much, 100)
    assert not needs_word(
        papers.outlet(guest_limits=GuestLimits(dish_quantity=21)), "takeaway", True, much, 1
    )


def held(network: bytes, old: bool = False) -> Holder:
    return Holder(uuid4(), uuid4(), network, old)


def test_who_gives_way_to_whom() -> None:
    many = [held(b"a") for _ in range(4)]
    assert first_to_give(many, made_now=True) is many[0]
    assert first_to_give(many[1:], made_now=True) is None
    assert first_to_give(many, made_now=False) is None
    waited = [held(b"b"), held(b"c", old=True), held(b"d", old=True)]
    assert first_to_give(waited, made_now=False) is waited[2]
    assert first_to_give(waited, made_now=True) is waited[2]
    assert first_to_give([*many, *waited], made_now=True) is many[0]
    assert first_to_give([], made_now=True) is None


async def limits(desk: Desk, **values: int) -> None:
    await desk.setting(guest_limits=values)


async def test_the_attack_of_one_table_waits_for_a_waiter(desk: Desk) -> None:
    who = guest()
    _, small = await desk.place(who, line(COLA_1, 20))
    _, large = await desk.place(who, line(COLA_1, 99), line(COLA_1, 99))
    assert (small["status"], large["status"]) == ("confirmed", "placed")
    _, ordered = await desk.place(waiter(), line(COLA_1, 99), table_id=TABLE)
    assert ordered["status"] == "confirmed"
    with pytest.raises(TooMuch):
        await desk.place(guest(None), line(COLA_1, 99))


async def test_orders_of_one_phone_wait_beyond_the_limit_and_are_refused_beyond_twice(desk: Desk) -> None:
    await limits(desk, phone_orders=2)
    who, friend = guest(), guest()
    said = [(await desk.place(who, line(COLA_1)))[1]["status"] for _ in range(4)]
    assert said == ["confirmed", "confirmed", "placed", "placed"]
    with pytest.raises(TooManyOrders):
        await desk.place(who, line(COLA_1))
    assert (await desk.place(friend, line(COLA_1)))[1]["status"] == "confirmed"
    assert (await desk.place(waiter(), line(COLA_1), table_id=TABLE))[1]["status"] == "confirmed"
    await desk.owner.execute(
        "UPDATE orders.orders SET status = 'ready' WHERE session_id = $1", who.session_id
    )
    assert (await desk.place(who, line(COLA_1)))[1]["status"] == "confirmed"


async def test_orders_of_one_table_count_together(desk: Desk) -> None:
    await limits(desk, table_orders=2)
    await desk.place(waiter(), line(COLA_1), table_id=TABLE)  # counts for nobody
    said = [(await desk.place(guest(), line(COLA_1)))[1]["status"] for _ in range(4)]
    assert said == ["confirmed", "confirmed", "placed", "placed"]
    with pytest.raises(TooManyOrders):
        await desk.place(guest(), line(COLA_1))
    assert (await desk.place(guest(OTHER_TABLE), line(COLA_1)))[1]["status"] == "confirmed"


async def test_orders_of_one_address_count_together_and_each_counts_once(desk: Desk) -> None:
    await limits(desk, address_orders=3)
    for _ in range(3):
        await desk.place(guest(None), line(COLA_1), address=HOME)
    with pytest.raises(TooManyOrders):
        await desk.place(guest(None), line(COLA_1), address=HOME)
    await desk.place(guest(None), line(COLA_1), address=CAFE)
    await desk.place(guest(None), line(COLA_1))
    kept = await desk.owner.fetch("SELECT DISTINCT network FROM orders.orders")
    assert len(kept) == 3 and all(HOME.encode() not in (row["network"] or b"") for row in kept)
    assert (await desk.place(guest(), line(COLA_1), address=HOME))[1]["status"] == "placed"


async def test_an_earlier_approval_lets_no_large_order_through(desk: Desk) -> None:
    await desk.setting(approve_first_order=True)
    who = guest()
    _, first = await desk.place(who, line(COLA_1))
    assert first["status"] == "placed"
    await desk.owner.execute("UPDATE orders.orders SET status = 'confirmed'")
    assert (await desk.place(who, line(COLA_1)))[1]["status"] == "confirmed"
    assert (await desk.place(who, line(COLA_1, 21)))[1]["status"] == "placed"


async def test_unpaid_orders_hold_no_more_than_their_share(desk: Desk) -> None:
    await limits(desk, phone_portions=3, address_portions=4)
    who = guest(None)
    await desk.place(who, line(KULFI_1, 2), address=HOME)
    with pytest.raises(TooMuchHeld):
        await desk.place(who, line(KULFI_1, 2), address=CAFE)
    with pytest.raises(TooMuchHeld):
        await desk.place(guest(None), line(KULFI_1, 3), address=HOME)
    await desk.place(guest(None), line(KULFI_1, 2), address=HOME)
    await desk.place(guest(None), line(COLA_1, 9), address=HOME)
    assert await reserved(desk) == 4


@pytest.mark.parametrize(
    ("status", "counts"), [("placed", True), ("awaiting_payment", True), ("confirmed", False)]
)
@pytest.mark.parametrize("by", ["phone", "address"])
async def test_what_is_held_unpaid_counts_whether_by_the_phone_or_the_address(
    desk: Desk, status: str, counts: bool, by: str
) -> None:
    await limits(desk, **{"phone_portions": 9, "address_portions": 9, f"{by}_portions": 3})
    who, other = guest(None), guest(None)
    await desk.place(who, line(KULFI_1, 2), address=HOME)
    await desk.owner.execute("UPDATE orders.orders SET status = $1", status)
    await desk.place(guest(None), line(KULFI_1), address=CAFE)  # is somebody else
    again = (who, CAFE) if by == "phone" else (other, HOME)
    if counts:
        with pytest.raises(TooMuchHeld):
            await desk.place(again[0], line(KULFI_1, 2), address=again[1])
    else:
        await desk.place(again[0], line(KULFI_1, 2), address=again[1])


async def test_what_others_hold_elsewhere_counts_for_nobody(desk: Desk) -> None:
    await limits(desk, phone_portions=2, address_portions=2)
    await desk.place(guest(None), line(KULFI_1, 2), address=HOME)
    await desk.place(guest(None), line(KULFI_1, 2), address=CAFE)
    assert await reserved(desk) == 4


@pytest.mark.parametrize("by", ["phone", "address"])
async def test_as_much_as_the_limit_may_be_held(desk: Desk, by: str) -> None:
    await limits(desk, **{"phone_portions": 9, "address_portions": 9, f"{by}_portions": 3})
    await desk.place(guest(None), line(KULFI_1, 3), address=HOME)
    with pytest.raises(TooMuchHeld):
        await desk.place(guest(None), line(KULFI_1, 4), address=CAFE)


async def test_orders_that_come_together_count_one_after_the_other(desk: Desk) -> None:
    await limits(desk, phone_portions=3, address_portions=3)
    who = guest(None)
    outcomes = await desk.place_together(
        desk.place(who, line(KULFI_1, 2), address=HOME),
        desk.place(guest(None), line(KULFI_1, 2), address=HOME),
        desk.place(who, line(KULFI_1, 2), address=CAFE),
        desk.place(guest(None), line(KULFI_1, 2), address=CAFE),
    )
    assert [isinstance(each, TooMuchHeld) for each in outcomes] == [False, True, True, False]


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        *((name, True) for name in ("placed", "awaiting_payment", "confirmed", "preparing")),
        *((name, False) for name in ("ready", "served", "completed", "expired", "cancelled", "rejected")),
    ],
)
@pytest.mark.parametrize("by", ["phone", "table", "address"])
async def test_what_is_not_made_yet_counts_as_open(desk: Desk, status: str, counts: bool, by: str) -> None:
    await limits(desk, **{"phone_orders": 99, "table_orders": 99, "address_orders": 99} | {f"{by}_orders": 1})
    who = guest()
    await desk.place(who, line(COLA_1), address=HOME)
    await desk.owner.execute("UPDATE orders.orders SET status = $1", status)
    _, elsewhere = await desk.place(guest(OTHER_TABLE), line(COLA_1), address=CAFE)
    again = who if by == "phone" else guest() if by == "table" else guest(OTHER_TABLE)
    _, second = await desk.place(again, line(COLA_1), address=HOME if by == "address" else CAFE)
    assert elsewhere["status"] == "confirmed"
    assert second["status"] == ("placed" if counts else "confirmed")


async def test_guests_orders_that_come_together_are_counted_and_a_waiters_is_not(desk: Desk) -> None:
    await limits(desk, phone_orders=99, table_orders=99, address_orders=1)
    outcomes = await desk.place_together(
        desk.place(guest(), line(COLA_1), address=HOME),
        desk.place(waiter(), line(COLA_1)),
        desk.place(guest(OTHER_TABLE), line(COLA_1), address=HOME),
        desk.place(guest(None), line(COLA_1), address=HOME),
        desk.place(guest(None), line(COLA_1), address=CAFE),
    )
    assert isinstance(outcomes[3], TooManyOrders)
    said = [each[1]["status"] for each in outcomes if not isinstance(each, Exception)]
    assert said == ["confirmed", "awaiting_payment", "placed", "awaiting_payment"]


async def reserved(desk: Desk) -> int:
    return int(await desk.owner.fetchval("SELECT reserved_milli FROM inventory.stock")) // 1000


async def test_what_many_unpaid_orders_hold_gives_way_to_a_table(desk: Desk) -> None:
    for _ in range(5):
        await desk.place(guest(None), line(KULFI_1), address=HOME)
    with pytest.raises(SoldOut):
        await desk.place(guest(None), line(KULFI_1), address=CAFE)
    _, served = await desk.place(guest(), line(KULFI_1), address=CAFE)
    assert served["status"] == "confirmed"
    _, ordered = await desk.place(waiter(), line(KULFI_1), table_id=TABLE)
    assert ordered["status"] == "confirmed"
    with pytest.raises(SoldOut):
        await desk.place(waiter(), line(KULFI_1), table_id=TABLE)
    states = await desk.owner.fetch("SELECT status, count(*) AS n FROM orders.orders GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in states] == [("awaiting_payment", 3), ("confirmed", 2), ("expired", 2)]
    assert await reserved(desk) == 5


async def test_what_was_held_long_enough_gives_way_to_anybody(desk: Desk) -> None:
    _, slow = await desk.place(guest(None), line(KULFI_1, 5), address=HOME)
    with pytest.raises(SoldOut):
        await desk.place(guest(None), line(KULFI_1), address=CAFE)
    await desk.owner.execute("UPDATE orders.orders SET placed_at = now() - interval '3 minutes'")
    await desk.place(guest(None), line(KULFI_1), address=CAFE)
    assert await desk.owner.fetchval("SELECT status FROM orders.orders WHERE id = $1", UUID(slow["id"])) == (
        "expired"
    )


async def test_who_asked_to_pay_in_cash_is_waited_for(desk: Desk) -> None:
    await desk.place(guest(None), line(KULFI_1, 5), address=HOME)
    await desk.owner.execute(
        "UPDATE orders.orders SET placed_at = now() - interval '3 minutes', cash_asked_at = now()"
    )
    with pytest.raises(SoldOut):
        await desk.place(waiter(), line(KULFI_1), table_id=TABLE)
