"""Every route that an approval may open: a made-up one opens none and changes nothing, a true one opens each once."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.auth import Permit, Principal, Tokens
from rasoi.platform.rights import PERMISSIONS
from rasoi.settings import Settings
from tests import test_app
from tests.lifts import is_used, lift
from tests.test_app import O, Running, all_routes
from tests.test_outlets import business, rows_of

running, dish = test_app.running, test_app.dish
WHY = {"reason": "a test"}
OFF = {"reason": "Goodwill"}
LINE = "/api/orders/{order_id:uuid}/lines/{line_id:uuid}"
# what makes an order cheaper comes before what ends it
BODIES = {
    f"{LINE}/discount": OFF | {"amount_paise": 100},
    "/api/bills/{bill_id:uuid}/discounts": OFF | {"amount_paise": 100},
    f"{LINE}/complimentary": OFF | {"quantity": 1},
    "/api/payments/{payment_id:uuid}/refund": WHY | {"amount_paise": 100},
    "/api/bills/{bill_id:uuid}/write-off": WHY,
    "/api/tables/{table_id:uuid}/walk-out": WHY,
    "/api/orders/{order_id:uuid}/cancel": WHY,
}
SUBJECT = {"refund": "{payment_id:uuid}", "walk_outs": "{table_id:uuid}", "cancel_orders": "{order_id:uuid}"}
SUBJECT |= {"complimentary": "{line_id:uuid}"}


def liftable_of(settings: Settings) -> dict[str, str]:
    """The permission that each such route asks for."""
    return {
        route.path: guard.permission
        for route in all_routes(settings).routes
        for handler in getattr(route, "route_handlers", [])
        for guard in handler.resolve_guards()
        if isinstance(guard, Permit) and guard.liftable
    }


@pytest.mark.parametrize("true", [False, True])
async def test_each_act(running: Running, dish: dict[str, Any], settings: Settings, true: bool) -> None:
    routes = liftable_of(settings)
    assert set(routes) == set(BODIES)
    named = await business(running, dish)
    eaten = "SELECT id, table_id FROM orders.orders WHERE bill_id = $1"
    order = await running.ctx.db.fetchrow(eaten, UUID(named["{bill_id:uuid}"]))
    named |= {"{order_id:uuid}": order["id"], "{table_id:uuid}": order["table_id"]}
    ordered = "SELECT id FROM orders.line WHERE order_id = $1"
    named["{line_id:uuid}"] = await running.ctx.db.fetchval(ordered, named["{order_id:uuid}"])
    version = (await running.ask("GET", "/api/staff/rights", O)).json()["version"]
    rights = [
        {"role": "manager", "permission": each.name, "allowed": False}
        for each in PERMISSIONS.values()
        if each.liftable
    ]
    changed = await running.ask("PUT", "/api/staff/rights", O, json={"version": version, "rights": rights})
    assert changed.status_code == 200, changed.text
    who = Principal(kind="staff", id=uuid7(), outlet_id=1, role="manager", session_id=uuid7(), name="T")
    before = await rows_of(running, 1)
    for path in BODIES:
        permission = routes[path]
        if permission == "write_off":
            continue  # its bill must be a walk-out's: tests/orders/test_seating.py
        subject = named[
            SUBJECT.get(permission) or ("{line_id:uuid}" if path.startswith(LINE) else "{bill_id:uuid}")
        ]
        token = f"approval of {permission} for {path}"
        if true:
            await lift(running.ctx.db, who, permission, str(subject), 100_000, token=token, role="owner")
        at = path
        for placeholder, value in named.items():
            at = at.replace(placeholder, str(value))
        for status in ("in", "out") if true else ("out", "out"):
            headers = {
                "Authorization": f"Bearer {running.ctx.get(Tokens).issue(who, 60)}",
                "Manager-Approval": token,
                "Idempotency-Key": str(uuid4()),
            }
            answer = await running.client.post(at, headers=headers, json=BODIES[path])
            if status == "in":
                assert answer.status_code < 300, (path, answer.text)
                assert await is_used(running.ctx.db, token)
            elif not true:
                assert answer.status_code == 403, (path, answer.text)
                assert answer.json()["type"] == "/problems/approval-not-valid"
            else:
                assert answer.status_code in (403, 404, 409), (path, answer.text)
    if not true:
        assert await rows_of(running, 1) == before
