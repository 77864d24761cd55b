"""Documents in the database: issued in the settling transaction, frozen, in series without gaps, provable."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from rasoi.orders import api, document_repository, issuing, service, verifying
from rasoi.orders.document_schemas import BuyerRequest, Document
from rasoi.orders.documents import TITLES
from rasoi.orders.documents_cli import report
from rasoi.orders.domain import IllegalChange
from rasoi.platform.auth import Principal
from rasoi.staff.api import invalidate_outlet
from tests.orders.conftest import COLA_1, HOT, KULFI_1, NAAN_1, OTHER_TABLE, Desk, guest, line, waiter
from tests.orders.test_endings import serve

UNFREEZE = "ALTER TABLE orders.document DISABLE TRIGGER USER, DROP CONSTRAINT IF EXISTS document_hash_check"


def manager() -> Principal:
    who = waiter()
    return msgspec.structs.replace(who, role="manager")


async def pay(desk: Desk, order: dict[str, Any], **how: Any) -> None:
    """All that is due on the order's bill."""
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        assert (await api.apply_capture(tx, due, due.due_paise, uuid4(), **how)).ok


async def refund(desk: Desk, order: dict[str, Any], paise: int, **about: Any) -> None:
    async with desk.ctx.db.transaction("orders") as tx:
        await api.apply_refund(tx, 1, UUID(order["bill_id"]), paise, **about)


async def sell(desk: Desk, *lines: Any, who: Principal | None = None) -> dict[str, Any]:
    """An order for takeaway, paid."""
    _, order = await desk.place(who or guest(None), *(lines or (line(COLA_1),)))
    await pay(desk, order, method="upi")
    return order  # type: ignore[no-any-return]


async def papers(desk: Desk, order: dict[str, Any] | None = None) -> list[Document]:
    rows = await desk.owner.fetch(
        "SELECT body FROM orders.document WHERE $1::uuid IS NULL OR bill_id = $1 ORDER BY issued_at, kind, sequence",
        order and UUID(order["bill_id"]),
    )
    return [msgspec.json.decode(row["body"], type=Document) for row in rows]


async def set_up(desk: Desk, **values: Any) -> None:
    """Settings that count at once."""
    await desk.setting(**values)
    invalidate_outlet(desk.ctx.db, 1, 10**9)


async def test_a_settled_bill_has_its_document_in_the_same_transaction(desk: Desk) -> None:
    await desk.owner.execute(
        "UPDATE staff.outlet SET legal_name = 'Test LLP', address = 'Street 1', fssai = '11226999000123'"
    )
    order = await sell(desk, line(NAAN_1, 2, (HOT,)), line(COLA_1))
    (paper,) = await papers(desk, order)
    assert (paper.kind, paper.number, paper.title) == ("tax_invoice", paper.number, "Tax invoice")
    assert paper.number.endswith("-1/000001") and paper.sequence == 1
    assert (paper.seller.legal_name, paper.seller.gstin) == ("Test LLP", "29ABCDE1234F1Z5")
    assert [(each.name, each.hsn, each.modifiers) for each in paper.lines] == [
        ("Naan", "996331", ["Hot"]),
        ("Cola", "996331", []),
    ]
    assert [p.method for p in paper.payments] == ["upi"]
    events = await desk.log()
    assert ("rasoi.bill.document_issued.v1", str(paper.id), 1) in events
    await sell(desk)
    bill = await service.bill_view(desk.ctx, manager(), UUID(order["bill_id"]))
    assert [(d.id, d.number, d.total_paise) for d in bill.documents] == [
        (paper.id, paper.number, paper.total_paise)
    ]
    assert bill.documents[0].url.startswith("/documents/") and len(bill.documents[0].url) >= 33


async def test_a_transaction_that_fails_takes_no_number(desk: Desk) -> None:
    _, order = await desk.place(guest(None), line(COLA_1))

    async def pay_and_fail() -> None:
        async with desk.ctx.db.transaction("orders") as tx:
            due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
            await api.apply_capture(tx, due, due.due_paise, uuid4())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await pay_and_fail()
    assert await papers(desk) == []
    await sell(desk)
    assert [paper.sequence for paper in await papers(desk)] == [1]


async def test_no_later_change_of_settings_menu_or_orders_changes_it(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(COLA_1), line(KULFI_1))
    await pay(desk, order, method="cash", cashier="Asha")
    before = await desk.owner.fetchrow("SELECT * FROM orders.document")
    url = (await service.bill_view(desk.ctx, manager(), UUID(order["bill_id"]))).documents[0].url
    await set_up(desk, name="Another", gstin="29AAACI4741P1ZX", gst_regime="composition", address="Elsewhere")
    await desk.owner.execute("UPDATE menu.variant SET price_paise = 1")
    await desk.owner.execute("UPDATE menu.item SET name = 'Water'")
    await desk.owner.execute("UPDATE orders.orders SET status = 'cancelled', total_paise = 0")
    await desk.owner.execute("UPDATE orders.line SET name = 'Air', taxes = '[]', total_paise = taxable_paise")
    assert await desk.owner.fetchrow("SELECT * FROM orders.document") == before
    found = await document_repository.by_token(desk.ctx.db, url.rsplit("/", 1)[1])
    assert found and (found.seller.name, [each.name for each in found.lines]) == ("Test", ["Cola", "Kulfi"])
    view = await service.bill_view(desk.ctx, who, UUID(order["bill_id"]))
    assert view.seller.name == "Test", "a closed bill shows its seller as of then"


async def test_the_database_takes_no_document_out_of_place(desk: Desk) -> None:
    await sell(desk)
    copied = """INSERT INTO orders.document SELECT (jsonb_populate_record(d, $1)).* FROM orders.document d"""
    fresh = {"id": str(uuid4()), "token": "x", "number": "X"}
    for changes in ({"sequence": 3}, {"sequence": 2}, {"sequence": 2, "kind": "receipt"}):
        with pytest.raises(asyncpg.RaiseError, match="does not follow"):
            await desk.owner.execute(copied, fresh | changes)
    with pytest.raises(asyncpg.CheckViolationError):
        await desk.owner.execute(copied, fresh | {"sequence": 2, "body": "{}"})
    with pytest.raises(asyncpg.CheckViolationError):
        await desk.owner.execute(copied, fresh | {"sequence": 2, "number": "ABCDEFGHIJKLMNOPQ"})
    await desk.owner.execute("ALTER TABLE orders.document DROP CONSTRAINT document_hash_check")
    last = await desk.owner.fetchval("SELECT hash FROM orders.document")
    chained = {"sequence": 3, "previous_hash": f"\\x{last.hex()}"}
    with pytest.raises(asyncpg.RaiseError, match="does not follow"):
        await desk.owner.execute(copied, fresh | chained)


async def test_a_document_takes_a_place_in_its_own_series_alone(desk: Desk) -> None:
    year = await desk.owner.fetchval("SELECT orders.financial_year(now(), 'Asia/Kolkata')")
    own = (1, "29ABCDE1234F1Z5", "tax_invoice", year)
    others = [
        (1, "29AAACI4741P1ZX", "tax_invoice", year),
        (1, "29ABCDE1234F1Z5", "receipt", year),
        (1, "29ABCDE1234F1Z5", "tax_invoice", year - 1),
    ]
    for series in (own, *others):
        await desk.owner.execute(
            """INSERT INTO orders.document_series (outlet_id, gstin, kind, financial_year, last_hash)
            VALUES ($1, $2, $3, $4, decode(repeat('00', 32), 'hex'))""",
            *series,
        )
    await sell(desk)
    taken = "SELECT outlet_id, gstin, kind, financial_year FROM orders.document_series WHERE last_number > 0"
    assert [tuple(row) for row in await desk.owner.fetch(taken)] == [own]


async def test_kinds_and_registrations_have_series_of_their_own(desk: Desk) -> None:
    for regime in ("regular", "regular", "composition", "none"):
        await set_up(desk, gst_regime=regime)
        await sell(desk)
    await set_up(desk, gst_regime="regular", gstin="29AAACI4741P1ZX")
    await sell(desk)
    found = [(paper.kind, paper.gstin[2:7] or paper.gstin, paper.sequence) for paper in await papers(desk)]
    assert found == [
        ("tax_invoice", "ABCDE", 1),
        ("tax_invoice", "ABCDE", 2),
        ("bill_of_supply", "ABCDE", 1),
        ("receipt", "", 1),
        ("tax_invoice", "AAACI", 1),
    ]
    assert [paper.number[0] for paper in await papers(desk)] == list("IIBRI")
    first, second = (paper.issued_at for paper in (await papers(desk))[:2])
    assert first < second
    assert await verifying.faults(desk.owner) == []


async def test_a_series_begins_anew_with_the_financial_year_of_issue(desk: Desk) -> None:
    """The day of the bill does not matter: one opened on 31 March and settled on 1 April is of the new year."""
    _, order = await desk.place(guest(None), line(COLA_1))
    await desk.owner.execute(
        "UPDATE orders.bill SET business_day = '2020-03-31', opened_at = '2020-03-31T18:00Z'"
    )
    now = await desk.owner.fetchval("SELECT orders.financial_year(now(), 'Asia/Kolkata')")
    await desk.owner.execute(
        """INSERT INTO orders.document_series (outlet_id, gstin, kind, financial_year, last_number, last_hash)
        VALUES (1, '29ABCDE1234F1Z5', 'tax_invoice', $1, 41, decode(repeat('ab', 32), 'hex'))""",
        now - 1,
    )
    await pay(desk, order)
    (paper,) = await papers(desk, order)
    assert (paper.financial_year, paper.number[1:3], paper.sequence) == (now, f"{now % 100:02d}", 1)


async def test_parallel_settlements_leave_no_gap_and_no_fork(desk: Desk) -> None:
    orders = [(await desk.place(guest(None), line(COLA_1)))[1] for _ in range(12)]
    await asyncio.gather(*(pay(desk, order) for order in orders))
    assert sorted(paper.sequence for paper in await papers(desk)) == list(range(1, 13))
    assert await verifying.faults(desk.owner) == []


async def test_a_refund_on_a_closed_bill_makes_a_credit_note(desk: Desk) -> None:
    order = await sell(desk, line(COLA_1), line(NAAN_1, 1, (HOT,)))
    (invoice,) = await papers(desk, order)
    await refund(desk, order, 2_000)
    _, note = await papers(desk, order)
    assert (note.kind, note.total_paise, note.number[0]) == ("credit_note", 2_000, "C")
    assert note.corrects and (note.corrects.id, note.corrects.number) == (invoice.id, invoice.number)
    bill = await service.bill_view(desk.ctx, manager(), UUID(order["bill_id"]))
    assert [d.kind for d in bill.documents] == ["tax_invoice", "credit_note"]
    assert (bill.status, bill.due_paise) == ("closed", 0) or bill.status == "closed"
    await refund(desk, order, -2_000)  # it failed
    await refund(desk, order, 2_000)  # and is paid out another way
    assert len(await papers(desk, order)) == 2
    await refund(desk, order, invoice.total_paise - 2_000)
    assert sum(paper.total_paise for paper in (await papers(desk, order))[1:]) == invoice.total_paise
    assert await verifying.faults(desk.owner) == []


async def test_a_refund_about_a_line_credits_that_line(desk: Desk) -> None:
    order = await sell(desk, line(COLA_1), line(KULFI_1))
    kulfi = order["lines"][1]
    await refund(desk, order, 1_000, line_ids=[UUID(kulfi["id"])])
    note = (await papers(desk, order))[-1]
    assert [each.name for each in note.lines] == ["Kulfi"]


async def test_an_order_cancelled_after_the_bill_was_paid_is_what_is_credited(desk: Desk) -> None:
    who = guest()
    _, first = await desk.place(who, line(COLA_1))
    _, second = await desk.place(who, line(KULFI_1), bill_id=UUID(first["bill_id"]))
    await pay(desk, first)
    (invoice,) = await papers(desk, first)
    async with service.locked_bill(desk.ctx, 1, UUID(first["bill_id"])) as (_, bill):
        bill.terminate(bill.order(UUID(second["id"])), "cancelled", "the kitchen could not")
    assert len(await papers(desk, first)) == 1, "nothing went back yet"
    await refund(desk, first, invoice.total_paise - 6_300)
    note = (await papers(desk, first))[-1]
    assert [each.name for each in note.lines] == ["Kulfi"]


async def test_a_refund_on_an_open_bill_or_of_more_than_the_document_makes_no_note(desk: Desk) -> None:
    _, order = await desk.place(guest(), line(KULFI_1))
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        await api.apply_capture(tx, due, 1_000, uuid4())
    await refund(desk, order, 500)
    assert await papers(desk) == []
    await pay(desk, order)
    await desk.owner.execute("UPDATE orders.bill SET paid_paise = paid_paise + 700")
    await refund(desk, order, 700)
    assert [paper.kind for paper in await papers(desk)] == ["tax_invoice"]


async def test_nothing_to_pay_has_its_document_too(desk: Desk) -> None:
    await desk.owner.execute("UPDATE menu.variant SET price_paise = 0 WHERE id = $1", COLA_1)
    _, order = await desk.place(guest(), line(COLA_1))
    await serve(desk, order)
    (paper,) = await papers(desk)
    assert (paper.total_paise, paper.total_words) == (0, "Rupees Zero Only")


async def test_a_buyer_is_on_the_document_and_stands_once_it_is_issued(desk: Desk) -> None:
    who = guest()
    _, order = await desk.place(who, line(COLA_1))
    bill_id = UUID(order["bill_id"])
    for wrong in (BuyerRequest("X", "29AAAFR1234K1Z9", "Y"), BuyerRequest("X", "29AAAFR1234K1Z8", None)):
        with pytest.raises(service.WrongBuyer):
            await service.set_buyer(desk.ctx, who, bill_id, wrong)
    given = BuyerRequest("Infosys", "29AAAFR1234K1Z8", "Hosur Road")
    assert (await service.set_buyer(desk.ctx, who, bill_id, given)).buyer
    with pytest.raises(service.UnknownBill):
        await service.set_buyer(desk.ctx, guest(OTHER_TABLE), bill_id, given)
    await pay(desk, order)
    (paper,) = await papers(desk)
    assert paper.buyer and (paper.buyer.name, paper.buyer.gstin) == ("Infosys", "29AAAFR1234K1Z8")
    with pytest.raises(IllegalChange):
        await service.set_buyer(desk.ctx, who, bill_id, given)


async def test_a_reprint_says_duplicate_and_is_audited(desk: Desk) -> None:
    order = await sell(desk)
    (paper,) = await papers(desk, order)
    who = manager()
    again = await issuing.reprint(desk.ctx, who, paper.id)
    assert again.url.endswith("?copy=duplicate")
    row = await desk.owner.fetchrow(
        "SELECT actor_id, subject, detail FROM staff.audit WHERE action = 'document.reprint'"
    )
    assert (row["actor_id"], row["subject"], row["detail"]) == (
        who.id,
        str(paper.id),
        {"number": paper.number},
    )
    with pytest.raises(issuing.UnknownDocument):
        await issuing.reprint(desk.ctx, msgspec.structs.replace(who, outlet_id=2), paper.id)
    with pytest.raises(issuing.UnknownDocument):
        await issuing.readable_document(desk.ctx, msgspec.structs.replace(who, outlet_id=2), paper.id)
    assert await issuing.readable_document(desk.ctx, who, paper.id) == paper


async def test_documents_are_found_by_day_kind_number_and_buyer(desk: Desk) -> None:
    for name in ("Ravi Kumar", "Meera"):
        await desk.place(guest(None), line(COLA_1), customer_name=name)
    for order in await desk.owner.fetch("SELECT bill_id FROM orders.orders ORDER BY id"):
        await pay(desk, {"bill_id": str(order["bill_id"])})
    await refund(desk, {"bill_id": str(order["bill_id"])}, 100)

    async def find(**asked: Any) -> list[str]:
        nothing: dict[str, Any] = dict.fromkeys(("first", "last", "kind", "text", "bill_id", "before"))
        rows = await document_repository.find(desk.ctx.db, 1, **(nothing | asked), limit=10)
        return [f"{row['kind'][0]}{row['number'][-1]}" for row in rows]

    today = (await papers(desk))[0].issued_on
    assert await find() == ["c1", "t2", "t1"]
    assert await find(kind="credit_note") == ["c1"]
    assert await find(text="ravi") == ["t1"]
    assert await find(text="000002") == ["t2"]
    assert await find(text="%") == []
    assert await find(first=today, last=today) == ["c1", "t2", "t1"]
    assert await find(last=today.replace(year=today.year - 1)) == []


REHASH = (
    "UPDATE orders.document SET hash = sha256(previous_hash || convert_to(body, 'UTF8')) WHERE sequence = "
)
KOLA = "UPDATE orders.document SET body = replace(body, 'Cola', 'Kola') WHERE sequence = "
DELETE = "DELETE FROM orders.document WHERE sequence = "
SWAP = """UPDATE orders.document SET sequence = 100 WHERE sequence = 2;
UPDATE orders.document SET sequence = 2 WHERE sequence = 3; UPDATE orders.document SET sequence = 3 WHERE sequence = 100"""
CHEAPER = """UPDATE orders.document SET total_paise = 100, body = replace(body, '"total_paise":6300,"total_words"',
'"total_paise":100,"total_words"') WHERE sequence = 3;"""
TAMPERED = [
    ("its text is not the one that was issued", f"{KOLA} 2"),
    ("its row says another total", "UPDATE orders.document SET total_paise = 1 WHERE sequence = 2"),
    ("its row says another bill", "UPDATE orders.document SET bill_id = uuidv7() WHERE sequence = 1"),
    ("/000002 is missing; ", f"{DELETE} 2"),
    ("/000003 is missing: 3 were issued", f"{DELETE} 3"),
    ("/000001 is missing; ", f"{DELETE} 1"),
    ("it does not follow", SWAP),
    ("it does not follow", "UPDATE orders.document SET previous_hash = sha256('') WHERE sequence = 1"),
    ("is not the last one", f"{KOLA} 3; {REHASH} 3"),
    ("it does not follow", f"{KOLA} 2; {REHASH} 2"),
    ("its text can't be read", f"UPDATE orders.document SET body = '{{}}' WHERE sequence = 3; {REHASH} 3"),
    ("its total is not the sum", f"{CHEAPER} {REHASH} 3"),
    ("has documents and no series", "DELETE FROM orders.document_series"),
]


@pytest.mark.parametrize(("words", "tampering"), TAMPERED, ids=[str(n) for n in range(len(TAMPERED))])
async def test_verification_names_the_first_document_that_is_not_what_was_issued(
    desk: Desk, capsys: pytest.CaptureFixture[str], words: str, tampering: str
) -> None:
    for _ in range(3):
        await sell(desk)
    assert await report(desk.owner, None, None) == 0
    said = capsys.readouterr()
    assert "3 documents in 1 series are what was issued" in said.out and not said.err
    await desk.owner.execute(UNFREEZE)
    await desk.owner.execute(tampering)
    assert await report(desk.owner, None, None) == 1
    assert words in capsys.readouterr().err


async def test_verification_of_one_outlet_or_series(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    order = await sell(desk)
    await refund(desk, order, 100)
    prefix = (await papers(desk, order))[1].number.split("/")[0]
    assert await report(desk.owner, 1, prefix) == 0
    assert "1 documents in 1 series" in capsys.readouterr().out
    assert await report(desk.owner, 2, None) == 0
    assert "0 documents in 0 series" in capsys.readouterr().out
    assert await report(desk.owner, None, "I00-1") == 1
    assert "there is no series I00-1" in capsys.readouterr().err


async def test_a_bill_without_its_document_and_a_document_without_its_bill_are_found(desk: Desk) -> None:
    order = await sell(desk)
    await desk.owner.execute("UPDATE orders.bill SET id = $1", uuid4())
    assert "is closed and has no document" in (await verifying.faults(desk.owner))[0]
    await desk.owner.execute("DELETE FROM orders.bill")
    assert "belongs to no bill" in (await verifying.faults(desk.owner))[0]
    assert order


def test_every_kind_has_its_title() -> None:
    assert set(TITLES.values()) == {
        "Tax invoice",
        "Bill of supply",
        "Receipt",
        "Liquor invoice",
        "Credit note",
    }
