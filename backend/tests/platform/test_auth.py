"""Tokens: forged, altered, expired, for another audience, revoked."""

from __future__ import annotations

import time
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rasoi.keys import derive, hkdf
from rasoi.platform import auth, rate_limit
from rasoi.platform.auth import (
    FIRST_KEY,
    LONGEST_S,
    SERVICE_USES,
    Allow,
    AuthMiddleware,
    Principal,
    SigningKey,
    Tokens,
    principal_of,
)
from rasoi.platform.context import Context
from rasoi.platform.problems import Forbidden, Unauthenticated
from rasoi.settings import Settings

SECRET = "a secret of the tests that is long enough for HS256"
KEY = derive(SECRET, "sign-ins")
WAITER = Principal(kind="staff", id=uuid7(), outlet_id=3, role="waiter", session_id=uuid7(), name="Asha")
TOKENS = Tokens(SECRET)


def forge(secret: str = KEY, algorithm: str = "HS256", kid: str = "1", **changes: Any) -> str:
    claims = jwt.decode(TOKENS.issue(WAITER, 60), KEY, algorithms=["HS256"], audience="staff") | changes
    return jwt.encode(
        {k: v for k, v in claims.items() if v is not ...},
        secret if algorithm != "none" else "",
        algorithm=algorithm,
        headers={"kid": kid},
    )


def test_a_token_says_who_it_was_made_for() -> None:
    read = TOKENS.read(TOKENS.issue(WAITER, 60))
    assert (read.id, read.outlet_id, read.role, read.session_id, read.name) == (
        WAITER.id,
        3,
        "waiter",
        WAITER.session_id,
        "Asha",
    )
    assert abs(read.expires - time.time() - 60) < 2


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        forge(secret=SECRET),
        *(forge(secret=derive(SECRET, purpose)) for purpose in ("PINs", "table codes", "refresh tokens")),
        forge(kid="2"),
        forge(secret="another secret that is also long enough"),
        forge(algorithm="none"),
        forge(aud="device"),
        forge(aud="guest"),
        forge(iss="someone"),
        forge(exp=int(time.time()) - 1),
        forge(exp=...),
        forge(jti=...),
        forge(iat=...),
        forge(sub="not a uuid"),
        forge(outlet="x"),
        forge(role=...),
        forge(role="guest"),
    ],
)
def test_what_is_not_ours_to_the_letter_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS.read(token)


def test_an_expired_token_is_told_apart() -> None:
    with pytest.raises(Unauthenticated, match="expired"):
        TOKENS.read(TOKENS.issue(WAITER, -1))


def test_a_remembered_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, token = Tokens(SECRET), TOKENS.issue(WAITER, 60)
    until = tokens.read(token).expires
    for seconds, valid in ((-0.5, True), (0, False), (3600, False)):
        monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda at=until + seconds: at))
        if valid:
            assert tokens.read(token).id == WAITER.id
        else:
            with pytest.raises(Unauthenticated, match="expired"):
                tokens.read(token)


def test_a_revoked_session_is_refused_at_once() -> None:
    revoked: set[Any] = set()
    tokens = Tokens(SECRET, revoked.__contains__)
    token = tokens.issue(WAITER, 60)
    tokens.read(token)
    revoked.add(WAITER.session_id)
    with pytest.raises(Unauthenticated, match="ended"):
        tokens.read(token)


@given(st.integers(0, 10_000), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_changed_character_survives(place: int, character: str) -> None:
    token = TOKENS.issue(WAITER, 60)
    place %= len(token)
    altered = token[:place] + character + token[place + 1 :]
    try:
        read = TOKENS.read(altered)
    except Unauthenticated:
        return
    assert (read.id, read.role, read.outlet_id) == (WAITER.id, "waiter", 3), (
        "only the padding bits of a signature may differ"
    )


def test_what_a_token_holds() -> None:
    table = uuid7()
    token = TOKENS.issue(msgspec.structs.replace(WAITER, table_id=table), 60)
    claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="staff")
    assert jwt.get_unverified_header(token)["kid"] == "1"
    assert claims["exp"] - claims["iat"] == 60
    assert (claims["table"], claims["name"], claims["iss"]) == (str(table), "Asha", "rasoi")
    assert TOKENS.read(token).table_id == table
    assert TOKENS.read(TOKENS.issue(WAITER, 60)).table_id is None


def test_a_principal_made_without_an_end_has_none() -> None:
    assert WAITER.expires == 0


def test_a_token_is_verified_once_and_few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED", 3)
    tokens, verified = Tokens(SECRET), list[str]()
    verify = tokens._verify

    def counting(token: str) -> tuple[SigningKey, Principal]:
        verified.append(token)
        return verify(token)

    monkeypatch.setattr(tokens, "_verify", counting)
    issued = [tokens.issue(WAITER, 60) for _ in range(4)]
    for token in [*issued[:3], *issued[:3]]:
        tokens.read(token)
    assert verified == issued[:3], "each once"
    tokens.read(issued[3])
    assert len(tokens._read) == 1, "full: all are forgotten but the new one"


def test_some_thousands_are_remembered() -> None:
    assert auth.REMEMBERED == 10_000


def test_keys_are_made_as_rfc_5869_says() -> None:
    secret, info = bytes([0x0B] * 22), bytes(range(0xF0, 0xFA))
    assert hkdf(secret, info, bytes(range(13))).hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    )
    assert hkdf(secret, b"").hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


def test_after_a_rotation_both_keys_are_good_until_the_old_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time() - 1000
    now = [began]
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: now[0]))
    tokens = Tokens(SECRET)
    old = tokens.issue(WAITER, 3600)
    second = SigningKey("2", b"s" * 32, begins=began + 30)
    tokens.take([msgspec.structs.replace(FIRST_KEY, ends=began + 900), second])
    assert jwt.get_unverified_header(tokens.issue(WAITER, 60))["kid"] == "1", "the new one has not begun"
    now[0] = began + 30
    new = tokens.issue(WAITER, 3600)
    assert jwt.get_unverified_header(new)["kid"] == "2"
    assert tokens.read(old).id == tokens.read(new).id == WAITER.id
    now[0] = began + 900
    assert tokens.read(new).id == WAITER.id
    with pytest.raises(Unauthenticated, match="not valid"):
        tokens.read(old)


def test_a_key_that_was_taken_away_is_good_for_nothing() -> None:
    tokens, second = Tokens(SECRET), SigningKey("2", b"s" * 32)
    old = tokens.issue(WAITER, 60)
    tokens.read(old)
    tokens.take([second])
    with pytest.raises(Unauthenticated, match="not valid"):
        tokens.read(old)
    with pytest.raises(Unauthenticated, match="not valid"):
        Tokens(SECRET).read(tokens.issue(WAITER, 60))
    other_salt = Tokens(SECRET)
    other_salt.take([SigningKey("2", b"t" * 32)])
    with pytest.raises(Unauthenticated, match="not valid"):
        other_salt.read(tokens.issue(WAITER, 60))


def test_a_clock_that_is_behind_signs_all_the_same() -> None:
    tokens = Tokens(SECRET)
    tokens.take([SigningKey("2", b"s" * 32, begins=time.time() + 5)])
    assert tokens.read(tokens.issue(WAITER, 60)).id == WAITER.id


def test_no_token_outlives_its_key() -> None:
    assert TOKENS.read(TOKENS.issue(WAITER, 10 * LONGEST_S)).expires <= time.time() + LONGEST_S


async def test_a_service_has_its_calls_again_when_a_minute_of_the_clock_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def at(now: float) -> None:
        for each in (auth, rate_limit):
            monkeypatch.setattr(each, "time", SimpleNamespace(time=lambda: now))

    async def refused() -> str | None:
        scope = await identified((b"authorization", b"Bearer rasoi_of the accounts"), ctx=ctx)
        refusal = scope["state"].get("refused")
        assert (scope["user"] is None) == (refusal is not None)
        return (refusal.headers or {})["Retry-After"] if refusal else None

    ctx = context(Tokens(SECRET))
    service = msgspec.structs.replace(WAITER, kind="service", expires=10_000)
    ctx.get(Tokens).take_services({sha256(b"rasoi_of the accounts").digest(): service})
    monkeypatch.setattr(auth, "SERVICE_USES", 2)
    at(61.0)
    assert [await refused() for _ in range(3)] == [None, None, "59"]
    at(119.9)
    assert await refused() == "1"
    at(120.0)
    assert [await refused() for _ in range(3)] == [None, None, "60"]


def test_the_bounds_are_these() -> None:
    assert (LONGEST_S, SERVICE_USES) == (12 * 60 * 60, 600)


def context(tokens: Tokens) -> Context:
    made = Context(Settings(), None)  # type: ignore[arg-type]
    made.register(tokens)
    return made


async def identified(*headers: tuple[bytes, bytes], ctx: Context | None = None) -> dict[str, Any]:
    """The scope of a request as the next application finds it."""
    scope: dict[str, Any] = {"type": "http", "headers": list(headers), "state": {}}
    reached: list[Any] = []

    async def next_app(*args: Any) -> None:
        reached.append(args)

    await AuthMiddleware(ctx or context(TOKENS)).handle(scope, "receive", "send", next_app)  # type: ignore[arg-type]
    assert reached == [(scope, "receive", "send")]
    return scope


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_header_names_the_caller(scheme: str) -> None:
    header = f"{scheme} {TOKENS.issue(WAITER, 60)} ".encode()
    scope = await identified((b"accept", b"*/*"), (b"authorization", header))
    assert scope["user"].id == WAITER.id and scope["state"] == {}
    assert principal_of(SimpleNamespace(scope=scope)).id == WAITER.id  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((b"authorization", b"Bearer"),),
        ((b"authorization", b"Bearer "),),
        ((b"authorization", f"Basic {TOKENS.issue(WAITER, 60)}".encode()),),
        ((b"x-token", f"Bearer {TOKENS.issue(WAITER, 60)}".encode()),),
    ],
)
async def test_who_shows_no_token_is_asked_to_sign_in(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    scope = await identified(*headers)
    assert scope["user"] is None and scope["state"] == {}
    with pytest.raises(Unauthenticated, match="Please sign in"):
        principal_of(SimpleNamespace(scope=scope))  # type: ignore[arg-type]


async def test_who_shows_an_old_token_is_told_so() -> None:
    scope = await identified((b"authorization", b"Bearer " + TOKENS.issue(WAITER, -1).encode()))
    assert scope["user"] is None
    with pytest.raises(Unauthenticated, match="expired"):
        principal_of(SimpleNamespace(scope=scope))  # type: ignore[arg-type]


async def test_a_guard_lets_its_roles_in() -> None:
    connection: Any = SimpleNamespace(scope={"user": WAITER, "state": {}})
    handler: Any = None
    await Allow("waiter", "owner")(connection, handler)
    with pytest.raises(Forbidden):
        await Allow("owner")(connection, handler)


async def test_a_guard_lets_an_integration_in_by_its_scope_only() -> None:
    handler: Any = None

    async def ask(guard: Allow, *scopes: str) -> None:
        service = msgspec.structs.replace(WAITER, kind="service", role="waiter", scopes=scopes)
        connection: Any = SimpleNamespace(scope={"user": service, "state": {}})
        await guard(connection, handler)

    guard = Allow("waiter").and_scope("menu:read")
    await ask(guard, "reports:read", "menu:read")
    for closed, scopes in ((guard, ("reports:read",)), (guard, ()), (Allow("waiter"), ("menu:read",))):
        with pytest.raises(Forbidden, match="scopes"):
            await ask(closed, *scopes)
    await guard(SimpleNamespace(scope={"user": WAITER, "state": {}}), handler)  # type: ignore[arg-type]
