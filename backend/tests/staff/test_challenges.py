"""Challenges of passkeys, and the pages that passkeys work on: the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.staff.challenges import LIFETIME_S, NoPasskeysHere, ends_at, new_challenge, relying_party

NOW = 1_800_000_000


def test_a_challenge_is_known_until_its_end() -> None:
    made = new_challenge("k", "sign in", NOW)
    assert ends_at("k", "sign in", made, NOW) == NOW + LIFETIME_S
    assert ends_at("k", "sign in", made, NOW + LIFETIME_S - 1) is not None
    assert ends_at("k", "sign in", made, NOW + LIFETIME_S) is None


def test_it_is_for_one_purpose_and_of_one_installation() -> None:
    made = new_challenge("k", "sign in at a", NOW)
    assert ends_at("k", "sign in at b", made, NOW) is None
    assert ends_at("l", "sign in at a", made, NOW) is None
    assert new_challenge("k", "sign in at a", NOW) != made


@given(st.integers(0, 55), st.integers(1, 255))
def test_no_bit_of_it_may_be_another(place: int, change: int) -> None:
    made = bytearray(new_challenge("k", "sign in", NOW))
    made[place] ^= change
    assert ends_at("k", "sign in", bytes(made), NOW) is None


@given(st.binary(max_size=120))
def test_made_up_challenges(challenge: bytes) -> None:
    assert ends_at("k", "sign in", challenge, NOW) is None


OWN = "https://order.example.in"


@pytest.mark.parametrize(
    ("origin", "host", "name"),
    [
        (OWN, "order.example.in", "order.example.in"),
        (OWN, "10.0.0.7:8000", "order.example.in"),  # behind a proxy that names itself
        ("https://inside.example.in:8443", "inside.example.in:8443", "inside.example.in"),
        ("http://localhost:8000", "localhost:8000", "localhost"),
    ],
)
def test_pages_with_passkeys(origin: str, host: str, name: str) -> None:
    assert relying_party(origin, OWN, host) == (origin, name)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "order.example.in"),
        ("", "order.example.in"),
        ("null", "order.example.in"),
        ("https://evil.example", "order.example.in"),
        ("http://order.example.in", "order.example.in"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("https://127.0.0.1:8000", "127.0.0.1:8000"),
        ("https://[::1]:8000", "[::1]:8000"),
        ("https://[", "["),
        ("https://", ""),
    ],
)
def test_pages_without(origin: str | None, host: str) -> None:
    with pytest.raises(NoPasskeysHere):
        relying_party(origin, OWN, host)
