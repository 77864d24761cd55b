"""Pages under a browser's translator, which puts a <font> in the place of each text: what changes must go on changing."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    dish,
    enter_pin,
    put_in_cart,
    send_cart,
    sign_in,
    ticket,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

# As Chrome's does, and harsher: also where translate="no" stands. It goes on with whatever is new.
TRANSLATOR = """() => {
  const left = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEXTAREA', 'OPTION', 'FONT']);
  const translate = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts.filter(({ data, parentElement }) => data.trim() && !left.has(parentElement.tagName))) {
      const [outer, inner] = [document.createElement('font'), document.createElement('font')];
      inner.textContent = text.data;
      outer.append(inner);
      text.replaceWith(outer);
    }
  };
  let timer;
  const soon = () => { clearTimeout(timer); timer = setTimeout(translate, 50); };
  new MutationObserver(soon).observe(document.body, { subtree: true, childList: true, characterData: true });
  translate();
}"""


async def translated(page: Page) -> Page:
    await page.evaluate(TRANSLATOR)
    await expect(page.locator("font font").first).to_be_attached()
    await page.wait_for_timeout(500)
    return page


async def test_a_guests_order_and_what_is_due(house: House, screens: Screens) -> None:
    table = house.table()
    phone = await screens.open(house.links[table])
    await put_in_cart(phone, "lachha-paratha")
    order = await send_cart(phone)
    await translated(phone)
    due = phone.get_by_test_id("bill-total")
    before = (await due.inner_text()).strip()

    more = await house.order(table, missi_roti=2)
    await expect(phone.get_by_role("article", name=f"Order {more['number']}", exact=True)).to_be_visible()
    bill = await house.get(f"/api/bills/{order['bill_id']}")
    rupees = f"{bill['totals']['total_paise'] / 100:,.2f}"
    assert rupees not in before
    await expect(due).to_contain_text(rupees)
    await expect(phone.get_by_text(f"₹{bill['due_paise'] / 100:,.0f}").first).to_be_visible()

    headline = phone.get_by_role("article", name=f"Order {order['number']}", exact=True).get_by_test_id(
        "tracker-headline"
    )
    waiting = (await headline.inner_text()).strip()
    own = await house.ticket_of(order)
    await house.act("bump", own["id"])
    await expect(headline).not_to_have_text(waiting)
    assert waiting not in await headline.inner_text()
    assert await dish(phone, "lachha-paratha").count() == 0


async def test_the_kitchens_tickets_and_counts(house: House, screens: Screens) -> None:
    first = await house.order("Table 6", lachha_paratha=1)
    wall = await screens.open(f"{house.url}/kitchen?station=tandoor", WALL)
    await enter_pin(wall, COOK_PIN)
    await expect(ticket(wall, first["number"])).to_be_visible()
    await translated(wall)
    count = wall.get_by_text(re.compile(r"^\d+ open$"))
    before = int((await count.inner_text()).split()[0])
    second = await house.order("Table 6", cheese_naan=2)
    await expect(ticket(wall, second["number"])).to_contain_text("Cheese Naan")
    await expect(count).to_have_text(f"{before + 1} open")
    await house.act("bump", (await house.ticket_of(first))["id"])
    await expect(ticket(wall, first["number"])).to_have_count(0)
    await expect(count).to_have_text(f"{before} open")
    new = ticket(wall, second["number"]).get_by_text("New", exact=True)
    await expect(new).to_be_visible()
    await house.act("start", (await house.ticket_of(second))["id"])
    await expect(new).to_have_count(0)


async def test_the_floor_of_the_waiter(house: House, screens: Screens) -> None:
    tablet = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(tablet, WAITER_PIN)
    name = house.table()
    table = tablet.locator(f"[data-testid=table][data-table='{name}']")
    await expect(table).to_be_visible()
    await translated(tablet)
    before = await table.inner_text()
    order = await house.order(name, lachha_paratha=1)
    due = (await house.get(f"/api/bills/{order['bill_id']}"))["due_paise"] / 100
    assert f"₹{due:,.0f}" not in before
    await expect(table).to_contain_text(f"₹{due:,.0f}")
    own = await house.ticket_of(order)
    await house.act("bump", own["id"])
    ready = tablet.locator(f"[data-testid=ready-order][data-order='{order['id']}']")
    await expect(ready).to_contain_text("Lachha Paratha")
    await house.act("serve", own["id"], who="waiter")
    await expect(ready).to_have_count(0)


async def test_the_managers_orders(house: House, screens: Screens) -> None:
    desk = await screens.open(f"{house.url}/manage", DESK)
    await sign_in(desk)
    table = house.table()
    order = await house.order(table, lachha_paratha=1)
    row = desk.get_by_role("row", name=f"Order {order['number']}", exact=True)
    await expect(row).to_contain_text(table)
    await translated(desk)
    own = await house.ticket_of(order)
    await house.act("bump", own["id"])
    await expect(row).to_contain_text("Ready")
    await desk.get_by_label("Status").select_option("confirmed")
    await expect(row).to_have_count(0)
    count = desk.get_by_text(re.compile(r"\d+ orders?, "))
    before = int((await count.inner_text()).split()[0])
    await house.order(table, missi_roti=1)
    await expect(count).to_contain_text(re.compile(rf"^{before + 1} order"))
