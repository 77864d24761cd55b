"""A client that goes away in the middle of its request is no fault of ours: not in the answer, the metrics or the log."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from tests.security.test_cost import Open, world  # noqa: F401 - world is a fixture

JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")
CALLBACK = "/api/payments/callback/1/019a0000-0000-7000-8000-000000000000"
PATHS = {  # one of each way in which a body is read
    "the fast path": ("/api/orders", JSON),
    "a body": ("/api/orders/quote", JSON),
    "a body and its key": ("/api/payments/confirm-cash", JSON),
    "a key first": ("/api/payments/checkout", JSON),
    "a form": (CALLBACK, FORM),
    "raw bytes": ("/api/payments/webhook/razorpay", JSON),
    "without a sign-in": ("/api/sessions", JSON),
}


def faults() -> float:
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "rasoi_http_requests_total" and sample.labels["status"].startswith("5")
    )


@pytest.mark.parametrize("name", PATHS)
async def test_half_a_body_is_no_fault_of_ours(world: Open, name: str) -> None:  # noqa: F811 - the fixture
    path, kind = PATHS[name]
    received = iter(
        [{"type": "http.request", "body": b'{"type":', "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [
        *((b"authorization", f"Bearer {world.staff('waiter')}".encode()), (b"content-length", b"100"), kind),
        *((b"host", b"127.0.0.1:8000"), (b"idempotency-key", str(uuid7()).encode())),
    ]
    scope: Any = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers,
        "server": ("127.0.0.1", 8000), "client": ("203.0.113.7", 4000), "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    before = faults()
    with capture_logs() as logs:
        await world.platform.asgi(scope, receive, send)
    assert [m["status"] for m in sent if m["type"] == "http.response.start"] == [400]
    assert faults() == before
    assert [entry for entry in logs if entry["log_level"] in ("warning", "error")] == []
