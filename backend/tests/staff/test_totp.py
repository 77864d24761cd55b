"""Codes of authenticator apps and recovery codes: the rules."""

from __future__ import annotations

from base64 import b32decode
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from rasoi.staff import credentials, totp
from rasoi.staff.totp import STEP_S, Authenticator

SECRET = b"12345678901234567890"
# RFC 6238, appendix B, the last six of its eight digits
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
STEP = 59_000_000
PERSON = UUID(int=7)


def at(step: int, seconds: float = 0) -> datetime:
    return datetime.fromtimestamp(step * STEP_S + seconds, UTC)


def kept(last_step: int = 0, *hashes: bytes) -> Authenticator:
    return Authenticator(
        secret=b"", created_at=at(0), proven_at=at(0), last_step=last_step, recovery_hashes=hashes
    )


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // STEP_S) == code


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_clock_may_be_off_by_one_step(off: int) -> None:
    assert totp.accepted_step(SECRET, totp.code_at(SECRET, STEP + off), at(STEP, 29.9), 0) == STEP + off


@pytest.mark.parametrize("off", [-100, -3, -2, 2, 3, 100])
def test_and_not_by_more(off: int) -> None:
    assert totp.accepted_step(SECRET, totp.code_at(SECRET, STEP + off), at(STEP, 15), 0) is None


def test_what_the_qr_code_says() -> None:
    parts = urlsplit(totp.uri(SECRET, "Rasoi: Tea & Co", "asha@kapoor"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Rasoi: Tea & Co:asha@kapoor" and parts.path.count(":") == 1
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert b32decode(said.pop("secret")) == SECRET
    assert said == {"issuer": "Rasoi: Tea & Co", "algorithm": "SHA1", "digits": "6", "period": "30"}
    assert "+" not in parts.query, "apps show it as it stands"


def test_recovery_codes_are_ten_and_random() -> None:
    codes = totp.new_recovery_codes()
    assert len(set(codes + totp.new_recovery_codes())) == 20
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4, 4, 4]
        assert set(totp.plain(code)) <= set(totp.SIGNS)


@pytest.mark.parametrize("typed", ["k7mq2xwdp9rt", "K7MQ 2XWD P9RT", " K7MQ-2XWD-P9RT "])
def test_gaps_and_case_are_the_persons_own(typed: str) -> None:
    assert totp.plain(typed) == "K7MQ2XWDP9RT"


def test_a_code_may_be_typed_with_a_gap() -> None:
    code = totp.code_at(SECRET, STEP)
    assert totp.spend(kept(), SECRET, f"{code[:3]} {code[3:]}", at(STEP), str.encode) == kept(STEP)


@given(st.text(max_size=40), st.integers(0, 2**40))
def test_whatever_is_typed_is_answered(typed: str, last_step: int) -> None:
    after = totp.spend(kept(last_step, b"x" * 32), SECRET, typed, at(STEP), credentials.digest)
    assert after is None or (after.last_step in range(STEP - 1, STEP + 2) and after.last_step > last_step)


class AppAndItsOwner(RuleBasedStateMachine):
    """Codes shown by the app and recovery codes, given in any order, at any time, again and again."""

    given_codes: Bundle[str] = Bundle("given_codes")
    recovery: Bundle[str] = Bundle("recovery")

    @initialize(target=recovery)
    def set_up(self) -> MultipleResults[str]:
        self.now = STEP
        self.accepted: list[int] = []
        self.used = 0
        codes = totp.new_recovery_codes()
        self.kept = kept(0, *(credentials.recovery_hash("k", PERSON, totp.plain(code)) for code in codes))
        return multiple(*codes)

    def give(self, typed: str) -> bool:
        hash_of = lambda code: credentials.recovery_hash("k", PERSON, code)  # noqa: E731
        after = totp.spend(self.kept, SECRET, typed, at(self.now, 7), hash_of)
        self.kept = after or self.kept
        return after is not None

    @rule(steps=st.integers(0, 3))
    def wait(self, steps: int) -> None:
        self.now += steps

    @rule(target=given_codes, off=st.integers(-3, 3))
    def give_code(self, off: int) -> str:
        step = self.now + off
        right = self.give(totp.code_at(SECRET, step))
        assert right == (abs(off) <= 1 and step > max(self.accepted, default=0))
        if right:
            self.accepted.append(step)
        return totp.code_at(SECRET, step)

    @rule(code=given_codes)
    def give_code_again(self, code: str) -> None:
        """Right only where it was not the last that was accepted nor one before it: it was refused then, too early."""
        before = self.kept.last_step
        if self.give(code):
            assert self.kept.last_step > before
            self.accepted.append(self.kept.last_step)

    @rule(code=consumes(recovery))
    def give_recovery_code(self, code: str) -> None:
        assert self.give(code.lower())
        assert not self.give(code)
        self.used += 1

    @invariant()
    def each_step_counted_once_and_in_order(self) -> None:
        if hasattr(self, "accepted"):
            assert self.accepted == sorted(set(self.accepted))
            assert len(self.kept.recovery_hashes) == totp.RECOVERY_CODES - self.used


TestAppAndItsOwner = AppAndItsOwner.TestCase
