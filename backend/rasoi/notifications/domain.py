"""The rules of messages: what each event tells whom, in which words, and how delivery moves on. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from rasoi.contracts import inventory, kitchen, orders, payments
from rasoi.platform.events import Contract
from rasoi.platform.money import half_up
from rasoi.platform.problems import Conflict
from rasoi.platform.transitions import Transitions, is_legal

TRANSITIONS: Transitions = {
    "queued": frozenset({"sent"}),
    "sent": frozenset({"delivered", "read"}),
    "delivered": frozenset({"read"}),
    "read": frozenset(),
}
PROGRESS = ("queued", "sent", "delivered", "read")
# ids are drawn before their transactions commit, which take 5 s at most
OVERLAP = timedelta(seconds=5)


class IllegalDelivery(Conflict):
    slug, title = "illegal-delivery", "This message was not sent yet"


class MessageRow(msgspec.Struct, kw_only=True):
    """A row of notifications.message."""

    outlet_id: int
    id: UUID
    cause: str
    audience: str
    kind: str
    title: str
    text: str
    order_id: UUID | None
    bill_id: UUID | None
    session_id: UUID | None
    table_name: str | None
    state: str
    created_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True)
class Template:
    """Words for one kind of message; `{place}` is the table or the token, `{amount}` is in rupees."""

    audience: str
    title: str
    text: str


@dataclass(frozen=True)
class Draft:
    """A message to be: its kind, what fills the words, and whom it concerns. `dedupe_key` replaces the event's id
    where several events may tell of the same thing."""

    kind: str
    values: Mapping[str, Any]
    order_id: UUID | None = None
    bill_id: UUID | None = None
    session_id: UUID | None = None
    table: str | None = None
    dedupe_key: str | None = None


TEMPLATES: dict[str, Template] = {
    "order_received": Template("guest", "The kitchen has your order", "Order {number} is with the kitchen."),
    "order_ready": Template("guest", "Your food is ready", "Order {number} is on its way to {place}."),
    "token_called": Template("guest", "{place} is ready", "Please collect order {number} at the counter."),
    "order_cancelled": Template("guest", "Order cancelled", "Order {number} was cancelled{because}."),
    "order_rejected": Template("guest", "Order not accepted", "Order {number} was not accepted{because}."),
    "order_expired": Template("guest", "Order expired", "Order {number} has expired; nothing will be made."),
    "cancel_refused": Template(
        "guest", "Too late to cancel", "Order {number} can't be cancelled any more{because}."
    ),
    "payment_received": Template("guest", "Payment received", "{amount} paid{method}. Thank you!"),
    "refund_started": Template("guest", "Refund on its way", "{amount} will be given back to you."),
    "refund_paid": Template("guest", "Refund done", "{amount} was given back to you."),
    "refund_by_bank": Template(
        "guest", "Returned by your bank", "{amount} was returned by your bank after a dispute."
    ),
    "refund_to_collect": Template(
        "guest", "Money for you", "Your waiter or the counter has {amount} for you: please ask for it."
    ),
    "order_to_approve": Template("staff", "{place}: approve", "Order {number} waits for approval."),
    "handed_over": Template("staff", "{place}: on its way", "{what} of order {number} has left the pass."),
    "pick_up": Template("staff", "{place}: pick up", "Order {number} is ready."),
    "attention_cash": Template("staff", "{place}: cash", "The guests want to pay {amount} in cash."),
    "attention_help": Template("staff", "{place}: help", "The guests ask for a waiter."),
    "refund_to_hand_out": Template("staff", "Hand out money", "{amount} is to be handed out to a guest."),
    "stock_low": Template("staff", "{name} runs low", "{available} left; reorder at {level}."),
    "stock_out": Template("staff", "{name} ran out", "What needs it can't be sold until there is more."),
    "stock_shortage": Template("staff", "Not enough {name}", "{missing} missing for {orders} already taken."),
}
METHODS = {
    "cash": " in cash",
    "card_machine": " by card",
    "house_upi": " by UPI",
    "voucher": " with a voucher",
    "upi": " by UPI",
    "card": " by card",
    "netbanking": " by net banking",
    "wallet": " by wallet",
}
ENDED = {"cancelled": "order_cancelled", "rejected": "order_rejected", "expired": "order_expired"}
UNITS = {"g": ("g", "kg"), "ml": ("ml", "l")}


def advance(row: MessageRow, state: str, now: datetime) -> bool:
    """Take a message to `state`. False when it was there or beyond already: several screens may report the same.
    Raises IllegalDelivery for a step that the table does not have."""
    if PROGRESS.index(state) <= PROGRESS.index(row.state):
        return False
    if not is_legal(TRANSITIONS, row.state, state):
        raise IllegalDelivery(f"A message that is {row.state} can't become {state}.")
    row.state = state
    if state == "sent":
        row.sent_at = now
    else:
        row.delivered_at = row.delivered_at or now
        row.read_at = now if state == "read" else None
    return True


def rupees(paise: int) -> str:
    """Such as ₹1,23,456.50; whole rupees without the zeros."""
    whole, rest = divmod(abs(paise), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    groups: list[str] = []
    while head:
        head, group = head[:-2], head[-2:]
        groups.insert(0, group)
    sign = "-" if paise < 0 else ""
    return f"{sign}₹{','.join([*groups, tail])}{f'.{rest:02d}' if rest else ''}"


def quantity(milli: int, unit: str) -> str:
    """Thousandths of `unit` as people say it: 1.5 kg, 200 ml, 3 portions."""
    name, large = UNITS.get(unit, (unit, ""))
    one = 1000
    if large and abs(milli) >= 1_000_000:
        name, one = large, 1_000_000
    whole, tenth = divmod(half_up(10 * abs(milli), one), 10)
    return f"{'-' if milli < 0 else ''}{whole}{f'.{tenth}' if tenth else ''} {name}"


def render(kind: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Title and text of a message."""
    template = TEMPLATES[kind]
    return template.title.format_map(values), template.text.format_map(values)


def _place(table: str | None, token: str | None) -> str:
    return table or (f"Token {token}" if token else "Takeaway")


def _order(kind: str, order: orders.OrderState) -> Draft:
    because = f": {order.reason.rstrip('.')}" if order.reason else ""
    values = {"number": order.number, "place": _place(order.table, order.token), "because": because}
    return Draft(kind, values, order.order_id, order.bill_id, order.session_id, order.table)


def placed(order: orders.OrderPlaced) -> list[Draft]:
    """Straight to the kitchen, or first to whoever approves it."""
    if order.status == "confirmed":
        return [_order("order_received", order)]
    return [_order("order_to_approve", order)] if order.status == "placed" else []


def confirmed(order: orders.OrderConfirmed) -> list[Draft]:
    return [_order("order_received", order)]


def progressed(order: orders.OrderProgressed) -> list[Draft]:
    """Ready: call the guest, and whoever carries it. A recall that comes back is told again; what was only marked as
    served too early is not."""
    if order.status != "ready" or order.path[-1:] != ["ready"] or order.path[0] == "served":
        return []
    return [_order("order_ready" if order.table else "token_called", order), _order("pick_up", order)]


def ended(order: orders.OrderCancelled) -> list[Draft]:
    return [_order(ENDED[order.status], order)] if order.status in ENDED else []


def cancel_refused(order: orders.OrderCancelRefused) -> list[Draft]:
    return [_order("cancel_refused", order)]


def handed_over(gone: kitchen.HandedOver) -> list[Draft]:
    """The pass has let it go: whoever carries it hears so."""
    values = {
        "number": gone.order_number,
        "place": _place(gone.table, gone.token),
        "what": "All" if gone.complete else "A part",
    }
    return [Draft("handed_over", values, gone.order_id, table=gone.table)]


def attention(bill: orders.BillChanged) -> list[Draft]:
    """Told once per call, however often the bill changes while it lasts."""
    if bill.attention not in ("cash", "help"):
        return []
    values = {"place": _place(bill.table, None), "amount": rupees(bill.due_paise)}
    since = bill.attention_since.isoformat() if bill.attention_since else ""
    dedupe_key = f"attention:{bill.bill_id}:{bill.attention}:{since}"
    return [
        Draft(
            f"attention_{bill.attention}",
            values,
            bill_id=bill.bill_id,
            table=bill.table,
            dedupe_key=dedupe_key,
        )
    ]


def no_message(_: Contract) -> list[Draft]:
    """Heard for whose guests a bill has only."""
    return []


def paid(payment: payments.PaymentCompleted) -> list[Draft]:
    values = {"amount": rupees(payment.captured_paise), "method": METHODS.get(payment.method or "", "")}
    return [Draft("payment_received", values, payment.order_id, payment.bill_id)]


REFUNDS: dict[str, dict[str, tuple[str, ...]]] = {
    "refund": {
        "requested": ("refund_started",),
        "processed": ("refund_paid",),
        "to_hand_out": ("refund_to_collect", "refund_to_hand_out"),
    },
    "dispute": {"processed": ("refund_by_bank",)},
}


def refund(change: payments.RefundChanged) -> list[Draft]:
    """The guest hears of its start and end; staff of what they have to hand out. What a bank took has no start here."""
    kinds = REFUNDS.get(change.refund_kind, {})
    values = {"amount": rupees(change.refund_paise)}
    return [
        Draft(
            kind,
            values,
            change.order_id,
            change.bill_id,
            dedupe_key=f"refund:{change.refund_id}:{change.refund_status}",
        )
        for kind in kinds.get(change.refund_status, ())
    ]


def _stock(kind: str, stock: inventory.StockState, **more: Any) -> list[Draft]:
    values = {
        "name": stock.name,
        "available": quantity(stock.available_milli, stock.unit),
        "level": quantity(stock.reorder_level_milli, stock.unit),
    }
    return [Draft(kind, values | more)]


def stock_low(stock: inventory.StockLow) -> list[Draft]:
    return _stock("stock_low", stock)


def stock_out(stock: inventory.StockDepleted) -> list[Draft]:
    return _stock("stock_out", stock)


def stock_shortage(stock: inventory.StockShortage) -> list[Draft]:
    count = len(stock.order_ids)
    missing = quantity(max(0, -stock.available_milli), stock.unit)
    return _stock(
        "stock_shortage", stock, missing=missing, orders="1 order" if count == 1 else f"{count} orders"
    )


RULES: dict[type[Contract], Callable[[Any], list[Draft]]] = {
    orders.OrderPlaced: placed,
    orders.OrderConfirmed: confirmed,
    orders.OrderProgressed: progressed,
    orders.OrderCancelled: ended,
    orders.OrderCancelRefused: cancel_refused,
    kitchen.HandedOver: handed_over,
    orders.BillChanged: attention,
    orders.BillClosed: no_message,
    payments.PaymentCompleted: paid,
    payments.RefundChanged: refund,
    inventory.StockLow: stock_low,
    inventory.StockDepleted: stock_out,
    inventory.StockShortage: stock_shortage,
}


def sessions_of(data: Contract) -> tuple[UUID | None, list[UUID]]:
    """A bill and guests' sessions that belong to it, as far as the event tells."""
    if isinstance(data, orders.OrderState):
        return data.bill_id, [data.session_id] if data.session_id else []
    if isinstance(data, orders.BillState):
        return data.bill_id, data.session_ids
    return None, []


def overlapping(after: UUID) -> UUID:
    """The id from which to read so that nothing committed late is missed; screens know what they have by its id."""
    millis = max(0, (after.int >> 80) - int(OVERLAP.total_seconds() * 1000))
    return UUID(int=millis << 80)
