"""The payment window in real Chromium, from a page of another origin with a strict policy."""

from __future__ import annotations

import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Page, async_playwright

from tests.e2e.browser import NAMES
from tests.razorpay_simulator.process import Simulator

pytestmark = pytest.mark.slow
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
PAGE = b"<!doctype html><html lang=en><title>Guest</title><h1>Bill</h1></html>"
OPEN = """(o) => new Promise((ready, failed) => {
  const script = document.createElement('script');
  script.src = o.script;
  script.onerror = failed;
  script.onload = () => {
    window.heard = [];
    const checkout = new Razorpay({
      key: 'rzp_test', order_id: o.order_id, amount: 124500, currency: 'INR', name: 'Rasoi', description: 'Table 4',
      theme: { color: '#0b5f5c' }, timeout: o.timeout, retry: { enabled: o.retry },
      modal: { ondismiss: () => heard.push('dismissed'), escape: true, confirm_close: o.confirm },
      handler: (reply) => heard.push(reply),
    });
    checkout.on('payment.failed', ({ error }) => heard.push(error.description));
    checkout.open();
    ready();
  };
  document.head.append(script);
})"""


@pytest.fixture
def shop(simulator: Simulator) -> Iterator[str]:
    """A page whose policy allows scripts and frames of the simulator, and nothing inline."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = f"script-src 'self' {simulator.url}; frame-src {simulator.url}; style-src 'self'"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", f"default-src 'self'; {allowed}")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
async def page(shop: str) -> AsyncIterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 360, "height": 740})
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(shop)
        yield page
        assert [fault for fault in faults if "favicon" not in fault] == []
        await browser.close()


async def opened(page: Page, simulator: Simulator, **more: Any) -> FrameLocator:
    body = {"amount": 124500, "currency": "INR"}
    order = simulator.call("POST", "/v1/orders", body)[1]
    options = {
        "script": f"{simulator.url}/checkout.js",
        "order_id": order["id"],
        "timeout": 0,
        "retry": True,
        "confirm": True,
    }
    await page.evaluate(OPEN, options | more)
    frame = page.frame_locator("iframe")
    await frame.get_by_role("button", name="Pay ₹1,245.00").wait_for()
    assert await frame.get_by_text("no real money").is_visible()
    return frame


async def heard(page: Page, count: int) -> list[Any]:
    for _ in range(80):
        if len(found := await page.evaluate("window.heard")) >= count:
            return found  # type: ignore[no-any-return]
        await page.wait_for_timeout(50)
    raise AssertionError(f"heard only {found}")


@pytest.mark.parametrize("method", ["UPI", "Card", "Netbanking", "Wallet"])
async def test_paying_hands_over_the_signed_reply(page: Page, simulator: Simulator, method: str) -> None:
    frame = await opened(page, simulator)
    await frame.get_by_text(method, exact=True).click()
    await frame.get_by_role("button", name="Pay ₹").click()
    (reply,) = await heard(page, 1)
    (payment,) = simulator.books()["payments"]
    assert (payment["id"], payment["method"], payment["status"]) == (
        reply["razorpay_payment_id"],
        method.lower(),
        "captured",
    )
    assert len(reply["razorpay_signature"]) == 64
    assert await page.locator("iframe").count() == 0


async def test_a_failure_may_be_tried_again_and_the_window_be_closed(
    page: Page, simulator: Simulator
) -> None:
    frame = await opened(page, simulator)
    await frame.get_by_role("button", name="Let it fail").click()
    await frame.get_by_role("alert").wait_for()
    assert "could not be completed" in (await heard(page, 1))[0]
    await frame.get_by_label("Close the payment window").click()
    await frame.get_by_role("button", name="Keep paying").click()
    await page.keyboard.press("Escape")
    await frame.get_by_role("button", name="Leave", exact=True).click()
    assert (await heard(page, 2))[1] == "dismissed"
    assert await page.locator("iframe").count() == 0


async def test_without_retry_a_failure_closes_the_window(page: Page, simulator: Simulator) -> None:
    frame = await opened(page, simulator, retry=False)
    await frame.get_by_role("button", name="Let it fail").click()
    assert (await heard(page, 2))[1] == "dismissed"


async def test_the_window_closes_when_its_time_is_over(page: Page, simulator: Simulator) -> None:
    await opened(page, simulator, timeout=1, confirm=False)
    assert await heard(page, 1) == ["dismissed"]
