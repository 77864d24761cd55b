"""One answer of the reports has so many days, and so many dishes: those that sold for the most."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rasoi.contracts.orders import OrderPlaced
from rasoi.reports import service
from tests.reports.test_domain import DAY, line, order
from tests.reports.test_room import Desk, desk

__all__ = ["desk"]


@pytest.mark.parametrize("what", ["sales", "times"])
async def test_a_quarter_of_a_year_at_once(desk: Desk, what: str) -> None:
    def path(days: int) -> str:
        return f"{what}?from={DAY - timedelta(days=days - 1)}&to={DAY}"

    for days, status in ((1, 200), (92, 200), (93, 422), (0, 422), (4000, 422)):
        answer = await desk.ask(path(days))
        assert answer.status_code == status, (days, answer.text)
    assert len((await desk.read("sales", DAY - timedelta(days=91)))["days"]) == 92


async def test_the_dishes_that_sold_for_the_most(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sold = [line(n, taxable_paise=n * 100, total_paise=n * 105) for n in (3, 1, 4, 2)]
    await desk.handle(*((1, order(OrderPlaced, n, each)) for n, each in enumerate(sold, 1)))
    assert service.MOST_ITEMS == 500
    monkeypatch.setattr(service, "MOST_ITEMS", 3)
    assert [each["name"] for each in (await desk.read("sales"))["items"]] == ["Item 4", "Item 3", "Item 2"]
