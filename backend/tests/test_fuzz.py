"""No input gives a 5xx: what the OpenAPI document allows and forbids, and what no client library would send. Answers are held
against the document by schemathesis, whoever asks; FUZZ_EXAMPLES sets how often each operation is asked."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any, get_args
from urllib.parse import quote

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from uuid_utils.compat import uuid7

from rasoi import app
from rasoi.embedded.postgres import url_of_running
from rasoi.platform.auth import Tokens
from rasoi.platform.database import Database
from rasoi.settings import load
from rasoi.staff.service_tokens import Scope
from tests import oracles
from tests.faults.service import COOK, MANAGER, OWNER, SECRET, WAITER, Service, guest
from tests.support import Platform, private_directory

pytestmark = pytest.mark.slow
Json = dict[str, Any]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "14"))
DOCUMENT = json.loads(app.openapi(load({"SECRET_KEY": SECRET})))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}
CALLERS = {"owner": OWNER, "guest": guest()}
EVERYBODY = {**CALLERS, "waiter": WAITER, "kitchen": COOK, "manager": MANAGER}
NOT_CHECKED = {
    "ignored_auth",  # asks each time again without a token: tests/test_app.py does, once for each route
    "positive_data_acceptance",  # what the document allows may name what is not there, or break a rule of the house
    "missing_required_header",  # looks at cases of schemathesis' coverage phase only, which is not run
    "unsupported_method",  # likewise
    "use_after_free",  # looks at answers that follow from each other, of its stateful phase
    "ensure_resource_availability",  # likewise
    "object_level_authorization",  # likewise; tests/test_outlets.py and test_app.py have the owner of each thing
}


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """One platform for all of it, with which nothing may be wrong in the end."""
    with private_directory() as directory:
        running = Platform(directory / "platform", {"SECRET_KEY": SECRET})
        running.start()
        yield running
        assert running.process is not None and running.process.poll() is None
        assert running.stop() == 0


@pytest.fixture
def client(platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=platform.url, timeout=20) as client:
        yield client


def headers(role: str, **more: str) -> dict[str, str]:
    who = msgspec.structs.replace(
        EVERYBODY[role], session_id=uuid7()
    )  # for one of them has signed out before
    token = Tokens(SECRET).issue(who, 3600)
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid7()), **more}


def sound(status: int, content_type: str, path: str, body: bytes) -> None:
    """Not our fault; and where it is the caller's, a problem that says so."""
    assert status < 500, (path, status, body[:1000])
    if status >= 400 and path.startswith("/api"):
        assert content_type == "application/problem+json", (path, status, content_type, body[:300])
        problem = json.loads(body)
        assert (
            problem["type"].startswith("/problems/") and problem["detail"] and problem["status"] == status
        ), problem


def test_the_document_has_operations_to_try() -> None:
    assert len(OPERATIONS) > 45


@pytest.fixture(scope="module")
def service_token(platform: Platform) -> str:
    """An integration's that may read all."""
    new = {"name": "Fuzz", "scopes": list(get_args(Scope))}
    made = httpx.post(f"{platform.url}/api/staff/service-tokens", json=new, headers=headers("owner"))
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


def test_all_other_checks_are_on() -> None:
    load_all_checks()
    names = {each.__name__ for each in CHECKS.get_all()}
    assert names > NOT_CHECKED and len(names - NOT_CHECKED) >= 6


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_generated_requests(client: httpx.Client, service_token: str, label: str) -> None:
    """What the document allows, and what it forbids, asked by each kind of caller in turn."""
    operation, roles = OPERATIONS[label], cycle([*EVERYBODY, "service"])
    load_all_checks()
    left_out = CHECKS.get_by_names(sorted(NOT_CHECKED))

    def send(case: Any) -> None:
        own = {k: v for k, v in (case.headers or {}).items() if k.lower() not in ("authorization", "cookie")}
        role = next(roles)
        given = headers("owner" if role == "service" else role)
        if role == "service":
            given["Authorization"] = f"Bearer {service_token}"
        asked = case.as_transport_kwargs(base_url=str(client.base_url), headers=own | given)
        asked.pop("cookies", None)
        answer = client.request(**asked)
        sound(answer.status_code, answer.headers.get("content-type", ""), operation.path, answer.content)
        # the kitchen's answers lack the amounts that the document says are there: platform/unpriced.py
        unpriced = CHECKS.get_by_names(["response_schema_conformance"]) if role == "kitchen" else []
        case.validate_response(answer, excluded_checks=[*left_out, *unpriced])

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        tried = given(case=operation.as_strategy(generation_mode=mode))(send)
        with suppress(Unsatisfiable):  # what takes nothing can't be asked wrongly
            settings(
                max_examples=EXAMPLES // 2 + 1, derandomize=True, database=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )(tried)()  # fmt: skip


def raw(platform: Platform, request: bytes, seconds: float = 5) -> bytes:
    """What comes back for these bytes, until the other side closes or says no more."""
    answer = b""
    with socket.create_connection(("127.0.0.1", platform.port), timeout=seconds) as conn:
        with suppress(OSError):
            conn.sendall(request)
            conn.shutdown(socket.SHUT_WR)
            while part := conn.recv(65536):
                answer += part
    return answer


HOST = b"Host: x\r\n"
CLOSE = HOST + b"Connection: close\r\n"
GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "half a line": b"GET /api/me",
    "half the headers": b"GET /api/menu HTTP/1.1\r\nHost: x\r\nAuthor",
    "half a body": b"POST /api/orders HTTP/1.1\r\n" + CLOSE + b"Content-Length: 100\r\n\r\n{",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "bytes": bytes(range(256)) * 40,
    "a huge header": b"GET /api/menu HTTP/1.1\r\n" + CLOSE + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET /api/menu HTTP/1.1\r\n" + CLOSE + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
    "a huge path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "a wrong length": b"POST /api/sessions HTTP/1.1\r\n" + CLOSE + b"Content-Length: -1\r\n\r\n{}",
    "two lengths": b"POST /api/sessions HTTP/1.1\r\n" + CLOSE + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "broken chunks": b"POST /api/sessions HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "NUL in a header": b"GET /api/menu HTTP/1.1\r\n" + CLOSE + b"Authorization: Bearer \x00\r\n\r\n",
    "high bytes in headers": b"POST /api/orders HTTP/1.1\r\n" + CLOSE
    + b"Authorization: Bearer \xff\xfe\r\nIdempotency-Key: \xe9\xff\r\nX-Request-ID: \xff\r\nContent-Length: 2\r\n\r\n{}",
    "high bytes in the path": b"GET /api/kitchen/boards/\xff\xfe HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "another method": b"BREW /api/menu HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "another version": b"GET /api/menu HTTP/9.9\r\n" + CLOSE + b"\r\n",
    "half an upgrade": b"GET /socket.io/?transport=websocket HTTP/1.1\r\n"
    + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "a length too much": b"POST /api/sessions HTTP/1.1\r\n" + CLOSE + b"Content-Length: 99999999999999999999\r\n\r\n{}",
}  # fmt: skip


@pytest.mark.parametrize("what", GARBAGE)
def test_what_no_client_library_would_send(platform: Platform, client: httpx.Client, what: str) -> None:
    answer = raw(platform, GARBAGE[what])
    status = int(answer.split()[1]) if answer.startswith(b"HTTP/") else 400
    assert status < 500, answer[:500]
    assert client.get("/health/ready").status_code == 200


DEEP = 10_000
WRITES = ("/api/orders", "/api/orders/quote", "/api/payments/confirm-cash", "/api/payments/confirm-tender",
          "/api/kitchen/actions", "/api/inventory/counts", "/api/payments/verify-razorpay", "/api/staff/login",
          "/api/sessions", "/api/payments/webhook/razorpay", "/api/menu/items", "/api/staff/people")  # fmt: skip
BODIES: dict[str, tuple[str, bytes]] = {
    "deep lists": ("application/json", b"[" * DEEP + b"]" * DEEP),
    "deep objects": ("application/json", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "deep within": ("application/json", b'{"lines":' + b"[" * DEEP + b"]" * DEEP + b',"type":"takeaway"}'),
    "deep and open": ("application/json", b"[" * 100_000),
    "a large body": ("application/json", b'{"note":"' + b"x" * 300_000 + b'"}'),
    "a form": ("application/x-www-form-urlencoded", b"type=takeaway&lines=1"),
    "a broken form": ("multipart/form-data", b"--x\r\n\r\n"),
    "a bounded form": ("multipart/form-data; boundary=x",
                       b"--x\r\nContent-Disposition: form-data; name=\"a\x00\"\r\n\r\n1\r\n--x--"),
    "msgpack": ("application/x-msgpack", b"\x81\xa4type\xa8takeaway"),
    "no type": ("", b"{}"),
    "a nonsense type": (";;;=/;", b"{}"),
    "an unknown charset": ("application/json; charset=klingon", b"{}"),
    "UTF-16": ("application/json; charset=utf-16", "{}".encode("utf-16")),
    "a lone surrogate": ("application/json", b'{"type":"\\ud800","note":"\\udfff","username":"\\ud800","password":"x"}'),
    "not UTF-8": ("application/json", b'{"type":"\xff\xfe"}'),
    "NUL": ("application/json", b'{"type":"\\u0000","username":"\\u0000","password":"\\u0000","table_code":"\\u0000"}'),
    "double keys": ("application/json", b'{"type":"takeaway","type":"dine_in","lines":[],"lines":[]}'),
    "past 64 bits": ("application/json", b'{"expected_total_paise":9223372036854775808,"amount_paise":1e400}'),
    "many digits": ("application/json", b'{"expected_total_paise":' + b"9" * 100_000 + b"}"),
    "not a number": ("application/json", b'{"expected_total_paise":NaN}'),
    "only white space": ("application/json", b" " * 1000),
    "null": ("application/json", b"null"),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_bodies_that_no_form_makes(client: httpx.Client, what: str) -> None:
    kind, body = BODIES[what]
    for path in WRITES:
        for role in CALLERS:
            answer = client.post(
                path, content=body, headers=headers(role, **({"Content-Type": kind} if kind else {}))
            )
            sound(answer.status_code, answer.headers.get("content-type", ""), path, answer.content)
            assert answer.status_code >= 400 or path in ("/api/sessions", "/api/payments/webhook/razorpay"), (
                path,
                what,
            )


TEXTS = (
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e\u0000",
    "💥" * 300,
    "'; DROP TABLE orders.orders; --",
    "%",
    "9" * 400,
    "-1",
    "\uffff",
)


PLACES = """/api/orders?q={} /api/orders?cursor={} /api/orders?business_day={} /api/orders?limit={} /api/orders?{}={}
/api/orders/{} /api/bills?status={} /api/kitchen/boards/{} /api/payments?cursor={} /api/payments?bill_id={}
/api/payments/stats/daily?from={} /api/notifications?after={} /api/inventory/stock?cursor={} /api/staff/people?cursor={}
/api/reports/sales?from={} /api/reports/times?to={} /api/staff/audit?cursor={} /api/{} /{} /order?table={}""".split()


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_strange_texts_in_valid_requests(client: httpx.Client, text: str) -> None:
    """Everywhere that a text, an id or a number is taken: bodies, paths, queries and headers."""
    said = json.dumps(text)
    menu = client.get("/api/menu", headers=headers("guest")).json()
    item = menu["categories"][0]["items"][0]
    line = f'{{"variant_id":"{item["variants"][0]["id"]}","quantity":1,"note":{said}}}'
    bodies = {
        "/api/orders": f'{{"type":"takeaway","lines":[{line}],"expected_total_paise":1,"note":{said},"customer_name":{said}}}',
        "/api/orders/quote": f'{{"type":"takeaway","lines":[{line}]}}',
        "/api/staff/login": f'{{"username":{said},"password":{said}}}',
        "/api/sessions": f'{{"table_code":{said}}}',
        "/api/menu/categories": f'{{"code":{said},"name":{said}}}',
        "/api/staff/people": f'{{"name":{said},"role":"waiter","pin":{said},"username":{said},"password":{said}}}',
        "/api/inventory/receipts": f'{{"stock_id":"{uuid7()}","quantity_milli":1,"reason":{said}}}',
        "/api/payments/verify-razorpay": f'''{{"payment_id":"{uuid7()}","razorpay_payment_id":{said},
            "razorpay_order_id":{said},"razorpay_signature":{said}}}''',
    }
    for path, body in bodies.items():
        answer = client.post(
            path, content=body.encode(), headers=headers("owner", **{"Content-Type": "application/json"})
        )
        sound(answer.status_code, answer.headers.get("content-type", ""), path, answer.content)
    escaped = quote(text.encode("utf-8", "surrogatepass"))
    for template in PLACES:
        path = template.replace("{}", escaped)
        answer = client.get(path, headers=headers("owner"))
        sound(answer.status_code, answer.headers.get("content-type", ""), path, answer.content)


def test_pages_beyond_all_numbers(client: httpx.Client) -> None:
    for path, method in ((op.path, op.method) for op in OPERATIONS.values()):
        for query in (
            "limit=9223372036854775808",
            "cursor=%2500",
            "limit=1&limit=2",
            "from=0001-01-01&to=9999-12-31",
            "q=" + "9" * 30,
        ):
            if method == "get":
                filled = re.sub(r"\{\w+\}", str(uuid7()), path)
                answer = client.get(f"{filled}?{query}", headers=headers("owner"))
                sound(answer.status_code, answer.headers.get("content-type", ""), filled, answer.content)


async def test_after_all_of_it_every_promise_is_kept(platform: Platform) -> None:
    """Also that orders are still taken."""
    url = url_of_running(platform.data / "postgres")
    assert url is not None
    db = await Database.connect(url, size=2)
    async with httpx.AsyncClient(base_url=platform.url, timeout=20) as http:
        service = await Service(http).open()
        order = await service.order(WAITER, service.line(), table_id=service.tables[0]["id"])
        assert await oracles.at_rest(db) == []
        assert len(await service.tickets(order)) == 1
    await db.close()
    assert "Traceback" not in platform.log.read_text()
