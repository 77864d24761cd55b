"""Offers in quotes and orders, on PostgreSQL under the orders room's own role."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from rasoi.offers.api import snapshot as read_snapshot
from rasoi.offers.domain import Terms
from rasoi.orders import offering, placing, schemas
from rasoi.orders.offering import OfferSnapshots
from tests.orders.conftest import COLA, COLA_1, HOT, NAAN_1, Desk, guest, line, waiter

TEN = Terms(name="Ten off", kind="percent", percent_bp=1000)
OFFER = UUID(int=71)


async def offer(desk: Desk, terms: Terms, id: UUID = OFFER) -> None:
    """As the offers room would have made it, and told so."""
    sql = "INSERT INTO offers.offer (outlet_id, id, terms) VALUES (1, $1, $2)"
    await desk.owner.execute(sql, id, terms)
    desk.ctx.get(OfferSnapshots).drop(1)


async def test_an_offer_is_on_the_lines_of_quote_answer_row_and_event(desk: Desk) -> None:
    cart = [line(COLA_1, 2), line(NAAN_1, 1, (HOT,))]
    await offer(desk, Terms(name="Cola hour", kind="percent", percent_bp=3333, item_ids=[COLA]))
    who = guest()
    await desk.sit(who)
    quote = await placing.quote(desk.ctx, who, schemas.QuoteRequest(type="dine_in", lines=cart))
    assert (quote.totals.subtotal_paise, quote.totals.discount_paise) == (17000, 4000)
    assert quote.totals.total_paise == 8000 + 2 * 200 + 5000 + 2 * 125, "taxed after the discount"
    status, order = await desk.place(who, *cart, expected=quote.totals.total_paise)
    assert status == 201
    [discount] = order["lines"][0]["discounts"]
    assert {name: discount[name] for name in ("id", "kind", "name", "paise")} == {
        "id": str(OFFER), "kind": "offer", "name": "Cola hour", "paise": 4000,
    }  # fmt: skip
    assert order["lines"][1]["discounts"] == [] and order["totals"]["discount_paise"] == 4000
    rows = await desk.owner.fetch("SELECT discounts, discount_paise FROM orders.line ORDER BY position")
    assert [row["discount_paise"] for row in rows] == [4000, 0]
    assert (rows[0]["discounts"][0]["given_paise"], rows[0]["discounts"][0]["given_quantity"]) == (4000, 2)
    event = await desk.owner.fetchval("SELECT data FROM orders.outbox WHERE type = 'rasoi.order.placed.v1'")
    assert [each["paise"] for each in event["lines"][0]["discounts"]] == [4000]


@pytest.mark.parametrize("begins", [True, False])
async def test_another_total_than_was_seen_is_refused(desk: Desk, begins: bool) -> None:
    """Whether the offer begins or ends between quote and placing."""
    if not begins:
        await offer(desk, TEN)
    seen, then = (6300, 5670) if begins else (5670, 6300)
    who = guest()
    assert (await desk.place(who, line(), expected=seen))[0] == 201
    if begins:
        await offer(desk, TEN)
    else:
        await desk.owner.execute("UPDATE offers.offer SET ended_at = now()")
        desk.ctx.get(OfferSnapshots).drop(1)
    with pytest.raises(placing.PriceChanged) as refused:
        await desk.place(who, line(), expected=seen)
    assert refused.value.extensions == {"total_paise": then}
    assert (await desk.place(who, line(), expected=then))[0] == 201


async def test_a_duplicate_is_answered_with_the_offer_that_has_ended_since(desk: Desk) -> None:
    await offer(desk, TEN)
    who = guest()
    _, first = await desk.place(who, line(), key="k", expected=5670)
    await desk.owner.execute("UPDATE offers.offer SET paused = true")
    desk.ctx.get(OfferSnapshots).drop(1)
    assert await desk.place(who, line(), key="k", expected=5670) == (201, first)


async def test_the_outlets_clock_and_the_type_of_order_decide(desk: Desk) -> None:
    now = (await read_snapshot(desk.ctx.db, 1)).now
    await desk.setting(timezone="Asia/Kolkata")
    local = (now.hour * 60 + now.minute + 330) % 1440
    here: dict[str, Any] = {"from_minute": (local - 30) % 1440, "to_minute": (local + 30) % 1440}
    for minutes, expected in ((here, 5670), ({k: (v + 330) % 1440 for k, v in here.items()}, 6300)):
        await desk.owner.execute("DELETE FROM offers.offer")
        await offer(desk, Terms(name="Now", kind="percent", percent_bp=1000, **minutes))
        assert (await desk.place(waiter(), line(), type="takeaway"))[1]["totals"]["total_paise"] == expected
    await desk.owner.execute("DELETE FROM offers.offer")
    await offer(desk, Terms(name="Here", kind="percent", percent_bp=1000, order_types=["dine_in"]))
    assert (await desk.place(waiter(), line(), type="takeaway"))[1]["totals"]["total_paise"] == 6300
    assert (await desk.place(guest(), line()))[1]["totals"]["total_paise"] == 5670


async def test_all_of_it_free_is_confirmed_at_once(desk: Desk) -> None:
    await offer(desk, Terms(name="On us", kind="percent", percent_bp=10_000))
    await desk.setting(takeaway_payment="prepaid")
    _, order = await desk.place(waiter(), line(), type="takeaway")
    assert (order["status"], order["totals"]["total_paise"]) == ("confirmed", 0)


async def test_offers_are_read_once_and_after_a_change_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0

    async def counted(conn: Any, outlet_id: int) -> Any:
        nonlocal reads
        reads += 1
        if reads == 2:  # word of a change comes while the offers are read
            desk.ctx.get(OfferSnapshots).drop(1)
        return await read_snapshot(conn, outlet_id)

    monkeypatch.setattr(offering, "offer_snapshot", counted)
    held = desk.ctx.get(OfferSnapshots)
    for expected in (1, 1, 1):
        await held.of(desk.ctx, 1)
        assert reads == expected
    held.drop(1)
    await held.of(desk.ctx, 1)
    await held.of(desk.ctx, 1)
    assert reads == 3, "what may be older than the change is not kept"
    monkeypatch.setattr(offering, "OLDEST_S", 0.0)
    await held.of(desk.ctx, 1)
    assert reads == 4
