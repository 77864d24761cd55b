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
        "tests/orders/test_functions.py::test_other": {"calls": [], "seconds": 0.1},
    }
    chosen, _ = Selection(by_test).of(FAULT, ORDERS, {})
    assert ("tests/orders/test_a.py::test_it" in chosen) is asked


def test_those_that_failed_on_others_of_the_file_are_asked_first_then_the_quickest() -> None:
    by_test = {
        f"tests/orders/test_a.py::test_{name}": {"calls": ["sql:orders.payment_status"], "seconds": seconds}
        for name, seconds in (("slow", 3.0), ("quick", 0.1), ("once", 2.0), ("often", 2.5))
    }
    kills = {"tests/orders/test_a.py::test_once": 1, "tests/orders/test_a.py::test_often": 4}
    chosen, seconds = Selection(by_test).of(FAULT, ORDERS, kills)
    assert [test.split("test_")[-1] for test in chosen] == ["often", "once", "quick", "slow"]
    assert seconds == pytest.approx(7.6)


def test_those_that_were_seen_to_call_the_function_come_before_those_that_may() -> None:
    by_test = {
        "tests/orders/test_a.py::test_quick": {"calls": ["sql:orders.place_all"], "seconds": 0.1},
        "tests/orders/test_a.py::test_caller": {"calls": ["sql:orders.payment_status"], "seconds": 2.0},
    }
    chosen, _ = Selection(by_test).of(FAULT, ORDERS, {})
    assert [test.split("test_")[-1] for test in chosen] == ["caller", "quick"]


def test_what_runs_at_import_is_asked_of_its_own_file_of_tests_and_of_those_who_import_it_first() -> None:
    money = next(area for area in AREAS if area.name == "money")
    table = Mutant("rasoi/payments/domain.py", "", 15, "a", "b", 0, 1, "b")
    reading = "tests/payments/test_ledger.py::test_the_tables_are_these"
    own = "tests/payments/test_domain.py::test_what_they_do"
    by_test = {
        "tests/payments/test_storm.py::test_quick": {
            "calls": ["rasoi/payments/domain.py:difference"],
            "seconds": 0.01,
        },
        reading: {"calls": [], "seconds": 0.5},
        own: {"calls": [], "seconds": 0.7},
        "tests/payments/test_after_a_refund.py::test_elsewhere": {"calls": [], "seconds": 0.1},
    }
    chosen, _ = Selection(by_test).of(table, money, {})
    assert chosen == [own, reading, "tests/payments/test_storm.py::test_quick"]


def test_a_function_that_only_raises_is_asked_of_the_rooms_tests_of_functions() -> None:
    refusing = Mutant("prisma/functions/orders/refuse_change.sql", "", 3, "a", "b", 0, 1, "b")
    by_test = {
        "tests/orders/test_a.py::test_quick": {"calls": ["sql:orders.place_all"], "seconds": 0.01},
        "tests/orders/test_functions.py::test_refused": {"calls": [], "seconds": 0.5},
    }
    assert Selection(by_test).of(refusing, ORDERS, {}) == (
        ["tests/orders/test_functions.py::test_refused"],
        0.5,
    )
