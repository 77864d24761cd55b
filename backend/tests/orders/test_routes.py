"""Orders, bills and tables over HTTP: who is shown what, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from uuid_utils.compat import uuid7

from rasoi.menu.api import ALLERGENS
from rasoi.orders import api, service, tables
from rasoi.orders.document_routes import ROUTES as DOCUMENT_ROUTES
from rasoi.orders.routes import ROUTES
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from tests.orders.conftest import COLA_1, HOT, NAAN_1, OTHER_TABLE, TABLE, Desk, guest, line, waiter
from tests.support import asgi_transport

Get = Callable[..., Any]


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    desk.ctx.register(Tokens(desk.ctx.settings.secret_key))
    transport = asgi_transport(http.application(desk.ctx, [*ROUTES, *DOCUMENT_ROUTES], version="0"))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def manager() -> Principal:
    return Principal(kind="staff", id=uuid7(), outlet_id=1, role="manager", session_id=uuid7(), name="Meera")


@pytest.fixture
def get(desk: Desk, client: httpx.AsyncClient) -> Get:
    async def ask(who: Principal, path: str, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {desk.ctx.get(Tokens).issue(who, 60)}"}
        answer = await client.get(path, params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


async def pages(get: Get, who: Principal, path: str, limit: int, **params: Any) -> list[list[Any]]:
    """All pages of a list."""
    found, cursor = [], None
    while True:
        page = await get(who, path, limit=limit, **params, **({"cursor": cursor} if cursor else {}))
        found.append(page["items"])
        cursor = page["next"]
        if cursor is None:
            return found


async def test_a_guest_lists_the_bills_and_orders_of_the_session_and_nobody_elses(
    desk: Desk, get: Get
) -> None:
    mine, stranger = guest(), guest(OTHER_TABLE)
    _, order = await desk.place(mine, line())
    _, other = await desk.place(stranger, line())
    for who, own in ((mine, order), (stranger, other)):
        assert [bill["id"] for bill in (await get(who, "/api/bills"))["items"]] == [own["bill_id"]]
        assert [found["id"] for found in (await get(who, "/api/orders"))["items"]] == [own["id"]]
        assert [found["id"] for found in (await get(who, "/api/orders", status="live"))["items"]] == [
            own["id"]
        ]
    nobody = guest()
    assert (await get(nobody, "/api/bills"))["items"] == (await get(nobody, "/api/orders"))["items"] == []
    assert len((await get(waiter(), "/api/bills"))["items"]) == 2
    assert len((await get(waiter(), "/api/orders"))["items"]) == 2


async def test_who_joins_a_bill_sees_its_orders_and_not_the_tables_earlier_ones(desk: Desk, get: Get) -> None:
    host, companion = guest(), guest()
    _, first = await desk.place(host, line())
    _, second = await desk.place(companion, line())
    assert first["bill_id"] == second["bill_id"]
    for who in (host, companion):
        assert {found["id"] for found in (await get(who, "/api/orders"))["items"]} == {
            first["id"],
            second["id"],
        }


@pytest.mark.parametrize(
    ("count", "limit", "sizes"), [(5, 2, [2, 2, 1]), (4, 2, [2, 2]), (2, 2, [2]), (0, 2, [0])]
)
async def test_a_list_is_read_page_by_page_without_a_gap_or_an_empty_last_page(
    desk: Desk, get: Get, count: int, limit: int, sizes: list[int]
) -> None:
    placed = [(await desk.place(guest(None), line()))[1] for _ in range(count)]
    for path, name in (("/api/orders", "id"), ("/api/bills", "bill_id")):
        found = await pages(get, waiter(), path, limit)
        assert [len(page) for page in found] == sizes
        assert [item["id"] for page in found for item in page] == [order[name] for order in placed][::-1]


async def test_a_list_shows_each_as_it_is_read_by_itself(desk: Desk, get: Get) -> None:
    who = waiter()
    await desk.place(
        who, line(NAAN_1, 2, (HOT,)), line(COLA_1), table_id=TABLE, note="no onions", allergies=["nuts"]
    )
    await desk.place(who, line(COLA_1, 3), table_id=TABLE)
    await desk.place(guest(OTHER_TABLE), line(COLA_1))
    order_id = await desk.owner.fetchval("SELECT id FROM orders.orders WHERE number = 1")
    for station, state in (("tandoor", "cooking"), ("drinks", "ready")):
        await desk.owner.execute(
            "INSERT INTO orders.ticket_progress VALUES (1, $1, $2, $3, $4, 1)",
            order_id,
            uuid4(),
            station,
            state,
        )
    orders, bills = (await get(who, "/api/orders"))["items"], (await get(who, "/api/bills"))["items"]
    assert (len(orders), len(bills), len(orders[-1]["progress"])) == (3, 2, 2)
    for order in orders:
        assert order == await get(who, f"/api/orders/{order['id']}") | {"missing": []}
    for bill in bills:
        assert bill == await get(who, f"/api/bills/{bill['id']}")


@pytest.mark.parametrize("path", ["/api/orders", "/api/bills"])
async def test_a_long_list_takes_no_more_queries_than_a_short_one(
    desk: Desk, get: Get, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    asked: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval"):
        real = getattr(desk.ctx.db, name)

        async def counted(sql: str, *args: Any, real: Any = real) -> Any:
            asked.append(sql)
            return await real(sql, *args)

        monkeypatch.setattr(desk.ctx.db, name, counted, raising=False)
    for _ in range(6):
        await desk.place(guest(None), line())
    needed = []
    for limit in (1, 6):
        await get(waiter(), path, limit=limit)  # settings come from memory afterwards
        asked.clear()
        assert len((await get(waiter(), path, limit=limit))["items"]) == limit
        needed.append(len(asked))
    assert needed[0] == needed[1] <= 5


async def test_orders_are_found_by_state_type_table_day_and_number(desk: Desk, get: Get) -> None:
    who = waiter()
    _, at_table = await desk.place(guest(), line())
    _, takeaway = await desk.place(guest(None), line())
    _, cancelled = await desk.place(guest(OTHER_TABLE), line())
    await desk.owner.execute(
        "UPDATE orders.orders SET status = 'cancelled', business_day = '2026-01-31' WHERE id = $1",
        cancelled["id"],
    )

    async def found(**params: Any) -> set[str]:
        return {order["id"] for order in (await get(who, "/api/orders", **params))["items"]}

    assert await found(status="live") == {at_table["id"], takeaway["id"]}
    assert await found(status="cancelled") == await found(business_day="2026-01-31") == {cancelled["id"]}
    assert await found(status="completed") == set()
    assert await found(type="takeaway") == await found(q=takeaway["number"]) == {takeaway["id"]}
    assert await found(table_id=str(TABLE)) == {at_table["id"]}
    assert await found(type="dine_in", status="live") == {at_table["id"]}


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/quote"])
async def test_an_unknown_allergen_is_refused_with_those_there_are(
    desk: Desk, client: httpx.AsyncClient, path: str
) -> None:
    who = guest()
    await desk.sit(who)
    headers = {
        "Authorization": f"Bearer {desk.ctx.get(Tokens).issue(who, 60)}",
        "Idempotency-Key": str(uuid7()),
    }
    asked: dict[str, Any] = {"variant_id": str(COLA_1), "quantity": 1}
    body: dict[str, Any] = {"type": "dine_in", "lines": [asked]}
    if path == "/api/orders":
        body["expected_total_paise"] = 6300
    answer = await client.post(
        path, headers=headers, json=body | {"lines": [asked | {"allergies": ["gold"]}]}
    )
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "/problems/unknown-allergen")
    assert problem["allowed"] == list(ALLERGENS)
    long = [asked | {"allergies": ["nuts"] * 15}]
    answer = await client.post(path, headers=headers, json=body | {"lines": long})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    good = [asked | {"allergies": ["nuts", "milk"]}]
    answer = await client.post(path, headers=headers, json=body | {"lines": good})
    assert answer.json()["lines"][0]["allergies"] == ["milk", "nuts"]
    assert answer.json()["lines"][0]["allergens"] == []


async def test_bills_are_found_by_state(desk: Desk, get: Get) -> None:
    _, order = await desk.place(guest(None), line())
    _, gone = await desk.place(guest(None), line())
    await service.cancel(desk.ctx, manager(), UUID(gone["id"]), None)
    for status, bills in (("open", [order["bill_id"]]), ("voided", [gone["bill_id"]]), ("closed", [])):
        assert [bill["id"] for bill in (await get(waiter(), "/api/bills", status=status))["items"]] == bills


async def test_a_new_code_ends_the_old_one(desk: Desk, client: httpx.AsyncClient, get: Get) -> None:
    await tables.ensure_tables(desk.ctx, 1, [("t1", "Table 1", "Hall", 4), ("t2", "Table 2", "Hall", 2)])
    code = {row["table"]: row["url"].split("table=")[1] for row in await get(manager(), "/api/tables/codes")}
    headers = {"Authorization": f"Bearer {desk.ctx.get(Tokens).issue(manager(), 60)}"}
    answer = await client.post(f"/api/tables/{TABLE}/code", headers=headers)
    assert answer.status_code == 201
    new = answer.json()["url"].split("table=")[1]
    assert new != code["Table 1"]

    async def scan(text: str) -> tuple[int, Any]:
        scanned = await client.post("/api/sessions", json={"table_code": text})
        return scanned.status_code, scanned.json()

    assert (await scan(code["Table 1"]))[0] == 404
    status, session = await scan(new)
    assert (status, session["table"]) == (201, {"id": str(TABLE), "name": "Table 1"})
    assert (await scan(code["Table 2"]))[0] == 201, "the other table's still works"
    printed = {
        row["table"]: row["url"].split("table=")[1] for row in await get(manager(), "/api/tables/codes")
    }
    assert printed == code | {"Table 1": new}
    assert (await scan(code["Table 1"]))[0] == 404, "also after all codes were read again"
    await tables.ensure_tables(desk.ctx, 1, [("t1", "Table 1", "Hall", 4)])
    assert [(await scan(text))[0] for text in (code["Table 1"], new)] == [404, 201], (
        "nor does a second set-up"
    )


async def test_a_guests_token_is_renewed_for_the_same_session(desk: Desk, client: httpx.AsyncClient) -> None:
    who = guest()
    await desk.sit(who)
    headers = {"Authorization": f"Bearer {desk.ctx.get(Tokens).issue(who, 60)}"}
    answer = await client.post("/api/sessions/refresh", headers=headers)
    assert answer.status_code == 200
    session = answer.json()
    assert (session["session_id"], session["table"]["id"], session["type"]) == (
        str(who.session_id),
        str(TABLE),
        "dine_in",
    )
    assert desk.ctx.get(Tokens).read(session["token"]).session_id == who.session_id


async def test_the_floor_plan_says_where_money_is_due_and_who_waits(desk: Desk, get: Get) -> None:
    async def at(table: UUID) -> Any:
        plan = await get(waiter(), "/api/tables")
        assert plan["next"] is None
        return next(found for found in plan["items"] if found["id"] == str(table))

    assert ((await at(TABLE))["state"], (await at(TABLE))["bill"]) == ("free", None)
    who = guest()
    _, order = await desk.place(who, line())
    table = await at(TABLE)
    assert (table["state"], table["to_approve"], table["ready"]) == ("occupied", 0, 0)
    assert (table["bill"]["due_paise"], table["bill"]["payment_status"]) == (6300, "unpaid")
    await desk.owner.execute("UPDATE orders.bill SET paid_paise = 100")
    assert (await at(TABLE))["bill"]["payment_status"] == "partly_paid"
    await desk.owner.execute("UPDATE orders.bill SET paid_paise = 6400")
    assert ((await at(TABLE))["bill"]["due_paise"], (await at(TABLE))["bill"]["payment_status"]) == (
        0,
        "overpaid",
    )
    await desk.owner.execute("UPDATE orders.bill SET paid_paise = 100")
    await service.call_waiter(desk.ctx, who, UUID(order["bill_id"]), "help")
    table = await at(TABLE)
    assert (table["state"], table["attention"]["reason"]) == ("attention", "help")
    assert (await at(OTHER_TABLE))["state"] == "free"
    await desk.owner.execute("UPDATE orders.orders SET status = 'ready'")
    assert (await at(TABLE))["ready"] == 1
    await desk.setting(approve_first_order=True)
    await desk.place(guest(OTHER_TABLE), line())
    assert ((await at(OTHER_TABLE))["state"], (await at(OTHER_TABLE))["to_approve"]) == ("attention", 1)


async def test_a_document_is_listed_for_managers_and_read_by_whoever_has_its_link(
    desk: Desk, get: Get, client: httpx.AsyncClient
) -> None:
    who = guest(None)
    _, order = await desk.place(who, line(COLA_1))
    async with desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        await api.apply_capture(tx, due, due.due_paise, uuid4(), method="upi")
    (listed,) = (await get(manager(), "/api/documents", kind="tax_invoice"))["items"]
    assert (listed["bill_id"], listed["total_paise"], listed["kind"]) == (
        order["bill_id"],
        6300,
        "tax_invoice",
    )
    own = (await get(who, f"/api/bills/{order['bill_id']}"))["documents"]
    assert [(each["number"], each["url"]) for each in own] == [(listed["number"], listed["url"])]
    whole = await get(waiter(), f"/api/documents/{listed['id']}")
    assert whole["number"] == listed["number"] and whole["lines"][0]["name"] == "Cola"

    page = await client.get(listed["url"])
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert listed["number"] in page.text and "Original for recipient" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "private, no-store"
    assert "Duplicate" in (await client.get(listed["url"], params={"copy": "duplicate"})).text

    unknown = await client.get("/documents/nothing")
    assert unknown.status_code == 404 and "No such document" in unknown.text
    headers = {"Authorization": f"Bearer {desk.ctx.get(Tokens).issue(who, 60)}"}
    for path in ("/api/documents", f"/api/documents/{listed['id']}"):
        assert (await client.get(path, headers=headers)).status_code == 403
    assert (await client.post(f"/api/documents/{listed['id']}/reprint", headers=headers)).status_code == 403
