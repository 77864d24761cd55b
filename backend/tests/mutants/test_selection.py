"""Which tests are asked about a planted fault."""

from __future__ import annotations

import pytest

from mutants.areas import AREAS
from mutants.mutant import Mutant
from mutants.selection import Selection

ORDERS = next(area for area in AREAS if area.name == "orders")
FAULT = Mutant("prisma/functions/orders/payment_status.sql", "", 1, "a", "b", 0, 1, "b")


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ("sql:orders.payment_status", True),
        ("sql:orders.place_all", True),  # its text holds a call, which PostgreSQL may run without counting it
        ("rasoi/orders/repository.py:place_all", True),
        ("sql:orders.session_may_see", False),
        ("rasoi/orders/pricing.py:price", False),
    ],
)
def test_a_test_is_asked_when_it_calls_the_function_or_one_of_its_callers(call: str, asked: bool) -> None:
    by_test = {
        "tests/orders/test_a.py::test_it": {"calls": [call], "seconds": 0.1},
        "tests/orders/test_payment_status.py::test_other": {"calls": [], "seconds": 0.1},
    }
    chosen, _ = Selection(by_test).of(FAULT, ORDERS)
    assert ("tests/orders/test_a.py::test_it" in chosen) is asked
