"""The codes that devices show. Pure."""

from __future__ import annotations

from contextlib import suppress

import pytest

from rasoi.staff import pairing
from rasoi.staff.pairing import UnknownCode

KEY, NOW = "a key", 1_800_000_000


def test_a_code_is_read_as_people_type_it() -> None:
    code = pairing.new_code(KEY)
    assert len(code) == 9
    assert set(code) <= set(pairing.LETTERS)
    for typed in (code, code.lower(), f" {code[:3]} {code[3:6]}-{code[6:]} "):
        assert pairing.read_code(KEY, typed) == code


@pytest.mark.parametrize("place", range(9))
def test_a_typing_error_is_noticed(place: int) -> None:
    """One letter in 400 could go by: the two that check are random to the others."""
    code = pairing.new_code(KEY)
    wrong = [code[:place] + other + code[place + 1 :] for other in pairing.LETTERS if other != code[place]]
    missed = 0
    for each in wrong:
        try:
            pairing.read_code(KEY, each)
        except UnknownCode:
            continue
        missed += 1
    assert missed <= 1, f"{missed} of {len(wrong)} wrong codes were taken"


@pytest.mark.parametrize(
    "typed", ["", "BCD", "BCDFGHJKL" * 3, "ℬCDFGHJKL", "0O1I0O1I0", "ßßßßßßßßß", "BCDFGHJK１"]
)
def test_what_no_device_shows(typed: str) -> None:
    with pytest.raises(UnknownCode):
        pairing.read_code(KEY, typed)


def test_another_houses_codes_are_not_ours() -> None:
    """One letter in 400 could go by; not twenty of twenty codes."""
    taken = 0
    for _ in range(20):
        with suppress(UnknownCode):
            pairing.read_code("another key", pairing.new_code(KEY))
            taken += 1
    assert taken <= 2


def test_the_devices_secret_leads_to_its_code_for_ten_minutes() -> None:
    code = pairing.new_code(KEY)
    secret = pairing.device_code(KEY, code, NOW)
    assert pairing.read_device_code(KEY, secret, NOW) == code
    assert pairing.read_device_code(KEY, secret, NOW + 599) == code
    assert pairing.read_device_code(KEY, secret, NOW + 600) is None


def test_a_forged_secret_leads_nowhere() -> None:
    code = pairing.new_code(KEY)
    secret = pairing.device_code(KEY, code, NOW)
    text, _, signature = secret.rpartition(".")
    shown, expires, nonce = text.split(".")
    forged = [
        f"{pairing.new_code(KEY)}.{expires}.{nonce}.{signature}",
        f"{shown}.{int(expires) + 600}.{nonce}.{signature}",
        f"{text}.", text, "", ".", "...", "é.é.é.é", f"{text}.{signature}x",
        pairing.device_code("another key", code, NOW),
    ]  # fmt: skip
    assert [pairing.read_device_code(KEY, each, NOW) for each in forged] == [None] * len(forged)


def test_each_secret_has_one_token_of_its_own() -> None:
    code = pairing.new_code(KEY)
    one, other = (pairing.device_code(KEY, code, NOW) for _ in range(2))
    assert pairing.device_token(KEY, one) == pairing.device_token(KEY, one)
    assert pairing.device_token(KEY, one) != pairing.device_token(KEY, other)
    text, _, signature = one.rpartition(".")
    assert signature not in pairing.device_token(KEY, one) + pairing.device_token(KEY, text)
