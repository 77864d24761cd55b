"""What discounts by hand take off a bill, in any order with voids and with taking them back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import OrderConfirmed, OrderDiscounted
from rasoi.orders import giving
from rasoi.orders.discounts import COMPLIMENTARY
from rasoi.orders.domain import Bill, BillIsClosed, IllegalChange
from rasoi.orders.giving import PartIsPaid, TooMuchOff, UnknownDiscount, off_lines, on_the_house, without
from rasoi.orders.pricing import rounded, split_by_rates
from rasoi.orders.rows import DiscountRow, LineRow, OrderRow
from tests.orders.test_voids import amounts, bill_of, cause, line_of, lines, order_of


def by_hand(kind: str = "manual") -> DiscountRow:
    return DiscountRow(
        id=uuid7(), kind=kind, name="x", paise=0, given_paise=0, given_quantity=0, by=UUID(int=7)
    )


def give(bill: Bill, *lines: LineRow, percent_bp: int | None = None, paise: int = 0) -> DiscountRow:
    model = by_hand()
    bill.discount(off_lines(lines, model, percent_bp=percent_bp, paise=paise), model, by=model.by)
    return model


def give_away(bill: Bill, line: LineRow, quantity: int) -> DiscountRow:
    model = by_hand()
    bill.discount(on_the_house(line, model, quantity), model, by=model.by)
    return model


def take_back(bill: Bill, model: DiscountRow) -> None:
    bill.discount(without(bill, model.id), model, by=model.by)


def require_sums(bill: Bill) -> None:
    """Portions at their price, less discounts, with their taxes, are the lines, the orders and, rounded, the bill."""
    for order in bill.orders:
        left, _, said = amounts(order)
        assert left == said
        for line in order.lines:
            amount = line.unit_price_paise * line.quantity - line.discount_paise
            assert amount >= 0 and line.discount_paise == sum(each.paise for each in line.discounts)
            taxed = split_by_rates(amount, line.taxes, line.tax_inclusive)
            assert (line.taxable_paise, line.taxes) == taxed
            assert line.total_paise == line.taxable_paise + sum(tax.paise for tax in line.taxes) >= 0
    owed = sum(order.total_paise for order in giving.counted(bill))
    assert (bill.row.net_paise, bill.row.total_paise) == (owed, rounded(owed))


def open_lines(bill: Bill) -> list[tuple[OrderRow, LineRow]]:
    return [(order, line) for order in giving.counted(bill) for line in order.lines if line.quantity]


def act(bill: Bill, known: list[DiscountRow], data: st.DataObject) -> None:
    """One thing that staff do to a bill."""
    order, line = data.draw(st.sampled_from(open_lines(bill)))
    what = data.draw(st.sampled_from(["void", "percent", "amount", "bill", "give away", "take back"]))
    try:
        if what == "void":
            bill.void_line(order, line, cause(data.draw(st.integers(1, line.quantity))))
        elif what == "percent":
            known.append(give(bill, line, percent_bp=data.draw(st.integers(1, 10_000))))
        elif what == "amount":
            known.append(give(bill, line, paise=data.draw(st.integers(1, 10_000))))
        elif what == "bill":
            every = [each for _, each in open_lines(bill)]
            before = sum(each.discount_paise for each in every)
            paise = data.draw(st.integers(1, 20_000))
            known.append(give(bill, *every, paise=paise))
            assert sum(each.discount_paise for _, each in open_lines(bill)) == before + paise
        elif what == "give away":
            known.append(give_away(bill, line, data.draw(st.integers(1, line.quantity))))
        elif known:
            take_back(bill, known.pop(data.draw(st.integers(0, len(known) - 1))))
    except (TooMuchOff, UnknownDiscount):
        return


@given(st.lists(st.lists(lines(), min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_through_anything_that_staff_do_the_bill_adds_up(
    sold: list[list[LineRow]], data: st.DataObject
) -> None:
    bill = bill_of(*(order_of(*each) for each in sold))
    known: list[DiscountRow] = []
    for _ in range(data.draw(st.integers(0, 10))):
        if not open_lines(bill):
            break
        act(bill, known, data)
        require_sums(bill)
    before = {line.id: line for _, line in open_lines(bill)}
    for model in reversed(known):
        if any(each.id == model.id for _, line in open_lines(bill) for each in line.discounts):
            take_back(bill, model)
            require_sums(bill)
    for _, line in open_lines(bill):  # what is left is what so many of it would have cost from the start
        assert not [each for each in line.discounts if each.by]
        assert line.quantity == before[line.id].quantity


@given(lines(), st.data())
def test_the_same_is_left_whichever_of_void_and_gift_comes_first(line: LineRow, data: st.DataObject) -> None:
    quantity = data.draw(st.integers(0, line.quantity - 1))
    free = data.draw(st.integers(1, line.quantity))
    first, second = order_of(line), order_of(line)
    bill = bill_of(first)
    give_away(bill, first.lines[0], free)
    other = bill_of(second)
    if quantity:
        bill.void_line(first, first.lines[0], cause(quantity))
        other.void_line(second, second.lines[0], cause(quantity))
    give_away(other, second.lines[0], min(free, second.lines[0].quantity))
    assert first.total_paise == second.total_paise and first.taxes == second.taxes


def test_a_discount_of_a_bill_is_spread_over_what_is_to_be_paid() -> None:
    order = order_of(line_of(100_00, 2, []), line_of(50_00, 1, []), line_of(10_00, 1, []))
    bill = bill_of(order)
    give_away(bill, order.lines[0], 1)
    model = give(bill, *order.lines, percent_bp=1000)
    shares = [[(each.kind, each.paise) for each in line.discounts] for line in order.lines]
    assert shares == [[(COMPLIMENTARY, 100_00), ("manual", 10_00)], [("manual", 5_00)], [("manual", 1_00)]]
    event = next(
        each.payload for each in reversed(bill.pending_events) if isinstance(each.payload, OrderDiscounted)
    )
    assert (event.off_paise, event.total_paise, event.lines[0].discounts[1].id) == (16_00, 144_00, model.id)
    take_back(bill, model)
    assert (order.discount_paise, bill.row.total_paise) == (100_00, 160_00)


def test_no_more_is_taken_off_than_there_is() -> None:
    bill = bill_of(order := order_of(line_of(100_00, 2, [])))
    with pytest.raises(TooMuchOff) as refused:
        give(bill, *order.lines, paise=200_01)
    assert refused.value.extensions == {"most_paise": 200_00}
    give_away(bill, order.lines[0], 1)
    with pytest.raises(TooMuchOff) as refused:
        give_away(bill, order.lines[0], 2)
    assert refused.value.extensions == {"left": 1}
    give(bill, *order.lines, percent_bp=10_000)
    with pytest.raises(TooMuchOff):
        give(bill, *order.lines, percent_bp=1)
    assert order.total_paise == 0


def test_a_line_has_so_many_discounts_and_no_more() -> None:
    bill = bill_of(order := order_of(line_of(100_00, 2, [])))
    for _ in range(giving.MOST_OF_A_LINE):
        give(bill, *order.lines, paise=1)
    with pytest.raises(IllegalChange, match="already"):
        give(bill, *order.lines, paise=1)


def test_a_prepaid_order_that_costs_nothing_goes_to_the_kitchen_and_stays_free() -> None:
    order = order_of(line_of(100_00, 1, []), status="awaiting_payment", payment="prepaid")
    bill = bill_of(order, payment="prepaid")
    model = give_away(bill, order.lines[0], 1)
    assert order.status == "confirmed" and not bill.is_settled
    assert any(isinstance(each.payload, OrderConfirmed) for each in bill.pending_events)
    with pytest.raises(IllegalChange, match="kitchen"):
        take_back(bill, model)
    order.status = "served"
    assert bill.is_settled


def test_it_is_taken_back_until_a_part_is_paid() -> None:
    order = order_of(line_of(100_00, 2, []))
    bill = bill_of(order, paid=50_00)
    model = give(bill, *order.lines, percent_bp=1000)
    with pytest.raises(PartIsPaid):
        take_back(bill, model)
    with pytest.raises(UnknownDiscount):
        take_back(bill, by_hand())


@pytest.mark.parametrize(
    ("order", "bill", "refusal"),
    [
        ({"status": "cancelled"}, {}, IllegalChange),
        ({"status": "preparing", "asked": True}, {}, IllegalChange),
        ({"status": "served"}, {"status": "closed"}, BillIsClosed),
        ({"status": "served"}, {"status": "written_off"}, IllegalChange),
        ({"status": "expired"}, {"status": "voided"}, IllegalChange),
    ],
)
def test_what_is_over_becomes_no_cheaper(
    order: dict[str, Any], bill: dict[str, Any], refusal: type[Exception]
) -> None:
    row = order_of(line_of(100_00, 2, []), status=order["status"])
    row.cancel_requested = "asked" in order
    with pytest.raises(refusal):
        giving.require_open(bill_of(row, **bill), [row])
