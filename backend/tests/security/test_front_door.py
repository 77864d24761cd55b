"""What is refused before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rasoi import hosting
from rasoi.platform import http
from rasoi.settings import Settings, load

OWN, HOST = "https://order.example.in", "order.example.in"
OUTSIDE = {"PUBLIC_URL": OWN, "HOST": "0.0.0.0", "INSIDE_TOKEN": "t" * 32}
JSON = {"content-type": "application/json", "content-length": "2"}


async def asked(
    settings: Settings, method: str = "POST", path: str = "/api/orders", **headers: str
) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer, where everything behind the door answers 200."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    given = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items() if value}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "server": ("x", 443), "scheme": "https",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    await http.RequestContextMiddleware(behind, settings)(scope, None, send)
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.fixture
def outside() -> Settings:
    return load(OUTSIDE)


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/xml", 415),
        ("application/jsonp", 415),
        ("", 415),
        ("text/plain; application/json", 415),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_bodies_are_json(outside: Settings, method: str, media_type: str, status: int) -> None:
    given = {"content_type": media_type, "content_length": "2"}
    answer = await asked(outside, method, **given)
    assert answer[0] == status
    chunked = await asked(outside, method, content_type=media_type, transfer_encoding="chunked")
    assert chunked[0] == status
    assert (await asked(outside, method, content_type=media_type))[0] == 200, "there is no body"


@pytest.mark.parametrize(
    ("origin", "site", "status"),
    [
        (OWN, "same-origin", 200),
        (OWN, "", 200),
        ("", "", 200),  # no browser
        ("", "same-origin", 403),
        ("", "cross-site", 403),
        (OWN, "cross-site", 403),
        (OWN, "same-site", 403),
        ("https://evil.example", "", 403),
        ("null", "", 403),
        ("https://order.example.in.evil.example", "", 403),
        ("ftp://order.example.in", "", 403),
        ("order.example.in", "", 403),
        ("https://[", "", 403),
    ],
)
async def test_foreign_pages_change_nothing(outside: Settings, origin: str, site: str, status: int) -> None:
    given = {"origin": origin, "sec_fetch_site": site} | {n.replace("-", "_"): v for n, v in JSON.items()}
    assert (await asked(outside, **given))[0] == status
    assert (await asked(outside, "DELETE", **given))[0] == status
    assert (await asked(outside, "GET", **given))[0] == 200


async def test_the_providers_page_may_send_its_signed_form(outside: Settings) -> None:
    given = {"origin": "https://api.razorpay.com", "content_type": "application/x-www-form-urlencoded"}
    path = "/api/payments/callback/1/0"
    assert (await asked(outside, path=path, content_length="9", sec_fetch_site="cross-site", **given))[
        0
    ] == 200


@pytest.mark.parametrize("path", ["/metrics", "/schema", "/schema/openapi.json", "/api/asyncapi.json"])
async def test_what_is_for_the_inside_needs_its_token(outside: Settings, path: str) -> None:
    assert (await asked(outside, "GET", path))[0] == 401
    assert (await asked(outside, "HEAD", path))[0] == 401
    for wrong in ("Bearer " + "u" * 32, "Bearer ", "Bearer", "Basic " + "t" * 32, "t" * 32, "Bearer é"):
        assert (await asked(outside, "GET", path, authorization=wrong))[0] == 401, wrong
    assert (await asked(outside, "GET", path, authorization="Bearer " + "t" * 32))[0] == 200


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({}, 200),  # only this machine reaches it
        ({"PUBLIC_URL": OWN}, 401),  # a tunnel
        ({"HOST": "0.0.0.0"}, 401),
        ({"HOST": "0.0.0.0", "DEMO": "1"}, 200),
        ({"PUBLIC_URL": OWN, "INSIDE_ONLY": "1"}, 200),
    ],
)
async def test_when_the_inside_is_open(environ: dict[str, str], status: int) -> None:
    settings = load(environ)
    assert (await asked(settings, "GET", "/metrics"))[0] == status
    assert (await asked(settings, "GET", "/metrics", authorization="Bearer "))[0] == status


async def test_answers_are_not_kept_and_tls_stays(tmp_path: Path, outside: Settings) -> None:
    _, headers = await asked(outside, "GET", "/api/staff/me")
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
    for name in ("cert", "key"):
        (tmp_path / name).write_text("x")
    tls = load(OUTSIDE | {"TLS_CERT": str(tmp_path / "cert"), "TLS_KEY": str(tmp_path / "key")})
    _, headers = await asked(tls, "GET", "/api/staff/me")
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(("proxies", "caller"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.7")])
async def test_only_named_proxies_are_believed(proxies: str, caller: str) -> None:
    """Anybody on this machine, and everybody behind its tunnel, could claim any address."""
    seen: list[str] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])

    given = load({"FORWARDED_ALLOW_IPS": proxies})
    config = hosting.server_config(given, behind, websockets="none")
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.7")]
    scope: Any = {"type": "http", "client": ("127.0.0.1", 1), "scheme": "http", "headers": headers}
    app: Any = config.loaded_app
    await app(scope, None, None)
    assert seen == [caller]
