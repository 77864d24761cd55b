"""Card machine, UPI to the house and vouchers: confirmed by a named person, once, with the reference that proves it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest

from rasoi.payments import routes
from rasoi.payments.domain import METHODS, TENDERS
from rasoi.staff.api import TenderName
from tests.orders.conftest import guest
from tests.payments.conftest import Till, staff

PAISE = 6300  # a cola with its tax
ALL = ["card_machine", "house_upi", "voucher"]


@pytest.fixture
async def counter(till: Till) -> Till:
    """A till that takes every tender."""
    await till.desk.setting(tenders=ALL, upi_address="rasoi@okbank")
    return till


async def take(
    till: Till, order: dict[str, Any], tender: str, reference: str | None = None, **how: Any
) -> httpx.Response:
    body = {"order_id": order["id"], "amount_paise": PAISE, "tender": tender}
    if reference is not None:
        body["reference"] = reference
    answer = await till.call(
        how.get("who") or staff("waiter"),
        "POST",
        "/confirm-tender",
        body | how.get("more", {}),
        how.get("key"),
    )
    await till.handle_events()
    return answer


def test_every_tender_but_cash_is_one_that_an_outlet_can_switch_on() -> None:
    assert set(TENDERS) == {"cash", *get_args(TenderName)}
    assert set(get_args(routes.Method)) == set(METHODS)


@pytest.mark.parametrize(
    ("tender", "reference"),
    [
        ("card_machine", None),
        ("card_machine", "004417"),
        ("house_upi", "530912345678"),
        ("voucher", "DIWALI-77"),
    ],
)
async def test_it_pays_the_bill_with_person_and_reference(
    counter: Till, tender: str, reference: str | None
) -> None:
    order = await counter.order(guest(None))
    answer = await take(counter, order, tender, reference)
    assert answer.status_code == 201, answer.text
    payment = answer.json()
    [attempt] = payment["attempts"]
    assert (payment["status"], payment["method"], payment["captured_paise"]) == (
        "completed",
        tender,
        PAISE,
    )
    assert (attempt["provider"], attempt["reference"], attempt["waiter"]["name"]) == (
        "counter",
        reference,
        "Ravi the waiter",
    )
    assert (attempt["tendered_paise"], attempt["change_paise"]) == (None, None)
    assert (await counter.bill(order))["paid_paise"] == PAISE
    day = (await counter.call(staff(), "GET", "/stats/daily")).json()
    assert [
        (each["method"], each["captured_paise"]) for each in day["methods"] if each["captured_count"]
    ] == [(tender, PAISE)]
    listed = (await counter.call(staff(), "GET", f"?method={tender}")).json()["items"]
    assert [each["id"] for each in listed] == [payment["id"]]


async def test_guests_are_not_told_who_and_by_which_reference(counter: Till) -> None:
    who = guest(None)
    order = await counter.order(who)
    paid = (await take(counter, order, "voucher", "DIWALI-77")).json()
    seen = (await counter.call(who, "GET", f"/{paid['id']}")).json()
    assert [(each["waiter"], each["reference"]) for each in seen["attempts"]] == [(None, None)]


async def test_what_the_outlet_does_not_take_is_refused(till: Till) -> None:
    order = await till.order(guest(None))
    answer = await take(till, order, "voucher", "DIWALI-77")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "tender-not-taken")
    assert (await take(till, order, "card_machine")).status_code == 201


@pytest.mark.parametrize("tender", ["house_upi", "voucher"])
async def test_a_reference_that_proves_it_has_to_be_said(counter: Till, tender: str) -> None:
    order = await counter.order(guest(None))
    for reference in (None, "", " 12", "a\nb", "x" * 61):
        assert 400 <= (await take(counter, order, tender, reference)).status_code < 500
    assert (await counter.bill(order))["paid_paise"] == 0


async def test_the_whole_amount_and_no_other(counter: Till) -> None:
    order = await counter.order(guest(None))
    for paise in (PAISE - 1, PAISE + 1):
        answer = await take(counter, order, "card_machine", more={"amount_paise": paise})
        assert (answer.status_code, answer.json()["due_paise"]) == (409, PAISE)


async def test_the_same_key_takes_it_once(counter: Till) -> None:
    order, who = await counter.order(guest(None)), staff("waiter")
    first, second = [
        await take(counter, order, "house_upi", "530912345678", key="k", who=who) for _ in range(2)
    ]
    assert (first.status_code, second.status_code, first.content) == (201, 201, second.content)


async def test_a_reference_pays_once(counter: Till) -> None:
    first, second = [await counter.order(guest(None)) for _ in range(2)]
    paid = (await take(counter, first, "voucher", "DIWALI-77")).json()
    answer = await take(counter, second, "voucher", "DIWALI-77")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "reference-used")
    assert (await counter.bill(second))["paid_paise"] == 0
    assert (await take(counter, second, "house_upi", "DIWALI-77")).status_code == 201  # another bank's number
    slips = [
        await take(counter, await counter.order(guest(None)), "card_machine", "004417") for _ in range(2)
    ]
    assert [slip.status_code for slip in slips] == [201, 201]  # its numbers begin anew
    back = {"amount_paise": paid["captured_paise"], "reason": "Wrong bill"}
    assert (await counter.call(staff(), "POST", f"/{paid['id']}/refund", back)).status_code == 202
    third = await counter.order(guest(None))
    assert (await take(counter, third, "voucher", "DIWALI-77")).status_code == 201


async def test_two_bills_at_the_same_moment_get_one_voucher_between_them(counter: Till) -> None:
    orders = [await counter.order(guest(None)) for _ in range(4)]
    answers = await asyncio.gather(*(take(counter, order, "voucher", "ONCE") for order in orders))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 3}
    held = await counter.owner.fetchval("SELECT sum(paid_paise)::int FROM orders.bill")
    assert held == PAISE


async def test_its_refund_is_given_back_by_hand(counter: Till) -> None:
    order = await counter.order(guest(None))
    paid = (await take(counter, order, "card_machine", "004417")).json()
    refund = (
        await counter.call(staff(), "POST", f"/{paid['id']}/refund", {"amount_paise": 500, "reason": "Cold"})
    ).json()
    assert (refund["status"], refund["method"]) == ("to_hand_out", "card_machine")
    done = await counter.call(
        staff("waiter"),
        "POST",
        f"/refunds/{refund['id']}/hand-out",
        {"method": "card_machine", "reference": "004418"},
    )
    assert (done.json()["status"], done.json()["reference"]) == ("processed", "004418")
    day = (await counter.call(staff(), "GET", "/stats/daily")).json()
    assert [(each["method"], each["net_paise"]) for each in day["methods"] if each["captured_count"]] == [
        ("card_machine", PAISE - 500)
    ]


async def test_a_checkout_that_was_open_beside_it_gets_its_money_back(counter: Till) -> None:
    who = guest(None)
    order = await counter.order(who)
    checkout = await counter.checkout(who, order)
    assert (await take(counter, order, "card_machine")).status_code == 201
    await counter.verify(who, checkout, counter.simulator.pay(checkout["action"]["options"]["order_id"]))
    await counter.deliver()
    row = await counter.owner.fetchrow(
        "SELECT sum(captured_paise)::int, sum(refunded_paise)::int FROM payments.payment"
    )
    assert tuple(row) == (2 * PAISE, PAISE)
    assert (await counter.bill(order))["paid_paise"] == PAISE


async def test_an_unknown_bill_is_not_there(counter: Till) -> None:
    answer = await take(counter, {"id": str(uuid4())}, "card_machine")
    assert answer.status_code == 404
