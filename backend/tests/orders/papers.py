"""Bills and outlets for tests of documents."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st

from rasoi.contracts.orders import TaxState
from rasoi.orders.document_schemas import Document
from rasoi.orders.documents import Ground, Place, sale_documents, sold_lines
from rasoi.orders.pricing import rounded
from rasoi.orders.rows import BillRow, DiscountRow, LineRow, OrderRow
from rasoi.platform.money import half_up
from rasoi.staff.api import GuestLimits, Outlet
from tests.orders.test_domain import bill_row, order_row

NOW = datetime(2026, 11, 29, 14, 30, tzinfo=UTC)
GST = (
    (("CGST", 250), ("SGST", 250)),
    (("CGST", 2000), ("SGST", 2000)),
    (("CGST", 900), ("SGST", 900), ("Cess", 1200)),
)
LIQUOR = (("VAT", 2000),)


def outlet(**more: Any) -> Outlet:
    given: dict[str, Any] = {
        "id": 1,
        "name": "Rasoi",
        "legal_name": "Rasoi Foods LLP",
        "gstin": "29AAAFR1234K1Z8",
        "gst_regime": "regular",
        "fssai": "11226999000123",
        "state_code": "29",
        "address": "12, Church Street",
        "phone": None,
        "timezone": "Asia/Kolkata",
        "day_cutoff_minutes": 300,
        "currency": "INR",
        "dine_in_payment": "pay_later",
        "takeaway_payment": "prepaid",
        "approve_first_order": False,
        "payment_timeout_s": 600,
        "late_grace_s": 900,
        "counter_timeout_s": 1800,
        "explicit_start": False,
        "admit_joiners": True,
        "sitting_timeout_s": 3600,
        "amber_s": 480,
        "red_s": 900,
        "guest_limits": GuestLimits(),
        "void_reasons": ["Ordered by mistake"],
        "cash_drawers": ["Main drawer"],
        "cash_reasons": ["Change"],
        "cash_needs_shift": False,
        "shift_difference_paise": 10000,
        "discount_reasons": ["Goodwill"],
        "tenders": [],
        "upi_address": None,
        "version": 1,
    }
    return Outlet(**(given | more))


def discounted(paise: int, quantity: int, kind: str = "manual", name: str = "Discount") -> DiscountRow:
    """A discount of a line of so many."""
    return DiscountRow(
        id=uuid4(), kind=kind, name=name, paise=paise, given_paise=paise, given_quantity=quantity
    )


def line(
    unit: int, quantity: int, rates: Any, *, inclusive: bool = False, discount: int = 0, **more: Any
) -> LineRow:
    amount = unit * quantity - discount
    base = 10_000 + (sum(rate for _, rate in rates) if inclusive else 0)
    taxes = [TaxState(name=name, rate_bp=rate, paise=half_up(amount * rate, base)) for name, rate in rates]
    taxable = amount - sum(tax.paise for tax in taxes) if inclusive else amount
    given: dict[str, Any] = {
        "id": uuid4(),
        "item_id": uuid4(),
        "variant_id": uuid4(),
        "name": "Naan",
        "variant": None,
        "quantity": quantity,
        "modifiers": [],
        "note": None,
        "course": 1,
        "station": "tandoor",
        "unit_price_paise": unit,
        "total_paise": taxable + sum(tax.paise for tax in taxes),
        "allergens": [],
        "allergies": [],
        "position": 0,
        "discounts": [discounted(discount, quantity)] if discount else [],
        "discount_paise": discount,
        "taxable_paise": taxable,
        "taxes": taxes,
        "tax_class": "food",
        "tax_version": 1,
        "tax_inclusive": inclusive,
    }
    return LineRow(**(given | more))


def settled(*orders: list[LineRow], **more: Any) -> tuple[BillRow, list[OrderRow]]:
    """A bill of these orders' lines, as it is when it closes."""
    net = sum(each.total_paise for lines in orders for each in lines)
    row = bill_row(net_paise=net, total_paise=rounded(net), paid_paise=rounded(net), **more)
    made = []
    for number, lines in enumerate(orders, 1):
        total = sum(each.total_paise for each in lines)
        made.append(order_row(row, "served", total, number=number, lines=lines))
    return row, made


def place(kind: str, sequence: int = 1, **more: Any) -> Place:
    given: dict[str, Any] = {
        "kind": kind,
        "gstin": "29AAAFR1234K1Z8",
        "financial_year": 2026,
        "sequence": sequence,
        "previous_hash": "00" * 32,
        "issued_at": NOW,
        "business_day": date(2026, 11, 29),
    }
    return Place(**(given | more))


def issue(row: BillRow, orders: list[OrderRow], *kinds: str, **of_outlet: Any) -> list[Document]:
    """The documents of a bill, of these kinds."""
    lines = sold_lines(orders)
    ground = Ground(outlet(**of_outlet), [place(kind) for kind in kinds], ["996331"] * len(lines))
    return sale_documents(row, lines, ground, [UUID(int=n + 1) for n in range(len(kinds))])


@st.composite
def bills(draw: st.DrawFn) -> tuple[BillRow, list[OrderRow]]:
    """Random settled bills: several orders, rates, discounts, prices with and without tax."""
    orders = []
    for _ in range(draw(st.integers(1, 3))):
        lines = []
        for _ in range(draw(st.integers(1, 4))):
            unit, quantity = draw(st.integers(0, 2_000_00)), draw(st.integers(1, 9))
            rates = draw(st.sampled_from([*GST, LIQUOR, ()]))
            discount = draw(st.integers(0, unit * quantity))
            lines.append(line(unit, quantity, rates, inclusive=draw(st.booleans()), discount=discount))
        orders.append(lines)
    return settled(*orders)
