"""What keeps people out of a page: axe's findings in every theme of the screen, controls without a name, text that runs off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from playwright.async_api import Page, expect

AXE = Path(__file__).parents[3] / "kds_frontend/node_modules/axe-core/axe.min.js"
TWO_THEMES = ("/kitchen", "/expo", "/manage")
NAMED = (
    *("button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "switch", "menuitem"),
    *("dialog", "img"),
)
# Colours in the middle of a change are nobody's: what ends has ended, what flashes for ever is at rest.
SETTLE = """for (const each of document.getAnimations()) {
  if (each.effect.getComputedTiming().endTime === Infinity) each.cancel(); else each.finish();
}"""
RUN = """async (rule) => (await axe.run(document, {
  resultTypes: ['violations'], ...(rule ? { runOnly: [rule] } : {}),
})).violations"""


async def barriers(page: Page, *, two_themes: bool | None = None) -> list[str]:
    """The serious and critical faults, by theme, rule and place."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text())
    own = await page.evaluate("document.documentElement.dataset.theme")
    found = await _faults(page, own, None)
    if two_themes if two_themes is not None else urlsplit(page.url).path in TWO_THEMES:
        other = "light" if own == "dark" else "dark"
        found += await _faults(page, other, "color-contrast")
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", own)
    return found


async def _faults(page: Page, theme: str, rule: str | None) -> list[str]:
    await page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    await page.evaluate(SETTLE)
    return [
        f"{theme}: {fault['id']}: {node['target']} {node['html'][:200]} {node.get('failureSummary', '')}"
        for fault in await page.evaluate(RUN, rule)
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


async def in_order(page: Page, where: str) -> None:
    """A title, one first heading, no control without a name, nothing wider than the page, and no barrier."""
    assert re.search("Rasoi", await page.title()), where
    await expect(page.get_by_role("heading", level=1), where).to_have_count(1)
    for role in NAMED:
        await expect(
            page.get_by_role(cast(Any, role), name=re.compile(r"^\s*$")), f"{where}: {role} without a name"
        ).to_have_count(0)
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{where} is {wide} px wider than the screen"
    assert await page.evaluate("document.documentElement.lang") == "en", where
    found = await barriers(page)
    assert found == [], "\n".join([where, *found])
