"""What guests, waiters and cooks do over HTTP, for tests that want a small service and not its screens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from rasoi.orders.tables import new_guest
from rasoi.platform.auth import Principal, Tokens

SECRET = "a secret that only the tests know, and long enough"
Json = dict[str, Any]


def staff(role: str) -> Principal:
    return Principal(
        kind="staff", id=uuid7(), outlet_id=1, role=role, session_id=uuid7(), name=f"Ravi the {role}"
    )


def guest() -> Principal:
    """One who takes away."""
    return new_guest(1, None)


WAITER, COOK, MANAGER, OWNER = map(staff, ("waiter", "kitchen", "manager", "owner"))


@dataclass
class Service:
    """A platform with SECRET behind an HTTP client. `dishes` are those that need no choice of the guest."""

    http: httpx.AsyncClient
    dishes: list[Json] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)

    async def open(self) -> Service:
        menu = (await self.ask(WAITER, "GET", "/api/menu")).json()
        items = [item for category in menu["categories"] for item in category["items"]]
        self.dishes = [i for i in items if i["available"] and not any(g["min"] for g in i["modifier_groups"])]
        self.tables = (await self.ask(WAITER, "GET", "/api/tables")).json()["items"]
        return self

    async def ask(self, who: Principal, method: str, path: str, key: str = "", **more: Any) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {Tokens(SECRET).issue(who, 3600)}",
            "Idempotency-Key": key or str(uuid7()),
        }
        return await self.http.request(method, path, headers=headers, **more)

    async def do(self, who: Principal, method: str, path: str, **more: Any) -> Any:
        """The body of an answer that must be good."""
        answer = await self.ask(who, method, path, **more)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def line(self, number: int = 0, quantity: int = 1, **more: Any) -> Json:
        return {"variant_id": self.dishes[number]["variants"][0]["id"], "quantity": quantity, **more}

    async def sit(self, table: Json) -> Principal:
        """A guest who has scanned the code of a free table."""
        codes = await self.do(MANAGER, "GET", "/api/tables/codes")
        url = next(each["url"] for each in codes if each["table"] == table["name"])
        answer = await self.http.post("/api/sessions", json={"table_code": url.partition("table=")[2]})
        assert answer.json()["state"] == "seated", answer.text
        return Tokens(SECRET).read(answer.json()["token"])

    async def request(self, who: Principal, lines: list[Json], **more: Any) -> Json:
        """The body of an order, at its present price."""
        table = {"type": "dine_in"} if who.table_id or more.get("table_id") else {"type": "takeaway"}
        quote = await self.do(who, "POST", "/api/orders/quote", json=table | {"lines": lines})
        return table | {"lines": lines, "expected_total_paise": quote["totals"]["total_paise"]} | more

    async def order(self, who: Principal, *lines: Json, **more: Any) -> Json:
        request = await self.request(who, list(lines) or [self.line()], **more)
        placed: Json = await self.do(who, "POST", "/api/orders", json=request)
        return placed

    async def bill(self, order: Json) -> Json:
        found: Json = await self.do(WAITER, "GET", f"/api/bills/{order['bill_id']}")
        return found

    async def cash(self, order: Json) -> Json:
        """A waiter takes what is due."""
        due = (await self.bill(order))["due_paise"]
        asked = {"order_id": order["id"], "amount_paise": due, "tendered_paise": due}
        paid: Json = await self.do(WAITER, "POST", "/api/payments/confirm-cash", json=asked)
        return paid

    async def tickets(self, order: Json) -> list[Json]:
        """The order's tickets that stand on a board or are ready."""
        stations = {line["station"] for line in order["lines"]}
        boards = [
            (await self.do(COOK, "GET", f"/api/kitchen/boards/{s}"))["tickets"] for s in sorted(stations)
        ]
        boards.append((await self.do(COOK, "GET", "/api/kitchen/ready"))["items"])
        return [ticket for board in boards for ticket in board if ticket["order_id"] == order["id"]]

    async def act(self, action: str, who: Principal = COOK, **about: Any) -> Json:
        asked = {"actions": [{"action_id": str(uuid7()), "action": action, **about}]}
        result: Json = (await self.do(who, "POST", "/api/kitchen/actions", json=asked))["results"][0]
        return result

    async def cook(self, order: Json, *actions: str) -> None:
        """Take every ticket of the order through the actions."""
        for ticket in await self.tickets(order):
            for action in actions or ("bump", "serve"):
                result = await self.act(action, ticket_id=ticket["id"])
                assert result["applied"], result
