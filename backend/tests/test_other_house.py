"""Two outlets on one platform: who works at one changes nothing of the other's devices, people, menu, stock, tables, kitchen."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from tests import test_app
from tests.test_app import MATRIX, G, K, M, O, Running, W
from tests.test_outlets import MONEY, SECOND, business, caller, filled

running, dish = test_app.running, test_app.dish
KITCHEN = ("POST", "/api/kitchen/actions")
# what somebody may want of the other house by a body alone
BY_BODY: dict[tuple[str, str], Any] = {
    ("POST", "/api/inventory/receipts"): {
        "stock_id": "{stock_id:uuid}",
        "quantity_milli": 1000,
        "reason": "x",
    },
    ("POST", "/api/inventory/waste"): {"stock_id": "{stock_id:uuid}", "quantity_milli": 1000, "reason": "x"},
    ("POST", "/api/inventory/counts"): {"stock_id": "{stock_id:uuid}", "quantity_milli": 1000, "reason": "x"},
}
WRITES: dict[tuple[str, str], Any] = BY_BODY | {
    ("DELETE", "/api/staff/devices/{device_id:uuid}"): None,
    ("DELETE", "/api/staff/service-tokens/{token_id:uuid}"): None,
    ("DELETE", "/api/staff/people/{person_id:uuid}/authenticator"): None,
    ("DELETE", "/api/staff/people/{person_id:uuid}/passkeys"): None,
    ("DELETE", "/api/staff/me/passkeys/{passkey_id:uuid}"): None,
    ("PATCH", "/api/staff/people/{person_id:uuid}"): {"name": "Somebody Else"},
    ("PUT", "/api/staff/people/{person_id:uuid}/outlets/{outlet_id:int}"): {"role": "owner", "pin": "4711"},
    ("PATCH", "/api/outlets/{outlet_id:int}"): {"name": "Mine"},
    ("POST", "/api/outlets/{outlet_id:int}/close"): None,
    ("POST", "/api/outlets/{outlet_id:int}/reopen"): None,
    ("PUT", "/api/menu/items/{item_id:uuid}/availability"): {"available": False},
    ("PUT", "/api/menu/modifiers/{modifier_id:uuid}/availability"): {"available": False},
    ("PATCH", "/api/menu/items/{item_id:uuid}"): {"name": "Mine"},
    ("PATCH", "/api/menu/variants/{variant_id:uuid}"): {"price_paise": 100},
    ("POST", "/api/sessions/{session_id:uuid}/admit"): None,
    ("POST", "/api/sessions/{session_id:uuid}/refuse"): None,
    ("PATCH", "/api/tables/{table_id:uuid}"): {"name": "Mine"},
    ("DELETE", "/api/tables/{table_id:uuid}"): None,
    ("POST", "/api/tables/{table_id:uuid}/seat"): {"covers": 2},
    ("POST", "/api/tables/{table_id:uuid}/clear"): None,
    ("POST", "/api/tables/{table_id:uuid}/move"): {"table_id": "{table_id:uuid}"},
    ("POST", "/api/tables/rearrangements/{rearrangement_id:uuid}/undo"): None,
    ("POST", "/api/tables/{table_id:uuid}/walk-out"): {"reason": "not ours"},
    ("POST", "/api/tables/{table_id:uuid}/code"): None,
    ("PUT", "/api/offers/{offer_id:uuid}"): {
        "version": 1,
        "terms": {"name": "Mine", "kind": "percent", "percent_bp": 10_000},
    },
    ("POST", "/api/offers/{offer_id:uuid}/pause"): None,
    ("POST", "/api/offers/{offer_id:uuid}/resume"): None,
    ("POST", "/api/offers/{offer_id:uuid}/end"): None,
    ("POST", "/api/notifications/{message_id:uuid}/delivered"): None,
    ("POST", "/api/notifications/{message_id:uuid}/read"): None,
}
ACTIONS = (
    *(
        "start",
        "bump",
        "recall",
        "serve",
        "unserve",
        "acknowledge",
        "see",
        "clear",
        "hand_over",
        "fire",
        "rush",
    ),
    *("unrush", "accept_cancel", "refuse_cancel"),
)
PLACES = {
    "{device_id:uuid}": "SELECT id FROM staff.device WHERE outlet_id = 1 AND revoked_at IS NULL LIMIT 1",
    "{token_id:uuid}": "SELECT id FROM staff.service_token WHERE outlet_id = 1",
    "{passkey_id:uuid}": "SELECT id FROM staff.passkey WHERE outlet_id = 1",
    "{item_id:uuid}": "SELECT id FROM menu.item WHERE outlet_id = 1 AND active LIMIT 1",
    "{modifier_id:uuid}": "SELECT id FROM menu.modifier WHERE outlet_id = 1 AND active LIMIT 1",
    "{variant_id:uuid}": "SELECT id FROM menu.variant WHERE outlet_id = 1 AND active LIMIT 1",
    "{category_id:uuid}": "SELECT id FROM menu.category WHERE outlet_id = 1 LIMIT 1",
    "{table_id:uuid}": "SELECT table_id FROM orders.sitting WHERE outlet_id = 1 AND ended_at IS NULL LIMIT 1",
    "{rearrangement_id:uuid}": "SELECT id FROM orders.rearrangement WHERE outlet_id = 1",
    "{session_id:uuid}": "SELECT id FROM orders.guest_session WHERE outlet_id = 1 AND admission = 'waiting' LIMIT 1",
    "{message_id:uuid}": "SELECT id FROM notifications.message WHERE outlet_id = 1 AND audience = 'staff' LIMIT 1",
    "{offer_id:uuid}": "SELECT id FROM offers.offer WHERE outlet_id = 1",
    "{ticket_id:uuid}": "SELECT id FROM kitchen.ticket WHERE outlet_id = 1 AND state = 'ready' LIMIT 1",
}


async def everything(running: Running, outlet_id: int) -> set[str]:
    """Every row of an outlet in every table."""
    tables = await running.ctx.db.fetch(
        """SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE column_name = 'outlet_id' AND table_type = 'BASE TABLE'"""
    )
    found: set[str] = set()
    for (name,) in tables:
        rows = await running.ctx.db.fetch(
            f"SELECT to_jsonb(t)::text FROM {name} t WHERE outlet_id = $1", outlet_id
        )
        found.update(f"{name} {row[0]}" for row in rows)
    return found | {
        row[0]
        for row in await running.ctx.db.fetch(
            "SELECT to_jsonb(t)::text FROM staff.outlet t WHERE id = $1", outlet_id
        )
    }


async def at_rest(running: Running) -> set[str]:
    """All of the first outlet, once its events have arrived everywhere."""
    async with asyncio.timeout(30):
        before: set[str] = set()
        after = await everything(running, 1)
        while before != after:
            await asyncio.sleep(0.7)
            before, after = after, await everything(running, 1)
    return after


async def house(running: Running, dish: dict[str, Any]) -> dict[str, str]:
    """The first outlet after a busy hour, and the ids of what stands there."""
    await running.ctx.db.execute(SECOND)
    named = {name: str(value) for name, value in (await business(running, dish)).items()}
    await running.ctx.db.execute(
        """INSERT INTO staff.passkey (outlet_id, person_id, name, credential_id, public_key, sign_count)
        SELECT outlet_id, id, 'Phone', 'x', 'y', 0 FROM staff.person WHERE outlet_id = 1 AND role = 'owner'"""
    )
    await running.ctx.db.execute(
        """INSERT INTO orders.guest_session (outlet_id, id, table_id, sitting_id, qr_generation, admission)
        SELECT outlet_id, $1, table_id, id, 1, 'waiting' FROM orders.sitting WHERE outlet_id = 1 AND ended_at IS NULL LIMIT 1""",
        uuid4(),
    )
    for place, sql in PLACES.items():
        found = await running.ctx.db.fetchval(sql)
        assert found is not None, place
        named[place] = str(found)
    return named


async def test_nobody_changes_anything_of_the_other_house(running: Running, dish: dict[str, Any]) -> None:
    """Whoever may do it at home finds nothing there, everybody else is refused, and not a row of it is another."""
    by_id = {at for at in MATRIX if at[0] != "GET" and "{" in at[1] and not MONEY.match(at[1])}
    assert set(WRITES) - set(BY_BODY) == by_id
    named = await house(running, dish)
    before, wrong = await at_rest(running), []
    for at, body in WRITES.items():
        path = at[1]
        for place, value in named.items():
            path = path.replace(place, value)
        assert "{" not in path, path
        for role in (G, W, K, M, O):
            headers = caller(running, 2, role) | {"Idempotency-Key": str(uuid4())}
            asked = {"json": filled(body, named)} if body is not None else {}
            answer = await running.client.request(at[0], path, headers=headers, **asked)
            expected = 404 if role in MATRIX[at] else 403
            if answer.status_code != expected:
                wrong.append((at, role, answer.status_code, answer.text[:200]))
    assert wrong == [], "\n".join(map(str, wrong))
    assert await at_rest(running) == before


async def test_nobody_cooks_in_the_other_house(running: Running, dish: dict[str, Any]) -> None:
    """By ticket, by item and by order: there is no such thing on this kitchen's boards."""
    named = await house(running, dish)
    before = await at_rest(running)
    ticket = named["{ticket_id:uuid}"]
    [item] = await running.ctx.db.fetch("SELECT id FROM kitchen.ticket_item WHERE ticket_id = $1", ticket)
    order = await running.ctx.db.fetchval("SELECT order_id FROM kitchen.ticket WHERE id = $1", ticket)
    for role in (W, K, M, O):
        for name in ACTIONS:
            for thing in ({"ticket_id": ticket}, {"item_id": str(item["id"])}, {"order_id": str(order)}):
                one = {"action_id": str(uuid4()), "action": name, "station": dish["station"], **thing}
                answer = await running.client.post(
                    KITCHEN[1], headers=caller(running, 2, role), json={"actions": [one]}
                )
                refused = role == W and answer.status_code == 403
                if not refused:
                    assert answer.status_code == 200, answer.text
                    [result] = answer.json()["results"]
                    assert (result["applied"], result["ticket"]) == (False, None), (role, one, result)
    answer = await running.client.post(KITCHEN[1], headers=caller(running, 2, G), json={"actions": []})
    assert answer.status_code == 403
    assert await at_rest(running) == before


OWN_MENU = """
INSERT INTO menu.tax_class (outlet_id, code, version, name, inclusive, components) VALUES (2, 'own', 1, 'Own', false, '[]');
INSERT INTO menu.station (outlet_id, code, name) VALUES (2, 'own', 'Own');
INSERT INTO menu.category (outlet_id, id, code, name) VALUES (2, gen_random_uuid(), 'own', 'Own');
INSERT INTO menu.modifier_group (outlet_id, id, code, name, min, max) VALUES (2, gen_random_uuid(), 'own', 'Own', 0, 1)
"""


async def test_a_menu_of_ones_own_takes_nothing_of_the_others(running: Running, dish: dict[str, Any]) -> None:
    """A dish named into the other house's category, station, tax class or group, one at a time."""
    await house(running, dish)
    db = running.ctx.db
    for sql in OWN_MENU.split(";"):
        await db.execute(sql)
    before = await at_rest(running)

    async def parts(outlet_id: int) -> dict[str, Any]:
        kinds = {
            "category_id": ("category", "id"),
            "station": ("station", "code"),
            "tax_code": ("tax_class", "code"),
        }
        found = {
            name: str(
                await db.fetchval(f"SELECT {key} FROM menu.{table} WHERE outlet_id = $1 LIMIT 1", outlet_id)
            )
            for name, (table, key) in kinds.items()
        }
        group = await db.fetchval(
            "SELECT id FROM menu.modifier_group WHERE outlet_id = $1 LIMIT 1", outlet_id
        )
        return found | {"group_ids": [str(group)]}

    own, theirs = await parts(2), await parts(1)
    new = {"diet": "veg", "variants": [{"name": "One", "price_paise": 100}]}
    for role in (M, O):
        headers = caller(running, 2, role) | {"Idempotency-Key": str(uuid4())}
        good = await running.client.post(
            "/api/menu/items", headers=headers, json=new | own | {"name": f"Own {role}"}
        )
        assert good.status_code == 201, good.text
        for part, value in theirs.items():
            body = new | own | {part: value, "name": f"With their {part} {role}"}
            answer = await running.client.post("/api/menu/items", headers=headers, json=body)
            assert answer.status_code == 422, (part, answer.status_code, answer.text)
            if part != "group_ids":
                path = f"/api/menu/items/{good.json()['id']}"
                answer = await running.client.patch(path, headers=headers, json={part: value})
                assert answer.status_code == 422, (part, answer.status_code, answer.text)
    assert await at_rest(running) == before
