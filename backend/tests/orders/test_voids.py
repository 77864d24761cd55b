"""What is left of lines after any sequence of voids: every component adds up to what was sold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rasoi.contracts.orders import OrderCancelled, OrderConfirmed, OrderLineVoided, TaxState
from rasoi.orders.domain import Bill, BillIsClosed, IllegalChange
from rasoi.orders.pricing import rounded, split_by_rates
from rasoi.orders.rows import BillPayment, BillRow, LineRow, OrderRow, VoidCause
from rasoi.orders.voids import NotSoMany, less, sums_of
from tests.orders.papers import discounted

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
RATES = st.sampled_from(
    [[], [("GST", 0)], [("CGST", 250), ("SGST", 250)], [("VAT", 2000)], [("CGST", 900), ("SGST", 900)]]
)


def line_of(
    unit: int, quantity: int, rates: list[tuple[str, int]], *, inclusive: bool = False, discount: int = 0
) -> LineRow:
    known = [TaxState(name=name, rate_bp=rate, paise=0) for name, rate in rates]
    taxable, taxes = split_by_rates(unit * quantity - discount, known, inclusive)
    return LineRow(
        id=uuid7(),
        position=0,
        item_id=uuid7(),
        variant_id=uuid7(),
        name="Dal",
        variant=None,
        quantity=quantity,
        modifiers=[],
        allergens=[],
        note=None,
        course=1,
        station="curry",
        unit_price_paise=unit,
        discounts=[discounted(discount, quantity)] if discount else [],
        discount_paise=discount,
        tax_inclusive=inclusive,
        taxable_paise=taxable,
        taxes=taxes,
        tax_class="food",
        tax_version=1,
        total_paise=taxable + sum(tax.paise for tax in taxes),
    )


def order_of(*lines: LineRow, status: str = "confirmed", payment: str = "pay_later") -> OrderRow:
    return OrderRow(
        id=uuid7(),
        number=1,
        token=None,
        bill_id=uuid7(),
        outlet_id=1,
        type="dine_in",
        status=status,
        customer_name=None,
        note=None,
        allergies=[],
        business_day=date(2026, 11, 30),
        placed_at=NOW,
        confirmed_at=None,
        ready_at=None,
        served_at=None,
        completed_at=None,
        payment=payment,
        expires_at=None,
        cancel_requested=False,
        reason=None,
        version=1,
        session_id=None,
        table_id=None,
        table_name=None,
        held_courses=[],
        lines=list(lines),
        **sums_of(lines),
    )


def bill_of(*orders: OrderRow, paid: int = 0, status: str = "open", payment: str = "pay_later") -> Bill:
    net = sum(order.total_paise for order in orders)
    row = BillRow(
        id=uuid7(),
        type="dine_in",
        payment=payment,
        status=status,
        business_day=date(2026, 11, 30),
        paid_paise=paid,
        refunded_paise=0,
        opened_at=NOW,
        closed_at=NOW if status == "closed" else None,
        sitting_id=None,
        walked_out_at=None,
        version=0,
        outlet_id=1,
        table_id=None,
        table_name=None,
        customer_name=None,
        session_ids=[],
        net_paise=net,
        total_paise=rounded(net),
        attention=None,
        attention_since=None,
        payments=[BillPayment(payment_id=uuid7(), method="cash", paise=paid, at=NOW)] if paid else [],
    )
    return Bill(row, list(orders), NOW)


def cause(quantity: int = 1, stage: str | None = "queued") -> VoidCause:
    return VoidCause(
        quantity=quantity, reason="Took too long", note=None, stage=stage, by=UUID(int=7), by_name="Asha"
    )


@st.composite
def lines(draw: st.DrawFn) -> LineRow:
    unit, quantity = draw(st.integers(0, 250_000)), draw(st.integers(1, 99))
    discount = draw(st.integers(0, unit * quantity)) if draw(st.booleans()) else 0
    return line_of(unit, quantity, draw(RATES), inclusive=draw(st.booleans()), discount=discount)


def components(amounts: list[tuple[int, int, list[TaxState], int]]) -> Counter[str]:
    """Discount, taxable value, each tax and total, added up; what comes to nothing is left out."""
    found: Counter[str] = Counter()
    for discount, taxable, taxes, total in amounts:
        found.update({"discount": discount, "taxable": taxable, "total": total})
        for tax in taxes:
            found[f"{tax.name} {tax.rate_bp}"] += tax.paise
    return Counter({name: paise for name, paise in found.items() if paise})


def amounts(order: OrderRow) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """What is left on the lines, what the voids took, and what the order says that it comes to."""
    left = components([(x.discount_paise, x.taxable_paise, x.taxes, x.total_paise) for x in order.lines])
    gone = components([(x.discount_paise, x.taxable_paise, x.taxes, x.total_paise) for x in order.voids])
    return (
        left,
        gone,
        components([(order.discount_paise, order.taxable_paise, order.taxes, order.total_paise)]),
    )


@given(st.lists(st.lists(lines(), min_size=1, max_size=4), min_size=1, max_size=3), st.data())
def test_through_any_voids_every_component_adds_up(sold: list[list[LineRow]], data: st.DataObject) -> None:
    orders = [order_of(*each) for each in sold]
    bill = bill_of(*orders)
    before = [amounts(order)[0] for order in orders]
    for _ in range(data.draw(st.integers(0, 8))):
        open_lines = [(o, x) for o in orders if o.status == "confirmed" for x in o.lines if x.quantity]
        if not open_lines:
            break
        order, line = data.draw(st.sampled_from(open_lines))
        bill.void_line(order, line, cause(data.draw(st.integers(1, line.quantity))))
        for each, was in zip(orders, before, strict=True):
            left, gone, said = amounts(each)
            left_and_gone = left.copy()
            for name, paise in gone.items():
                left_and_gone[name] += paise
            assert components([]) + left_and_gone == components([]) + was
            assert left == said
            assert each.total_paise == each.taxable_paise + sum(tax.paise for tax in each.taxes) >= 0
            assert (each.status == "cancelled") == all(x.status == "voided" for x in each.lines)
        owed = sum(order.total_paise for order in orders if order.status != "cancelled")
        assert (bill.row.net_paise, bill.row.total_paise) == (owed, rounded(owed))


@given(lines(), st.data())
def test_the_same_is_left_whether_taken_back_at_once_or_one_by_one(
    line: LineRow, data: st.DataObject
) -> None:
    left = data.draw(st.integers(0, line.quantity - 1))
    at_once, bill = less(line, line.quantity - left), bill_of(order := order_of(line))
    while (now := order.lines[0]).quantity > left:
        bill.void_line(order, now, cause(data.draw(st.integers(1, now.quantity - left))))
    assert order.lines[0] == at_once
    assert sum(each.paise for each in at_once.discounts) == at_once.discount_paise
    if left:  # and what is left is what it would have cost, had no more been ordered
        taxed = split_by_rates(
            line.unit_price_paise * left - at_once.discount_paise,
            line.taxes,
            line.tax_inclusive,
        )
        assert (at_once.taxable_paise, at_once.taxes) == taxed


@pytest.mark.parametrize(
    ("inclusive", "left"),
    [(False, (2 * 33_33, [167, 167])), (True, (66_66 - 2 * 159, [159, 159]))],
)
def test_what_is_left_is_taxed_as_the_line_was(inclusive: bool, left: tuple[int, list[int]]) -> None:
    line = line_of(33_33, 3, [("CGST", 250), ("SGST", 250)], inclusive=inclusive)
    after = less(line, 1)
    assert (after.taxable_paise, [tax.paise for tax in after.taxes]) == left
    assert after.total_paise == left[0] + sum(left[1]) and after.status == "active"


def test_a_discount_stays_in_proportion() -> None:
    line = line_of(10_00, 3, [], discount=100)
    two, one = less(line, 1), less(line, 2)
    assert (two.discount_paise, one.discount_paise) == (67, 33)


def test_no_more_is_taken_back_than_is_there() -> None:
    bill = bill_of(order := order_of(line_of(10_00, 2, []), line_of(5_00, 1, [])))
    with pytest.raises(NotSoMany) as refused:
        bill.void_line(order, order.lines[0], cause(3))
    assert refused.value.extensions == {"left": 2} and not bill.pending_events
    bill.void_line(order, order.lines[0], cause(2))
    with pytest.raises(NotSoMany):
        bill.void_line(order, order.lines[0], cause(1))


def test_an_order_of_which_nothing_is_left_is_cancelled_unless_it_was_served() -> None:
    bill = bill_of(order := order_of(line_of(10_00, 2, [])), order_of(line_of(5_00, 1, [])))
    bill.void_line(order, order.lines[0], cause(2))
    assert (order.status, order.reason, bill.row.total_paise) == ("cancelled", "Took too long", 500)
    assert [type(each.payload) for each in bill.pending_events[:2]] == [OrderLineVoided, OrderCancelled]
    bill = bill_of(served := order_of(line_of(10_00, 2, []), status="served"))
    bill.void_line(served, served.lines[0], cause(2, "served"))
    assert (served.status, bill.row.total_paise, served.voids[0].begun) == ("served", 0, True)


@pytest.mark.parametrize(
    ("order_status", "bill_status", "payment", "asked", "refusal"),
    [
        ("cancelled", "open", "pay_later", False, IllegalChange),
        ("expired", "voided", "prepaid", False, IllegalChange),
        ("rejected", "open", "pay_later", False, IllegalChange),
        ("preparing", "open", "pay_later", True, IllegalChange),
        ("preparing", "closed", "pay_later", False, BillIsClosed),
        ("completed", "closed", "pay_later", False, BillIsClosed),
        ("completed", "closed", "prepaid", False, BillIsClosed),
        ("served", "written_off", "pay_later", False, IllegalChange),
    ],
)
def test_what_is_over_is_not_taken_back(
    order_status: str, bill_status: str, payment: str, asked: bool, refusal: type[Exception]
) -> None:
    order = order_of(line_of(10_00, 2, []), status=order_status, payment=payment)
    order.cancel_requested = asked
    bill = bill_of(order, status=bill_status, payment=payment)
    with pytest.raises(refusal):
        bill.void_line(order, order.lines[0], cause())
    assert not bill.pending_events and order.lines[0].quantity == 2


def test_a_paid_prepaid_order_at_the_kitchen_leaves_its_bill_overpaid() -> None:
    order = order_of(line_of(10_00, 2, []), payment="prepaid")
    bill = bill_of(order, paid=20_00, status="closed", payment="prepaid")
    bill.void_line(order, order.lines[0], cause())
    assert (bill.row.total_paise, bill.row.payment_status, order.status) == (10_00, "overpaid", "confirmed")


def test_where_nothing_is_left_to_pay_the_kitchen_gets_it() -> None:
    free = order_of(line_of(10_00, 1, []), line_of(0, 1, []), status="awaiting_payment", payment="prepaid")
    bill = bill_of(free, payment="prepaid")
    bill.void_line(free, free.lines[0], cause(stage=None))
    assert free.status == "confirmed" and isinstance(bill.pending_events[1].payload, OrderConfirmed)
