"""The rules of bills and orders: states, their transitions, and the events that record them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from rasoi.contracts import orders as contracts
from rasoi.orders.discounts import having
from rasoi.orders.documents import DocumentRow
from rasoi.orders.pricing import rounded
from rasoi.orders.rows import (
    BillRow,
    DiscountRow,
    IssuedDocument,
    LineRow,
    OrderRow,
    Progress,
    VoidCause,
    VoidRow,
)
from rasoi.orders.states import AT_KITCHEN, TERMINATED, TICKET_RANK, TRANSITIONS, WAITING
from rasoi.orders.voids import less, sums_of, taken_off
from rasoi.platform.events import Contract
from rasoi.platform.problems import Conflict, Unprocessable
from rasoi.platform.transitions import is_legal
from rasoi.staff.api import GuestLimits, Outlet


class IllegalChange(Conflict):
    slug, title = "illegal-change", "This can't be done in the present state"


TOKEN_PREFIX = {"takeaway": "T"}  # before the order's number: what is called out at the counter


def payment_of(outlet: Outlet, order_type: str, by_guest: bool) -> str:
    """When an order is to be paid. What staff send to a table is on its bill."""
    if order_type == "takeaway":
        return outlet.takeaway_payment
    return outlet.dine_in_payment if by_guest else "pay_later"


def needs_approval(outlet: Outlet, order_type: str, by_guest: bool) -> bool:
    """Whether staff look at it first, unless they have approved an order of its bill before."""
    return outlet.approve_first_order and by_guest and order_type == "dine_in"


class TooMuch(Unprocessable):
    slug, title = "too-much", "That is more than can be ordered at once"


class TooManyOrders(Conflict):
    slug, title = "too-many-orders", "Too many orders are under way"


class BillFull(Conflict):
    slug, title = "bill-full", "The bill holds as many orders as it may"


class TooMuchHeld(Conflict):
    slug, title = "too-much-held", "Too much is held unpaid"


def beyond_limits(limits: GuestLimits, lines: Sequence[LineRow], total_paise: int) -> str | None:
    """What of a guest's order is more than the house makes without a waiter's word; None where nothing is."""
    dishes: dict[UUID, tuple[int, str]] = {}
    for line in lines:
        dishes[line.variant_id] = dishes.get(line.variant_id, (0, ""))[0] + line.quantity, line.name
    quantity, name = max(dishes.values())
    if quantity > limits.dish_quantity:
        return f"{quantity} × {name} in one order, where {limits.dish_quantity} are usual"
    if total_paise > limits.order_paise:
        return f"₹{total_paise / 100:,.2f} in one order, where ₹{limits.order_paise / 100:,.2f} are usual"
    return None


def needs_word(
    outlet: Outlet, order_type: str, by_guest: bool, lines: Sequence[LineRow], total_paise: int
) -> bool:
    """Whether a waiter has to confirm this very order, whatever was approved before. What nobody looks at before it is
    made, since there is no table, is refused. Raises TooMuch."""
    beyond = beyond_limits(outlet.guest_limits, lines, total_paise) if by_guest else None
    if beyond is None:
        return False
    if order_type != "dine_in":
        raise TooMuch(f"{beyond}: please ask at the counter, they order it for you.")
    return True


def initial_path(payment: str, total_paise: int) -> list[str]:
    """The states that a new order comes into at once when nobody has to approve it."""
    prepaid = payment == "prepaid" and rounded(total_paise) > 0
    return ["placed", "awaiting_payment" if prepaid else "confirmed"]


def waits_for_approval(bill: BillRow, orders: list[OrderRow]) -> bool:
    """Whether the bill is of a prepaid order that staff have not let through: nothing may be paid for it yet."""
    return bill.payment == "prepaid" and any(order.status == "placed" for order in orders)


def expired_order(bill: BillRow, orders: list[OrderRow]) -> OrderRow | None:
    """The prepaid order of a bill that expired unpaid."""
    if bill.payment != "prepaid":
        return None
    return next((order for order in orders if order.status == "expired"), None)


def counter_order(bill: BillRow, orders: list[OrderRow], today: date) -> OrderRow | None:
    """The expired order that may still be brought back by its money: staff had not to approve it or did, it is of today,
    and its party has not left."""
    order = expired_order(bill, orders)
    may_return = order is not None and order.approved and order.business_day == today and not bill.party_left
    return order if may_return else None


def late_due(bill: BillRow, order: OrderRow) -> int:
    """What is due for an expired order once it is brought back."""
    return max(0, rounded(bill.net_paise + order.total_paise) - bill.held_paise)


class BillIsClosed(Conflict):
    slug, title = "bill-is-closed", "This bill is closed"


def require_voidable(bill: BillRow, order: OrderRow) -> None:
    """Raises IllegalChange, or BillIsClosed where a refund is what is left. A prepaid order's bill closes with its payment:
    as long as the kitchen has the order, a part of it can be taken back as the whole can be cancelled."""
    if order.status in TERMINATED:
        raise IllegalChange(f"This order is {order.status}.", status_now=order.status)
    if order.cancel_requested:
        raise IllegalChange("Somebody wants to cancel this order, and that is not answered yet.")
    at_kitchen = bill.payment == "prepaid" and order.status in AT_KITCHEN
    if bill.status == "closed" and not at_kitchen:
        raise BillIsClosed("Its document is issued. Give the money back by a refund of its payment.")
    if bill.status not in ("open", "closed"):
        raise IllegalChange(f"This bill is {bill.status.replace('_', ' ')}.", status_now=bill.status)


class PendingEvent(msgspec.Struct, frozen=True):
    """An event that a change calls for."""

    payload: Contract
    subject: str
    version: int


class Bill:
    """A locked bill with its orders: the aggregate. Methods change its rows and collect the events to be saved with them."""

    def __init__(self, row: BillRow, orders: list[OrderRow], now: datetime) -> None:
        self.row = row
        self.orders = orders
        self.now = now
        self.pending_events: list[PendingEvent] = []
        self.changed_orders: dict[UUID, OrderRow] = {}
        self.new_documents: list[DocumentRow] = []

    def order(self, order_id: UUID) -> OrderRow:
        return next(order for order in self.orders if order.id == order_id)

    def transition(
        self, order: OrderRow, *path: str, event: type[contracts.OrderState], reason: str | None = None
    ) -> None:
        """Take an order along `path`, step by legal step, and record one event for it."""
        passed = [order.status]
        for status in path:
            if not is_legal(TRANSITIONS, order.status, status):
                raise IllegalChange(
                    f"An order that is {order.status.replace('_', ' ')} can't become {status.replace('_', ' ')}.",
                    status_now=order.status,
                )
            order.status = status
            passed.append(status)
            self._stamp(order, status)
        if reason is not None:
            order.reason = reason
        self.record_event(order, event, passed)

    def _stamp(self, order: OrderRow, status: str) -> None:
        if status == "confirmed" and order.confirmed_at is None:
            order.confirmed_at, order.expires_at = self.now, None
        elif status in ("preparing", "ready"):
            order.served_at = None
            order.ready_at = self.now if status == "ready" else None
        elif status == "served":
            order.served_at = self.now
        elif status == "completed":
            order.completed_at = self.now

    def record_event(
        self,
        order: OrderRow,
        event: type[contracts.OrderState],
        path: list[str] | None = None,
        **more: Any,
    ) -> None:
        """Record an event of an order, under its next version, with what only this event has."""
        order.version += 1
        self.changed_orders[order.id] = order
        payload = event(**order_state(order, self.row, path or []), **more)
        self.pending_events.append(PendingEvent(payload, str(order.id), order.version))

    def record_bill_event(self, event: type[contracts.BillState] = contracts.BillChanged) -> None:
        """Record an event of the bill itself, under its next version."""
        self.row.version += 1
        self.pending_events.append(
            PendingEvent(event(**bill_state(self.row, self.orders)), str(self.row.id), self.row.version)
        )

    def add_document(
        self, document: IssuedDocument, row: DocumentRow, event: contracts.DocumentIssued
    ) -> None:
        """A document that is issued with this change."""
        self.row.documents.append(document)
        self.new_documents.append(row)
        self.pending_events.append(PendingEvent(event, str(document.id), 1))

    def terminate(self, order: OrderRow, status: str, reason: str | None = None) -> None:
        """Cancel, reject or expire an order: it is owed no more; a bill that is overpaid by this says so in an event."""
        self.transition(order, status, event=contracts.OrderCancelled, reason=reason)
        order.cancel_requested = False
        self._recount()
        if self.row.payment_status == "overpaid":
            self.record_bill_event()

    def void_line(self, order: OrderRow, line: LineRow, cause: VoidCause) -> VoidRow:
        """Take back a part of a line: it leaves all sums and stays on the order as a void. An order of which nothing is left
        is cancelled, unless it was served. Raises what require_voidable does, and NotSoMany."""
        require_voidable(self.row, order)
        after = less(line, cause.quantity)
        taken = taken_off(line, after, cause, self.now)
        order.lines = [after if each.id == line.id else each for each in order.lines]
        order.voids = [*order.voids, taken]
        for name, value in sums_of(order.lines).items():
            setattr(order, name, value)
        self._recount()
        self.record_event(
            order,
            contracts.OrderLineVoided,
            line_id=line.id,
            voided_quantity=taken.quantity,
            voided_paise=taken.total_paise,
            void_reason=taken.reason,
            begun=taken.begun,
            voided_by=taken.by,
        )
        if all(each.status == "voided" for each in order.lines) and is_legal(
            TRANSITIONS, order.status, "cancelled"
        ):
            self.terminate(order, "cancelled", taken.reason)
        self.confirm_paid()
        self.record_bill_event()
        return taken

    def discount(
        self, discounts: Mapping[UUID, Sequence[DiscountRow]], cause: DiscountRow, *, by: UUID | None
    ) -> list[OrderRow]:
        """Give lines, by their ids, these discounts in place of those that they have; the orders that changed. `cause` is the
        discount that is given or taken back, `by` who does it."""
        changed = [o for o in self.orders if any(line.id in discounts for line in o.lines)]
        before = {order.id: order.discount_paise for order in changed}
        for order in changed:
            order.lines = [
                having(line, line.quantity, discounts[line.id]) if line.id in discounts else line
                for line in order.lines
            ]
            for name, value in sums_of(order.lines).items():
                setattr(order, name, value)
        self._recount()
        for order in changed:
            self.record_event(
                order,
                contracts.OrderDiscounted,
                discount_id=cause.id,
                discount_kind=cause.kind,
                off_paise=order.discount_paise - before[order.id],
                discount_reason=cause.reason,
                changed_by=by,
            )
        self.confirm_paid()
        self.record_bill_event()
        return changed

    def ask_cash(self, time_to_pay: timedelta) -> None:
        """Its guests will pay in cash: a prepaid order waits for that longer, counted from when they first said so."""
        for order in self.orders:
            if order.payment == "prepaid" and order.status in WAITING and order.cash_asked_at is None:
                order.cash_asked_at = self.now
                if order.status == "awaiting_payment":
                    order.expires_at = max(order.expires_at or self.now, self.now + time_to_pay)
                self.record_event(order, contracts.OrderProgressed)

    def approve(self, order: OrderRow, time_to_pay: timedelta) -> None:
        """Staff let an order through: to the kitchen, or to be paid within a time that begins now."""
        if order.status != "placed":
            raise IllegalChange("This order does not wait for approval.", status_now=order.status)
        order.approved = True
        if order.payment == "prepaid" and self.row.due_paise:
            order.expires_at = self.now + time_to_pay
            self.transition(order, "awaiting_payment", event=contracts.OrderProgressed)
        else:
            self.transition(order, "confirmed", event=contracts.OrderConfirmed)

    def late_order(self, today: date, grace: timedelta) -> OrderRow | None:
        """The order that money may still bring back which comes by itself: within its outlet's grace."""
        order = counter_order(self.row, self.orders, today)
        in_time = order is not None and order.expires_at is not None and self.now - order.expires_at <= grace
        return order if in_time else None

    def reinstate(self, order: OrderRow) -> None:
        """A late payment, booked already, brings an expired order back, and its bill with it."""
        if self.row.status == "voided":
            self.row.status, self.row.closed_at = "open", None
        self.row.net_paise += order.total_paise
        self.row.total_paise = rounded(self.row.net_paise)
        self.transition(order, "confirmed", event=contracts.OrderConfirmed)

    def _recount(self) -> None:
        self.row.net_paise = sum(order.total_paise for order in self.orders if order.status not in TERMINATED)
        self.row.total_paise = rounded(self.row.net_paise)

    def confirm_paid(self) -> None:
        """A prepaid order goes to the kitchen once nothing is due on its bill."""
        if self.row.due_paise == 0:
            for order in self.orders:
                if order.status == "awaiting_payment":
                    self.transition(order, "confirmed", event=contracts.OrderConfirmed)

    @property
    def is_settled(self) -> bool:
        """Everything on it is paid, and nothing waits for an answer. With nothing to pay, all has to be served."""
        counted = [order.status for order in self.orders if order.status not in TERMINATED]
        if self.row.due_paise > 0 or any(status in WAITING for status in counted):
            return False
        return self.row.total_paise > 0 or (bool(counted) and all(status == "served" for status in counted))

    @property
    def is_void(self) -> bool:
        """All its orders are cancelled, rejected or expired, and no money is held for them."""
        return (
            self.row.status == "open"
            and all(o.status in TERMINATED for o in self.orders)
            and self.row.paid_paise == self.row.refunded_paise
        )

    def close_or_void(self) -> None:
        """Close the bill when it is settled, void it when nothing on it counts, and complete what was served."""
        if self.row.status == "open" and self.is_settled:
            self.row.status, self.row.closed_at = "closed", self.now
            self.row.attention = self.row.attention_since = None
            self.record_bill_event(contracts.BillClosed)
        elif self.is_void:
            self.row.status, self.row.closed_at = "voided", self.now
            self.row.attention = self.row.attention_since = None
            self.record_bill_event(contracts.BillVoided)
        if self.row.status == "closed":
            for order in self.orders:
                if order.status == "served":
                    self.transition(order, "completed", event=contracts.OrderProgressed)

    def write_off(self) -> None:
        """Nobody will pay what is due any more. What was served is completed."""
        if self.row.status != "open":
            raise IllegalChange(
                f"This bill is {self.row.status.replace('_', ' ')}.", status_now=self.row.status
            )
        if any(order.status not in TERMINATED | {"served"} for order in self.orders):
            raise IllegalChange("The kitchen still has an order of this bill.")
        self.row.status, self.row.closed_at = "written_off", self.now
        self.row.attention = self.row.attention_since = None
        self.record_bill_event(contracts.BillWrittenOff)
        for order in self.orders:
            if order.status == "served":
                self.transition(order, "completed", event=contracts.OrderProgressed)

    def take_progress(self, order: OrderRow, ticket: Progress) -> None:
        """Keep how far one of the order's tickets is, unless something newer is known of it."""
        known = {each.ticket_id: each for each in order.progress}
        if ticket.ticket_id not in known or known[ticket.ticket_id].version < ticket.version:
            known[ticket.ticket_id] = ticket
            order.progress = sorted(known.values(), key=lambda each: (each.station, each.ticket_id))

    def apply_progress(self, order: OrderRow) -> None:
        """Bring an order's state in line with its tickets, in either direction."""
        target = status_from_tickets(order.progress)
        if order.status in AT_KITCHEN and target and (path := path_to(order.status, target)):
            self.transition(order, *path, event=contracts.OrderProgressed)


def path_to(status: str, target: str) -> list[str]:
    """The states from `status` to where the tickets are; what lies behind is reached by recall to preparing."""
    line = ["confirmed", "preparing", "ready", "served"]
    now, then = line.index(status), line.index(target)
    if then >= now:
        return line[now + 1 : then + 1]
    return [] if status == "preparing" else line[1 : max(then, 1) + 1]


def status_from_tickets(progress: list[Progress]) -> str | None:
    """An order's state from its tickets; None without a ticket that counts (none yet, or all voided)."""
    ranks = [TICKET_RANK[p.state] for p in progress if p.state in TICKET_RANK]
    if not ranks:
        return None
    if min(ranks) == 3:
        return "served"
    if min(ranks) >= 2:
        return "ready"
    return "preparing" if max(ranks) >= 1 else "confirmed"


SAME_IN_EVENT = tuple(
    name for name in contracts.OrderState.__struct_fields__ if name in OrderRow.__struct_fields__
)
SAME_IN_BILL_EVENT = tuple(
    name for name in contracts.BillState.__struct_fields__ if name in BillRow.__struct_fields__
)


def order_state(order: OrderRow, bill: BillRow, path: list[str]) -> dict[str, Any]:
    """The public state that order events carry: no name of a guest."""
    return {name: getattr(order, name) for name in SAME_IN_EVENT} | {
        "order_id": order.id,
        "path": path,
        "table": order.table_name,
        "payment_status": bill.payment_status,
        "lines": msgspec.convert(order.lines, list[contracts.LineState], from_attributes=True),
    }


def bill_state(bill: BillRow, orders: list[OrderRow]) -> dict[str, Any]:
    """The public state that bill events carry."""
    return {name: getattr(bill, name) for name in SAME_IN_BILL_EVENT} | {
        "bill_id": bill.id,
        "table": bill.table_name,
        "order_ids": [order.id for order in orders],
        "due_paise": bill.due_paise,
        "invoice_number": bill.invoice_number,
        "payment_status": bill.payment_status,
    }
