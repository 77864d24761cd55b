"""Two outlets on one platform: no answer of a GET route tells anything of the other one."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from rasoi.orders.tables import new_guest
from rasoi.platform.auth import Principal, Tokens
from tests import test_app
from tests.payments.closed_days import keep_report
from tests.test_app import MATRIX, G, K, M, O, Running, W, eventually, order_for
from tests.test_lists import NEEDED

running, dish = test_app.running, test_app.dish
# the same for everybody, or found by whoever holds the unguessable link or the device's token
NOT_OF_AN_OUTLET = {
    *("/health/live", "/health/ready", "/metrics", "/api/build", "/api/asyncapi.json"),
    *("/api/payments/online", "/documents/{token:str}", "/api/staff/login/people"),
}
GETS = sorted(path for method, path in MATRIX if method == "GET" and path not in NOT_OF_AN_OUTLET)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECOND = """
INSERT INTO staff.outlet (id, name) VALUES (2, 'The other house');
INSERT INTO menu.outlet_menu (outlet_id, version) VALUES (2, 1);
"""
STRANGE = """
INSERT INTO payments.webhook (provider, event_id, headers, body, state, outcome, next_try_at, outlet_id)
VALUES ('razorpay', $1, '{}', '', 'parked', 'a mark', NULL, $3);
INSERT INTO payments.unmatched (provider, provider_payment_id, provider_order_id, amount_paise, currency, reason, outlet_id)
VALUES ('razorpay', $2, 'order_x', 100, 'INR', 'a mark', $3);
"""


def caller(running: Running, outlet_id: int, role: str) -> dict[str, str]:
    guest = new_guest(outlet_id, None)
    staff = Principal(kind="staff", id=uuid7(), outlet_id=outlet_id, role=role, session_id=uuid7(), name="T")
    token = running.ctx.get(Tokens).issue(guest if role == G else staff, 60)
    return {"Authorization": f"Bearer {token}", "X-Request-ID": "the-same-for-all"}


async def strange_money(running: Running, outlet_id: int | None) -> tuple[str, str]:
    """A parked webhook and unmatched money of an outlet, or of none."""
    names = f"evt_{uuid4().hex}", f"pay_{uuid4().hex}"
    for sql in filter(str.strip, STRANGE.split(";")):
        used = [value for n, value in enumerate((*names, outlet_id), 1) if f"${n}" in sql]
        for n, old in enumerate(sorted(set(re.findall(r"\$\d", sql))), 1):
            sql = sql.replace(old, f"${n}")
        await running.ctx.db.execute(sql, *used)
    return names


async def business(running: Running, dish: dict[str, Any]) -> dict[str, Any]:
    """Everything that an outlet's day brings: orders, cash, a refund, documents, a walk-out, a move, stock, strange money."""

    async def ask(method: str, path: str, role: str, body: Any = None) -> Any:
        answer = await running.ask(method, path, role, key=str(uuid4()), json=body)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json()

    asked = {k: v for k, v in order_for(dish).items() if k != "expected_total_paise"}
    quote = await ask("POST", "/api/orders/quote", W, asked)
    total = quote["totals"]["total_paise"]
    order = await ask("POST", "/api/orders", W, asked | {"expected_total_paise": total})
    due = {"amount_paise": quote["bill"]["payable_paise"], "tendered_paise": 1_000_00}
    paid = await ask("POST", "/api/payments/confirm-cash", W, due | {"order_id": order["id"]})
    table, free = (await ask("GET", "/api/tables", W))["items"][:2]
    here = asked | {"type": "dine_in", "table_id": table["id"], "expected_total_paise": total}
    eaten = await ask("POST", "/api/orders", W, here)
    await ask("POST", f"/api/bills/{eaten['bill_id']}/attention", W, {"reason": "help"})

    async def cooked() -> bool:
        tickets = (await ask("GET", f"/api/kitchen/boards/{dish['station']}", K))["tickets"]
        for ticket in tickets:  # the one for the table stays ready
            for action in ("bump", "serve") if ticket["order_id"] == order["id"] else ("bump",):
                one = {"action_id": str(uuid4()), "action": action, "ticket_id": ticket["id"]}
                await ask("POST", "/api/kitchen/actions", K, {"actions": [one]})
        now: str = (await ask("GET", f"/api/orders/{order['id']}", W))["status"]
        return now == "completed"

    await eventually(cooked)
    await ask("POST", f"/api/payments/{paid['id']}/refund", M, {"amount_paise": 100, "reason": "cold"})
    stock = (await ask("GET", "/api/inventory/stock", M))["items"][0]
    receipt = {"stock_id": stock["id"], "quantity_milli": 1000, "reason": "bought"}
    await ask("POST", "/api/inventory/receipts", M, receipt)
    await strange_money(running, 1)
    report = await keep_report(running.ctx.db, 1, date(2026, 1, 1))
    shift = await ask("POST", "/api/shifts", W, {"drawer": "Main drawer", "float_paise": 100})
    await ask("POST", "/api/offers", M, {"name": "Ten off", "kind": "percent", "percent_bp": 1000})
    await ask("POST", "/api/staff/devices/code", M)  # let in at once: the tests are at home
    await running.service()
    right = {"role": "waiter", "permission": "reprint", "allowed": False}
    await ask("PUT", "/api/staff/rights", O, {"version": 0, "rights": [right]})
    owner = {"username": "owner", "password": "rasoi-owner-demo"}
    await running.ask("POST", "/api/staff/login", json=owner)
    document = await eventually(lambda: first_of(running, "/api/documents"))
    for path in ("/api/notifications", "/api/kitchen/ready", "/api/staff/audit"):
        await eventually(lambda path=path: first_of(running, path))
    await eventually(lambda: reported(running))
    await ask("POST", f"/api/tables/{table['id']}/move", W, {"table_id": free["id"]})
    return {
        "{order_id:uuid}": order["id"],
        "{line_id:uuid}": order["lines"][0]["id"],
        "{bill_id:uuid}": eaten["bill_id"],
        "{document_id:uuid}": document["id"],
        "{payment_id:uuid}": paid["id"],
        "{stock_id:uuid}": stock["id"],
        "{shift_id:uuid}": shift["id"],
        "{station:str}": dish["station"],
        "{outlet_id:int}": 1,
        "{report_id:uuid}": report,
        "{person_id:uuid}": await running.ctx.db.fetchval(
            "SELECT id FROM staff.person WHERE role = 'kitchen'"
        ),
    }


async def first_of(running: Running, path: str) -> Any:
    return next(iter((await running.ask("GET", path, M)).json()["items"]), None)


async def reported(running: Running) -> bool:
    return bool(await running.ctx.db.fetchval("SELECT count(*) FROM reports.document"))


async def answers(running: Running, outlet_id: int, named: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What each role of an outlet is answered by each GET route, `named` things asked for."""
    found = {}
    for template in GETS:
        path = template
        for placeholder, value in named.items():
            path = path.replace(placeholder, str(value))
        assert "{" not in path, f"{template}: nothing to ask for"
        for role in (G, W, K, M, O):
            if role in MATRIX["GET", template]:
                headers = caller(running, outlet_id, role)
                answer = await running.client.get(path, headers=headers, params=NEEDED.get(template))
                assert answer.status_code < 500, (path, answer.text)
                found[template, role] = answer.text
    return found


async def ids_of(running: Running, outlet_id: int) -> set[str]:
    """Every id in every table's rows of an outlet."""
    tables = await running.ctx.db.fetch(
        """SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE column_name = 'outlet_id' AND table_type = 'BASE TABLE'"""
    )
    found: set[str] = set()
    for table in tables:
        rows = await running.ctx.db.fetch(
            f"SELECT to_jsonb(t)::text AS row FROM {table['name']} t WHERE outlet_id = $1", outlet_id
        )
        found.update(*(ID.findall(row["row"]) for row in rows))
    return found


MOMENT = re.compile(r'"[^"]*":"\d{4}-\d\d-\d\dT[^"]*"')


async def test_no_get_route_tells_of_another_outlet(running: Running, dish: dict[str, Any]) -> None:
    await running.ctx.db.execute(SECOND)
    named = await business(running, dish)
    marks = await ids_of(running, 1)
    assert len(marks) > 50
    mine, theirs = await answers(running, 1, named), await answers(running, 2, named)
    asked_for = set(map(str, named.values()))
    told = {at: seen for at, text in theirs.items() if (seen := set(ID.findall(text)) & marks - asked_for)}
    assert told == {}
    assert [at for at, text in theirs.items() if "a mark" in text] == []
    # each answer of the first outlet says something that the second one's does not
    own = (  # the tests' people are in no table
        *("/api/staff/me", "/api/staff/me/authenticator", "/api/staff/me/passkeys"),
        *("/api/outlets", "/api/outlets/{outlet_id:int}"),
    )
    empty = {
        at
        for at in mine
        if at[1] == O and at[0] not in own and MOMENT.sub("", mine[at]) == MOMENT.sub("", theirs[at])
    }
    assert empty == set(), [mine[at] for at in empty]


async def test_figures_of_one_outlet_do_not_move_with_anothers_business(
    running: Running, dish: dict[str, Any]
) -> None:
    """What has no id in it, too: sums, counts and times."""
    await running.ctx.db.execute(SECOND)
    nothing = dict.fromkeys(
        (
            "{order_id:uuid}",
            "{bill_id:uuid}",
            "{document_id:uuid}",
            "{payment_id:uuid}",
            "{stock_id:uuid}",
            "{person_id:uuid}",
            "{report_id:uuid}",
        ),
        "00000000-0000-7000-8000-000000000000",
    ) | {"{station:str}": dish["station"], "{outlet_id:int}": 1}
    before = await answers(running, 2, nothing)
    await business(running, dish)
    after = await answers(running, 2, nothing)
    changed = [
        (at, before[at], after[at])
        for at in before
        if at[0] not in ("/api/staff/me", "/api/sessions/current")  # name the caller, a new one each time
        and MOMENT.sub("", before[at]) != MOMENT.sub("", after[at])
    ]
    assert changed == []


# what somebody may want of another outlet's order, bill, document, payment, refund or strange money; None: no body
REPLY = {"razorpay_payment_id": "pay_x", "razorpay_order_id": "order_x", "razorpay_signature": "x"}
BUYER, WHY = {"name": "Somebody"}, {"reason": "not ours"}
GOODWILL = {"reason": "Goodwill"}
WRITES: dict[tuple[str, str], Any] = {
    ("POST", "/api/orders/{order_id:uuid}/cancel"): WHY,
    ("POST", "/api/orders/{order_id:uuid}/approve"): None,
    ("POST", "/api/orders/{order_id:uuid}/reject"): WHY,
    ("POST", "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/void"): {"quantity": 1} | WHY,
    ("POST", "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/discount"): {"percent_bp": 1000} | GOODWILL,
    ("POST", "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/complimentary"): {"quantity": 1} | GOODWILL,
    ("POST", "/api/bills/{bill_id:uuid}/discounts"): {"percent_bp": 1000} | GOODWILL,
    ("DELETE", "/api/bills/{bill_id:uuid}/discounts/{discount_id:uuid}"): None,
    ("POST", "/api/bills/{bill_id:uuid}/attention"): {"reason": "cash"},
    ("DELETE", "/api/bills/{bill_id:uuid}/attention"): None,
    ("POST", "/api/bills/{bill_id:uuid}/write-off"): WHY,
    ("PUT", "/api/bills/{bill_id:uuid}/buyer"): BUYER,
    ("POST", "/api/documents/{document_id:uuid}/reprint"): None,
    ("POST", "/api/payments/checkout"): {"bill_id": "{bill_id:uuid}"},
    ("POST", "/api/payments/create-razorpay-order"): {"order_id": "{order_id:uuid}"},
    ("POST", "/api/payments/verify"): {"payment_id": "{payment_id:uuid}", "reply": REPLY},
    ("POST", "/api/payments/verify-razorpay"): {"payment_id": "{payment_id:uuid}"} | REPLY,
    ("POST", "/api/payments/{payment_id:uuid}/look"): None,
    ("POST", "/api/payments/confirm-cash"): {
        "bill_id": "{bill_id:uuid}",
        "amount_paise": 100,
        "tendered_paise": 100,
    },
    ("POST", "/api/payments/confirm-tender"): {
        "bill_id": "{bill_id:uuid}",
        "amount_paise": 100,
        "tender": "card_machine",
    },
    ("POST", "/api/payments/{payment_id:uuid}/refund"): {"amount_paise": 100} | WHY,
    ("POST", "/api/payments/refunds/{refund_id:uuid}/hand-out"): {},
    ("POST", "/api/payments/webhooks/{event_id:str}/replay"): None,
    ("POST", "/api/payments/webhooks/{event_id:str}/dismiss"): WHY,
    ("POST", "/api/payments/unmatched/{provider:str}/{provider_payment_id:str}/settle"): None,
    ("POST", "/api/shifts/{shift_id:uuid}/movements"): {
        "kind": "in",
        "amount_paise": 100,
        "reason": "Small purchase",
    },
    ("POST", "/api/shifts/{shift_id:uuid}/count"): {"counts": []},
    ("POST", "/api/shifts/{shift_id:uuid}/approve"): {},
}
# signed by the provider or its checkout, or of dishes that another outlet does not have
OTHERWISE = {
    ("POST", "/api/payments/callback/{outlet_id:int}/{payment_id:uuid}"),
    ("POST", "/api/payments/webhook/{provider:str}"),
    ("POST", "/api/orders"),
    ("POST", "/api/orders/quote"),
    ("POST", "/api/shifts"),
}
MONEY = re.compile(r"/api/(payments|bills|documents|orders|shifts)\b")


def filled(body: Any, named: dict[str, Any]) -> Any:
    """With the things that are asked for in their places."""
    if isinstance(body, dict):
        return {name: filled(value, named) for name, value in body.items()}
    return str(named[body]) if isinstance(body, str) and body in named else body


async def rows_of(running: Running, outlet_id: int) -> list[str]:
    """What an outlet's orders, bills, documents and money are, row by row."""
    names = (
        *("orders.orders", "orders.line", "orders.bill", "orders.document", "orders.sitting", "staff.audit"),
        *("payments.payment", "payments.attempt", "payments.refund", "payments.daily"),
        *("payments.webhook", "payments.unmatched", "payments.shift", "payments.cash_movement"),
    )
    found: list[str] = []
    for name in names:
        sql = f"SELECT to_jsonb(t)::text FROM {name} t WHERE outlet_id = $1 ORDER BY 1"
        found += [f"{name} {row[0]}" for row in await running.ctx.db.fetch(sql, outlet_id)]
    return found


async def test_no_route_changes_another_outlets_money(running: Running, dish: dict[str, Any]) -> None:
    """Whoever may do it at home finds nothing there: 404 for every role, and not a row of the other outlet is another."""
    writes = {at for at in MATRIX if at[0] != "GET" and MONEY.match(at[1])} - OTHERWISE
    assert set(WRITES) == writes
    await running.ctx.db.execute(SECOND)
    named = await business(running, dish)
    event, money = await strange_money(running, 1)
    named |= {"{event_id:str}": event, "{provider:str}": "razorpay", "{provider_payment_id:str}": money}
    named["{refund_id:uuid}"] = await running.ctx.db.fetchval("SELECT id FROM payments.refund")
    named["{discount_id:uuid}"] = uuid4()
    before = await rows_of(running, 1)
    assert len(before) > 10
    for at, body in WRITES.items():
        path = at[1]
        for placeholder, value in named.items():
            path = path.replace(placeholder, str(value))
        asked = {"json": filled(body, named)} if body is not None else {}
        for role in (G, W, K, M, O):
            headers = caller(running, 2, role) | {"Idempotency-Key": str(uuid4())}
            answer = await running.client.request(at[0], path, headers=headers, **asked)
            expected = 404 if role in MATRIX[at] else 403
            assert answer.status_code == expected, (at, role, answer.text)
    assert await rows_of(running, 1) == before


@pytest.mark.parametrize("theirs", [1, None])
async def test_strange_money_is_for_its_outlet_and_else_for_the_first(
    running: Running, theirs: int | None
) -> None:
    """Listed, replayed and settled by the outlet that it belongs to only; what belongs to none by the first."""
    await running.ctx.db.execute(SECOND)
    event, money = await strange_money(running, theirs)
    own_event, own_money = await strange_money(running, 2)
    headers = caller(running, 2, M)

    async def listed(path: str, by: dict[str, str]) -> list[str]:
        items = (await running.client.get(path, headers=by)).json()["items"]
        return [item.get("event_id") or item["provider_payment_id"] for item in items]

    assert await listed("/api/payments/webhooks", headers) == [own_event]
    assert await listed("/api/payments/unmatched", headers) == [own_money]
    assert await listed("/api/payments/webhooks", caller(running, 1, M)) == [event]
    assert await listed("/api/payments/unmatched", caller(running, 1, M)) == [money]
    post = running.client.post
    assert (await post(f"/api/payments/webhooks/{event}/replay", headers=headers)).status_code == 404
    assert (
        await post(f"/api/payments/unmatched/razorpay/{money}/settle", headers=headers)
    ).status_code == 404
    assert (await post(f"/api/payments/webhooks/{own_event}/replay", headers=headers)).status_code == 200
    assert (
        await post(f"/api/payments/unmatched/razorpay/{own_money}/settle", headers=headers)
    ).status_code == 200
    assert await listed("/api/payments/unmatched", headers) == []
    assert await listed("/api/payments/unmatched", caller(running, 1, M)) == [money]
