"""What the menu counts: stock that ran out, and what can't be had."""

from __future__ import annotations

from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from rasoi.contracts.inventory import StockDepleted, StockRestocked
from rasoi.menu import metrics, service
from rasoi.menu.schemas import Availability
from rasoi.platform.context import Context
from tests.menu.conftest import item, staff_member
from tests.menu.test_availability import stock


def stock_outs() -> float:
    return REGISTRY.get_sample_value("rasoi_stock_outs_total") or 0


def unavailable(reason: str) -> float | None:
    return REGISTRY.get_sample_value("rasoi_items_unavailable", {"outlet": "1", "reason": reason})


async def test_stock_that_runs_out_is_counted_and_its_return_is_not(ctx: Context) -> None:
    naan, flour, before = await item(ctx.db, "Naan"), uuid7(), stock_outs()
    await stock(ctx, StockDepleted, flour, [naan])
    assert stock_outs() == before + 1
    await stock(ctx, StockRestocked, flour, [naan])
    assert stock_outs() == before + 1


async def test_what_cannot_be_had_is_reported_by_reason(ctx: Context) -> None:
    naan, roti, flour = await item(ctx.db, "Naan"), await item(ctx.db, "Roti"), uuid7()
    await metrics.count_unavailable(ctx)
    assert (unavailable("stock"), unavailable("staff")) == (None, None)
    await stock(ctx, StockDepleted, flour, [naan])
    await service.set_availability(ctx, staff_member(), roti, Availability(False))
    await metrics.count_unavailable(ctx)
    assert (unavailable("stock"), unavailable("staff")) == (1, 1)
    await service.set_availability(ctx, staff_member(), roti, Availability(True))
    await metrics.count_unavailable(ctx)
    assert (unavailable("stock"), unavailable("staff")) == (1, None)
