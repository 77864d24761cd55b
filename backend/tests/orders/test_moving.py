"""A party goes to another table: what moves with it, what it may go on doing, and undoing it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from rasoi.orders import seating
from tests.orders.conftest import OTHER_TABLE, TABLE, waiter
from tests.orders.test_seating import BILLED, Floor, Json
from tests.orders.test_seating import floor as floor

THIRD = UUID(int=33)


async def move(floor: Floor, table: UUID = TABLE, to: UUID = OTHER_TABLE) -> Json:
    done: Json = await floor.do(waiter(), "POST", f"/api/tables/{table}/move", {"table_id": str(to)})
    return done


async def undo(floor: Floor, done: Json) -> Any:
    return await floor.ask(waiter(), "POST", f"/api/tables/rearrangements/{done['id']}/undo")


async def third_table(floor: Floor) -> None:
    await floor.desk.owner.execute(
        "INSERT INTO orders.dining_table (outlet_id, id, code, name, qr_hash) VALUES (1, $1, 't3', 'Table 3', 'c')",
        THIRD,
    )


async def test_a_party_takes_bills_orders_and_phones_along(floor: Floor) -> None:
    code = await floor.code()
    host, _ = await floor.scan(code)
    joiner, _ = await floor.scan(code)
    order = await floor.order(host)
    done = await move(floor)
    assert (done["kind"], done["from_table"]["name"], done["to_table"]["name"], done["by"]) == (
        "move",
        "Table 1",
        "Table 2",
        "Asha",
    )
    here, there = await floor.at(TABLE), await floor.at(OTHER_TABLE)
    assert (here["state"], here["bills"], here["sitting"]) == ("free", [], None)
    assert (there["bill"]["id"], there["sitting"]["table"]["name"]) == (order["bill_id"], "Table 2")
    assert [each["session_id"] for each in there["sitting"]["waiting"]] == [str(joiner.session_id)]
    bill = await floor.do(host, "GET", f"/api/bills/{order['bill_id']}")
    assert bill["table"]["name"] == bill["orders"][0]["table"]["name"] == "Table 2"
    seen = await floor.do(host, "GET", "/api/sessions/current")
    assert (seen["state"], seen["table"]["name"]) == ("seated", "Table 2"), (
        "though the token names the old table"
    )
    second = await floor.order(host)
    assert (second["bill_id"], second["table"]["name"]) == (order["bill_id"], "Table 2")
    refreshed = await floor.do(host, "POST", "/api/sessions/refresh")
    assert (refreshed["table"]["name"], refreshed["state"]) == ("Table 2", "seated")
    third = await floor.order(floor.tokens.read(refreshed["token"]))
    assert (third["bill_id"], third["table"]["name"]) == (order["bill_id"], "Table 2")
    log = await floor.desk.owner.fetchval("SELECT action FROM staff.audit ORDER BY id DESC LIMIT 1")
    assert log == "sitting.move"


async def test_screens_and_kitchen_are_told_under_the_next_versions(floor: Floor) -> None:
    host, _ = await floor.scan(await floor.code())
    order = await floor.order(host)
    before = len(await floor.desk.log())
    await move(floor)
    told = (await floor.desk.log())[before:]
    sitting = str((await floor.at(OTHER_TABLE))["sitting"]["id"])
    assert told == [
        ("rasoi.order.moved.v1", order["id"], 2),
        ("rasoi.bill.changed.v1", order["bill_id"], 1),
        ("rasoi.sitting.changed.v1", sitting, 2),
    ]
    sql = "SELECT data->>'table' FROM orders.outbox WHERE type = 'rasoi.order.moved.v1'"
    assert await floor.desk.owner.fetchval(sql) == "Table 2"


async def test_the_old_table_is_for_others_at_once(floor: Floor) -> None:
    code = await floor.code()
    host, _ = await floor.scan(code)
    order = await floor.order(host)
    await move(floor)
    stranger, state = await floor.scan(code)
    assert state == "seated"
    other = await floor.order(stranger)
    assert (other["table"]["name"], other["bill_id"] != order["bill_id"]) == ("Table 1", True)
    again = await floor.order(host)
    assert (again["table"]["name"], again["bill_id"]) == ("Table 2", order["bill_id"])


async def test_a_renewed_code_counts_where_they_sit_now(floor: Floor) -> None:
    host, _ = await floor.scan(await floor.code())
    await move(floor)
    await floor.code(TABLE)
    assert await floor.state(host) == "seated"
    await floor.code(OTHER_TABLE)
    assert await floor.state(host) == "renewed"
    await move(floor, OTHER_TABLE, TABLE)
    assert await floor.state(host) == "renewed", "it had to scan again before"


async def test_paid_bills_stay_where_they_were_unless_they_are_still_cooked(floor: Floor) -> None:
    await floor.desk.setting(dine_in_payment="prepaid")
    host, _ = await floor.scan(await floor.code())
    cooking, eaten = await floor.order(host), await floor.order(host)
    await floor.pay(cooking)
    await floor.pay(eaten)
    await floor.desk.owner.execute(
        "UPDATE orders.orders SET status = 'completed' WHERE id = $1", UUID(eaten["id"])
    )
    await move(floor)
    tables = [
        (await floor.do(host, "GET", f"/api/orders/{order['id']}"))["table"]["name"]
        for order in (cooking, eaten)
    ]
    assert tables == ["Table 2", "Table 1"]
    documents = await floor.desk.owner.fetch("SELECT body::jsonb->>'table' AS name FROM orders.document")
    assert {row["name"] for row in documents} == {"Table 1"}


@pytest.mark.parametrize("seated", ["guest", "staff"])
async def test_a_seated_table_is_refused(floor: Floor, seated: str) -> None:
    await floor.scan(await floor.code())
    if seated == "guest":
        await floor.scan(await floor.code(OTHER_TABLE))
    else:
        await floor.do(waiter(), "POST", f"/api/tables/{OTHER_TABLE}/seat", {"covers": 2})
    answer = await floor.ask(waiter(), "POST", f"/api/tables/{TABLE}/move", {"table_id": str(OTHER_TABLE)})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/table-taken")
    assert (await floor.at())["state"] == "occupied"


async def test_what_can_not_be_moved(floor: Floor) -> None:
    path = f"/api/tables/{TABLE}/move"
    nobody = await floor.ask(waiter(), "POST", path, {"table_id": str(OTHER_TABLE)})
    assert (nobody.status_code, nobody.json()["type"]) == (409, "/problems/nobody-seated")
    await floor.scan(await floor.code())
    assert (await floor.ask(waiter(), "POST", path, {"table_id": str(uuid4())})).status_code == 404
    assert (await floor.ask(waiter(), "POST", path, {"table_id": str(TABLE)})).status_code == 409


async def test_undoing_brings_them_back_with_what_they_ordered_since(floor: Floor) -> None:
    host, _ = await floor.scan(await floor.code())
    first = await floor.order(host)
    done = await move(floor)
    second = await floor.order(host)
    back = await undo(floor, done)
    assert (back.status_code, back.json()["undone_by"]) == (200, "Asha")
    at = await floor.at(TABLE)
    assert at["bill"]["id"] == first["bill_id"] and (await floor.at(OTHER_TABLE))["state"] == "free"
    for order in (first, second):
        assert (await floor.do(host, "GET", f"/api/orders/{order['id']}"))["table"]["name"] == "Table 1"
    again = await undo(floor, done)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/cant-undo")
    listed = await floor.do(waiter(), "GET", f"/api/tables/rearrangements?sitting_id={at['sitting']['id']}")
    assert [(each["id"], each["undone_at"] is None) for each in listed["items"]] == [(done["id"], False)]


async def test_a_move_before_the_last_one_is_not_undone(floor: Floor) -> None:
    await third_table(floor)
    await floor.scan(await floor.code())
    first = await move(floor)
    last = await move(floor, OTHER_TABLE, THIRD)
    await move_back_refused(floor, first)
    assert (await undo(floor, last)).status_code == 200
    assert (await undo(floor, first)).status_code == 200
    assert (await floor.at(TABLE))["state"] == "occupied"


async def test_who_came_back_by_another_move_undoes_that_one_first(floor: Floor) -> None:
    await third_table(floor)
    await floor.scan(await floor.code())
    first = await move(floor)
    await move(floor, OTHER_TABLE, THIRD)
    last = await move(floor, THIRD, OTHER_TABLE)
    answer = await undo(floor, first)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "They were moved again since. Undo that first.",
    )
    assert (await undo(floor, last)).status_code == 200


async def test_an_order_that_is_over_is_not_moved(floor: Floor) -> None:
    host, _ = await floor.scan(await floor.code())
    over, live = await floor.order(host), await floor.order(host)
    await floor.desk.owner.execute(
        "UPDATE orders.orders SET status = 'cancelled' WHERE id = $1", UUID(over["id"])
    )
    await move(floor)
    told = [each[1] for each in await floor.desk.log() if each[0] == "rasoi.order.moved.v1"]
    assert told == [live["id"]]
    assert (await floor.do(host, "GET", f"/api/orders/{over['id']}"))["table"]["name"] == "Table 1"


async def move_back_refused(floor: Floor, done: Json) -> None:
    answer = await undo(floor, done)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/cant-undo")


async def test_undo_is_refused_when_they_left_or_the_table_is_taken(floor: Floor) -> None:
    code = await floor.code()
    await floor.scan(code)
    done = await move(floor)
    await floor.scan(code)
    taken = await undo(floor, done)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/table-taken")
    assert (await floor.clear(OTHER_TABLE)).status_code == 200
    await move_back_refused(floor, done)


async def test_the_same_key_moves_once(floor: Floor) -> None:
    await floor.scan(await floor.code())
    who, key = waiter(), str(uuid4())
    headers = {"Idempotency-Key": key, "Authorization": f"Bearer {floor.tokens.issue(who, 3600)}"}
    path, body = f"/api/tables/{TABLE}/move", {"table_id": str(OTHER_TABLE)}
    answers = [await floor.client.post(path, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert await floor.desk.owner.fetchval("SELECT count(*) FROM orders.rearrangement") == 1


async def test_many_at_once_leave_one_party_at_a_table(floor: Floor) -> None:
    """Moves, scans and orders at the same time: no table has two parties, no party two tables, no order is lost."""
    await third_table(floor)
    code, other = await floor.code(), await floor.code(OTHER_TABLE)
    host, _ = await floor.scan(code)
    await floor.order(host)
    tables = (TABLE, OTHER_TABLE, THIRD)
    moves = [
        floor.ask(waiter(), "POST", f"/api/tables/{a}/move", {"table_id": str(b)})
        for a in tables
        for b in tables
        if a != b
    ]
    quote = await floor.do(host, "POST", "/api/orders/quote", BILLED)
    body = BILLED | {"expected_total_paise": quote["totals"]["total_paise"]}
    orders = [floor.ask(host, "POST", "/api/orders", body) for _ in range(4)]
    scans = [floor.ask(None, "POST", "/api/sessions", {"table_code": each}) for each in (code, other)]
    ends = [asyncio.create_task(seating.end_idle(floor.desk.ctx)) for _ in range(2)]
    answers = await asyncio.gather(*moves, *orders, *scans)
    await asyncio.gather(*ends)
    assert {answer.status_code for answer in answers} <= {200, 201, 409, 503}
    rows = await floor.desk.owner.fetch(
        """SELECT b.id, b.table_id AS bill_at, s.table_id AS party_at, array_agg(DISTINCT o.table_id) AS orders_at
        FROM orders.bill b JOIN orders.sitting s ON s.id = b.sitting_id JOIN orders.orders o ON o.bill_id = b.id
        GROUP BY 1, 2, 3"""
    )
    assert rows and all(row["orders_at"] == [row["bill_at"]] == [row["party_at"]] for row in rows)
    placed = sum(answer.status_code == 201 for answer in answers[len(moves) : len(moves) + 4])
    assert await floor.desk.owner.fetchval("SELECT count(*) FROM orders.orders") == 1 + placed
    assert await floor.desk.owner.fetchval("SELECT count(*) FROM orders.bill") == 1
