"""A kitchen on a real PostgreSQL under its own role, fed by hand, and orders for it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from rasoi.contracts.kitchen import BoardChange, TicketState
from rasoi.contracts.orders import BillChanged, LineState, ModifierState, OrderPlaced
from rasoi.kitchen import ROOM, repository, service
from rasoi.kitchen.schemas import Action, ActionResult
from rasoi.kitchen.states import is_at_pass, is_visible
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.events import REGISTRY, Contract, decode, new_event
from rasoi.settings import Settings
from tests.conftest import AsRoom

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OUTLET = 1


def line(
    name: str, station: str, *, course: int = 1, status: str = "active", allergies: tuple[str, ...] = ()
) -> LineState:
    return LineState(
        id=uuid4(),
        item_id=uuid4(),
        variant_id=uuid4(),
        name=name,
        variant="Half",
        quantity=2,
        modifiers=[ModifierState(id=uuid4(), name="Extra butter", price_paise=2000)],
        allergens=["gluten"],
        allergies=list(allergies),
        note="well done",
        course=course,
        station=station,
        unit_price_paise=10000,
        taxable_paise=20000,
        total_paise=20000,
        status=status,
    )


def order(cls: type[Contract] = OrderPlaced, *lines: LineState, **more: Any) -> Any:
    values = {
        "order_id": uuid4(),
        "bill_id": uuid4(),
        "number": 12,
        "type": "dine_in",
        "status": "confirmed",
        "table": "Table 4",
        "note": "no onions",
        "business_day": date(2026, 11, 21),
        "placed_at": AT,
        "payment": "pay_later",
        "total_paise": 20000,
        "lines": list(lines) or [line("Naan", "tandoor"), line("Dal", "curry"), line("Roti", "tandoor")],
    }
    return cls(**(values | more))


def again(cls: type[Contract], placed: OrderPlaced, **more: Any) -> Any:
    return cls(**(msgspec.structs.asdict(placed) | more))


def bill(placed: OrderPlaced, status: str) -> BillChanged:
    return BillChanged(
        bill_id=placed.bill_id,
        type="dine_in",
        status="open",
        total_paise=20000,
        paid_paise=20000,
        refunded_paise=0,
        due_paise=0,
        payment_status=status,
    )


@dataclass
class Rig:
    """The kitchen with its role, fed by hand."""

    ctx: Context
    db: Database
    cook: Principal
    version: int = 0
    woken: list[set[str]] = field(default_factory=list)

    async def handle(self, payload: Contract, *, outlet_id: int = OUTLET, at: datetime | None = None) -> None:
        event = new_event(payload, subject="any", outlet_id=outlet_id, version=1)
        if at:
            event = msgspec.structs.replace(event, time=at)
        async with self.db.transaction("kitchen") as tx:
            await ROOM.handlers[type(payload)](self.ctx, tx, event, decode(event))

    async def board(
        self, station: str, outlet_id: int = OUTLET
    ) -> tuple[repository.BoardRow, list[TicketState]]:
        row = await repository.board(self.db, outlet_id, station, None)
        assert row is not None
        assert row.tickets is not None
        return row, msgspec.json.decode(row.tickets, type=list[TicketState])

    async def act(self, action: str, **more: Any) -> ActionResult:
        principal = more.pop("principal", self.cook)
        asked = Action(action_id=more.pop("action_id", None) or uuid4(), action=action, **more)  # type: ignore[arg-type]
        return (await service.act(self.ctx, principal, [asked]))[0]

    async def log(self) -> list[tuple[str, int, Any]]:
        rows = await self.db.fetch("SELECT * FROM kitchen.outbox ORDER BY id")
        return [
            (row["subject"], row["aggregate_version"], msgspec.convert(row["data"], REGISTRY[row["type"]]))
            for row in rows
        ]


@pytest.fixture
async def rig(as_room: AsRoom, settings: Settings) -> Rig:
    db = await as_room("kitchen")
    woken: list[set[str]] = []
    db.on_written = woken.append
    cook = Principal(kind="staff", id=uuid4(), outlet_id=OUTLET, role="kitchen", session_id=uuid4())
    ctx = Context(settings, db)
    ctx.register(Tokens(settings.secret_key))
    return Rig(ctx, db, cook, woken=woken)


async def check(rig: Rig) -> None:
    """The invariants of every board and of the log, against what the tables say."""
    log = await rig.log()
    by_subject: dict[str, list[int]] = {}
    for subject, version, _ in log:
        by_subject.setdefault(subject, []).append(version)
    assert all(versions == list(range(1, len(versions) + 1)) for versions in by_subject.values())
    for station in await repository.stations(rig.db, OUTLET):
        row, tickets = await rig.board(station.code)
        assert row.hash == sum(zlib.crc32(f"{t.id}:{t.version}".encode()) for t in tickets) % 2**32
        updates = [data for subject, _, data in log if subject == f"{OUTLET}:{station.code}"]
        assert (row.sequence, row.hash) == (updates[-1].sequence, updates[-1].hash)
        replayed = {update.ticket.id: update.ticket for update in updates}
        assert {t.id: t for t in tickets} == {i: t for i, t in replayed.items() if is_visible(t)}
    passed = await repository.at_pass(rig.db, OUTLET, None)
    assert passed.tickets is not None
    standing = msgspec.json.decode(passed.tickets, type=list[TicketState])
    steps = [
        data for subject, _, data in log if subject.startswith(f"{OUTLET}:") and isinstance(data, BoardChange)
    ]
    newest = {data.ticket.id: data.ticket for data in steps}
    assert {t.id: t for t in standing} == {i: t for i, t in newest.items() if is_at_pass(t)}
    assert passed.hash == sum(zlib.crc32(f"{t.id}:{t.version}".encode()) for t in standing) % 2**32
    assert passed.sequence == sum(passed.sequences.values()) == len(steps)
