"""A manager sets up an authenticator app at the desk, signs in with it, and lets go of it again."""

from __future__ import annotations

import time
from base64 import b32decode
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from rasoi.staff import totp
from tests.e2e.browser import DESK, TABLET, House, Json, Screens

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
OWNER = {"username": "owner", "password": "rasoi-owner-demo"}


async def hired(house: House) -> Json:
    """A manager of this test's own: what they set up stands in nobody else's way."""
    owner = (await house.post("/api/staff/login", OWNER, who=None))["access_token"]
    new = {"username": f"meera-{uuid4().hex[:8]}", "password": "meera's password"}
    headers = {"Authorization": f"Bearer {owner}"}
    body = new | {"name": "Meera Joshi", "role": "manager"}
    (await house.http.post("/api/staff/people", json=body, headers=headers)).raise_for_status()
    return new


async def give(desk: Page, who: Json, password: str | None = None) -> None:
    await desk.get_by_label("User name").fill(who["username"])
    await desk.get_by_label("Password").fill(password or who["password"])
    await desk.get_by_role("button", name="Sign in").click()


async def test_set_up_used_and_removed(house: House, screens: Screens) -> None:
    who = await hired(house)
    desk = await screens.open(f"{house.url}/manage", DESK)
    screens.watch(desk).expect("403: POST .*/authenticator", "401: POST /api/staff/login")
    await give(desk, who)
    await desk.get_by_title("My sign-in").click()
    await desk.get_by_role("button", name="Set it up…").click()
    await desk.get_by_label("Your password").fill("not it")
    await desk.get_by_role("button", name="Continue").click()
    await expect(desk.get_by_role("alert")).to_have_text("That password is wrong.")
    await desk.get_by_label("Your password").fill(who["password"])
    await desk.get_by_role("button", name="Continue").click()
    await expect(desk.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    secret = b32decode((await desk.locator("code").inner_text()).replace(" ", ""))

    def code(step: int) -> str:
        return totp.code_at(secret, int(time.time()) // totp.STEP_S + step)

    await desk.get_by_label("Code that the app shows").fill(code(-9))
    await desk.get_by_role("button", name="Use this app").click()
    await expect(desk.get_by_role("alert")).to_contain_text("not the code that the app shows now")
    await desk.get_by_label("Code that the app shows").fill(code(0))
    await desk.get_by_role("button", name="Use this app").click()
    shown = desk.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    await expect(shown).to_have_count(10)
    recovery = await shown.first.inner_text()
    async with desk.expect_download() as saving:
        await desk.get_by_role("button", name="Save as a file").click()
    assert (await (await saving.value).path()).read_text().split()[0] == recovery
    await desk.get_by_role("button", name="I have kept them").click()
    await expect(desk.get_by_text("10 recovery codes are left")).to_be_visible()
    assert recovery not in await desk.content(), "shown once"

    await desk.get_by_role("button", name="Sign out").click()
    await give(desk, who)
    asked = desk.get_by_label("Code", exact=True)
    await expect(asked).to_be_focused()
    await asked.fill("000000")
    await desk.get_by_role("button", name="Sign in").click()
    await expect(desk.get_by_role("alert")).to_have_text("That code is wrong, or was used.")
    await asked.fill(recovery.lower())
    await asked.press("Enter")
    await expect(desk.get_by_text("9 recovery codes are left")).to_be_visible()

    await desk.get_by_role("button", name="Sign out").click()
    await give(desk, who)
    await asked.fill(code(1))
    await asked.press("Enter")
    await desk.get_by_role("button", name="Remove the app…").click()
    await desk.get_by_label("Your password").fill(who["password"])
    await desk.get_by_role("button", name="Remove it").click()
    await expect(desk.get_by_text("Not in use")).to_be_visible()
    await desk.get_by_role("button", name="Sign out").click()
    await give(desk, who)
    await expect(desk.get_by_text("Not in use")).to_be_visible()


async def test_who_is_refused_may_give_a_code_too(house: House, screens: Screens) -> None:
    """At a place that the platform does not know it does not say what was wrong."""
    desk = await screens.open(f"{house.url}/manage", DESK)
    screens.watch(desk).expect("401: POST /api/staff/login")
    await give(desk, {"username": f"nobody-{uuid4().hex[:8]}", "password": "wrong"})
    await expect(desk.get_by_role("alert")).to_contain_text("wrong or missing")
    await expect(desk.get_by_label("Code, if you use an authenticator app")).to_be_visible()


async def test_the_doors_of_kitchen_and_waiter_know_the_code(house: House, screens: Screens) -> None:
    """A manager with an app signs in by password on a station's screen, as at the desk."""
    who = await hired(house)
    login = await house.post("/api/staff/login", who, who=None)
    headers = {"Authorization": f"Bearer {login['access_token']}"}
    begun = await house.http.post(
        "/api/staff/me/authenticator", json={"password": who["password"]}, headers=headers
    )
    begun.raise_for_status()
    secret = b32decode(begun.json()["secret"])

    def code(step: int) -> str:
        return totp.code_at(secret, int(time.time()) // totp.STEP_S + step)

    first = {"code": code(-1)}
    kept = await house.http.post("/api/staff/me/authenticator/confirm", json=first, headers=headers)
    recovery = kept.raise_for_status().json()["recovery_codes"]
    for place, shown, given in (
        ("kitchen", "Tandoor", code(0)),
        ("waiter", "Free", recovery[0]),
        ("expo", "Pass", recovery[1].lower()),
        ("pickup", "Being made", code(1)),
    ):
        screen = await screens.open(f"{house.url}/{place}", TABLET)
        screens.watch(screen).expect("401: POST /api/staff/login")
        await screen.get_by_role("button", name="Sign in with a password").click()
        await give(screen, who)
        asked = screen.get_by_label("Code", exact=True)
        await expect(asked).to_be_focused()
        await asked.fill("000000")
        await asked.press("Enter")
        await expect(screen.get_by_role("alert")).to_have_text("That code is wrong, or was used.")
        await asked.fill(given)
        await asked.press("Enter")
        await expect(screen.get_by_text(shown).first).to_be_visible()
