"""A manager makes a passkey at the desk, and signs in with nothing else."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import DESK, House, Screens
from tests.e2e.test_second_factor import give, hired

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def with_passkeys(page: Page) -> None:
    """A device that makes passkeys, built into the page's browser."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


async def test_made_used_and_removed(house: House, screens: Screens) -> None:
    who = await hired(house)
    desk = await screens.open(f"http://localhost:{house.platform.port}/manage", DESK, prepare=with_passkeys)
    screens.watch(desk).expect("401: POST /api/staff/login/passkey", "403: POST .*/passkeys/challenge")
    await give(desk, who)
    await desk.get_by_title("My sign-in").click()
    await desk.get_by_role("button", name="Add a passkey…").click()
    await desk.get_by_label("Name").fill("The desk")
    await desk.get_by_label("Your password, for the passkey").fill("not it")
    await desk.get_by_role("button", name="Make it").click()
    await expect(desk.get_by_role("alert")).to_have_text("That password is wrong.")
    await desk.get_by_label("Your password, for the passkey").fill(who["password"])
    await desk.get_by_role("button", name="Make it").click()
    await expect(desk.get_by_role("listitem").filter(has_text="The desk")).to_contain_text("not yet")

    await desk.get_by_role("button", name="Sign out").click()
    await desk.get_by_role("button", name="Use a passkey").click()
    await expect(desk.get_by_role("heading", name="My sign-in")).to_be_visible()
    kept = desk.get_by_role("listitem").filter(has_text="The desk")
    await expect(kept).not_to_contain_text("not yet")

    await desk.get_by_role("button", name="Add a passkey…").click()
    await desk.get_by_label("Name").fill("Again")
    await desk.get_by_label("Your password, for the passkey").fill(who["password"])
    await desk.get_by_role("button", name="Make it").click()
    await expect(desk.get_by_role("alert")).to_have_text("This device has a passkey of yours already.")
    await desk.get_by_role("button", name="Cancel").click()

    await desk.get_by_role("button", name="Remove The desk").click()
    await desk.get_by_role("button", name="Remove it").click()
    await expect(kept).to_have_count(0)
    await desk.get_by_role("button", name="Sign out").click()
    await desk.get_by_role("button", name="Use a passkey").click()
    await expect(desk.get_by_role("alert")).to_have_text("This passkey does not sign in here.")
