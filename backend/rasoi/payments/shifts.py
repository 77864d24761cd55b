"""Shifts: a person has a drawer from a float to a count. What must be in it is told after it was counted, not before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response
from uuid_utils.compat import uuid7

from rasoi.contracts.payments import ShiftChanged
from rasoi.payments import shift_repository as db
from rasoi.payments import shift_schemas as schemas
from rasoi.payments.shift_domain import (
    SHIFT,
    Counted,
    NoOpenShift,
    ShiftIsOver,
    ShiftRow,
    Sums,
    after_count,
    expected,
    total,
)
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Database, Tx
from rasoi.platform.idempotency import IdempotencyKey, idempotent
from rasoi.platform.problems import Conflict, Forbidden, NotFound, Unprocessable
from rasoi.platform.transitions import route
from rasoi.staff.api import audit, hold_day, now_and_business_day, require_right
from rasoi.staff.api import outlet as read_outlet


class UnknownShift(NotFound):
    slug, title = "unknown-shift", "There is no such shift"


class DrawerTaken(Conflict):
    slug, title = "drawer-taken", "Somebody has this drawer"


class ShiftRunning(Conflict):
    slug, title = "shift-running", "You have a shift already"


class UnknownDrawer(Unprocessable):
    slug, title = "unknown-drawer", "This outlet has no such drawer"


class UnknownReason(Unprocessable):
    slug, title = "unknown-cash-reason", "This is none of the outlet's reasons"


class NothingToApprove(Conflict):
    slug, title = "nothing-to-approve", "This shift waits for nobody"


class OwnDifference(Forbidden):
    slug, title = "own-difference", "Somebody else must approve your shift"


async def shift_for_cash(tx: Tx, principal: Principal) -> UUID | None:
    """The shift that cash is taken for, or handed out of: that of the caller, and it stays open until the transaction ends.
    Raises NoOpenShift where the outlet asks for one."""
    found = await db.hold_of(tx, principal.outlet_id, principal.id)
    if found is None and (await read_outlet(tx, principal.outlet_id)).cash_needs_shift:
        raise NoOpenShift("Please start your shift, then take the cash.")
    return found


async def _view(conn: Database | Tx, row: ShiftRow) -> schemas.Shift:
    (view,) = await views(conn, row.outlet_id, [row])
    return view


async def views(conn: Database | Tx, outlet_id: int, rows: list[ShiftRow]) -> list[schemas.Shift]:
    """Shifts as they are shown."""
    movements = await db.movements_of(conn, outlet_id, [row.id for row in rows])
    counted = [row.id for row in rows if row.status != "open"]
    sums = await db.sums_of(conn, outlet_id, counted) if counted else {}
    return [schemas.shift_view(row, movements[row.id], sums.get(row.id, Sums())) for row in rows]


def _emit(tx: Tx, row: ShiftRow) -> None:
    row.version += 1
    event = ShiftChanged(
        shift_id=row.id,
        drawer=row.drawer,
        person_id=row.person_id,
        status=row.status,
        business_day=row.business_day,
        opened_at=row.opened_at,
        counted_paise=row.counted_paise,
        difference_paise=row.difference_paise,
    )
    tx.emit(event, subject=str(row.id), outlet_id=row.outlet_id, version=row.version)


async def own_shift(ctx: Context, principal: Principal) -> schemas.OwnShift:
    """The caller's open shift, and what is needed to begin one."""
    outlet = await read_outlet(ctx.db, principal.outlet_id)
    row = await db.open_of(ctx.db, principal.outlet_id, principal.id)
    taken = await db.open_drawers(ctx.db, principal.outlet_id)
    return schemas.OwnShift(
        None if row is None else await _view(ctx.db, row),
        [name for name in outlet.cash_drawers if name not in taken],
        outlet.cash_reasons,
        outlet.cash_needs_shift,
    )


async def begin(
    ctx: Context, principal: Principal, request: schemas.ShiftRequest, key: IdempotencyKey
) -> Response[bytes]:
    """The caller has a drawer from now on. Raises UnknownDrawer, DrawerTaken and ShiftRunning."""

    async def work(tx: Tx) -> tuple[int, schemas.Shift]:
        if request.drawer not in (await read_outlet(tx, principal.outlet_id)).cash_drawers:
            raise UnknownDrawer("Please choose one of the outlet's drawers.")
        now, today = await now_and_business_day(tx, principal.outlet_id)
        row = ShiftRow(
            outlet_id=principal.outlet_id,
            id=uuid7(),
            drawer=request.drawer,
            person_id=principal.id,
            person_name=principal.name or "",
            float_paise=request.float_paise,
            business_day=today,
            opened_at=now,
        )
        _emit(tx, row)
        if not await db.add(tx, row):
            if await db.open_of(tx, principal.outlet_id, principal.id):
                raise ShiftRunning("Please count and close it first.")
            who = (await db.open_drawers(tx, principal.outlet_id)).get(row.drawer, "Somebody")
            raise DrawerTaken(f"{who} has {row.drawer} now.", drawer=row.drawer)
        detail = {"drawer": row.drawer, "amount_paise": row.float_paise}
        await audit(tx, principal, "shift.opened", str(row.id), detail)
        return 201, await _view(tx, row)

    return await idempotent(ctx, "payments", principal, key, work)


async def _locked(ctx: Context, tx: Tx, principal: Principal, shift_id: UUID) -> ShiftRow:
    """An open shift of the caller, or of anybody where the caller may settle those. Raises UnknownShift and ShiftIsOver."""
    row = await db.lock(tx, principal.outlet_id, shift_id)
    if row is None:
        raise UnknownShift()
    if row.person_id != principal.id:
        require_right(ctx, principal, "settle_shifts")
    if row.status != "open":
        raise ShiftIsOver(f"{row.closed_by_name} has counted it.", closed_by=row.closed_by_name)
    return row


async def move_cash(
    ctx: Context, principal: Principal, shift_id: UUID, request: schemas.MovementRequest, key: IdempotencyKey
) -> Response[bytes]:
    """Cash is put into the drawer or taken out, and why. Raises UnknownReason, UnknownShift and ShiftIsOver."""

    async def work(tx: Tx) -> tuple[int, schemas.Shift]:
        row = await _locked(ctx, tx, principal, shift_id)
        if request.reason not in (await read_outlet(tx, principal.outlet_id)).cash_reasons:
            raise UnknownReason("Please choose one of the outlet's reasons.")
        now, _ = await now_and_business_day(tx, principal.outlet_id)
        movement = schemas.CashMovement(
            id=uuid7(),
            kind=request.kind,
            amount_paise=request.amount_paise,
            reason=request.reason,
            note=request.note,
            by_name=principal.name or "",
            at=now,
        )
        by = (principal.id, principal.name or "")
        await db.add_movement(tx, principal.outlet_id, row.id, movement, by)
        detail: dict[str, Any] = {"amount_paise": request.amount_paise, "reason": request.reason}
        await audit(tx, principal, f"shift.cash_{request.kind}", str(row.id), detail | {"drawer": row.drawer})
        return 201, await _view(tx, row)

    return await idempotent(ctx, "payments", principal, key, work)


async def count(
    ctx: Context, principal: Principal, shift_id: UUID, request: schemas.CountRequest, key: IdempotencyKey
) -> Response[bytes]:
    """The drawer was counted, and the shift is over: it is closed, or waits for a manager where the difference is above the
    outlet's limit. Raises CountedTwice, UnknownShift and ShiftIsOver."""

    async def work(tx: Tx) -> tuple[int, schemas.Shift]:
        row = await _locked(ctx, tx, principal, shift_id)
        limit = (await read_outlet(tx, principal.outlet_id)).shift_difference_paise
        row.closed_at, row.closed_day = await now_and_business_day(tx, principal.outlet_id)
        await hold_day(tx, row.outlet_id, row.closed_day)
        row.counts = [Counted(each.denomination_paise, each.quantity) for each in request.counts]
        row.counted_paise = total(row.counts)
        row.expected_paise = expected(
            row.float_paise, (await db.sums_of(tx, row.outlet_id, [row.id]))[row.id]
        )
        row.closed_by, row.closed_by_name, row.note = principal.id, principal.name or "", request.note
        difference = row.counted_paise - row.expected_paise
        _move(row, after_count(difference, limit))
        _emit(tx, row)
        await db.save(tx, row)
        detail = {"drawer": row.drawer, "counted_paise": row.counted_paise, "difference_paise": difference}
        await audit(tx, principal, "shift.counted", str(row.id), detail)
        return 200, await _view(tx, row)

    return await idempotent(ctx, "payments", principal, key, work)


def _move(row: ShiftRow, target: str) -> None:
    route(SHIFT, row.status, target)
    row.status = target


async def approve(
    ctx: Context, principal: Principal, shift_id: UUID, request: schemas.ApproveRequest, key: IdempotencyKey
) -> Response[bytes]:
    """A manager has seen the difference. Nobody's own, but an owner's: there is nobody above him. Raises UnknownShift,
    NothingToApprove and OwnDifference."""

    async def work(tx: Tx) -> tuple[int, schemas.Shift]:
        row = await db.lock(tx, principal.outlet_id, shift_id)
        if row is None:
            raise UnknownShift()
        if row.status != "to_approve":
            raise NothingToApprove(shift_status=row.status)
        if principal.id in (row.person_id, row.closed_by) and principal.role != "owner":
            raise OwnDifference("Please ask another manager, or the owner.")
        row.approved_at, _ = await now_and_business_day(tx, principal.outlet_id)
        row.approved_by, row.approved_by_name = principal.id, principal.name or ""
        row.note = request.note or row.note
        _move(row, "closed")
        _emit(tx, row)
        await db.save(tx, row)
        detail = {"drawer": row.drawer, "difference_paise": row.difference_paise}
        await audit(tx, principal, "shift.approved", str(row.id), detail)
        return 200, await _view(tx, row)

    return await idempotent(ctx, "payments", principal, key, work)
