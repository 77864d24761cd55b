"""Sittings: one party at a table, from the first scan or the waiter who seats it to the cleared table.

Locks are always taken in this order: the sitting, then its bills. Whoever holds a bill's lock already asks with
`hold_sitting`, which does not wait.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rasoi.contracts import orders as contracts
from rasoi.orders import repository as db
from rasoi.orders import schemas, service, tables, views
from rasoi.orders import seating_repository as rows
from rasoi.orders.domain import IllegalChange
from rasoi.orders.rows import SittingRow
from rasoi.orders.sessions import require_seated
from rasoi.orders.states import AT_KITCHEN, WAITING
from rasoi.orders.table_repository import hold_table
from rasoi.orders.tables import UnknownTable, new_guest
from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.database import Tx
from rasoi.platform.problems import Conflict, NotFound
from rasoi.staff.api import OutletClosed, approved_by, audit, authorize, outlet_is_open
from rasoi.staff.api import outlet as read_outlet


class NobodySeated(Conflict):
    slug, title = "nobody-seated", "Nobody sits at this table"


class BillsOpen(Conflict):
    slug, title = "bills-open", "This table has not paid yet"


class TableFull(Conflict):
    slug, title = "table-full", "Too many phones have scanned this code"


class UnknownJoiner(NotFound):
    slug, title = "unknown-joiner", "Nobody waits to be let in under this id"


async def tell(
    tx: Tx,
    row: SittingRow,
    event: type[contracts.SittingState] = contracts.SittingChanged,
    ended: list[UUID] | None = None,
) -> None:
    """Write a locked sitting under its next version, with the event that tells of it."""
    row.version += 1
    await rows.save_sitting(tx, row)
    waiting = len((await rows.joiners(tx, row.outlet_id, [row.id])).get(row.id, []))
    state = rows.sitting_state(row, 0 if row.ended_at else waiting, ended)
    tx.emit(event(**state), subject=str(row.id), outlet_id=row.outlet_id, version=row.version)


async def _open(
    tx: Tx, outlet_id: int, table: Any, opened_by: str, covers: int | None = None
) -> SittingRow | None:
    """A new sitting, told of; None when another party has sat down meanwhile. Raises OutletClosed, UnknownTable."""
    if not await outlet_is_open(tx, outlet_id):
        raise OutletClosed("The restaurant has closed, and takes no guests.")
    if not await hold_table(tx, outlet_id, table["id"]):
        raise UnknownTable("This table is not in use.")
    row = await rows.add_sitting(tx, outlet_id, table["id"], table["name"], opened_by, covers)
    if row is not None:
        opened = contracts.SittingOpened(**rows.sitting_state(row))
        tx.emit(opened, subject=str(row.id), outlet_id=outlet_id, version=row.version)
    return row


async def scan(ctx: Context, table: Any, known: Principal | None) -> tuple[Principal, str]:
    """A guest has scanned a table's code: the session and its state. The first at a free table opens a sitting; whoever comes
    later waits to be let in, where the outlet wants that; a phone that is of the sitting already stays what it was."""
    outlet_id: int = table["outlet_id"]
    outlet = await read_outlet(ctx.db, outlet_id)
    async with ctx.db.transaction("orders") as tx:
        row = await _open(tx, outlet_id, table, "guest")
        opened = row is not None
        while row is None:
            row = await rows.open_sitting(tx, outlet_id, table["id"], lock=True)
            if row is None:  # it ended in between
                row = await _open(tx, outlet_id, table, "guest")
                opened = row is not None
        if known is not None and (again := await _scanned_again(tx, known, row, table)):
            return known, again
        if await rows.phones_of(tx, outlet_id, row.id) >= outlet.guest_limits.table_phones:
            raise TableFull("Please ask a waiter to let you in, or to order for you.")
        guest = new_guest(outlet_id, table["id"])
        admission = "waiting" if outlet.admit_joiners and not opened else "admitted"
        await rows.add_session(
            tx, outlet_id, guest.session_id, table["id"], row.id, table["qr_generation"], admission
        )
        if admission == "waiting":
            await tell(tx, row)
    return guest, "seated" if admission == "admitted" else admission


async def _scanned_again(tx: Tx, known: Principal, row: SittingRow, table: Any) -> str | None:
    """What the phone's session is from now on, where it belongs to the sitting already."""
    if (known.kind, known.outlet_id) != ("guest", row.outlet_id):
        return None
    session = await rows.session(tx, row.outlet_id, known.session_id, lock=True)
    if session is None or session.sitting_id != row.id or session.admission == "refused":
        return None
    await rows.renew_session(tx, row.outlet_id, session.id, table["qr_generation"])
    return "seated" if session.admission == "admitted" else session.admission


async def session_view(ctx: Context, principal: Principal) -> schemas.SessionView:
    """What the guest's session may do, and who waits to be let in by it."""
    if principal.table_id is None:
        return schemas.SessionView(principal.session_id, "takeaway", None, None, [])
    session = await rows.session(ctx.db, principal.outlet_id, principal.session_id)
    state = await rows.session_state(ctx.db, principal.outlet_id, principal.session_id) or "ended"
    seated = None
    if session is not None and session.sitting_id is not None:
        seated = await rows.sitting(ctx.db, principal.outlet_id, session.sitting_id)
    if seated is None:
        return schemas.SessionView(principal.session_id, state, None, None, [])
    joiners = []
    if state == "seated":
        found = await rows.joiners(ctx.db, principal.outlet_id, [seated.id])
        joiners = views.joiners_of(found.get(seated.id, []))
    table = schemas.NamedTable(seated.table_id, seated.table_name)
    return schemas.SessionView(principal.session_id, state, seated.id, table, joiners)


async def answer_joiner(
    ctx: Context, principal: Principal, session_id: UUID, admission: str
) -> schemas.Joining:
    """Staff, or a guest of the same sitting, let somebody in or don't."""
    async with ctx.db.transaction("orders") as tx:
        asked = await rows.session(tx, principal.outlet_id, session_id)
        if asked is None or asked.sitting_id is None:
            raise UnknownJoiner()
        row = await rows.sitting(tx, principal.outlet_id, asked.sitting_id, lock=True)
        if principal.role == "guest":
            await require_seated(tx, principal)
            own = await rows.session(tx, principal.outlet_id, principal.session_id)
            if own is None or own.sitting_id != asked.sitting_id:
                raise UnknownJoiner()
        asked = await rows.session(tx, principal.outlet_id, session_id, lock=True)
        if row is None or row.ended_at is not None or asked is None:
            raise UnknownJoiner("The table has been cleared meanwhile.")
        if asked.admission == "waiting":
            await rows.answer_session(tx, principal.outlet_id, session_id, admission)
            await tell(tx, row)
            if principal.kind == "staff":
                await audit(tx, principal, f"sitting.{admission}", str(row.id), {"table": row.table_name})
            return schemas.Joining(session_id, admission)
        return schemas.Joining(session_id, asked.admission)


async def _table(tx: Tx, principal: Principal, table_id: UUID) -> Any:
    table = await db.table(tx, principal.outlet_id, table_id)
    if table is None:
        raise UnknownTable()
    return table


async def seat(ctx: Context, principal: Principal, table_id: UUID, covers: int) -> schemas.Sitting:
    """A waiter seats a party, or corrects how many they are."""
    async with ctx.db.transaction("orders") as tx:
        table = await _table(tx, principal, table_id)
        row = await rows.open_sitting(tx, principal.outlet_id, table_id, lock=True)
        if row is None:
            row = await _open(tx, principal.outlet_id, table, "staff", covers)
            if row is None:
                raise IllegalChange("Somebody has just sat down there.")
        elif row.covers != covers:
            row.covers = covers
            await tell(tx, row)
    return views.sitting_view(row, [])


async def renew_code(ctx: Context, principal: Principal, table_id: UUID) -> schemas.TableCode:
    """A new QR code for a table: the old one stops working, and sessions that came by it may only read their own bills."""
    outlet_id = principal.outlet_id
    async with ctx.db.transaction("orders") as tx:
        sitting = await rows.open_sitting(tx, outlet_id, table_id, lock=True)
        table = await _table(tx, principal, table_id)
        generation = table["qr_generation"] + 1
        code = tables.qr_code(ctx.settings.table_code_key, outlet_id, table_id, generation)
        await db.set_qr(tx, outlet_id, table_id, generation, tables.qr_hash(code))
        if sitting is not None:
            await tell(tx, sitting, ended=await rows.sessions_of(tx, outlet_id, sitting.id))
        await audit(tx, principal, "table.new_code", str(table_id), {"table": table["name"]})
    return schemas.TableCode(table["name"], tables.table_url(ctx, outlet_id, table_id, generation))


async def _end(tx: Tx, row: SittingRow, ending: str) -> None:
    """The party is gone: its sessions may read their own bills, and nothing else."""
    row.ended_at, row.ending = await rows.now(tx), ending
    sessions = await rows.sessions_of(tx, row.outlet_id, row.id)
    await tell(tx, row, contracts.SittingEnded, sessions)


async def _seated(tx: Tx, principal: Principal, table_id: UUID) -> SittingRow:
    await _table(tx, principal, table_id)
    row = await rows.open_sitting(tx, principal.outlet_id, table_id, lock=True)
    if row is None:
        raise NobodySeated()
    return row


async def clear(ctx: Context, principal: Principal, table_id: UUID) -> schemas.Sitting:
    """A waiter has cleared the table: the sitting ends, once its bills are closed."""
    async with ctx.db.transaction("orders") as tx:
        row = await _seated(tx, principal, table_id)
        if bills := await rows.open_bills(tx, principal.outlet_id, row.id):
            due = sum(paise for _, paise in bills)
            raise BillsOpen(
                f"₹{due / 100:.2f} are due at {row.table_name}."
                if due
                else f"An order of {row.table_name} has not been served yet.",
                due_paise=due,
                bill_ids=[str(bill_id) for bill_id, _ in bills],
            )
        await _end(tx, row, "cleared")
        await audit(tx, principal, "sitting.clear", str(row.id), {"table": row.table_name})
    return views.sitting_view(row, [])


async def walk_out(
    ctx: Context, principal: Principal, table_id: UUID, reason: str, approval: str | None
) -> schemas.Sitting:
    """The party has left without paying. What nobody makes yet is cancelled, the kitchen is asked about the rest; the bills
    stay open, in a list of their own, until they are paid or written off."""
    async with ctx.db.transaction("orders") as tx:
        row = await _seated(tx, principal, table_id)
        bills = await rows.open_bills(tx, principal.outlet_id, row.id)
        lifted = await authorize(ctx, tx, principal, "walk_outs", str(table_id), approval)
        if not bills:
            raise IllegalChange("Nothing is open at this table: it can just be cleared.")
        for bill_id, _ in bills:
            await _leave(tx, principal, bill_id)
        await _end(tx, row, "walk_out")
        detail = {"table": row.table_name, "reason": reason, "due_paise": sum(paise for _, paise in bills)}
        await audit(tx, principal, "sitting.walk_out", str(row.id), detail | approved_by(lifted))
    return views.sitting_view(row, [])


async def _leave(tx: Tx, principal: Principal, bill_id: UUID) -> None:
    bill = await service.lock_bill(tx, principal.outlet_id, bill_id)
    for order in bill.orders:
        if order.status in WAITING:
            bill.terminate(order, "cancelled", "the guests have left")
            await db.release_stock(tx, principal.outlet_id, order.id)
        elif order.status in AT_KITCHEN - {"served"} and not order.cancel_requested:
            order.cancel_requested, order.reason = True, "the guests have left"
            bill.record_event(order, contracts.OrderCancelRequested)
    if not bill.is_void:
        bill.row.walked_out_at = bill.now
        bill.row.attention = bill.row.attention_since = None
        bill.record_bill_event()
    await service.close_if_settled(tx, bill)


async def write_off(
    ctx: Context, principal: Principal, bill_id: UUID, reason: str, approval: str | None
) -> schemas.BillView:
    """What a party that left without paying owes will not come any more."""
    async with service.locked_bill(ctx, principal.outlet_id, bill_id) as (tx, bill):
        if bill.row.walked_out_at is None:
            raise IllegalChange("Only the bill of a party that left without paying can be written off.")
        due = bill.row.due_paise
        lifted = await authorize(ctx, tx, principal, "write_off", str(bill_id), approval, paise=due)
        bill.write_off()
        detail = {"table": bill.row.table_name, "reason": reason, "due_paise": due}
        await audit(tx, principal, "bill.write_off", str(bill_id), detail | approved_by(lifted))
    return await service.bill_view(ctx, principal, bill_id)


async def end_idle(ctx: Context) -> None:
    """Parties that have paid and are gone: nobody cleared their tables within the outlet's time."""
    for outlet_id in await rows.outlets_with_sittings(ctx.db):
        timeout_s = (await read_outlet(ctx.db, outlet_id)).sitting_timeout_s
        for sitting_id in await rows.idle_sittings(ctx.db, outlet_id, timeout_s):
            async with ctx.db.transaction("orders") as tx:
                row = await rows.sitting(tx, outlet_id, sitting_id, lock=True)
                still_idle = sitting_id in await rows.idle_sittings(tx, outlet_id, timeout_s)
                if row is not None and row.ended_at is None and still_idle:
                    await _end(tx, row, "timed_out")
