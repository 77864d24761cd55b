"""What the kitchen does to stock: consumed once, waste when voided after, nothing on recall."""

import random
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from rasoi.contracts.kitchen import TicketChanged, TicketItemState, TicketState
from rasoi.contracts.orders import LineState, OrderCancelled, OrderPlaced
from rasoi.inventory import handlers, repository
from rasoi.platform.events import new_event
from tests.inventory.conftest import BOTTLE, COLA, CURRY, LAMB, ONION, PLATTER, RAAN, Store

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Order:
    """An order of one line, as its events tell."""

    def __init__(self, store: Store, source: UUID, quantity: int = 1) -> None:
        self.store, self.source, self.quantity = store, source, quantity
        self.id, self.line, self.item = uuid7(), uuid7(), uuid7()

    async def reserve(self) -> Any:
        return await self.store.reserve(self.id, (self.source, self.quantity), lines=[self.line])

    async def tell(self, cls: Any = OrderPlaced, status: str = "confirmed") -> None:
        line = LineState(
            id=self.line,
            item_id=uuid7(),
            variant_id=self.source,
            name="x",
            variant=None,
            quantity=self.quantity,
            modifiers=[],
            allergens=[],
            note=None,
            course=1,
            station="curry",
            unit_price_paise=1,
            taxable_paise=1,
            total_paise=1,
        )
        data = cls(
            order_id=self.id,
            bill_id=uuid7(),
            number=1,
            type="dine_in",
            status=status,
            business_day=date(2026, 11, 21),
            placed_at=NOW,
            payment="pay_later",
            total_paise=1,
            lines=[line],
        )
        handler = handlers.on_cancelled if cls is OrderCancelled else handlers.on_order
        await self._handle(handler, data, str(self.id))

    async def cook(self, state: str = "cooking", item: UUID | None = None) -> None:
        """The kitchen moves the line's item (or a remake of it) to `state`."""
        await self._handle(handlers.on_ticket, self.moved(state, item), "1:curry")

    async def void(self, quantity: int, state: str = "cooking") -> UUID:
        """A part of the item, which is at `state`, is voided and is an item of its own from here on."""
        self.quantity -= quantity
        changed = self.moved(state)
        [rest] = changed.ticket.items
        gone = msgspec.structs.replace(rest, id=uuid7(), quantity=quantity, state="voided")
        ticket = msgspec.structs.replace(changed.ticket, items=[rest, gone])
        changed = msgspec.structs.replace(changed, ticket=ticket, changed_items=[gone.id])
        await self._handle(handlers.on_ticket, changed, "1:curry")
        return gone.id

    def moved(self, state: str, item: UUID | None = None) -> TicketChanged:
        moved = TicketItemState(
            id=item or self.item, line_id=self.line, name="x", quantity=self.quantity, state=state
        )
        ticket = TicketState(
            id=uuid7(),
            number=1,
            station="curry",
            order_id=self.id,
            order_number=1,
            type="dine_in",
            state=state,
            placed_at=NOW,
            version=1,
            items=[moved],
        )
        return TicketChanged(sequence=1, hash=0, ticket=ticket, action="x", changed_items=[moved.id])

    async def _handle(self, handler: Any, data: Any, subject: str) -> None:
        event = new_event(data, subject=subject, outlet_id=1, version=1)
        async with self.store.db.transaction("inventory") as tx:
            await handler(self.store.ctx, tx, event, data)


async def movements(store: Store, stock: UUID) -> list[tuple[str, int]]:
    """Since the seed, added up by kind."""
    rows = await store.db.fetch(
        """SELECT kind, sum(quantity_milli)::bigint AS total FROM inventory.movement
        WHERE stock_id = $1 AND kind <> 'count' GROUP BY kind ORDER BY kind""",
        stock,
    )
    return [(row["kind"], row["total"]) for row in rows]


async def test_started_items_are_consumed_once(store: Store) -> None:
    order = Order(store, RAAN, 2)
    await order.reserve()
    await order.tell()
    for state in ("cooking", "ready", "cooking", "ready", "served"):  # recalled in between
        await order.cook(state)
        await store.consume_reservations()
    assert await store.level(LAMB) == (3000, 0)
    assert await movements(store, ONION) == [("consume", -200)]
    await store.check()


async def test_a_started_line_is_settled_when_its_order_becomes_known(store: Store) -> None:
    order = Order(store, CURRY)
    await order.cook()
    await store.consume_reservations()
    assert await store.level(ONION) == (1000, 0)
    await order.tell()
    await store.consume_reservations()
    assert await store.level(ONION) == (700, 0)
    await store.check()


async def settle(store: Store) -> int:
    """Consume what is started; how many usages that were."""
    found: int = await store.db.fetchval("SELECT inventory.consume_reservations(1, 100)")
    return found


async def test_what_is_not_known_yet_waits_while_others_are_consumed(store: Store) -> None:
    known, unknown = Order(store, RAAN), Order(store, COLA)
    for order in (known, unknown):
        assert await order.reserve() == []
        await order.cook()
    assert await settle(store) == 0
    await known.tell()
    assert await settle(store) == 1
    assert (await store.level(LAMB), await store.level(BOTTLE)) == ((4000, 0), (100_000, 1000))
    waiting = await store.db.fetchval("SELECT line_id FROM inventory.usage WHERE consumed_at IS NULL")
    assert str(waiting) == str(unknown.line)
    assert await settle(store) == 0
    await unknown.tell()
    assert await settle(store) == 1
    assert await store.level(BOTTLE) == (99_000, 0)
    await store.check()


async def test_the_orders_other_lines_stay_reserved(store: Store) -> None:
    cooked, waiting = Order(store, RAAN), Order(store, COLA)
    waiting.id = cooked.id
    lines = [cooked.line, waiting.line]
    for _ in range(2):  # the second time the first is released
        assert await store.reserve(cooked.id, (RAAN, 1), (COLA, 1), lines=lines) == []
    await cooked.tell()
    await cooked.cook()
    assert await settle(store) == 1
    assert (await store.level(LAMB), await store.level(BOTTLE)) == ((4000, 0), (100_000, 1000))
    await store.check()


async def test_what_is_made_of_nothing_is_settled_too(store: Store) -> None:
    water = Order(store, uuid7())
    await water.tell()
    await water.cook()
    assert await settle(store) == 1
    assert await settle(store) == 0


async def test_a_remake_consumes_again(store: Store) -> None:
    order = Order(store, RAAN)
    await order.reserve()
    await order.tell()
    await order.cook()
    await order.cook(item=uuid7())
    await store.consume_reservations()
    assert await store.level(LAMB) == (3000, 0)
    await store.check()


async def test_voided_before_cooking_moves_nothing(store: Store) -> None:
    order = Order(store, RAAN)
    await order.reserve()
    await order.tell()
    await order.cook("voided")
    await store.release(order.id)
    await store.consume_reservations()
    assert await store.level(LAMB) == (5000, 0)
    assert await movements(store, LAMB) == []


@pytest.mark.parametrize("settled_between", [True, False])
@pytest.mark.parametrize("by", ["kitchen", "order", "both"])
async def test_voided_after_cooking_is_waste(store: Store, settled_between: bool, by: str) -> None:
    order = Order(store, RAAN)
    await order.reserve()
    await order.tell()
    await order.cook()
    if settled_between:
        await store.consume_reservations()
    if by != "order":
        await order.cook("voided")
    if by != "kitchen":
        await order.tell(OrderCancelled, "cancelled")
    await store.release(order.id)
    await store.consume_reservations()
    assert await store.level(LAMB) == (4000, 0)
    booked = dict(await movements(store, LAMB))
    assert booked.get("consume", 0) == 0
    assert booked["waste"] == -1000
    await store.check()


async def test_a_started_line_keeps_its_reservation_until_settled(store: Store) -> None:
    order = Order(store, RAAN, 5)
    await order.reserve()
    await order.tell()
    await order.cook()
    await store.release(order.id)
    assert await store.reserve(uuid7(), (RAAN, 1)) != []
    await store.consume_reservations()
    assert await store.level(LAMB) == (0, 0)
    await store.check()


async def test_an_estimate_below_zero_is_told(store: Store) -> None:
    for _ in range(4):
        order = Order(store, CURRY)
        await order.tell()
        await order.cook()
        await store.consume_reservations()
    assert await store.level(ONION) == (-200, 0)
    assert await store.kinds() == ["low", "low"]
    await store.check()


@pytest.mark.parametrize("seed", range(6))
async def test_any_service_keeps_the_promises(store: Store, seed: int) -> None:
    """Random orders, cooking, cancelling and releasing in random order: the oracle holds after every step."""
    chance = random.Random(seed)
    orders: list[Order] = []
    for _ in range(60):
        step = chance.choice(
            ["place", "place", "tell", "cook", "cook", "void", "cancel", "release", "settle"]
        )
        order = chance.choice(orders) if orders else None
        if step == "place" or order is None:
            order = Order(store, chance.choice([RAAN, PLATTER, COLA, CURRY]), chance.randint(1, 3))
            before = await store.level(LAMB)
            if await order.reserve() == []:
                orders.append(order)
            else:
                assert await store.level(LAMB) == before
        elif step == "cook":
            await order.cook(chance.choice(["cooking", "ready"]))
        elif step == "void":
            await order.cook("voided")
        elif step == "tell":
            await order.tell()
        elif step == "cancel":
            await order.tell(OrderCancelled, "cancelled")
        elif step == "release":
            await store.release(order.id)
        else:
            await store.consume_reservations()
        await store.check()
        assert min(await store.level(BOTTLE)) >= 0


async def test_what_is_started_and_voided_in_one_transaction_is_waste(store: Store) -> None:
    order = Order(store, RAAN)
    await order.reserve()
    await order.tell()
    async with store.db.transaction("inventory") as tx:
        for state in ("cooking", "voided"):
            data = order.moved(state)
            event = new_event(data, subject="1:curry", outlet_id=1, version=1)
            await handlers.on_ticket(store.ctx, tx, event, data)
    await store.release(order.id)
    await store.consume_reservations()
    assert await store.level(LAMB) == (4000, 0)
    assert dict(await movements(store, LAMB))["waste"] == -1000


@pytest.mark.parametrize("settled", [False, True], ids=["before it is taken from stock", "after"])
async def test_a_part_that_is_voided_after_it_was_begun_is_waste(store: Store, settled: bool) -> None:
    order = Order(store, PLATTER, 3)
    await order.reserve()
    await order.tell()
    await order.cook()
    if settled:
        await store.consume_reservations()
    for _ in range(2):
        await order.void(1)
    assert await store.db.fetchval(
        "SELECT array_agg(quantity || ' ' || wasted ORDER BY quantity, id) FROM inventory.usage"
    ) == [
        "1 false",
        "1 true",
        "1 true",
    ]
    await store.consume_reservations()
    assert await movements(store, LAMB) == [("consume", -2000), ("waste", -4000)]
    assert await movements(store, BOTTLE) == [("consume", -1000), ("waste", -2000)]
    assert (await store.level(LAMB), await store.level(BOTTLE)) == ((-1000, 0), (97000, 0))
    await store.check()


async def test_a_part_that_is_voided_before_anybody_begins_is_no_waste(store: Store) -> None:
    order = Order(store, RAAN, 3)
    await order.reserve()
    await order.tell()
    await store.db.execute("SELECT inventory.release_part(1, $1, $2, 1, 3)", order.id, order.line)
    await order.void(1, "queued")
    await order.cook()
    await store.consume_reservations()
    assert await store.level(LAMB) == (3000, 0)
    assert await movements(store, LAMB) == [("consume", -2000)]
    await store.check()


async def test_what_is_told_twice_is_split_once(store: Store) -> None:
    order = Order(store, RAAN, 3)
    await order.reserve()
    await order.tell()
    await order.cook()
    gone = await order.void(1)
    part = repository.Usage(1, gone, order.line, order.id, 1)
    async with store.db.transaction("inventory") as tx:
        await repository.split_usage(tx, [part])
    assert await store.db.fetchval("SELECT array_agg(quantity ORDER BY id) FROM inventory.usage") == [2, 1]


async def test_no_part_is_released_of_what_the_kitchen_has_begun(store: Store) -> None:
    order = Order(store, RAAN, 3)
    await order.reserve()
    await order.tell()
    await order.cook()
    await store.db.execute("SELECT inventory.release_part(1, $1, $2, 1, 3)", order.id, order.line)
    assert await store.level(LAMB) == (5000, 3000)
    await store.check()


async def test_a_released_part_is_told_as_stock_that_is_back(store: Store) -> None:
    order = Order(store, RAAN, 5)
    await order.reserve()
    await store.db.execute("SELECT inventory.release_part(1, $1, $2, 3, 5)", order.id, order.line)
    assert await store.level(LAMB) == (5000, 2000)
    assert (await store.kinds())[-1] == "restocked"
    await store.db.execute("SELECT inventory.release_part(1, $1, $2, 2, 2)", order.id, order.line)
    assert await store.level(LAMB) == (5000, 0)
    await store.check()
