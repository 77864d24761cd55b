"""The guests of one bill, from the door to the last rupee, with the waiter who looks after them."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from rasoi.rush.basket import allergies, basket
from rasoi.rush.client import Caller, Client, NoAnswer, Refused
from rasoi.rush.compare import Evidence
from rasoi.rush.plan import Means, Party, Wish

SENDS = 4  # of one order, before a party gives up choosing
POLL_S, WAIT_S = 0.25, 60.0
NAMES = ("Asha", "Vikram", "Priya", "Rohan", "Divya", "Kabir", "Nisha", "Arvind", "Leela", "Manoj")
LOOK_AGAIN = ("price-changed", "sold-out")
PAYMENT_FAILED = 402
SIGNED = ("razorpay_payment_id", "razorpay_order_id", "razorpay_signature")
Json = dict[str, Any]


@dataclass
class Table:
    id: str
    code: str
    free: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class House:
    """What all parties share: the platform, the waiters, the tables, and what is written down."""

    client: Client
    waiter: Caller
    tables: list[Table]
    seed: int
    name: str  # of this service: marks its orders
    evidence: Evidence = field(default_factory=Evidence)
    menu: Json = field(default_factory=dict)
    began: float = 0.0
    place_s: list[float] = field(default_factory=list)
    refused: int = 0
    paid_cash: int = 0
    paid_online: int = 0
    orders_done: int = 0
    troubles: list[str] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)  # nobody orders any more

    async def until(self, at: float) -> bool:
        """Wait for a moment of the service. Whether it comes: the doors may be closed before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self.began + at - time.monotonic())):
                await self.closed.wait()
        return not self.closed.is_set()


class Visit:
    """One party."""

    def __init__(self, house: House, party: Party) -> None:
        self.house, self.party = house, party
        self.table = None if party.table is None else house.tables[party.table]
        self.chance = Random(f"{house.seed}:{party.wishes[0].number}")
        self.guest = Caller(house.client, self._sit_down)
        self.allergies: list[str] = []
        self.own: set[str] = set()  # bills that the guests may see: they ordered on them themselves

    async def run(self) -> None:
        """Come, order, pay; what goes wrong is noted, and the others go on."""
        if not await self.house.until(self.party.wishes[0].at):
            return
        seat: AbstractAsyncContextManager[Any] = self.table.free if self.table else nullcontext()
        try:
            async with seat:
                await self._stay()
        except (NoAnswer, Refused) as error:
            self.house.troubles.append(str(error))

    async def _sit_down(self) -> str:
        body = {"table_code": self.table.code} if self.table else {}
        answer = await self.house.client.ask("POST", "/api/sessions", body=body)
        if answer.body["state"] == "waiting":  # a waiter was there first
            await self.house.waiter.post(f"/api/sessions/{answer.body['session_id']}/admit")
        return str(answer.body["token"])

    async def _stay(self) -> None:
        bills: dict[str, None] = {}  # in the order of their opening
        self.allergies = allergies(self.house.menu, self.chance)
        for wish in self.party.wishes:
            if not await self.house.until(wish.at):
                break
            order = await self._order(wish)
            self.house.orders_done += 1
            if order is not None:
                bills[order["bill_id"]] = None
                await self._follow(order, wish)
        for bill_id in bills:
            await self._settle(bill_id)
        if self.table:
            await self._leave(self.table)

    async def _leave(self, table: Table) -> None:
        """A waiter clears the table for the next party, as soon as all bills are closed."""
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                await self.house.waiter.post(f"/api/tables/{table.id}/clear")
                return
            except Refused as refused:
                if refused.kind == "nobody-seated":
                    return
                if refused.kind != "bills-open" or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(POLL_S)

    async def _order(self, wish: Wish) -> Json | None:
        """Send an order; choose again where something was just sold out."""
        house = self.house
        tag = f"{house.name}/{wish.number}"
        for attempt in range(SENDS):
            lines = basket(house.menu, self.chance, wish.lines, in_courses=wish.in_courses)
            body: Json = {"type": "dine_in" if self.table else "takeaway", "lines": lines, "note": tag}
            body["allergies"] = self.allergies
            caller = house.waiter if wish.by_waiter else self.guest
            try:
                return await self._send(caller, wish, body, tag)
            except Refused as refused:
                house.refused += 1
                if refused.kind not in LOOK_AGAIN:
                    house.troubles.append(f"order {wish.number} was refused: {refused}")
                    return None
                house.menu = await self.guest.get("/api/menu")
            except NoAnswer:
                house.evidence.given_up.add(tag)
                raise
            await asyncio.sleep(0.05 * attempt)
        return None

    async def _send(self, caller: Caller, wish: Wish, body: Json, tag: str) -> Json:
        quote = await caller.post("/api/orders/quote", {"type": body["type"], "lines": body["lines"]})
        body["expected_total_paise"] = quote["totals"]["total_paise"]
        if self.table and wish.by_waiter:
            body["table_id"] = self.table.id
        if any(line.get("course") == 2 for line in body["lines"]):
            body["held_courses"] = [2]
        if not self.table:
            body["customer_name"] = self.chance.choice(NAMES)
        begun = time.perf_counter()
        order: Json = await caller.post("/api/orders", body)
        self.house.place_s.append(time.perf_counter() - begun)
        self.house.evidence.placed[tag] = order["id"]
        if not wish.by_waiter:
            self.own.add(order["bill_id"])
        return order

    async def _follow(self, order: Json, wish: Wish) -> None:
        """What an order needs before the kitchen cooks it, or instead of that."""
        if order["status"] == "placed":
            order = await self._approved(order)
        if wish.cancelled:
            await self._cancel(order, self.house.waiter if wish.by_waiter else self.guest)
        elif order["status"] == "awaiting_payment":
            await self._pay({"order_id": order["id"]}, order["bill_id"])

    async def _approved(self, order: Json) -> Json:
        try:
            approved: Json = await self.house.waiter.post(f"/api/orders/{order['id']}/approve")
        except Refused as refused:
            if not refused.retried:
                raise
            approved = await self.guest.get(f"/api/orders/{order['id']}")
        return approved

    async def _cancel(self, order: Json, caller: Caller) -> None:
        """Ask; where the kitchen has it already, wait for its answer."""
        path = f"/api/orders/{order['id']}"
        try:
            order = await caller.post(f"{path}/cancel", {"reason": "we changed our minds"})
        except Refused:
            order = await caller.get(path)
        deadline = time.monotonic() + WAIT_S
        while order["cancel_requested"] and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
            order = await caller.get(path)

    async def _settle(self, bill_id: str) -> None:
        """Pay what is left of the bill."""
        bill = await self.house.waiter.get(f"/api/bills/{bill_id}")
        if bill["status"] == "open" and bill["due_paise"] > 0:
            await self._pay({"bill_id": bill_id}, bill_id)

    async def _pay(self, what: Json, bill_id: str) -> None:
        try:
            await (
                self._pay_cash(bill_id)
                if self.party.means.cash
                else self._pay_online(what, bill_id, self.party.means)
            )
        except Refused as refused:
            bill = await self.house.waiter.get(f"/api/bills/{bill_id}")
            if bill["due_paise"] > 0:
                raise refused

    async def _pay_cash(self, bill_id: str) -> None:
        """The guests call; a waiter counts the notes and gives change."""
        if bill_id in self.own:
            await self.guest.post(f"/api/bills/{bill_id}/attention", {"reason": "cash"})
        due = (await self.house.waiter.get(f"/api/bills/{bill_id}"))["due_paise"]
        note = self.chance.choice((100_00, 500_00))
        body = {"bill_id": bill_id, "amount_paise": due, "tendered_paise": -(-due // note) * note}
        payment = await self.house.waiter.post("/api/payments/confirm-cash", body)
        self.house.evidence.paid[payment["id"]] = due
        self.house.paid_cash += 1

    async def _pay_online(self, what: Json, bill_id: str, means: Means) -> None:
        """Through the checkout; the bank refuses the first `failures` tries."""
        payer = self.guest if bill_id in self.own else self.house.waiter
        checkout = await self._checkout(payer, what)
        for _ in range(means.failures):
            checkout, _ = await self._at_the_bank(payer, what, checkout, means.method, "failure")
        checkout, signed = await self._at_the_bank(payer, what, checkout, means.method, "success")
        payment: Json = {"id": checkout["payment_id"], "status": "pending"}
        if means.verified and signed:
            body = {"payment_id": payment["id"], **{name: signed[name] for name in SIGNED}}
            try:
                payment = await payer.post("/api/payments/verify-razorpay", body)
            except Refused as refused:
                if refused.status != 409:
                    raise
        await self._until_paid(payer, payment)

    async def _checkout(self, payer: Caller, what: Json) -> Json:
        checkout: Json = await payer.post("/api/payments/create-razorpay-order", what, key=str(uuid4()))
        return checkout

    async def _at_the_bank(
        self, payer: Caller, what: Json, checkout: Json, method: str, outcome: str
    ) -> tuple[Json, Json | None]:
        """The simulator's checkout without its window; reopened where the platform was restarted meanwhile."""
        deadline = time.monotonic() + WAIT_S
        while True:
            origin = "/".join(checkout["action"]["url"].split("/")[:3])
            body = {
                "order_id": checkout["action"]["options"]["order_id"],
                "method": method,
                "outcome": outcome,
            }
            try:
                answer = await self.house.client.ask(
                    "POST", f"{origin}/_simulator/pay", body=body, patience=2
                )
                return checkout, answer.body
            except Refused as refused:
                if refused.status != PAYMENT_FAILED and not refused.retried:
                    raise
                return checkout, None
            except NoAnswer:
                if time.monotonic() > deadline:
                    raise
                checkout = await self._checkout(payer, what)

    async def _until_paid(self, payer: Caller, payment: Json) -> None:
        """However the platform comes to know of it: from the checkout, by webhook, or by asking."""
        payment_id = payment["id"]
        deadline = time.monotonic() + WAIT_S
        while payment["status"] != "completed":
            if time.monotonic() > deadline:
                self.house.troubles.append(f"payment {payment_id} never completed")
                return
            await asyncio.sleep(POLL_S)
            payment = await payer.get(f"/api/payments/{payment_id}")
        self.house.evidence.paid[payment_id] = payment["captured_paise"]
        self.house.paid_online += 1
