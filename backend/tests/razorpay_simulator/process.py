"""The simulator as a process, as the platform starts it."""

from __future__ import annotations

import base64
import http.client
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

KEY_ID, KEY_SECRET, WEBHOOK_SECRET = (
    "rzp_test_simulator",
    "key secret of the tests",
    "webhook secret of the tests",
)
BACKEND = Path(__file__).parents[2]


@dataclass
class Simulator:
    """A running simulator; `data` keeps its books over a restart."""

    data: Path | None = None
    webhook_url: str | None = None
    port: int = 0
    extra: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> Simulator:
        argv = [
            sys.executable,
            "-m",
            "razorpay_simulator",
            "--port",
            str(self.port),
            "--key-id",
            KEY_ID,
            "--key-secret",
            KEY_SECRET,
        ]
        argv += ["--webhook-secret", WEBHOOK_SECRET, *self.extra]
        argv += ["--webhook-url", self.webhook_url] if self.webhook_url else []
        argv += ["--data", str(self.data)] if self.data else []
        self.process = subprocess.Popen(argv, cwd=BACKEND, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line.startswith("listening http://"), line
        self.port = urlsplit(line.removeprefix("listening ")).port or 0
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        if self.process and self.process.stdout:
            self.process.stdout.close()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        auth: bool = True,
        raw: bytes | None = None,
        **headers: str,
    ) -> tuple[int, Any]:
        """Status and body of one call."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        if auth:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
        conn.request(
            method, path, raw if raw is not None else json.dumps(body) if body is not None else None, headers
        )
        answer = conn.getresponse()
        text = answer.read()
        conn.close()
        return answer.status, json.loads(text) if "json" in (answer.getheader("content-type") or "") else text

    def pay(
        self, order_id: str, outcome: str = "success", method: str = "upi", **more: Any
    ) -> dict[str, Any]:
        asked = {"order_id": order_id, "method": method, "outcome": outcome, **more}
        paid: dict[str, Any] = self.call("POST", "/_simulator/pay", asked)[1]
        return paid

    def give_back(self, payment_id: str) -> None:
        """As Razorpay does by itself with what was not captured."""
        assert self.call("POST", "/_simulator/return", {"payment_id": payment_id})[0] == 200

    def refund_in_dashboard(self, payment_id: str, paise: int | None = None) -> dict[str, Any]:
        asked = {"payment_id": payment_id} | ({} if paise is None else {"amount": paise})
        status, refund = self.call("POST", "/_simulator/refund", asked)
        assert status == 200, refund
        return refund  # type: ignore[no-any-return]

    def settle_refund(self, refund_id: str, status: str = "processed") -> None:
        assert self.call("POST", f"/_simulator/refunds/{refund_id}", {"status": status})[0] == 200

    def dispute(self, payment_id: str, *states: str, paise: int | None = None) -> dict[str, Any]:
        """A guest's bank asks for the money; it goes on through these states."""
        asked = {"payment_id": payment_id} | ({} if paise is None else {"amount": paise})
        status, dispute = self.call("POST", "/_simulator/disputes", asked)
        assert status == 200, dispute
        for state in states:
            status, dispute = self.call("POST", f"/_simulator/disputes/{dispute['id']}", {"status": state})
            assert status == 200, dispute
        return dispute  # type: ignore[no-any-return]

    def late(self, payment_id: str, *, capture: bool = True) -> None:
        assert self.call("POST", "/_simulator/late", {"payment_id": payment_id, "capture": capture})[0] == 200

    def faults(self, **asked: Any) -> None:
        status, answer = self.call("POST", "/_simulator/faults", asked)
        assert status == 200, answer

    def moods(self, **asked: Any) -> None:
        self.faults(moods=asked)

    def fault(self, match: str, kind: str, **more: Any) -> None:
        self.faults(calls=[{"match": match, "kind": kind, **more}])

    def books(self) -> dict[str, list[dict[str, Any]]]:
        return self.call("GET", "/_simulator/books")[1]  # type: ignore[no-any-return]

    @contextmanager
    def changed_books(self, sql: str) -> Iterator[None]:
        """With another content behind its back, in the file that keeps them."""
        assert self.data is not None
        with closing(sqlite3.connect(self.data, isolation_level=None)) as books:
            books.execute("CREATE TEMP TABLE kept AS SELECT * FROM entity")
            assert books.execute(sql).rowcount > 0, "nothing to change"
            yield
            books.execute("DELETE FROM entity")
            books.execute("INSERT INTO entity SELECT * FROM kept")

    def requests(self, begins: str = "") -> list[dict[str, Any]]:
        items = self.call("GET", "/_simulator/requests")[1]["items"]
        return [item for item in items if f"{item['method']} {item['path']}".startswith(begins)]
