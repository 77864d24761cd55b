"""The folding of events into figures, by rules alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.contracts.kitchen import TicketChanged, TicketState
from rasoi.contracts.orders import LineState, OrderPlaced
from rasoi.reports.domain import average, newest, preparation_of, sale_of

AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
DAY = date(2026, 11, 21)


def line(number: int = 1, **more: Any) -> LineState:
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "item_id": UUID(int=100 + number),
        "variant_id": UUID(int=200 + number),
        "name": f"Item {number}",
        "variant": None,
        "quantity": 2,
        "modifiers": [],
        "allergens": [],
        "note": None,
        "course": 1,
        "station": "tandoor",
        "unit_price_paise": 10_500,
        "taxable_paise": 20_000,
        "total_paise": 21_000,
    }
    return LineState(**values | more)


def order(cls: Any = OrderPlaced, number: int = 1, *lines: LineState, **more: Any) -> Any:
    values = {
        "order_id": UUID(int=1000 + number),
        "bill_id": UUID(int=2000 + number),
        "number": number,
        "type": "dine_in",
        "status": "confirmed",
        "business_day": DAY,
        "placed_at": AT,
        "payment": "pay_later",
        "total_paise": 0,
        "lines": list(lines) or [line()],
    }
    return cls(**values | more)


def changed(action: str, version: int, seconds: int | None = None, **more: Any) -> TicketChanged:
    ticket: dict[str, Any] = {
        "id": UUID(int=3001),
        "number": 1,
        "station": "tandoor",
        "order_id": UUID(int=1001),
        "order_number": 1,
        "type": "dine_in",
        "state": "cooking" if seconds is None else "ready",
        "placed_at": AT,
        "fired_at": AT + timedelta(seconds=1),
        "ready_at": None if seconds is None else AT + timedelta(seconds=1 + seconds),
        "version": version,
        "items": [],
    }
    return TicketChanged(sequence=version, hash=0, ticket=TicketState(**ticket | more), action=action)


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("placed", True),
        ("awaiting_payment", True),
        ("confirmed", True),
        ("cancelled", False),
        ("rejected", False),
        ("expired", False),
    ],
)
def test_what_counts_as_sold(status: str, counted: bool) -> None:
    assert sale_of(1, 1, order(status=status)).counted is counted


def test_a_sale_is_the_sum_of_its_lines_that_were_not_voided() -> None:
    sale = sale_of(1, 1, order(OrderPlaced, 1, line(1), line(2, quantity=1), line(3, status="voided")))
    assert (sale.quantity, sale.taxable_paise, sale.total_paise) == (3, 40_000, 42_000)
    assert [each.quantity for each in sale.lines] == [2, 1, 0]


def test_what_an_old_event_did_not_tell_is_unknown_and_not_nothing() -> None:
    sale = sale_of(1, 1, order(OrderPlaced, 1, line(1), line(2, taxable_paise=None)))
    assert (sale.taxable_paise, sale.total_paise) == (None, 42_000)


def test_only_some_changes_move_the_time_of_a_ticket() -> None:
    for action in (
        "start",
        "serve",
        "fire",
        "rush",
        "unrush",
        "paid",
        "unpaid",
        "other_stations",
        "acknowledge",
    ):
        assert preparation_of(1, changed(action, 1, 60)) is None
    bumped = preparation_of(1, changed("bump", 4, 60))
    assert bumped is not None
    assert bumped.ready_at == bumped.fired_at + timedelta(seconds=60)
    for action in ("recall", "void", "accept_cancel"):
        taken_out = preparation_of(1, changed(action, 5))
        assert taken_out is not None
        assert taken_out.ready_at is None
        assert newest([taken_out, bumped]) == newest([bumped, taken_out]) == [taken_out]


def test_a_ticket_that_was_never_fired_counts_from_being_placed() -> None:
    preparation = preparation_of(1, changed("bump", 1, 60, fired_at=None))
    assert preparation is not None
    assert preparation.fired_at == AT


STATUSES = st.lists(
    st.sampled_from(["placed", "confirmed", "expired", "cancelled", "rejected"]), min_size=1, max_size=5
)


@given(st.lists(STATUSES, min_size=1, max_size=6), st.data())
def test_any_order_of_redelivery_gives_the_same_sales(
    histories: list[list[str]], data: st.DataObject
) -> None:
    """Events repeated and shuffled, in batches of any size, each folded by itself and then into what is kept."""
    events = [
        sale_of(1, version, order(OrderPlaced, number, status=status))
        for number, history in enumerate(histories)
        for version, status in enumerate(history, 1)
    ]
    again = data.draw(st.lists(st.sampled_from(events), max_size=10))
    delivered = data.draw(st.permutations(events + again))
    size = data.draw(st.integers(1, len(delivered)))
    kept: list[Any] = []
    for start in range(0, len(delivered), size):
        kept = newest([*kept, *newest(delivered[start : start + size])])
    assert [sale.version for sale in kept] == [len(history) for history in histories]
    assert kept == newest(events)
    sold = [history[-1] in ("placed", "confirmed") for history in histories]
    assert [sale.counted for sale in kept] == sold


@pytest.mark.parametrize(
    ("total", "orders", "paise"),
    [(1, 2, 1), (3, 2, 2), (5, 2, 3), (1, 3, 0), (2, 3, 1), (100, 8, 13), (0, 0, 0)],
)
def test_an_average_of_halves(total: int, orders: int, paise: int) -> None:
    assert average(total, orders) == paise


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_the_average_is_to_the_nearest_paisa(total: int, orders: int) -> None:
    assert 2 * abs(average(total, orders) * orders - total) <= orders
    assert average(total, 0) == 0
