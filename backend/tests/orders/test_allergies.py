"""What guests must not eat: from the request into the order, its lines, its event and its bill."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.menu.api import ALLERGENS
from rasoi.orders import api, schemas, service
from rasoi.orders.allergies import UnknownAllergen, allergies_of
from rasoi.orders.rows import LINE_COLUMNS
from rasoi.platform.idempotency import KeyReused
from tests.orders.conftest import COLA_1, HOT, NAAN_1, OTHER_TABLE, TABLE, Desk, guest, line, waiter


@given(st.lists(st.sampled_from(ALLERGENS)))
def test_each_is_kept_once_and_in_order(codes: list[str]) -> None:
    found = allergies_of(codes)
    assert set(found) == set(codes) and found == sorted(found) and len(found) == len(set(found))
    assert allergies_of([*reversed(found)]) == found


@pytest.mark.parametrize("code", ["shellfish", "Nuts", "nuts ", "", "\x00"])
def test_only_what_a_dish_can_be_marked_with(code: str) -> None:
    with pytest.raises(UnknownAllergen) as refused:
        allergies_of(["milk", code])
    assert refused.value.status == 422
    assert refused.value.extensions == {"allowed": list(ALLERGENS)}


def with_allergies(request: schemas.LineRequest, *codes: str) -> schemas.LineRequest:
    return msgspec.structs.replace(request, allergies=list(codes))


async def event_of(desk: Desk, order: dict[str, Any]) -> Any:
    return await desk.owner.fetchval(
        "SELECT data FROM orders.outbox WHERE subject = $1 ORDER BY id DESC LIMIT 1", order["id"]
    )


async def test_they_are_stored_answered_told_and_read_again(desk: Desk) -> None:
    who = guest()
    lines = (with_allergies(line(NAAN_1, 2, (HOT,)), "nuts", "milk", "nuts"), line(COLA_1))
    _, order = await desk.place(who, *lines, allergies=["peanuts", "egg", "egg"])
    party, of_lines = ["egg", "peanuts"], [["milk", "nuts"], []]
    row = await desk.owner.fetchval("SELECT allergies FROM orders.orders")
    stored = await desk.owner.fetch("SELECT allergies FROM orders.line ORDER BY position")
    read, kept = await service.readable_order(desk.ctx, who, UUID(order["id"]))
    for told in (order, await event_of(desk, order)):
        assert told["allergies"] == party
        assert [each["allergies"] for each in told["lines"]] == of_lines
    assert (row, [each["allergies"] for each in stored]) == (party, of_lines)
    assert (kept.allergies, [each.allergies for each in kept.lines]) == (party, of_lines)
    bill = await service.bill_view(desk.ctx, who, read.bill.id)
    assert bill.orders[0].allergies == party
    assert [each.allergies for each in bill.orders[0].lines] == of_lines


async def test_later_events_of_the_order_still_tell_them(desk: Desk) -> None:
    who = guest(None)
    _, order = await desk.place(who, with_allergies(line(COLA_1), "soya"), allergies=["nuts"])
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        await api.apply_capture(tx, due, due.due_paise, UUID(int=7))
    event = await event_of(desk, order)
    assert event["status"] == "confirmed"
    assert (event["allergies"], event["lines"][0]["allergies"]) == (["nuts"], ["soya"])


async def test_none_is_none_everywhere(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(COLA_1))
    event = await event_of(desk, order)
    for told in (order, event):
        assert (told["allergies"], told["lines"][0]["allergies"]) == ([], [])


async def test_orders_that_are_written_together_keep_their_own(desk: Desk) -> None:
    """Tables, takeaways and several lines, in batches."""
    asked = [
        (guest(None), [ALLERGENS[n % 14]], [[ALLERGENS[(n + k) % 14]] for k in range(1, 1 + n % 3)])
        for n in range(24)
    ]
    answers = await asyncio.gather(
        *(
            desk.place(who, *(with_allergies(line(), *codes) for codes in lines), line(), allergies=party)
            for who, party, lines in asked
        )
    )
    for (_, order), (_, party, lines) in zip(answers, asked, strict=True):
        rows = await desk.owner.fetch(
            "SELECT allergies FROM orders.line WHERE order_id = $1 ORDER BY position", order["id"]
        )
        kept = await desk.owner.fetchval("SELECT allergies FROM orders.orders WHERE id = $1", order["id"])
        assert (kept, [row["allergies"] for row in rows]) == (party, [*lines, []])
        assert (await event_of(desk, order))["allergies"] == order["allergies"] == party


async def test_a_bill_names_all_that_its_orders_do_and_not_those_of_others(desk: Desk) -> None:
    who = waiter()
    _, first = await desk.place(who, with_allergies(line(), "milk"), table_id=TABLE, allergies=["nuts"])
    _, second = await desk.place(who, line(), table_id=TABLE, allergies=["fish", "nuts"])
    await desk.place(who, line(), table_id=OTHER_TABLE, allergies=["celery"])
    bill = await service.bill_view(desk.ctx, who, UUID(first["bill_id"]))
    assert bill.allergies == ["fish", "milk", "nuts"]
    await desk.owner.execute("UPDATE orders.orders SET status = 'cancelled' WHERE id = $1", second["id"])
    assert (await service.bill_view(desk.ctx, who, bill.id)).allergies == ["milk", "nuts"]


async def test_another_allergy_under_the_same_key_is_another_order(desk: Desk) -> None:
    who = guest()
    nuts = with_allergies(line(), "nuts")
    first = await desk.place(who, nuts, key="k", allergies=["milk"])
    assert await desk.place(who, nuts, key="k", allergies=["milk"]) == first
    for lines, party in (((nuts,), ["egg"]), ((nuts,), []), ((line(),), ["milk"])):
        with pytest.raises(KeyReused):
            await desk.place(who, *lines, key="k", allergies=party)
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 1


@pytest.mark.parametrize("on_the_line", [True, False])
async def test_an_unknown_one_is_refused_and_nothing_is_written(desk: Desk, on_the_line: bool) -> None:
    asked = with_allergies(line(), "gold") if on_the_line else line()
    with pytest.raises(UnknownAllergen):
        await desk.place(guest(), asked, expected=6300, allergies=[] if on_the_line else ["gold"])
    assert await desk.log() == []
    assert await desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 0


async def test_the_columns_of_a_line_are_those_of_the_table(desk: Desk) -> None:
    rows = await desk.owner.fetch(
        """SELECT attname FROM pg_attribute WHERE attrelid = 'orders.line'::regclass AND attnum > 0
        AND NOT attisdropped ORDER BY attnum"""
    )
    assert [row["attname"] for row in rows] == ["outlet_id", "order_id", *LINE_COLUMNS]


@pytest.mark.parametrize("table", ["orders", "line"])
async def test_the_tables_hold_no_more_than_there_are(desk: Desk, table: str) -> None:
    await desk.place(guest(), line(), allergies=list(ALLERGENS))
    with pytest.raises(asyncpg.CheckViolationError):
        await desk.owner.execute(f"UPDATE orders.{table} SET allergies = $1", [*ALLERGENS, "nuts"])
