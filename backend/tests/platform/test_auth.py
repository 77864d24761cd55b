"""Tokens: forged, altered, expired, for another audience, revoked."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rasoi.platform import auth
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.problems import Unauthenticated

SECRET = "a secret of the tests that is long enough for HS256"
WAITER = Principal(kind="staff", id=uuid7(), outlet_id=3, role="waiter", session_id=uuid7(), name="Asha")
TOKENS = Tokens(SECRET)


def forge(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    claims = jwt.decode(TOKENS.issue(WAITER, 60), SECRET, algorithms=["HS256"], audience="staff") | changes
    return jwt.encode(
        {k: v for k, v in claims.items() if v is not ...},
        secret if algorithm != "none" else "",
        algorithm=algorithm,
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
        forge(secret="another secret that is also long enough"),
        forge(algorithm="none"),
        forge(aud="device"),
        forge(aud="guest"),
        forge(iss="someone"),
        forge(exp=int(time.time()) - 1),
        forge(exp=...),
        forge(jti=...),
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
