"""Frame times of the kitchen board: `python -m tests.e2e.frames`.

Three pages, one after the other and then again: an empty one, the board with 200 tickets, and the same with ten of them
flashing. A machine that draws in software is slow without any board too, so the empty page's figures stand beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.e2e.board_page import BoardPage, Json, build, item, open_board, ticket
from tests.e2e.browser import WALL, launch

TICKETS, FLASHING = 200, 10
SECONDS = 6.0
# The times between frames while the page asks for every one of them.
FRAMES = """seconds => new Promise((resolve) => {
  const took = [], until = performance.now() + seconds * 1000;
  let last = 0;
  requestAnimationFrame(function next(now) {
    if (last) took.push(now - last);
    last = now;
    if (now < until) requestAnimationFrame(next);
    else resolve(took);
  });
})"""


@dataclass(frozen=True)
class Measured:
    """Of one page: frame times in ms, and what the main thread did in a second without anybody who asks for frames."""

    p50: float
    p95: float
    main_ms: float
    layout_ms: float
    style_ms: float
    layouts: float

    def __str__(self) -> str:
        return (
            f"frames p50 {self.p50:5.1f} ms, p95 {self.p95:5.1f} ms; main thread {self.main_ms:6.1f} ms/s, of it layout"
            f" {self.layout_ms:5.2f} and style {self.style_ms:5.2f} ({self.layouts:.1f} layouts/s)"
        )


async def measure(page: Page, seconds: float = SECONDS) -> Measured:
    """Frames and main thread, each for so many seconds."""
    took = sorted(await page.evaluate(FRAMES, seconds))
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    async def counters() -> dict[str, float]:
        found = await devtools.send("Performance.getMetrics")
        return {each["name"]: each["value"] for each in found["metrics"]}

    before = await counters()
    await asyncio.sleep(seconds)
    after = await counters()
    await devtools.detach()
    lasted = after["Timestamp"] - before["Timestamp"]

    def per_second(name: str) -> float:
        return (after[name] - before[name]) / lasted

    return Measured(
        p50=statistics.median(took),
        p95=took[int(len(took) * 0.95)],
        main_ms=1000 * per_second("TaskDuration"),
        layout_ms=1000 * per_second("LayoutDuration"),
        style_ms=1000 * per_second("RecalcStyleDuration"),
        layouts=per_second("LayoutCount"),
    )


def some(number: int, **more: Any) -> Json:
    dishes = (item("Lachha Paratha"), item("Cheese Naan", modifiers=["Extra butter"]), item("Missi Roti"))
    return ticket(number, *dishes, **more)


async def rush(board: BoardPage, flashing: int) -> None:
    """So many new tickets among 200, on the page that is shown."""
    now = await board.page.evaluate("new Date(Date.now() - 60_000).toISOString()")
    tickets = [some(n, rush=n <= flashing, seen=n > flashing, placed_at=now) for n in range(1, TICKETS + 1)]
    await board.show(*tickets)
    shown = await board.page.evaluate(
        "new Set([...document.querySelectorAll('.alert')].map((card) => card.dataset.ticket)).size"
    )
    assert shown == flashing, f"{shown} tickets flash"


async def compare(rounds: int, seconds: float) -> dict[str, list[Measured]]:
    """Each page's figures, round by round."""
    measured: dict[str, list[Measured]] = {}
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        with tempfile.TemporaryDirectory() as directory:
            board = await open_board(browser, build(Path(directory)), WALL)
            empty = await (
                await browser.new_context(viewport={"width": WALL[0], "height": WALL[1]})
            ).new_page()
            for _ in range(rounds):
                for name in ("an empty page", "200 tickets", "200 tickets, 10 flashing"):
                    page = board.page
                    if name == "an empty page":
                        page = empty
                    else:
                        await rush(board, FLASHING if "flashing" in name else 0)
                    await page.bring_to_front()
                    measured.setdefault(name, []).append(await measure(page, seconds))
                    print(f"{name:26} {measured[name][-1]}", flush=True)
        await browser.close()
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    asked = parser.parse_args()
    measured = asyncio.run(compare(asked.rounds, asked.seconds))
    print("\nmedians of the rounds")
    for name, rounds in measured.items():
        middle = {
            field: statistics.median(getattr(each, field) for each in rounds) for field in vars(rounds[0])
        }
        print(f"{name:26} {Measured(**middle)}")


if __name__ == "__main__":
    main()
