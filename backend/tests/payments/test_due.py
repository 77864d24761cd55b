"""What is due and the one payment that asks for it, step by step; orders, settings and tables are stood in for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from rasoi.contracts import payments as contracts
from rasoi.orders.api import DueBill, UnknownBill
from rasoi.payments import due as module
from rasoi.payments.due import NothingDue, align_open_payment, due_of, ensure_open, new_payment, wait_for_cash
from rasoi.payments.ledger import Ledger
from rasoi.payments.metrics import PAYMENTS
from rasoi.payments.schemas import DueRequest
from rasoi.platform.auth import Principal
from rasoi.platform.problems import Unprocessable

NOW, DAY = datetime(2026, 11, 21, 12, 0, tzinfo=UTC), date(2026, 11, 21)
LATER = NOW + timedelta(minutes=3)
GUEST = Principal(kind="guest", id=uuid4(), outlet_id=1, role="guest", session_id=uuid4())
WAITER = Principal(kind="staff", id=uuid4(), outlet_id=1, role="waiter", session_id=uuid4())
BILL = DueBill(
    outlet_id=1,
    bill_id=uuid4(),
    order_id=uuid4(),
    session_ids=[GUEST.session_id],
    type="takeaway",
    status="open",
    label="Takeaway T1",
    total_paise=6300,
    paid_paise=0,
    refunded_paise=0,
    due_paise=6300,
    awaiting_order_ids=[uuid4()],
    unapproved=False,
)


class Tables:
    """Stands for the database: the bill, its open payment, and what is saved."""

    def __init__(self) -> None:
        self.bill = BILL
        self.open: Ledger | None = None
        self.saved: list[Ledger] = []
        self.asked: list[Any] = []
        self.seated: list[tuple[Principal, bool]] = []
        self.committed: list[Callable[[], None]] = []
        self.tx: Any = SimpleNamespace(on_commit=self.committed.append)

    async def require_seated(self, tx: Any, principal: Principal, *, lock: bool) -> None:
        self.seated.append((principal, lock))

    async def lock_due(
        self, tx: Any, outlet_id: int, *, order_id: UUID | None, bill_id: UUID | None
    ) -> DueBill:
        self.asked.append((outlet_id, order_id, bill_id))
        return self.bill

    async def open_payment(self, tx: Any, outlet_id: int, bill_id: UUID) -> UUID | None:
        return self.open.row.id if self.open else None

    async def load(self, tx: Any, ref: UUID, *, lock: bool) -> Ledger:
        assert self.open is not None and (ref, lock) == (self.open.row.id, True)
        return self.open

    async def save(self, tx: Any, ledger: Ledger) -> None:
        self.saved.append(ledger)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    tables = Tables()

    async def now(*_: object) -> tuple[datetime, date]:
        return NOW, DAY

    async def outlet(*_: object) -> Any:
        return SimpleNamespace(payment_timeout_s=600)

    monkeypatch.setattr(module, "db", tables)
    monkeypatch.setattr(
        module,
        "orders",
        SimpleNamespace(
            lock_due=tables.lock_due,
            require_seated=tables.require_seated,
            UnknownBill=UnknownBill,
            DueBill=DueBill,
        ),
    )
    monkeypatch.setattr(module, "now_and_business_day", now)
    monkeypatch.setattr(module, "read_outlet", outlet)
    return tables


def kinds(ledger: Ledger) -> list[type]:
    return [type(event.payload) for event in ledger.events]


@pytest.mark.parametrize("who", [GUEST, WAITER], ids=["a guest of the table", "staff"])
async def test_the_bill_is_named_by_itself_or_by_an_order(tables: Tables, who: Principal) -> None:
    for request in (DueRequest(order_id=BILL.order_id), DueRequest(bill_id=BILL.bill_id)):
        tables.asked.clear()
        found = await due_of(tables.tx, who, request)
        assert tables.asked == [(1, request.order_id, request.bill_id)], "read once, and locked"
        assert found is BILL
        assert tables.seated[-1] == (who, True), "the sitting is held before the bill is"
    for request in (DueRequest(), DueRequest(order_id=BILL.order_id, bill_id=BILL.bill_id)):
        with pytest.raises(Unprocessable):
            await due_of(tables.tx, who, request)


async def test_another_tables_bill_is_not_there_for_a_guest(tables: Tables) -> None:
    stranger = msgspec.structs.replace(GUEST, session_id=uuid4())
    with pytest.raises(UnknownBill):
        await due_of(tables.tx, stranger, DueRequest(bill_id=BILL.bill_id))


@pytest.mark.parametrize(("given", "expires"), [(None, NOW + timedelta(minutes=10)), (LATER, LATER)])
async def test_a_new_payment_asks_for_all_that_is_due(
    tables: Tables, given: datetime | None, expires: datetime
) -> None:
    ledger = await new_payment(tables.tx, BILL, given)
    row = ledger.row
    assert (row.amount_paise, row.bill_id, row.order_id) == (6300, BILL.bill_id, BILL.order_id)
    assert (row.expires_at, row.poll_at, row.business_day, row.created_at) == (expires, expires, DAY, NOW)
    assert kinds(ledger) == [contracts.PaymentRequested]
    assert tables.saved == [ledger]


async def test_an_open_payment_over_what_is_due_stays(tables: Tables) -> None:
    tables.open = await new_payment(tables.tx, BILL)
    tables.saved.clear()
    assert await align_open_payment(tables.tx, BILL) is tables.open
    assert await ensure_open(tables.tx, BILL) is tables.open
    assert tables.saved == [] and tables.open.row.status == "pending"


@pytest.mark.parametrize(("given", "expires"), [(None, LATER), (NOW, NOW)])
async def test_one_over_another_amount_gives_way_and_its_time_goes_on(
    tables: Tables, given: datetime | None, expires: datetime
) -> None:
    tables.open = old = await new_payment(tables.tx, BILL, LATER)
    tables.saved.clear()
    counter = PAYMENTS.labels("none", "cancelled", "amount changed")
    before = counter._value.get()
    ledger = await align_open_payment(tables.tx, msgspec.structs.replace(BILL, due_paise=9000), given)
    assert ledger is not None and tables.saved == [old, ledger]
    assert (old.row.status, kinds(old)[-1]) == ("cancelled", contracts.PaymentExpired)
    assert (ledger.row.amount_paise, ledger.row.expires_at) == (9000, expires)
    for work in tables.committed:
        work()
    assert counter._value.get() == before + 1


@pytest.mark.parametrize(
    ("paise", "waits", "asks"),
    [(1, True, True), (0, True, False), (-5, True, False), (6300, False, False)],
)
async def test_only_what_orders_wait_for_is_asked_for_unasked(
    tables: Tables, paise: int, waits: bool, asks: bool
) -> None:
    waiting = BILL.awaiting_order_ids if waits else []
    bill = msgspec.structs.replace(BILL, due_paise=paise, awaiting_order_ids=waiting)
    assert (await align_open_payment(tables.tx, bill) is not None) is asks
    assert len(tables.saved) == asks


@pytest.mark.parametrize("waits", [True, False])
async def test_who_wants_to_pay_gets_one_payment_over_what_is_due(tables: Tables, waits: bool) -> None:
    waiting = BILL.awaiting_order_ids if waits else []
    bill = msgspec.structs.replace(BILL, due_paise=1, awaiting_order_ids=waiting)
    ledger = await ensure_open(tables.tx, bill)
    assert tables.saved == [ledger] and ledger.row.amount_paise == 1


@pytest.mark.parametrize("paise", [0, -100])
async def test_nothing_is_due(tables: Tables, paise: int) -> None:
    with pytest.raises(NothingDue) as refused:
        await ensure_open(tables.tx, msgspec.structs.replace(BILL, due_paise=paise))
    assert refused.value.extensions == {"due_paise": 0} and tables.saved == []


@pytest.mark.parametrize(
    ("expires_at", "until", "extended"),
    [
        (NOW, LATER, True),
        (LATER, LATER, False),
        (LATER, NOW, False),
        (NOW, None, False),
        (None, LATER, False),  # it does not expire
    ],
)
async def test_it_lasts_as_long_as_its_order_waits_for_cash(
    tables: Tables, expires_at: datetime | None, until: datetime | None, extended: bool
) -> None:
    ledger = await new_payment(tables.tx, BILL)
    ledger.events.clear()
    ledger.row.expires_at = expires_at
    assert wait_for_cash(ledger, msgspec.structs.replace(BILL, cash_until=until)) is extended
    assert ledger.row.expires_at == (until if extended else expires_at)
    assert len(ledger.events) == extended
