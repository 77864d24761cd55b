"""Traces as a collector gets them: one order from HTTP to the screen, over both transports, and what may not harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio
import structlog
import uvicorn
from uuid_utils.compat import uuid7

from rasoi import app, payments, realtime, serve
from rasoi.contracts.staff import SessionRevoked
from rasoi.embedded.kafka import Kafka
from rasoi.payments.providers import OutcomeUnknown
from rasoi.platform import http, observability, tracing
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.context import Context
from rasoi.platform.database import Database
from rasoi.platform.events import traceparent
from rasoi.platform.problems import Conflict
from rasoi.settings import REPOSITORY, Settings, SettingsError, load
from tests.collector import Collector, Seen
from tests.kafka_broker import kafka
from tests.support import Platform

__all__ = ["kafka"]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TAP = "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{TAP}-00"
SECRET = "a secret that only the tests know, and long enough"


def to(collector: Collector, settings: Settings, ratio: float = 1.0) -> Settings:
    return replace(settings, otlp_endpoint=collector.url, otel_ratio=ratio)


def headers(ctx: Context, role: str) -> dict[str, str]:
    who = Principal(kind="staff", id=uuid7(), outlet_id=1, role=role, session_id=uuid7(), name="T")
    return {"Authorization": f"Bearer {ctx.get(Tokens).issue(who, 60)}"}


@asynccontextmanager
async def on_a_port(asgi: Any) -> AsyncIterator[str]:
    """Real HTTP and real sockets, in this test's event loop."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(asgi, ws=realtime.WS, lifespan="off", log_config=None, ws_per_message_deflate=False)
    )
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = server.force_exit = True
    await task


async def order_until_seen(ctx: Context, asgi: Any) -> dict[str, Any]:
    """A waiter places an order, under GIVEN; returned once the cooks' screen has shown its ticket."""
    async with on_a_port(asgi) as url, httpx.AsyncClient(base_url=url) as client:
        waiter, shown = headers(ctx, "waiter"), asyncio.Event()
        menu = (await client.get("/api/menu", headers=waiter)).json()
        items = [item for category in menu["categories"] for item in category["items"]]
        dish = next(item for item in items if not any(group["min"] for group in item["modifier_groups"]))
        screen = socketio.AsyncClient(reconnection=False)
        screen.on("change", lambda change: shown.set() if "ticket" in change["data"] else None)
        token = headers(ctx, "kitchen")["Authorization"].removeprefix("Bearer ")
        await screen.connect(url, headers={"Origin": url}, auth={"token": token}, transports=["websocket"])
        assert (await screen.call("join", {"channel": f"kitchen:1:{dish['station']}"}))["ok"]
        table = (await client.get("/api/tables", headers=waiter)).json()["items"][0]["id"]
        order = {"type": "dine_in", "lines": [{"variant_id": dish["variants"][0]["id"], "quantity": 1}]}
        quote = (await client.post("/api/orders/quote", headers=waiter, json=order)).json()
        body = {**order, "table_id": table, "expected_total_paise": quote["totals"]["total_paise"]}
        more = {"Idempotency-Key": "k", "traceparent": GIVEN, "X-Request-ID": "dinner-1"}
        placed = await client.post("/api/orders", headers=waiter | more, json=body)
        assert placed.status_code == 201, placed.text
        async with asyncio.timeout(20):
            await shown.wait()
        await screen.disconnect()
        return placed.json()  # type: ignore[no-any-return]


def path_of(collector: Collector) -> list[Seen]:
    """From the ticket on the cooks' screen up to the request, all of one trace."""
    [shown] = [
        each
        for each in collector.named(
            "realtime emit kitchen", cloudevents__event_type="rasoi.kitchen.ticket_opened.v1"
        )
        if each.trace == TRACE
    ]
    return [shown, *collector.above(shown)]


async def test_an_order_is_one_trace_from_the_request_to_the_screen(
    database_url: str, settings: Settings
) -> None:
    with Collector() as collector:
        with tracing.exporting(to(collector, settings)):
            async with app.platform(settings, database_url, None) as platform:
                order = await order_until_seen(platform.ctx, platform.asgi)
    shown, handled, placing, asked = path_of(collector)
    assert (asked.name, asked.kind, asked.parent) == ("POST /api/orders", "SERVER", TAP)
    assert asked.about["rasoi.correlation_id"] == "dinner-1"
    assert asked.about["http.response.status_code"] == 201 and asked.about["http.route"] == "/api/orders"
    assert (placing.name, placing.kind) == ("place order", "INTERNAL")
    assert (handled.name, handled.kind) == ("process rasoi.orders", "CONSUMER")
    assert handled.about["messaging.kafka.message.key"] == order["id"]
    assert handled.about["messaging.consumer.group.name"] == "rasoi.kitchen"
    assert handled.about["rasoi.correlation_id"] == "dinner-1"
    assert shown.about["rasoi.channel"].startswith("kitchen:1:")
    assert {each.service for each in collector.spans} == {"rasoi"}
    assert not [each.name for each in collector.spans if each.trace == TRACE and each.failed]


async def test_the_trace_crosses_kafka_in_the_messages_header(
    database_url: str, kafka: Kafka, tmp_path: Path
) -> None:
    with Collector() as collector:
        environ = {
            "EVENTS": "kafka",
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET,
            "RAZORPAY_SIMULATOR_URL": "http://127.0.0.1:9",
            "DEMO": "1",
            "RASOI_DATA": str(tmp_path),
            "POOL_SIZE": "4",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_SERVICE_NAME": "evening",
        }
        settings = load(environ)
        await app.load_demo(settings, database_url)
        with tracing.exporting(settings, ["orders"]):
            async with serve.service(settings, serve.select_rooms(settings, ["all"])) as running:
                await order_until_seen(running.hosted[0].ctx, running.asgi)
    shown, second, handled, first, placing, asked = path_of(collector)
    assert (asked.name, asked.parent, placing.name) == ("POST /api/orders", TAP, "place order")
    for sent, topic in ((first, "rasoi.orders"), (second, "rasoi.kitchen")):
        assert (sent.name, sent.kind) == (f"send {topic}", "PRODUCER")
        assert sent.about["messaging.system"] == "kafka"
        assert sent.about["messaging.destination.name"] == topic
    assert handled.about["messaging.message.id"] == first.about["messaging.message.id"]
    assert handled.kind == "CONSUMER" and shown.kind == "INTERNAL"
    assert {each.service for each in collector.spans} == {"evening"}


async def test_an_absent_collector_slows_nobody_and_memory_is_bounded(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    hole = socket.create_server(("127.0.0.1", 0))  # takes connections, and never answers
    away = replace(settings, otlp_endpoint=f"http://127.0.0.1:{hole.getsockname()[1]}")
    transport = httpx.ASGITransport(app=http.RequestContextMiddleware(answer, Settings()))
    with tracing.exporting(away):
        recorder = tracing._recorder
        assert recorder is not None
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            took = []
            for _ in range(3000):
                began = time.perf_counter()
                assert (await client.get("/api/x")).status_code == 200
                took.append(time.perf_counter() - began)
        [processor] = recorder.provider._active_span_processor._span_processors
        waiting = processor._batch_processor._queue  # type: ignore[attr-defined]
        assert 1000 < len(waiting) <= waiting.maxlen == 2048
        assert sorted(took)[-30] < 0.1, "seconds of 99 in 100"
        ending = time.perf_counter()
    assert time.perf_counter() - ending < tracing.FLUSH_S + 2
    hole.close()


PROBE = """
import asyncio, sys
from rasoi.optional_packages import hide_optional_packages
from rasoi.settings import Settings, load
with hide_optional_packages():
    from rasoi import app, serve
    from rasoi.platform import http, tracing
from redis.asyncio import Redis

async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})

async def send(message): pass
scope = {"type": "http", "method": "GET", "path": "/api/x", "scheme": "http", "headers": []}
with tracing.exporting(load({})):
    asyncio.run(http.RequestContextMiddleware(answer, Settings())(scope, None, send))
parts = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf")
print([name for name in sys.modules if name.startswith(parts)], tracing._recorder)
"""


def test_without_an_endpoint_nothing_of_it_is_imported() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=REPOSITORY / "backend",
        env={},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert found.stdout.decode().splitlines()[-1] == "[] None"


HOSTILE = [
    b"",
    b"nonsense",
    GIVEN.encode()[:-1],
    GIVEN.encode() + b"-00",
    GIVEN.encode() + b"\n",
    GIVEN.upper().encode(),
    f"ff-{TRACE}-{TAP}-00".encode(),
    f"00-{'0' * 32}-{TAP}-01".encode(),
    f"00-{TRACE}-{'0' * 16}-01".encode(),
    f"00-{TRACE}-{TAP}-0g".encode(),
    b"00-" + b"\xff" * 32 + b"-" + TAP.encode() + b"-01",
    GIVEN.encode() * 1000,
]


@pytest.mark.parametrize("header", HOSTILE, ids=range(len(HOSTILE)))
def test_a_callers_broken_traceparent_counts_as_none(header: bytes) -> None:
    assert tracing.parse(header) is None


async def ask(
    path: str, given: bytes | None, status: int = 200, fault: Exception | None = None
) -> str | None:
    """One request through the outermost layer; what it would write as its events' traceparent."""
    seen = None

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        nonlocal seen
        seen = traceparent.get()
        scope["path_template"] = path
        if fault:
            tracing.record_failure(scope, fault)
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(message: Any) -> None:
        pass

    sent = [(b"traceparent", given)] if given is not None else []
    scope = {"type": "http", "method": "POST", "path": path, "scheme": "http", "headers": sent}
    await http.RequestContextMiddleware(answer, Settings())(scope, None, send)
    return seen


async def test_broken_headers_begin_a_trace_of_our_own(settings: Settings) -> None:
    with Collector() as collector:
        with tracing.exporting(to(collector, settings)):
            for header in HOSTILE:
                await ask("/api/x", header)
    assert len({each.trace for each in collector.spans}) == len(HOSTILE)
    assert {each.parent for each in collector.spans} == {""}
    assert TRACE not in {each.trace for each in collector.spans}


@pytest.mark.parametrize("flags", ["00", "01", "ff"])
async def test_the_ratio_decides_and_not_the_caller(settings: Settings, flags: str) -> None:
    given = f"00-{TRACE}-{TAP}-{flags}".encode()
    with Collector() as collector:
        with tracing.exporting(to(collector, settings, 0.0)):
            assert await ask("/api/x", given) == GIVEN, "the same trace, not recorded"
        with tracing.exporting(to(collector, settings, 1.0)):
            own = await ask("/api/x", given)
    [span] = collector.spans
    assert own == f"00-{TRACE}-{span.id}-01" and span.parent == TAP
    assert await ask("/api/x", given) == GIVEN, "and without a collector"


async def test_part_of_the_traces(settings: Settings) -> None:
    with Collector() as collector:
        with tracing.exporting(to(collector, settings, 0.25)):
            for _ in range(400):
                await ask("/api/x", None)
    assert 50 < len(collector.spans) < 150


async def test_faults_are_recorded_and_health_checks_are_not(settings: Settings) -> None:
    with Collector() as collector:
        with tracing.exporting(to(collector, settings)):
            await ask("/health/ready", None)
            await ask("/metrics", None)
            await ask("/api/burnt", None, 500, ZeroDivisionError("burnt"))
            await ask("/api/refused", None, 409)
    burnt, refused = sorted(collector.spans, key=lambda each: each.name)
    assert (burnt.name, burnt.failed, burnt.errors) == ("POST /api/burnt", True, ["ZeroDivisionError"])
    assert (refused.name, refused.failed, refused.errors) == ("POST /api/refused", False, [])


async def test_a_call_to_razorpay_is_a_span_of_its_trace(settings: Settings) -> None:
    with Collector() as bank, Collector() as collector:  # any server will do that answers with no payment
        provider = payments.build_providers(replace(settings, simulator_base_url=bank.url)).first.provider
        with tracing.exporting(to(collector, settings)):
            with pytest.raises(OutcomeUnknown):
                await provider.lookup("pay_1")
            token = traceparent.set(f"00-{TRACE}-{TAP}-01")
            with pytest.raises(OutcomeUnknown):
                await provider.lookup("pay_2")
            traceparent.reset(token)
        provider.close()
    alone, asked = collector.named("GET razorpay")
    assert (asked.trace, asked.parent, asked.kind) == (TRACE, TAP, "CLIENT")
    assert asked.failed and asked.errors == ["rasoi.payments.providers.protocol.OutcomeUnknown"]
    assert asked.about["http.response.status_code"] == 501
    assert asked.about["url.full"] == f"{bank.url}/v1/payments/pay_2"
    assert alone.parent == "" and alone.trace != TRACE, "where nobody asked for it"


async def test_what_a_transaction_emits_is_its_child(database: Database, settings: Settings) -> None:
    token = traceparent.set(f"00-{TRACE}-{TAP}-01")
    event = SessionRevoked(session_id=uuid7())
    with Collector() as collector:
        with tracing.exporting(to(collector, settings)):
            async with database.transaction("staff") as tx:
                tx.emit(event, subject="s", outlet_id=1, version=1)
            assert traceparent.get() == f"00-{TRACE}-{TAP}-01", "what comes after is not"
            with pytest.raises(ZeroDivisionError):
                async with database.transaction("menu") as tx:
                    raise ZeroDivisionError
            with pytest.raises(Conflict):
                async with database.transaction("orders") as tx:
                    raise Conflict("taken")
    traceparent.reset(token)
    [done], [burnt], [refused] = (
        collector.named(f"transaction {room}") for room in ("staff", "menu", "orders")
    )
    assert done.parent == TAP and not done.failed
    assert await database.fetchval("SELECT traceparent FROM staff.outbox") == f"00-{TRACE}-{done.id}-01"
    assert burnt.failed and burnt.errors == ["ZeroDivisionError"]
    assert (refused.failed, refused.errors, refused.about["error.type"]) == (False, [], "Conflict")


async def test_work_that_nobody_asked_for_makes_no_trace(database: Database, settings: Settings) -> None:
    with Collector() as collector:
        with tracing.exporting(to(collector, settings)):
            async with database.transaction("staff") as tx:
                tx.emit(SessionRevoked(session_id=uuid7()), subject="s", outlet_id=1, version=1)
            traceparent.set(GIVEN)
            async with database.transaction("staff"):
                pass
            traceparent.set("broken")
            async with database.transaction("staff"):
                pass
    traceparent.set(None)
    assert collector.spans == []


def test_lines_carry_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    observability.configure(load({"LOG_FORMAT": "json"}))
    token = traceparent.set(GIVEN)
    structlog.get_logger().info("order placed")
    logging.getLogger("some.library").warning("went wrong")
    traceparent.reset(token)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)
    assert [line["trace_id"] for line in lines] == [TRACE, TRACE]


@pytest.mark.parametrize("ratio", ["-0.1", "1.1", "nan", "half"])
def test_a_ratio_is_between_none_and_all(ratio: str) -> None:
    with pytest.raises(SettingsError, match="OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1"):
        load({"OTEL_TRACES_SAMPLER_ARG": ratio})


@pytest.mark.slow
def test_a_process_sends_what_waits_when_it_ends(platform_process: Callable[..., Platform]) -> None:
    with Collector() as collector:
        platform = platform_process(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        assert httpx.get(f"{platform.url}/api/build").status_code == 200
        assert platform.stop() == 0
    assert [each.name for each in collector.named("GET /api/build")] == ["GET /api/build"]
