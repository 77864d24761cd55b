"""What a discount that is given by hand takes off which lines, and when it may be given and taken back. Pure, whole paise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from msgspec.structs import replace

from rasoi.orders.discounts import COMPLIMENTARY, free_portions, shares
from rasoi.orders.domain import Bill, BillIsClosed, IllegalChange
from rasoi.orders.rows import DiscountRow, LineRow, OrderRow
from rasoi.orders.states import TERMINATED, WAITING
from rasoi.platform.money import half_up, spread
from rasoi.platform.problems import Conflict, NotFound

MOST_OF_A_LINE = 20
Given = dict[UUID, list[DiscountRow]]  # the discounts of lines from now on, by line


class TooMuchOff(Conflict):
    slug, title = "too-much-off", "That is more than there is to take off"


class PartIsPaid(Conflict):
    slug, title = "part-is-paid", "A part of this bill is paid already"


class UnknownDiscount(NotFound):
    slug, title = "unknown-discount", "There is no such discount on this bill"


def require_open(bill: Bill, orders: Iterable[OrderRow]) -> None:
    """Raises BillIsClosed or IllegalChange where the bill or one of these orders can't become cheaper any more."""
    if bill.row.status == "closed":
        raise BillIsClosed("Its document is issued. Give the money back by a refund of its payment.")
    if bill.row.status != "open":
        raise IllegalChange(f"This bill is {bill.row.status.replace('_', ' ')}.", status_now=bill.row.status)
    for order in orders:
        if order.status in TERMINATED:
            raise IllegalChange(f"This order is {order.status}.", status_now=order.status)
        if order.cancel_requested:
            raise IllegalChange("Somebody wants to cancel this order, and that is not answered yet.")


def counted(bill: Bill) -> list[OrderRow]:
    """The bill's orders that are owed."""
    return [order for order in bill.orders if order.status not in TERMINATED]


def off_lines(lines: Sequence[LineRow], model: DiscountRow, *, percent_bp: int | None, paise: int) -> Given:
    """The lines' discounts with `model` added: `percent_bp` of what is to be paid for them, or else `paise` in all, spread by
    largest remainder. Raises TooMuchOff with `most_paise`."""
    paid = {line.id: line.quantity - free_portions(line.discounts, line.quantity) for line in lines}
    worth = [line.unit_price_paise * line.quantity - line.discount_paise for line in lines]
    most = sum(worth)
    if percent_bp is not None:
        paise = half_up(most * percent_bp, 10_000)
    if not 0 < paise <= most:
        raise TooMuchOff(f"₹{most / 100:,.2f} are left to take something off.", most_paise=most)
    found: Given = {}
    for line, part in zip(lines, spread(paise, worth), strict=True):
        if part:
            row = replace(model, paise=part, given_paise=part, given_quantity=paid[line.id])
            found[line.id] = _with(line, row)
    return found


def on_the_house(line: LineRow, model: DiscountRow, quantity: int) -> Given:
    """The line's discounts with so many portions of it on the house. Raises TooMuchOff with `left`."""
    left = line.quantity - free_portions(line.discounts, line.quantity)
    if quantity > left:
        raise TooMuchOff(f"{left} × {line.name} are left to be given.", left=left)
    worth = line.unit_price_paise * quantity
    row = replace(model, kind=COMPLIMENTARY, paise=worth, given_paise=worth, given_quantity=quantity)
    return {line.id: _with(line, row)}


def _with(line: LineRow, row: DiscountRow) -> list[DiscountRow]:
    if len(line.discounts) >= MOST_OF_A_LINE:
        raise IllegalChange(f"{line.name} has {MOST_OF_A_LINE} discounts already.")
    return shares(line.unit_price_paise, line.quantity, [*line.discounts, row])


def without(bill: Bill, discount_id: UUID) -> Given:
    """The lines' discounts without this one, which was given by hand. Raises UnknownDiscount, and PartIsPaid or IllegalChange
    where the bill may not become dearer any more."""
    lines = [line for order in counted(bill) for line in order.lines]
    having = {line.id: line for line in lines if any(_is_given(each, discount_id) for each in line.discounts)}
    if not having:
        raise UnknownDiscount()
    if bill.row.held_paise:
        raise PartIsPaid("Who pays was told what it comes to. It stays cheaper.")
    if bill.row.payment == "prepaid" and any(order.status not in WAITING for order in counted(bill)):
        raise IllegalChange("The kitchen has this order, and nothing more is asked for it.")
    return {id: [each for each in line.discounts if each.id != discount_id] for id, line in having.items()}


def _is_given(discount: DiscountRow, discount_id: UUID) -> bool:
    return discount.id == discount_id and discount.by is not None


def given_by_hand(bill: Bill, complimentary: bool) -> int:
    """What staff have taken off the bill already, on the house or otherwise."""
    return sum(
        each.paise
        for order in counted(bill)
        for line in order.lines
        for each in line.discounts
        if each.by is not None and (each.kind == COMPLIMENTARY) == complimentary
    )
