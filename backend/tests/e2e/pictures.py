"""The README's pictures, of a demo restaurant in the middle of its service: `python -m tests.e2e.pictures`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Page, async_playwright, expect

from tests.e2e.browser import (
    COOK_PIN,
    PATIENCE_MS,
    PHONE,
    WAITER_PIN,
    WALL,
    House,
    Json,
    Screens,
    enter_pin,
    launch,
    put_in_cart,
    running,
    sign_in,
)
from tests.e2e.pass_orders import act_on, bump_all, status_is, tickets

INTO = Path(__file__).resolve().parents[3] / "kds_frontend" / "screenshots"
SIDEWAYS, DESK = (1280, 800), (1440, 900)
SETTLES_MS = 2500
# Item codes and portions; the second number is the course.
TABLES: list[tuple[str, list[tuple[str, int, int]]]] = [
    ("Table 1", [("lachha-paratha", 2, 1), ("kadai-paneer", 1, 1), ("dal-makhani", 1, 1)]),
    ("Table 3", [("chicken-65", 1, 1), ("egg-curry", 2, 2), ("cheese-naan", 4, 2)]),
    ("Table 4", [("rogan-josh", 2, 1), ("jeera-rice", 1, 1), ("boondi-raita", 2, 1)]),
    ("Table 6", [("palak-paneer", 1, 1), ("missi-roti", 3, 1)]),
    ("Table 7", [("chicken-biryani", 2, 1), ("cucumber-raita", 2, 1), ("rasmalai", 2, 1)]),
    ("Table 9", [("goan-fish-curry", 1, 1), ("laal-maas", 1, 1), ("steamed-rice", 2, 1)]),
    ("Table 11", [("paneer-butter-masala", 2, 1), ("lachha-paratha", 3, 1)]),
    ("Table 12", [("malai-kofta", 1, 1), ("dal-makhani", 1, 1), ("cheese-naan", 2, 1)]),
]


@dataclass
class Service:
    """The demo restaurant, and how to order in it with every choice that must be made."""

    house: House

    async def order(self, table: str | None, wanted: list[tuple[str, int, int]], **more: object) -> Json:
        lines = [self.line(*each) for each in wanted]
        asked: Json = {"type": "dine_in" if table else "takeaway", "lines": lines}
        quote = await self.house.post("/api/orders/quote", asked)
        placed = asked | more | {"expected_total_paise": quote["totals"]["total_paise"]}
        if table:
            placed["table_id"] = (await self.house.at(table))["id"]
        order: Json = await self.house.post("/api/orders", placed)
        if order["status"] == "awaiting_payment":
            due = quote["bill"]["payable_paise"]
            cash = {"order_id": order["id"], "amount_paise": due, "tendered_paise": due}
            await self.house.post("/api/payments/confirm-cash", cash)
        return order

    def line(self, code: str, quantity: int, course: int) -> Json:
        found = self.house.item(code)
        chosen = [
            each["id"]
            for group in found["modifier_groups"]
            for each in [m for m in group["modifiers"] if m["available"]][: group["min"]]
        ]
        variant = found["variants"][0]["id"]
        return {"variant_id": variant, "quantity": quantity, "modifiers": chosen, "course": course}

    async def pay(self, order: Json) -> None:
        due = (await self.house.get(f"/api/bills/{order['bill_id']}"))["due_paise"]
        paid = {"bill_id": order["bill_id"], "amount_paise": due, "tendered_paise": due}
        await self.house.post("/api/payments/confirm-cash", paid)


async def in_service(house: House) -> None:
    """Guests who have gone, and tables, takeaways and a call that wait."""
    service = Service(house)
    for table, wanted in TABLES[:5]:
        gone = await service.order(table, wanted)
        await bump_all(house, gone)
        await act_on(house, "hand_over", gone)
        await status_is(house, gone, "served")
        await service.pay(gone)
    await house.clear()
    some: Json = {"Table 3": {"held_courses": [2]}, "Table 4": {"allergies": ["nuts"]}}
    some["Table 7"] = {"note": "Birthday: a candle on the rasmalai"}
    orders = [await service.order(table, wanted, **some.get(table, {})) for table, wanted in TABLES]
    for wanted in ([("lachha-paratha", 2, 1)], [("kadai-paneer", 1, 1), ("missi-roti", 2, 1)]) * 4:
        orders.append(await service.order(None, wanted))
    parts = [await tickets(house, order) for order in orders]
    for whole in (0, 8, 10, 13):
        await house.act("bump", *(each["id"] for each in parts[whole].values()))
    for begun in (2, 4, 6):
        first, *rest = parts[begun].values()
        await house.act("bump" if rest else "start", first["id"])
        if rest:
            await house.act("start", *(each["id"] for each in rest))
    await act_on(house, "rush", orders[4], who="waiter", action_id=str(uuid4()))
    await house.post(f"/api/bills/{orders[5]['bill_id']}/attention", {"reason": "cash"})
    await service.pay(orders[6])


Show = Callable[[Page], Awaitable[object]]


async def at_pin(page: Page, pin: str) -> None:
    await enter_pin(page, pin)
    await page.wait_for_timeout(SETTLES_MS)


async def cart(page: Page) -> None:
    await put_in_cart(page, "boondi-raita", 2)
    await page.evaluate("window.scrollTo(0, 0)")
    await page.wait_for_timeout(SETTLES_MS)


async def reports(page: Page) -> None:
    await sign_in(page)
    await page.get_by_role("link", name="Reports").click()
    await page.wait_for_timeout(SETTLES_MS)


async def take(house: House, screens: Screens, into: Path) -> None:
    shown: list[tuple[str, str, tuple[int, int], Show]] = [
        ("guest", house.links["Table 2"], PHONE, cart),
        ("kitchen", f"{house.url}/kitchen?station=curry", WALL, lambda page: at_pin(page, COOK_PIN)),
        ("expo", f"{house.url}/expo", WALL, lambda page: at_pin(page, COOK_PIN)),
        ("pickup", f"{house.url}/pickup", WALL, lambda page: at_pin(page, COOK_PIN)),
        ("waiter", f"{house.url}/waiter", SIDEWAYS, lambda page: at_pin(page, WAITER_PIN)),
        ("manage", f"{house.url}/manage", DESK, reports),
    ]
    for name, url, size, show in shown:
        page = await screens.open(url, size)
        await show(page)
        await page.screenshot(path=into / f"{name}.png")
    assert screens.troubles == []


async def run(into: Path) -> None:
    with running() as platform:
        house = await House(platform, platform.url).open()
        async with async_playwright() as playwright:
            expect.set_options(timeout=PATIENCE_MS)
            browser = await launch(playwright)
            await in_service(house)
            await take(house, Screens(browser), into)
            await browser.close()
        await house.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=INTO, help="the directory to write to")
    asyncio.run(run(parser.parse_args().into))


if __name__ == "__main__":
    main()
