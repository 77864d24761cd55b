"""A screen is paired once; people sign in on it by name and PIN; who is shut out sees nothing more."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.barriers import in_order
from tests.e2e.browser import (
    COOK_PIN,
    DESK,
    PLAIN_HOST,
    TABLET,
    WAITER_PIN,
    WALL,
    House,
    Screens,
    enter_pin,
    sign_in,
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

OWNER = {"username": "owner", "password": "rasoi-owner-demo"}
WAITER, COOK = "Ravi Kumar", "Imran Qureshi"
SHUT_OUT = "401: (GET /api/staff/login/people|POST /api/staff/(login/pin|refresh))$"
UNTOUCHED = "AudioContext was not allowed to start"  # after a reload, until somebody touches the page


def elsewhere(house: House, page: str) -> str:
    """As another machine asks for it: the demo lets nobody in by itself there."""
    return f"http://{PLAIN_HOST}:{house.platform.port}{page}"


def code_on(page: Page) -> Locator:
    return page.get_by_test_id("pairing-code")


async def devices_page(house: House, screens: Screens) -> Page:
    desk = await screens.open(f"{house.url}/manage#devices", DESK)
    await sign_in(desk)
    await expect(desk.get_by_role("heading", level=1, name="Devices")).to_be_visible()
    return desk


async def let_in(desk: Page, screen: Page, name: str) -> None:
    """The manager reads the code on the screen and types it."""
    await expect(code_on(screen)).to_be_visible()
    await desk.get_by_label("Code on the device").fill((await code_on(screen).inner_text()).lower())
    await desk.get_by_label("Name", exact=True).fill(name)
    await desk.get_by_role("button", name="Let it in").click()
    await expect(code_on(screen)).to_have_count(0)


async def shut_out(desk: Page, name: str) -> None:
    await desk.get_by_role("button", name=f"Shut out {name}").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Shut it out").click()
    await expect(desk.get_by_role("row", name=name)).to_have_count(0)


async def choose(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).click()
    await expect(page.get_by_role("group", name=f"PIN of {name}")).to_be_visible()


@pytest.mark.parametrize("size", [(360, 740), TABLET, WALL], ids=["phone", "tablet", "1080p"])
async def test_a_screen_is_let_in_once_by_the_code_that_it_shows(
    house: House, screens: Screens, size: tuple[int, int]
) -> None:
    name = f"Screen of {size[0]}"
    screen = await screens.open(elsewhere(house, "/kitchen"), size)
    await expect(screen.get_by_role("heading", name="This device is new here")).to_be_visible()
    await expect(screen.get_by_text(COOK)).to_have_count(0)
    await in_order(screen, "code")
    desk = await devices_page(house, screens)
    await let_in(desk, screen, name)

    await expect(screen.get_by_role("group", name="Who is here?")).to_be_visible()
    row = desk.get_by_role("row", name=name)
    await expect(row).to_contain_text("Paired")
    build = (await house.get("/api/build"))["build"]
    await desk.reload()
    await expect(row).to_contain_text(build)
    await in_order(desk, "devices")
    await in_order(screen, "who is here")
    await choose(screen, COOK)
    await in_order(screen, "PIN")
    await screen.keyboard.type(COOK_PIN)
    await expect(screen.get_by_role("button", name=re.compile("Tandoor"))).to_be_visible()

    screens.watch(screen).expect(UNTOUCHED)
    await screen.reload()
    await expect(screen.get_by_role("button", name=re.compile("Tandoor"))).to_be_visible()
    await screen.get_by_role("button", name="Sign out").click()
    await expect(screen.get_by_role("group", name="Who is here?")).to_be_visible()
    await screen.reload()
    await expect(screen.get_by_role("group", name="Who is here?")).to_be_visible()
    await expect(code_on(screen)).to_have_count(0)


async def test_a_wrong_code_is_told_and_lets_nobody_in(house: House, screens: Screens) -> None:
    screen = await screens.open(elsewhere(house, "/waiter"), TABLET)
    desk = await devices_page(house, screens)
    screens.watch(desk).expect("4(04|09|22): POST /api/staff/devices$")
    await expect(code_on(screen)).to_be_visible()
    await desk.get_by_label("Code on the device").fill("BCD FGH JKL")
    await desk.get_by_label("Name", exact=True).fill("Nobody’s")
    await desk.get_by_role("button", name="Let it in").click()
    await expect(desk.get_by_role("alert")).to_be_visible()
    await expect(desk.get_by_label("Code on the device")).to_have_value("BCD FGH JKL")
    await expect(desk.get_by_role("row", name="Nobody’s")).to_have_count(0)
    await expect(code_on(screen)).to_be_visible()


async def test_wrong_pins_stop_one_person_on_one_device(house: House, screens: Screens) -> None:
    tablet = await screens.open(f"{house.url}/waiter", TABLET)
    screens.watch(tablet).expect("4(01|29): POST /api/staff/login/pin$")
    await expect(tablet.get_by_role("group", name="Who is serving?")).to_be_visible()
    await choose(tablet, WAITER)
    alert = tablet.get_by_role("alert")
    for _ in range(5):
        async with tablet.expect_response("**/api/staff/login/pin"):
            await tablet.keyboard.type("0000")
        await expect(alert).to_contain_text("wrong")
        await expect(tablet.get_by_role("img", name="0 digits entered")).to_be_visible()
    async with tablet.expect_response("**/api/staff/login/pin"):
        await tablet.keyboard.type(WAITER_PIN)
    await expect(alert).not_to_contain_text("wrong")
    await expect(alert).not_to_be_empty()
    await in_order(tablet, "locked out")

    other = await screens.open(f"{house.url}/waiter", TABLET)
    await enter_pin(other, WAITER_PIN)
    await expect(other.get_by_test_id("table").first).to_be_visible()
    await tablet.get_by_role("button", name="Somebody else").click()
    await choose(tablet, "Sunita Devi")
    await (
        tablet.get_by_role("group", name="PIN of Sunita Devi")
        .get_by_role("button", name="1", exact=True)
        .click()
    )
    await tablet.keyboard.type("102")
    await expect(tablet.get_by_test_id("table").first).to_be_visible()


async def test_a_device_that_is_shut_out_goes_dark(house: House, screens: Screens) -> None:
    """Both of its tabs: the board that was open, and the names that waited to be touched."""
    board = await screens.open(elsewhere(house, "/kitchen?station=tandoor"), WALL)
    desk = await devices_page(house, screens)
    await let_in(desk, board, "Lost tablet")
    await enter_pin(board, COOK_PIN)
    await expect(board.get_by_role("main", name="Tickets")).to_be_visible()
    names = await board.context.new_page()
    await names.goto(elsewhere(house, "/waiter"))
    await expect(names.get_by_role("button", name=WAITER)).to_be_visible()
    screens.watch(board).expect(SHUT_OUT, UNTOUCHED)

    await desk.get_by_role("button", name="Shut out Lost tablet").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    await expect(desk.get_by_role("row", name="Lost tablet")).to_contain_text("Paired")
    await expect(board.get_by_role("main", name="Tickets")).to_be_visible()
    await shut_out(desk, "Lost tablet")
    for page in (board, names):
        await expect(page.get_by_role("heading", name="This device was shut out")).to_be_visible()
        await expect(code_on(page)).to_be_visible()
        for name in (WAITER, COOK):
            await expect(page.get_by_text(name)).to_have_count(0)
    await expect(board.get_by_role("main", name="Tickets")).to_have_count(0)
    await in_order(board, "shut out")
    await board.reload()
    await expect(code_on(board)).to_be_visible()

    await let_in(desk, board, "Found tablet")
    for page in (board, names):
        await expect(page.get_by_role("button", name=WAITER)).to_be_visible()
    await enter_pin(board, COOK_PIN)
    await expect(board.get_by_role("main", name="Tickets")).to_be_visible()


async def test_a_try_on_a_device_that_is_shut_out_asks_for_a_code(house: House, screens: Screens) -> None:
    tablet = await screens.open(elsewhere(house, "/waiter"), TABLET)
    screens.watch(tablet).expect(SHUT_OUT)
    desk = await devices_page(house, screens)
    await let_in(desk, tablet, "Old tablet")
    await choose(tablet, WAITER)
    await shut_out(desk, "Old tablet")
    await tablet.keyboard.type(WAITER_PIN)
    await expect(tablet.get_by_role("heading", name="This device was shut out")).to_be_visible()
    await expect(code_on(tablet)).to_be_visible()


async def test_two_tabs_of_a_new_device_are_let_in_by_one_code(house: House, screens: Screens) -> None:
    first = await screens.open(elsewhere(house, "/waiter"), TABLET)
    await expect(code_on(first)).to_be_visible()
    second = await first.context.new_page()
    await second.goto(elsewhere(house, "/expo"))
    await expect(code_on(second)).to_be_visible()
    desk = await devices_page(house, screens)
    await let_in(desk, first, "Tablet of two tabs")
    for page in (first, second):
        await expect(page.get_by_role("button", name=COOK)).to_be_visible()
        await expect(code_on(page)).to_have_count(0)
    await enter_pin(first, WAITER_PIN)
    await expect(first.get_by_test_id("table").first).to_be_visible()
    await expect(second.get_by_role("button", name=COOK)).to_be_visible()


async def test_a_manager_signs_in_by_password_on_a_screen_that_nobody_paired(
    house: House, screens: Screens
) -> None:
    screen = await screens.open(elsewhere(house, "/waiter"), TABLET)
    await expect(code_on(screen)).to_be_visible()
    await screen.get_by_role("button", name="Sign in with a password").click()
    await sign_in(screen)
    await expect(screen.get_by_test_id("table").first).to_be_visible()


async def test_a_new_person_has_a_pin_that_nobody_chose(house: House, screens: Screens) -> None:
    desk = await screens.open(f"{house.url}/manage#team", DESK)
    await sign_in(desk, OWNER)
    await desk.get_by_role("button", name="Add a person").click()
    form, pin = desk.get_by_role("dialog"), desk.get_by_label("PIN", exact=True)
    await expect(pin).to_have_value(re.compile(r"^\d{4}$"))
    given = await pin.input_value()
    await form.get_by_role("button", name="At random").click()
    await expect(pin).not_to_have_value(given)  # the same again: once in ten thousand runs
    new = await pin.input_value()
    await form.get_by_label("Role").select_option("manager")
    await expect(pin).to_have_count(0)
    await form.get_by_label("Role").select_option("kitchen")
    name = f"Cook {new}"
    await form.get_by_label("Name", exact=True).fill(name)
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)

    screen = await screens.open(f"{house.url}/kitchen", WALL)
    await choose(screen, name)
    await screen.keyboard.type(new)
    await expect(screen.get_by_role("button", name=re.compile("Tandoor"))).to_be_visible()
    (person,) = [each for each in (await house.get("/api/staff/people"))["items"] if each["name"] == name]
    await house.patch(f"/api/staff/people/{person['id']}", {"active": False})
    await expect(screen.get_by_role("group", name="Who is here?")).to_be_visible()
