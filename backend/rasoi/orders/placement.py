"""From a priced cart to what orders.place_all writes: all that is known before the database is asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import LineState, OrderPlaced, TaxState
from rasoi.orders import schemas, views
from rasoi.orders.allergies import allergies_of
from rasoi.orders.domain import TOKEN_PREFIX, initial_path, needs_approval, needs_word, payment_of
from rasoi.orders.pricing import PricedOrder
from rasoi.orders.rows import LineRow, stock_sources
from rasoi.orders.states import WAITING
from rasoi.platform.auth import Principal
from rasoi.platform.events import correlation_id, traceparent
from rasoi.platform.idempotency import IdempotencyKey
from rasoi.staff.api import Outlet

# what orders.place_all puts before the rest of the answer and of the event
FACTS = frozenset(
    {
        "bill_id",
        "number",
        "token",
        "status",
        "path",
        "business_day",
        "placed_at",
        "expires_at",
        "confirmed_at",
        "payment_status",
        "table_id",
        "table",
    }
)
REST_OF_ANSWER = tuple(name for name in schemas.Order.__struct_fields__ if name not in FACTS)
REST_OF_EVENT = tuple(name for name in OrderPlaced.__struct_fields__ if name not in FACTS)


class PlacementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the SQL type orders.placement, field by field."""

    outlet_id: int
    order_id: UUID
    bill_id: UUID | None
    new_bill_id: UUID
    event_id: UUID
    session_id: UUID | None
    principal: str
    route: str
    key: str
    body_hash: bytes
    correlation_id: str
    traceparent: str | None
    outlet_version: int
    menu_version: int
    type: str
    token_prefix: str | None
    table_id: UUID | None
    customer_name: str | None
    note: str | None
    allergies: list[str]
    payment: str
    approve: bool
    approve_each: bool
    network: bytes | None
    most_of_phone: int | None
    most_at_table: int | None
    most_at_address: int | None
    most_held_by_phone: int | None
    most_held_at_address: int | None
    approval_timeout_s: int
    path: list[str]
    expires_after_s: int | None
    subtotal_paise: int
    discount_paise: int
    taxable_paise: int
    taxes: list[TaxState]
    total_paise: int
    held_courses: list[int]
    answer: str
    event: str


class Placement(msgspec.Struct, frozen=True):
    """One order as orders.place_all takes it. `sources` are (line, variant or modifier, quantity)."""

    row: PlacementRow
    lines: list[LineRow]
    sources: list[tuple[UUID, UUID, int]]
    item_ids: list[UUID]
    modifier_ids: list[UUID]

    @property
    def key_scope(self) -> tuple[Any, ...]:
        """No two orders of a batch may share it."""
        return (self.row.outlet_id, self.row.principal, self.row.route, self.row.key)

    @property
    def table_scope(self) -> tuple[Any, ...]:
        """Nor this: the table, or the order itself where it has none."""
        return (self.row.outlet_id, self.row.table_id or self.row.order_id)


def build(
    principal: Principal,
    request: schemas.PlaceRequest,
    key: IdempotencyKey,
    table_id: UUID | None,
    outlet: Outlet,
    menu_version: int,
    priced: PricedOrder,
    network: bytes | None = None,
) -> Placement:
    """What orders.place_all writes, with the answer and the event but for what only the database knows."""
    row = _row(principal, request, key, table_id, outlet, menu_version, priced, network)
    modifier_ids = list({modifier.id for line in priced.lines for modifier in line.modifiers})
    return Placement(
        row,
        priced.lines,
        stock_sources(priced.lines),
        list({line.item_id for line in priced.lines}),
        modifier_ids,
    )


def _row(
    principal: Principal,
    request: schemas.PlaceRequest,
    key: IdempotencyKey,
    table_id: UUID | None,
    outlet: Outlet,
    menu_version: int,
    priced: PricedOrder,
    network: bytes | None,
) -> PlacementRow:
    order_id, by_guest = uuid7(), principal.role == "guest"
    limits = outlet.guest_limits
    session_id = principal.session_id if by_guest else None
    payment = payment_of(outlet, request.type, by_guest)
    path = initial_path(payment, priced.total_paise)
    known = _known(order_id, principal.outlet_id, session_id, request, payment, priced)
    return PlacementRow(
        outlet_id=principal.outlet_id,
        order_id=order_id,
        bill_id=request.bill_id,
        new_bill_id=uuid7(),
        event_id=uuid7(),
        session_id=session_id,
        principal=principal.key,
        route=key.route,
        key=key.value,
        body_hash=key.body_hash,
        correlation_id=correlation_id.get(),
        traceparent=traceparent.get(),
        outlet_version=outlet.version,
        menu_version=menu_version,
        type=request.type,
        token_prefix=TOKEN_PREFIX.get(request.type),
        table_id=table_id,
        customer_name=request.customer_name,
        note=request.note,
        allergies=known["allergies"],
        payment=payment,
        approve=needs_approval(outlet, request.type, by_guest),
        approve_each=needs_word(outlet, request.type, by_guest, priced.lines, priced.total_paise),
        network=network if by_guest else None,
        most_of_phone=limits.phone_orders if by_guest else None,
        most_at_table=limits.table_orders if by_guest else None,
        most_at_address=limits.address_orders if by_guest else None,
        most_held_by_phone=limits.phone_portions if by_guest else None,
        most_held_at_address=limits.address_portions if by_guest else None,
        approval_timeout_s=outlet.payment_timeout_s,
        path=path,
        expires_after_s=outlet.payment_timeout_s if path[-1] in WAITING else None,
        **{name: getattr(priced, name) for name in schemas.Totals.__struct_fields__},
        held_courses=request.held_courses,
        answer=_rest(known, views.lines_of(priced, by_guest=True), REST_OF_ANSWER),
        event=_rest(known, _lines_of_event(priced), REST_OF_EVENT),
    )


def _known(
    order_id: UUID,
    outlet_id: int,
    session_id: UUID | None,
    request: schemas.PlaceRequest,
    payment: str,
    priced: PricedOrder,
) -> dict[str, Any]:
    """What the answer and the event say that is not one of FACTS."""
    return {
        "id": order_id,
        "order_id": order_id,
        "outlet_id": outlet_id,
        "session_id": session_id,
        "type": request.type,
        "customer_name": request.customer_name,
        "note": request.note,
        "allergies": allergies_of(request.allergies),
        "payment": payment,
        "cash_asked_at": None,
        "ready_at": None,
        "served_at": None,
        "completed_at": None,
        "cancel_requested": False,
        "reason": None,
        "held_courses": request.held_courses,
        "total_paise": priced.total_paise,
        "totals": views.totals_of(priced),
        "progress": [],
        "voids": [],
        "version": 1,
    }


def _lines_of_event(priced: PricedOrder) -> list[LineState]:
    return msgspec.convert(priced.lines, list[LineState], from_attributes=True)


def _rest(known: dict[str, Any], lines: list[Any], names: tuple[str, ...]) -> str:
    """A JSON object of these fields without its opening brace."""
    known["lines"] = lines
    return msgspec.json.encode({name: known[name] for name in names}).decode()[1:]
