"""Sittings: who sits down, who is let in, what a session may do and for how long, and what clearing a table ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from rasoi.orders import api, seating
from rasoi.orders import seating_repository as rows
from rasoi.orders.routes import ROUTES
from rasoi.platform import http
from rasoi.platform.auth import Principal, Tokens
from rasoi.staff.api import outlet as read_outlet
from tests.lifts import is_used, lift
from tests.orders.conftest import COLA_1, KULFI_1, OTHER_TABLE, TABLE, Desk, guest, waiter
from tests.support import asgi_transport

Json = dict[str, Any]
BILLED = {"type": "dine_in", "lines": [{"variant_id": str(COLA_1), "quantity": 1}]}


def manager() -> Principal:
    return Principal(kind="staff", id=uuid4(), outlet_id=1, role="manager", session_id=uuid4(), name="Meera")


class Floor:
    """Tables over HTTP, as guests and staff use them."""

    def __init__(self, desk: Desk, client: httpx.AsyncClient) -> None:
        self.desk, self.client = desk, client
        self.tokens = desk.ctx.get(Tokens)

    async def ask(
        self, who: Principal | None, method: str, path: str, body: Any = None, approval: str | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        if approval is not None:
            headers["Manager-Approval"] = approval
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens.issue(who, 3600)}"
        return await self.client.request(method, path, json=body, headers=headers)

    async def do(self, who: Principal | None, method: str, path: str, body: Any = None) -> Any:
        answer = await self.ask(who, method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def code(self, table: UUID = TABLE) -> str:
        """The code in the table's QR as it is now, made to work."""
        new = await self.do(manager(), "POST", f"/api/tables/{table}/code")
        return str(new["url"].partition("table=")[2])

    async def scan(self, code: str, known: Principal | None = None) -> tuple[Principal, str]:
        session = await self.do(known, "POST", "/api/sessions", {"table_code": code})
        return self.tokens.read(session["token"]), session["state"]

    async def state(self, who: Principal) -> str:
        return str((await self.do(who, "GET", "/api/sessions/current"))["state"])

    async def order(self, who: Principal, **more: Any) -> Json:
        quote = await self.do(who, "POST", "/api/orders/quote", BILLED)
        body = BILLED | {"expected_total_paise": quote["totals"]["total_paise"]} | more
        placed: Json = await self.do(who, "POST", "/api/orders", body)
        return placed

    async def pay(self, order: Json) -> None:
        async with self.desk.ctx.db.transaction("orders") as tx:
            due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
            assert (await api.apply_capture(tx, due, due.due_paise, uuid4())).ok

    async def clear(self, table: UUID = TABLE) -> httpx.Response:
        return await self.ask(waiter(), "POST", f"/api/tables/{table}/clear")

    async def at(self, table: UUID = TABLE) -> Json:
        plan = await self.do(waiter(), "GET", "/api/tables")
        return next(found for found in plan["items"] if found["id"] == str(table))


@pytest.fixture
async def floor(desk: Desk) -> AsyncIterator[Floor]:
    desk.ctx.register(Tokens("a secret of the tests, long enough for it"))
    app = http.application(desk.ctx, ROUTES, version="test")
    transport = asgi_transport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Floor(desk, client)


async def test_the_first_to_scan_sits_down_and_the_next_has_to_be_let_in(floor: Floor) -> None:
    code = await floor.code()
    first, state = await floor.scan(code)
    assert (state, (await floor.at())["state"]) == ("seated", "occupied")
    second, state = await floor.scan(code)
    assert state == "waiting" == await floor.state(second)
    refused = await floor.ask(second, "POST", "/api/orders/quote", BILLED)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-admitted")
    body = BILLED | {"expected_total_paise": 6300}
    assert (await floor.ask(second, "POST", "/api/orders", body)).status_code == 403
    seen = await floor.do(first, "GET", "/api/sessions/current")
    assert [each["session_id"] for each in seen["waiting"]] == [str(second.session_id)]
    assert (await floor.at())["state"] == "attention"
    let_in = await floor.do(first, "POST", f"/api/sessions/{second.session_id}/admit")
    assert let_in["admission"] == "admitted"
    assert (await floor.do(first, "GET", "/api/sessions/current"))["waiting"] == []
    order, shared = await floor.order(first), await floor.order(second)
    assert order["bill_id"] == shared["bill_id"]


@pytest.mark.parametrize(("answer", "state"), [("admit", "seated"), ("refuse", "refused")])
async def test_staff_answer_too_and_an_answer_stands(floor: Floor, answer: str, state: str) -> None:
    code = await floor.code()
    first, _ = await floor.scan(code)
    second, _ = await floor.scan(code)
    path = f"/api/sessions/{second.session_id}"
    await floor.do(waiter(), "POST", f"{path}/{answer}")
    other = await floor.do(first, "POST", f"{path}/{'refuse' if answer == 'admit' else 'admit'}")
    assert (other["admission"] == "admitted") == (state == "seated")
    assert await floor.state(second) == state
    log = await floor.desk.owner.fetchval("SELECT action FROM staff.audit ORDER BY id DESC LIMIT 1")
    assert log == f"sitting.{'admitted' if answer == 'admit' else 'refused'}"


async def test_nobody_lets_in_whom_it_does_not_concern(floor: Floor) -> None:
    code, other = await floor.code(), await floor.code(OTHER_TABLE)
    await floor.scan(code)
    joiner, _ = await floor.scan(code)
    stranger, _ = await floor.scan(other)
    path = f"/api/sessions/{joiner.session_id}/admit"
    assert (await floor.ask(stranger, "POST", path)).status_code == 404
    assert (await floor.ask(joiner, "POST", path)).status_code == 403, "not by itself"
    assert (await floor.ask(guest(None), "POST", path)).status_code == 404
    assert (await floor.ask(waiter(), "POST", f"/api/sessions/{uuid4()}/admit")).status_code == 404
    assert await floor.state(joiner) == "waiting"


async def test_the_outlet_may_let_everybody_join(floor: Floor) -> None:
    await floor.desk.setting(admit_joiners=False)
    code = await floor.code()
    first, _ = await floor.scan(code)
    second, state = await floor.scan(code)
    assert state == "seated"
    assert (await floor.order(first))["bill_id"] == (await floor.order(second))["bill_id"]


async def test_a_phone_that_scans_again_stays_what_it_was(floor: Floor) -> None:
    code = await floor.code()
    first, _ = await floor.scan(code)
    again, state = await floor.scan(code, first)
    assert (again.session_id, state) == (first.session_id, "seated")
    joiner, _ = await floor.scan(code)
    again, state = await floor.scan(code, joiner)
    assert (again.session_id, state) == (joiner.session_id, "waiting"), "scanning again lets nobody in"
    elsewhere, state = await floor.scan(await floor.code(OTHER_TABLE), first)
    assert (elsewhere.session_id != first.session_id, state) == (True, "seated")


async def test_a_waiter_seats_a_party_and_its_guests_are_let_in(floor: Floor) -> None:
    seated = await floor.do(waiter(), "POST", f"/api/tables/{TABLE}/seat", {"covers": 4})
    assert (seated["covers"], seated["opened_by"], seated["state"]) == (4, "staff", "open")
    again = await floor.do(waiter(), "POST", f"/api/tables/{TABLE}/seat", {"covers": 5})
    assert (again["id"], again["covers"]) == (seated["id"], 5)
    assert (await floor.at())["sitting"]["covers"] == 5
    _, state = await floor.scan(await floor.code())
    assert state == "waiting"
    assert (
        await floor.ask(waiter(), "POST", f"/api/tables/{uuid4()}/seat", {"covers": 2})
    ).status_code == 404
    assert (await floor.ask(waiter(), "POST", f"/api/tables/{TABLE}/seat", {"covers": 0})).status_code == 422


async def test_what_staff_order_at_a_free_table_seats_somebody(floor: Floor) -> None:
    order = await floor.order(waiter(), table_id=str(TABLE))
    seated = (await floor.at())["sitting"]
    assert (seated["opened_by"], (await floor.at())["bill"]["id"]) == ("staff", order["bill_id"])
    log = [(kind, version) for kind, subject, version in await floor.desk.log() if subject == seated["id"]]
    assert log == [("rasoi.sitting.opened.v1", 1)]
    more = await floor.order(waiter(), bill_id=order["bill_id"])
    assert more["table"]["id"] == str(TABLE)


async def test_a_table_is_cleared_once_its_bills_are_closed(floor: Floor) -> None:
    assert (await floor.clear()).json()["type"] == "/problems/nobody-seated"
    code = await floor.code()
    who, _ = await floor.scan(code)
    order = await floor.order(who)
    refused = await floor.clear()
    assert (refused.status_code, refused.json()["type"], refused.json()["due_paise"]) == (
        409,
        "/problems/bills-open",
        6300,
    )
    assert (await floor.at())["paid"] is False
    await floor.pay(order)
    assert (await floor.at())["paid"] is True
    ended = (await floor.clear()).json()
    assert (ended["state"], ended["ending"]) == ("ended", "cleared")
    assert ((await floor.at())["state"], (await floor.at())["sitting"]) == ("free", None)
    event = await floor.desk.owner.fetchval(
        "SELECT data FROM orders.outbox WHERE type = 'rasoi.sitting.ended.v1'"
    )
    assert event["ended_session_ids"] == [str(who.session_id)]


async def test_the_next_party_owes_reads_and_cancels_nothing_of_the_last(floor: Floor) -> None:
    code = await floor.code()
    gone, _ = await floor.scan(code)
    old = await floor.order(gone)
    await floor.pay(old)
    await floor.clear()
    here, state = await floor.scan(code)
    assert state == "seated"
    new = await floor.order(here)
    assert new["bill_id"] != old["bill_id"]
    for path in (f"/api/bills/{old['bill_id']}", f"/api/orders/{old['id']}"):
        assert (await floor.ask(here, "GET", path)).status_code == 404
        assert (await floor.ask(gone, "GET", path)).status_code == 200
    assert (await floor.ask(here, "POST", f"/api/orders/{old['id']}/cancel", {})).status_code == 404
    assert [bill["id"] for bill in (await floor.do(here, "GET", "/api/bills"))["items"]] == [new["bill_id"]]
    for path in (f"/api/bills/{new['bill_id']}", f"/api/orders/{new['id']}"):
        assert (await floor.ask(gone, "GET", path)).status_code == 404
    assert [bill["id"] for bill in (await floor.do(gone, "GET", "/api/bills"))["items"]] == [old["bill_id"]]


READS = ("/api/bills", "/api/orders", "/api/bills/{bill}", "/api/orders/{order}", "/api/sessions/current")
WRITES: list[tuple[str, Any]] = [
    ("/api/orders/quote", BILLED),
    ("/api/orders", BILLED | {"expected_total_paise": 6300}),
    ("/api/orders", BILLED | {"expected_total_paise": 6300, "bill_id": "{bill}"}),
    ("/api/orders/{order}/cancel", {}),
    ("/api/bills/{bill}/attention", {"reason": "help"}),
    ("/api/sessions/{joiner}/admit", None),
    ("/api/sessions/{joiner}/refuse", None),
    ("/api/sessions/refresh", None),
]


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(each, ids) for key, each in value.items()}
    return value.format(**ids) if isinstance(value, str) else value


@pytest.mark.parametrize("how", ["ended", "renewed"])
async def test_a_session_that_is_over_reads_its_own_bills_and_nothing_else(floor: Floor, how: str) -> None:
    code = await floor.code()
    who, _ = await floor.scan(code)
    order = await floor.order(who)
    joiner, _ = await floor.scan(code)
    ids = {"bill": order["bill_id"], "order": order["id"], "joiner": str(joiner.session_id)}
    for path in READS:
        assert (await floor.ask(who, "GET", path.format(**ids))).status_code == 200, path
    if how == "renewed":
        await floor.code()
    else:
        await floor.pay(order)
        assert (await floor.clear()).status_code == 200
    assert await floor.state(who) == how
    before = await floor.desk.owner.fetch("SELECT * FROM orders.orders")
    for path, body in WRITES:
        answer = await floor.ask(who, "POST", path.format(**ids), filled(body, ids))
        assert answer.status_code in (403, 404), (path, answer.text)
        if "joiner" not in path:
            assert answer.json()["type"] == "/problems/scan-again", (path, answer.text)
            assert answer.json()["state"] == how
    for path in READS:
        assert (await floor.ask(who, "GET", path.format(**ids))).status_code == 200, path
    for kind in ("bill", "order"):
        assert not await api.session_may_see(floor.desk.ctx.db, 1, who.session_id, kind, UUID(ids[kind]))
    assert await floor.desk.owner.fetch("SELECT * FROM orders.orders") == before
    assert await floor.state(joiner) != "seated"


async def test_who_scans_the_new_code_goes_on_with_the_same_session(floor: Floor) -> None:
    who, _ = await floor.scan(await floor.code())
    order = await floor.order(who)
    new = await floor.code()
    assert await floor.state(who) == "renewed"
    again, state = await floor.scan(new, who)
    assert (again.session_id, state) == (who.session_id, "seated")
    assert (await floor.order(who))["bill_id"] == order["bill_id"]
    stranger, state = await floor.scan(new)
    assert state == "waiting" and stranger.session_id != who.session_id


async def test_a_session_that_we_do_not_know_may_nothing(floor: Floor) -> None:
    body = BILLED | {"expected_total_paise": 6300}
    answer = await floor.ask(guest(), "POST", "/api/orders", body)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scan-again")


async def test_of_a_sitting_hear_those_who_belong_to_it(floor: Floor) -> None:
    code = await floor.code()
    who, _ = await floor.scan(code)
    joiner, _ = await floor.scan(code)
    other, _ = await floor.scan(await floor.code(OTHER_TABLE))
    sitting = UUID((await floor.at())["sitting"]["id"])

    async def hears(session: Principal) -> bool:
        return await api.session_may_see(floor.desk.ctx.db, 1, session.session_id, "sitting", sitting)

    assert [await hears(each) for each in (who, joiner, other, guest(None))] == [True, True, False, False]
    await floor.do(who, "POST", f"/api/sessions/{joiner.session_id}/refuse")
    assert not await hears(joiner)
    await floor.clear()
    assert not await hears(who)


async def test_a_party_that_left_without_paying(floor: Floor) -> None:
    code = await floor.code()
    gone, _ = await floor.scan(code)
    served, cooking = await floor.order(gone), await floor.order(gone)
    await floor.desk.owner.execute("UPDATE orders.orders SET status = 'served' WHERE id = $1", served["id"])
    path = f"/api/tables/{TABLE}/walk-out"
    assert (await floor.ask(waiter(), "POST", path, {"reason": "gone"})).status_code == 403
    assert (await floor.ask(manager(), "POST", path, {})).status_code in (400, 422)
    left = await floor.do(manager(), "POST", path, {"reason": "they ran"})
    assert (left["ending"], (await floor.at())["state"]) == ("walk_out", "free")
    bill = await floor.do(manager(), "GET", f"/api/bills/{served['bill_id']}")
    assert (bill["status"], bill["due_paise"], bill["walked_out_at"] is None) == ("open", 12600, False)
    asked = {order["id"]: order["cancel_requested"] for order in bill["orders"]}
    assert asked == {served["id"]: False, cooking["id"]: True}
    listed = await floor.do(manager(), "GET", "/api/bills?walked_out=true&status=open")
    assert [each["id"] for each in listed["items"]] == [bill["id"]]
    assert (await floor.do(manager(), "GET", "/api/bills?walked_out=false"))["items"] == []
    here, state = await floor.scan(code)
    assert state == "seated"
    new = await floor.order(here)
    assert new["bill_id"] != bill["id"]
    assert (await floor.at())["bill"]["due_paise"] == 6300
    for who in (here, waiter()):
        body = BILLED | {"expected_total_paise": 6300, "bill_id": bill["id"], "table_id": str(TABLE)}
        assert (await floor.ask(who, "POST", "/api/orders", body)).json()["type"] == "/problems/unknown-bill"
    await floor.pay(served)
    assert (await floor.do(manager(), "GET", f"/api/bills/{bill['id']}"))["status"] == "closed"


async def test_what_nobody_makes_yet_is_cancelled_when_they_leave(floor: Floor) -> None:
    await floor.desk.setting(dine_in_payment="prepaid")
    who, _ = await floor.scan(await floor.code())
    order = await floor.order(who)
    assert order["status"] == "awaiting_payment"
    assert (await floor.clear()).json()["type"] == "/problems/bills-open"
    await floor.do(manager(), "POST", f"/api/tables/{TABLE}/walk-out", {"reason": "nobody there"})
    bill = await floor.do(manager(), "GET", f"/api/bills/{order['bill_id']}")
    assert (bill["status"], bill["orders"][0]["status"]) == ("voided", "cancelled")
    assert (await floor.do(manager(), "GET", "/api/bills?walked_out=true"))["items"] == []


async def test_a_walk_out_is_written_off_with_a_reason(floor: Floor) -> None:
    who, _ = await floor.scan(await floor.code())
    order = await floor.order(who)
    path = f"/api/bills/{order['bill_id']}/write-off"
    assert (await floor.ask(manager(), "POST", path, {"reason": "x"})).status_code == 409, (
        "they still sit there"
    )
    await floor.do(manager(), "POST", f"/api/tables/{TABLE}/walk-out", {"reason": "they ran"})
    assert (await floor.ask(manager(), "POST", path, {"reason": "x"})).status_code == 409, "it is being made"
    await floor.desk.owner.execute("UPDATE orders.orders SET status = 'served'")
    assert (await floor.ask(waiter(), "POST", path, {"reason": "x"})).status_code == 403
    up_to = {"allowed": True, "limit_paise": 6299}
    floor.desk.ctx.get(Tokens).rights.take(1, 1, {"waiter": {"write_off": up_to}})
    above = await floor.ask(waiter(), "POST", path, {"reason": "x"})
    assert (above.status_code, above.json()["amount_paise"]) == (403, 6300)
    made_up = await floor.ask(waiter(), "POST", path, {"reason": "x"}, "made up")
    assert (made_up.status_code, made_up.json()["type"]) == (403, "/problems/approval-not-valid")
    bill = await floor.do(manager(), "POST", path, {"reason": "not worth it"})
    assert (bill["status"], bill["due_paise"], bill["orders"][0]["status"]) == ("written_off", 0, "completed")
    assert (await floor.ask(manager(), "POST", path, {"reason": "x"})).status_code == 409
    audit = await floor.desk.owner.fetchrow("SELECT action, detail FROM staff.audit ORDER BY id DESC LIMIT 1")
    assert (audit["action"], audit["detail"]) == (
        "bill.write_off",
        {"table": "Table 1", "reason": "not worth it", "due_paise": 6300},
    )
    async with floor.desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        assert (due.due_paise, (await api.apply_capture(tx, due, 6300, uuid4())).ok) == (0, False)
    kinds = [kind for kind, subject, _ in await floor.desk.log() if subject == order["bill_id"]]
    assert kinds == ["rasoi.bill.changed.v1", "rasoi.bill.written_off.v1"]


async def test_a_waiter_writes_off_by_an_approval_of_what_is_due(floor: Floor) -> None:
    guest, _ = await floor.scan(await floor.code())
    order = await floor.order(guest)
    await floor.do(manager(), "POST", f"/api/tables/{TABLE}/walk-out", {"reason": "they ran"})
    await floor.desk.owner.execute("UPDATE orders.orders SET status = 'served'")
    who, path = waiter(), f"/api/bills/{order['bill_id']}/write-off"
    little = await lift(floor.desk.owner, who, "write_off", order["bill_id"], 6299, token="little")
    assert (await floor.ask(who, "POST", path, {"reason": "x"}, little)).status_code == 403
    token = await lift(floor.desk.owner, who, "write_off", order["bill_id"], 6300)
    assert (await floor.ask(who, "POST", path, {"reason": "x"}, token)).status_code == 200
    assert await is_used(floor.desk.owner)
    said = await floor.desk.owner.fetchval("SELECT detail FROM staff.audit WHERE action = 'bill.write_off'")
    assert said["approved_by"] == "Binod"


@pytest.mark.parametrize("kind", ["paid", "nothing ordered", "owing", "being made"])
async def test_a_sitting_ends_when_its_time_after_the_last_payment_is_over(floor: Floor, kind: str) -> None:
    who, _ = await floor.scan(await floor.code())
    if kind != "nothing ordered":
        order = await floor.order(who)
        if kind != "owing":
            await floor.pay(order)
        if kind == "paid":
            await floor.desk.owner.execute("UPDATE orders.orders SET status = 'completed'")
    await floor.desk.owner.execute("UPDATE orders.sitting SET opened_at = now() - interval '59 minutes'")
    await floor.desk.owner.execute("UPDATE orders.bill SET closed_at = now() - interval '59 minutes'")
    await seating.end_idle(floor.desk.ctx)
    assert await floor.state(who) == "seated"
    await floor.desk.owner.execute("UPDATE orders.sitting SET opened_at = now() - interval '61 minutes'")
    await seating.end_idle(floor.desk.ctx)
    assert await floor.state(who) == ("ended" if kind == "nothing ordered" else "seated")
    await floor.desk.owner.execute(
        "UPDATE orders.bill SET closed_at = now() - interval '61 minutes' WHERE status = 'closed'"
    )
    await seating.end_idle(floor.desk.ctx)
    assert await floor.state(who) == ("ended" if kind in ("paid", "nothing ordered") else "seated")


async def test_the_outlet_says_how_long_that_is(floor: Floor) -> None:
    await floor.desk.setting(sitting_timeout_s=120)
    assert (await read_outlet(floor.desk.ctx.db, 1)).sitting_timeout_s == 120
    who, _ = await floor.scan(await floor.code())
    await floor.desk.owner.execute("UPDATE orders.sitting SET opened_at = now() - interval '121 seconds'")
    await seating.end_idle(floor.desk.ctx)
    assert await floor.state(who) == "ended"


async def test_money_that_comes_after_the_table_was_cleared_goes_back(floor: Floor) -> None:
    await floor.desk.setting(dine_in_payment="prepaid")
    who, _ = await floor.scan(await floor.code())
    order = await floor.order(who)
    async with floor.desk.ctx.db.transaction("orders") as tx:
        await api.expire_unpaid(tx, 1, UUID(order["bill_id"]))
    assert (await floor.clear()).status_code == 200
    async with floor.desk.ctx.db.transaction("orders") as tx:
        due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
        assert not (await api.apply_capture(tx, due, 6300, uuid4())).ok


async def test_a_sittings_versions_are_gapless_and_only_one_party_sits_at_a_table(floor: Floor) -> None:
    code = await floor.code()
    for _ in range(3):
        first, _ = await floor.scan(code)
        second, _ = await floor.scan(code)
        await floor.do(first, "POST", f"/api/sessions/{second.session_id}/admit")
        await floor.do(waiter(), "POST", f"/api/tables/{TABLE}/seat", {"covers": 2})
        await floor.clear()
    versions: dict[str, list[int]] = {}
    for kind, subject, version in await floor.desk.log():
        if kind.startswith("rasoi.sitting"):
            versions.setdefault(subject, []).append(version)
    assert list(versions.values()) == [[1, 2, 3, 4, 5]] * 3
    stored = await floor.desk.owner.fetch("SELECT version FROM orders.sitting")
    assert [row["version"] for row in stored] == [5, 5, 5]


# two at once


async def test_of_two_first_scans_one_sits_down(floor: Floor) -> None:
    code = await floor.code()
    for _ in range(5):
        scans = await asyncio.gather(*(floor.scan(code) for _ in range(6)))
        assert sorted(state for _, state in scans) == ["seated", *["waiting"] * 5]
        assert (await floor.clear()).status_code == 200
    assert await floor.desk.owner.fetchval("SELECT count(*) FROM orders.sitting") == 5


async def test_who_scans_while_the_table_is_cleared_joins_no_one_who_left(floor: Floor) -> None:
    code = await floor.code()
    for _ in range(10):
        await floor.scan(code)
        (joiner, state), cleared = await asyncio.gather(floor.scan(code), floor.clear())
        assert cleared.status_code == 200
        now = await floor.state(joiner)
        assert (state, now) in (("seated", "seated"), ("waiting", "ended"))
        if now == "seated":
            assert (await floor.clear()).status_code == 200


async def test_an_order_and_the_clearing_of_its_table_exclude_each_other(floor: Floor) -> None:
    code = await floor.code()
    seen = set()
    for _ in range(20):
        who, _ = await floor.scan(code)
        body = BILLED | {"expected_total_paise": 6300}
        placed, cleared = await asyncio.gather(floor.ask(who, "POST", "/api/orders", body), floor.clear())
        seen.add((placed.status_code, cleared.status_code))
        assert (placed.status_code, cleared.status_code) in ((201, 409), (403, 200))
        if placed.status_code == 201:
            await floor.pay(placed.json())
            assert (await floor.clear()).status_code == 200
    stray = await floor.desk.owner.fetchval(
        """SELECT count(*) FROM orders.bill b JOIN orders.sitting s ON s.id = b.sitting_id
        WHERE s.ended_at IS NOT NULL AND b.status = 'open'"""
    )
    assert (stray, len(seen) >= 1) == (0, True)


async def test_staff_at_two_tablets_open_one_sitting_with_one_bill(floor: Floor) -> None:
    orders = await asyncio.gather(*(floor.order(waiter(), table_id=str(TABLE)) for _ in range(8)))
    assert len({order["bill_id"] for order in orders}) == 1
    assert await floor.desk.owner.fetchval("SELECT count(*) FROM orders.sitting") == 1


async def test_late_money_and_the_clearing_of_the_table_at_once(floor: Floor) -> None:
    """Either the order comes back into a sitting that goes on, or its money goes back."""
    await floor.desk.setting(dine_in_payment="prepaid")
    code = await floor.code()

    async def late(order: Json) -> bool:
        async with floor.desk.ctx.db.transaction("orders") as tx:
            due = await api.lock_due(tx, 1, UUID(order["bill_id"]))
            return (await api.apply_capture(tx, due, 6300, uuid4())).ok

    for _ in range(10):
        who, _ = await floor.scan(code)
        order = await floor.order(who)
        async with floor.desk.ctx.db.transaction("orders") as tx:
            await api.expire_unpaid(tx, 1, UUID(order["bill_id"]))
        came_back, cleared = await asyncio.gather(late(order), floor.clear())
        status = await floor.desk.owner.fetchval(
            "SELECT status FROM orders.orders WHERE id = $1", order["id"]
        )
        assert (status == "confirmed") == came_back
        assert cleared.status_code == 200, "a settled bill is no bar"


async def test_the_rooms_that_ask_of_sessions_may(floor: Floor, as_room: Any) -> None:
    who, _ = await floor.scan(await floor.code())
    payments = await as_room("payments")
    assert await rows.session_state(payments, 1, who.session_id) == "seated"
    sitting = UUID((await floor.at())["sitting"]["id"])
    async with payments.transaction("payments") as tx:
        assert await rows.hold_sitting(tx, 1, sitting)
        await rows.session_state(tx, 1, who.session_id, lock=True)


async def test_a_kulfi_of_those_who_left_is_for_sale_again(floor: Floor) -> None:
    await floor.desk.setting(dine_in_payment="prepaid")
    who, _ = await floor.scan(await floor.code())
    body = {"type": "dine_in", "lines": [{"variant_id": str(KULFI_1), "quantity": 3}]}
    quote = await floor.do(who, "POST", "/api/orders/quote", body)
    await floor.do(
        who, "POST", "/api/orders", body | {"expected_total_paise": quote["totals"]["total_paise"]}
    )
    reserved = "SELECT reserved_milli FROM inventory.stock"
    assert await floor.desk.owner.fetchval(reserved) == 3000
    await floor.do(manager(), "POST", f"/api/tables/{TABLE}/walk-out", {"reason": "nobody there"})
    assert await floor.desk.owner.fetchval(reserved) == 0
