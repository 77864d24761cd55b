"""What clients were told, held against the platform afterwards: one answer and one effect for a key, and nothing that was
acknowledged is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from rasoi.orders import placing, schemas
from rasoi.platform.auth import Principal
from rasoi.platform.database import Database
from tests.orders.conftest import line

if TYPE_CHECKING:
    from tests.payments.conftest import Till

Told = tuple[int, Any]

# all that a request could change, in one value
EVERYTHING = "SELECT md5(concat_ws(' ', {})) AS digest"
ROWS = "(SELECT coalesce(string_agg(t::text, '|' ORDER BY t::text), '') FROM {} t)"
COUNTS = "(SELECT count(*) || ' ' || coalesce(max(id), 0) FROM {}.outbox)"
MONEY = ("payments.payment", "payments.attempt", "payments.refund", "payments.daily", "payments.hourly")
MONEY += ("orders.bill", "orders.orders", "orders.document", "inventory.stock")  # type: ignore[assignment]
KEPT = ("orders.idempotency", "payments.idempotency", "payments.unmatched")


async def state_of(owner: Database, *more: str) -> str:
    """A digest of all money, orders and stock, and of every log."""
    parts = [ROWS.format(table) for table in (*MONEY, *KEPT, *more)]
    parts += [COUNTS.format(log) for log in ("orders", "payments", "kitchen", "inventory")]
    return await owner.fetchval(EVERYTHING.format(", ".join(parts)))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Acknowledged:
    """A request that was accepted. `again` sends it once more under its key; `stands` is a query that has to find it."""

    what: str
    told: Told
    again: Callable[[], Awaitable[Told]]
    stands: str
    args: tuple[Any, ...]


ORDER = "SELECT FROM orders.orders WHERE id = $1 AND total_paise = $2"
CHECKOUT = "SELECT FROM payments.payment WHERE id = $1 AND amount_paise = $2 AND provider_order_id = $3"
TAKEN = """SELECT FROM payments.payment p JOIN payments.attempt a ON a.payment_id = p.id AND a.on_bill
WHERE p.id = $1 AND p.status = 'completed' AND a.amount_paise = $2 AND a.provider = 'counter'"""
REFUND = "SELECT FROM payments.refund WHERE id = $1 AND payment_id = $2"
HANDED = "SELECT FROM payments.refund WHERE id = $1 AND amount_paise = $2 AND handed_by IS NOT NULL"


def _stands(path: str, told: Any) -> tuple[str, tuple[Any, ...]]:
    """What an answer says that there is now."""
    if path == "/create-razorpay-order":
        ordered = told["action"]["options"]["order_id"]
        return CHECKOUT, (UUID(told["payment_id"]), told["amount_paise"], ordered)
    if path in ("/confirm-cash", "/confirm-tender"):
        return TAKEN, (UUID(told["id"]), told["amount_paise"])
    if path.endswith("/hand-out"):
        return HANDED, (UUID(told["id"]), told["amount_paise"])
    return REFUND, (UUID(told["id"]), UUID(path.split("/")[1]))


@dataclass
class ClientLog:
    """The clients of a till, who write down what they were told."""

    till: Till
    entries: list[Acknowledged] = field(default_factory=list)

    async def place(self, who: Principal, variant: UUID, quantity: int) -> Told:
        """An order, as (status, body)."""
        kind: Literal["dine_in", "takeaway"] = "dine_in" if who.table_id else "takeaway"
        asked = schemas.QuoteRequest(type=kind, lines=[line(variant, quantity)])
        await self.till.desk.sit(who)
        expected = (await placing.quote(self.till.desk.ctx, who, asked)).totals.total_paise
        key = str(uuid7())

        async def send() -> Told:
            return await self.till.desk.place(who, line(variant, quantity), key=key, expected=expected)  # type: ignore[no-any-return]

        told = await send()
        if told[0] == 201:
            args = (UUID(told[1]["id"]), told[1]["totals"]["total_paise"])
            self.entries.append(Acknowledged("an order", told, send, ORDER, args))
        return told

    async def post(self, who: Principal, path: str, body: Any) -> Told:
        """A request to the payments room under a key of its own."""
        key = str(uuid7())

        async def send() -> Told:
            answer = await self.till.call(who, "POST", path, body, key)
            return answer.status_code, answer.json()

        told = await send()
        if told[0] < 300:
            self.entries.append(Acknowledged(path, told, send, *_stands(path, told[1])))
        return told

    async def one_key_one_answer(self, owner: Database) -> list[str]:
        """10: each request sent once more is answered as it was, and changes nothing."""
        found = []
        before = await state_of(owner)
        for each in self.entries:
            told = await each.again()
            if msgspec.json.encode(told) != msgspec.json.encode(each.told):
                found.append(
                    f"{each.what} was answered {each.told[0]}, and under the same key {told[0]} {told[1]}"
                )
            if (after := await state_of(owner)) != before:
                found.append(f"{each.what} was done once more under the same key")
                before = after
        return found

    async def acknowledged_is_durable(self, owner: Database) -> list[str]:
        """11: what a client was told stands in the database."""
        return [
            f"{each.what} was acknowledged and is not there"
            for each in self.entries
            if await owner.fetchval(f"SELECT count(*) FROM ({each.stands}) found", *each.args) != 1
        ]
