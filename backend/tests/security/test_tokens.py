"""Tokens that are rightly signed and yet none of ours."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import jwt
import pytest

from rasoi.keys import derive
from rasoi.platform.auth import Tokens
from rasoi.platform.problems import Unauthenticated

SECRET = "a secret of the tests that is long enough"
KEY = derive(SECRET, "sign-ins")
CLAIMS: dict[str, list[Any]] = {
    "role": [None, 1, ["owner"], {"owner": 1}, True, 1.5, "guest"],
    "aud": [["staff"], ["guest", "staff"], "people", None, 1, "guest"],
    "outlet": ["1", 1.5, True, None, 0, -1, 2**40, 1e308, [1]],
    "exp": [1e308, "soon", None, [], 2**80, True],
    "sub": [1, None, "x", "", []],
    "sid": [1, None, "x", ""],
    "table": [1, "x", [], True],
    "name": [1, [], {}],
    "iat": ["x", None],
}
WRONG = [{name: value} for name, values in CLAIMS.items() for value in values]


def signed(**changed: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "rasoi", "aud": "staff", "sub": str(uuid4()), "jti": "j", "sid": str(uuid4()), "iat": now, "exp": now + 60,
        "outlet": 1, "role": "owner", "table": None, "name": "Asha",
    } | changed  # fmt: skip
    return jwt.encode(
        {n: v for n, v in claims.items() if v != "LEFT OUT"}, KEY, algorithm="HS256", headers={"kid": "1"}
    )


def test_the_right_one_is_read() -> None:
    assert Tokens(SECRET).read(signed()).role == "owner"


@pytest.mark.parametrize("changed", WRONG, ids=repr)
def test_claims_of_other_types_are_no_sign_in(changed: dict[str, Any]) -> None:
    """A role that is no text was a 500."""
    with pytest.raises(Unauthenticated):
        Tokens(SECRET).read(signed(**changed))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "sid", "iat", "exp", "outlet", "role"])
def test_nor_are_missing_ones(name: str) -> None:
    with pytest.raises(Unauthenticated):
        Tokens(SECRET).read(signed(**{name: "LEFT OUT"}))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "\ud800", "." * 5000, "[" * 5000])
def test_nor_is_nonsense(token: str) -> None:
    with pytest.raises(Unauthenticated):
        Tokens(SECRET).read(token)
