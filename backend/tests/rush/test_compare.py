"""The comparison finds nothing in a good service, and each planted fault in a bad one."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from rasoi.rush.compare import Books, Evidence, Findings, compare

Json = dict[str, Any]


def order(
    id: str,
    *,
    status: str = "completed",
    confirmed: bool = True,
    payment: str = "pay_later",
    lines: tuple[tuple[str, int], ...],
) -> Json:
    return {
        "id": id,
        "note": f"rush/{id}",
        "number": 1,
        "bill_id": f"bill {id}",
        "status": status,
        "payment": payment,
        "totals": {"total_paise": 480},
        "confirmed_at": "2026-11-21T10:00:00Z" if confirmed else None,
        "lines": [{"station": station, "course": course} for station, course in lines],
        "progress": [
            {"ticket_id": f"{id} {station} {course}", "station": station, "state": "served"}
            for station, course in set(lines)
            if confirmed
        ],
    }


def payment(bill: str, paise: int, *captured: int, refunds: tuple[tuple[int, str], ...] = ()) -> Json:
    return {
        "id": f"payment {bill}",
        "bill_id": bill,
        "amount_paise": paise,
        "captured_paise": paise if captured else 0,
        "refunded_paise": 0,
        "attempts": [{"status": "captured", "amount_paise": each} for each in captured],
        "refunds": [{"amount_paise": each, "status": status} for each, status in refunds],
    }


def bill(total: int, paid: int, refunded: int = 0) -> Json:
    return {"totals": {"total_paise": total}, "paid_paise": paid, "refunded_paise": refunded, "orders": [{}]}


@pytest.fixture
def good() -> tuple[Evidence, Books]:
    """Four orders: over two stations, in two courses, cancelled before and after the kitchen had it."""
    orders = [
        order("one", payment="prepaid", lines=(("tandoor", 1), ("curry", 1), ("curry", 1))),
        order("two", lines=(("curry", 1), ("curry", 2))),
        order("early", status="cancelled", confirmed=False, lines=(("drinks", 1),)),
        order("late", status="cancelled", lines=(("drinks", 1),)),
    ]
    evidence = Evidence(
        placed={each["note"]: each["id"] for each in orders},
        shares={
            "one tandoor 1": ("one", "tandoor", 1),
            "one curry 1": ("one", "curry", 1),
            "two curry 1": ("two", "curry", 1),
            "two curry 2": ("two", "curry", 2),
            "late drinks 1": ("late", "drinks", 1),
        },
        paid={"payment bill one": 500, "payment bill two": 700},
        boards={"curry": {"somebody else's": 3}, "tandoor": {}},
    )
    books = Books(
        orders=orders,
        bills={"bill one": bill(500, 500), "bill two": bill(700, 700), "bill late": bill(0, 0)},
        payments=[payment("bill one", 500, 500), payment("bill two", 700, 700)],
        boards={"curry": {"somebody else's": 3}, "tandoor": {}},
    )
    return evidence, books


def test_a_good_service_has_no_findings(good: tuple[Evidence, Books]) -> None:
    assert compare(*good) == Findings()


Fault = Callable[[Evidence, Books], object]
LOST: dict[str, Fault] = {
    "an acknowledged order is gone": lambda evidence, books: books.orders.pop(0),
    "a ticket never came": lambda evidence, books: evidence.shares.pop("one tandoor 1"),
    "a course never came": lambda evidence, books: evidence.shares.pop("two curry 2"),
    "the API names a ticket that no screen saw": lambda evidence, books: books.orders[0]["progress"].append(
        {"ticket_id": "unseen", "station": "curry", "state": "queued"}
    ),
    "a screen misses a ticket": lambda evidence, books: evidence.boards["curry"].clear(),
    "a screen shows an old version": lambda evidence, books: books.boards["curry"].update(
        {"somebody else's": 4}
    ),
    "an acknowledged payment is gone": lambda evidence, books: books.payments.pop(0),
    "an acknowledged payment was not captured": lambda evidence, books: books.payments.__setitem__(
        0, payment("bill one", 500)
    ),
    "what is paid beforehand was cooked for less": lambda evidence, books: books.orders[0]["totals"].update(
        total_paise=560
    ),
    "the bill has not heard of the money": lambda evidence, books: books.bills.update(
        {"bill one": bill(500, 0)}
    ),
}
DOUBLED: dict[str, Fault] = {
    "an order was placed twice": lambda evidence, books: books.orders.append(
        {**deepcopy(books.orders[0]), "id": "again"}
    ),
    "a refused order is there": lambda evidence, books: evidence.placed.pop("rush/early"),
    "a ticket came twice": lambda evidence, books: evidence.shares.update({"twin": ("one", "tandoor", 1)}),
    "a ticket came to another station": lambda evidence, books: evidence.shares.update(
        {"stray": ("one", "drinks", 1)}
    ),
    "an unconfirmed order was shown": lambda evidence, books: evidence.shares.update(
        {"stray": ("early", "drinks", 1)}
    ),
    "a screen shows what is gone": lambda evidence, books: evidence.boards["tandoor"].update({"ghost": 1}),
    "a payment was captured twice": lambda evidence, books: books.payments.__setitem__(
        0, payment("bill one", 500, 500, 500)
    ),
    "a bill was paid by two payments": lambda evidence, books: books.payments.append(
        {**payment("bill one", 500, 500), "id": "another"}
    ),
    "what is paid beforehand shares its bill": lambda evidence, books: books.bills["bill one"][
        "orders"
    ].append({}),
    "a cancelled order's money was kept": lambda evidence, books: books.payments.append(
        payment("bill late", 300, 300)
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_it_finds_what_was_lost(good: tuple[Evidence, Books], name: str) -> None:
    LOST[name](*good)
    assert compare(*good).lost


@pytest.mark.parametrize("name", DOUBLED)
def test_it_finds_what_was_doubled(good: tuple[Evidence, Books], name: str) -> None:
    DOUBLED[name](*good)
    assert compare(*good).doubled


def test_a_second_capture_that_is_being_refunded_is_fine(good: tuple[Evidence, Books]) -> None:
    _, books = good
    books.payments[0] = payment("bill one", 500, 500, 500, refunds=((500, "pending"),))
    assert compare(*good) == Findings()
    books.payments[0] = payment("bill one", 500, 500, 500, refunds=((500, "to_hand_out"),))
    assert compare(*good) == Findings()


def test_an_order_whose_answer_never_came_may_be_there_once(good: tuple[Evidence, Books]) -> None:
    evidence, books = good
    evidence.placed.pop("rush/early")
    evidence.given_up.add("rush/early")
    assert compare(evidence, books) == Findings()
    books.orders.append({**deepcopy(books.orders[2]), "id": "again"})
    assert compare(evidence, books).doubled


def test_a_cancelled_ticket_need_not_have_been_seen(good: tuple[Evidence, Books]) -> None:
    evidence, books = good
    evidence.shares.pop("late drinks 1")
    assert compare(evidence, books) == Findings()
