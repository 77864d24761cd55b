"""What the room counts: tries to place, states reached, orders under way."""

from __future__ import annotations

from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from rasoi.orders import metrics, service
from tests.orders.conftest import COLA_1, KULFI_1, Desk, guest, line, waiter


def placements(outcome: str) -> float:
    return REGISTRY.get_sample_value("rasoi_order_placements_total", {"outcome": outcome}) or 0


def transitions(status: str) -> float:
    return REGISTRY.get_sample_value("rasoi_order_transitions_total", {"status": status}) or 0


async def test_every_try_to_place_is_counted_by_its_outcome(desk: Desk) -> None:
    outcomes = ("placed", "replayed", "reused", "stale", "sold_out", "no_bill", "price_changed")
    before = {outcome: placements(outcome) for outcome in outcomes}

    def counted() -> dict[str, float]:
        return {o: placements(o) - before[o] for o in outcomes if placements(o) != before[o]}

    who = guest(None)
    await desk.place(who, line(COLA_1), key="k")
    assert counted() == {"placed": 1}
    await desk.place(who, line(COLA_1), key="k")
    assert counted() == {"placed": 1, "replayed": 1}
    for work in (
        desk.place(who, line(COLA_1, 2), key="k"),
        desk.place(who, line(KULFI_1, 9)),
        desk.place(who, line(COLA_1), bill_id=UUID(int=9)),
        desk.place(who, line(COLA_1), expected=1),
    ):
        with pytest.raises(Exception, match="."):
            await work
    await desk.owner.execute("UPDATE menu.outlet_menu SET version = version + 1")
    await desk.place(who, line(COLA_1))
    assert counted() == dict.fromkeys(outcomes, 1.0) | {"placed": 2.0}


async def test_states_are_counted_when_they_are_written_and_not_before(desk: Desk) -> None:
    who = guest(None)
    _, order = await desk.place(who, line(COLA_1))
    before = {status: transitions(status) for status in ("cancelled", "confirmed", "placed")}

    async def cancel_and_fail() -> None:
        async with desk.ctx.db.transaction("orders") as tx:
            async with service.locked_bill(desk.ctx, 1, UUID(order["bill_id"]), tx=tx) as (_, bill):
                bill.terminate(bill.orders[0], "cancelled")
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await cancel_and_fail()
    assert transitions("cancelled") == before["cancelled"]
    await service.cancel(desk.ctx, who, UUID(order["id"]), None)
    assert transitions("cancelled") == before["cancelled"] + 1
    await desk.setting(approve_first_order=True)
    _, first = await desk.place(guest(), line(COLA_1))
    await service.approve(desk.ctx, waiter(), UUID(first["id"]))
    assert transitions("confirmed") == before["confirmed"] + 1
    assert transitions("placed") == before["placed"], "where it was already is not counted"


async def test_orders_under_way_are_reported_by_state(desk: Desk) -> None:
    def under_way(status: str) -> float | None:
        return REGISTRY.get_sample_value("rasoi_orders", {"status": status})

    await metrics.count_live(desk.ctx)
    assert (under_way("confirmed"), under_way("awaiting_payment")) == (0, 0)
    for who in (guest(), guest(), guest(None)):
        await desk.place(who, line(COLA_1))
    await metrics.count_live(desk.ctx)
    assert (under_way("confirmed"), under_way("awaiting_payment"), under_way("ready")) == (2, 1, 0)
    await desk.owner.execute("UPDATE orders.orders SET status = 'completed' WHERE status = 'confirmed'")
    await metrics.count_live(desk.ctx)
    assert (under_way("confirmed"), under_way("awaiting_payment")) == (0, 1)
    assert under_way("completed") is None


def test_what_is_placed_is_counted_from_nothing_on() -> None:
    assert REGISTRY.get_sample_value("rasoi_order_placements_total", {"outcome": "placed"}) is not None
