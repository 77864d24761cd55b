"""Discounts by hand on PostgreSQL, under the orders room's own role."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from rasoi.orders import granting, schemas, service
from rasoi.orders.domain import BillIsClosed
from rasoi.orders.giving import PartIsPaid, TooMuchOff, UnknownDiscount
from rasoi.orders.issuing import readable_document
from rasoi.orders.voiding import UnknownLine, UnknownReason
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.idempotency import IdempotencyKey, body_hash
from rasoi.platform.rights import AboveLimit, NotPermitted
from rasoi.staff.api import LiftRefused
from tests.lifts import lift
from tests.orders.conftest import COLA_1, HOT, KULFI_1, NAAN_1, Desk, guest, line, waiter
from tests.orders.test_voiding import bill_of, cooked, manager, pay, reserved, void

WHY = "Goodwill"


def key_for(request: Any = None, key: str = "") -> IdempotencyKey:
    return IdempotencyKey(key or str(uuid4()), "POST", body_hash(msgspec.json.encode(request)))


async def off(
    desk: Desk, order: Any, at: int | None = 0, *, who: Principal | None = None, key: str = "", **asked: Any
) -> Any:
    """Take something off the order's line number `at`, or off its bill where that is None."""
    request = schemas.DiscountRequest(**({"reason": WHY} | asked))
    used, by = key_for(request, key), who or manager()
    if at is None:
        answer = await granting.discount_bill(desk.ctx, by, UUID(order["bill_id"]), request, used, None)
    else:
        line_id = UUID(order["lines"][at]["id"])
        answer = await granting.discount_line(desk.ctx, by, UUID(order["id"]), line_id, request, used, None)
    return msgspec.json.decode(answer.content)


async def free(desk: Desk, order: Any, quantity: int = 1, at: int = 0, who: Principal | None = None) -> Any:
    request = schemas.ComplimentaryRequest(quantity=quantity, reason=WHY, note="birthday")
    ids = UUID(order["id"]), UUID(order["lines"][at]["id"])
    answer = await granting.give_away(desk.ctx, who or manager(), *ids, request, key_for(request), None)
    return msgspec.json.decode(answer.content)


async def take_back(desk: Desk, order: Any, discount_id: str) -> Any:
    ids = UUID(order["bill_id"]), UUID(discount_id)
    return msgspec.json.decode((await granting.take_back(desk.ctx, waiter(), *ids, key_for())).content)


async def test_a_line_becomes_cheaper_before_its_tax_and_once(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(NAAN_1, 3, (HOT,)), line(COLA_1))
    meera = manager()
    after = await off(desk, order, who=meera, percent_bp=1000, note="cold", key="one")
    assert await off(desk, order, who=meera, percent_bp=1000, note="cold", key="one") == after
    [told] = after["lines"][0]["discounts"]
    gross = after["lines"][0]["unit_price_paise"] * 3
    assert (told["name"], told["paise"], told["kind"]) == ("Discount 10%", gross // 10, "manual")
    assert (told["reason"], told["note"], told["by"], told["approved_by"]) == (WHY, "cold", "Meera", None)
    assert after["lines"][0]["taxable_paise"] == gross - gross // 10 and after["lines"][1]["discounts"] == []
    assert after["totals"]["discount_paise"] == gross // 10
    [seen] = (await service._view(desk.ctx, who, UUID(order["id"]))).lines[0].discounts
    assert (seen.paise, seen.name) == (gross // 10, "Discount 10%")
    assert (seen.reason, seen.note, seen.by, seen.at) == (None, None, None, None)
    assert [kind for kind, _, _ in await desk.log()][1:] == [
        "rasoi.order.discounted.v1",
        "rasoi.bill.changed.v1",
    ]
    [entry] = await desk.owner.fetch("SELECT * FROM staff.audit WHERE action = 'order.discount'")
    assert entry["actor_name"] == "Meera" and entry["detail"]["amount_paise"] == gross // 10


async def test_a_bill_becomes_cheaper_and_dear_again(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(NAAN_1, 3, (HOT,)), line(COLA_1))
    was = await bill_of(desk, order)
    after = await off(desk, order, None, amount_paise=50_00)
    rows = [each for one in after["orders"][0]["lines"] for each in one["discounts"]]
    assert len({each["id"] for each in rows}) == 1 and sum(each["paise"] for each in rows) == 50_00
    assert after["totals"]["taxable_paise"] == was.totals.taxable_paise - 50_00
    again = await take_back(desk, order, rows[0]["id"])
    assert again["totals"] == msgspec.to_builtins(was.totals) and again["due_paise"] == was.due_paise
    with pytest.raises(UnknownDiscount):
        await take_back(desk, order, rows[0]["id"])
    [entry] = await desk.owner.fetch("SELECT * FROM staff.audit WHERE action = 'bill.take_back_discount'")
    assert entry["actor_name"] == "Asha" and entry["detail"]["amount_paise"] == 50_00


async def test_on_the_house_is_eaten_and_uses_stock(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(KULFI_1, 3))
    await cooked(desk, order, "cooking")
    after = await free(desk, order)
    unit = after["lines"][0]["unit_price_paise"]
    assert (after["lines"][0]["quantity"], after["totals"]["discount_paise"]) == (3, unit)
    assert await reserved(desk) == (3000, 3000)
    left = await void(desk, order, 2, who=manager())
    assert (left["lines"][0]["discounts"][0]["paise"], left["totals"]["total_paise"]) == (unit, 0)


async def test_a_served_bill_that_comes_to_nothing_closes_with_its_document(desk: Desk) -> None:
    _, order = await desk.place(waiter(), line(COLA_1))
    await desk.owner.execute("UPDATE orders.orders SET status = 'served'")
    after = await free(desk, order)
    assert (after["status"], after["totals"]["total_paise"]) == ("completed", 0)
    bill = await bill_of(desk, order)
    [document] = bill.documents
    assert (bill.status, document.total_paise) == ("closed", 0)
    paper = await readable_document(desk.ctx, manager(), document.id)
    assert [(each.name, each.paise) for each in paper.lines[0].discounts] == [
        ("On the house", paper.discount_paise)
    ]
    with pytest.raises(BillIsClosed):
        await off(desk, order, None, percent_bp=1)


async def test_who_may_and_how_much(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    with pytest.raises(NotPermitted):
        await off(desk, order, percent_bp=1000, who=waiter())
    with pytest.raises(NotPermitted):
        await free(desk, order, who=waiter())
    desk.ctx.get(Tokens).rights.take(1, 99, {"waiter": {"discount": {"allowed": True, "limit_paise": 10_00}}})
    await off(desk, order, amount_paise=6_00, who=waiter())
    with pytest.raises(AboveLimit):
        await off(desk, order, None, amount_paise=6_00, who=waiter())
    await off(desk, order, None, amount_paise=4_00, who=waiter())


async def test_a_managers_pin_lets_a_waiter_give_one_discount_up_to_its_amount(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    who, ids = waiter(), (UUID(order["id"]), UUID(order["lines"][0]["id"]))
    request = schemas.DiscountRequest(reason=WHY, amount_paise=20_00)
    little = await lift(desk.owner, who, "discount", str(ids[1]), 19_99, token="little")
    with pytest.raises(LiftRefused):
        await granting.discount_line(desk.ctx, who, *ids, request, key_for(request), little)
    token = await lift(desk.owner, who, "discount", str(ids[1]), 20_00)
    answer = await granting.discount_line(desk.ctx, who, *ids, request, key_for(request), token)
    [told] = msgspec.json.decode(answer.content)["lines"][0]["discounts"]
    assert told["by"] == "Asha" and told["approved_by"]
    with pytest.raises(LiftRefused):
        await granting.discount_line(desk.ctx, who, *ids, request, key_for(request), token)


async def test_what_is_refused(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    wrongs: list[dict[str, Any]] = [{}, {"percent_bp": 1, "amount_paise": 1}]
    for wrong in wrongs:
        with pytest.raises(granting.OneOfBoth):
            await off(desk, order, **wrong)
    with pytest.raises(UnknownReason) as refused:
        await off(desk, order, percent_bp=1, reason="Just so")
    assert WHY in refused.value.extensions["reasons"]
    with pytest.raises(TooMuchOff):
        await off(desk, order, amount_paise=10**9)
    with pytest.raises(UnknownLine):
        await off(desk, {**order, "lines": [{"id": str(uuid4())}]}, percent_bp=1)
    with pytest.raises(service.UnknownBill):
        await off(desk, {**order, "bill_id": str(uuid4())}, None, percent_bp=1)


async def test_money_that_was_paid_before_is_too_much_then_and_nothing_is_taken_back(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1, 2))
    await pay(desk, order, 50_00)
    after = await off(desk, order, percent_bp=1000)
    with pytest.raises(PartIsPaid):
        await take_back(desk, order, after["lines"][0]["discounts"][0]["id"])
    after = await off(desk, order, percent_bp=9000)
    assert (after["payment_status"], (await bill_of(desk, order)).status) == ("overpaid", "closed")
