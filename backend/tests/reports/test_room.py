"""Reports from event to answer, under the room's own database role."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from rasoi import reports
from rasoi.contracts.orders import DocumentIssued, OrderCancelled, OrderConfirmed, OrderPlaced
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.event_log import LogEntry
from rasoi.platform.events import Contract, decode, new_event
from rasoi.platform.inbox import Inbox
from rasoi.platform.local import LocalTransport
from rasoi.platform.wake import LogWakeSignals
from rasoi.reports import repository
from rasoi.reports.rebuild import rebuild
from rasoi.settings import Settings
from tests.conftest import AsRoom
from tests.reports.test_domain import AT, DAY, changed, line, order
from tests.support import asgi_transport

TABLES = ("sale", "sale_line", "preparation", "document")


@dataclass
class Desk:
    """A manager in front of the room, and the events that reach it."""

    ctx: Context
    client: httpx.AsyncClient

    async def handle(self, *sent: tuple[int, Contract], outlet_id: int = 1) -> None:
        """These versions of states, in one transaction."""
        async with self.ctx.db.transaction("reports") as tx:
            for version, payload in sent:
                event = new_event(payload, subject="x", outlet_id=outlet_id, version=version)
                await reports.ROOM.handlers[type(payload)](self.ctx, tx, event, decode(event))

    async def ask(self, path: str, role: str = "manager", outlet_id: int = 1) -> httpx.Response:
        who = Principal(kind="staff", id=uuid7(), outlet_id=outlet_id, role=role, session_id=uuid7())
        headers = {"Authorization": f"Bearer {self.ctx.get(Tokens).issue(who, 60)}"}
        return await self.client.get(f"/api/reports/{path}", headers=headers)

    async def read(self, what: str, first: date = DAY, last: date = DAY, outlet_id: int = 1) -> Any:
        answer = await self.ask(f"{what}?from={first}&to={last}", outlet_id=outlet_id)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def desk(database: Database, as_room: AsRoom, settings: Settings) -> AsyncIterator[Desk]:
    await database.execute(
        "INSERT INTO staff.outlet (id, name, timezone) SELECT n, 'Rasoi', 'Asia/Kolkata' FROM generate_series(1, 40) n"
    )
    ctx = Context(settings, await as_room("reports"))
    ctx.register(Tokens(settings.secret_key))
    app = http.application(ctx, reports.ROOM.routes, version="0")
    async with httpx.AsyncClient(transport=asgi_transport(app), base_url="http://rasoi.test") as client:
        yield Desk(ctx, client)


def sums(orders: int, quantity: int, taxable: int | None, total: int, average: int) -> dict[str, Any]:
    return {
        "orders": orders,
        "quantity": quantity,
        "taxable_paise": taxable,
        "total_paise": total,
        "average_paise": average,
    }


def papers(issued: int, issued_paise: int, credited: int, credited_paise: int) -> dict[str, int]:
    return {
        "issued": issued,
        "issued_paise": issued_paise,
        "credited": credited,
        "credited_paise": credited_paise,
        "net_paise": issued_paise - credited_paise,
    }


async def test_a_day_without_anything(desk: Desk) -> None:
    found = await desk.read("sales", DAY - timedelta(days=1))
    nothing = sums(0, 0, 0, 0, 0)
    assert found == {
        "timezone": "Asia/Kolkata",
        "from": "2026-11-20",
        "to": "2026-11-21",
        "total": nothing,
        "documents": papers(0, 0, 0, 0),
        "days": [
            {"business_day": day, "documents": papers(0, 0, 0, 0), **nothing}
            for day in ("2026-11-20", "2026-11-21")
        ],
        "hours": [],
        "types": [],
        "items": [],
    }
    assert (await desk.read("times"))["stations"] == []


async def test_sales_by_day_hour_type_and_item(desk: Desk) -> None:
    late = AT + timedelta(hours=5)  # 00:35 in Kolkata, of the same business day
    naan, dal = line(1), line(2, quantity=1, taxable_paise=30_000, total_paise=31_500)
    await desk.handle(
        (1, order(OrderPlaced, 1, naan, dal)),
        (1, order(OrderPlaced, 2, naan, type="takeaway", placed_at=late)),
        (
            1,
            order(
                OrderPlaced, 3, dal, business_day=DAY - timedelta(days=1), placed_at=AT - timedelta(days=1)
            ),
        ),
    )
    await desk.handle((1, order(OrderPlaced, 4, naan)), outlet_id=2)
    found = await desk.read("sales", DAY - timedelta(days=1))
    assert found["total"] == sums(3, 6, 100_000, 105_000, 35_000)
    assert [(day["business_day"], day["total_paise"]) for day in found["days"]] == [
        ("2026-11-20", 31_500),
        ("2026-11-21", 73_500),
    ]
    assert [(hour["hour"], hour["orders"]) for hour in found["hours"]] == [(0, 1), (19, 2)]
    assert found["types"] == [
        {"type": "dine_in", **sums(2, 4, 80_000, 84_000, 42_000)},
        {"type": "takeaway", **sums(1, 2, 20_000, 21_000, 21_000)},
    ]
    assert [(item["name"], item["quantity"], item["total_paise"]) for item in found["items"]] == [
        ("Item 2", 2, 63_000),
        ("Item 1", 4, 42_000),
    ]
    assert (await desk.read("sales"))["total"] == sums(2, 5, 70_000, 73_500, 36_750)


def document(n: int, kind: str, total: int, day: date = DAY) -> DocumentIssued:
    return DocumentIssued(
        document_id=UUID(int=n),
        bill_id=UUID(int=1),
        kind=kind,
        number=f"I26-1/{n:06d}",
        financial_year=2026,
        sequence=n,
        issued_at=AT,
        business_day=day,
        taxable_paise=total,
        taxes=[],
        round_off_paise=0,
        total_paise=total,
        hash="00",
    )


async def test_documents_and_credit_notes_of_a_day(desk: Desk) -> None:
    before = DAY - timedelta(days=1)
    sent = (
        document(1, "tax_invoice", 50_000, before),
        document(2, "liquor_invoice", 30_000),
        document(3, "credit_note", 20_000),
        document(4, "receipt", 1_000),
    )
    for _ in range(2):  # also handed in again
        await desk.handle(*((1, each) for each in sent))
    await desk.handle((1, document(5, "tax_invoice", 7)), outlet_id=2)
    found = await desk.read("sales", before)
    assert found["documents"] == papers(3, 81_000, 1, 20_000)
    assert [day["documents"] for day in found["days"]] == [
        papers(1, 50_000, 0, 0),
        papers(2, 31_000, 1, 20_000),
    ]


async def test_what_ends_early_is_taken_out_and_may_come_back(desk: Desk) -> None:
    placed = (1, order(OrderPlaced, status="awaiting_payment"))
    expired = (2, order(OrderCancelled, status="expired"))
    confirmed = (3, order(OrderConfirmed))
    for sent, orders in (
        (placed, 1),
        (expired, 0),
        (placed, 0),
        (confirmed, 1),
        (expired, 1),
        (confirmed, 1),
    ):
        await desk.handle(sent)
        found = await desk.read("sales")
        assert (found["total"]["orders"], len(found["items"]), len(found["hours"])) == (orders,) * 3


async def test_what_is_not_known_is_not_told(desk: Desk) -> None:
    await desk.handle(
        (1, order(OrderPlaced, 1, line(1))), (1, order(OrderPlaced, 2, line(2, taxable_paise=None)))
    )
    found = await desk.read("sales")
    assert (found["total"]["taxable_paise"], found["total"]["total_paise"]) == (None, 42_000)
    assert sorted(item["taxable_paise"] or 0 for item in found["items"]) == [0, 20_000]


async def test_an_item_goes_by_its_latest_name(desk: Desk) -> None:
    await desk.handle(
        (1, order(OrderPlaced, 1, line(1, name="Garlic naan"), placed_at=AT + timedelta(minutes=1))),
        (1, order(OrderPlaced, 2, line(1, name="Naan"))),
    )
    assert [(each["name"], each["quantity"]) for each in (await desk.read("sales"))["items"]] == [
        ("Garlic naan", 4)
    ]


async def test_times_by_station_and_hour(desk: Desk) -> None:
    await desk.handle((1, order()))
    tickets = [
        (1, changed("bump", 3, seconds, id=UUID(int=4000 + seconds), station="tandoor"))
        for seconds in range(60, 660, 60)
    ]
    fired = AT + timedelta(hours=1)
    other = changed("bump", 3, 3605, id=UUID(int=5000), station="bar", fired_at=fired)
    of_another_day = changed("bump", 3, 9, id=UUID(int=5001), order_id=UUID(int=9))
    await desk.handle(*tickets, (1, other), (1, of_another_day))
    stations = (await desk.read("times"))["stations"]
    bar = {"tickets": 1, "p50_s": 6, "p90_s": 6, "longest_s": 6}
    tandoor = {"tickets": 10, "p50_s": 300, "p90_s": 540, "longest_s": 600}
    assert stations == [
        {"station": "bar", "hours": [{"hour": 20, **bar}], **bar},
        {"station": "tandoor", "hours": [{"hour": 19, **tandoor}], **tandoor},
    ]
    assert (await desk.read("times", DAY + timedelta(days=1), DAY + timedelta(days=1)))["stations"] == []


async def test_a_recalled_ticket_counts_with_its_whole_time(desk: Desk) -> None:
    ready, recalled, again = changed("bump", 3, 60), changed("recall", 4), changed("bump", 6, 200)
    voided = changed("void", 7, state="voided")
    await desk.handle((1, order()))
    for sent, found in (
        (ready, [60]),
        (recalled, []),
        (ready, []),
        (again, [200]),
        (recalled, [200]),
        (voided, []),
    ):
        await desk.handle((1, sent))
        assert [each["p50_s"] for each in (await desk.read("times"))["stations"]] == found


async def test_a_ticket_that_is_heard_of_before_its_order(desk: Desk) -> None:
    await desk.handle((1, changed("bump", 3, 60)))
    assert (await desk.read("times"))["stations"] == []
    await desk.handle((1, order()))
    assert [each["tickets"] for each in (await desk.read("times"))["stations"]] == [1]


def history() -> list[tuple[int, Contract]]:
    """Six orders with all that may happen to them."""
    sent: list[tuple[int, Contract]] = []
    for number in range(6):
        lines = [line(n, quantity=n) for n in range(1, 2 + number % 3)]
        sent.append((1, order(OrderPlaced, number, *lines, status="awaiting_payment")))
        if number % 2:
            sent.append((2, order(OrderCancelled, number, *lines, status="expired")))
        if number % 3:
            sent.append((3, order(OrderConfirmed, number, *lines)))
        at: dict[str, Any] = {"id": UUID(int=4000 + number), "order_id": UUID(int=1000 + number)}
        sent += [(1, changed("bump", 3, 60 + number, **at)), (1, changed("recall", 4, **at))]
        if number < 4:
            sent.append((1, changed("bump", 6, 90 + number, **at)))
    return sent


async def test_any_order_of_redelivery_gives_the_same_answers(desk: Desk) -> None:
    """Each outlet hears the same shuffled in its own way, with repetitions, in batches of its own size."""
    sent = history()
    await desk.handle(*sent, outlet_id=1)
    expected = [await desk.read(what) for what in ("sales", "times")]
    assert expected[0]["total"]["orders"] == 5
    for outlet in range(2, 32):
        dice = random.Random(outlet)
        shuffled = dice.sample(sent, len(sent)) + dice.choices(sent, k=8)
        size = dice.randint(1, len(shuffled))
        for start in range(0, len(shuffled), size):
            await desk.handle(*shuffled[start : start + size], outlet_id=outlet)
        assert [await desk.read(what, outlet_id=outlet) for what in ("sales", "times")] == expected, outlet


async def test_batches_at_the_same_time_in_opposite_orders(desk: Desk) -> None:
    sent = [(version, order(OrderPlaced, number)) for number in range(30) for version in (1, 2)]
    await asyncio.gather(*(desk.handle(*sent[::step]) for step in (1, -1, 1, -1, 2, -2)))
    assert (await desk.read("sales"))["total"]["orders"] == 30


def entries(sent: Iterable[tuple[int, Contract]]) -> list[LogEntry]:
    made = [
        new_event(payload, subject=f"s{n}", outlet_id=1, version=v) for n, (v, payload) in enumerate(sent)
    ]
    return [LogEntry(n, event) for n, event in enumerate(made)]


async def test_a_batch_is_written_by_one_statement_and_an_event_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    keep = repository.upsert_sales

    async def counted(tx: Any, sales: Sequence[Any]) -> None:
        sizes.append(len(sales))
        await keep(tx, sales)

    monkeypatch.setattr(repository, "upsert_sales", counted)
    inbox = Inbox(desk.ctx, reports.ROOM, "orders")
    batch = entries((1, order(OrderPlaced, number)) for number in range(20))
    await inbox.handle(batch)
    await inbox.handle([*batch, *batch])
    assert sizes == [20]
    assert (await desk.read("sales"))["total"]["orders"] == 20


async def test_an_event_that_can_not_be_written_is_parked_alone(desk: Desk) -> None:
    batch = entries((1, order(OrderPlaced, number)) for number in range(8))
    bad = new_event(
        order(OrderPlaced, 9, line(1, quantity=2**40)), subject="bad", outlet_id=1, version=1
    )  # no such number
    await Inbox(desk.ctx, reports.ROOM, "orders").handle([*batch[:4], LogEntry(8, bad), *batch[4:]])
    assert (await desk.read("sales"))["total"]["orders"] == 8
    assert [row["subject"] for row in await desk.ctx.db.fetch("SELECT * FROM reports.parked")] == ["bad"]


async def write(database: Database, sent: Iterable[tuple[int, Contract]]) -> None:
    """As the rooms write their logs."""
    for version, payload in sent:
        async with database.transaction(payload.event_room) as tx:
            tx.emit(payload, subject=str(uuid7()), outlet_id=1, version=version)


async def contents(desk: Desk) -> list[Any]:
    return [
        sorted(tuple(row) for row in await desk.ctx.db.fetch(f"SELECT * FROM reports.{table}"))
        for table in TABLES
    ]


async def test_through_the_logs_and_rebuilt_from_them(
    desk: Desk, database: Database, database_url: str
) -> None:
    wake_signals = LogWakeSignals()
    database.on_written = wake_signals
    transport = LocalTransport(desk.ctx, [reports.ROOM], database_url, wake_signals)
    await transport.start()
    sent = [*history(), (1, document(1, "tax_invoice", 500))]
    await write(database, sent)
    for _ in range(250):
        if len(await desk.ctx.db.fetch("SELECT FROM reports.inbox")) == len(sent):
            break
        await asyncio.sleep(0.02)
    await transport.stop()
    right = await contents(desk)
    assert [len(rows) for rows in right] == [6, 12, 6, 1]
    await desk.ctx.db.execute("UPDATE reports.sale SET total_paise = 1, counted = NOT counted")
    await desk.ctx.db.execute("UPDATE reports.sale_line SET quantity = 99")
    await desk.ctx.db.execute("DELETE FROM reports.preparation")
    await desk.ctx.db.execute("UPDATE reports.document SET total_paise = 1")
    assert await rebuild(desk.ctx) == len(sent)
    assert await contents(desk) == right
    assert not await database.fetch("SELECT FROM reports.outbox"), "it publishes nothing"


NONSENSE = [
    "from=x",
    "to=2026-13-01",
    "from=2026-11-22&to=2026-11-21",
    "from=2026-01-01&to=2026-11-21",
    "to=1e9",
]


@pytest.mark.parametrize("what", ["sales", "times"])
async def test_nonsense_is_refused(desk: Desk, what: str) -> None:
    for query in NONSENSE:
        answer = await desk.ask(f"{what}?{query}")
        assert answer.status_code in (400, 422), query
        assert answer.headers["content-type"].startswith("application/problem+json")
    today = await desk.ctx.db.fetchval("SELECT staff.business_day(1)")
    said = (await desk.ask(what)).json()
    assert (said["from"], said["to"]) == (str(today), str(today))
    edges = await desk.ask(f"{what}?from=0001-01-01&to=0001-01-02")
    assert edges.status_code == 200
    assert (await desk.ask(what, "waiter")).status_code == 403
    assert (await desk.client.get(f"/api/reports/{what}")).status_code == 401
    assert (await desk.ask(what, outlet_id=99)).status_code == 404
