"""What people do to stock, and what the kitchen's work takes from it."""

from __future__ import annotations

from typing import Any

from rasoi.inventory import repository
from rasoi.inventory.domain import UnknownStock, check_waste, correction_delta
from rasoi.inventory.schemas import Count, Movement, StockView
from rasoi.platform import events
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Record, Tx
from rasoi.platform.jobs import for_each
from rasoi.staff import api as staff

BATCH = 200


def stock_view(row: Record) -> StockView:
    return StockView(**row)


async def correct(tx: Tx, who: Principal, kind: str, request: Movement | Count) -> tuple[int, StockView]:
    """Book a receipt, waste or count. Returns the HTTP status and the stock after it."""
    row = await repository.lock_stock(tx, who.outlet_id, request.stock_id)
    if row is None:
        raise UnknownStock("There is no such stock in this outlet.")
    if kind == "waste":
        check_waste(row["kind"] == "counted", request.quantity_milli, row["on_hand_milli"])
    delta = correction_delta(kind, request.quantity_milli, row["on_hand_milli"])
    await set_event_context(tx)
    await repository.add_movement(
        tx, who.outlet_id, request.stock_id, kind, delta, request.reason, who.id, who.name
    )
    await repository.change_levels(tx, who.outlet_id, request.stock_id, delta)
    detail: dict[str, Any] = {
        "stock": row["name"],
        "quantity_milli": request.quantity_milli,
        "reason": request.reason,
    }
    await staff.audit(tx, who, f"inventory.{kind}", str(request.stock_id), detail)
    after = await repository.get_stock(tx, who.outlet_id, request.stock_id)
    assert after is not None
    return 201, stock_view(after)


async def set_event_context(tx: Tx) -> None:
    """Give the ids of the request or event in progress to the SQL functions that write events."""
    await repository.set_event_context(
        tx, events.correlation_id.get(), events.causation_id.get(), events.traceparent.get()
    )


async def consume_reservations(ctx: Context) -> None:
    """Take from stock what the kitchen has started since the last time. Each batch is a transaction, and the trouble of one
    outlet is no trouble of the others."""

    async def consume(outlet_id: int) -> None:
        consumed = BATCH
        while consumed == BATCH:
            async with ctx.db.transaction("inventory") as tx:
                consumed = await repository.consume_reservations(tx, outlet_id, BATCH)

    await for_each(await repository.outlets_to_consume(ctx.db), consume, "outlet's stock to consume")
